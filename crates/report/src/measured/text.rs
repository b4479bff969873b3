//! The result of `leaklab measure` for a terminal of 80 columns.

use super::{LimitAhead, Measured, RequestResult, function, line};
use crate::figures::{SHARE_MIN, bytes, duration, grouped, percent};
use crate::terminal::{Lines, PLAIN, RED, Told, WIDTH, YELLOW};
use anstyle::Style;

/// Sites that are printed for a request.
pub(super) const SITES_PRINTED: usize = 3;

/// What was found, with styles that the printer may strip.
pub fn text(measured: &Measured) -> String {
    let mut lines = Lines::new(WIDTH);
    for RequestResult { name, traffic, .. } in &measured.requests {
        if let Some(warning) = &traffic.warning {
            lines.filled(YELLOW, &format!("! {name}: {warning}"), "", "  ");
        }
    }
    let [verdict, slope, limit] = ["VERDICT", "PER REQUEST", "LIMIT"];
    lines.line(format_args!(
        "{:<28} {verdict:<12} {slope:>14} {limit:>14}",
        "REQUEST"
    ));
    for request in &measured.requests {
        shown(&mut lines, request);
    }
    lines.line("");
    if let Some(file) = &measured.baseline {
        lines.line(format_args!("Against the baseline {file}"));
        for request in &measured.requests {
            changed(&mut lines, request);
        }
        lines.line("");
    }
    for note in measured.notes.iter().map(String::as_str).chain(measured.cure()) {
        lines.filled(YELLOW, &format!("! {note}"), "", "  ");
    }
    lines.paragraph(&measured.sentence());
    lines.paragraph(about(measured));
    lines.text
        + "LEAKS: goes on growing; entries that expire later look the same, see --idle.\n\
           PLATEAU: grew, then stopped, like a cache that is full.\n\
           LIMIT: the smallest growth that this measurement could show.\n"
}

fn shown(lines: &mut Lines, request: &RequestResult) {
    let RequestResult { name, verdict, .. } = request;
    let slope = bytes(request.slope_bytes_per_request);
    let limit = bytes(request.detection_limit_bytes_per_request);
    let (style, word) = (verdict.style(), verdict.word());
    lines.line(format_args!(
        "{name:<28} {style}{word:<12}{style:#} {slope:>14} {limit:>14}"
    ));
    if let Some(error) = &request.first_error {
        let (errors, sent) = (request.errors, request.responses);
        let text = format!("{errors} of {sent} are errors: {error}");
        noted(lines, YELLOW, "!", &text);
    }
    if let Some(reason) = &request.reason {
        noted(lines, YELLOW, "-", reason);
    }
    request.traffic.shown(lines);
    for metric in &request.metrics {
        let (rise, name) = (metric.per_request, &metric.name);
        noted(lines, PLAIN, "+", &format!("{rise:.2} {name} with each request"));
    }
    for limit in &request.limits {
        noted(lines, PLAIN, ">", &ahead(limit));
    }
    let sites = request.sites.iter().filter(|site| site.share >= SHARE_MIN);
    for site in sites.take(SITES_PRINTED) {
        let place = format!("  {:>5} held by {}", percent(site.share), line(site));
        let name = function(site).map(|name| format!("{place}, {name}"));
        let fits = |text: &String| text.chars().count() <= WIDTH;
        lines.line(name.filter(fits).unwrap_or(place));
    }
    if let Some(lesson) = &request.resembles {
        lines.line(format_args!("  looks like {lesson}: leaklab explain {lesson}"));
    }
    if let Some(planted) = &request.planted {
        let more = bytes(planted.more_bytes_per_request);
        let word = if planted.found { "found" } else { "NOT FOUND" };
        lines.line(format_args!(
            "  planted leak {word}: {more} B more than without it"
        ));
    }
    match (&request.failure, &request.accepted) {
        // The verdict says the rest.
        (Some(failure), accepted)
            if accepted.is_some() || request.planted.is_some() =>
        {
            noted(lines, RED, "!", failure);
        }
        (None, Some(accepted)) if request.grows() => {
            noted(lines, PLAIN, "~", &accepted.words());
        }
        _ => {}
    }
}

fn noted(lines: &mut Lines, style: Style, sign: &str, text: &str) {
    lines.filled(style, text, &format!("  {sign} "), "    ");
}

/// When a limit is met.
fn ahead(limit: &LimitAhead) -> String {
    let [most, requests] = [limit.limit, limit.requests].map(|n| grouped(n as f64));
    let time = limit.seconds.map(|seconds| format!(", in {}", duration(seconds)));
    let (of, time) = (&limit.of, time.unwrap_or_default());
    format!("the limit of {most} {of} is met after {requests} more{time}")
}

fn changed(lines: &mut Lines, request: &RequestResult) {
    let Some(change) = &request.change else { return };
    let sign = if request.failure.is_some() { "! " } else { "" };
    let words = change.state.words();
    let [before, now] =
        [change.before_bytes_per_request, request.growth().bytes].map(bytes);
    let text = format!("{sign}{words}: {before} B before, {now} B now");
    lines.line(format_args!("{:<28} {text}", request.name));
}

/// What the instrument sees and misses.
pub(crate) fn about(measured: &Measured) -> &'static str {
    match &*measured.instrument {
        "process" => {
            "Read by process: physical memory, which hides leaks below about 400 B a \
             request, and no call stacks. Mount the crate heap, or start the service by \
             this command, to see more."
        }
        "preload" => {
            "Read by preload: exact bytes of malloc and free, C code included."
        }
        _ => "Read by heap: exact bytes of the Rust allocator.",
    }
}
