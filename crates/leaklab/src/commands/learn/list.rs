//! The list of exercises: what is done, what comes next.

use crate::cli::Format;
use crate::commands::learn::chapter;
use crate::commands::learn::check::is_control;
use crate::commands::learn::exercise::{Exercise, State};
use crate::commands::learn::progress::{Done, Progress};
use crate::failure::{EXPECTED, Failure};
use crate::output::print_as;
use lessons::{LESSONS, Lesson};
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

/// The first course, by the beginnings of ids: a leak of one word first, then what
/// a request, a map and a task keep, and what waits.
const FAST_LANE: [&str; 6] = ["l09", "l14", "l12", "l04", "l11", "l06"];

/// An exercise in the list.
#[derive(Debug, Serialize)]
struct Row {
    lesson: &'static str,
    title: &'static str,
    minutes: Option<u32>,
    difficulty: Option<u8>,
    /// Its place in the fast lane, from 1.
    fast_lane: Option<usize>,
    /// Whether there is something to repair, beside something to predict.
    repair: bool,
    /// Whether its file is not the original.
    in_place: bool,
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct List {
    exercises: Vec<Row>,
    next: Option<&'static str>,
}

/// Prints the list.
pub(super) fn print(
    root: &Path,
    progress: &mut Progress,
    format: Format,
) -> Result<ExitCode, Failure> {
    let rows =
        LESSONS.iter().map(|lesson| row(lesson, root, progress.of(lesson.id)));
    let exercises = rows.collect::<Result<Vec<_>, _>>()?;
    let next = next(&exercises);
    print_as(format, &List { exercises, next }, text)?;
    Ok(ExitCode::from(EXPECTED))
}

fn row(lesson: &'static Lesson, root: &Path, done: &Done) -> Result<Row, Failure> {
    let front = &chapter(lesson)?.front;
    let place = FAST_LANE.iter().position(|lane| lesson.id.starts_with(lane));
    let in_place =
        Exercise::of(lesson, root).is_ok_and(|file| file.state() != State::Original);
    let state = match (done.done, &done.last, done.predicted) {
        (true, ..) => "done",
        (_, Some(outcome), _) => outcome.as_str(),
        (_, None, Some(_)) => "predicted",
        _ if in_place => "begun",
        _ => "",
    };
    Ok(Row {
        lesson: lesson.id,
        title: lesson.title,
        minutes: front.minutes,
        difficulty: front.difficulty,
        fast_lane: place.map(|place| place + 1),
        repair: !is_control(lesson),
        in_place,
        state,
    })
}

/// What has been begun, else the fast lane in its order, else the rest in the book's.
fn next(rows: &[Row]) -> Option<&'static str> {
    let open = || rows.iter().filter(|row| row.state != "done");
    let begun = open().find(|row| !row.state.is_empty());
    let lane = || {
        let lane = open().filter(|row| row.fast_lane.is_some());
        lane.min_by_key(|row| row.fast_lane)
    };
    begun.or_else(lane).or_else(|| open().next()).map(|row| row.lesson)
}

fn text(list: &List) -> String {
    let mut text = format!("{:<20} {:<39} MIN  STATE\n", "EXERCISE", "");
    for row in &list.exercises {
        let minutes = row.minutes.map_or_else(String::new, |m| m.to_string());
        let line = format!(
            "{:<20} {:<39} {minutes:>3}  {}",
            row.lesson, row.title, row.state
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let done = list.exercises.iter().filter(|row| row.state == "done").count();
    let lane = list.exercises.iter().filter(|row| row.fast_lane.is_some());
    let minutes: u32 = lane.filter_map(|row| row.minutes).sum();
    let _ = write!(
        text,
        "\n{done} of {} are done. The exercises that begin with c have nothing to repair:\n\
         predict whether they leak. A first course of {minutes} minutes:\n{}.\n",
        list.exercises.len(),
        FAST_LANE.join(", ")
    );
    if let Some(next) =
        list.exercises.iter().find(|row| Some(row.lesson) == list.next)
    {
        let step = if next.in_place { "check" } else { "start" };
        let _ = writeln!(text, "Next: leaklab learn {step} {}", next.lesson);
    }
    text
}
