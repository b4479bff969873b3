//! Live and resident bytes over the requests of the rounds.

use super::frame::{Area, DrawError, Series, Unit, Words, count, figure, label};
use super::lines::{Plane, axes, lines};
use super::palette::Role;
use crate::comparison::{LessonResult, TwinResult};
use crate::figures;
use crate::page::twins;
use maud::Markup;
use plotters::chart::ChartBuilder;
use plotters::coord::types::RangedCoordf64;
use plotters::element::Polygon;
use plotters::series::DashedLineSeries;
use plotters::style::{Color, ShapeStyle};
use std::ops::Range;

type Linear<'a> = Plane<'a, RangedCoordf64, RangedCoordf64>;

/// What live bytes came since the first reading, with slope, interval and what the run
/// could not have told from noise.
pub(in crate::page) fn live(lesson: &LessonResult) -> Option<Markup> {
    let twins = twins(lesson);
    let series: Vec<Series> =
        twins.iter().map(|(name, twin)| growth(name, twin)).collect();
    let last = furthest(&series)?;
    let limit = twins
        .iter()
        .map(|(_, twin)| twin.detection_limit_bytes_per_request)
        .fold(0.0, f64::max);
    let said: Vec<_> =
        series.iter().map(|s| format!("{}: {}", s.name, s.figure)).collect();
    let words = Words {
        title: "Live bytes since the first reading",
        description: format!(
            "Over {} requests. {}. In the grey band growth cannot be told from noise.",
            count(last),
            said.join("; ")
        ),
        x: "requests",
        y: "live bytes",
    };
    let bands: Vec<Band> =
        twins.iter().map(|(name, twin)| Band::of(name, twin, last)).collect();
    Some(figure(&words, &series, Unit::Bytes, |area| {
        let noise = limit * last;
        let (low, high) = extent(&series, [-noise, noise]);
        let mut plane = plane(area, 0.0..last, low..high, "requests", Unit::Bytes)?;
        plane.draw_series([Polygon::new(
            [(0.0, 0.0), (last, noise), (last, -noise)],
            Role::Noise.colour().mix(0.2).filled(),
        )])?;
        for band in &bands {
            plane.draw_series([Polygon::new(
                [(0.0, 0.0), (last, band.high), (last, band.low)],
                band.role.colour().mix(0.12).filled(),
            )])?;
            let line = [(0.0, 0.0), (last, band.middle)];
            let style = ShapeStyle::from(&band.role.colour()).stroke_width(1);
            plane.draw_series(DashedLineSeries::new(line, 5, 4, style))?;
        }
        lines(area, &mut plane, &series, Unit::Bytes, "requests")
    }))
}

/// What the system gave the process, beside it.
pub(in crate::page) fn resident(lesson: &LessonResult) -> Option<Markup> {
    let of = |(name, twin): (&str, &TwinResult)| {
        let values: Option<Vec<u64>> = twin.resident_bytes.iter().copied().collect();
        let values = values.filter(|values| !values.is_empty())?;
        let points = over_requests(twin, 1, values.iter().map(|&v| v as f64));
        let before = twin.resident_before_bytes;
        let figure = match (before, values.last()) {
            (Some(before), Some(&last)) => format!(
                "{} before the first request, {} at the end",
                Unit::Bytes.short(before as f64),
                Unit::Bytes.short(last as f64)
            ),
            _ => String::new(),
        };
        Some(Series { name: name.to_owned(), figure, points })
    };
    let series: Vec<Series> = twins(lesson).into_iter().filter_map(of).collect();
    let last = furthest(&series)?;
    let said: Vec<_> =
        series.iter().map(|s| format!("{}: {}", s.name, s.figure)).collect();
    let words = Words {
        title: "Resident bytes",
        description: format!(
            "What the system gave the process. {}.",
            said.join("; ")
        ),
        x: "requests",
        y: "resident bytes",
    };
    Some(figure(&words, &series, Unit::Bytes, |area| {
        let (_, high) = extent(&series, [0.0, 0.0]);
        let mut plane = plane(area, 0.0..last, 0.0..high, "requests", Unit::Bytes)?;
        lines(area, &mut plane, &series, Unit::Bytes, "requests")
    }))
}

/// Values after each round, of which the first has this number.
pub(super) fn over_requests(
    twin: &TwinResult,
    first: usize,
    values: impl Iterator<Item = f64>,
) -> Vec<(f64, f64)> {
    let each = twin.requests_per_round as f64;
    values.enumerate().map(|(n, value)| ((n + first) as f64 * each, value)).collect()
}

fn growth(name: &str, twin: &TwinResult) -> Series {
    let first = twin.live_bytes.first().copied().unwrap_or(0) as f64;
    let values = twin.live_bytes.iter().map(|&bytes| bytes as f64 - first);
    Series {
        name: name.to_owned(),
        figure: figures::slope(twin),
        points: over_requests(twin, 0, values),
    }
}

/// Where the interval of a slope leads.
struct Band {
    role: Role,
    low: f64,
    middle: f64,
    high: f64,
}

impl Band {
    fn of(name: &str, twin: &TwinResult, requests: f64) -> Self {
        let [low, high] = twin.ci95;
        Self {
            role: Role::of_twin(name),
            low: low * requests,
            middle: twin.slope_bytes_per_request * requests,
            high: high * requests,
        }
    }
}

/// The largest x; `None` where there is no line to draw.
pub(super) fn furthest(series: &[Series]) -> Option<f64> {
    let all = series.iter().flat_map(|line| &line.points).map(|point| point.0);
    let last = all.fold(0.0, f64::max);
    (last > 0.0).then_some(last)
}

/// Lowest and highest y with a little room, and these two at least.
pub(super) fn extent(series: &[Series], least: [f64; 2]) -> (f64, f64) {
    let all = series.iter().flat_map(|line| &line.points).map(|point| point.1);
    let (low, high) =
        all.fold((least[0], least[1]), |(low, high), y| (low.min(y), high.max(y)));
    let room = ((high - low) * 0.06).max(1.0);
    (if low < 0.0 { low - room } else { low }, high + room)
}

/// Axes with labels in one unit.
pub(super) fn plane<'a>(
    area: &Area<'a>,
    x: Range<f64>,
    y: Range<f64>,
    x_title: &str,
    unit: Unit,
) -> Result<Linear<'a>, DrawError> {
    let (divisor, suffix) = unit.axis(y.start.abs().max(y.end.abs()));
    let mut plane = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(x, y)?;
    axes(&mut plane)
        .x_labels(5)
        .x_desc(x_title)
        .y_desc(suffix)
        .x_label_formatter(&|x| count(*x))
        .y_label_formatter(&|y| label(*y, divisor))
        .draw()?;
    Ok(plane)
}
