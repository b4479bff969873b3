//! What the book and the README show of a run is of a run, and is as expected.

use crate::repository::{locate, names, no_faults, text};
use model::lessons::{Kind, LESSONS, Lesson, Signal};

const FOLDER: &str = "docs/output";
/// The whole comparison, which the README shows, too.
const WHOLE: &str = "compare";
/// What other scripts than the comparison have measured, and the whole of that.
const OTHERS: [&str; 4] = [WHOLE, "secrets", "allocators", "exit-tools"];
const VERDICTS: [&str; 5] = ["LEAKS", "GROWS", "BOUNDED", "FLAT", "INCONCLUSIVE"];

/// What a lesson's row must say of `leaky` and of `fixed`.
fn expected(lesson: &Lesson) -> [&'static str; 2] {
    match (lesson.kind, lesson.signal) {
        (Kind::Control, _) => ["FLAT", "FLAT"],
        (Kind::Lesson, Signal::Slope { .. }) => ["LEAKS", "BOUNDED"],
        (Kind::Lesson, Signal::Peak { .. }) => ["GROWS", "BOUNDED"],
        (Kind::Lesson, Signal::Burst { .. }) => ["BOUNDED", "BOUNDED"],
    }
}

/// The rows of a table that `leaklab compare` has printed: an id, and the twins'
/// verdicts.
fn rows(output: &str) -> Vec<(&str, Vec<&str>)> {
    let table = output.lines().skip_while(|line| !line.starts_with("LESSON "));
    let table = table.skip(1).take_while(|line| !line.is_empty());
    let rows = table.filter(|line| !line.starts_with(' '));
    rows.filter_map(|row| {
        let mut words = row.split_whitespace();
        let id = words.next()?;
        Some((id, words.filter(|word| VERDICTS.contains(word)).collect()))
    })
    .collect()
}

/// What is wrong with the output of these lessons.
fn faults(output: &str, lessons: &[&Lesson]) -> Vec<String> {
    let rows = rows(output);
    let ids: Vec<_> = rows.iter().map(|(id, _)| *id).collect();
    let asked: Vec<_> = lessons.iter().map(|lesson| lesson.id).collect();
    let mut faults = Vec::new();
    if ids != asked {
        faults.push(format!("it shows {ids:?}, not {asked:?}"));
    }
    for lesson in lessons {
        let expected = expected(lesson);
        let row = rows.iter().find(|(id, _)| *id == lesson.id);
        if let Some((id, verdicts)) = row.filter(|(_, found)| *found != expected) {
            faults.push(format!("{id} is {verdicts:?}, expected {expected:?}"));
        }
    }
    if !output.contains("\nEvery verdict is as expected") {
        faults.push("it does not say that every verdict is as expected".to_owned());
    }
    faults
}

#[test]
fn every_output_shows_the_expected_verdicts() {
    let single =
        LESSONS.iter().map(|lesson| (lesson.id, std::slice::from_ref(lesson)));
    let found = single.chain([(WHOLE, LESSONS)]).flat_map(|(name, lessons)| {
        let path = format!("{FOLDER}/{name}.txt");
        // A missing file is the fault of another rule.
        let output = std::fs::read_to_string(locate(&path)).unwrap_or_default();
        let lessons: Vec<_> = lessons.iter().collect();
        let faults = faults(&output, &lessons);
        faults.into_iter().map(move |fault| format!("{path}: {fault}"))
    });
    no_faults(found, "run scripts/refresh-docs.sh; if it stays, mend the lesson");
}

#[test]
fn every_output_belongs_to_a_lesson() {
    let known =
        |name: &str| OTHERS.contains(&name) || LESSONS.iter().any(|l| l.id == name);
    let mut stray = names(FOLDER, "txt");
    stray.retain(|name| !known(name));
    no_faults(stray, "delete the file, or enter the lesson into model::LESSONS");
}

#[test]
fn every_chapter_includes_its_output_and_its_difference() {
    let faults = LESSONS.iter().flat_map(|lesson| {
        let id = lesson.id;
        let path = format!("docs/lessons/{id}.md");
        let chapter = text(&path);
        let output = format!("{{{{#include ../output/{id}.txt}}}}");
        let diff = format!("{{{{#include ../diffs/{id}.diff}}}}");
        let mut wanted = vec![format!("```text\n{output}\n```")];
        if lesson.kind == Kind::Lesson {
            wanted.push(format!("```diff\n{diff}\n```"));
        }
        wanted.retain(|block| chapter.matches(block.as_str()).count() != 1);
        wanted.into_iter().map(move |block| format!("{path}: once\n{block}"))
    });
    no_faults(faults, "include the file, fenced, and copy nothing by hand");
}

#[test]
fn the_readme_shows_the_whole_comparison_of_the_book() {
    let readme = text("README.md");
    let block = readme
        .split_once("<!-- output begins -->\n```text\n")
        .and_then(|(_, rest)| rest.split_once("```\n<!-- output ends -->"));
    assert_eq!(
        block.map(|(block, _)| block),
        Some(text(&format!("{FOLDER}/{WHOLE}.txt")).as_str()),
        "README.md and {FOLDER}/{WHOLE}.txt differ\ncure: run scripts/refresh-docs.sh"
    );
}

#[test]
fn an_unexpected_verdict_is_a_fault() {
    let lesson = LESSONS.iter().find(|l| l.kind == Kind::Control);
    let lesson = lesson.expect("the list has controls");
    let output = |verdict: &str, end: &str| {
        let id = lesson.id;
        format!(
            "LESSON  GROWS WITH  LEAKY  FIXED\n{id}  x  FLAT +0 B {verdict} +0 B\n\
             {:21}held by x\n\n{end}\n",
            ""
        )
    };
    let end = "Every verdict is as expected.";
    assert_eq!(faults(&output("FLAT", end), &[lesson]), Vec::<String>::new());
    assert_eq!(faults(&output("LEAKS", end), &[lesson]).len(), 1);
    assert_eq!(faults(&output("FLAT", "One is not."), &[lesson]).len(), 1);
    assert_eq!(faults("", &[lesson]).len(), 2);
}
