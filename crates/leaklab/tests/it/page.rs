//! The page that `compare` leaves, and `report` makes again.

use crate::fixture::{CONTROL, Leaklab};
use std::fs;

#[test]
fn compare_leaves_a_page_and_report_makes_the_same_again() {
    let run = Leaklab::compare(&[CONTROL, "--rounds", "4"]).run().code(0);
    let page = run.out("report.html");
    let first = fs::read_to_string(&page).unwrap();
    assert!(first.contains("src/lessons/") || first.contains(CONTROL));
    fs::remove_file(&page).unwrap();
    let folder = page.parent().unwrap();
    let done = Leaklab::new(&["report", folder.to_str().unwrap()]).run().code(0);
    assert_eq!(done.stdout().trim_end(), page.to_str().unwrap());
    assert_eq!(fs::read_to_string(page).unwrap(), first);
}
