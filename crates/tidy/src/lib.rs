//! Tests that keep the repository honest.
//!
//! What a reader relies on, such as twins that differ in their lessons only or a
//! chapter for every lesson, is a test in `tests/it`, one module for each group of
//! rules. There is no code for others here.
