//! The measuring routes, for any framework: for the machine that the service runs on,
//! and for nobody else.
//!
//! | request | answer |
//! |---|---|
//! | `GET /__heap` | a [`Reading`] |
//! | `GET /__heap?only=counters` | the same, without what costs system calls |
//! | `DELETE /__heap/peak` | 204; the peak begins again |
//! | `POST /__heap/window?frames=64&seconds=600` | 204; a dhat window opens, and closes by itself after this time |
//! | `DELETE /__heap/window` | dhat's profile of the window |
//! | `POST /__heap/plant?bytes=100` | 204; every later request to another route leaks this number of bytes, to prove that a gate would see it; 0 ends it |
//!
//! A server shows every request to [`Call::job`]. `None` means that the request is the
//! service's own; otherwise [`Job::run`] gives the response. The examples `axum` and
//! `hyper` are complete; for Actix Web there is the module `actix`. Mount the routes only
//! when the operator asks for it: a window slows a service down, and a profile shows its
//! inner workings.

use crate::window::{self, WindowError};
use crate::{Gauges, Reading, alloc};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Most frames of a call stack. No service is as deep, and each window could otherwise
/// be asked to keep any number.
const FRAMES_MAX: usize = 1_024;

/// Longest time of a window: a day.
const SECONDS_MAX: u64 = 86_400;

/// Most bytes that a request can be asked to leak.
const PLANT_MAX: u64 = 1 << 20;

/// What every request leaks: 0 unless somebody asks for it.
static PLANTED: AtomicUsize = AtomicUsize::new(0);

/// A request as a server sees it.
#[expect(missing_debug_implementations, reason = "a closure has none")]
pub struct Call<'a> {
    /// `GET`.
    pub method: &'a str,
    /// The path of the URI.
    pub path: &'a str,
    /// The query of the URI.
    pub query: Option<&'a str>,
    /// The host of the URI, if it has one: HTTP/2, and requests to a proxy.
    pub host: Option<&'a str>,
    /// The address of the other end of the connection. Never from a header, which anyone
    /// can send.
    pub peer: Option<IpAddr>,
    /// Finds a header by its name, which is in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<&'a [u8]> + Sync),
}

/// What a [`Call`] asks for.
#[derive(Debug)]
pub struct Job(Kind);

#[derive(Debug)]
enum Kind {
    Read,
    ReadCounters,
    ResetPeak,
    Open(usize, Duration),
    Close,
    Plant(usize),
    Refuse(u16, String),
}

/// The response to a [`Call`].
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Call<'_> {
    /// What the request asks for; `None` if it is not for `/__heap`.
    pub fn job(&self) -> Option<Job> {
        let path = self.path.strip_prefix("/__heap");
        let path = path.filter(|path| path.is_empty() || path.starts_with('/'));
        let Some(path) = path else {
            leak(PLANTED.load(Relaxed));
            return None;
        };
        let kind = match (self.method, path) {
            _ if !self.is_allowed() => Kind::Refuse(404, String::new()),
            ("GET", "") => match self.parameter("only") {
                Some("counters") => Kind::ReadCounters,
                _ => Kind::Read,
            },
            ("DELETE", "/peak") => Kind::ResetPeak,
            ("POST", "/window") => self.open(),
            ("DELETE", "/window") => Kind::Close,
            ("POST", "/plant") => self.plant(),
            _ => Kind::Refuse(404, String::new()),
        };
        Some(Job(kind))
    }

    /// Only programs of this machine that mean this service. A page in a browser is
    /// refused too: its host name may point here, and it may post anywhere.
    fn is_allowed(&self) -> bool {
        let text = |name| {
            let value = (self.header)(name)?;
            Some(std::str::from_utf8(value).unwrap_or_default())
        };
        // A service that listens on `[::]` sees `::ffff:127.0.0.1`.
        self.peer.is_some_and(|peer| peer.to_canonical().is_loopback())
            && text("host").is_none_or(is_local)
            && self.host.is_none_or(is_local)
            && text("origin").is_none_or(|origin| {
                origin.split_once("://").is_some_and(|(_, host)| is_local(host))
            })
            && text("sec-fetch-site")
                .is_none_or(|site| matches!(site, "none" | "same-origin"))
    }

    fn plant(&self) -> Kind {
        let bytes = self.number("bytes", 0).filter(|bytes| *bytes <= PLANT_MAX);
        let wrong = || Kind::Refuse(400, format!("bytes must be 0 to {PLANT_MAX}"));
        bytes.map_or_else(wrong, |bytes| Kind::Plant(bytes as usize))
    }

    fn number(&self, name: &str, default: u64) -> Option<u64> {
        match self.parameter(name) {
            Some(text) => text.parse().ok(),
            None => Some(default),
        }
    }

    fn open(&self) -> Kind {
        let number = |name, default| self.number(name, default);
        let frames = number("frames", window::FRAMES as u64)
            .filter(|frames| (1..=FRAMES_MAX as u64).contains(frames));
        let seconds = number("seconds", window::OPEN_AT_MOST.as_secs())
            .filter(|seconds| (1..=SECONDS_MAX).contains(seconds));
        if let (Some(frames), Some(seconds)) = (frames, seconds) {
            return Kind::Open(frames as usize, Duration::from_secs(seconds));
        }
        let text =
            format!("frames must be 1 to {FRAMES_MAX}, seconds 1 to {SECONDS_MAX}");
        Kind::Refuse(400, text)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs =
            self.query?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

impl Job {
    /// Whether [`Job::run`] takes tenths of a second to seconds. A server runs it on a
    /// thread for such work then, or its other requests would wait.
    pub fn blocks(&self) -> bool {
        matches!(self.0, Kind::Close)
    }

    /// Does it.
    pub fn run(self, gauges: &Gauges) -> Answer {
        let read = |reading: Reading| match serde_json::to_vec(&reading) {
            Ok(body) => Answer::json(body),
            Err(error) => Answer::text(500, error.to_string()),
        };
        match self.0 {
            Kind::Read => read(Reading::take(gauges)),
            Kind::ReadCounters => read(Reading::counters(gauges)),
            Kind::ResetPeak => {
                alloc::reset_peak();
                Answer::text(204, String::new())
            }
            Kind::Open(frames, at_most) => match window::open(frames, at_most) {
                Ok(()) => Answer::text(204, String::new()),
                Err(error) => Answer::error(&error),
            },
            Kind::Close => match window::close() {
                Ok(profile) => Answer::json(profile),
                Err(error) => Answer::error(&error),
            },
            Kind::Plant(bytes) => {
                PLANTED.store(bytes, Relaxed);
                Answer::text(204, String::new())
            }
            Kind::Refuse(status, text) => Answer::text(status, text),
        }
    }
}

impl Answer {
    fn json(body: Vec<u8>) -> Self {
        Self { status: 200, content_type: "application/json", body }
    }

    fn text(status: u16, text: String) -> Self {
        let content_type = "text/plain; charset=utf-8";
        Self { status, content_type, body: text.into_bytes() }
    }

    fn error(error: &WindowError) -> Self {
        let status = match error {
            WindowError::AlreadyOpen | WindowError::NotOpen => 409,
            WindowError::Thread(_) | WindowError::Dhat => 500,
        };
        Self::text(status, error.to_string())
    }
}

/// Leaks a block of this size.
fn leak(bytes: usize) {
    if bytes > 0 {
        std::hint::black_box(vec![1_u8; bytes].leak());
    }
}

/// Whether a host, with or without port, can only be this machine.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    let address = name.trim_start_matches('[').trim_end_matches(']').parse();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Call<'_> = Call {
        method: "GET",
        path: "/__heap",
        query: None,
        host: None,
        peer: Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)),
        header: &|_| None,
    };

    fn status(call: &Call<'_>) -> Option<u16> {
        Some(call.job()?.run(&Gauges::default()).status)
    }

    #[test]
    fn only_callers_of_this_machine_see_the_routes() {
        for (peer, expected) in [
            ("127.0.0.1", 200),
            // As seen by a service that listens on `[::]`.
            ("::ffff:127.0.0.1", 200),
            ("::1", 200),
            ("10.0.0.1", 404),
            ("::ffff:10.0.0.1", 404),
        ] {
            let call = Call { peer: Some(peer.parse().unwrap()), ..READ };
            assert_eq!(status(&call), Some(expected), "{peer}");
        }
        assert_eq!(status(&Call { peer: None, ..READ }), Some(404));
    }

    #[test]
    fn only_names_and_pages_of_this_machine_are_local() {
        let local =
            ["localhost", "LocalHost:80", "127.0.0.1:9", "127.9.9.9", "[::1]:80"];
        let other =
            ["", "evil.example", "127.0.0.1.evil.example", "[::2]:80", "10.0.0.1"];
        for (hosts, expected) in [(local, 200), (other, 404)] {
            for host in hosts {
                let origin = format!("http://{host}");
                for (name, value) in [("host", host), ("origin", &origin)] {
                    let header =
                        |asked: &str| (asked == name).then_some(value.as_bytes());
                    let call = Call { header: &header, ..READ };
                    assert_eq!(status(&call), Some(expected), "{name}: {value}");
                }
                let call = Call { host: Some(host), ..READ };
                assert_eq!(status(&call), Some(expected), "{host}");
            }
        }
        let page =
            |name: &str| (name == "sec-fetch-site").then_some(&b"cross-site"[..]);
        assert_eq!(status(&Call { header: &page, ..READ }), Some(404));
    }

    #[test]
    fn other_paths_are_the_services_own() {
        for path in ["/", "/__heaps", "/orders/__heap"] {
            assert_eq!(status(&Call { path, ..READ }), None, "{path}");
        }
    }

    #[test]
    fn a_window_has_limits() {
        let open = Call { method: "POST", path: "/__heap/window", ..READ };
        for query in ["frames=0", "frames=x", "seconds=0", "frames=9&seconds=99999"]
        {
            assert_eq!(status(&Call { query: Some(query), ..open }), Some(400));
        }
        let plant = Call { path: "/__heap/plant", ..open };
        for query in ["bytes=x", "bytes=9999999"] {
            assert_eq!(status(&Call { query: Some(query), ..plant }), Some(400));
        }
        let short = Call { query: Some("seconds=7&frames=9"), ..open };
        let Some(Job(Kind::Open(9, time))) = short.job() else { panic!() };
        assert_eq!(time.as_secs(), 7);
    }
}
