//! The twins are identical outside their lessons, and each lesson marks its difference.

use crate::repository::{files, no_faults, text};
use lessons::{Kind, LESSONS};
use similar::{ChangeTag, TextDiff};

const TWINS: [&str; 2] = ["crates/leaky/src", "crates/fixed/src"];

/// Twice what a lesson usually needs, and still read at a glance.
const CHANGED_LINES_MAX: usize = 30;

/// The lessons without the controls.
pub(crate) fn lessons() -> impl Iterator<Item = &'static str> {
    LESSONS.iter().filter(|lesson| lesson.kind == Kind::Lesson).map(|l| l.id)
}

/// Both twins' text of a lesson.
pub(crate) fn both(id: &str) -> [String; 2] {
    TWINS.map(|twin| text(&format!("{twin}/lessons/{id}.rs")))
}

/// The files of a twin as paths from its `src`.
fn sources(twin: &str) -> Vec<String> {
    files(twin).iter().map(|path| path[twin.len() + 1..].to_owned()).collect()
}

fn is_lesson(file: &str) -> bool {
    lessons().any(|id| file == format!("lessons/{id}.rs"))
}

#[test]
fn twins_differ_only_in_lessons() {
    let [leaky, fixed] = TWINS.map(sources);
    assert_eq!(leaky, fixed, "the twins have different files");
    let differs = |file: &String| {
        let [leaky, fixed] = TWINS.map(|twin| text(&format!("{twin}/{file}")));
        leaky != fixed && !is_lesson(file)
    };
    no_faults(leaky.into_iter().filter(differs), "move the difference to a lesson");
}

#[test]
fn each_difference_opens_with_its_reason_once() {
    let marks = ["// LEAK:", "// FIX:"];
    let faults = TWINS.iter().enumerate().flat_map(|(own, twin)| {
        sources(twin).into_iter().filter_map(move |file| {
            let source = text(&format!("{twin}/{file}"));
            let found = marks.map(|mark| source.matches(mark).count());
            let mut wanted = [0, 0];
            wanted[own] = usize::from(is_lesson(&file));
            (found != wanted)
                .then(|| format!("{twin}/{file}: {found:?} of {marks:?}"))
        })
    });
    no_faults(
        faults,
        "put one `// LEAK:` into each lesson of leaky and one `// FIX:` into each of \
         fixed, above the difference",
    );
}

#[test]
fn a_lesson_differs_by_few_lines_of_code_and_not_in_its_job() {
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with("use ") && !is_comment(line)
    };
    let code = |source: &String| -> String {
        source.lines().filter(is_code).flat_map(|line| [line, "\n"]).collect()
    };
    let job = |source: &String| -> String {
        source.lines().take_while(|line| line.starts_with("//!")).collect()
    };
    let faults = lessons().filter_map(|id| {
        let sources = both(id);
        let [leaky, fixed] = sources.each_ref().map(code);
        let diff = TextDiff::from_lines(&leaky, &fixed);
        let count = |tag| diff.iter_all_changes().filter(|c| c.tag() == tag).count();
        let changed = count(ChangeTag::Insert).max(count(ChangeTag::Delete));
        let [leaky, fixed] = sources.each_ref().map(job);
        let faulty = changed > CHANGED_LINES_MAX || leaky != fixed;
        faulty.then(|| {
            format!("{id}: {changed} lines, jobs equal: {}", leaky == fixed)
        })
    });
    let cure =
        format!("{CHANGED_LINES_MAX} lines is most; `//!` says the job alone");
    no_faults(faults, &cure);
}

/// Comments may name a twin; code may not, or it could not be the same in both.
#[test]
fn no_twin_names_itself_or_the_other() {
    let names_a_twin = |line: &&str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| matches!(word, "leaky" | "fixed")) && !is_comment(line)
    };
    let faults = TWINS.into_iter().flat_map(files).filter_map(|file| {
        let source = text(&file);
        Some(format!("{file}: {}", source.lines().find(names_a_twin)?))
    });
    no_faults(faults, "write `crate::` or `env!(\"CARGO_PKG_NAME\")`");
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}
