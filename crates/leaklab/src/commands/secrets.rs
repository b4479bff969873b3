//! `leaklab secrets`: which of the secrets that passed through the twins are still in
//! their memory.

use crate::cli::{Secrets, TwinName};
use crate::failure::Failure;
use crate::output::print_as;
use crate::run::{EngineChoice, Found, Run, Search, Seen};
use crate::stop::Stop;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    search: &'a Search,
    /// By the twin's name.
    twins: BTreeMap<&'static str, Seen>,
}

/// Searches both twins, one after the other.
pub async fn run(arguments: &Secrets) -> Result<ExitCode, Failure> {
    let search = &arguments.search;
    let run = Run::new(EngineChoice::Embedded, Stop::on_signal()?)?;
    let mut twins = BTreeMap::new();
    for twin in [TwinName::Leaky, TwinName::Fixed] {
        let name = twin.as_str();
        twins.insert(name, run.search(name, search).await?);
    }
    let report = Report { search, twins };
    print_as(arguments.format, &report, render)?;
    Ok(ExitCode::SUCCESS)
}

/// The result in 80 columns.
fn render(report: &Report<'_>) -> String {
    let Report { search, twins } = report;
    let mut text = String::new();
    let sessions = search.sessions;
    let _ = writeln!(
        text,
        "{sessions} sessions were looked up, each with a payment secret of its own.\n\
         Copies of these secrets in the memory of the service:\n"
    );
    let columns = ["", "SECRETS", "OWN STRING", "IN TEXT", "END ONLY"];
    row(&mut text, "", columns);
    let mut chance = 0;
    // `leaky` first.
    for (name, seen) in twins.iter().rev() {
        for (when, moment) in [
            ("after the look-ups", &seen.after_look_ups),
            ("after other requests", &seen.after_other_requests),
        ] {
            chance += moment.not_looked_up.copies + moment.not_looked_up.ends;
            let Found { values, copies, in_text, ends, .. } = &moment.looked_up;
            let values = format!("{values} of {sessions}");
            let counts = [copies - in_text, *in_text, *ends].map(|n| n.to_string());
            let [own, in_text, ends] = counts.each_ref().map(String::as_str);
            row(&mut text, name, [when, &values, own, in_text, ends]);
        }
    }
    let Search { session_cache_ttl_ms: ttl, other_requests, .. } = search;
    let _ = writeln!(
        text,
        "\nOwn string: as a parsed item keeps it. In text: in a response of DynamoDB, as\n\
         it arrived. End only: the beginning has been overwritten.\n\
         Other requests: after {ttl} ms, when the cached sessions have expired, one\n\
         look-up of another session, because a cache may remove expired entries only\n\
         when it is used, and {other_requests} lists of orders.\n\
         Of {sessions} sessions in the table that nobody looked up: {chance} found."
    );
    text
}

/// A line of the table: which twin, when, and four counts.
fn row(text: &mut String, twin: &str, cells: [&str; 5]) {
    let [when, values, own, in_text, ends] = cells;
    let _ = writeln!(
        text,
        "{twin:<7}{when:<22}{values:>14}{own:>12}{in_text:>9}{ends:>10}"
    );
}
