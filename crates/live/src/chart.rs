//! The charts of the live page, of the same pieces as those of the report: memory up to
//! the limit, with what is to come, and small ones below it. Scales don't move: y reaches
//! a little above the limit, and x doubles when it is full.

use crate::forecast::{self, Forecast, Outlook};
use crate::run::life;
use crate::ticks::{Death, Sample, State, Tick};
use crate::view::{Shape, View};
use crate::words;
use limit::Bytes;
use maud::{Markup, html};
use report::axis::{Axis, bytes, ceiling, number, path, round};

/// The first width of the x axis, in seconds.
const FIRST_SECONDS: f64 = 90.0;
/// Points of a line that a screen can show.
const POINTS_MAX: usize = 400;
/// The same for a small chart.
const SMALL_POINTS_MAX: usize = 120;
/// More marks than these hide the lines.
const MARKS_MAX: usize = 40;
/// Half the size of the cross where a service died.
const CROSS: f64 = 10.0;

type Points = Vec<(f64, f64)>;

/// Resident and live memory of every service, the limit, and what is to come.
pub(crate) fn memory(view: &View<'_>, shape: Shape) -> Markup {
    let (width, height, left) = match shape {
        Shape::Wide => (1250.0, 366.0, 76.0),
        Shape::Narrow => (380.0, 300.0, 62.0),
    };
    let limit = view.about.limit as f64;
    let x = Axis { values: [0.0, span(view)], units: [left, width - 12.0] };
    let y = Axis { values: [0.0, 1.12 * limit], units: [height - 26.0, 8.0] };
    let line = round(y.at(limit));
    let marks = if shape == Shape::Wide { 9.0 } else { 4.0 };
    html! {
        svg class="chart" role="img" viewBox=(format!("0 0 {width} {height}"))
            aria-label="Memory over time; the cards above have the figures" {
            (grid(&x, &y, marks, bytes))
            g class="limit" {
                line x1=(round(left)) x2=(round(width - 12.0)) y1=(line) y2=(line) {}
                text x=(round(width - 18.0)) y=(line - 6) {
                    "memory limit, " (Bytes(view.about.limit))
                }
            }
            @for (place, &service) in view.order.iter().enumerate() {
                g class=(view.class(place)) {
                    @for part in lines(view, service, live) {
                        polyline class="thin" points=(path(&thinned(&part, POINTS_MAX), &x, &y)) {}
                    }
                    @for part in lines(view, service, resident) {
                        polyline class="thick" points=(path(&thinned(&part, POINTS_MAX), &x, &y)) {}
                    }
                    @if let Some(ahead) = ahead(view, service, limit, x.values[1]) {
                        polyline class="ahead" points=(path(&ahead, &x, &y)) {}
                    }
                }
            }
            (changes(view, &x, &y))
            (names(view, &x, &y))
            @for death in &view.ring.deaths { (cross(view, death, &x, &y)) }
        }
    }
}

/// A small chart of one figure, without the limit. `top` is the least height of y.
pub(crate) fn small(
    view: &View<'_>,
    title: &str,
    top: f64,
    of: impl Fn(&Sample) -> Option<f64> + Copy,
) -> Markup {
    let (width, height) = (300.0, 108.0);
    let thin = |part: &Points| thinned(part, SMALL_POINTS_MAX);
    let of_service = |service: &usize| -> Vec<Points> {
        lines(view, *service, of).iter().map(thin).collect()
    };
    let parts: Vec<_> = view.order.iter().map(of_service).collect();
    let mut values: Vec<f64> =
        parts.iter().flatten().flatten().map(|point| point.1).collect();
    values.sort_by(f64::total_cmp);
    // Outliers, such as the first request, do not flatten the rest.
    let usual = values.get(values.len() * 98 / 100).copied().unwrap_or(0.0);
    let high = ceiling(usual.max(top) * 1.05);
    let x = Axis { values: [0.0, span(view)], units: [58.0, width - 4.0] };
    let y = Axis { values: [0.0, high], units: [height - 8.0, 10.0] };
    let clamped = |part: &Points| -> Points {
        part.iter().map(|&(at, value)| (at, value.min(high))).collect()
    };
    html! {
        svg class="chart small" role="img" viewBox=(format!("0 0 {width} {height}")) aria-label=(title) {
            (grid(&x, &y, 0.0, number))
            @for (place, parts) in parts.iter().enumerate() {
                g class=(view.class(place)) {
                    @for part in parts { polyline points=(path(&clamped(part), &x, &y)) {} }
                }
            }
        }
    }
}

fn resident(sample: &Sample) -> Option<f64> {
    sample.resident.map(|bytes| bytes as f64)
}

fn live(sample: &Sample) -> Option<f64> {
    sample.live.map(|bytes| bytes as f64)
}

/// Seconds on the x axis.
fn span(view: &View<'_>) -> f64 {
    let now = view.now();
    let mut span = FIRST_SECONDS;
    while span < now {
        span *= 2.0;
    }
    span
}

/// Lines of both axes; at most `marks` times.
fn grid(x: &Axis, y: &Axis, marks: f64, text: fn(f64) -> String) -> Markup {
    let steps = [10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
    let step = steps.into_iter().find(|step| x.values[1] / step <= marks);
    let step = step.unwrap_or_else(|| (x.values[1] / marks.max(1.0)).ceil());
    let times = (0..).map(|n| f64::from(n) * step);
    let times = times.take_while(|at| marks > 0.0 && *at <= x.values[1]);
    let ([left, right], [bottom, top]) = (x.units.map(round), y.units.map(round));
    let ticks = y.ticks();
    // A small chart has room for its ends.
    let every = if marks > 0.0 { 1 } else { (ticks.len() - 1).max(1) };
    html! {
        g class="grid" {
            @for at in ticks.into_iter().step_by(every) {
                @let height = round(y.at(at));
                line x1=(left) x2=(right) y1=(height) y2=(height) {}
                text class="end" x=(left - 8) y=(height + 5) { (text(at)) }
            }
            @for at in times {
                @let along = round(x.at(at));
                line x1=(along) x2=(along) y1=(top) y2=(bottom) {}
                text class=[(along > right - 20).then_some("end")] x=(along) y=(bottom + 20) { (words::clock(at)) }
            }
        }
    }
}

/// A figure over time, a part for each life of the service.
fn lines(
    view: &View<'_>,
    service: usize,
    of: impl Fn(&Sample) -> Option<f64>,
) -> Vec<Points> {
    let point = |tick: &Tick| {
        let sample = tick.services.get(service)?;
        let value = of(sample).filter(|_| sample.state == State::Running);
        Some(value.map(|value| (tick.at, value)))
    };
    let points: Vec<_> = view.ring.ticks.iter().filter_map(point).collect();
    let lives = points.split(Option::is_none).filter(|life| !life.is_empty());
    lives.map(|life| life.iter().flatten().copied().collect()).collect()
}

/// The largest of each group of neighbours, and the last point.
fn thinned(points: &Points, most: usize) -> Points {
    let group = points.len().div_ceil(most).max(1);
    let largest = |group: &[(f64, f64)]| {
        group.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let groups = points.chunks(group).filter_map(largest);
    let last = points.last().copied().filter(|_| group > 1);
    groups.chain(last).collect()
}

/// What was changed, and when: the load, the database, a restart, a window.
fn changes(view: &View<'_>, x: &Axis, y: &Axis) -> Markup {
    let restarts =
        |tick: &Tick| tick.services.iter().map(|of| of.restarts).sum::<u64>();
    let change = |before: &Tick, now: &Tick| {
        if now.load != before.load {
            Some(format!("{}/s", now.load))
        } else if now.database != before.database {
            view.about.databases.get(now.database).cloned()
        } else if restarts(now) > restarts(before) {
            Some("restart".to_owned())
        } else {
            let opened = now.window.is_some() && before.window.is_none();
            opened.then(|| "window".to_owned())
        }
    };
    let ticks = view.ring.ticks.windows(2);
    let found = ticks.filter_map(|two| Some((two[1].at, change(&two[0], &two[1])?)));
    let mut free = i64::MIN;
    let found = found.take(MARKS_MAX).map(|(at, text)| {
        let along = round(x.at(at));
        // A label that would cover another one is left out.
        let text = Some(text).filter(|_| along > free);
        free = free.max(along + text.as_ref().map_or(0, |of| 10 * of.len() as i64));
        (along, text)
    });
    let [bottom, top] = y.units.map(round);
    html! {
        @for (along, text) in found {
            g class="mark" {
                line x1=(along) x2=(along) y1=(top) y2=(bottom) {}
                @if let Some(text) = text { text x=(along + 4) y=(top + 14) { (text) } }
            }
        }
    }
}

/// From now to the limit, or to the end of the axis.
fn ahead(view: &View<'_>, service: usize, limit: f64, end: f64) -> Option<Points> {
    let points = life(view.ring, service);
    let now = points.last()?;
    let Outlook::Full(Forecast { seconds: [_, likely, _], .. }) =
        forecast::outlook(&points, limit)
    else {
        return None;
    };
    let share = ((end - now.at) / likely.max(0.1)).clamp(0.0, 1.0);
    let to =
        (now.at + share * likely, now.resident + share * (limit - now.resident));
    Some(vec![(now.at, now.resident), to])
}

/// The name of each line at its end, that of the upper one above and of the lower one below.
fn names(view: &View<'_>, x: &Axis, y: &Axis) -> Markup {
    let mut ends: Vec<_> = view
        .order
        .iter()
        .enumerate()
        .filter_map(|(place, &service)| {
            let parts = lines(view, service, resident);
            let end = *parts.last()?.last()?;
            Some((place, x.at(end.0), y.at(end.1)))
        })
        .collect();
    ends.sort_by(|a, b| a.2.total_cmp(&b.2));
    let early = x.units[0] + 90.0;
    // Below the line, a name would cover the times of the axis.
    let is_low = |height: f64| height + 30.0 > y.units[0];
    html! {
        @for (n, (place, along, height)) in ends.into_iter().enumerate() {
            // What grows comes from below on the left and goes on above on the right.
            @let above = match (n, is_low(height)) {
                (0, true) => -32.0,
                (0, false) | (_, true) => -12.0,
                (_, false) => 22.0,
            };
            @let (class, along) = if along > early { ("end", along - 6.0) } else { ("start", along + 6.0) };
            g class=(view.class(place)) {
                text class={ "name " (class) } x=(round(along)) y=(round(height + above)) {
                    (view.name(place))
                }
            }
        }
    }
}

fn cross(view: &View<'_>, death: &Death, x: &Axis, y: &Axis) -> Markup {
    let [low, high] = y.values;
    let (along, height) =
        (x.at(death.at), y.at((death.resident as f64).clamp(low, high)));
    let arm = |by: f64| {
        format!(
            "M{:.0} {:.0}l{:.0} {:.0}",
            along - CROSS,
            height - by,
            2.0 * CROSS,
            2.0 * by
        )
    };
    let newest = view.ring.deaths.last().is_some_and(|last| last.at <= death.at);
    html! {
        g class="death" {
            path d={ (arm(CROSS)) (arm(-CROSS)) } {}
            @if newest {
                @let right = along > x.units[1] - 250.0;
                text class=(if right { "end" } else { "start" })
                    x=(round(if right { along - 16.0 } else { along + 16.0 })) y=(round(height + 24.0)) {
                    (death.state.word()) " " (words::clock(death.at))
                }
            }
        }
    }
}
