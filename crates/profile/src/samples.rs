//! A small profile and its variations, for the tests.

use crate::Profile;

pub(crate) const PROFILE: &str = include_str!("../tests/profiles/small.json");

/// The profile as it stands.
pub(crate) fn profile() -> Profile {
    Profile::parse(PROFILE.as_bytes()).unwrap()
}

/// The profile with these texts replaced.
pub(crate) fn edited(edits: &[(&str, &str)]) -> Profile {
    let edit = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "the sample has no {from}");
        text.replace(from, to)
    };
    let text = edits.iter().fold(PROFILE.to_owned(), edit);
    Profile::parse(text.as_bytes()).unwrap()
}
