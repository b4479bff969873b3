//! One request of the file as a load.

use anyhow::Result;
use measure::Load;
use std::ops::Range;
use std::sync::Arc;
use workload::{ClientBehavior, HttpFile, Request, Requests, Template};

/// Numbers of one round; more than a round has requests.
const ROUND: u64 = 1 << 24;

/// Sends a request, after those that belong before it.
#[derive(Clone)]
pub(super) struct FileLoad {
    file: Arc<HttpFile>,
    /// In the order in which they are sent.
    sequence: Vec<Template>,
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
        Self { file: Arc::clone(file), sequence }
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
        let first = round * ROUND;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_sequence_is_sent_in_order_with_the_same_number() {
        let text =
            "### cart\nPOST /carts/{{n}}\n### pay\n# @with cart\nPOST /pay/{{n}}\n";
        let file = Arc::new(HttpFile::parse(text, Path::new(".")).unwrap());
        let load = FileLoad::new(&file, &file.requests[1]);
        let round = load.requests(1, 0);
        let first = ROUND;
        let paths = (0..4).map(|n| round(n).path).collect::<Vec<_>>();
        let expected = [
            format!("/carts/{first}"),
            format!("/pay/{first}"),
            format!("/carts/{}", first + 1),
            format!("/pay/{}", first + 1),
        ];
        assert_eq!(paths, expected);
        assert_eq!((load.length(), load.concurrency(4)), (2, 1));
        // Rounds have numbers of their own.
        assert_ne!(load.requests(2, 0)(0).path, paths[0]);
    }
}
