//! A profile's rows in 80 columns, or for scripts.

use crate::figures::grouped;
use crate::{Counts, Frame, InApp, LESSONS, Profile, Site};
use anstyle::Style;
use clap::ValueEnum;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Room for a site's place or function behind the figures.
const NAME: usize = 43;

/// Blocks are short-lived if they live shorter than this part of the whole profile: a
/// request makes and drops them, and no cache keeps them for a while.
const SHORT_LIFE: u64 = 100;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// In-app lines, and functions that no in-app code calls.
    Site,
    /// Crates that allocated the memory.
    Crate,
    /// Lessons of this project.
    Lesson,
}

/// What rows are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Bytes that are live at the end.
    Surviving,
    /// Bytes that are live when most are.
    Peak,
    /// Bytes that were allocated, freed or not.
    Churn,
    /// Blocks that were allocated, freed or not.
    Blocks,
    /// Blocks of sites whose blocks are short-lived.
    ShortLived,
}

/// What `show --format json` prints.
#[derive(Debug, Serialize)]
pub struct Ranking {
    /// The version of this form.
    pub schema: u32,
    /// The file.
    pub profile: String,
    /// The program's own crate.
    pub program: String,
    /// The command line that was profiled.
    pub command: String,
    /// `rust-heap` or `heap`.
    pub mode: String,
    /// `µs` or `instrs`.
    pub time_unit: String,
    /// Of the whole profile, in that unit.
    pub duration: u64,
    /// Which frames are in-app, in words.
    pub in_app: String,
    /// What rows are of: `site`, `crate`, `lesson`.
    pub by: String,
    /// What they are ranked by.
    pub sort: String,
    /// Of all call stacks.
    pub totals: Counts,
    /// Rows that there are, printed or not.
    pub rows_total: usize,
    /// The first of them.
    pub rows: Vec<Row>,
}

/// A site, a crate or a lesson.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Of a site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The place of a site, or the name of a crate or a lesson.
    pub name: String,
    /// Of a site: the function that asks for the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Of a site: the function asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee: Option<String>,
    /// Of a site: whether its frame is in-app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_app: Option<bool>,
    /// Of all rows, by what they are ranked by; 0 to 1.
    pub share: f64,
    /// Time that a block lived on the average.
    pub mean_lifetime: Option<u64>,
    /// What dhat counted.
    #[serde(flatten)]
    pub counts: Counts,
}

impl Row {
    /// A crate or a lesson.
    fn named(name: String, counts: Counts) -> Self {
        Self {
            fingerprint: None,
            name,
            function: None,
            callee: None,
            in_app: None,
            share: 0.0,
            mean_lifetime: counts.mean_lifetime(),
            counts,
        }
    }

    /// A site.
    fn site(site: Site) -> Self {
        let Site { fingerprint, in_app, frame, callee, counts } = site;
        let (name, function) = match frame {
            Some(Frame { function, place }) if place.is_empty() => {
                ("(place unknown)".to_owned(), function)
            }
            Some(Frame { function, place }) => (place, function),
            None => ("(no frames)".to_owned(), String::new()),
        };
        Self {
            fingerprint: Some(fingerprint),
            function: Some(function),
            callee: Some(callee),
            in_app: Some(in_app),
            ..Self::named(name, counts)
        }
    }
}

impl Ranking {
    /// The largest rows of a profile. `None` by lesson, if no frame is in a lesson.
    pub fn of(
        profile: &Profile,
        file: String,
        in_app: &InApp,
        (by, sort): (By, Sort),
        rows_max: usize,
    ) -> Option<Self> {
        let value = |row: &Row| sort.value(&row.counts, profile.duration());
        let mut rows = by.rows(profile, in_app)?;
        rows.sort_by_key(|row| Reverse(value(row)));
        rows.retain(|row| value(row) > 0);
        let total = rows.iter().map(value).fold(0, u64::saturating_add);
        let rows_total = rows.len();
        rows.truncate(rows_max);
        for row in &mut rows {
            row.share = value(row) as f64 / total.max(1) as f64;
        }
        Some(Self {
            schema: 1,
            profile: file,
            program: profile.program(),
            command: profile.command().to_owned(),
            mode: profile.mode().to_owned(),
            time_unit: profile.time_unit().to_owned(),
            duration: profile.duration(),
            in_app: in_app.words(),
            by: name(by),
            sort: name(sort),
            totals: profile.totals(),
            rows_total,
            rows,
        })
    }
}

impl By {
    fn rows(self, profile: &Profile, in_app: &InApp) -> Option<Vec<Row>> {
        let named = |(name, counts): (String, Counts)| Row::named(name, counts);
        match self {
            Self::Site => {
                Some(profile.sites(in_app).into_iter().map(Row::site).collect())
            }
            Self::Crate => {
                Some(profile.by_package().into_iter().map(named).collect())
            }
            Self::Lesson => {
                let lessons = by_lesson(profile);
                let any = lessons.keys().any(|name| name != NO_LESSON);
                (any || lessons.is_empty())
                    .then(|| lessons.into_iter().map(named).collect())
            }
        }
    }
}

/// The row of memory that no lesson asked for.
const NO_LESSON: &str = "(no lesson)";

fn by_lesson(profile: &Profile) -> BTreeMap<String, Counts> {
    let mut sums: BTreeMap<String, Counts> = BTreeMap::new();
    for site in profile.sites(&InApp::lessons()) {
        let place = site.frame.filter(|_| site.in_app).map(|frame| frame.place);
        let file = place.as_deref().and_then(|place| place.split_once(LESSONS));
        let lesson = file.and_then(|(_, file)| file.split('.').next());
        let lesson = lesson.unwrap_or(NO_LESSON).to_owned();
        *sums.entry(lesson).or_default() += site.counts;
    }
    sums
}

/// The name of an option's value.
fn name(value: impl ValueEnum) -> String {
    let possible = value.to_possible_value();
    possible.map(|value| value.get_name().to_owned()).unwrap_or_default()
}

impl Sort {
    /// The number by which rows are sorted.
    fn value(self, counts: &Counts, duration: u64) -> u64 {
        match self {
            Self::Surviving => counts.end_bytes,
            Self::Peak => counts.peak_bytes,
            Self::Churn => counts.total_bytes,
            Self::Blocks => counts.total_blocks,
            Self::ShortLived => {
                let short = |life: u64| life.saturating_mul(SHORT_LIFE) < duration;
                let short = counts.mean_lifetime().is_some_and(short);
                if short { counts.total_blocks } else { 0 }
            }
        }
    }
}

/// The whole text, with styles that the printer may strip.
pub fn text(ranking: &Ranking, sort: Sort) -> String {
    let mut text = String::new();
    let mut line = |content: &str| {
        let _ = writeln!(text, "{}", content.trim_end());
    };
    for content in head(ranking) {
        line(&content);
    }
    line("");
    let (figure, unit) = match sort {
        Sort::Surviving => ("SURVIVING B", "BLOCKS"),
        Sort::Peak => ("AT PEAK B", "BLOCKS"),
        Sort::Churn => ("ALLOCATED B", "BLOCKS"),
        Sort::Blocks | Sort::ShortLived => ("BLOCKS", "MEAN LIFE"),
    };
    let what = ranking.by.to_uppercase();
    line(&format!("{BOLD}{figure:>14}  {:>7} {unit:>11}  {what}{BOLD:#}", "SHARE"));
    for row in &ranking.rows {
        for content in row_lines(ranking, row, sort) {
            line(&content);
        }
    }
    let hidden = ranking.rows_total - ranking.rows.len();
    if ranking.rows_total == 0 {
        line("  there is nothing of this kind in the profile");
    }
    if hidden > 0 {
        line(&format!(
            "{DIM}  and {} more (--top N){DIM:#}",
            grouped(hidden as u64)
        ));
    }
    text
}

fn head(ranking: &Ranking) -> Vec<String> {
    let Ranking { totals, .. } = ranking;
    let sum = |name: &str, bytes: u64, blocks: u64| {
        let (bytes, blocks) = (grouped(bytes), grouped(blocks));
        format!("{name:<10}{bytes:>18} B in {blocks:>14} blocks")
    };
    let (mode, lasted) = (&ranking.mode, time(ranking.duration, &ranking.time_unit));
    vec![
        format!("{:<10}{}", "PROFILE", tail(&ranking.profile, 70)),
        format!("{:<10}{} ({mode}, {lasted})", "PROGRAM", ranking.program),
        sum("SURVIVING", totals.end_bytes, totals.end_blocks),
        sum("AT PEAK", totals.peak_bytes, totals.peak_blocks),
        sum("ALLOCATED", totals.total_bytes, totals.total_blocks),
        format!(
            "{:<10}{} (change with --in-app PATH)",
            "IN-APP",
            tail(&ranking.in_app, 41)
        ),
    ]
}

fn row_lines(ranking: &Ranking, row: &Row, sort: Sort) -> Vec<String> {
    let Row { counts, .. } = row;
    let life = || {
        let unit = &ranking.time_unit;
        row.mean_lifetime.map_or_else(String::new, |life| time(life, unit))
    };
    let (figure, beside) = match sort {
        Sort::Surviving => (counts.end_bytes, grouped(counts.end_blocks)),
        Sort::Peak => (counts.peak_bytes, grouped(counts.peak_blocks)),
        Sort::Churn => (counts.total_bytes, grouped(counts.total_blocks)),
        Sort::Blocks | Sort::ShortLived => (counts.total_blocks, life()),
    };
    let (figure, share) = (grouped(figure), 100.0 * row.share);
    let name = tail(&row.name, NAME);
    let mut lines =
        vec![format!("{figure:>14}  {share:>5.1} % {beside:>11}  {name}")];
    if let Some(fingerprint) = &row.fingerprint {
        let asks = asks(row.function.as_deref(), row.callee.as_deref(), NAME);
        lines.push(format!("{DIM}  {fingerprint:<35}{asks}{DIM:#}"));
    }
    lines
}

/// `Sessions::put, through clone`.
pub fn asks(function: Option<&str>, callee: Option<&str>, room: usize) -> String {
    let frame = Frame {
        function: function.unwrap_or_default().to_owned(),
        place: String::new(),
    };
    let name = frame.as_ref().short();
    let through = match callee {
        Some(callee) if !callee.is_empty() => format!(", through {callee}"),
        _ => String::new(),
    };
    let name = if name.is_empty() { "a closure" } else { &name };
    tail(&format!("{name}{through}"), room)
}

/// The end of a text, which says more about a path than its beginning.
pub fn tail(text: &str, room: usize) -> String {
    match text.chars().count() {
        letters if letters <= room => text.to_owned(),
        letters => {
            let rest = text.chars().skip(letters + 1 - room);
            std::iter::once('\u{2026}').chain(rest).collect()
        }
    }
}

/// A time in the unit of its profile.
fn time(value: u64, unit: &str) -> String {
    match unit {
        "µs" if value < 1_000 => format!("{value} µs"),
        "µs" if value < 1_000_000 => format!("{:.1} ms", value as f64 / 1e3),
        "µs" => format!("{:.2} s", value as f64 / 1e6),
        "instrs" if value >= 10_000_000 => {
            format!("{:.0} Minstr", value as f64 / 1e6)
        }
        "instrs" => format!("{} instr", grouped(value)),
        _ => format!("{} {unit}", grouped(value)),
    }
}
