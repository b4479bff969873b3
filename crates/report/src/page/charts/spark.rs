//! A lesson in the space of a word: both twins' lines without axes.

use super::palette::Role;
use crate::comparison::{LessonResult, TwinResult};
use crate::page::twins;
use maud::{Markup, PreEscaped, html};
use plotters::backend::SVGBackend;
use plotters::chart::ChartBuilder;
use plotters::drawing::IntoDrawingArea;
use plotters::series::LineSeries;
use plotters::style::{Color, ShapeStyle};

const WIDTH: u32 = 120;
const HEIGHT: u32 = 32;

/// Live bytes over the rounds, or peaks over the sizes, on one scale from the lowest to
/// the highest. What cannot be told from noise has no height.
pub(in crate::page) fn spark(lesson: &LessonResult) -> Markup {
    let lines: Vec<(&str, Vec<f64>)> =
        twins(lesson).into_iter().map(|(name, twin)| (name, values(twin))).collect();
    let mut svg = String::new();
    if draw(&mut svg, &lines, least(lesson)).is_err() {
        return html! {};
    }
    let content = svg.split_once('>').map_or("", |(_, rest)| rest);
    let content = content.trim_end().strip_suffix("</svg>").unwrap_or(content);
    let of = if lesson.peak_scale.is_some() { "peak by size" } else { "live bytes" };
    html! {
        svg class="chart spark" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img"
            aria-label=(format!("{of} of {}", lesson.id)) {
            title { (of) " of both twins" }
            (PreEscaped(content))
        }
    }
}

fn values(twin: &TwinResult) -> Vec<f64> {
    if !twin.peaks.is_empty() {
        return twin.peaks.iter().map(|peak| peak.peak_bytes as f64).collect();
    }
    let first = twin.live_bytes.first().copied().unwrap_or(0) as f64;
    twin.live_bytes.iter().map(|&bytes| bytes as f64 - first).collect()
}

/// The height that a line needs to be told from noise, three times, so that noise looks
/// as small as it is.
fn least(lesson: &LessonResult) -> f64 {
    let noise = |twin: &TwinResult| {
        let requests = twin.requests_per_round as f64 * twin.live_bytes.len() as f64;
        if twin.peaks.is_empty() {
            3.0 * twin.detection_limit_bytes_per_request * requests
        } else {
            0.0
        }
    };
    lesson.twins.values().map(noise).fold(1.0, f64::max)
}

fn draw(
    svg: &mut String,
    lines: &[(&str, Vec<f64>)],
    least: f64,
) -> Result<(), super::frame::DrawError> {
    let all = || lines.iter().flat_map(|(_, values)| values.iter().copied());
    let low = all().fold(0.0, f64::min);
    let high = all().fold(low + least, f64::max);
    let longest = lines.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let area = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    let mut plane = ChartBuilder::on(&area).margin(3).build_cartesian_2d(
        0.0..longest.saturating_sub(1).max(1) as f64,
        low..high,
    )?;
    for (name, values) in lines {
        let points = values.iter().enumerate().map(|(n, &value)| (n as f64, value));
        let style = ShapeStyle::from(&Role::of_twin(name).colour().to_rgba());
        plane.draw_series(LineSeries::new(points, style.stroke_width(2)))?;
    }
    area.present()?;
    drop(plane);
    Ok(())
}
