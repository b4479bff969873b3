//! `docs/diffs` holds the real difference of every lesson, as the book shows it.

use crate::repository::{locate, names};
use crate::twins;
use expect_test::expect_file;
use similar::TextDiff;

const FOLDER: &str = "docs/diffs";

/// Rewritten with `UPDATE_EXPECT=1`.
#[test]
fn the_book_shows_the_twins_as_they_differ() {
    for id in twins::lessons() {
        let (leaky, fixed) = twins::both(id);
        let header = |twin| format!("{twin}/src/lessons/{id}.rs");
        let diff = TextDiff::from_lines(&leaky, &fixed)
            .unified_diff()
            .context_radius(3)
            .header(&header("leaky"), &header("fixed"))
            .to_string();
        expect_file![locate(&format!("{FOLDER}/{id}.diff"))].assert_eq(&diff);
    }
}

#[test]
fn every_difference_belongs_to_a_lesson() {
    let mut expected: Vec<_> = twins::lessons().collect();
    expected.sort_unstable();
    assert_eq!(
        names(FOLDER, "diff"),
        expected,
        "{FOLDER} does not have the lessons' differences\ncure: delete the stray \
         file, or run `UPDATE_EXPECT=1 cargo test -p tidy` for a missing one"
    );
}
