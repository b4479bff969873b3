//! `leaklab diff`: what one profile holds more than another, site by site.

use crate::cli::{At, Diff, Format};
use crate::commands::profiles::{Own, ROWS, print_json, read, write_graph};
use crate::failure::{EXPECTED, Failure};
use profile::flame::Growth;
use profile::{Holder, Moment, Profile};
use report::difference::{self, Change, Difference, Side};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Compares two profiles.
///
/// # Errors
/// Wrong usage: a file is no profile, or the two cannot be compared.
pub fn run(arguments: &Diff) -> Result<ExitCode, Failure> {
    // One after the other, so that the text of only one file is in memory at a time.
    let moment = Moment::from(arguments.at);
    let mut growth = arguments.flame.as_ref().map(|_| Growth::new(moment));
    let before = Reduced::of(&arguments.before, arguments, |profile, own| {
        growth.iter_mut().for_each(|growth| growth.before(profile, own));
    })?;
    let after = Reduced::of(&arguments.after, arguments, |profile, own| {
        growth.iter_mut().for_each(|growth| growth.after(profile, own));
    })?;
    if !arguments.anyway {
        comparable(&before.side, &after.side)?;
    }
    if let (Some(path), Some(growth)) = (&arguments.flame, growth) {
        write_graph(path, growth.draw(&title(arguments)))?;
    }
    let mut changes = changes(before.holders, after.holders, moment);
    changes.sort_by_key(|change| Reverse(change.a_bytes.abs_diff(change.b_bytes)));
    let least = if arguments.format == Format::Text { ROWS } else { usize::MAX };
    let sites_total = changes.len();
    changes.truncate(arguments.top.unwrap_or(least));
    let difference = Difference {
        schema: 1,
        direction: difference::DIRECTION,
        at: if arguments.at == At::Peak { "peak" } else { "end" },
        own: after.own,
        change_bytes: Difference::signed(before.side.bytes, after.side.bytes),
        a: before.side,
        b: after.side,
        sites_total,
        sites: changes,
    };
    match arguments.format {
        Format::Text => anstream::print!("{}", difference::text(&difference)),
        Format::Json => print_json(&difference)?,
    }
    Ok(ExitCode::from(EXPECTED))
}

/// What is kept of a profile.
struct Reduced {
    side: Side,
    /// What counted as own code, in words.
    own: String,
    holders: Vec<Holder>,
}

impl Reduced {
    /// Reads a profile, shows it, and keeps its sites alone.
    fn of(
        path: &Path,
        arguments: &Diff,
        show: impl FnOnce(&Profile, &dyn Fn(&str) -> bool),
    ) -> Result<Self, Failure> {
        let profile = read(path)?;
        let own = Own::of(&profile, arguments.own.as_deref());
        let (bytes, blocks) = profile.totals().held(arguments.at.into());
        let side = Side {
            profile: path.display().to_string(),
            program: profile.program(),
            mode: profile.mode().to_owned(),
            bytes,
            blocks,
        };
        let holds = |place: &str| own.holds(place);
        show(&profile, &holds);
        Ok(Self { side, own: own.words(), holders: profile.holders(holds) })
    }
}

/// Sites of other programs have nothing in common but by chance, and tools that count
/// in their own ways differ where nothing grew.
fn comparable(before: &Side, after: &Side) -> Result<(), Failure> {
    let refuse = |what: &str, a: &str, b: &str| {
        let (before, after) = (&before.profile, &after.profile);
        Err(Failure::Usage(format!(
            "{before} and {after} cannot be compared: they are of {what}, {a} and \
             {b}; name profiles of one, or add --anyway"
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

/// Sites of either profile that hold something then, matched by their fingerprints.
fn changes(before: Vec<Holder>, after: Vec<Holder>, moment: Moment) -> Vec<Change> {
    let mut pairs: BTreeMap<String, [Option<Holder>; 2]> = BTreeMap::new();
    for (side, holders) in [before, after].into_iter().enumerate() {
        for holder in holders {
            let pair = pairs.entry(holder.fingerprint.clone()).or_default();
            pair[side] = Some(holder);
        }
    }
    let changes = pairs.into_iter().filter_map(|(fingerprint, pair)| {
        let held = |holder: &Option<Holder>| {
            holder.as_ref().map_or((0, 0), |holder| holder.counts.held(moment))
        };
        let [a, b] = [held(&pair[0]), held(&pair[1])];
        // The line as it stands after, where there is one.
        let [before, after] = pair;
        let shown = after.or(before)?;
        ((a.0, b.0) != (0, 0)).then(|| Change::of(fingerprint, shown, a, b))
    });
    changes.collect()
}
