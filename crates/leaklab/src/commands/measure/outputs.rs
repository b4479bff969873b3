//! What a measurement is compared with, and the files and the text that it ends in.

use crate::cli::Measure;
use crate::failure::{BROKEN, Failure, code};
use crate::output::{name, print_as};
use anyhow::Context;
use report::measured::{Accepted, Measured, RequestResult, junit, markdown, text};
use report::page::{self, Sources};
use report::whole_file;
use std::process::ExitCode;

/// What the user gave to compare a measurement with, and to show it.
pub(super) struct Outputs<'a> {
    arguments: &'a Measure,
    baseline: Option<(String, Measured)>,
    accepted: Accepted,
    sources: Option<Sources>,
}

impl<'a> Outputs<'a> {
    /// Reads what the arguments name, before anything is measured.
    pub(super) fn new(arguments: &'a Measure) -> Result<Self, Failure> {
        let baseline = arguments.baseline.as_deref().map(|path| {
            let measured = Measured::read(path, "--baseline")?;
            Ok::<_, Failure>((name(path), measured))
        });
        let accepted = arguments.accept.as_deref().map(Accepted::read);
        let sources = arguments.source.as_deref().map(|folder| {
            Sources::new(folder).map_err(|error| {
                Failure::Usage(format!("--source {}: {error}", folder.display()))
            })
        });
        Ok(Self {
            arguments,
            baseline: baseline.transpose()?,
            accepted: accepted.transpose()?.unwrap_or_default(),
            sources: sources.transpose()?,
        })
    }

    /// Judges, writes all files and prints. `known` are the requests of the file.
    pub(super) fn publish(
        &self,
        mut measured: Measured,
        known: &[&str],
    ) -> Result<ExitCode, Failure> {
        let baseline =
            self.baseline.as_ref().map(|(file, before)| (file.as_str(), before));
        measured.judge(baseline, &self.accepted);
        measured
            .notes
            .extend(self.accepted.unused_requests(known, &measured.requests));
        let json = serde_json::to_string_pretty(&measured)
            .context("it has no JSON form")?;
        let xml = junit(&measured).context("it has no form in JUnit XML")?;
        let before = baseline.map(|(_, before)| before);
        let page = page::measured(&measured, before, self.sources.as_ref());
        let folder = &self.arguments.out;
        for (file, content) in [
            ("measure.json", json + "\n"),
            ("summary.md", markdown(&measured)),
            ("junit.xml", xml),
            (page::FILE, page),
        ] {
            whole_file::write(&folder.join(file), content.as_bytes())?;
        }
        print_as(self.arguments.format, &measured, |measured| {
            format!("{}Page: {}\n", text(measured), name(&folder.join(page::FILE)))
        })?;
        let worthless = |request: &RequestResult| request.traffic.warning.is_some();
        // A leak that was found comes first.
        match measured.passed && measured.requests.iter().any(worthless) {
            true => Ok(ExitCode::from(BROKEN)),
            false => Ok(code(measured.passed)),
        }
    }
}
