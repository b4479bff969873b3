//! How a run stands against its baseline, as text of 80 columns.

use crate::baseline::{Gate, GatedSite, State};
use crate::figures::{bytes, place};
use crate::wrap::{WIDTH, wrapped};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Where a site's text begins: behind the longest state.
const SITE: usize = 10;

/// Said where the gate alone is printed and would let the run pass.
pub const UNEXPECTED: &str =
    "Verdicts of this comparison are not as expected; its mismatches say which.";

/// For a terminal, with styles that the printer may strip.
pub fn text(gate: &Gate) -> String {
    let mut text = String::new();
    for line in wrapped(&format!("Against the baseline {}", gate.file), WIDTH) {
        let _ = writeln!(text, "{BOLD}{line}{BOLD:#}");
    }
    for state in State::ALL {
        match state {
            State::Known => known(&mut text, gate),
            _ => gate.in_state(state).for_each(|site| shown(&mut text, site)),
        }
    }
    for note in &gate.notes {
        let lines = wrapped(note, WIDTH - 4);
        for (n, line) in lines.iter().enumerate() {
            let mark = if n == 0 { "  ! " } else { "    " };
            let yellow = AnsiColor::Yellow.on_default();
            let _ = writeln!(text, "{yellow}{mark}{line}{yellow:#}");
        }
    }
    let _ = writeln!(text, "{}", sentence(gate));
    text.push_str(&cure(gate));
    text
}

/// The answer.
pub fn sentence(gate: &Gate) -> String {
    let count = |state| gate.in_state(state).count();
    match (count(State::New), count(State::Grown)) {
        (0, 0) => "Nothing is new and nothing has grown.".to_owned(),
        (new, 0) => format!("{} new.", sites(new)),
        (0, grown) => format!("{} grown.", sites(grown).replace(" is", " has")),
        (new, grown) => format!("{} new, and {grown} grown.", sites(new)),
    }
}

fn sites(count: usize) -> String {
    match count {
        1 => "One site is".to_owned(),
        n => format!("{n} sites are"),
    }
}

/// What a site holds, against what it held.
pub fn figure(site: &GatedSite) -> String {
    let (now, then) = (site.bytes_per_request, site.baseline_bytes_per_request);
    match (now, then) {
        (Some(now), Some(then)) => {
            let (now, then) = (bytes(now), bytes(then));
            format!("{now} B a request, where it was {then} B")
        }
        (Some(now), None) => {
            let share = 100.0 * site.share;
            format!("{} B a request, {share:.0} % of what grows", bytes(now))
        }
        (None, then) => {
            format!("0 B a request, where it was {} B", bytes(then.unwrap_or(0.0)))
        }
    }
}

fn shown(text: &mut String, site: &GatedSite) {
    let style = match site.state {
        State::New | State::Grown => AnsiColor::Red.on_default(),
        State::Fixed => AnsiColor::Green.on_default(),
        State::Accepted | State::Known => Style::new(),
    };
    let head = format!("{} {}: {}", site.lesson, site.twin, figure(site));
    let mut lines = wrapped(&head, WIDTH - SITE);
    lines.extend(wrapped(&place(site.place()), WIDTH - SITE));
    lines.extend(site.reason.iter().flat_map(|r| wrapped(r, WIDTH - SITE)));
    if site.state == State::Grown {
        let allowed = site.allowed_bytes_per_request.unwrap_or(0.0);
        lines.push(format!("up to {} B would be the same", bytes(allowed)));
    }
    for (n, line) in lines.iter().enumerate() {
        let state = if n == 0 { site.state.as_str() } else { "" };
        let _ = writeln!(text, "{style}{state:<SITE$}{style:#}{line}");
    }
}

/// What is as it was is a number, and the size of it.
fn known(text: &mut String, gate: &Gate) {
    let count = gate.in_state(State::Known).count();
    if count > 0 {
        let grow = if count == 1 { "site grows" } else { "sites grow" };
        let state = State::Known.as_str();
        let _ = writeln!(text, "{DIM}{state:<SITE$}{count} {grow} as before{DIM:#}");
    }
}

/// What to paste where sites are new.
fn cure(gate: &Gate) -> String {
    let mut text = String::new();
    for site in gate.in_state(State::New) {
        if text.is_empty() {
            text.push_str(
                "To accept a site, give the reason in a file and name it with \
                 --accept:\n",
            );
        }
        let _ = write!(text, "\n{}", entry(site));
    }
    text
}

/// The lines of a file of accepted sites. The reason is left to people, and an empty one
/// is refused.
pub fn entry(site: &GatedSite) -> String {
    // A JSON string is a TOML string, but for this one letter.
    let text = |text: &str| {
        serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
    };
    let at: String = place(site.place())
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!(
        "# {at}\n[[site]]\nfingerprint = {}\nlesson = {}\ntwin = {}\n\
         reason = \"\"\n",
        text(&site.fingerprint),
        text(&site.lesson),
        text(&site.twin)
    )
}
