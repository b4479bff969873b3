//! Numbers beside the heap: sockets, tasks, the depth of a queue.

use super::frame::{Series, Unit, Words, figure};
use super::lines::lines;
use super::rounds::{extent, furthest, over_requests, plane};
use crate::comparison::{LessonResult, TwinResult};
use crate::page::twins;
use maud::Markup;

/// Words before the state of a socket in the name of a sign.
const SOCKETS_IN: &str = "sockets in ";

/// A chart for each sign that belongs to the lesson.
pub(in crate::page) fn signs(lesson: &LessonResult) -> Vec<Markup> {
    let mut names: Vec<&str> = Vec::new();
    for sign in lesson.twins.values().flat_map(|twin| &twin.metrics) {
        if !names.contains(&sign.name.as_str()) {
            names.push(&sign.name);
        }
    }
    names.into_iter().filter_map(|name| chart(lesson, name)).collect()
}

fn chart(lesson: &LessonResult, name: &str) -> Option<Markup> {
    let of = |(twin, result): (&str, &TwinResult)| {
        let points = over_requests(result, 1, values(result, name)?.into_iter());
        let sign = result.metrics.iter().find(|sign| sign.name == name)?;
        let figure = format!("{:+.2} a request", sign.per_request);
        Some(Series { name: twin.to_owned(), figure, points })
    };
    let series: Vec<Series> = twins(lesson).into_iter().filter_map(of).collect();
    let last = furthest(&series)?;
    let said: Vec<_> =
        series.iter().map(|s| format!("{}: {}", s.name, s.figure)).collect();
    let mut title = name.to_owned();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let words = Words {
        title: &title,
        description: format!("After each round. {}.", said.join("; ")),
        x: "requests",
        y: name,
    };
    Some(figure(&words, &series, Unit::Count, |area| {
        let (low, high) = extent(&series, [0.0, 1.0]);
        let mut plane = plane(area, 0.0..last, low..high, "requests", Unit::Count)?;
        lines(area, &mut plane, &series, Unit::Count, "requests")
    }))
}

/// After each round, by the name that `signs` of the measurement gives.
fn values(twin: &TwinResult, name: &str) -> Option<Vec<f64>> {
    let known = |values: &[Option<u64>]| -> Option<Vec<u64>> {
        values.iter().copied().collect()
    };
    let values = match name {
        "open files" => known(&twin.open_files)?,
        "tasks" => twin.tasks.clone(),
        "requests in flight" => twin.in_flight.clone(),
        _ => match name.strip_prefix(SOCKETS_IN) {
            Some(state) => {
                let of = |sockets: &Option<_>| -> Option<u64> {
                    let sockets: &std::collections::BTreeMap<String, u64> =
                        sockets.as_ref()?;
                    Some(sockets.get(state).copied().unwrap_or(0))
                };
                twin.sockets.iter().map(of).collect::<Option<Vec<_>>>()?
            }
            None => twin.gauges.get(name)?.clone(),
        },
    };
    Some(values.into_iter().map(|value| value as f64).collect())
}
