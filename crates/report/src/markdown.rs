//! A run as Markdown, for the summary of a job or a pull request: the answer, what a
//! terminal shows, and folded call stacks. Texts of a run are in fences only, where
//! nothing is markup.

use crate::comparison::Comparison;
use crate::terminal::Told;
use crate::{figures, gate, table};
use anstream::adapter::strip_str;
use std::fmt::Write;

/// Frames shown of a site. A comment on GitHub has at most 65,536 letters, and a whole
/// comparison some twenty growing sites.
const FRAMES_MAX: usize = 8;

/// The whole text.
pub fn summary(comparison: &Comparison) -> String {
    let mut text = format!("**{}**\n\n", answer(comparison));
    text += &fenced(&table::result(comparison));
    if let Some(result) = &comparison.baseline {
        let _ = write!(text, "\n### Baseline\n\n{}", fenced(&gate::text(result)));
    }
    let stacks = failing(comparison).chain(largest(comparison));
    folded_stacks(&mut text, stacks.collect());
    let conditions = figures::conditions(comparison);
    folded(&mut text, "What was measured, and on what", &conditions);
    text
}

/// One sentence, or two with a baseline.
fn answer(comparison: &Comparison) -> String {
    let all = comparison.lessons.len();
    let verdicts = match comparison.unexpected().count() {
        0 => format!(
            "Every verdict is as expected, in {all} of {all} lessons and controls."
        ),
        n => format!("Not as expected, in {n} of {all} lessons and controls."),
    };
    let gate = comparison.baseline.iter().map(gate::sentence);
    let gate = gate.map(|sentence| format!(" Against the baseline: {sentence}"));
    verdicts + &gate.collect::<String>()
}

/// The sites that fail the job.
fn failing(comparison: &Comparison) -> impl Iterator<Item = String> {
    let sites = comparison.baseline.iter().flat_map(|gate| &gate.sites);
    sites.filter(|site| site.state.fails()).map(|site| {
        let title = format!("{}: {}", site.state.word(), site.service());
        stack(&title, &site.frames)
    })
}

/// The largest site of everything that grows.
fn largest(comparison: &Comparison) -> Vec<String> {
    let mut stacks = Vec::new();
    for lesson in &comparison.lessons {
        let growing = lesson.services().filter(|(_, r)| r.verdict.is_growth());
        for (name, result) in growing {
            let Some(site) = result.sites.first() else { continue };
            let (figure, share) =
                (figures::of(result), figures::percent(site.share));
            let title = format!("{} {name}: {figure}, {share} of it", lesson.id);
            stacks.push(stack(&title, &site.frames));
        }
    }
    stacks
}

/// A call stack in plain lines.
pub(crate) fn stack(title: &str, frames: &[String]) -> String {
    let line = |text: &str| text.replace(char::is_control, " ");
    let frames = frames.iter().take(FRAMES_MAX).map(|frame| line(frame));
    let lines: Vec<_> = [line(title)].into_iter().chain(frames).collect();
    lines.join("\n  ")
}

/// Call stacks, if there are any.
pub(crate) fn folded_stacks(text: &mut String, stacks: Vec<String>) {
    if !stacks.is_empty() {
        folded(text, "Where the memory is allocated", &stacks.join("\n\n"));
    }
}

/// Blank lines around the content, or it would not be read as Markdown.
fn folded(text: &mut String, title: &str, content: &str) {
    let content = fenced(content);
    let _ = write!(
        text,
        "\n<details>\n<summary>{title}</summary>\n\n{content}\n</details>\n"
    );
}

/// A block with a fence that its content cannot close.
pub(crate) fn fenced(content: &str) -> String {
    let content = strip_str(content).to_string();
    let runs = content.split(|letter| letter != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    let shown = |letter: &char| !letter.is_control() || *letter == '\n';
    let content: String = content.trim().chars().filter(shown).collect();
    format!("{fence}text\n{content}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_any_in_its_content() {
        assert_eq!(fenced("a"), "```text\na\n```\n");
        assert_eq!(fenced("````"), "`````text\n````\n`````\n");
    }
}
