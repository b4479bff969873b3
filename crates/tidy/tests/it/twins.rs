//! The twins are identical outside their lessons, and each lesson marks its difference.

use crate::repository::{files, no_faults, text};
use lessons::{Kind, LESSONS};
use similar::{ChangeTag, TextDiff};

const LEAKY: &str = "crates/leaky/src";
const FIXED: &str = "crates/fixed/src";

/// Twice what a lesson usually needs, and still read at a glance.
const CHANGED_LINES_MAX: usize = 30;

/// The lessons without the controls.
pub(crate) fn lessons() -> impl Iterator<Item = &'static str> {
    LESSONS.iter().filter(|lesson| lesson.kind == Kind::Lesson).map(|l| l.id)
}

/// Both twins' text of a lesson.
pub(crate) fn both(id: &str) -> [String; 2] {
    [LEAKY, FIXED].map(|twin| text(&format!("{twin}/lessons/{id}.rs")))
}

/// The files of a twin as paths from its `src`.
fn sources(twin: &str) -> Vec<String> {
    let below = |path: &String| path[twin.len() + 1..].to_owned();
    files(twin).iter().map(below).collect()
}

fn is_lesson(file: &str) -> bool {
    lessons().any(|id| file == format!("lessons/{id}.rs"))
}

#[test]
fn twins_differ_only_in_lessons() {
    assert_eq!(sources(LEAKY), sources(FIXED), "the twins have different files");
    let shared = sources(LEAKY).into_iter().filter(|file| !is_lesson(file));
    let differs = |file: &String| {
        text(&format!("{LEAKY}/{file}")) != text(&format!("{FIXED}/{file}"))
    };
    no_faults(shared.filter(differs), "move the difference into a lesson's file");
}

#[test]
fn each_difference_opens_with_its_reason_once() {
    let marks = ["// LEAK:", "// FIX:"];
    let twins = [(LEAKY, [1, 0]), (FIXED, [0, 1])];
    let faults = twins.into_iter().flat_map(|(twin, expected)| {
        sources(twin).into_iter().filter_map(move |file| {
            let source = text(&format!("{twin}/{file}"));
            let found = marks.map(|mark| source.matches(mark).count());
            let wanted = if is_lesson(&file) { expected } else { [0, 0] };
            (found != wanted).then(|| format!("{twin}/{file}: {found:?} {marks:?}"))
        })
    });
    no_faults(
        faults,
        "put one `// LEAK:` into each lesson of leaky and one `// FIX:` into each of \
         fixed, above the difference",
    );
}

#[test]
fn a_lesson_describes_its_job_alike_in_both_twins() {
    let module_comment = |source: &str| -> Vec<String> {
        let lines = source.lines().take_while(|line| line.starts_with("//!"));
        lines.map(str::to_owned).collect()
    };
    let differs = |id: &&str| {
        let [leaky, fixed] = both(id).map(|source| module_comment(&source));
        leaky != fixed
    };
    no_faults(
        lessons().filter(differs).map(str::to_owned),
        "describe the job in the `//!` comment; both twins do the same job",
    );
}

#[test]
fn a_lesson_changes_few_lines() {
    let code = |source: String| -> String {
        let counts = |line: &&str| {
            let line = line.trim_start();
            !["//", "use "].iter().any(|start| line.starts_with(start))
                && !line.is_empty()
        };
        source.lines().filter(counts).flat_map(|line| [line, "\n"]).collect()
    };
    let faults = lessons().filter_map(|id| {
        let [leaky, fixed] = both(id).map(code);
        let diff = TextDiff::from_lines(&leaky, &fixed);
        let count = |tag| diff.iter_all_changes().filter(|c| c.tag() == tag).count();
        let changed = count(ChangeTag::Insert).max(count(ChangeTag::Delete));
        (changed > CHANGED_LINES_MAX).then(|| format!("{id}: {changed} lines"))
    });
    let cure =
        format!("change at most {CHANGED_LINES_MAX} lines of code in a lesson");
    no_faults(faults, &cure);
}

#[test]
fn no_twin_names_itself_or_the_other() {
    let names_a_twin = |line: &str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| matches!(word, "leaky" | "fixed"))
    };
    let faults = [LEAKY, FIXED].into_iter().flat_map(|twin| {
        sources(twin).into_iter().filter_map(move |file| {
            let source = text(&format!("{twin}/{file}"));
            let mut code =
                source.lines().filter(|line| !line.trim_start().starts_with("//"));
            Some(format!("{twin}/{file}: {}", code.find(|line| names_a_twin(line))?))
        })
    });
    no_faults(faults, "write `crate::` or `env!(\"CARGO_PKG_NAME\")`");
}
