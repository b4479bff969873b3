//! What documents say about every lesson is written from the list and from the chapters'
//! front matter. `UPDATE_EXPECT=1 cargo test -p tidy` rewrites all of it.

use crate::repository::{files, locate, no_faults, text};
use crate::{teaching, twins};
use expect_test::expect_file;
use lessons::chapters::chapter;
use lessons::{Chapter, Kind, LESSONS, Lesson};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};

/// Documents with generated blocks, beside the chapters.
const DOCUMENTS: [&str; 6] = [
    "README.md",
    "docs/SUMMARY.md",
    "docs/by-symptom.md",
    "docs/by-metric.md",
    "docs/by-crate.md",
    "docs/teaching.md",
];

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end of generated -->";

/// A lesson with the front matter of its chapter.
pub(crate) type Entry = (&'static Lesson, &'static Chapter);

pub(crate) fn entries() -> Vec<Entry> {
    LESSONS.iter().filter_map(|lesson| Some((lesson, chapter(lesson.id)?))).collect()
}

/// A link to a chapter from another document: by the id that people type in the README,
/// by name in the book.
fn link(lesson: &Lesson, document: &str) -> String {
    let id = lesson.id;
    let name = id.split_once('_').map_or(id, |(_, name)| name).replace('_', " ");
    match document {
        "README.md" => format!("[{id}](docs/lessons/{id}.md)"),
        _ => format!("[{name}](lessons/{id}.md)"),
    }
}

fn table(head: &str, rows: impl Iterator<Item = String>) -> String {
    let rule = "---|".repeat(head.matches('|').count() - 1);
    let rows: String = rows.map(|row| row + "\n").collect();
    format!("{head}\n|{rule}\n{rows}")
}

/// The text of a block, by the name that its marker gives.
fn block(name: &str, document: &str, entries: &[Entry]) -> String {
    let of = |kind| entries.iter().filter(move |(lesson, _)| lesson.kind == kind);
    let chapters = |kind| {
        of(kind).map(|(lesson, chapter)| {
            format!("- [{}](lessons/{}.md)\n", chapter.title, lesson.id)
        })
    };
    match name.split_once(": ").unwrap_or((name, "")) {
        ("comparison", _) => {
            format!("```text\n{}```\n", text("docs/output/compare.txt"))
        }
        ("lessons", _) => table(
            "| lesson | the job | what `leaky` does | what `fixed` does |",
            of(Kind::Lesson).map(|(lesson, Chapter { front, .. })| {
                let (link, job) = (link(lesson, document), lesson.title);
                format!("| {link} | {job} | {} | {} |", front.leaky, front.fixed)
            }),
        ),
        ("controls", _) => table(
            "| control | what is suspected | what the measurement shows |",
            of(Kind::Control).map(|(lesson, Chapter { front, .. })| {
                let link = link(lesson, document);
                format!("| {link} | {} | {} |", front.believed, front.measured)
            }),
        ),
        ("summary", "lessons") => chapters(Kind::Lesson).collect(),
        ("summary", _) => chapters(Kind::Control).collect(),
        ("symptoms", group) => table(
            "| what you see | lesson | look at first |",
            entries.iter().flat_map(|(lesson, Chapter { front, .. })| {
                let rows = front.symptoms.iter().filter(|row| row.group == group);
                let link = link(lesson, document);
                rows.map(move |row| {
                    format!("| {} | {link} | {} |", row.see, row.look)
                })
            }),
        ),
        ("output", name) => {
            let output = |name| text(&format!("docs/output/{name}.txt"));
            if !name.is_empty() {
                return format!("```text\n{}```\n", output(name));
            }
            let name = id(document);
            let short = name.split('_').next().unwrap_or_default();
            format!(
                "{}\n```text\n{}```\n\nTo measure it yourself, run \
                 `./scripts/compare.sh {short}`; `target/leaklab/report.html#{name}` \
                 then shows your figures.\n",
                chart(name),
                output(name)
            )
        }
        ("diff", _) => format!("```diff\n{}```\n", difference(id(document))),
        ("timetable", name) => teaching::timetable(name, entries),
        ("exercises", _) => teaching::exercises(entries),
        ("metrics", _) => metrics(entries, document),
        ("crates", _) => crates(entries, document),
        (other, _) => panic!("{document}: nothing generates a block `{other}`"),
    }
}

/// The chart of a lesson, with what it says for those who cannot see it.
fn chart(id: &str) -> String {
    let svg = text(&format!("docs/charts/{id}.svg"));
    let label =
        svg.split_once("aria-label=\"").and_then(|(_, rest)| rest.split_once('"'));
    let (label, _) = label.expect("scripts/chart.py describes its charts");
    format!("![{label}](../charts/{id}.svg)\n")
}

/// Which lessons show in which metric, in the order of the metrics' names.
fn metrics(entries: &[Entry], document: &str) -> String {
    let mut rows = BTreeMap::<&str, Vec<String>>::new();
    for (lesson, chapter) in entries {
        for metric in &chapter.front.metrics {
            rows.entry(metric).or_default().push(link(lesson, document));
        }
    }
    let rows =
        rows.iter().map(|(metric, l)| format!("| {metric} | {} |", l.join(", ")));
    table("| metric | rises in |", rows)
}

/// What of each crate holds memory, in the order of the crates' names.
fn crates(entries: &[Entry], document: &str) -> String {
    let rows: BTreeSet<_> = entries
        .iter()
        .flat_map(|(lesson, chapter)| {
            let link = link(lesson, document);
            let facts = chapter.front.crates.iter();
            facts.map(move |fact| {
                format!("| {} | {} | {link} |", fact.name, fact.what)
            })
        })
        .collect();
    table("| crate | what holds memory | lesson |", rows.into_iter())
}

/// A document with its blocks written anew.
fn written(path: &str, entries: &[Entry]) -> String {
    let document = text(path);
    let mut pieces = document.split(BEGIN);
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) =
            piece.split_once(" -->\n").expect("a marker ends its line");
        let (_, rest) = rest.split_once(END).expect("every block has an end");
        let block = block(name, path, entries);
        result += &format!("{BEGIN}{name} -->\n\n{block}\n{END}{rest}");
    }
    result
}

#[test]
fn documents_say_of_each_lesson_what_its_files_say() {
    let entries = entries();
    let chapters = files("docs/lessons");
    for path in DOCUMENTS.into_iter().chain(chapters.iter().map(|path| &**path)) {
        expect_file![locate(path)].assert_eq(&written(path, &entries));
    }
}

#[test]
fn every_symptom_has_a_place_in_the_index() {
    let index = text("docs/by-symptom.md");
    let has = |group: &str| index.contains(&format!("{BEGIN}symptoms: {group} -->"));
    let faults = entries().into_iter().flat_map(|(lesson, chapter)| {
        let groups = chapter.front.symptoms.iter().map(|row| &row.group);
        groups.filter(|g| !has(g)).map(|group| format!("{}: {group}", lesson.id))
    });
    no_faults(faults, "correct `group`, or add a section to docs/by-symptom.md");
}

/// The lesson of a chapter's file.
fn id(document: &str) -> &str {
    let name = document.rsplit('/').next().unwrap_or_default();
    name.trim_end_matches(".md")
}

/// How the twins' files of a lesson differ.
fn difference(id: &str) -> String {
    let [leaky, fixed] = twins::both(id);
    let header = |twin| format!("{twin}/src/lessons/{id}.rs");
    TextDiff::from_lines(&leaky, &fixed)
        .unified_diff()
        .context_radius(3)
        .header(&header("leaky"), &header("fixed"))
        .to_string()
}

#[test]
fn the_book_shows_the_twins_as_they_differ() {
    for id in twins::lessons() {
        let [leaky, _] = twins::both(id);
        expect_file![locate(&format!("docs/diffs/{id}.diff"))]
            .assert_eq(&difference(id));
        // `leaklab learn` restores `leaky` from them.
        let built_in = lessons::sources::of(id).map(|sources| sources.leaky);
        assert_eq!(
            built_in.as_deref(),
            Some(&*leaky),
            "{id}: build the tests again"
        );
    }
}

#[test]
fn no_generated_file_outlives_its_lesson() {
    let ids: Vec<_> = LESSONS.iter().map(|lesson| lesson.id).collect();
    let mut found = files("docs/diffs");
    found.extend(files("docs/lessons"));
    let stray = found.into_iter().filter(|path| {
        let name = path.rsplit('/').next().unwrap_or_default();
        !ids.contains(&name.split('.').next().unwrap_or_default())
    });
    no_faults(stray, "delete the file, or add the lesson to the list");
}
