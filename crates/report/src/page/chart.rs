//! One kind of chart as inline SVG: lines with their names, axes, bands, and a table of
//! the values. It needs no script; the page's script shows values at the pointer.

use crate::axis::{Axis, bytes, number, path, round};
use crate::figures::grouped;
use maud::{Markup, html};

/// Size in units of the SVG. On a narrow screen it shrinks to 0.8 of it, where its text
/// is still legible.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 280.0;

/// Room around the lines: left, right, top, bottom.
const MARGINS: [f64; 4] = [64.0, 10.0, 10.0, 40.0];

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Chart {
    pub(super) title: String,
    /// What can be read off it besides the figures of its lines.
    pub(super) note: String,
    /// What x counts, and what y is.
    pub(super) x: String,
    pub(super) y: String,
    /// Whether y is in bytes.
    pub(super) bytes: bool,
    /// Growth per x that cannot be told from noise: a grey band.
    pub(super) noise: f64,
    /// Whether it shows no growth.
    pub(super) flat: bool,
    pub(super) lines: Vec<Line>,
}

/// The line of a twin, or of a measurement.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Whose.
    pub(super) name: String,
    /// Its colour: `leaky` or `fixed`.
    pub(super) class: String,
    /// Its measurement in words.
    pub(super) figure: String,
    /// In the units of the axes.
    pub(super) points: Vec<(f64, f64)>,
    /// Low, middle and high slope: a band with a dashed line.
    pub(super) slope: Option<[f64; 3]>,
}

impl Chart {
    /// Whether there is something to draw.
    pub(super) fn has_lines(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.points.len() > 1)
    }

    /// The chart with its legend and its values.
    pub(super) fn figure(&self) -> Markup {
        let figures = self.lines.iter();
        let figures: Vec<_> =
            figures.map(|line| format!("{}: {}", line.name, line.figure)).collect();
        let description = format!("{}. {}", figures.join("; "), self.note);
        html! {
            figure {
                figcaption { (self.title) }
                (self.svg(&description))
                ul class="legend" {
                    @for Line { name, class, figure, .. } in &self.lines {
                        li class=(class) { b { (name) } " " (figure) }
                    }
                }
                details class="values" {
                    summary { "Values" }
                    (self.values())
                }
            }
        }
    }

    fn svg(&self, description: &str) -> Markup {
        let [x, y] = self.axes();
        let origin = (0.0, 0.0);
        let right = x.values[1];
        let ray = |slope: f64| (right, slope * right);
        let path = |points: &[(f64, f64)]| path(points, &x, &y);
        html! {
            svg class="chart" role="img" tabindex="0"
                viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
                aria-label=(format!("{}. {description}", self.title)) {
                title { (self.title) }
                desc { (description) }
                (self.grid(&x, &y))
                @if self.noise > 0.0 {
                    polygon class="noise" points=(path(&[origin, ray(self.noise), ray(-self.noise)])) {}
                }
                @for line in &self.lines {
                    g class=(line.class) {
                        @if let Some([low, middle, high]) = line.slope {
                            polygon class="band" points=(path(&[origin, ray(low), ray(high)])) {}
                            polyline class="dashed" points=(path(&[origin, ray(middle)])) {}
                        }
                        polyline points=(path(&line.points)) {}
                        @for &(left, top) in &line.points {
                            circle cx=(round(x.at(left))) cy=(round(y.at(top))) r="3" {}
                        }
                        (self.name(line, &x, &y))
                    }
                }
            }
        }
    }

    /// The name of a line at its end, so that no reader has to tell colours apart: above
    /// the upper line and below the lower one.
    fn name(&self, line: &Line, x: &Axis, y: &Axis) -> Markup {
        let end = |line: &Line| line.points.last().copied().unwrap_or_default();
        let above = |one: &&Line, other: &&Line| end(one).1.total_cmp(&end(other).1);
        // Of equal lines the first.
        let upper = self.lines.iter().rev().max_by(above);
        let away =
            if upper.is_some_and(|upper| upper.name == line.name) { -7 } else { 17 };
        let (left, top) = end(line);
        html! {
            text class="end" x=(round(x.at(left))) y=(round(y.at(top)) + away) { (line.name) }
        }
    }

    /// Both axes, with a little room around the lines and their slopes.
    fn axes(&self) -> [Axis; 2] {
        let [left, right, top, bottom] = MARGINS;
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let last = points().map(|point| point.0).fold(0.0, f64::max);
        let noise = self.noise * last;
        let slopes = self.lines.iter().filter_map(|line| line.slope);
        let values = points().map(|point| point.1);
        let (low, high) = values
            .chain(slopes.map(|[_, middle, _]| middle * last))
            .fold((-noise, noise.max(1.0)), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        // A line's name fits above or below it.
        let room = 0.1 * (high - low);
        [
            Axis { values: [0.0, last], units: [left, WIDTH - right] },
            Axis {
                values: [low - room, high + room],
                units: [HEIGHT - bottom, top],
            },
        ]
    }

    fn grid(&self, x: &Axis, y: &Axis) -> Markup {
        let [left, right] = x.units.map(round);
        let [bottom, _] = y.units;
        html! {
            g class="grid" {
                @for at in y.ticks() {
                    @let top = round(y.at(at));
                    line x1=(left) x2=(right) y1=(top) y2=(top) {}
                    text class="end" x=(left - 6) y=(top + 4) { (self.short(at)) }
                }
                @for at in x.ticks() {
                    text x=(round(x.at(at))) y=(bottom + 16.0) { (grouped(at)) }
                }
                text x=((left + right) / 2) y=(bottom + 34.0) { (self.x) }
            }
        }
    }

    /// The values behind the lines.
    fn values(&self) -> Markup {
        let longest = self.lines.iter().max_by_key(|line| line.points.len());
        let rows = longest.map_or(&[][..], |line| &line.points);
        let unit = if self.bytes { " B" } else { "" };
        html! {
            table {
                tr {
                    th scope="col" { (self.x) }
                    @for line in &self.lines { th scope="col" { (line.name) ", " (self.y) } }
                }
                @for (n, (x, _)) in rows.iter().enumerate() {
                    tr {
                        th scope="row" { (grouped(*x)) }
                        @for line in &self.lines {
                            td { @if let Some((_, y)) = line.points.get(n) { (grouped(*y)) (unit) } }
                        }
                    }
                }
            }
        }
    }

    fn short(&self, value: f64) -> String {
        if self.bytes { bytes(value) } else { number(value) }
    }
}

/// Both lines without axes, in the space of a word; `least` is the height that a line
/// needs to be told from noise.
pub(super) fn spark(title: &str, lines: &[(&str, Vec<f64>)], least: f64) -> Markup {
    let (width, height) = (120.0, 32.0);
    let all = || lines.iter().flat_map(|(_, values)| values.iter().copied());
    let low = all().fold(0.0, f64::min);
    let high = all().fold(low + least, f64::max);
    let longest = lines.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let last = longest.saturating_sub(1).max(1) as f64;
    let x = Axis { values: [0.0, last], units: [3.0, width - 3.0] };
    let y = Axis { values: [low, high], units: [height - 3.0, 3.0] };
    let points = |values: &[f64]| {
        let values = values.iter().enumerate();
        path(
            &values.map(|(n, &value)| (n as f64, value)).collect::<Vec<_>>(),
            &x,
            &y,
        )
    };
    html! {
        svg class="chart spark" role="img" viewBox=(format!("0 0 {width} {height}"))
            aria-label=(title) {
            title { (title) }
            @for (name, values) in lines {
                g class=(name) { polyline points=(points(values)) {} }
            }
        }
    }
}
