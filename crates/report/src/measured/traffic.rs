//! What was sent for a request and what came back: statuses, loads and peaks.

use crate::figures::{bytes, grouped, memory};
use crate::terminal::Lines;
use measure::Peak;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Part of a request's result.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Traffic {
    /// Responses by their status.
    pub statuses: BTreeMap<String, u64>,
    /// Bytes that a response of each status leaves, if memory leaks and there are several.
    pub bytes_by_status: BTreeMap<String, f64>,
    /// Requests that were started in each second, where the file gives a rate.
    pub offered_per_second: Option<f64>,
    /// Whole responses in each second.
    pub reached_per_second: f64,
    /// Requests whose client did not wait for the response.
    pub abandoned: u64,
    /// Why the request is not measured.
    pub warning: Option<String>,
    /// What the peak was measured against.
    pub peaks: Option<Peaks>,
}

/// How the peak of a request follows its size or load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peaks {
    /// What the sizes count.
    pub of: String,
    /// The e of peak ~ size^e.
    pub exponent: Option<f64>,
    /// By how much the peak rises with each.
    pub bytes_per_unit: f64,
    /// Each size with its peak.
    pub at: Vec<Peak>,
}

impl Traffic {
    /// For a terminal, indented.
    pub(super) fn shown(&self, lines: &mut Lines) {
        if let Some(warning) = &self.warning {
            lines.line(format_args!("  - {warning}"));
        }
        if self.statuses.len() > 1 {
            let each = |(status, n): (&String, &u64)| {
                format!("{} x {status}", grouped(*n as f64))
            };
            let all: Vec<_> = self.statuses.iter().map(each).collect();
            lines.line(format_args!("  = {}", all.join(", ")));
        }
        let keeps = self.bytes_by_status.iter();
        let keeps =
            keeps.map(|(status, each)| format!("{} B by {status}", bytes(*each)));
        let keeps: Vec<_> = keeps.collect();
        if !keeps.is_empty() {
            lines.line(format_args!("  = one response leaves {}", keeps.join(", ")));
        }
        if let Some(offered) = self.offered_per_second {
            lines.line(format_args!(
                "  = offered {}/s, reached {}/s; {} clients gave up",
                grouped(offered),
                grouped(self.reached_per_second),
                grouped(self.abandoned as f64),
            ));
        }
        if let Some(Peaks { of, bytes_per_unit, at, .. }) = &self.peaks {
            let each = |peak: &Peak| {
                let size = grouped(peak.size as f64);
                format!("{} at {size}", memory(peak.peak_bytes))
            };
            let all: Vec<_> = at.iter().map(each).collect();
            let (slope, all) = (memory(*bytes_per_unit as u64), all.join(", "));
            lines.line(format_args!("  ^ peak by {of}: {slope} each\n    {all}"));
        }
    }
}
