//! `leaklab diff`: what one profile holds more than another, site by site.

use crate::cli::Diff;
use crate::commands::profiles::{in_app, read, rows, write_graph};
use crate::failure::{EXPECTED, Failure};
use crate::output::{name, print_as};
use profile::text::difference::{self, Difference, Reduced, Side};
use profile::{InApp, Profile, flame};
use std::path::Path;
use std::process::ExitCode;

/// Compares two profiles.
pub fn run(arguments: &Diff) -> Result<ExitCode, Failure> {
    // One after the other, so that only one file is in memory at a time.
    let moment = arguments.at;
    let mut graph = arguments.flame.as_ref().map(|_| flame::Difference::new(moment));
    let before = reduced(&arguments.before, arguments, |profile, in_app| {
        graph.iter_mut().for_each(|graph| graph.before(profile, in_app));
    })?;
    let after = reduced(&arguments.after, arguments, |profile, in_app| {
        graph.iter_mut().for_each(|graph| graph.after(profile, in_app));
    })?;
    if !arguments.anyway {
        comparable(&before.side, &after.side)?;
    }
    if let (Some(path), Some(graph)) = (&arguments.flame, graph) {
        write_graph(path, graph.draw(&title(arguments)))?;
    }
    let most = rows(arguments.top, arguments.format);
    let difference =
        Difference::between(before, after, moment, most, arguments.requests);
    print_as(arguments.format, &difference, difference::text)?;
    Ok(ExitCode::from(EXPECTED))
}

/// Reads a profile, shows it, and keeps what a difference needs.
fn reduced(
    path: &Path,
    arguments: &Diff,
    show: impl FnOnce(&Profile, &InApp),
) -> Result<Reduced, Failure> {
    let profile = read(path)?;
    let in_app = in_app(&profile, arguments.in_app.as_deref());
    show(&profile, &in_app);
    let file = name(path);
    Ok(Reduced::of(&profile, file, &in_app, arguments.at))
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
    format!("From {} to {}", file(&arguments.before), file(&arguments.after))
}
