//! The page of `leaklab measure`: a table of requests, and for each of them a chart, its
//! sites and the lines that hold memory.

use super::chart::{Line, spark};
use super::charts::{growth, growth_line, live_bytes};
use super::{badge, document, overview, part, sites, source, wide};
use crate::figures;
use crate::measured::{Measured, RequestResult, SiteGrowth, Trend, about, figure};
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders that have no sources of the service.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// The page of a measurement; with the baseline's lines in its charts, and with sources.
pub fn measured(
    measured: &Measured,
    baseline: Option<&Measured>,
    sources: Option<&Sources>,
) -> String {
    let kinds = ["all", "grows", "does not grow", "fails"];
    let heads =
        ["Request", "Verdict", "B per request", "Limit", "Memory", "Held by"];
    let ids = || measured.requests.iter().enumerate().map(|(n, r)| (id(n, r), r));
    let rows = html! { @for (id, request) in ids() { (row(&id, request)) } };
    let body = html! {
        a class="skip" href="#requests" { "Skip to the requests" }
        header {
            p class="brand" { "Leaklab" }
            h1 { (measured.sentence()) }
            p class="made" { (about(measured)) " " (measured.measured_at) }
        }
        main {
            section id="overview" aria-label="All requests" {
                h2 { "Requests" }
                (overview::filter("orders, cache.rs, hyper …", kinds))
                (super::table("Table of requests", "lessons", &heads, &rows))
                @for note in measured.notes.iter().map(String::as_str).chain(measured.cure()) {
                    p class="mismatch" { "! " (note) }
                }
            }
            section id="requests" aria-label="Requests" {
                @for (id, request) in ids() {
                    (section(&id, request, measured, baseline, sources))
                }
            }
        }
        footer {
            p { "LEAKS: goes on growing. PLATEAU: grew, then stopped. Limit: the smallest "
                "growth that this measurement could show, in bytes per request." }
            p { "Made by " code { "leaklab measure" } ". It loads nothing." }
        }
    };
    document("Leaklab: which requests leak", &body)
}

/// What a link to a request's section has; its number keeps apart what only other
/// characters do.
fn id(number: usize, request: &RequestResult) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = request.name.chars().map(plain).collect();
    format!("{}-{name}", number + 1)
}

fn row(id: &str, request: &RequestResult) -> Markup {
    let limit = request.detection_limit_bytes_per_request;
    let rounds = request.requests_per_round as f64 * request.live_bytes.len() as f64;
    let line = [(class(request), growth(&request.live_bytes))];
    let title = format!("memory with {}", request.name);
    html! {
        tr data-lesson=(id) {
            th scope="row" { a href={ "#" (id) } { (request.name) } }
            td { (badge(request.verdict)) @if request.is_accepted() { " accepted" } }
            td class="number" { span class="figure" { (figures::bytes(request.slope_bytes_per_request)) } }
            td class="number" { (figures::size(limit)) }
            // Three times the noise, so that noise looks as small as it is.
            td { (spark(&title, &line, (3.0 * limit * rounds).max(1.0))) }
            td class="holder" {
                @if let Some(site) = request.sites.first() {
                    (crate::measured::line(site)) ", " (figures::percent(site.share))
                }
            }
        }
    }
}

/// The colour of its line.
fn class(request: &RequestResult) -> &'static str {
    if matches!(request.verdict, Trend::Leaks | Trend::GrowsWith) {
        "leaky"
    } else {
        "fixed"
    }
}

fn section(
    id: &str,
    request: &RequestResult,
    measured: &Measured,
    baseline: Option<&Measured>,
    sources: Option<&Sources>,
) -> Markup {
    let before = baseline.and_then(|before| {
        before.requests.iter().find(|before| before.name == request.name)
    });
    let line = |name: &str, of: &RequestResult| {
        let (slope, each) = (of.slope_bytes_per_request, of.requests_per_round);
        let line = growth_line(&of.live_bytes, each, slope, of.ci95);
        Line { name: name.to_owned(), class: class(of).to_owned(), ..line }
    };
    let lines = [Some(("now", request)), before.map(|before| ("before", before))];
    // An older result has no readings.
    let lines =
        lines.into_iter().flatten().filter(|(_, of)| of.live_bytes.len() > 1);
    let lines = lines.map(|(name, of)| line(name, of)).collect();
    let what = match &*measured.instrument {
        "process" => "Resident bytes",
        _ => "Live bytes",
    };
    let limit = request.detection_limit_bytes_per_request;
    html! {
        article id=(id) class="lesson" data-growth=(request.grows()) data-odd=(request.failure.is_some()) {
            h2 { a href={ "#" (id) } { (request.name) } }
            (facts(request))
            @let chart = live_bytes(what, lines, limit);
            @if chart.has_lines() { div class="charts" { (chart.figure()) } }
            @if !request.sites.is_empty() {
                @let table = sites::ranked("", "B per request", &request.sites);
                (part("", true, "Where it is allocated", &wide(&format!("Sites of {id}"), &table)))
            }
            @if let Some(sources) = sources { (files(id, sources, &request.sites)) }
        }
    }
}

/// What is known about a request, a line each.
fn facts(request: &RequestResult) -> Markup {
    let errors = request.first_error.as_ref().map(|error| {
        format!("{} of {} responses: {error}", request.errors, request.responses)
    });
    let accepted = request.accepted.as_ref().filter(|_| request.is_accepted());
    let accepted = accepted.map(crate::measured::Acceptance::words);
    let planted = request.planted.as_ref().map(|planted| {
        let more = figures::bytes(planted.more_bytes_per_request);
        format!("{more} B per request more than without it")
    });
    let own =
        request.change.is_some() || request.accepted.is_some() || planted.is_some();
    // Else the verdict says it.
    let failure = request.failure.as_ref().filter(|_| own);
    html! {
        dl class="verdicts" {
            div { dt { "verdict" } dd { (badge(request.verdict)) " " (figure(request)) } }
            @for (name, text) in [("reason", &request.reason), ("not measured", &request.traffic.warning), ("accepted", &accepted), ("planted", &planted), ("looks like", &request.resembles), ("errors", &errors)] {
                @if let Some(text) = text { div { dt { (name) } dd { (text) } } }
            }
            @for metric in &request.metrics {
                div { dt { "also" } dd { (format!("{:+.2} {} with each request", metric.per_request, metric.name)) } }
            }
            @for ahead in &request.limits {
                div { dt { "limit" } dd {
                    (figures::grouped(ahead.limit as f64)) " " (ahead.of) ", met after "
                    (figures::grouped(ahead.requests as f64)) " more requests"
                } }
            }
        }
        @if let Some(failure) = failure { p class="mismatch" { "! " (failure) } }
    }
}

/// The files in which growing sites are, as far as they are there.
fn files(id: &str, sources: &Sources, sites: &[SiteGrowth]) -> Markup {
    let mut by_file: BTreeMap<&str, Vec<&SiteGrowth>> = BTreeMap::new();
    for site in sites.iter().filter(|site| site.share >= figures::SHARE_MIN) {
        let place =
            site.in_app_frame.as_deref().and_then(|place| place.rsplit_once(':'));
        if let Some((file, _)) = place {
            by_file.entry(file).or_default().push(site);
        }
    }
    html! {
        @for (name, sites) in by_file {
            @match sources.read(name) {
                Ok(text) => (source::single(id, name, &text, sites.into_iter())),
                Err(why) => p class="none" { (why) },
            }
        }
    }
}

/// The source files below a folder.
#[derive(Debug)]
pub struct Sources {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Sources {
    /// Lists the files of a folder, without hidden ones and what builds leave.
    ///
    /// # Errors
    /// It is no folder, or cannot be read.
    pub fn new(folder: &Path) -> std::io::Result<Self> {
        let mut files = Vec::new();
        // Links are not followed: they may lead in circles.
        let mut folders = vec![fs::read_dir(folder)?];
        while let Some(entries) = folders.pop() {
            for entry in entries.flatten() {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let skipped = name.starts_with('.') || SKIPPED.contains(&&*name);
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && !skipped => {
                        folders.extend(fs::read_dir(entry.path()));
                    }
                    Ok(kind) if kind.is_file() && !skipped => {
                        files.push(entry.path())
                    }
                    _ => {}
                }
            }
        }
        Ok(Self { folder: folder.to_owned(), files })
    }

    /// A file by its place in a call stack, which has its last three folders at most and
    /// may begin outside of the folder.
    ///
    /// # Errors
    /// Why there is none, for the reader.
    pub fn read(&self, place: &str) -> Result<String, String> {
        let plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
        let mut path: PathBuf =
            Path::new(place).components().filter(plain).collect();
        let folder = self.folder.display();
        loop {
            let fits: Vec<_> =
                self.files.iter().filter(|file| file.ends_with(&path)).collect();
            match fits[..] {
                [] => path = path.components().skip(1).collect(),
                [file] => {
                    return fs::read_to_string(file)
                        .map_err(|error| format!("{}: {error}.", file.display()));
                }
                _ => {
                    return Err(format!("{folder} has several {}.", path.display()));
                }
            }
            if path.as_os_str().is_empty() {
                return Err(format!("{folder} has no {place}."));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_found_by_the_end_of_its_path_if_no_other_has_the_same() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["src/pay.rs", "src/a/mod.rs", "src/b/mod.rs", "target/src/pay.rs"]
        {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let sources = Sources::new(folder.path()).unwrap();
        assert_eq!(sources.read("shop/src/pay.rs").unwrap(), "src/pay.rs");
        assert_eq!(sources.read("../a/mod.rs").unwrap(), "src/a/mod.rs");
        assert!(sources.read("c/mod.rs").unwrap_err().contains("several mod.rs"));
        assert!(sources.read("/etc/passwd").unwrap_err().contains("has no"));
        assert!(Sources::new(&folder.path().join("none")).is_err());
    }
}
