//! The beginning of an exercise: the symptom, a prediction, and the run that answers it.

use crate::cli::Format;
use crate::commands::learn::check;
use crate::commands::learn::exercise::{self, Exercise, State};
use crate::commands::learn::progress::Progress;
use crate::commands::learn::{below, chapter, width};
use crate::failure::{EXPECTED, Failure};
use crate::output::{name, print, print_as};
use lessons::chapters::Prediction;
use lessons::{Chapter, Lesson};
use measure::Verdict;
use report::prose;
use report::repair::Figures;
use serde_json::{Value, json};
use std::io::{IsTerminal, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

/// Puts the exercise in place and asks; with a prediction, measures and answers.
pub(super) async fn run(
    lesson: &'static Lesson,
    predict: Option<usize>,
    root: &Path,
    mut progress: Progress,
    format: Format,
) -> Result<ExitCode, Failure> {
    let chapter = chapter(lesson)?;
    let asked = chapter.front.prediction.as_ref();
    let predict = predict.map(|choice| valid(choice, asked, lesson)).transpose()?;
    let exercise = match check::is_control(lesson) {
        true => None,
        false => Some(Exercise::of(lesson, root)?),
    };
    if let Some(exercise) = &exercise {
        exercise.start()?;
    }
    let id = lesson.id;
    let mut result = json!({
        "lesson": id,
        "symptom": symptom(chapter, lesson).trim(),
        "question": asked.map(|asked| &asked.question),
        "choices": asked.map(|asked| &asked.choices),
    });
    if format == Format::Text {
        print(&introduction(chapter, lesson, exercise.as_ref(), root))?;
    }
    let predict = match predict {
        None if format == Format::Text => asked.and_then(prompt),
        given => given,
    };
    if let (Some(asked), Some(choice)) = (asked, predict) {
        progress.of(id).predicted = Some(choice);
        // What follows takes a while, and may be interrupted.
        progress.write()?;
        // An edited file says nothing about the leak.
        let clean = exercise.as_ref().is_none_or(|e| e.state() == State::Untouched);
        let found = match clean {
            true => {
                exercise::build(root)?;
                Some(check::figures(lesson).await?)
            }
            false => None,
        };
        let done = progress.of(id);
        done.done |= exercise.is_none();
        if let (Some((_, figures)), Some(_)) = (&found, &exercise) {
            done.before = Some(figures.clone());
        }
        progress.write()?;
        result["predicted"] = json!(choice);
        result["right"] = json!(choice == asked.right);
        result["why"] = json!(asked.why);
        result["measured"] = json!(found.as_ref().map(|(_, figures)| figures));
        if format == Format::Text {
            print(&answer(asked, choice, found))?;
        }
    }
    print_as(format, &result, |result| end(lesson, result, exercise.is_some()))?;
    Ok(ExitCode::from(EXPECTED))
}

fn valid(
    choice: usize,
    asked: Option<&Prediction>,
    lesson: &Lesson,
) -> Result<usize, Failure> {
    let choices = asked.map_or(0, |asked| asked.choices.len());
    if (1..=choices).contains(&choice) {
        return Ok(choice);
    }
    let id = lesson.id;
    Err(Failure::Usage(match choices {
        0 => format!("{id} asks for no prediction; leave --predict out"),
        _ => format!("--predict {choice}: {id} has the choices 1 to {choices}"),
    }))
}

/// What is seen from outside or, for a control, what is suspected.
fn symptom(chapter: &'static Chapter, lesson: &Lesson) -> &'static str {
    match check::is_control(lesson) {
        true => &chapter.front.believed,
        false => chapter.part("The symptom").unwrap_or_default(),
    }
}

fn introduction(
    chapter: &'static Chapter,
    lesson: &Lesson,
    exercise: Option<&Exercise>,
    root: &Path,
) -> String {
    let mut text =
        format!("# {} ({})\n\n`{}`: ", chapter.title, lesson.id, lesson.route);
    text += lesson.title;
    text += ".\n\n";
    if exercise.is_none() {
        text += "It is suspected: ";
    }
    text += symptom(chapter, lesson).trim();
    if let Some(exercise) = exercise {
        let path = name(below(&exercise.path, root));
        text += &match exercise.state() {
            State::Edited => format!(
                "\n\n`{path}` has your edits and stays as it is; `leaklab learn reset \
                 {}` puts the original back.",
                lesson.id
            ),
            _ => format!(
                "\n\nThe code is in `{path}`, without the comment that explains it."
            ),
        };
    }
    if let Some(asked) = &chapter.front.prediction {
        text += &format!("\n\n**{}**\n\n", asked.question);
        for (n, choice) in asked.choices.iter().enumerate() {
            text += &format!("{}. {choice}\n", n + 1);
        }
    }
    prose::render(&text, width(), &|_| None)
}

/// Asks on a terminal until the answer is a choice or empty; nothing in a pipe.
fn prompt(asked: &Prediction) -> Option<usize> {
    if !(stdin().is_terminal() && stdout().is_terminal()) {
        return None;
    }
    let choices = asked.choices.len();
    let question = format!("\nYour prediction (1 to {choices}, Enter for none): ");
    loop {
        print(&question).ok()?;
        let mut line = String::new();
        stdin().read_line(&mut line).ok()?;
        let answer = line.trim();
        let choice = answer.parse().ok().filter(|n| (1..=choices).contains(n));
        if choice.is_some() || answer.is_empty() {
            return choice;
        }
    }
}

fn answer(
    asked: &Prediction,
    choice: usize,
    found: Option<(Verdict, Figures)>,
) -> String {
    let mut text = String::new();
    if let Some((verdict, figures)) = found {
        text +=
            &format!("Measured: {}, {}.\n\n", verdict.as_str(), figures.phrase());
    }
    let right = asked.right;
    text += &match choice == right {
        true => format!("Your prediction, {choice}, is right. "),
        false => format!("You predicted {choice}; {right} is right. "),
    };
    text += &asked.why;
    format!("\n{}", prose::render(&text, width(), &|_| None))
}

/// What to do next.
fn end(lesson: &Lesson, result: &Value, repair: bool) -> String {
    let id = lesson.id;
    let open = result["question"].is_string() && result["predicted"].is_null();
    match (open, repair) {
        (false, true) if result["measured"].is_null() => {
            format!(
                "\nMeasure it before and after your repair:\n  \
                 leaklab learn check {id}\n"
            )
        }
        (true, _) => format!("\nPredict: leaklab learn start {id} --predict N\n"),
        (_, true) => format!("\nRepair it, then: leaklab learn check {id}\n"),
        (_, false) => format!("\nWhy: leaklab explain {id}\n"),
    }
}
