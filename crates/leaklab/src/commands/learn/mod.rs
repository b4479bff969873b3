//! `leaklab learn`: the lessons as exercises. Predict, measure, repair, have it judged.

mod check;
pub(super) mod exercise;
mod export;
mod list;
mod progress;
mod start;
mod watch;

use crate::cli::{Format, Learn, LearnStep};
use crate::commands::select;
use crate::failure::{self, EXPECTED, Failure};
use crate::output::{self, name, print, print_as};
use anyhow::Context;
use exercise::{Exercise, State, workspace};
use lessons::{Chapter, LESSONS, Lesson};
use progress::Progress;
use report::chapter::{Source, solution};
use report::prose;
use report::repair::Outcome;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Why a check of edits is never BETTER if nothing was measured before them.
const UNMEASURED: &str = "Its growth before your edits was not measured, so a check \
                          cannot tell whether it is better.";

/// Does one step, or lists the exercises.
pub async fn run(arguments: &Learn) -> Result<ExitCode, Failure> {
    let root = workspace()?;
    let mut progress = Progress::read(&root)?;
    let format = arguments.format;
    match &arguments.step {
        None => list::print(&root, &mut progress, format),
        Some(LearnStep::Start { lesson, predict }) => {
            start::run(select::one(lesson)?, *predict, &root, progress, format).await
        }
        Some(LearnStep::Check { lesson, long }) => {
            let lesson = select::one(lesson)?;
            let outcome = check_step(lesson, *long, &root, progress, format).await?;
            Ok(failure::code(outcome == Outcome::Repaired))
        }
        Some(LearnStep::Watch { lesson }) => {
            watch::run(select::one(lesson)?, &root, format).await
        }
        Some(LearnStep::Hint { lesson }) => {
            hint(select::one(lesson)?, &mut progress, format)
        }
        Some(LearnStep::Solution { lesson, give_up }) => {
            let exercise = Exercise::of(select::one(lesson)?, &root)?;
            show_solution(&exercise, *give_up, &mut progress)
        }
        Some(LearnStep::Export { team, code, answers, folder }) => {
            export::run(*team, code, answers.as_deref(), folder, &progress)
        }
        Some(LearnStep::Reset { lesson, .. }) => {
            reset(lesson.as_deref(), &root, &progress, format)
        }
    }
}

/// The chapter of a lesson.
fn chapter(lesson: &Lesson) -> Result<&'static Chapter, Failure> {
    let chapter = lessons::chapters::chapter(lesson.id);
    Ok(chapter.context("the lesson has no chapter")?)
}

fn width() -> usize {
    output::width(80)
}

/// A text in lines that fit; those after the first of each line are indented.
fn filled(text: &str) -> String {
    let options = textwrap::Options::new(width())
        .subsequent_indent("  ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    text.lines().map(|line| textwrap::fill(line, &options) + "\n").collect()
}

/// A path as it is typed in the workspace.
fn below<'a>(path: &'a Path, root: &Path) -> &'a Path {
    path.strip_prefix(root).unwrap_or(path)
}

async fn check_step(
    lesson: &'static Lesson,
    long: bool,
    root: &Path,
    mut progress: Progress,
    format: Format,
) -> Result<Outcome, Failure> {
    let exercise = Exercise::of(lesson, root)?;
    let edited = exercise.state() == State::Edited;
    exercise::build(root)?;
    let done = progress.of(lesson.id);
    let mut checked = check::check(lesson, long, done.before.as_ref()).await?;
    let outcome = checked.judged.outcome;
    if edited && done.before.is_none() && outcome == Outcome::StillLeaks {
        checked.judged.reasons.push(UNMEASURED.to_owned());
    }
    if !edited && done.before.is_none() && outcome != Outcome::Repaired {
        done.before.clone_from(&checked.yours);
    }
    done.attempts += usize::from(edited);
    done.last = Some(outcome);
    done.done |= outcome == Outcome::Repaired;
    let before = done.before.clone().filter(|_| edited);
    let id = lesson.id;
    let remark = remark(lesson, outcome, edited);
    let question = question(lesson, outcome)?;
    let result = json!({
        "lesson": id,
        "verdict": outcome,
        "reasons": checked.judged.reasons,
        "remark": remark,
        "before": before,
        "now": checked.yours,
        "twin": checked.twin,
        "calls_per_request": checked.calls,
    });
    progress.write()?;
    print_as(format, &result, |_| {
        let mut text = format!("{}  {id}\n", outcome.as_str());
        let rows = [
            ("before", before.as_ref()),
            ("now", checked.yours.as_ref()),
            ("fixed", Some(&checked.twin)),
        ];
        for (service, figures) in rows {
            let Some(figures) = figures else { continue };
            text += &filled(&format!("  {service:<7} {}", figures.phrase()));
        }
        if let Some([yours, twin]) = checked.calls {
            text += &format!(
                "  {:<7} {yours:.1} per request, and in fixed {twin:.1}\n",
                "calls"
            );
        }
        for reason in checked.judged.reasons.iter().chain(&remark) {
            text += &filled(reason);
        }
        text + "\n" + &filled(&next(outcome, id, edited, long)) + &question
    })?;
    Ok(outcome)
}

/// What the learner should be able to say after the repair.
fn question(lesson: &'static Lesson, outcome: Outcome) -> Result<String, Failure> {
    let check = chapter(lesson)?.front.check.as_ref();
    let check = check.filter(|_| outcome == Outcome::Repaired);
    let ask =
        |question| format!("\n{}", filled(&format!("Can you say: {question}")));
    Ok(check.map(|check| ask(&check.question)).unwrap_or_default())
}

/// Which repairs that people try first grow as this one does: each was measured to grow as
/// the leak itself.
fn remark(lesson: &Lesson, outcome: Outcome, edited: bool) -> Option<String> {
    let grows = matches!(outcome, Outcome::StillLeaks | Outcome::Moved);
    let known = lesson.failed_fixes.iter().filter(|fix| !fix.bounded_here);
    let known: Vec<_> =
        known.map(|f| format!("{} ({}): {}", f.name, f.title, f.why)).collect();
    let shown = edited && grows && !known.is_empty();
    shown.then(|| format!("What people try first grows, too: {}.", known.join("; ")))
}

/// What to do after a verdict.
fn next(outcome: Outcome, id: &str, edited: bool, long: bool) -> String {
    let file = format!("crates/leaky/src/lessons/{id}.rs");
    match outcome {
        Outcome::Repaired if long => {
            format!(
                "Compare your repair with the twin's: leaklab learn solution {id}"
            )
        }
        Outcome::Repaired => format!(
            "What leaks slowly shows with: leaklab learn check {id} --long\n\
             Compare your repair with the twin's: leaklab learn solution {id}"
        ),
        _ if !edited => format!("Now repair {file} and check it again."),
        Outcome::Better | Outcome::StillLeaks if !long => format!(
            "If it has a limit that these requests don't reach: \
             leaklab learn check {id} --long\n\
             A hint: leaklab learn hint {id}"
        ),
        _ => format!("A hint: leaklab learn hint {id}"),
    }
}

fn hint(
    lesson: &'static Lesson,
    progress: &mut Progress,
    format: Format,
) -> Result<ExitCode, Failure> {
    let (id, hints) = (lesson.id, &chapter(lesson)?.front.hints);
    if hints.is_empty() {
        return Err(Failure::Usage(format!(
            "{id} has no hints; its chapter is docs/lessons/{id}.md"
        )));
    }
    let done = progress.of(id);
    done.hints = (done.hints + 1).min(hints.len());
    let shown = &hints[..done.hints];
    progress.write()?;
    let result = json!({ "lesson": id, "hints": shown, "of": hints.len() });
    print_as(format, &result, |_| {
        let all = shown.iter().enumerate();
        let all: String =
            all.map(|(n, hint)| format!("{}. {hint}\n", n + 1)).collect();
        let mut text = prose::render(&all, width(), &|_| None);
        if shown.len() == hints.len() {
            text += &format!("\nThe repair: leaklab learn solution {id}\n");
        }
        text
    })?;
    Ok(ExitCode::from(EXPECTED))
}

fn show_solution(
    exercise: &Exercise,
    give_up: bool,
    progress: &mut Progress,
) -> Result<ExitCode, Failure> {
    let id = exercise.lesson.id;
    let done = progress.of(id);
    if done.attempts == 0 && !give_up {
        return Err(Failure::Usage(format!(
            "nothing of yours has been checked: try `leaklab learn hint {id}` and \
             `leaklab learn check {id}`, or add --give-up"
        )));
    }
    done.solution = true;
    progress.write()?;
    let source = |twin: &str, text: &str| {
        let name = format!("{twin}/src/lessons/{id}.rs");
        Some(Source { name, text: text.to_owned() })
    };
    let sources = [
        source("leaky", &exercise.sources.leaky),
        source("fixed", exercise.sources.fixed),
    ];
    print(&solution(chapter(exercise.lesson)?, &sources, width()))?;
    Ok(ExitCode::from(EXPECTED))
}

fn reset(
    lesson: Option<&str>,
    root: &Path,
    progress: &Progress,
    format: Format,
) -> Result<ExitCode, Failure> {
    let all = || LESSONS.iter().filter(|lesson| !check::is_control(lesson));
    let chosen = match lesson {
        Some(lesson) => vec![select::one(lesson)?],
        None => all().collect(),
    };
    let mut kept = Vec::new();
    for lesson in &chosen {
        kept.extend(Exercise::of(lesson, root)?.reset(progress)?);
    }
    let shown: Vec<_> = kept.iter().map(|path| name(below(path, root))).collect();
    let ids: Vec<_> = chosen.iter().map(|lesson| lesson.id).collect();
    print_as(format, &json!({ "reset": ids, "kept": shown }), |_| {
        let mut text = match &ids[..] {
            [id] => format!("{id} is as it was.\n"),
            all => format!("All {} lessons are as they were.\n", all.len()),
        };
        for path in &shown {
            text += &format!("Your version is in {path}.\n");
        }
        if !shown.is_empty() {
            text += "The built program still has it; ./scripts/compare.sh builds it again.\n";
        }
        text
    })?;
    Ok(ExitCode::from(EXPECTED))
}
