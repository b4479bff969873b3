//! One request of the file as a load.

use measure::Load;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use workload::{ClientBehavior, Directives, HttpFile, Request, Requests, Template};

/// Called for each request that is sent.
pub(super) type OnEach = Arc<dyn Fn() + Send + Sync>;

/// Clients that read nothing and are connected at once, where the file doesn't say: a
/// leak of each shows in a few of their times.
const NOT_READING: usize = 64;

/// What a peak may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// `{{size}}`.
    Size,
    /// Milliseconds in which a client does not read.
    NotRead,
    /// Requests that were sent at a rate.
    Offered,
    /// Requests in flight.
    InFlight,
}

/// Sends a request, after those that belong before it, or all requests in turn.
#[derive(Clone)]
pub(super) struct FileLoad {
    file: Arc<HttpFile>,
    /// In the order in which they are sent.
    sequence: Vec<Template>,
    /// Whether the sequence is a mix: each of its requests counts for itself.
    mix: bool,
    /// The next number, from 1. Each is used once, so that values differ.
    next: Arc<AtomicU64>,
    pub(super) on_each: Option<OnEach>,
}

impl FileLoad {
    pub(super) fn new(file: &Arc<HttpFile>, of: &Template) -> Self {
        let mut sequence = vec![of.clone()];
        // A chain that comes back to itself ends there.
        while let Some(with) = &sequence[0].how.with {
            let before = file.requests.iter().find(|request| request.name == *with);
            match before {
                Some(before) if !sequence.contains(before) => {
                    sequence.insert(0, before.clone());
                }
                _ => break,
            }
        }
        Self { mix: false, ..Self::mix_of(file, sequence) }
    }

    /// All requests of a file in turn.
    pub(super) fn mix(file: &Arc<HttpFile>) -> Self {
        Self::mix_of(file, file.requests.clone())
    }

    fn mix_of(file: &Arc<HttpFile>, sequence: Vec<Template>) -> Self {
        Self {
            file: Arc::clone(file),
            sequence,
            mix: true,
            next: Arc::new(AtomicU64::new(1)),
            on_each: None,
        }
    }

    /// Goes on with this number.
    pub(super) fn number_from(&self, next: u64) {
        self.next.store(next, Relaxed);
    }

    /// What the comments of the request say; nothing for a mix.
    pub(super) fn how(&self) -> Option<&Directives> {
        (!self.mix).then(|| &self.sequence[self.sequence.len() - 1].how)
    }

    /// HTTP requests that are sent for one of this load.
    pub(super) fn length(&self) -> u64 {
        if self.mix { 1 } else { self.sequence.len() as u64 }
    }

    /// Requests in flight. Those of a sequence are sent one after the other.
    pub(super) fn concurrency(&self, otherwise: u64) -> usize {
        let how = self.how();
        let given = how.and_then(|how| how.concurrency.first());
        match (given, how.map(|how| how.client)) {
            _ if self.length() > 1 => 1,
            (Some(given), _) => *given as usize,
            (None, Some(ClientBehavior::DoesNotRead(_))) => NOT_READING,
            (None, _) => otherwise as usize,
        }
    }

    /// Whether one request at a time is the same load: the file asks neither for several
    /// nor for clients that must meet others.
    pub(super) fn may_be_alone(&self) -> bool {
        let how = self.how();
        how.is_none_or(|how| {
            how.concurrency.is_empty()
                && how.offered_per_second.is_none()
                && matches!(how.client, ClientBehavior::Reads)
        })
    }

    /// The loads whose peaks are compared, ascending.
    pub(super) fn axis(&self) -> Option<(Axis, Vec<u64>)> {
        let how = self.how()?;
        Some(match (how.client, how.offered_per_second) {
            _ if !how.sizes.is_empty() => (Axis::Size, how.sizes.clone()),
            (ClientBehavior::DoesNotRead(stay), _) => {
                let stay = stay.as_millis() as u64;
                (Axis::NotRead, [1, 2, 4].map(|times| times * stay).to_vec())
            }
            // Half a second, one, and two: a queue that nothing bounds grows with it.
            (_, Some(rate)) => {
                (Axis::Offered, [1, 2, 4].map(|n| n * rate.div_ceil(2)).to_vec())
            }
            _ if how.concurrency.len() > 1 => {
                (Axis::InFlight, how.concurrency.clone())
            }
            _ => return None,
        })
    }

    /// One request at this size; 0 where no peak is measured.
    fn request(&self, number: u64, size: u64) -> Request {
        let length = self.sequence.len() as u64;
        let of = &self.sequence[(number % length) as usize];
        let axis = self.axis().map(|(axis, _)| axis).filter(|_| size > 0);
        let number = number / length;
        match axis {
            Some(Axis::Size) => self.file.request_of_size(of, number, size),
            Some(Axis::NotRead) => {
                let stay = Duration::from_millis(size);
                let client = Some(ClientBehavior::DoesNotRead(stay));
                Request { client, ..self.file.request(of, number) }
            }
            _ => self.file.request(of, number),
        }
    }
}

impl Load for FileLoad {
    fn requests(&self, _: u64, size: u64) -> Requests {
        let load = self.clone();
        let length = self.sequence.len() as u64;
        let first = self.next.load(Relaxed);
        Arc::new(move |n| {
            load.on_each.iter().for_each(|on_each| on_each());
            load.next.fetch_max(first + n / length + 1, Relaxed);
            load.request(first * length + n, size)
        })
    }

    fn offered_per_second(&self) -> Option<u64> {
        self.how()?.offered_per_second
    }
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
        let first = 1;
        let paths = (0..4).map(|n| round(n).path).collect::<Vec<_>>();
        let expected = [
            format!("/carts/{first}"),
            format!("/pay/{first}"),
            format!("/carts/{}", first + 1),
            format!("/pay/{}", first + 1),
        ];
        assert_eq!(paths, expected);
        assert_eq!((load.length(), load.concurrency(4)), (2, 1));
        // Each number is used once.
        assert_eq!(load.requests(2, 0)(0).path, format!("/carts/{}", first + 2));
        assert_eq!(load.requests(0, 1)(0).path, format!("/carts/{}", first + 3));
        // Each request of a mix counts for itself.
        let mix = FileLoad::mix(&file);
        let turn = mix.requests(1, 0);
        assert_eq!([0, 1].map(|n| turn(n).path), expected[..2]);
        assert_eq!((mix.length(), mix.concurrency(4)), (1, 4));
    }

    #[test]
    fn a_load_names_what_its_peak_may_follow() {
        let text = "# @client does-not-read 500ms\nGET /a\n###\n\
                    # @offered 100/s\nGET /b\n###\n# @sizes 1 2 3\nGET /{{size}}\n\
                    ###\n# @concurrency 5 20 80\nGET /c\n###\nGET /d\n";
        let file = Arc::new(HttpFile::parse(text, Path::new(".")).unwrap());
        let loads: Vec<_> =
            file.requests.iter().map(|of| FileLoad::new(&file, of)).collect();
        let axes: Vec<_> = loads.iter().map(FileLoad::axis).collect();
        let expected = [
            (Axis::NotRead, vec![500, 1_000, 2_000]),
            (Axis::Offered, vec![50, 100, 200]),
            (Axis::Size, vec![1, 2, 3]),
            (Axis::InFlight, vec![5, 20, 80]),
        ];
        assert_eq!(axes[..4], expected.map(Some));
        assert_eq!(axes[4], None);
        assert_eq!([0, 1, 3].map(|at| loads[at].concurrency(4)), [64, 4, 5]);
        let stays = ClientBehavior::DoesNotRead(Duration::from_secs(2));
        assert_eq!(loads[0].requests(1, 2_000)(0).client, Some(stays));
        assert_eq!(loads[2].requests(1, 3)(0).path, "/3");
    }
}
