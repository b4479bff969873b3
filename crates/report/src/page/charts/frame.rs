//! What all charts share: the frame around a drawing, its scales, its words, and the
//! values that a pointer or the arrow keys show.

use super::palette::Role;
use maud::{Markup, PreEscaped, html};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::{Color, IntoFont, TextStyle};
use serde::Serialize;

/// Width in units of the SVG. It is shown at up to this many pixels, and at 0.8 of it
/// on a narrow screen, where text is still legible.
pub(super) const WIDTH: u32 = 460;
/// Height likewise.
pub(super) const HEIGHT: u32 = 280;

/// What plotters reports, as text.
pub(super) type DrawError = Box<dyn std::error::Error>;

/// Where a drawing goes.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A line of a chart.
pub(super) struct Series {
    /// Whose.
    pub(super) name: String,
    /// Its measurement in words, for the legend.
    pub(super) figure: String,
    /// In the units of the axes.
    pub(super) points: Vec<(f64, f64)>,
}

impl Series {
    pub(super) fn role(&self) -> Role {
        Role::of_twin(&self.name)
    }
}

/// A value that can be pointed at.
#[derive(Debug, Serialize)]
pub(super) struct Spot {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) text: String,
}

/// What a chart says besides its lines.
pub(super) struct Words<'a> {
    /// Names it, for the eye and the ear.
    pub(super) title: &'a str,
    /// What can be read off it, for those who cannot see it.
    pub(super) description: String,
    /// Names of the columns of its table: of x, and what y is.
    pub(super) x: &'a str,
    pub(super) y: &'a str,
}

/// Text in the charts.
pub(super) fn text_style() -> TextStyle<'static> {
    ("sans-serif", 13).into_font().color(&Role::Text.colour().to_rgba())
}

/// Draws into a new SVG and frames it as a figure with legend and table.
pub(super) fn figure(
    words: &Words<'_>,
    series: &[Series],
    unit: Unit,
    draw: impl FnOnce(&Area<'_>) -> Result<Vec<Spot>, DrawError>,
) -> Markup {
    let mut svg = String::new();
    let drawn = {
        let area =
            SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        let spots = draw(&area);
        spots.and_then(|spots| area.present().map(|()| spots).map_err(Into::into))
    };
    let svg = match drawn {
        Ok(spots) => inline(&svg, words, &spots),
        // A chart that cannot be drawn must not take the page with it.
        Err(error) => {
            html! { p class="none" { "This chart cannot be drawn: " (error) } }
        }
    };
    html! {
        figure {
            figcaption { (words.title) }
            (svg)
            ul class="legend" {
                @for line in series {
                    li class=(line.name) { b { (line.name) } " " (line.figure) }
                }
            }
            details class="values" {
                summary { "Values" }
                (table(words, series, unit))
            }
        }
    }
}

/// The drawing, with our opening tag in place of plotters' own.
fn inline(svg: &str, words: &Words<'_>, spots: &[Spot]) -> Markup {
    let content = svg.split_once('>').map_or("", |(_, rest)| rest);
    let content = content.trim_end().strip_suffix("</svg>").unwrap_or(content);
    let spots = serde_json::to_string(spots).unwrap_or_default();
    html! {
        svg class="chart" role="img" tabindex="0" data-spots=(spots)
            viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
            aria-label=(format!("{}. {}", words.title, words.description)) {
            title { (words.title) }
            desc { (words.description) }
            (PreEscaped(content))
        }
    }
}

/// The values behind the lines.
fn table(words: &Words<'_>, series: &[Series], unit: Unit) -> Markup {
    let rows = series.iter().map(|line| line.points.len()).max().unwrap_or(0);
    let x = |row: usize| {
        series.iter().find_map(|line| line.points.get(row)).map(|point| point.0)
    };
    html! {
        table {
            tr {
                th scope="col" { (words.x) }
                @for line in series { th scope="col" { (line.name) ", " (words.y) } }
            }
            @for row in 0..rows {
                tr {
                    th scope="row" { @if let Some(x) = x(row) { (count(x)) } }
                    @for line in series {
                        td { @if let Some((_, y)) = line.points.get(row) { (unit.exact(*y)) } }
                    }
                }
            }
        }
    }
}

/// What values are values of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Count,
}

impl Unit {
    /// For an axis whose largest value is this: all labels in one unit.
    pub(super) fn axis(self, largest: f64) -> (f64, &'static str) {
        match (self, largest) {
            (Self::Count, _) => (1.0, ""),
            (Self::Bytes, largest) if largest >= 1e6 => (1e6, "MB"),
            (Self::Bytes, largest) if largest >= 1e3 => (1e3, "kB"),
            (Self::Bytes, _) => (1.0, "B"),
        }
    }

    /// With unit, as short as it can be told.
    pub(super) fn short(self, value: f64) -> String {
        let (divisor, unit) = self.axis(value.abs());
        let value = value / divisor;
        let digits = usize::from(value.abs() < 9.95 && value.fract() != 0.0);
        format!("{value:.digits$} {unit}").trim_end().to_owned()
    }

    fn exact(self, value: f64) -> String {
        match self {
            Self::Bytes => format!("{} B", count(value)),
            Self::Count => count(value),
        }
    }
}

/// A whole number with thousands separators.
pub(super) fn count(value: f64) -> String {
    crate::figures::grouped(value)
}

/// A label of an axis: digits only where the step needs them.
pub(super) fn label(value: f64, divisor: f64) -> String {
    let text = format!("{:.2}", value / divisor);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
