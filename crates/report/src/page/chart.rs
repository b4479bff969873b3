//! One kind of chart as inline SVG: lines with their names, axes, bands, and a table of
//! the values. It needs no script; the page's script shows values at the pointer.

use crate::figures::grouped;
use maud::{Markup, html};
use serde::Serialize;

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
    /// Both axes are logarithmic, with a dashed line in proportion to x.
    pub(super) logarithmic: bool,
    /// Growth per x that cannot be told from noise: a grey band.
    pub(super) noise: f64,
    pub(super) lines: Vec<Line>,
}

/// The line of a twin.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Whose.
    pub(super) name: String,
    /// Its measurement in words.
    pub(super) figure: String,
    /// In the units of the axes.
    pub(super) points: Vec<(f64, f64)>,
    /// Low, middle and high slope: a band with a dashed line.
    pub(super) slope: Option<[f64; 3]>,
}

/// A value to point at.
#[derive(Debug, Serialize)]
struct Spot {
    x: i64,
    y: i64,
    text: String,
}

/// From values to the units of the SVG.
struct Axis {
    values: [f64; 2],
    units: [f64; 2],
    logarithmic: bool,
}

impl Axis {
    fn at(&self, value: f64) -> f64 {
        let scale =
            |value: f64| if self.logarithmic { value.log10() } else { value };
        let [low, high] = self.values.map(scale);
        let [start, end] = self.units;
        start + (scale(value) - low) / (high - low) * (end - start)
    }

    /// 1, 2, 5, 10 and so on: some five of them, or all steps of a logarithm.
    fn ticks(&self) -> Vec<f64> {
        let [low, high] = self.values;
        let decade = |value: f64| 10_f64.powf(value.log10().floor());
        if self.logarithmic {
            let decades =
                std::iter::successors(Some(decade(low)), |at| Some(at * 10.0));
            let steps = decades.take_while(|at| *at <= high);
            let steps = steps.flat_map(|at| [at, 2.0 * at, 5.0 * at]);
            return steps.filter(|at| (low..=high).contains(at)).collect();
        }
        let least = (high - low) / 5.0;
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade(least));
        let step = steps.into_iter().find(|step| *step >= least).unwrap_or(least);
        let first = (low / step).ceil() as i64;
        (first..).map(|n| n as f64 * step).take_while(|at| *at <= high).collect()
    }
}

impl Chart {
    /// The chart with its legend and its values; nothing without lines.
    pub(super) fn figure(&self) -> Markup {
        let drawable = |line: &Line| {
            let positive = line.points.iter().all(|&(x, y)| x > 0.0 && y > 0.0);
            line.points.len() > 1 && (positive || !self.logarithmic)
        };
        if self.lines.is_empty() || !self.lines.iter().all(drawable) {
            return html! {};
        }
        let figures = self.lines.iter();
        let figures: Vec<_> =
            figures.map(|line| format!("{}: {}", line.name, line.figure)).collect();
        let description = format!("{}. {}", figures.join("; "), self.note);
        html! {
            figure {
                figcaption { (self.title) }
                (self.svg(&description))
                ul class="legend" {
                    @for Line { name, figure, .. } in &self.lines {
                        li class=(name) { b { (name) } " " (figure) }
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
        let spots = serde_json::to_string(&self.spots(&x, &y)).unwrap_or_default();
        let origin = (0.0, 0.0);
        let right = x.values[1];
        let ray = |slope: f64| (right, slope * right);
        let path = |points: &[(f64, f64)]| path(points, &x, &y);
        html! {
            svg class="chart" role="img" tabindex="0" data-spots=(spots)
                viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
                aria-label=(format!("{}. {description}", self.title)) {
                title { (self.title) }
                desc { (description) }
                (self.grid(&x, &y))
                @if self.noise > 0.0 {
                    polygon class="noise" points=(path(&[origin, ray(self.noise), ray(-self.noise)])) {}
                }
                @for line in &self.lines {
                    g class=(line.name) {
                        @if let Some([low, middle, high]) = line.slope {
                            polygon class="band" points=(path(&[origin, ray(low), ray(high)])) {}
                            polyline class="dashed" points=(path(&[origin, ray(middle)])) {}
                        }
                        polyline points=(path(&line.points)) {}
                        @for &(left, top) in &line.points {
                            circle cx=(round(x.at(left))) cy=(round(y.at(top))) r="3" {}
                        }
                        (name(line, &x, &y))
                    }
                }
            }
        }
    }

    /// Both axes, with a little room around the lines.
    fn axes(&self) -> [Axis; 2] {
        let [left, right, top, bottom] = MARGINS;
        let units = [[left, WIDTH - right], [HEIGHT - bottom, top]];
        let points =
            || self.lines.iter().flat_map(|line| line.points.iter().copied());
        let range = |of: fn((f64, f64)) -> f64, from: [f64; 2]| {
            points().map(of).fold(from, |[low, high], v| [low.min(v), high.max(v)])
        };
        let axis =
            |values, units| Axis { values, units, logarithmic: self.logarithmic };
        let values = if self.logarithmic {
            let [x, y] =
                [range(|p| p.0, [f64::MAX, 0.0]), range(|p| p.1, [f64::MAX, 0.0])];
            [[x[0] * 0.85, x[1] * 1.2], [y[0] * 0.6, y[1] * 1.7]]
        } else {
            let x = range(|p| p.0, [0.0, 0.0]);
            let noise = self.noise * x[1];
            let [low, high] = range(|p| p.1, [-noise, noise.max(1.0)]);
            let room = 0.06 * (high - low);
            [x, [if low < 0.0 { low - room } else { low }, high + room]]
        };
        [axis(values[0], units[0]), axis(values[1], units[1])]
    }

    fn grid(&self, x: &Axis, y: &Axis) -> Markup {
        let mut columns = x.ticks();
        if self.logarithmic {
            columns = self.lines[0].points.iter().map(|point| point.0).collect();
        }
        let [left, right] = x.units.map(round);
        let [bottom, _] = y.units;
        html! {
            g class="grid" {
                @for at in y.ticks() {
                    @let top = round(y.at(at));
                    line x1=(left) x2=(right) y1=(top) y2=(top) {}
                    text class="end" x=(left - 6) y=(top + 4) { (self.short(at)) }
                }
                @for at in columns {
                    text x=(round(x.at(at))) y=(bottom + 16.0) { (grouped(at)) }
                }
                text x=((left + right) / 2) y=(bottom + 34.0) { (self.x) }
                @if self.logarithmic { (proportion(&self.lines[0], x, y)) }
            }
        }
    }

    fn spots(&self, x: &Axis, y: &Axis) -> Vec<Spot> {
        let spot = |line: &Line, &(at, value): &(f64, f64)| {
            let value_text = self.short(value);
            let text =
                format!("{}: {value_text} at {} {}", line.name, grouped(at), self.x);
            Spot { x: round(x.at(at)), y: round(y.at(value)), text }
        };
        let lines = self.lines.iter();
        lines.flat_map(|line| line.points.iter().map(|at| spot(line, at))).collect()
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

/// A size in the unit that makes it short: `1.5 MB`.
pub(super) fn bytes(value: f64) -> String {
    match value.abs() {
        large if large >= 1e6 => format!("{} MB", number(value / 1e6)),
        middle if middle >= 1e3 => format!("{} kB", number(value / 1e3)),
        _ => format!("{} B", number(value)),
    }
}

/// A digit behind the point only where it matters.
fn number(value: f64) -> String {
    let digits = usize::from(value.abs() < 9.95 && value.fract().abs() > 0.05);
    format!("{value:.digits$}")
}

/// What would be in proportion to the first value.
fn proportion(line: &Line, x: &Axis, y: &Axis) -> Markup {
    let Some(&first) = line.points.first() else { return html! {} };
    // Where the line leaves the chart at its right or at its top.
    let right = x.values[1].min(first.0 * y.values[1] / first.1);
    let last = (right, first.1 * right / first.0);
    html! { polyline class="dashed" points=(path(&[first, last], x, y)) {} }
}

/// The name of a line at its end, so that no reader has to tell colours apart: above
/// what grows, below what does not.
fn name(line: &Line, x: &Axis, y: &Axis) -> Markup {
    let Some(&(left, top)) = line.points.last() else { return html! {} };
    let away = if line.name == "leaky" { -7 } else { 17 };
    html! {
        text class="end" x=(round(x.at(left))) y=(round(y.at(top)) + away) { (line.name) }
    }
}

fn path(points: &[(f64, f64)], x: &Axis, y: &Axis) -> String {
    let points = points.iter();
    let points =
        points.map(|&(at, value)| format!("{:.1},{:.1}", x.at(at), y.at(value)));
    points.collect::<Vec<_>>().join(" ")
}

fn round(units: f64) -> i64 {
    units.round() as i64
}

/// Both lines without axes, in the space of a word; `least` is the height that a line
/// needs to be told from noise.
pub(super) fn spark(title: &str, lines: &[(&str, Vec<f64>)], least: f64) -> Markup {
    let (width, height) = (120.0, 32.0);
    let all = || lines.iter().flat_map(|(_, values)| values.iter().copied());
    let low = all().fold(0.0, f64::min);
    let high = all().fold(low + least, f64::max);
    let longest = lines.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let linear = |values, units| Axis { values, units, logarithmic: false };
    let x =
        linear([0.0, longest.saturating_sub(1).max(1) as f64], [3.0, width - 3.0]);
    let y = linear([low, high], [height - 3.0, 3.0]);
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
