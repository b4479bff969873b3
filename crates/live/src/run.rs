//! A run: what is read of its services, what viewers ask for, and the drawing that all
//! viewers share.

use crate::baseline::Baseline;
use crate::calls;
use crate::forecast::{self, Outlook, Point};
use crate::observed::Observed;
use crate::recording::Recording;
use crate::ticks::{Death, EVERY, Line, Ring, Sample, State, Tick};
use crate::view::{self, Shape, View};
use heap::Reading;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime};
use tokio::sync::watch;
use workload::Steady;

/// What a run is about. Nothing of it changes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct About {
    /// What is done: `l09 Call budget`.
    pub title: String,
    /// How: `GET /orders/{id}/quote`.
    pub detail: String,
    /// Names of the services, in the order of their cards.
    pub names: Vec<String>,
    /// Resident memory above it ends a service, in bytes.
    pub limit: u64,
    /// Who ends it there: `the kernel`.
    pub limit_by: String,
    /// Requests per second at the start.
    pub load: u64,
    /// A number that the services keep themselves and that is drawn.
    pub gauge: Option<String>,
    /// What the database can be made to do. Without any, there is no such control.
    pub databases: Vec<String>,
    /// What can be run in place of this: titles.
    #[serde(skip)]
    pub lessons: Vec<String>,
}

/// What viewers ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Controls {
    /// Requests per second.
    pub load: u64,
    /// Index in [`About::databases`].
    pub database: usize,
    /// How often a restart was asked for.
    pub restarts: u64,
    /// Whether the newest restart is for services that run, because all of them did.
    pub whole: bool,
    /// How often call stacks were asked for, and the newest time of which service.
    pub windows: u64,
    /// See `windows`.
    pub window_of: usize,
    /// Index in [`About::lessons`] of the run that is wanted in place of this one.
    pub lesson: Option<usize>,
}

/// What is drawn.
#[derive(Default)]
struct Shown {
    ring: Ring,
    guess: Option<bool>,
    /// Whether the line that holds memory is shown.
    line: bool,
    /// The service whose call stacks are being recorded.
    window: Option<usize>,
    /// Why the newest window found no line.
    no_line: Option<String>,
    /// Whether log lines are shown.
    calls: bool,
}

/// A run that is shared by its services, its clock and its viewers.
pub struct Live {
    /// What it is about.
    pub about: About,
    /// When all services ran for the first time.
    began: OnceLock<Instant>,
    services: Vec<Mutex<Observed>>,
    /// A recorded run, whose first service is shown beside them.
    baseline: Option<Baseline>,
    shown: Mutex<Shown>,
    controls: watch::Sender<Controls>,
    frames: [watch::Sender<Arc<str>>; 2],
}

impl Live {
    /// A run that begins now.
    pub fn new(about: About) -> Self {
        let controls = Controls { load: about.load, ..Controls::default() };
        Self {
            began: OnceLock::new(),
            services: about.names.iter().map(|_| Mutex::default()).collect(),
            baseline: None,
            shown: Mutex::default(),
            controls: watch::Sender::new(controls),
            frames: [(); 2].map(|()| watch::Sender::new(Arc::from(""))),
            about,
        }
    }

    /// The same beside the first service of a recorded run.
    #[must_use]
    pub fn beside(mut self, recorded: Option<Recording>) -> Self {
        if let Some(recorded) = recorded {
            let name = format!("{} (recorded)", recorded.about.names[0]);
            self.about.names.push(name);
            self.baseline = Some(Baseline(recorded.ring));
        }
        self
    }

    /// What viewers ask for, now and later.
    pub fn controls(&self) -> watch::Receiver<Controls> {
        self.controls.subscribe()
    }

    /// Restarts what has died, or everything if nothing has.
    pub fn restart(&self) {
        let dead = |state| matches!(state, State::Killed | State::Ended);
        let whole =
            !self.services.iter().any(|observed| dead(lock(observed).sample.state));
        self.change(|controls| {
            (controls.restarts, controls.whole) = (controls.restarts + 1, whole);
        });
    }

    /// Changes what is asked for.
    pub fn change(&self, change: impl FnOnce(&mut Controls)) {
        self.controls.send_modify(change);
    }

    /// Seconds since the load began.
    fn now(&self) -> f64 {
        self.began.get().map_or(0.0, |began| began.elapsed().as_secs_f64())
    }

    /// Ticks for as long as it is awaited. The loads begin when all services run.
    pub async fn clock(&self, loads: &[Arc<Steady>]) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let runs = |observed: &Mutex<Observed>| {
            lock(observed).sample.state == State::Running
        };
        while !self.services.iter().all(runs) {
            ticks.tick().await;
        }
        self.began.get_or_init(Instant::now);
        loop {
            ticks.tick().await;
            let controls = *self.controls.borrow();
            for load in loads {
                load.set_rate(controls.load);
            }
            let counts = self.services.iter().zip(loads);
            let services =
                counts.map(|(service, load)| lock(service).tick(load.take()));
            let at = self.now();
            let recorded = self.baseline.as_ref().map(|of| of.sample(at));
            let services = services.chain(recorded).collect();
            if let Some(baseline) = &self.baseline {
                let deaths = &mut self.shown().ring.deaths;
                baseline.deaths(at, self.services.len(), deaths);
            }
            let tick = Tick {
                at,
                load: controls.load,
                database: controls.database,
                window: self.shown().window,
                services,
            };
            self.push(tick);
        }
    }

    /// Adds a tick and draws it, if there are viewers.
    pub fn push(&self, tick: Tick) {
        self.shown().ring.push(tick);
        self.draw();
    }

    /// A service is being started for this time, counted from 0. Nothing is known of it.
    pub fn starting(&self, service: usize, restarts: u64) {
        let sample = Sample { restarts, ..Sample::default() };
        *lock(&self.services[service]) = Observed::of(sample);
        self.lost(service);
    }

    /// A service takes requests.
    pub fn running(&self, service: usize) {
        lock(&self.services[service]).sample.state = State::Running;
    }

    /// What was read of a service; what is `None` keeps its last value.
    pub fn read(
        &self,
        service: usize,
        resident: Option<u64>,
        heap: Option<&Reading>,
    ) {
        let sample = &mut lock(&self.services[service]).sample;
        sample.resident = resident.or(sample.resident);
        let Some(heap) = heap else { return };
        // An instrument that counts nothing says 0.
        sample.live = Some(heap.live_bytes).filter(|live| *live > 0).or(sample.live);
        sample.files = heap.open_files.or(sample.files);
        let gauge = self.about.gauge.as_ref().and_then(|name| heap.gauges.get(name));
        sample.gauge = gauge.copied().or(match &self.about.gauge {
            None => Some(heap.in_flight),
            Some(_) => sample.gauge,
        });
    }

    /// A service was killed or has ended.
    pub fn died(&self, service: usize, state: State, why: String) {
        let sample = {
            let observed = &mut *lock(&self.services[service]);
            observed.sample.state = state;
            observed.sample.clone()
        };
        let killed = state == State::Killed;
        let most = killed.then(|| self.shown().ring.killed(service)).flatten();
        let resident = sample.resident.max(most).unwrap_or_default();
        let (at, requests) = (self.now(), sample.requests);
        self.lost(service);
        self.record(Death { service, at, state, resident, requests, why });
    }

    /// A service ended while its window was open.
    fn lost(&self, service: usize) {
        if self.shown().window == Some(service) {
            self.found(Err("the service ended before it was found".to_owned()));
        }
    }

    /// Adds a death. It ends the guessing.
    pub fn record(&self, death: Death) {
        let shown = &mut *self.shown();
        shown.ring.died(death);
        shown.guess = None;
    }

    /// Hides the names, in an order that chance decides, or shows them again.
    pub fn guess(&self) {
        let shown = &mut *self.shown();
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let chance = now.subsec_micros() % 2 == 1;
        shown.guess = shown.guess.is_none().then_some(chance);
    }

    /// Shows the line that holds the memory, or hides it. A window finds it on the running
    /// service that has most live bytes.
    pub fn line(&self, replay: bool) {
        let live = |service: &usize| {
            let sample = lock(&self.services[*service]).sample.clone();
            (sample.state == State::Running)
                .then_some((sample.live, sample.resident))
        };
        let most = (0..self.services.len()).max_by_key(live);
        let shown = &mut *self.shown();
        shown.line = !shown.line;
        if !shown.line || replay || shown.window.is_some() {
            return;
        }
        match most.filter(|service| live(service).is_some()) {
            None => shown.no_line = Some("no service is running".to_owned()),
            Some(service) => {
                shown.window = Some(service);
                self.change(|controls| {
                    controls.windows += 1;
                    controls.window_of = service;
                });
            }
        }
    }

    /// What a window found, or why it found nothing.
    pub fn found(&self, found: Result<Line, String>) {
        let shown = &mut *self.shown();
        shown.window = None;
        shown.no_line = found.as_ref().err().cloned();
        shown.ring.line = found.ok().or(shown.ring.line.take());
    }

    /// Shows the log lines of database calls, or hides them.
    pub fn show_calls(&self) {
        let shown = &mut *self.shown();
        shown.calls = !shown.calls;
    }

    /// Reads the log of a service, if its calls are shown.
    pub(crate) fn log(&self, service: usize, lines: impl FnOnce() -> Vec<String>) {
        if self.shown().calls {
            lock(&self.services[service]).calls = calls::read(&lines());
        }
    }

    /// What is known of a service now, and since when the load runs.
    pub(crate) fn sample(&self, service: usize) -> (f64, Sample) {
        (self.now(), lock(&self.services[service]).sample.clone())
    }

    /// What is to be expected of a service.
    pub fn outlook(&self, service: usize) -> Outlook {
        let shown = self.shown();
        forecast::outlook(&life(&shown.ring, service), self.about.limit as f64)
    }

    /// All that was read.
    pub fn ring(&self) -> Ring {
        self.shown().ring.clone()
    }

    /// The drawing now, and those that follow.
    pub(crate) fn watch(&self, shape: Shape) -> watch::Receiver<Arc<str>> {
        let frames = &self.frames[shape as usize];
        let receiver = frames.subscribe();
        frames.send_replace(self.frame(shape));
        receiver
    }

    fn draw(&self) {
        for shape in [Shape::Wide, Shape::Narrow] {
            let frames = &self.frames[shape as usize];
            if frames.receiver_count() > 0 {
                frames.send_replace(self.frame(shape));
            }
        }
    }

    fn frame(&self, shape: Shape) -> Arc<str> {
        let shown = self.shown();
        let Shown { ring, guess, line, no_line, calls, .. } = &*shown;
        let of = |service: &Mutex<Observed>| lock(service).calls.clone();
        let view = View {
            line: line.then_some(no_line.as_deref()),
            calls: calls.then(|| self.services.iter().map(of).collect()),
            ..View::new(&self.about, ring, *guess)
        };
        view::frame(&view, shape).into()
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        lock(&self.shown)
    }
}

/// What was read of a service since its last start.
pub(crate) fn life(ring: &Ring, service: usize) -> Vec<Point> {
    let mut points = Vec::new();
    let mut restarts = None;
    for tick in ring.ticks.iter().rev() {
        let Some(sample) = tick.services.get(service) else { break };
        let same = *restarts.get_or_insert(sample.restarts) == sample.restarts;
        let (Some(resident), true) = (sample.resident, same) else { break };
        if sample.state != State::Running {
            break;
        }
        let live = sample.live.unwrap_or(resident) as f64;
        points.push(Point { at: tick.at, live, resident: resident as f64 });
    }
    points.reverse();
    points
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
