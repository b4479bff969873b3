//! From values to the units of an SVG: axes, paths and short figures. The charts of the
//! report and of the live page are made of these.

/// From values to the units of the SVG.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    /// Lowest and highest value.
    pub values: [f64; 2],
    /// Where they are.
    pub units: [f64; 2],
}

impl Axis {
    /// Where a value is.
    pub fn at(&self, value: f64) -> f64 {
        let ([low, high], [start, end]) = (self.values, self.units);
        start + (value - low) / (high - low) * (end - start)
    }

    /// 1, 2, 5, 10 and so on: some five of them.
    pub fn ticks(&self) -> Vec<f64> {
        let [low, high] = self.values;
        let step = ceiling((high - low) / 5.0);
        let first = (low / step).ceil() as i64;
        (first..).map(|n| n as f64 * step).take_while(|at| *at <= high).collect()
    }
}

/// The next of 1, 2, 5, 10 and so on.
pub fn ceiling(least: f64) -> f64 {
    let decade = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade);
    steps.into_iter().find(|step| *step >= least).unwrap_or(least)
}

/// A size in the unit that makes it short: `1.5 MB`.
pub fn bytes(value: f64) -> String {
    match value.abs() {
        large if large >= 1e6 => format!("{} MB", number(value / 1e6)),
        middle if middle >= 1e3 => format!("{} kB", number(value / 1e3)),
        _ => format!("{} B", number(value)),
    }
}

/// A digit behind the point only where it matters.
pub fn number(value: f64) -> String {
    let digits = usize::from(value.abs() < 9.95 && value.fract().abs() > 0.05);
    format!("{value:.digits$}")
}

/// The points of a `polyline`.
pub fn path(points: &[(f64, f64)], x: &Axis, y: &Axis) -> String {
    let points = points.iter();
    let points =
        points.map(|&(at, value)| format!("{:.1},{:.1}", x.at(at), y.at(value)));
    points.collect::<Vec<_>>().join(" ")
}

/// To a whole unit.
pub fn round(units: f64) -> i64 {
    units.round() as i64
}
