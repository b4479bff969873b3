//! How a run compares with its baseline, as text of 80 columns.

use crate::baseline::{Gate, GatedSite, State};
use crate::figures::{bytes, percent, place};
use crate::wrap::{WIDTH, hanging, wrapped};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Where a site's text begins: behind the longest state.
const SITE: usize = 10;

/// Printed where the gate alone would let the run pass.
pub const UNEXPECTED: &str =
    "Verdicts of this comparison are not as expected; its mismatches list them.";

/// For a terminal, with styles that the printer may strip.
pub fn text(gate: &Gate) -> String {
    let mut text = String::new();
    for line in wrapped(&format!("Against the baseline {}", gate.file), WIDTH) {
        let _ = writeln!(text, "{BOLD}{line}{BOLD:#}");
    }
    for state in State::ALL.into_iter().filter(|state| *state != State::Known) {
        gate.in_state(state).for_each(|site| shown(&mut text, site));
    }
    let known = gate.in_state(State::Known).count();
    if known > 0 {
        let sites = if known == 1 { "site" } else { "sites" };
        let _ = writeln!(
            text,
            "{DIM}{:<SITE$}{known} {sites}, as before{DIM:#}",
            "KNOWN"
        );
    }
    for line in
        gate.notes.iter().flat_map(|note| hanging(note, WIDTH, "  ! ", "    "))
    {
        let _ = writeln!(text, "{YELLOW}{line}{YELLOW:#}");
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
        (new, grown) => format!("New sites: {new}. Grown sites: {grown}."),
    }
}

/// What a site holds, against what it held.
pub fn figure(site: &GatedSite) -> String {
    let (now, then) = (site.bytes_per_request, site.baseline_bytes_per_request);
    match (now, then) {
        (Some(now), Some(then)) => {
            let (now, then) = (bytes(now), bytes(then));
            format!("{now} B per request, {then} B in the baseline")
        }
        (Some(now), None) => {
            let share = percent(site.share);
            format!("{} B per request, {share} of the growth", bytes(now))
        }
        (None, then) => {
            let then = bytes(then.unwrap_or(0.0));
            format!("0 B per request, {then} B in the baseline")
        }
    }
}

fn shown(text: &mut String, site: &GatedSite) {
    let style = match site.state {
        State::New | State::Grown => AnsiColor::Red.on_default(),
        State::Fixed => AnsiColor::Green.on_default(),
        State::Accepted | State::Known => Style::new(),
    };
    let allowed =
        site.allowed_bytes_per_request.filter(|_| site.state == State::Grown);
    let texts = [
        Some(format!("{} {}: {}", site.lesson, site.twin, figure(site))),
        Some(place(site.place())),
        site.reason.clone(),
        allowed
            .map(|allowed| format!("up to {} B counts as the same", bytes(allowed))),
    ];
    let lines = texts.iter().flatten().flat_map(|text| wrapped(text, WIDTH - SITE));
    for (n, line) in lines.enumerate() {
        let state = if n == 0 { site.state.as_str() } else { "" };
        let _ = writeln!(text, "{style}{state:<SITE$}{style:#}{line}");
    }
}

/// What to paste where sites are new.
fn cure(gate: &Gate) -> String {
    let entries: Vec<_> = gate.in_state(State::New).map(entry).collect();
    match entries.is_empty() {
        true => String::new(),
        false => format!(
            "To accept a site, give the reason in a file and name it with --accept:\n\n{}",
            entries.join("\n")
        ),
    }
}

/// The lines of a file of accepted sites. An empty reason is refused, so the user must
/// give one.
pub fn entry(site: &GatedSite) -> String {
    // A JSON string is a TOML string, except for this one letter.
    let text = |text: &str| {
        serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
    };
    let at = place(site.place()).replace(char::is_control, " ");
    let (fingerprint, lesson) = (text(&site.fingerprint), text(&site.lesson));
    let twin = text(&site.twin);
    format!(
        "# {at}\n[[site]]\nfingerprint = {fingerprint}\nlesson = {lesson}\n\
         twin = {twin}\nreason = \"\"\n"
    )
}
