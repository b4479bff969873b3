//! The report as a browser, a CI system and a code host read it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod made;

mod behaviour;
mod exports;
mod looks;
mod measured;
mod viewer;
