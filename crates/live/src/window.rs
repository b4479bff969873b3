//! A dhat window on a service of a run, and what it costs there.
//!
//! To name call stacks, a service reads its debug information: `leaky` then has 190 MB
//! more resident memory, which it keeps. So its limit is lifted meanwhile, and afterwards
//! moved by what the names took, which the charts leave out.

use crate::run::{Controls, Live};
use crate::supervisor::Running;
use crate::ticks::{Line, Sample};
use anyhow::Result;
use futures_util::future::LocalBoxFuture;
use limit::Bytes;
use std::time::Duration;

/// How long call stacks are recorded.
pub(crate) const OPEN_FOR: Duration = Duration::from_secs(4);

/// The window of one life of a service.
pub(crate) struct Window<'a> {
    live: &'a Live,
    number: usize,
    /// Windows that were asked for before.
    asked: u64,
    /// The one that is open.
    pub(crate) open: Option<LocalBoxFuture<'static, Result<Line>>>,
    before: Sample,
    /// Resident bytes that naming call stacks has taken.
    names: u64,
}

impl<'a> Window<'a> {
    pub(crate) fn new(live: &'a Live, number: usize, asked: u64) -> Self {
        let before = Sample::default();
        Self { live, number, asked, open: None, before, names: 0 }
    }

    /// Opens one that is asked for.
    pub(crate) fn look(&mut self, running: &impl Running, wanted: &Controls) {
        if wanted.windows == self.asked || wanted.window_of != self.number {
            return;
        }
        self.asked = wanted.windows;
        if running.change_limit(None) {
            self.before = self.live.sample(self.number).1;
            self.open = Some(running.line(OPEN_FOR));
        } else {
            let why = "this memory limit cannot be lifted for it (systemd scope)";
            self.live.found(Err(why.to_owned()));
        }
    }

    /// Reads resident memory, unless names are being read; why the service must die, if
    /// it has no limit of its own. This is the only place that decides it.
    pub(crate) fn resident(&self, running: &impl Running) -> Option<String> {
        if self.open.is_some() {
            return None;
        }
        let resident = running.resident().map(|of| of.saturating_sub(self.names));
        self.live.read(self.number, resident, None);
        let passes = !running.has_limit() && resident? > self.live.about.limit;
        passes.then(|| self.killed())
    }

    fn killed(&self) -> String {
        let limit = Bytes(self.live.about.limit);
        format!("resident memory passed {limit} (SIGKILL by Leaklab)")
    }

    /// Publishes what was found, and puts the limit where it belongs; why the service must
    /// die, if it holds more than that already.
    pub(crate) async fn close(
        &mut self,
        running: &impl Running,
        line: Result<Line>,
    ) -> Option<String> {
        self.open = None;
        let heap = running.read(false).await.map(|heap| heap.live_bytes);
        let (at, now) = self.live.sample(self.number);
        let grown = |now: Option<u64>, before: Option<u64>| {
            now.unwrap_or(0).saturating_sub(before.unwrap_or(0))
        };
        let live = grown(heap.ok(), self.before.live);
        let resident = running.resident().map(|of| of.saturating_sub(self.names));
        self.names += grown(resident, self.before.resident).saturating_sub(live);
        let requests = now.requests.saturating_sub(self.before.requests);
        let (service, names_bytes) = (self.number, self.names);
        let found =
            line.map(|line| Line { service, at, requests, names_bytes, ..line });
        self.live.found(found.map_err(|error| format!("{error:#}")));
        let limit = self.live.about.limit + self.names;
        (!running.change_limit(Some(limit))).then(|| self.killed())
    }
}
