//! `leaklab show`: what a profile holds, ranked.

use crate::cli::Show;
use crate::commands::profiles::{in_app, read, rows, write_graph};
use crate::failure::{EXPECTED, Failure};
use crate::output::{name, print_as};
use profile::text::ranking::{self, Ranking, Sort};
use profile::{LESSONS, Moment, flame};
use std::process::ExitCode;

/// Prints a profile.
pub fn run(arguments: &Show) -> Result<ExitCode, Failure> {
    let profile = read(&arguments.profile)?;
    let in_app = in_app(&profile, arguments.in_app.as_deref());
    let file = name(&arguments.profile);
    let order = (arguments.by, arguments.sort);
    let most = rows(arguments.top, arguments.format);
    let ranking = Ranking::of(&profile, file.clone(), &in_app, order, most);
    let ranking = ranking.ok_or_else(|| {
        Failure::Usage(format!(
            "no frame of {file} is in {LESSONS}; use --by site or --by crate"
        ))
    })?;
    let text = |ranking: &Ranking| ranking::text(ranking, arguments.sort);
    print_as(arguments.format, &ranking, text)?;
    if let Some(path) = &arguments.flame {
        let moment = match arguments.sort {
            Sort::Peak => Moment::Peak,
            _ => Moment::End,
        };
        write_graph(path, flame::surviving(&profile, moment, &in_app, &file))?;
    }
    Ok(ExitCode::from(EXPECTED))
}
