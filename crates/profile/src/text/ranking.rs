//! A profile's rows in 80 columns, or for scripts.

use super::{BOLD, DIM, Lines, WIDTH, asks, notes, rest, tail};
use crate::{Counts, InApp, LESSONS, Profile, Site};
use clap::ValueEnum;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use thousands::Separable;

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
#[expect(missing_docs, reason = "docs/profiles.md explains every field")]
pub struct Ranking {
    pub schema: u32,
    pub profile: String,
    pub program: String,
    pub command: String,
    pub mode: String,
    pub time_unit: String,
    pub duration: u64,
    pub in_app: String,
    #[serde(skip)]
    has_lifetimes: bool,
    pub by: String,
    pub sort: String,
    pub totals: Counts,
    pub notes: Vec<String>,
    pub sites_total: usize,
    pub sites: Vec<Row>,
}

/// A site, a crate or a lesson.
#[derive(Debug, Default, Serialize)]
#[expect(missing_docs, reason = "docs/profiles.md explains every field")]
pub struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    pub place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_app: Option<bool>,
    pub share: f64,
    pub mean_lifetime: Option<u64>,
    #[serde(flatten)]
    pub counts: Counts,
}

impl Row {
    /// A crate or a lesson.
    fn named(place: String, counts: Counts) -> Self {
        let mean_lifetime = counts.mean_lifetime();
        Self { place, mean_lifetime, counts, ..Self::default() }
    }

    /// A site.
    fn site(site: Site) -> Self {
        let Site { fingerprint, in_app, function, place, callee, counts } = site;
        let name = match &*place {
            "" if function.is_empty() => "(no frames)",
            "" => "(place unknown)",
            place => place,
        };
        Self {
            fingerprint: Some(fingerprint),
            function: Some(function),
            callee: Some(callee),
            in_app: Some(in_app),
            ..Self::named(name.to_owned(), counts)
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
        let value = |row: &Row| sort.value(&row.counts, profile.duration);
        let mut rows = by.rows(profile, in_app)?;
        rows.sort_by_key(|row| Reverse(value(row)));
        rows.retain(|row| value(row) > 0);
        let total = rows.iter().map(value).fold(0, u64::saturating_add);
        let sites_total = rows.len();
        rows.truncate(rows_max);
        for row in &mut rows {
            row.share = value(row) as f64 / total.max(1) as f64;
        }
        Some(Self {
            schema: 2,
            profile: file,
            program: profile.program(),
            command: profile.command.clone(),
            mode: profile.mode.clone(),
            time_unit: profile.time_unit.clone(),
            duration: profile.duration,
            in_app: in_app.words(),
            has_lifetimes: profile.has_lifetimes,
            by: name(by),
            sort: name(sort),
            totals: profile.totals(),
            notes: profile.notes(in_app),
            sites_total,
            sites: rows,
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
        let file = site.place.split_once(LESSONS).filter(|_| site.in_app);
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
    /// What is ranked: its heading, the figure, and the blocks of figures in bytes.
    fn figure(self, counts: &Counts) -> (&'static str, u64, Option<u64>) {
        match self {
            Self::Surviving => {
                ("SURVIVING B", counts.end_bytes, Some(counts.end_blocks))
            }
            Self::Peak => ("AT PEAK B", counts.peak_bytes, Some(counts.peak_blocks)),
            Self::Churn => {
                ("ALLOCATED B", counts.total_bytes, Some(counts.total_blocks))
            }
            Self::Blocks | Self::ShortLived => ("BLOCKS", counts.total_blocks, None),
        }
    }

    /// The number by which rows are sorted.
    fn value(self, counts: &Counts, duration: u64) -> u64 {
        let (_, figure, _) = self.figure(counts);
        let short = |life: u64| life.saturating_mul(SHORT_LIFE) < duration;
        let counted =
            self != Self::ShortLived || counts.mean_lifetime().is_some_and(short);
        if counted { figure } else { 0 }
    }
}

/// The whole text, with styles that the printer may strip.
pub fn text(ranking: &Ranking, sort: Sort) -> String {
    let mut lines = Lines::new(WIDTH);
    head(ranking, &mut lines);
    let what = ranking.by.to_uppercase();
    let (title, _, blocks) = sort.figure(&ranking.totals);
    let unit = if blocks.is_some() { "BLOCKS" } else { "MEAN LIFE" };
    lines.line(format!(
        "{BOLD}{title:>14}  {:>7} {unit:>11}  {what}{BOLD:#}",
        "SHARE"
    ));
    for row in &ranking.sites {
        shown(ranking, row, sort, &mut lines);
    }
    let none = "there is nothing of this kind in the profile";
    rest(lines, ranking.sites.len(), ranking.sites_total, none)
}

fn head(ranking: &Ranking, lines: &mut Lines) {
    let Ranking { totals, mode, profile, program, in_app, .. } = ranking;
    let lasted = time(ranking.duration, &ranking.time_unit);
    lines.line(format!("{:<10}{}", "PROFILE", tail(profile, 70)));
    lines.line(format!("{:<10}{program} ({mode}, {lasted})", "PROGRAM"));
    for (name, bytes, blocks) in [
        ("SURVIVING", totals.end_bytes, totals.end_blocks),
        ("AT PEAK", totals.peak_bytes, totals.peak_blocks),
        ("ALLOCATED", totals.total_bytes, totals.total_blocks),
    ] {
        let (bytes, blocks) =
            (bytes.separate_with_commas(), blocks.separate_with_commas());
        let known = ranking.has_lifetimes || name == "ALLOCATED";
        lines.line(match known {
            true => format!("{name:<10}{bytes:>18} B in {blocks:>14} blocks"),
            false => format!("{name:<10}{:>18}", "not recorded"),
        });
    }
    let in_app = tail(in_app, 41);
    lines.line(format!("{:<10}{in_app} (change with --in-app PATH)", "IN-APP"));
    notes(lines, &ranking.notes, 10);
}

fn shown(ranking: &Ranking, row: &Row, sort: Sort, lines: &mut Lines) {
    let (_, figure, blocks) = sort.figure(&row.counts);
    let beside = blocks
        .map(|blocks| blocks.separate_with_commas())
        .or_else(|| row.mean_lifetime.map(|life| time(life, &ranking.time_unit)));
    let (figure, beside) =
        (figure.separate_with_commas(), beside.unwrap_or_default());
    let (share, name) = (100.0 * row.share, tail(&row.place, NAME));
    lines.line(format!("{figure:>14}  {share:>5.1} % {beside:>11}  {name}"));
    if let Row { fingerprint: Some(id), function, callee, .. } = row {
        let [function, callee] =
            [function, callee].map(|name| name.as_deref().unwrap_or_default());
        let asks = asks(function, callee, NAME);
        lines.line(format!("{DIM}  {id:<35}{asks}{DIM:#}"));
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
        "instrs" => format!("{} instr", value.separate_with_commas()),
        _ => format!("{} {unit}", value.separate_with_commas()),
    }
}
