//! What a viewer sees of a run: cards, charts and figures, as parts of a page.

use crate::calls::Call;
use crate::chart;
use crate::forecast::{self, WINDOW};
use crate::run::{About, life};
use crate::ticks::{Death, Ring, Sample, State, Tick};
use crate::words;
use crate::{calls, line};
use limit::Bytes;
use maud::{Markup, html};
use report::axis::{bytes, number};
use report::figures::percent;
use serde_json::json;

/// For which screen is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A projector or a monitor.
    Wide,
    /// A telephone.
    Narrow,
}

/// What is drawn.
pub(crate) struct View<'a> {
    pub(crate) about: &'a About,
    pub(crate) ring: &'a Ring,
    /// Services in the order of their cards.
    pub(crate) order: Vec<usize>,
    /// Whether names and colours are hidden.
    pub(crate) hidden: bool,
    /// Whether the line that holds the memory is shown, and why there is none.
    pub(crate) line: Option<Option<&'a str>>,
    /// Log lines of each service, if they are shown.
    pub(crate) calls: Option<Vec<Vec<Call>>>,
}

impl<'a> View<'a> {
    /// `guess` hides the names, and says whether it turns the order around.
    pub(crate) fn new(
        about: &'a About,
        ring: &'a Ring,
        guess: Option<bool>,
    ) -> Self {
        let mut order: Vec<_> = (0..about.names.len()).collect();
        if guess == Some(true) {
            order.reverse();
        }
        let hidden = guess.is_some();
        Self { about, ring, order, hidden, line: None, calls: None }
    }

    /// Seconds since the load began.
    pub(crate) fn now(&self) -> f64 {
        self.ring.last().map_or(0.0, |tick| tick.at)
    }

    /// The newest sample of a service.
    pub(crate) fn sample(&self, service: usize) -> Sample {
        let last = self.ring.last().and_then(|tick| tick.services.get(service));
        last.cloned().unwrap_or_default()
    }

    /// The name of the card at this place.
    pub(crate) fn name(&self, place: usize) -> &str {
        match self.hidden {
            true => ["A", "B"][place % 2],
            false => &self.about.names[self.order[place]],
        }
    }

    /// Its colour.
    pub(crate) fn class(&self, place: usize) -> &'static str {
        let alone = self.about.names.len() == 1;
        match (self.hidden, self.order[place]) {
            (true, _) => ["guess-a", "guess-b"][place % 2],
            (false, 0) if !alone => "leaky",
            (false, _) => "fixed",
        }
    }

    /// The place of its card.
    pub(crate) fn place(&self, service: usize) -> usize {
        self.order.iter().position(|of| *of == service).unwrap_or_default()
    }

    fn death(&self, service: usize) -> Option<&Death> {
        self.ring.deaths.iter().rev().find(|death| death.service == service)
    }
}

/// Everything that changes, as an event for the page's script.
pub(crate) fn frame(view: &View<'_>, shape: Shape) -> String {
    let tick = view.ring.last().cloned().unwrap_or_default();
    let parts = json!({
        "figures": figures(view, &tick).into_string(),
        "cards": cards(view).into_string(),
        "memory": chart::memory(view, shape).into_string(),
        "line": line::panel(view, &tick).into_string(),
        "small": calls::table(view).unwrap_or_else(|| small(view)).into_string(),
    });
    json!({
        "parts": parts,
        "say": view.ring.deaths.last().filter(|_| !view.hidden).map(|death| said(view, death)),
        "load": tick.load,
        "database": tick.database,
        "guess": view.hidden,
        "line": view.line.is_some(),
        "calls": view.calls.is_some(),
    })
    .to_string()
}

/// The same without a script, for a page that is saved.
pub(crate) fn all(view: &View<'_>) -> Markup {
    html! {
        div id="cards" { (cards(view)) }
        div id="memory" { (chart::memory(view, Shape::Wide)) }
        div id="small" { (small(view)) }
        @if let Some(line) = &view.ring.line { aside id="line" { (line::found(view, line)) } }
        @for death in &view.ring.deaths { p class="toast" { (said(view, death)) } }
    }
}

/// The death in a sentence.
fn said(view: &View<'_>, death: &Death) -> String {
    let Death { at, state, requests, why, .. } = death;
    let (name, state) = (&view.about.names[death.service], state.word());
    format!(
        "{name} {state} at {}, after {requests} requests: {why}",
        words::clock(*at)
    )
}

fn figures(view: &View<'_>, tick: &Tick) -> Markup {
    let reached = tick.services.iter().filter(|of| of.state == State::Running);
    let reached = reached.map(|of| of.reached).fold(f64::INFINITY, f64::min);
    html! {
        span { "asked " b { (tick.load) } "/s" }
        @if reached.is_finite() { span { "reached " b { (number(reached)) } "/s" } }
        span { "limit " b { (Bytes(view.about.limit)) } " by " (view.about.limit_by) }
        b class="clock" { (words::clock(tick.at)) }
    }
}

fn cards(view: &View<'_>) -> Markup {
    html! {
        @for (place, &service) in view.order.iter().enumerate() {
            (card(view, place, service))
        }
    }
}

fn card(view: &View<'_>, place: usize, service: usize) -> Markup {
    let sample = view.sample(service);
    let points = life(view.ring, service);
    let outlook = forecast::outlook(&points, view.about.limit as f64);
    let (large, small) = match (sample.state, view.death(service)) {
        (State::Running, _) => words::outlook(&outlook),
        (State::Killed | State::Ended, Some(death)) => {
            (words::clock(death.at), death.state.word().to_owned())
        }
        (state, _) => ("…".to_owned(), state.word().to_owned()),
    };
    let runs = sample.state == State::Running;
    let resident = sample.resident.filter(|_| runs);
    let resident = resident.map_or_else(|| "—".to_owned(), |of| bytes(of as f64));
    let again = match sample.restarts {
        0 => String::new(),
        1 => ", restarted once".to_owned(),
        n => format!(", restarted {n} times"),
    };
    let live = sample.live.filter(|_| runs).map(|of| bytes(of as f64));
    let each = each_request(view, service).filter(|_| runs);
    let line = view.ring.line.as_ref().filter(|line| line.service == service);
    html! {
        article class={ "card " (view.class(place)) } {
            h2 {
                (view.name(place)) " "
                span class={ "state " (sample.state.word()) } { (sample.state.word()) (again) }
                @if let Some(line) = line {
                    @let file = line.place.rsplit('/').next();
                    " " small { code { (file.unwrap_or_default()) } ": " (percent(line.share)) }
                }
            }
            p class="large" { b { (resident) } small { "resident memory" } }
            p class="large ahead" { b { (large) } small { (small) } }
            ul {
                @if let Some(each) = each { li { (each) " a request" } }
                @if let Some(live) = live { li { (live) " live" } }
                @if let Some(files) = sample.files { li { (files) " open files" } }
                li { (number(sample.reached)) "/s, " (errors(&sample)) }
            }
        }
    }
}

fn errors(sample: &Sample) -> Markup {
    let per_second = number(sample.errors);
    html! {
        @if sample.errors > 0.0 {
            strong { (per_second) " errors/s" }
        } @else { "no errors" }
    }
}

/// Live bytes that each request added, over the forecast's window.
fn each_request(view: &View<'_>, service: usize) -> Option<String> {
    let points = life(view.ring, service);
    let [_, per_second, _] = forecast::slope(&points, |point| point.live)?;
    let (now, born) = (points.last()?.at, points.first()?.at);
    let from = born.max(now - WINDOW);
    let first = view.ring.ticks.iter().find(|tick| tick.at >= from)?;
    let served = view
        .sample(service)
        .requests
        .checked_sub(first.services[service].requests)?;
    if served == 0 {
        return None;
    }
    let rate = served as f64 / (now - first.at);
    let each = (per_second / rate).round();
    let sign = if each < 0.0 { "−" } else { "+" };
    Some(format!("{sign}{}", bytes(each.abs())))
}

/// The small charts, each with its newest values.
fn small(view: &View<'_>) -> Markup {
    let gauge = view.about.gauge.as_deref().unwrap_or("requests in flight");
    let count = |of: Option<u64>| of.map(|of| of as f64);
    html! {
        (one(view, "open files", "", 50.0, |of| count(of.files)))
        (one(view, "requests per second", "", 1.0, |of| Some(of.reached)))
        (one(view, "median latency", " ms", 10.0, |of| of.p50))
        (one(view, gauge, "", 5.0, |of| count(of.gauge)))
    }
}

fn one(
    view: &View<'_>,
    title: &str,
    unit: &str,
    top: f64,
    of: impl Fn(&Sample) -> Option<f64> + Copy,
) -> Markup {
    html! {
        figure {
            figcaption {
                (title)
                @for (place, &service) in view.order.iter().enumerate() {
                    @let sample = view.sample(service);
                    @let value = of(&sample).filter(|_| sample.state == State::Running);
                    " " b class=(view.class(place)) {
                        (value.map_or_else(|| "—".to_owned(), |of| number(of) + unit))
                    }
                }
            }
            (chart::small(view, title, top, of))
        }
    }
}
