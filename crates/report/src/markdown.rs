//! A run as Markdown, for the summary of a job or a pull request: the answer, a table,
//! and what is behind them, folded.

use crate::baseline::{Gate, GatedSite, State};
use crate::comparison::{Comparison, LessonResult, TwinResult, Verdict};
use crate::figures::{bytes, power};
use crate::{figures, gate};
use std::fmt::Write;

/// Frames of a site that are shown. A comment on GitHub has 65,536 letters at most, and
/// a whole comparison some twenty growing sites.
const FRAMES_MAX: usize = 8;

/// The whole text.
pub fn summary(comparison: &Comparison) -> String {
    let mut text = format!("**{}**\n\n", answer(comparison));
    text.push_str("| lesson | grows with | `leaky` | `fixed` | as expected |\n");
    text.push_str("|---|---|---|---|---|\n");
    for lesson in &comparison.lessons {
        row(&mut text, lesson);
    }
    if let Some(gate) = &comparison.baseline {
        baseline(&mut text, gate);
    }
    holders(&mut text, comparison);
    conditions(&mut text, comparison);
    text
}

/// One sentence, or two with a baseline.
fn answer(comparison: &Comparison) -> String {
    let unexpected: Vec<_> = comparison
        .lessons
        .iter()
        .filter(|lesson| !lesson.as_expected)
        .map(|lesson| escaped(&lesson.id))
        .collect();
    let all = comparison.lessons.len();
    let verdicts = match unexpected.len() {
        0 => format!(
            "Every verdict is as expected, in {all} of {all} lessons and controls."
        ),
        n => format!(
            "Not as expected, in {n} of {all} lessons and controls: {}.",
            unexpected.join(", ")
        ),
    };
    match &comparison.baseline {
        None => verdicts,
        Some(gate) => {
            format!("{verdicts} Against the baseline: {}", gate::sentence(gate))
        }
    }
}

fn row(text: &mut String, lesson: &LessonResult) {
    let of = |twin: &str| lesson.twins.get(twin).map_or("not run".to_owned(), cell);
    let expected = match lesson.mismatches.is_empty() {
        true => "yes".to_owned(),
        false => format!("**no**: {}", escaped(&lesson.mismatches.join("; "))),
    };
    let (id, law) = (escaped(&lesson.id), escaped(&lesson.grows_with));
    let (leaky, fixed) = (of("leaky"), of("fixed"));
    let _ = writeln!(text, "| {id} | {law} | {leaky} | {fixed} | {expected} |");
    for (name, result) in &lesson.failed_fixes {
        let (name, result) = (escaped(name), cell(result));
        let _ = writeln!(text, "| {id}: {name} | {law} | {result} | | |");
    }
}

/// The verdict, and which way the memory goes.
fn cell(result: &TwinResult) -> String {
    let slope = bytes(result.slope_bytes_per_request);
    let slope = slope.trim_start_matches('+');
    let limit = bytes(result.detection_limit_bytes_per_request);
    let limit = limit.trim_start_matches('+');
    let direction = match (result.peak_exponent, result.verdict) {
        (_, Verdict::Inconclusive) => "too much noise to tell".to_owned(),
        (Some(e), Verdict::Grows) => {
            format!("its peak rises with the input, \\~n^{}", power(e))
        }
        (Some(e), _) => {
            format!("its peak does not follow the input, \\~n^{}", power(e))
        }
        (None, Verdict::Leaks) => format!("grows by {slope} B with each request"),
        (None, _) => {
            format!("does not grow; less than {limit} B a request is unseen")
        }
    };
    format!("{}: {direction}", result.verdict.as_str())
}

fn baseline(text: &mut String, gate: &Gate) {
    let _ = write!(
        text,
        "\n### Against the baseline\n\n{} It is `{}`.\n\n",
        gate::sentence(gate),
        gate.file.replace(['`', '\n', '\r'], " ")
    );
    for state in State::ALL.into_iter().filter(|state| *state != State::Known) {
        for site in gate.in_state(state) {
            let holds = escaped(&gate::figure(site));
            let (lesson, twin) = (escaped(&site.lesson), escaped(&site.twin));
            let place = escaped(&figures::place(site.place()));
            let reason = site.reason.iter().map(|r| format!("; {}", escaped(r)));
            let reason: String = reason.collect();
            let state = state.as_str();
            let _ = writeln!(
                text,
                "- **{state}** {lesson} {twin}: {holds}, at {place}{reason}"
            );
        }
    }
    let known = gate.in_state(State::Known).count();
    let _ = writeln!(text, "- **KNOWN**: {known} sites, as before");
    for note in &gate.notes {
        let _ = writeln!(text, "- Note: {}", escaped(note));
    }
    let new: Vec<_> = gate.in_state(State::New).collect();
    if !new.is_empty() {
        let entries: Vec<_> = new.iter().map(|site| gate::entry(site)).collect();
        let entries = fenced("toml", &entries.join("\n"));
        folded(text, "What to give a reason for, to accept it", &entries);
    }
    for site in new.into_iter().chain(gate.in_state(State::Grown)) {
        let GatedSite { state, lesson, twin, frames, .. } = site;
        let title = format!("{}: {lesson} {twin}, call stack", state.as_str());
        folded(text, &title, &stack(frames));
    }
}

/// The largest site of everything that grows.
fn holders(text: &mut String, comparison: &Comparison) {
    let mut body = String::new();
    for lesson in &comparison.lessons {
        for (name, result) in lesson.twins.iter().chain(&lesson.failed_fixes) {
            let grows = matches!(result.verdict, Verdict::Leaks | Verdict::Grows);
            let Some(site) = result.sites.first().filter(|_| grows) else {
                continue;
            };
            let (id, name) = (escaped(&lesson.id), escaped(name));
            let figure = escaped(&figures::of(result));
            let (share, place) =
                (100.0 * site.share, escaped(&figures::place(site.place())));
            let _ = write!(
                body,
                "**{id}** {name}: {figure}.\n{share:.0} % of what grows is allocated \
                 at {place}:\n\n{}\n",
                stack(&site.frames)
            );
        }
    }
    if !body.is_empty() {
        folded(text, "Where the memory is allocated", &body);
    }
}

fn conditions(text: &mut String, comparison: &Comparison) {
    let Comparison { environment, seed, seconds, .. } = comparison;
    let quick = if environment.quick { ", a quick look" } else { "" };
    let body = format!(
        "leaklab {} ({}, {}), AWS SDK {}, {}, {} cores, database: {}, seed {seed}, \
         {seconds:.0} s{quick}.",
        environment.leaklab,
        environment.rustc,
        environment.profile,
        environment.aws_sdk_dynamodb,
        environment.system,
        environment.cores,
        environment.engine,
    );
    let body = format!(
        "{}\n\nB are live heap bytes that each request leaves behind. With \\~n^e the \
         peak follows the size of the input: 1 is in proportion, 0 not at all.\n",
        escaped(&body)
    );
    folded(text, "What was measured, and on what", &body);
}

/// Blank lines around the body, or it would not be read as Markdown.
fn folded(text: &mut String, title: &str, body: &str) {
    let title = escaped(title);
    let _ = write!(
        text,
        "\n<details>\n<summary>{title}</summary>\n\n{}\n\n</details>\n",
        body.trim_end()
    );
}

fn stack(frames: &[String]) -> String {
    let shown = frames.iter().take(FRAMES_MAX);
    let lines: Vec<_> =
        shown.map(|frame| frame.replace(char::is_control, " ")).collect();
    fenced("text", &lines.join("\n"))
}

/// A block with a fence that its content cannot close.
fn fenced(language: &str, content: &str) -> String {
    let runs = content.split(|letter| letter != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", content.trim_end())
}

/// Text that means nothing to Markdown or HTML, on one line. An empty comment parts what
/// GitHub would make a mention or a link to an issue.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let within = |next: Option<&char>| next.is_some_and(|c| c.is_alphanumeric());
        match letter {
            // Within a word it emphasises nothing.
            '_' if out.ends_with(char::is_alphanumeric)
                && within(letters.peek()) =>
            {
                out.push('_');
            }
            '@' | '#' => {
                let _ = write!(out, "&#{};<!-- -->", u32::from(letter));
            }
            letter if letter.is_control() => out.push(' '),
            ' ' | ',' | '.' | '/' | '-' | '%' | ';' | '+' | '(' | ')' => {
                out.push(letter);
            }
            // With a slash behind it, it would make a link.
            ':' if letters.peek() != Some(&'/') => out.push(':'),
            letter if letter.is_ascii_punctuation() => {
                let _ = write!(out, "&#{};", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_mentions_come_out_as_text() {
        assert_eq!(escaped("a|<b>\n`c`"), "a&#124;&#60;b&#62; &#96;c&#96;");
        assert_eq!(escaped("@me #1"), "&#64;<!-- -->me &#35;<!-- -->1");
        assert_eq!(escaped("1,420 B, 50 %"), "1,420 B, 50 %");
        assert_eq!(escaped("a:1 b://c"), "a:1 b&#58;//c");
        assert_eq!(escaped("_a_b_"), "&#95;a_b&#95;");
    }

    #[test]
    fn a_fence_is_longer_than_any_in_its_content() {
        assert_eq!(fenced("text", "a"), "```text\na\n```\n");
        assert_eq!(fenced("text", "````"), "`````text\n````\n`````\n");
    }
}
