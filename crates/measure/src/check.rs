//! A check for tests: a request leaves nothing in the memory of a service that runs in
//! the test's own process.

use crate::bounds::Bounds;
use crate::instrument::InProcess;
use crate::judge::trend::Trend;
use crate::judge::{MetricSlope, SiteGrowth, in_app_first, sites_in};
use crate::samples::Samples;
use crate::scenario::{Growth, Scenario, Verdict};
use crate::session::Load;
use crate::stages::{self, Found};
use anyhow::{Context, Result, bail};
use heap::alloc::{counts, uncounted};
use profile::InApp;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use workload::{Origin, Request, Requests};

/// Requests in a round of the first stage, if the detection limit doesn't need more.
const REQUESTS: u64 = 250;
/// A test waits for three stages at most.
const BOUNDS: Bounds = Bounds {
    // Many systems allow 1,024, which the clients share with the service.
    open_files: 700,
    threads: u64::MAX,
    growth_bytes: 256 << 20,
    stage: Duration::from_secs(20),
    idle: Duration::ZERO,
    by_status: Duration::ZERO,
};
/// Numbers of a round; more than a round has requests.
const ROUND: u64 = 1 << 20;

/// A process has one heap, so checks take turns.
static TURN: Mutex<()> = Mutex::new(());

/// Checks that a request leaves nothing in memory.
///
/// The service runs in the process of the test, whose global allocator is
/// [`CountingAlloc`](crate::CountingAlloc); nothing else has to change in it. The
/// requests are sent by a thread whose memory is not counted.
///
/// ```no_run
/// #[global_allocator]
/// static ALLOC: measure::CountingAlloc = measure::CountingAlloc;
///
/// # async fn orders_do_not_leak() {
/// // Where the test has started the service.
/// let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
/// measure::Check::get(address, "/orders/{{n}}").flat_within(16.0).await.unwrap();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Check {
    address: SocketAddr,
    request: Request,
    requests: u64,
    concurrency: usize,
    in_app: Option<String>,
    may_fail: bool,
}

impl Check {
    /// Checks a request to the service at this address. Its path, header values and body
    /// may have the placeholders of [`Request::filled`]; give each request values of its
    /// own, because a map that is full of the same keys doesn't grow.
    pub fn new(address: SocketAddr, request: Request) -> Self {
        Self {
            address,
            request,
            requests: REQUESTS,
            concurrency: 4,
            in_app: None,
            may_fail: false,
        }
    }

    /// Checks `GET` of this path.
    pub fn get(address: SocketAddr, path: impl Into<String>) -> Self {
        Self::new(address, Request::new("GET", path))
    }

    /// Requests in each of the eight rounds, 250 if not set. More are sent if the detection
    /// limit needs them.
    #[must_use]
    pub fn requests(self, requests: u64) -> Self {
        Self { requests: requests.max(1), ..self }
    }

    /// Requests in flight, 4 if not set.
    #[must_use]
    pub fn concurrency(self, concurrency: usize) -> Self {
        Self { concurrency: concurrency.max(1), ..self }
    }

    /// Part of the path of your source files, such as `shop/src/`. If not set, they are
    /// those of the test and of its package.
    #[must_use]
    pub fn in_app(self, path: impl Into<String>) -> Self {
        Self { in_app: Some(path.into()), ..self }
    }

    /// Accepts responses with status 400 and above, for a check of an error path.
    #[must_use]
    pub fn may_fail(self) -> Self {
        Self { may_fail: true, ..self }
    }

    /// Sends rounds of the request, and reads the heap and the open files after each. A
    /// request that grows by more than this number of bytes, at least 1, is sent more
    /// often, because a cache that fills up is no leak.
    ///
    /// # Errors
    /// Memory grows, the noise is too large to say so, or the request cannot be measured.
    pub async fn flat_within(self, bytes: f64) -> Result<Report, CheckError> {
        let (sender, receiver) = oneshot::channel();
        let work = move || {
            let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody receives it if the test has ended.
            uncounted(|| drop(sender.send(self.run(bytes.max(1.0)))));
        };
        std::thread::Builder::new().spawn(work).map_err(anyhow::Error::from)?;
        let report = receiver.await.context("the check panicked").flatten()?;
        match report.is_flat() {
            true => Ok(report),
            false => Err(CheckError::NotFlat(Box::new(report))),
        }
    }

    fn run(&self, allowed: f64) -> Result<Report> {
        if counts().total_blocks == 0 {
            bail!(
                "nothing counts the heap; add to the test:\n#[global_allocator]\n\
                 static ALLOC: measure::CountingAlloc = measure::CountingAlloc;"
            );
        }
        let Request { path, headers, body, .. } = self.request.filled(0);
        let mut texts = headers.iter().map(|(_, value)| value).chain([&path, &body]);
        if let Some(text) = texts.find(|text| text.contains("{{")) {
            bail!(
                "'{text}' has an unknown placeholder; known are {{{{n}}}}, \
                 {{{{$uuid}}}}, {{{{$random.integer}}}} and {{{{$timestamp}}}}"
            );
        }
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let measured = runtime.block_on(self.measured(allowed));
        measured.with_context(|| format!("cannot measure {}", self.request))
    }

    async fn measured(&self, allowed: f64) -> Result<Report> {
        let (heap, origin) = (InProcess::default(), Origin(self.address));
        let (load, scenario) =
            (Numbered(self.request.clone()), self.scenario(allowed));
        let found =
            stages::measure(&heap, origin, &load, &scenario, &BOUNDS, &|_| {});
        let Found {
            trend,
            reason,
            judgement,
            samples,
            requests_in_all,
            metrics,
            ..
        } = found.await?;
        if let Some(error) =
            samples.stats.first_error.as_ref().filter(|_| !self.may_fail)
        {
            let (errors, all) =
                (samples.stats.errors, samples.stats.latency_us.len());
            bail!("{errors} of {all} responses are errors, such as {error}");
        }
        Ok(Report {
            request: self.request.to_string(),
            trend,
            bytes_per_request: judgement.line.slope,
            allowed,
            interval: judgement.line.interval,
            detection_limit: judgement.detection_limit,
            requests: requests_in_all,
            metrics,
            sites: self.sites(&samples, &scenario),
            reason: reason.map(|reason| reason.replace("--count", "requests()")),
        })
    }

    fn scenario(&self, allowed: f64) -> Scenario {
        Scenario {
            // The noise may hide half of it.
            growth: Growth::Slope { min_leak_bytes: 2.0 * allowed },
            expected: Verdict::Bounded,
            ..stages::scenario(self.requests, self.concurrency)
        }
    }

    fn sites(&self, samples: &Samples, scenario: &Scenario) -> Vec<SiteGrowth> {
        let Some(window) = samples.windows.last() else { return Vec::new() };
        let in_app = self.in_app.as_ref().map(InApp::below).unwrap_or_else(|| {
            // Cargo names the package to every test that it starts.
            let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
            let crates = [window.profile.program(), package.replace('-', "_")];
            InApp::crates(&window.profile, &crates.each_ref().map(String::as_str))
        });
        let mut sites = sites_in(samples, scenario, &in_app);
        in_app_first(&mut sites);
        sites
    }
}

/// Why a check failed. Its debug form, which `unwrap` prints, is the message.
#[derive(thiserror::Error)]
pub enum CheckError {
    /// Memory grows, or the noise is too large to say so.
    #[error("{0}")]
    NotFlat(Box<Report>),
    /// The request could not be measured.
    #[error("{0:#}")]
    Failed(anyhow::Error),
}

impl fmt::Debug for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<anyhow::Error> for CheckError {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// What a check found.
#[derive(Debug, Clone)]
pub struct Report {
    /// Method and path.
    pub request: String,
    /// Whether it grows.
    pub trend: Trend,
    /// By how much live bytes rise with each request.
    pub bytes_per_request: f64,
    /// By how much they may.
    pub allowed: f64,
    /// Its 95 % confidence interval.
    pub interval: [f64; 2],
    /// A smaller growth than this counts as none.
    pub detection_limit: f64,
    /// Requests in the rounds.
    pub requests: u64,
    /// Open files, threads and gauges that rise with each request.
    pub metrics: Vec<MetricSlope>,
    /// What holds the growth: in-app lines first, the largest of them first.
    pub sites: Vec<SiteGrowth>,
    /// Why there is no verdict, and what to do.
    pub reason: Option<String>,
}

impl Report {
    /// Whether growth stopped, or goes on by no more than is allowed.
    fn is_flat(&self) -> bool {
        let bytes = match self.trend {
            Trend::Flat | Trend::Plateau => true,
            Trend::Leaks => self.bytes_per_request <= self.allowed,
            Trend::GrowsWith | Trend::Inconclusive => false,
        };
        bytes && !self.metrics.iter().any(MetricSlope::is_counted)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, bytes_per_request: slope, interval, .. } = self;
        let verdict = format!("{:?}", self.trend).to_uppercase();
        write!(
            f,
            "{request}: {verdict}, {slope:+.1} B per request, {} allowed \
             (95 % interval {:+.1} to {:+.1}, detection limit {:.1}, {} requests)",
            self.allowed,
            interval[0],
            interval[1],
            self.detection_limit,
            self.requests
        )?;
        for MetricSlope { name, per_request } in &self.metrics {
            write!(f, "\n{per_request:+.2} {name} per request")?;
        }
        if let Some(reason) = &self.reason {
            write!(f, "\n{reason}")?;
        }
        if self.trend == Trend::Inconclusive {
            f.write_str(
                "\nOther tests of this program use the same heap: run it alone",
            )?;
        }
        let Some(site) = self.sites.first() else { return Ok(()) };
        let (share, place) = (100.0 * site.share, site.place());
        write!(f, "\n{share:.0} % held by {place}")
    }
}

/// Sends a request, each time with a number of its own.
struct Numbered(Request);

impl Load for Numbered {
    fn requests(&self, round: u64, _: u64) -> Requests {
        let request = self.0.clone();
        Arc::new(move |n| request.filled(round * ROUND + n))
    }
}
