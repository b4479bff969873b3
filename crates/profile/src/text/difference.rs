//! The difference of two profiles in 80 columns, or for scripts.

use super::{BOLD, DIM, GREEN, Lines, PLAIN, RED, WIDTH, asks, notes, rest, tail};
use crate::figures::change;
use crate::{InApp, Moment, Profile, Site};
use anstyle::Style;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use thousands::Separable;

/// Which way a change goes.
const DIRECTION: &str = "A is before, B is after; + means that B holds more";

/// What `diff --format json` prints.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "docs/profiles.md explains every field")]
pub struct Difference {
    pub schema: u32,
    pub direction: &'static str,
    pub at: &'static str,
    pub in_app: String,
    pub change_bytes: i64,
    pub requests: Option<[u64; 2]>,
    pub notes: Vec<String>,
    pub a: Side,
    pub b: Side,
    pub sites_total: usize,
    pub sites: Vec<Change>,
}

impl Difference {
    /// What two profiles hold at a moment, site by site, the largest changes first.
    pub fn between(
        before: Reduced,
        after: Reduced,
        moment: Moment,
        rows_max: usize,
        requests: Option<[u64; 2]>,
    ) -> Self {
        let mut sites = changes(before.sites, after.sites, moment);
        let mut notes = after.notes;
        let before_alone = before.notes.into_iter();
        let before_alone = before_alone.filter(|note| !notes.contains(note));
        notes.extend(before_alone.collect::<Vec<_>>());
        if let Some([a, b]) = requests {
            let more = b.abs_diff(a).max(1) as f64;
            let each = if b < a { -more } else { more };
            for site in &mut sites {
                site.bytes_per_request = Some(site.change_bytes as f64 / each);
            }
        }
        sites.sort_by_key(|change| Reverse(change.a_bytes.abs_diff(change.b_bytes)));
        let sites_total = sites.len();
        sites.truncate(rows_max);
        Self {
            schema: 1,
            direction: DIRECTION,
            at: moment.word(),
            in_app: after.in_app,
            change_bytes: Self::signed(before.side.bytes, after.side.bytes),
            requests,
            notes,
            a: before.side,
            b: after.side,
            sites_total,
            sites,
        }
    }

    /// What is more after than before.
    fn signed(before: u64, after: u64) -> i64 {
        after.wrapping_sub(before).cast_signed()
    }
}

/// Sites that hold something in either profile, matched by fingerprint.
fn changes(before: Vec<Site>, after: Vec<Site>, moment: Moment) -> Vec<Change> {
    let mut pairs: BTreeMap<String, [Option<Site>; 2]> = BTreeMap::new();
    for (side, sites) in [before, after].into_iter().enumerate() {
        for site in sites {
            let pair = pairs.entry(site.fingerprint.clone()).or_default();
            pair[side] = Some(site);
        }
    }
    pairs.into_values().filter_map(|pair| Change::of(pair, moment)).collect()
}

/// What a difference needs of a profile, without its frames.
#[derive(Debug)]
pub struct Reduced {
    /// Its totals.
    pub side: Side,
    in_app: String,
    notes: Vec<String>,
    sites: Vec<Site>,
}

impl Reduced {
    /// Of a profile from this file.
    pub fn of(
        profile: &Profile,
        file: String,
        in_app: &InApp,
        moment: Moment,
    ) -> Self {
        let (bytes, blocks) = profile.totals().held(moment);
        let (program, mode) = (profile.program(), profile.mode.clone());
        let side = Side { profile: file, program, mode, bytes, blocks };
        let (notes, sites) = (profile.notes(in_app), profile.sites(in_app));
        Self { side, in_app: in_app.words(), notes, sites }
    }
}

/// A profile that is compared.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "docs/profiles.md explains every field")]
pub struct Side {
    pub profile: String,
    pub program: String,
    pub mode: String,
    pub bytes: u64,
    pub blocks: u64,
}

/// How a site has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It holds something after and held nothing before.
    New,
    /// It held something before and holds nothing after.
    Gone,
    /// It holds more.
    Grown,
    /// It holds less.
    Shrunk,
    /// It holds as many bytes.
    Same,
}

impl Status {
    fn of(before: u64, after: u64) -> Self {
        match (before, after) {
            (0, 1..) => Self::New,
            (1.., 0) => Self::Gone,
            _ if after > before => Self::Grown,
            _ if after < before => Self::Shrunk,
            _ => Self::Same,
        }
    }

    /// As it is printed, in a colour of its own.
    fn shown(self) -> (Style, &'static str) {
        match self {
            Self::New => (RED, "new"),
            Self::Gone => (GREEN, "gone"),
            Self::Grown => (RED, "grown"),
            Self::Shrunk => (GREEN, "shrunk"),
            Self::Same => (PLAIN, "same"),
        }
    }
}

/// A site in both profiles.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "docs/profiles.md explains every field")]
pub struct Change {
    pub fingerprint: String,
    pub status: Status,
    pub change_bytes: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_request: Option<f64>,
    pub a_bytes: u64,
    pub b_bytes: u64,
    pub a_blocks: u64,
    pub b_blocks: u64,
    pub in_app: bool,
    pub place: String,
    pub function: String,
    pub callee: String,
}

impl Change {
    /// A site before and after; `None` if it holds nothing.
    fn of(pair: [Option<Site>; 2], moment: Moment) -> Option<Self> {
        let [(a_bytes, a_blocks), (b_bytes, b_blocks)] =
            pair.each_ref().map(|site| {
                site.as_ref().map_or((0, 0), |site| site.counts.held(moment))
            });
        if (a_bytes, b_bytes) == (0, 0) {
            return None;
        }
        // The line of the second profile, if it has the site.
        let [before, after] = pair;
        let Site { fingerprint, in_app, function, place, callee, .. } =
            after.or(before)?;
        Some(Self {
            fingerprint,
            status: Status::of(a_bytes, b_bytes),
            change_bytes: Difference::signed(a_bytes, b_bytes),
            bytes_per_request: None,
            a_bytes,
            b_bytes,
            a_blocks,
            b_blocks,
            in_app,
            place,
            function,
            callee,
        })
    }
}

/// The whole text, with styles that the printer may strip.
pub fn text(difference: &Difference) -> String {
    let Difference { a, b, at, .. } = difference;
    let mut lines = Lines::new(WIDTH);
    lines.line(side("A  before", a));
    lines.line(side("B  after", b));
    let total = change(a.bytes, b.bytes);
    lines.line(format!("{:<11}{:<24}{total:>16} B", "CHANGE", ""));
    let in_app = tail(&difference.in_app, 40);
    lines.line(format!("IN-APP     {in_app} (change with --in-app PATH)"));
    notes(&mut lines, &difference.notes, 11);
    lines.line(format!("Bytes live at the {at}. {DIRECTION}."));
    lines.line("");
    lines.line(format!(
        "{BOLD}{:>15}{:>16}{:>16}  {:<8}FINGERPRINT{BOLD:#}",
        "CHANGE B", "IN A", "IN B", "STATUS"
    ));
    for site in &difference.sites {
        let (style, status) = site.status.shown();
        lines.line(format!(
            "{:>15}{:>16}{:>16}  {style}{status:<8}{style:#}{DIM}{}{DIM:#}",
            change(site.a_bytes, site.b_bytes),
            site.a_bytes.separate_with_commas(),
            site.b_bytes.separate_with_commas(),
            site.fingerprint,
        ));
        let each = site.bytes_per_request;
        let each = each.map(|bytes| format!("{bytes:+.1} B per request  "));
        let each = each.unwrap_or_default();
        lines.line(format!("    {each}{}", named(site, 76 - each.len())));
    }
    let none = "neither profile holds anything then";
    rest(lines, difference.sites.len(), difference.sites_total, none)
}

fn side(name: &str, side: &Side) -> String {
    let (bytes, blocks) =
        (side.bytes.separate_with_commas(), side.blocks.separate_with_commas());
    let file = tail(&side.profile, 23);
    format!("{name:<11}{file:<24}{bytes:>16} B in {blocks:>11} blocks")
}

/// `src/cache.rs:42  Cache::put, through clone`.
fn named(site: &Change, room: usize) -> String {
    let place = tail(&site.place, room / 2);
    let left = room.saturating_sub(place.chars().count() + 2);
    let asks = asks(&site.function, &site.callee, left);
    if place.is_empty() { asks } else { format!("{place}  {asks}") }
}
