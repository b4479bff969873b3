//! A run as Markdown, for the summary of a job or a pull request: the answer, a table,
//! and folded details.

use crate::baseline::{Gate, State};
use crate::comparison::{Comparison, LessonResult, TwinResult, Verdict};
use crate::figures::{percent, place, power, size};
use crate::terminal::Told;
use crate::{figures, gate};
use std::fmt::Write;

/// Frames shown of a site. A comment on GitHub has at most 65,536 letters, and a whole
/// comparison some twenty growing sites.
const FRAMES_MAX: usize = 8;

/// The whole text.
pub fn summary(comparison: &Comparison) -> String {
    let mut text = format!("**{}**\n\n", answer(comparison));
    text.push_str("| lesson | grows with | `leaky` | `fixed` | as expected |\n");
    text.push_str("|---|---|---|---|---|\n");
    for lesson in &comparison.lessons {
        rows(&mut text, lesson);
    }
    if let Some(gate) = &comparison.baseline {
        baseline(&mut text, gate);
    }
    holders(&mut text, comparison);
    let body = [figures::conditions(comparison), figures::UNITS.to_owned()];
    let body = body.map(|text| escaped(&text)).join("\n\n");
    folded(&mut text, "What was measured, and on what", &body);
    text
}

/// One sentence, or two with a baseline.
fn answer(comparison: &Comparison) -> String {
    let unexpected = comparison.unexpected().map(|lesson| escaped(&lesson.id));
    let unexpected: Vec<_> = unexpected.collect();
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
    let gate = comparison.baseline.iter().map(gate::sentence);
    let gate = gate.map(|sentence| format!(" Against the baseline: {sentence}"));
    let pressure = comparison.pressure().map(|pressure| format!(" {pressure}"));
    verdicts + &pressure.unwrap_or_default() + &gate.collect::<String>()
}

fn rows(text: &mut String, lesson: &LessonResult) {
    let of = |twin: &str| lesson.twins.get(twin).map_or("not run".to_owned(), cell);
    let expected = match lesson.mismatches.is_empty() {
        true => "yes".to_owned(),
        false => format!("**no**: {}", escaped(&lesson.mismatches.join("; "))),
    };
    let (id, grows_with) = (escaped(&lesson.id), escaped(&lesson.grows_with));
    let (leaky, fixed) = (of("leaky"), of("fixed"));
    let _ =
        writeln!(text, "| {id} | {grows_with} | {leaky} | {fixed} | {expected} |");
    for (name, result) in &lesson.failed_fixes {
        let (name, result) = (escaped(name), cell(result));
        let _ = writeln!(text, "| {id}: {name} | {grows_with} | {result} | | |");
    }
}

/// The verdict, and what the memory does, in words.
fn cell(result: &TwinResult) -> String {
    let slope = size(result.slope_bytes_per_request);
    let limit = size(result.detection_limit_bytes_per_request);
    let words = match (result.peak_exponent.map(power), result.verdict) {
        (_, Verdict::Inconclusive) => "too much noise for a verdict".to_owned(),
        (Some(e), Verdict::Grows) => format!("its peak follows the input, \\~n^{e}"),
        (Some(e), _) => format!("its peak does not follow the input, \\~n^{e}"),
        (None, Verdict::Leaks) => format!("grows by {slope} B per request"),
        (None, _) => {
            format!("does not grow; the detection limit is {limit} B per request")
        }
    };
    let how = result.circumstances().map(|how| format!(" ({})", escaped(&how)));
    format!("{}: {words}{}", result.verdict.as_str(), how.unwrap_or_default())
}

fn baseline(text: &mut String, gate: &Gate) {
    let _ = write!(
        text,
        "\n### Against the baseline\n\n{} The baseline is `{}`.\n\n",
        gate::sentence(gate),
        gate.file.replace(['`', '\n', '\r'], " ")
    );
    for site in gate.changed() {
        let reason = site.reason.iter().map(|reason| format!("; {reason}"));
        let reason = reason.collect::<String>();
        let (holds, at) = (gate::figure(site), place(site.place()));
        let line = format!("{}: {holds}, at {at}{reason}", site.service());
        let _ = writeln!(text, "- **{}** {}", site.state.word(), escaped(&line));
    }
    if let Some(known) = gate::known(gate) {
        let _ = writeln!(text, "- **KNOWN**: {known}");
    }
    for note in &gate.notes {
        let _ = writeln!(text, "- Note: {}", escaped(note));
    }
    let entries: Vec<_> = gate.in_state(State::New).map(gate::entry).collect();
    if !entries.is_empty() {
        let entries = fenced("toml", &entries.join("\n"));
        folded(text, "How to accept new sites: give each a reason", &entries);
    }
    for site in gate.sites.iter().filter(|site| site.state.fails()) {
        let title = format!("{}: {}, call stack", site.state.word(), site.service());
        folded(text, &title, &stack(&site.frames));
    }
}

/// The largest site of everything that grows.
fn holders(text: &mut String, comparison: &Comparison) {
    let mut body = String::new();
    for lesson in &comparison.lessons {
        for (name, result) in
            lesson.services().filter(|(_, r)| r.verdict.is_growth())
        {
            let Some(site) = result.sites.first() else { continue };
            let (figure, share) = (figures::of(result), percent(site.share));
            let line = format!("{name}: {figure}. {share} of the growth is at ");
            let (id, place) = (escaped(&lesson.id), place(site.place()));
            let line = escaped(&(line + &place));
            let _ = write!(body, "**{id}** {line}:\n\n{}\n", stack(&site.frames));
        }
    }
    if !body.is_empty() {
        folded(text, "Where the memory is allocated", &body);
    }
}

/// Blank lines around the body, or it would not be read as Markdown.
fn folded(text: &mut String, title: &str, body: &str) {
    let (title, body) = (escaped(title), body.trim_end());
    let _ = write!(
        text,
        "\n<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>\n"
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

/// Text that means nothing to Markdown or HTML, on one line. An empty comment splits
/// what GitHub would turn into a mention or a link to an issue.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let in_word = || out.ends_with(char::is_alphanumeric);
        let next = letters.peek().copied().unwrap_or(' ');
        match letter {
            // Within a word it emphasises nothing.
            '_' if in_word() && next.is_alphanumeric() => out.push('_'),
            // With a slash after it, it would make a link.
            ':' if next != '/' => out.push(':'),
            ',' | '.' | '/' | '-' | '%' | ';' | '+' | '(' | ')' => out.push(letter),
            '@' | '#' => {
                let _ = write!(out, "&#{};<!-- -->", u32::from(letter));
            }
            letter if letter.is_control() => out.push(' '),
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
        let cases = [
            ("a|<b>\n`c`", "a&#124;&#60;b&#62; &#96;c&#96;"),
            ("@me #1", "&#64;<!-- -->me &#35;<!-- -->1"),
            ("1,420 B, 50 %", "1,420 B, 50 %"),
            ("a:1 b://c", "a:1 b&#58;//c"),
            ("_a_b_", "&#95;a_b&#95;"),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn a_fence_is_longer_than_any_in_its_content() {
        assert_eq!(fenced("text", "a"), "```text\na\n```\n");
        assert_eq!(fenced("text", "````"), "`````text\n````\n`````\n");
    }
}
