//! One request of the file as a load.

use anyhow::Result;
use measure::Load;
use std::ops::Range;
use std::sync::Arc;
use workload::{ClientBehavior, HttpFile, Request, Requests, Template};

/// Numbers of one round; more than a round has requests.
const ROUND: u64 = 1 << 24;
/// Numbers of one measurement; more than it has rounds.
const MEASUREMENT: u64 = ROUND << 8;

/// Sends a request, after those that belong before it.
#[derive(Clone)]
pub(super) struct FileLoad {
    file: Arc<HttpFile>,
    /// In the order in which they are sent.
    sequence: Vec<Template>,
    /// Which measurement of this request it is. Each has numbers of its own, so that
    /// values differ.
    pub(super) measurement: u64,
}

impl FileLoad {
    pub(super) fn new(file: &Arc<HttpFile>, of: &Template) -> Self {
        let mut sequence = vec![of.clone()];
        // A chain that comes back to itself ends there.
        while let Some(with) = &sequence[0].with {
            let before = file.requests.iter().find(|request| request.name == *with);
            match before {
                Some(before) if !sequence.contains(before) => {
                    sequence.insert(0, before.clone());
                }
                _ => break,
            }
        }
        Self { file: Arc::clone(file), sequence, measurement: 0 }
    }

    fn template(&self) -> &Template {
        &self.sequence[self.sequence.len() - 1]
    }

    /// HTTP requests that are sent for one of this load.
    pub(super) fn length(&self) -> u64 {
        self.sequence.len() as u64
    }

    /// Requests in flight. Those of a sequence are sent one after the other.
    pub(super) fn concurrency(&self, otherwise: u64) -> usize {
        match self.sequence.len() {
            1 => self.template().concurrency.unwrap_or(otherwise as usize),
            _ => 1,
        }
    }

    fn request(&self, number: u64) -> Request {
        let length = self.length();
        let of = &self.sequence[(number % length) as usize];
        self.file.request(of, number / length)
    }
}

impl Load for FileLoad {
    fn requests(&self, round: u64, _: u64) -> Requests {
        let load = self.clone();
        let first = self.measurement * MEASUREMENT + round * ROUND;
        Arc::new(move |n| load.request(first * load.length() + n))
    }

    fn client(&self) -> ClientBehavior {
        self.template().client
    }

    async fn prepare(&self, _: Range<u64>) -> Result<()> {
        Ok(())
    }

    fn set_size(&self, _: Option<u64>) {}
}
