//! The twins are the same but for their lessons, and a lesson differs by little.

use crate::repository::{bytes, files, no_faults, text};
use model::lessons::{Kind, LESSONS};
use similar::{ChangeTag, TextDiff};

const LEAKY: &str = "crates/leaky/src";
const FIXED: &str = "crates/fixed/src";

/// Twice what a lesson usually needs, and still read at a glance.
const CHANGED_LINES_MAX: usize = 30;

/// The files of a twin, as paths from its `src`.
fn sources(twin: &str) -> Vec<String> {
    let found = files(twin);
    assert!(!found.is_empty(), "{twin} is empty\ncure: bring the twin back");
    found.iter().map(|path| path.replacen(&format!("{twin}/"), "", 1)).collect()
}

/// Both twins' text of a lesson.
pub(crate) fn both(id: &str) -> (String, String) {
    let lesson = |twin| text(&format!("{twin}/lessons/{id}.rs"));
    (lesson(LEAKY), lesson(FIXED))
}

/// The lessons proper, without the controls.
pub(crate) fn lessons() -> impl Iterator<Item = &'static str> {
    LESSONS.iter().filter(|lesson| lesson.kind == Kind::Lesson).map(|l| l.id)
}

/// Whether a file holds a lesson proper.
fn is_lesson(file: &str) -> bool {
    lessons().any(|id| file == format!("lessons/{id}.rs"))
}

#[test]
fn twins_have_the_same_files() {
    assert_eq!(
        sources(LEAKY),
        sources(FIXED),
        "{LEAKY} and {FIXED} have different files\ncure: give both the same names"
    );
}

#[test]
fn twins_differ_only_in_lessons() {
    let same = sources(LEAKY).into_iter().filter(|file| !is_lesson(file));
    no_faults(
        same.filter(|file| {
            bytes(&format!("{LEAKY}/{file}")) != bytes(&format!("{FIXED}/{file}"))
        }),
        "copy the file from one twin to the other; a leak in the wiring becomes a \
         function of its lesson, which app.rs of both twins calls",
    );
}

#[test]
fn each_difference_opens_with_its_reason_once() {
    let mut faults = Vec::new();
    for (twin, own, other) in
        [(LEAKY, "// LEAK:", "// FIX:"), (FIXED, "// FIX:", "// LEAK:")]
    {
        for file in sources(twin) {
            let source = text(&format!("{twin}/{file}"));
            let reasons = source.matches(own).count();
            if reasons != usize::from(is_lesson(&file)) || source.contains(other) {
                faults.push(format!("{twin}/{file}: {reasons} times `{own}`"));
            }
        }
    }
    no_faults(
        faults,
        "`// LEAK:` stands once in each lesson of leaky, `// FIX:` once in each of \
         fixed, above the difference, and nowhere else",
    );
}

/// The lines of a file's `//!` comment.
fn module_comment(source: &str) -> Vec<&str> {
    source.lines().take_while(|line| line.starts_with("//!")).collect()
}

#[test]
fn a_lesson_is_described_alike_in_both_twins() {
    let faults = lessons().filter(|id| {
        let (leaky, fixed) = both(id);
        module_comment(&leaky) != module_comment(&fixed)
    });
    no_faults(
        faults.map(|id| format!("lessons/{id}.rs: the `//!` comments differ")),
        "describe the job, which is the same in both twins, and not the leak",
    );
}

/// Every public item up to its body, in order, with its lines joined.
fn signatures(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if !line.starts_with("pub ") && !line.starts_with("pub(") {
            continue;
        }
        let mut signature = line.to_owned();
        // A field ends with its line, anything else where its body begins.
        let field = line.ends_with(',');
        while !field && !signature.ends_with(['{', '}', ';']) {
            let Some(line) = lines.next() else { break };
            signature.push_str(line);
        }
        found.push(signature);
    }
    found
}

#[test]
fn a_lesson_has_the_same_public_items_in_both_twins() {
    for id in lessons() {
        let (leaky, fixed) = both(id);
        assert_eq!(
            signatures(&leaky),
            signatures(&fixed),
            "lessons/{id}.rs: public items differ\ncure: give both twins the same \
             ones in the same order; bodies and private items may differ"
        );
    }
}

/// The lines that a reader of the difference has to think about.
fn code(source: &str) -> String {
    let counts = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with("//") && !line.starts_with("use ")
    };
    source.lines().filter(counts).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn a_lesson_changes_few_lines() {
    let faults = lessons().filter_map(|id| {
        let (leaky, fixed) = both(id);
        let (leaky, fixed) = (code(&leaky), code(&fixed));
        let diff = TextDiff::from_lines(&leaky, &fixed);
        let count = |tag| diff.iter_all_changes().filter(|c| c.tag() == tag).count();
        let changed = count(ChangeTag::Insert).max(count(ChangeTag::Delete));
        let most = CHANGED_LINES_MAX;
        (changed > most).then(|| {
            format!("lessons/{id}.rs: {changed} changes, {most} are the most")
        })
    });
    no_faults(faults, "move what both twins could share out of the difference");
}

#[test]
fn no_twin_names_itself_or_the_other() {
    let faults = [LEAKY, FIXED].into_iter().flat_map(|twin| {
        sources(twin).into_iter().filter_map(move |file| {
            let source = text(&format!("{twin}/{file}"));
            let line =
                source.lines().map(str::trim).find(|line| names_a_twin(line))?;
            Some(format!("{twin}/{file}: {line}"))
        })
    });
    no_faults(
        faults,
        "say `crate::` or `env!(\"CARGO_PKG_NAME\")`, and choose another word",
    );
}

/// Comments may: some things cannot be explained otherwise.
fn names_a_twin(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    !line.starts_with("//") && words.any(|word| matches!(word, "leaky" | "fixed"))
}

#[test]
fn every_query_and_scan_says_how_much_it_takes() {
    let faults = [LEAKY, FIXED].into_iter().flat_map(|twin| {
        let paths = sources(twin).into_iter().map(move |f| format!("{twin}/{f}"));
        paths.filter(|path| {
            let source = text(path);
            let has = |call| source.contains(call);
            (has(".query()") || has(".scan()"))
                && !has(".page_size(")
                && !has(".limit(")
        })
    });
    no_faults(
        faults,
        "call `.page_size(…)` on the paginator or `.limit(…)` on the request",
    );
}
