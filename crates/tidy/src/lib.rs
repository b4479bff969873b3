//! Tests of the repository that no compiler, lint or generator replaces, in `tests/it`, one
//! module per group of rules. The generator of the documents' tables is there as well.
