//! `leaklab diff`: what one profile holds more than another, site by site.

use crate::cli::{Diff, Format};
use crate::commands::profiles::{in_app, read, rows, write_graph};
use crate::commands::{print, print_json};
use crate::failure::{EXPECTED, Failure};
use profile::flame;
use profile::text::difference::{self, Change, Difference, Side};
use profile::{InApp, Moment, Profile, Site};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Compares two profiles.
pub fn run(arguments: &Diff) -> Result<ExitCode, Failure> {
    // One after the other, so that only one file is in memory at a time.
    let moment = arguments.at;
    let mut graph = arguments.flame.as_ref().map(|_| flame::Difference::new(moment));
    let before = Reduced::of(&arguments.before, arguments, |profile, in_app| {
        graph.iter_mut().for_each(|graph| graph.before(profile, in_app));
    })?;
    let after = Reduced::of(&arguments.after, arguments, |profile, in_app| {
        graph.iter_mut().for_each(|graph| graph.after(profile, in_app));
    })?;
    if !arguments.anyway {
        comparable(&before.side, &after.side)?;
    }
    if let (Some(path), Some(graph)) = (&arguments.flame, graph) {
        write_graph(path, graph.draw(&title(arguments)))?;
    }
    let mut changes = changes(before.sites, after.sites, moment);
    changes.sort_by_key(|change| Reverse(change.a_bytes.abs_diff(change.b_bytes)));
    let sites_total = changes.len();
    changes.truncate(rows(arguments.top, arguments.format));
    let difference = Difference {
        schema: 1,
        direction: difference::DIRECTION,
        at: if moment == Moment::Peak { "peak" } else { "end" },
        in_app: after.in_app,
        change_bytes: Difference::signed(before.side.bytes, after.side.bytes),
        a: before.side,
        b: after.side,
        sites_total,
        sites: changes,
    };
    match arguments.format {
        Format::Text => print(&difference::text(&difference))?,
        Format::Json => print_json(&difference)?,
    }
    Ok(ExitCode::from(EXPECTED))
}

/// What is kept of a profile.
struct Reduced {
    side: Side,
    /// Which frames are in-app, in words.
    in_app: String,
    sites: Vec<Site>,
}

impl Reduced {
    /// Reads a profile, shows it, and keeps only its sites.
    fn of(
        path: &Path,
        arguments: &Diff,
        show: impl FnOnce(&Profile, &InApp),
    ) -> Result<Self, Failure> {
        let profile = read(path)?;
        let in_app = in_app(&profile, arguments.in_app.as_deref());
        let (bytes, blocks) = profile.totals().held(arguments.at);
        let side = Side {
            profile: path.display().to_string(),
            program: profile.program(),
            mode: profile.mode().to_owned(),
            bytes,
            blocks,
        };
        show(&profile, &in_app);
        Ok(Self { side, in_app: in_app.words(), sites: profile.sites(&in_app) })
    }
}

/// Refuses profiles of different programs, which share sites only by chance, and of
/// different tools, which count differently.
fn comparable(before: &Side, after: &Side) -> Result<(), Failure> {
    let refuse = |what: &str, a: &str, b: &str| {
        let (before, after) = (&before.profile, &after.profile);
        Err(Failure::Usage(format!(
            "{before} and {after} cannot be compared: they are of {what}, {a} and \
             {b}; name two profiles of the same kind, or add --anyway"
        )))
    };
    if before.mode != after.mode {
        return refuse("different modes", &before.mode, &after.mode);
    }
    if before.program != after.program {
        return refuse("different programs", &before.program, &after.program);
    }
    Ok(())
}

fn title(arguments: &Diff) -> String {
    let file = |path: &Path| {
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    };
    format!("{} and {}", file(&arguments.before), file(&arguments.after))
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
    let changes = pairs.into_iter().filter_map(|(fingerprint, pair)| {
        let held = |site: &Option<Site>| {
            site.as_ref().map_or((0, 0), |site| site.counts.held(moment))
        };
        let [a, b] = [held(&pair[0]), held(&pair[1])];
        // The line of the second profile, if it has the site.
        let [before, after] = pair;
        let shown = after.or(before)?;
        ((a.0, b.0) != (0, 0)).then(|| Change::of(fingerprint, shown, a, b))
    });
    changes.collect()
}
