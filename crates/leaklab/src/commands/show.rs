//! `leaklab show`: what a profile holds, ranked.

use crate::cli::{By, Format, Show};
use crate::commands::profiles::{self, in_app, read, write_graph};
use crate::commands::{print, print_json};
use crate::failure::{EXPECTED, Failure};
use profile::flame;
use profile::text::ranking::{self, Ranking, Row, Sort};
use profile::{Counts, InApp, LESSONS, Moment, Profile};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Blocks are short-lived if they live shorter than this part of the whole profile: a
/// request makes and drops them, and no cache keeps them for a while.
const SHORT_LIFE: u64 = 100;

/// Prints a profile.
pub fn run(arguments: &Show) -> Result<ExitCode, Failure> {
    let profile = read(&arguments.profile)?;
    let in_app = in_app(&profile, arguments.in_app.as_deref());
    let mut rows = rows(arguments, &profile, &in_app)?;
    let value = value(arguments.sort, profile.duration());
    rows.sort_by_key(|row| Reverse(value(&row.counts)));
    rows.retain(|row| value(&row.counts) > 0);
    let values = rows.iter().map(|row| value(&row.counts));
    let total = values.fold(0, u64::saturating_add);
    let ranking = Ranking {
        schema: 1,
        profile: arguments.profile.display().to_string(),
        program: profile.program(),
        command: profile.command().to_owned(),
        mode: profile.mode().to_owned(),
        time_unit: profile.time_unit().to_owned(),
        duration: profile.duration(),
        in_app: in_app.words(),
        by: name(arguments.by),
        sort: name(arguments.sort),
        totals: profile.totals(),
        rows_total: rows.len(),
        rows,
    };
    let shown = profiles::rows(arguments.top, arguments.format);
    let ranking = ranking.with(shown, total, &*value);
    match arguments.format {
        Format::Text => print(&ranking::text(&ranking, arguments.sort))?,
        Format::Json => print_json(&ranking)?,
    }
    if let Some(path) = &arguments.flame {
        let moment =
            if arguments.sort == Sort::Peak { Moment::Peak } else { Moment::End };
        let title = arguments.profile.display().to_string();
        write_graph(path, flame::surviving(&profile, moment, &in_app, &title))?;
    }
    Ok(ExitCode::from(EXPECTED))
}

/// The number by which rows are sorted.
fn value(sort: Sort, duration: u64) -> Box<dyn Fn(&Counts) -> u64> {
    match sort {
        Sort::Surviving => Box::new(|counts| counts.end_bytes),
        Sort::Peak => Box::new(|counts| counts.peak_bytes),
        Sort::Churn => Box::new(|counts| counts.total_bytes),
        Sort::Blocks => Box::new(|counts| counts.total_blocks),
        Sort::ShortLived => Box::new(move |counts| {
            let short = |life: u64| life.saturating_mul(SHORT_LIFE) < duration;
            let short = counts.mean_lifetime().is_some_and(short);
            if short { counts.total_blocks } else { 0 }
        }),
    }
}

fn rows(
    arguments: &Show,
    profile: &Profile,
    in_app: &InApp,
) -> Result<Vec<Row>, Failure> {
    let named = |(name, counts): (String, Counts)| Row::named(name, counts);
    match arguments.by {
        By::Site => Ok(profile.sites(in_app).into_iter().map(Row::site).collect()),
        By::Crate => Ok(profile.by_package().into_iter().map(named).collect()),
        By::Lesson => {
            let lessons = by_lesson(profile);
            if !lessons.contains_key(NO_LESSON) || lessons.len() > 1 {
                return Ok(lessons.into_iter().map(named).collect());
            }
            Err(Failure::Usage(format!(
                "no frame of {} is in {LESSONS}; use --by site or --by crate",
                arguments.profile.display()
            )))
        }
    }
}

/// The row of memory that no lesson asked for.
const NO_LESSON: &str = "(no lesson)";

/// Counts by lesson.
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
fn name(value: impl clap::ValueEnum) -> String {
    let possible = value.to_possible_value();
    possible.map(|value| value.get_name().to_owned()).unwrap_or_default()
}
