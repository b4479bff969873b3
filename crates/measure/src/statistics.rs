//! Slopes that one odd round cannot bend, and the smallest slope that can be detected.
//!
//! - Slope and interval: Theil 1950, Sen 1968 (J. Am. Stat. Assoc. 63:1379), the
//!   median of the slopes between all pairs of points, with the interval from
//!   Kendall's statistic.
//! - Detection limit: Currie 1968 (Anal. Chem. 40:586) puts it at 3.29 standard
//!   errors. A slope above it counts as real, so normal noise passes for a leak
//!   once in 2,000 runs, and a leak half as large again is missed about once in
//!   20. The limit also includes the steepest slope that a single step of memory
//!   could imitate; see [`step_slope`].

/// A line through points, robustly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Median of all pairwise slopes.
    pub slope: f64,
    /// 95 % confidence interval of the slope, low to high. As wide as all pairwise
    /// slopes when there are too few points for one.
    pub interval: [f64; 2],
    /// Standard error of the slope, from the residuals' median absolute deviation.
    pub standard_error: f64,
}

/// The correlation of neighbours above which points may be a random walk. That of a walk
/// of 32 to 64 points around its line is 0.8, and that of independent points 0.0 (±0.1).
const WALKS: f64 = 0.5;
/// The most correlation that so few points can tell from 1.
const CORRELATION_MAX: f64 = 0.98;

impl Line {
    /// The same for points whose neighbours resemble each other, as in a memory that moves
    /// slowly: error and interval of as many points as are independent, n (1 - r) / (1 + r)
    /// of n (Bayley and Hammersley 1946), with r corrected for its bias (Kendall 1954). Of
    /// what may be a random walk, at least those of its drift.
    #[must_use]
    pub fn correlated(self, points: &[(f64, f64)]) -> Self {
        let residuals = points.iter().map(|(x, y)| y - self.slope * x);
        let mean = residuals.clone().sum::<f64>() / points.len() as f64;
        let around: Vec<f64> = residuals.map(|residual| residual - mean).collect();
        let product = |lag: usize| -> f64 {
            around.iter().zip(&around[lag..]).map(|(a, b)| a * b).sum()
        };
        if self.standard_error <= 0.0 || product(0) <= 0.0 {
            return self;
        }
        let found = product(1) / product(0);
        let likely = found + (2.0 + 4.0 * found) / points.len() as f64;
        let likely = likely.clamp(0.0, CORRELATION_MAX);
        let mut wider = ((1.0 + likely) / (1.0 - likely)).sqrt();
        if found > WALKS {
            let steps = around.windows(2).map(|two| (two[1] - two[0]).powi(2));
            let time = points[points.len() - 1].0 - points[0].0;
            let drift = steps.sum::<f64>().sqrt() / time;
            wider = wider.max(drift / self.standard_error);
        }
        let widened = |bound: f64| self.slope + wider * (bound - self.slope);
        Self {
            slope: self.slope,
            interval: self.interval.map(widened),
            standard_error: wider * self.standard_error,
        }
    }
}

/// Fits a line through points with distinct `x`; `None` for fewer than two.
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Line> {
    let slopes = pairwise_slopes(points);
    if slopes.is_empty() {
        return None;
    }
    let slope = median(&slopes);
    Some(Line {
        slope,
        interval: kendall_interval(&slopes, points.len()),
        standard_error: standard_error(points, slope),
    })
}

/// Slopes between all pairs, ascending.
fn pairwise_slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (at, a) in points.iter().enumerate() {
        for b in &points[at + 1..] {
            if a.0 != b.0 {
                slopes.push((b.1 - a.1) / (b.0 - a.0));
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    slopes
}

/// The middle of ascending values, or the mean of the two in the middle.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

/// Median of values in any order; `None` for none.
pub fn median_of(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| median(&sorted))
}

/// Ranks of the slopes that bound the median's interval (Sen 1968, without ties: a
/// tie here is two rounds with the same live bytes, and makes it wider than it is).
fn kendall_interval(slopes: &[f64], points: usize) -> [f64; 2] {
    const NORMAL_975: f64 = 1.959_964;
    let n = points as f64;
    let deviation = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let all = slopes.len() as f64;
    // Sen counts from 1: the M1-th and the (M2 + 1)-th slope.
    let below = ((all - NORMAL_975 * deviation) / 2.0).round() - 1.0;
    let below = below.max(0.0) as usize;
    let above = ((all + NORMAL_975 * deviation) / 2.0).round() as usize;
    [slopes[below], slopes[above.min(slopes.len() - 1)]]
}

/// Residuals' spread over the spread of `x`, as for least squares, which Theil-Sen
/// equals within 5 % for normal noise.
fn standard_error(points: &[(f64, f64)], slope: f64) -> f64 {
    /// Scales a median absolute deviation to a standard deviation.
    const NORMAL_MAD: f64 = 1.4826;
    let residuals: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    let Some(centre) = median_of(&residuals) else { return 0.0 };
    let distances: Vec<f64> = residuals.iter().map(|r| (r - centre).abs()).collect();
    let deviation = NORMAL_MAD * median_of(&distances).unwrap_or(0.0);
    let mean = points.iter().map(|point| point.0).sum::<f64>() / points.len() as f64;
    let spread = points.iter().map(|point| (point.0 - mean).powi(2)).sum::<f64>();
    deviation / spread.sqrt()
}

/// The steepest slope that [`theil_sen`] can find in a memory that does not grow at
/// all but changes once, anywhere between two of these readings, by `step`.
pub fn step_slope(xs: &[f64], step: f64) -> f64 {
    let stepped = |at: usize| -> Vec<(f64, f64)> {
        let height = |n: usize| if n < at { 0.0 } else { step };
        xs.iter().enumerate().map(|(n, &x)| (x, height(n))).collect()
    };
    (1..xs.len())
        .filter_map(|at| theil_sen(&stepped(at)))
        .map(|line| line.slope.abs())
        .fold(0.0, f64::max)
}

/// The smallest slope that these readings can distinguish from their own noise and
/// from one step of `step`.
pub fn detection_limit(points: &[(f64, f64)], line: &Line, step: f64) -> f64 {
    /// Currie's factor.
    const CURRIE: f64 = 3.29;
    let xs: Vec<f64> = points.iter().map(|point| point.0).collect();
    CURRIE * line.standard_error + step_slope(&xs, step)
}

/// The exponent `e` of `y ~ x^e`, as a robust line through the logarithms; `None`
/// when a value is not positive.
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let positive = points.iter().all(|&(x, y)| x > 0.0 && y > 0.0);
    let logarithms: Vec<_> = points.iter().map(|&(x, y)| (x.ln(), y.ln())).collect();
    positive.then(|| theil_sen(&logarithms)).flatten().map(|line| line.slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(ys: &[f64]) -> Vec<(f64, f64)> {
        ys.iter().enumerate().map(|(n, &y)| (n as f64, y)).collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1.0)
    }

    // Golden values: scipy.stats.theilslopes(y, range(len(y)), 0.95) of scipy 1.17.1.
    #[test]
    fn slope_and_interval_agree_with_scipy() {
        let eight = [1.0, 3.0, 4.0, 8.0, 7.0, 11.0, 14.0, 13.0];
        let ten = [2.0, 5.5, 4.25, 9.0, 9.5, 13.75, 12.0, 16.5, 15.0, 20.25];
        for (ys, slope, low, high) in [
            (&eight[..], 2.0, 1.333_333_333_333_333_3, 2.5),
            (&ten[..], 1.875, 1.357_142_857_142_857_2, 2.333_333_333_333_333_5),
        ] {
            let line = theil_sen(&points(ys)).unwrap();
            assert!(close(line.slope, slope), "{line:?}");
            assert!(close(line.interval[0], low), "{line:?}");
            assert!(close(line.interval[1], high), "{line:?}");
        }
    }

    #[test]
    fn one_wild_round_does_not_bend_the_line() {
        let line = theil_sen(&points(&[0.0, 10.0, 20.0, 9_000.0, 40.0, 50.0, 60.0]))
            .unwrap();
        assert!(close(line.slope, 10.0), "{line:?}");
    }

    #[test]
    fn a_perfect_line_has_no_error_and_a_flat_one_no_slope() {
        let line = theil_sen(&points(&[5.0; 6])).unwrap();
        assert_eq!((line.slope, line.standard_error), (0.0, 0.0));
    }

    #[test]
    fn too_few_points_are_no_line() {
        assert_eq!(theil_sen(&points(&[1.0])), None);
        assert_eq!(theil_sen(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }

    #[test]
    fn a_block_that_is_freed_hides_a_leak_of_the_steps_slope_and_not_one_of_four_times()
     {
        const STEP: f64 = 8_232.0;
        let xs: Vec<f64> = (0..8).map(|n| f64::from(n) * 300.0).collect();
        // In how many of the seven places a leak is found beside the step.
        let found = |times: f64| -> usize {
            let leak = times * step_slope(&xs, STEP);
            let beside = |at: usize| {
                let y = |n, x: f64| leak * x + if n < at { STEP } else { 0.0 };
                let points: Vec<_> =
                    xs.iter().enumerate().map(|(n, &x)| (x, y(n, x))).collect();
                let line = theil_sen(&points).unwrap();
                line.slope > detection_limit(&points, &line, STEP)
            };
            (1..8).filter(|&at| beside(at)).count()
        };
        assert_eq!([1.0, 2.0, 4.0].map(found), [0, 4, 7]);
    }

    #[test]
    fn exponents_separate_proportional_from_constant() {
        let power = |e: f64| -> Vec<_> {
            [500.0_f64, 2_000.0, 8_000.0]
                .iter()
                .map(|&x| (x, 3.0 * x.powf(e)))
                .collect()
        };
        assert!(close(exponent(&power(1.0)).unwrap(), 1.0));
        assert!(exponent(&power(0.0)).unwrap().abs() < 1e-12);
        assert_eq!(exponent(&[(1.0, 0.0), (2.0, 1.0)]), None);
    }
}
