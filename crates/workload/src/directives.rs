//! How a request of a `.http` file is sent: comments such as `# @client leaves`.

use crate::client::ClientBehavior;
use std::time::Duration;

/// Requests that may be in flight at once: a process may have 1,024 files by default.
const IN_FLIGHT_MAX: u64 = 512;
/// Time without reading, where the file doesn't say: enough for a service to fill the
/// kernel's buffers of one connection.
const NOT_READ: Duration = Duration::from_millis(250);
/// Time until clients that arrive at a rate give up, where the file doesn't say.
const PATIENCE: Duration = Duration::from_secs(1);
/// Sizes that are needed to say how a peak follows them.
const SIZES_MIN: usize = 3;

/// What the comments of a request say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directives {
    /// The request that is sent before it each time.
    pub with: Option<String>,
    /// How its clients take the response.
    pub client: ClientBehavior,
    /// Requests in flight; if there are several numbers, the peaks at each are compared.
    /// Empty where the file doesn't say.
    pub concurrency: Vec<u64>,
    /// Whether each request has a new connection.
    pub new_connection: bool,
    /// Requests per second that are sent without waiting for responses.
    pub offered_per_second: Option<u64>,
    /// Values of `{{size}}` whose peaks are compared.
    pub sizes: Vec<u64>,
    /// Statuses that the request is about; empty for every status below 400.
    pub expected: Vec<u16>,
    /// The name that a comment gives.
    pub name: Option<String>,
}

impl Directives {
    /// What they say that does not fit together, or the request's `{{size}}`.
    pub(crate) fn contradiction(&self, uses_size: bool) -> Option<&'static str> {
        let compares_peaks = !self.sizes.is_empty()
            || self.concurrency.len() > 1
            || self.offered_per_second.is_some()
            || matches!(self.client, ClientBehavior::DoesNotRead(_));
        if self.with.is_some() && compares_peaks {
            return Some(
                "@with: a sequence has no @sizes, @offered, does-not-read or second \
                 @concurrency",
            );
        }
        match (uses_size, self.sizes.is_empty()) {
            (true, true) => {
                Some("{{size}} needs a comment such as # @sizes 10 100 1000")
            }
            (false, false) => Some("@sizes: the request has no {{size}}"),
            _ => None,
        }
    }

    /// Takes `@name VALUE` out of a comment. Other comments are ignored.
    pub(crate) fn add(&mut self, comment: &str) -> Result<(), String> {
        let Some(comment) = comment.strip_prefix('@') else { return Ok(()) };
        let (name, value) = comment.split_once(' ').unwrap_or((comment, ""));
        let value = value.trim_start_matches('=').trim();
        let wrong = |expected: &str| format!("@{name} {value}: expected {expected}");
        let words: Vec<&str> = value.split_whitespace().collect();
        match name {
            "name" => self.name = Some(value.to_owned()),
            "with" => self.with = Some(value.to_owned()),
            "concurrency" => {
                let fits = |numbers: &Vec<u64>| {
                    (numbers.len() == 1 || numbers.len() >= SIZES_MIN)
                        && numbers.iter().all(|n| *n <= IN_FLIGHT_MAX)
                };
                let expected = "1 to 512, or three such numbers, ascending";
                self.concurrency =
                    numbers(&words).filter(fits).ok_or_else(|| wrong(expected))?;
            }
            "sizes" => {
                let sizes = numbers(&words).filter(|s| s.len() >= SIZES_MIN);
                let expected = "three numbers or more, ascending";
                self.sizes = sizes.ok_or_else(|| wrong(expected))?;
            }
            "connection" => match value {
                "each" => self.new_connection = true,
                "kept" => self.new_connection = false,
                _ => return Err(wrong("each or kept")),
            },
            "expect" => {
                let expected = "a status such as 404";
                self.expected = statuses(&words).ok_or_else(|| wrong(expected))?;
            }
            "client" => {
                let expected =
                    "reads, leaves, gives-up 100ms or does-not-read 500ms";
                self.client = client(&words).ok_or_else(|| wrong(expected))?;
            }
            "offered" => {
                let expected = "a rate such as 400/s gives-up 100ms";
                let (rate, patience) =
                    offered(&words).ok_or_else(|| wrong(expected))?;
                let open = patience.saturating_mul(rate as u32);
                if open > Duration::from_secs(IN_FLIGHT_MAX) {
                    return Err(wrong(
                        "at most 512 open requests: a lower rate, or gives-up earlier",
                    ));
                }
                self.offered_per_second = Some(rate);
                self.client = ClientBehavior::GivesUpAfter(patience);
            }
            // Those of the editors' clients, such as @no-log.
            _ => {}
        }
        Ok(())
    }
}

/// Numbers above zero, ascending.
fn numbers(words: &[&str]) -> Option<Vec<u64>> {
    let numbers: Vec<u64> =
        words.iter().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    (*numbers.first()? > 0 && numbers.is_sorted_by(|a, b| a < b)).then_some(numbers)
}

fn statuses(words: &[&str]) -> Option<Vec<u16>> {
    let status =
        |word: &&str| word.parse().ok().filter(|status| (100..600).contains(status));
    let statuses = words.iter().map(status).collect::<Option<Vec<_>>>();
    statuses.filter(|statuses| !statuses.is_empty())
}

fn client(words: &[&str]) -> Option<ClientBehavior> {
    Some(match words {
        ["reads"] => ClientBehavior::Reads,
        ["leaves"] => ClientBehavior::Leaves,
        ["gives-up", patience] => ClientBehavior::GivesUpAfter(time(patience)?),
        ["does-not-read"] => ClientBehavior::DoesNotRead(NOT_READ),
        ["does-not-read", stay] => ClientBehavior::DoesNotRead(time(stay)?),
        _ => return None,
    })
}

/// `400/s`, or `400/s gives-up 100ms`.
fn offered(words: &[&str]) -> Option<(u64, Duration)> {
    let (rate, patience) = match words {
        [rate] => (rate, PATIENCE),
        [rate, "gives-up", patience] => (rate, time(patience)?),
        _ => return None,
    };
    let rate = rate.strip_suffix("/s")?.parse().ok();
    Some((rate.filter(|rate| (1..=100_000).contains(rate))?, patience))
}

/// `100ms` or `2s`, up to a minute.
fn time(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s')?, 1_000),
    };
    let milliseconds = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=60_000).contains(&milliseconds).then(|| Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(comments: &[&str]) -> Result<Directives, String> {
        let mut all = Directives::default();
        comments.iter().try_for_each(|comment| all.add(comment))?;
        Ok(all)
    }

    #[test]
    fn clients_come_at_a_rate_and_give_up_or_stay_without_reading() {
        let ms = Duration::from_millis;
        let offered =
            read(&["@offered 400/s gives-up 100ms", "for people"]).unwrap();
        assert_eq!(offered.offered_per_second, Some(400));
        assert_eq!(offered.client, ClientBehavior::GivesUpAfter(ms(100)));
        let stays = read(&["@client does-not-read 2s"]).unwrap();
        assert_eq!(stays.client, ClientBehavior::DoesNotRead(ms(2_000)));
        let loads = read(&["@concurrency 5 20 80", "@no-log"]).unwrap();
        assert_eq!(loads.concurrency, [5, 20, 80]);
    }

    #[test]
    fn a_value_that_is_not_understood_is_quoted_with_what_is_expected() {
        for comment in [
            "@concurrency 0",
            "@concurrency 1 2",
            "@concurrency 1 2 513",
            "@client stares",
            "@client does-not-read 2h",
            "@offered 400",
            "@offered 4000/s gives-up 1s",
            "@connection none",
            "@expect",
            "@expect 2",
            "@sizes 3 2 1",
        ] {
            let error = read(&[comment]).expect_err(comment);
            assert!(error.starts_with(comment), "{error}");
            assert!(error.contains(": expected "), "{error}");
        }
    }
}
