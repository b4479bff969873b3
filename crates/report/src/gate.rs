//! How a run compares with its baseline, as text of 80 columns.

use crate::baseline::{Gate, GatedSite, State};
use crate::figures::{bytes, percent, place};
use crate::terminal::{BOLD, DIM, Lines, PLAIN, WIDTH, YELLOW, told};

/// Where a site's text begins: behind the longest state.
const SITE: usize = 10;

/// Printed where the gate alone would let the run pass.
pub const UNEXPECTED: &str =
    "Verdicts of this comparison are not as expected; its mismatches list them.";

/// For a terminal, with styles that the printer may strip.
pub fn text(gate: &Gate) -> String {
    let mut lines = Lines::new(WIDTH);
    lines.filled(BOLD, &format!("Against the baseline {}", gate.file), "", "");
    gate.changed().for_each(|site| shown(&mut lines, site));
    if let Some(known) = known(gate) {
        lines.line(format_args!("{DIM}{:<SITE$}{known}{DIM:#}", "KNOWN"));
    }
    for note in &gate.notes {
        lines.filled(YELLOW, &format!("! {note}"), "  ", "    ");
    }
    lines.line(sentence(gate));
    lines.text + &cure(gate)
}

/// How many sites are as they were, if any.
pub fn known(gate: &Gate) -> Option<String> {
    match gate.in_state(State::Known).count() {
        0 => None,
        1 => Some("1 site, as before".to_owned()),
        known => Some(format!("{known} sites, as before")),
    }
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

fn shown(lines: &mut Lines, site: &GatedSite) {
    let allowed =
        site.allowed_bytes_per_request.filter(|_| site.state == State::Grown);
    let texts = [
        Some(format!("{}: {}", site.service(), figure(site))),
        Some(place(site.place())),
        site.reason.clone(),
        allowed
            .map(|allowed| format!("up to {} B counts as the same", bytes(allowed))),
    ];
    let texts = texts.into_iter().flatten().map(|text| (PLAIN, text));
    told(lines, site.state, [0, SITE], texts);
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
