//! The line that holds the memory of a running service, from one dhat window.

use anyhow::{Context, Result, ensure};
use live::ticks::Line;
use measure::Instrument;
use profile::text::{Keep, visible};
use profile::{FrameRef, InApp, Moment, Profile, Site};
use std::time::Duration;

/// Lines of the source before and after the one that is marked.
const AROUND: usize = 3;

/// Opens a window for a time. `source` reads a file by its place in a call stack.
///
/// # Errors
/// The service records no call stacks, or nothing was allocated.
pub async fn find(
    instrument: impl Instrument,
    open: Duration,
    source: impl FnOnce(&str) -> Option<String> + Send + 'static,
) -> Result<Line> {
    instrument.open_window().await?;
    tokio::time::sleep(open).await;
    let json = instrument.close_window().await?;
    // A tenth of a second of work, during which the load must go on.
    tokio::task::spawn_blocking(move || most(&Profile::parse(&json)?, source))
        .await?
}

/// The site that holds most: at the end, or at the peak if nothing is left of that.
fn most(
    profile: &Profile,
    source: impl FnOnce(&str) -> Option<String>,
) -> Result<Line> {
    let totals = profile.totals();
    let at_peak = totals.end_bytes < totals.peak_bytes / 2;
    let moment = if at_peak { Moment::Peak } else { Moment::End };
    let sites = profile.sites(&InApp::guess(profile));
    let held = |site: &Site| site.counts.held(moment).0;
    let all = totals.held(moment).0.max(1);
    // What is in-app explains most, unless it holds next to nothing.
    let counts = |site: &Site| site.in_app && held(site) > all / 10;
    let most = sites.iter().max_by_key(|site| (counts(site), held(site)));
    let site = most.context("no request allocated anything in the window")?;
    let bytes = held(site);
    let frame = FrameRef { function: &site.function, place: &site.place };
    ensure!(!frame.function.is_empty(), "the call stacks have no names");
    let (path, line) = (frame.path(), frame.line() as usize);
    let text = source(path).unwrap_or_default();
    let around = |(n, _): &(usize, String)| n.abs_diff(line) <= AROUND;
    let lines = text.lines().map(|line| visible(line, Keep::Lines).into_owned());
    Ok(Line {
        place: frame.place.to_owned(),
        function: frame.short(),
        share: bytes as f64 / all as f64,
        bytes,
        at_peak,
        source: (1..).zip(lines).filter(around).collect(),
        ..Line::default()
    })
}
