//! The trainer's guide: timetables from the chapters' minutes, and exercises from the chapters
//! and from the repairs that `scripts/repairs.sh` measured.

use crate::generated::{Entry, entries};
use crate::repository::{files, no_faults, text};
use lessons::Kind;
use std::fmt::Write;

/// Minutes after an exercise to talk about it.
const REVIEW: u32 = 5;

/// The least that is left at the end.
const CLOSING_MIN: u32 = 5;

/// Minutes with a text, or a lesson.
type Step = Result<(u32, &'static str), &'static str>;

const WELCOME: Step =
    Ok((10, "Welcome: `leaklab learn`, one exercise together on the projector"));
const BREAK: Step = Ok((10, "Break"));
const CLOSING: &str = "Closing: what would each of you look for at home?";

/// The plans: a name, minutes and steps, in parts. The rest is for the closing.
const PLANS: [(&str, u32, &[&[Step]]); 3] = [
    ("90 minutes", 90, &[&[WELCOME, Err("l09"), Err("l14"), BREAK, Err("l04")]]),
    ("three hours", 180, &[MORNING]),
    ("a day", 420, &[MORNING, AFTERNOON]),
];

const MORNING: &[Step] = &[
    WELCOME,
    Err("c01"),
    Err("l09"),
    Err("l14"),
    BREAK,
    Err("l12"),
    Err("l04"),
    BREAK,
    Err("l11"),
    Err("l06"),
];

const AFTERNOON: &[Step] = &[
    Ok((60, "Lunch")),
    Err("c06"),
    Err("l01"),
    Err("l03"),
    BREAK,
    Err("l16"),
    Err("l18"),
    BREAK,
    Ok((40, "Your own service: `leaklab measure`, in pairs")),
];

/// The rows of a plan.
pub(crate) fn timetable(name: &str, entries: &[Entry]) -> String {
    let plan = PLANS.iter().find(|(plan, ..)| *plan == name);
    let (_, total, parts) =
        plan.unwrap_or_else(|| panic!("there is no plan {name}"));
    let mut table = "| from | minutes | what |\n|---|---|---|\n".to_owned();
    let mut now = 0;
    let mut row = |minutes: u32, what: &str| {
        let (hours, rest) = (now / 60, now % 60);
        let _ = writeln!(table, "| {hours}:{rest:02} | {minutes} | {what} |");
        now += minutes;
        now
    };
    let mut end = 0;
    for step in parts.iter().copied().flatten() {
        end = match *step {
            Ok((minutes, what)) => row(minutes, what),
            Err(short) => {
                let found = entries.iter().find(|(l, _)| l.id.starts_with(short));
                let (lesson, chapter) = found.expect("a plan names lessons");
                let minutes = chapter.front.minutes.expect("a lesson has minutes");
                let link = format!("[{short}](lessons/{}.md)", lesson.id);
                let what = format!(
                    "{link}: {}, with {REVIEW} minutes of review",
                    lesson.title
                );
                row(minutes + REVIEW, &what)
            }
        };
    }
    assert!(
        end + CLOSING_MIN <= *total,
        "{name} has {end} minutes before its closing"
    );
    row(total - end, CLOSING);
    table
}

/// What the head of a repair must say.
const HEAD: [&str; 3] = ["Title", "Verdict", "Why"];

/// A repair, which the head of its file describes.
struct Repair {
    name: String,
    file: String,
}

impl Repair {
    fn get(&self, key: &str) -> &str {
        let head = self.file.lines().take_while(|line| !line.is_empty());
        let mut pairs = head.filter_map(|line| line.split_once(": "));
        pairs.find(|(own, _)| *own == key).map_or("", |(_, value)| value)
    }
}

/// The repairs of a lesson: right ones first.
fn repairs(id: &str) -> Vec<Repair> {
    let folder = format!("crates/acceptance/tests/repairs/{id}");
    let repair = |path: String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let name = name.trim_end_matches(".rs.patch").to_owned();
        Repair { name, file: text(&path) }
    };
    let mut repairs: Vec<_> = files(&folder).into_iter().map(repair).collect();
    let order = ["REPAIRED", "BETTER", "STILL LEAKS", "MOVED", "BROKEN", "CHEATED"];
    repairs.sort_by_key(|r| order.iter().position(|v| *v == r.get("Verdict")));
    repairs
}

/// What a repair was measured as, if it was.
fn measured(measurements: &str, id: &str, name: &str) -> String {
    let whole = format!("{id}/{name} ");
    let line = measurements.lines().find(|line| line.starts_with(&whole));
    let line = line.unwrap_or_default().trim_start_matches(&whole).trim();
    line.split_once("  ").map_or("", |(_, figure)| figure).trim().to_owned()
}

/// Each exercise: what to ask, the answers, the repairs, and a question for the end.
pub(crate) fn exercises(entries: &[Entry]) -> String {
    let measurements = text("docs/output/repairs.txt");
    let mut guide = String::new();
    for (lesson, chapter) in entries {
        let front = &chapter.front;
        let short = lesson.number();
        let minutes = front.minutes.unwrap_or_default();
        let _ = writeln!(
            guide,
            "### {short}: {}\n\n{minutes} minutes, difficulty {} of 3; \
             [the chapter](lessons/{}.md).\n",
            chapter.title,
            front.difficulty.unwrap_or_default(),
            lesson.id
        );
        if let Some(asked) = &front.prediction {
            let _ = writeln!(guide, "**Ask:** {}\n", asked.question);
            for (n, choice) in asked.choices.iter().enumerate() {
                let right = if n + 1 == asked.right { " **Right.**" } else { "" };
                let _ = writeln!(guide, "{}. {choice}{right}", n + 1);
            }
            let _ = writeln!(guide, "\n{}\n", asked.why);
        }
        let repairs = repairs(lesson.id);
        if !repairs.is_empty() {
            guide += "| repair | verdict | measured as | why |\n|---|---|---|---|\n";
            for repair in &repairs {
                let [title, verdict, why] = HEAD.map(|key| repair.get(key));
                let figure = measured(&measurements, lesson.id, &repair.name);
                let _ =
                    writeln!(guide, "| {title} | {verdict} | {figure} | {why} |");
            }
            guide += "\n";
        }
        if let Some(check) = &front.check {
            let _ = writeln!(
                guide,
                "**At the end:** {}\n{}\n",
                check.question, check.answer
            );
        }
    }
    guide
}

#[test]
fn each_lesson_has_right_and_wrong_repairs_and_a_question() {
    let faults = entries().into_iter().flat_map(|(lesson, chapter)| {
        let repairs = repairs(lesson.id);
        let right = repairs.iter().filter(|r| r.get("Verdict") == "REPAIRED");
        let right = right.count();
        let wrong = repairs.len() - right;
        let control = lesson.kind == Kind::Control;
        let told =
            |repair: &Repair| HEAD.iter().all(|key| !repair.get(key).is_empty());
        let checks = [
            (control || right >= 1, "has no right repair"),
            (control || wrong >= 3, "has fewer than three wrong repairs"),
            (repairs.iter().all(told), "has a repair without a title or a reason"),
            (chapter.front.check.is_some(), "has no question for the end"),
        ];
        let faults = checks.into_iter().filter(|(holds, _)| !holds);
        faults.map(move |(_, fault)| format!("{} {fault}", lesson.id))
    });
    no_faults(faults, "add files to crates/acceptance/tests/repairs, and `[check]`");
}
