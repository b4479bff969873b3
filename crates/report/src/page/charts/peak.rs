//! The law of a peak: how it follows the size of the input, both on logarithmic scales.

use super::frame::{Area, DrawError, Series, Spot, Unit, Words, count, figure};
use super::lines::{axes, lines};
use super::palette::Role;
use crate::comparison::{LessonResult, TwinResult};
use crate::figures;
use crate::page::twins;
use maud::Markup;
use plotters::chart::ChartBuilder;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange};
use plotters::series::DashedLineSeries;
use plotters::style::ShapeStyle;

/// The peaks of both twins by size; none where the law is no peak.
pub(in crate::page) fn peak(lesson: &LessonResult) -> Option<Markup> {
    let scale = lesson.peak_scale.as_deref()?;
    let all = twins(lesson).into_iter();
    let series: Vec<Series> =
        all.map(|(name, twin)| peaks(name, twin, scale)).collect();
    // A logarithm has no zero to begin at.
    let drawable = series.iter().all(|line| {
        line.points.len() > 1 && line.points.iter().all(|&(x, y)| x > 0.0 && y > 0.0)
    });
    if series.is_empty() || !drawable {
        return None;
    }
    let said: Vec<_> =
        series.iter().map(|s| format!("{}: {}", s.name, s.figure)).collect();
    let words = Words {
        title: "Peak of live bytes by size, logarithmic",
        description: format!(
            "{}. The dashed line is in proportion to the size.",
            said.join("; ")
        ),
        x: scale,
        y: "peak",
    };
    Some(figure(&words, &series, Unit::Bytes, |area| draw(area, &series, scale)))
}

fn peaks(name: &str, twin: &TwinResult, scale: &str) -> Series {
    let points = twin.peaks.iter();
    let points =
        points.map(|peak| (peak.size as f64, peak.peak_bytes as f64)).collect();
    let power = twin.peak_exponent.map_or_else(String::new, |exponent| {
        format!("peak ~ ({scale})^{}", figures::power(exponent))
    });
    Series { name: name.to_owned(), figure: power, points }
}

fn draw(
    area: &Area<'_>,
    series: &[Series],
    scale: &str,
) -> Result<Vec<Spot>, DrawError> {
    let all = || series.iter().flat_map(|line| line.points.iter().copied());
    let (left, right) = all()
        .fold((f64::MAX, 0.0_f64), |(low, high), (x, _)| (low.min(x), high.max(x)));
    let (bottom, top) = all()
        .fold((f64::MAX, 0.0_f64), |(low, high), (_, y)| (low.min(y), high.max(y)));
    let mut sizes: Vec<f64> = all().map(|(x, _)| x).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    let mut plane = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(
            (left * 0.85..right * 1.2).log_scale().with_key_points(sizes),
            (bottom * 0.6..top * 1.7)
                .log_scale()
                .with_key_points(steps(bottom * 0.6, top * 1.7)),
        )?;
    axes(&mut plane)
        .x_labels(6)
        .x_desc(scale)
        .x_label_formatter(&|x| count(*x))
        .y_label_formatter(&|y| Unit::Bytes.short(*y))
        .draw()?;
    let leaky = series.iter().find(|line| line.role() == Role::Leaky);
    if let Some(&(x, y)) = leaky.and_then(|line| line.points.first()) {
        let style = ShapeStyle::from(&Role::Text.colour()).stroke_width(1);
        let proportional = [(x, y), (right, y * right / x)];
        plane.draw_series(DashedLineSeries::new(proportional, 4, 4, style))?;
    }
    lines(area, &mut plane, series, Unit::Bytes, scale)
}

/// 1, 2, 5, 10 and so on between two values, for labels that people can read.
fn steps(low: f64, high: f64) -> Vec<f64> {
    let mut steps = Vec::new();
    let mut decade = 10_f64.powf(low.log10().floor());
    while decade <= high {
        steps.extend([1.0, 2.0, 5.0].map(|step| step * decade));
        decade *= 10.0;
    }
    steps.retain(|step| (low..=high).contains(step));
    steps
}
