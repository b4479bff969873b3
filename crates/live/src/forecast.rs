//! When a growing service will meet its memory limit.
//!
//! The gap comes from resident memory, which the limit counts, and the slope from live
//! bytes: resident memory grows in steps, so its slope over ten seconds predicted anything
//! from 79 s to never where the truth was 120 s, and that of live bytes 119 to 128 s.

use measure::statistics::theil_sen;

/// Time over which growth is looked at, in seconds.
pub const WINDOW: f64 = 10.0;
/// A shorter time says nothing.
const LEAST: f64 = 5.0;
/// A limit that is more than a day away counts as no growth: a slope that small is noise.
const LONGEST: f64 = 86_400.0;
/// Resident memory that grows faster than live bytes by this factor is mentioned.
const FASTER: f64 = 1.25;
/// Growth of live bytes from which the ratio of both can be trusted.
const RATIO_FROM: f64 = 4e6;
/// Seconds in which a service loads the code of its first requests.
const WARM_UP: f64 = 3.0;

/// What was read at a time, in seconds and bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Point {
    /// Seconds.
    pub at: f64,
    /// Live bytes.
    pub live: f64,
    /// Resident bytes.
    pub resident: f64,
}

/// What is to be expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outlook {
    /// Too little is known.
    Unknown,
    /// It may not grow at all.
    NotGrowing,
    /// It meets the limit.
    Full(Forecast),
}

/// The time until the limit is met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Soonest, likeliest and latest, in seconds from the last point.
    pub seconds: [f64; 3],
    /// Growth of resident memory by that of live bytes, where it is much faster.
    pub faster: Option<f64>,
}

/// Growth per second of a figure over the window, with its interval: low, middle, high.
pub fn slope(points: &[Point], of: impl Fn(&Point) -> f64) -> Option<[f64; 3]> {
    let last = points.last()?.at;
    let first = points.iter().find(|point| point.at >= last - WINDOW)?.at;
    if last - first < LEAST {
        return None;
    }
    // Neighbouring readings say the same, so they would make the interval too narrow.
    // Means of a second do not.
    let mut seconds = Vec::new();
    let mut from = last;
    while from > first {
        let inside = |point: &&Point| point.at > from - 1.0 && point.at <= from;
        let inside: Vec<_> = points.iter().rev().filter(inside).collect();
        let mean = |of: &dyn Fn(&Point) -> f64| {
            inside.iter().map(|point| of(point)).sum::<f64>() / inside.len() as f64
        };
        if !inside.is_empty() {
            seconds.push((mean(&|point| point.at), mean(&of)));
        }
        from -= 1.0;
    }
    seconds.reverse();
    let line = theil_sen(&seconds)?;
    Some([line.interval[0], line.slope, line.interval[1]])
}

/// What is to be expected of a service with these points, the last of which is now.
pub fn outlook(points: &[Point], limit: f64) -> Outlook {
    let Some(last) = points.last() else { return Outlook::Unknown };
    let Some(live) = slope(points, |point| point.live) else {
        return Outlook::Unknown;
    };
    let ratio = ratio(points);
    let gap = (limit - last.resident).max(0.0) / ratio;
    let [low, middle, high] = live;
    if low <= 0.0 || gap / low > LONGEST {
        return Outlook::NotGrowing;
    }
    let faster = Some(ratio).filter(|ratio| *ratio > FASTER);
    Outlook::Full(Forecast { seconds: [high, middle, low].map(|s| gap / s), faster })
}

/// Growth of resident memory by that of live bytes, over the whole life but its first
/// seconds: a step of resident memory then weighs little. 1 until enough has grown.
fn ratio(points: &[Point]) -> f64 {
    let Some((born, last)) = points.first().zip(points.last()) else { return 1.0 };
    let warm = |point: &&Point| point.at >= born.at + WARM_UP;
    let first = points.iter().find(warm).unwrap_or(born);
    let (live, resident) = (last.live - first.live, last.resident - first.resident);
    if live < RATIO_FROM { 1.0 } else { (resident / live).clamp(0.5, 3.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From 18 MB resident to 128 MB, read four times a second.
    fn after(
        seconds: u32,
        live: impl Fn(f64) -> f64,
        resident: impl Fn(f64) -> f64,
    ) -> Outlook {
        let at = (0..=seconds * 4).map(|n| f64::from(n) / 4.0);
        let point = |at| Point { at, live: live(at), resident: 18e6 + resident(at) };
        outlook(&at.map(point).collect::<Vec<_>>(), 128e6)
    }

    #[track_caller]
    fn full_in(outlook: Outlook, [least, most]: [f64; 2]) -> Forecast {
        let Outlook::Full(forecast) = outlook else { panic!("{outlook:?}") };
        let [soon, likely, late] = forecast.seconds;
        assert!(soon <= likely && likely <= late, "{forecast:?}");
        assert!((least..most).contains(&likely), "{forecast:?}");
        forecast
    }

    #[test]
    fn growth_meets_the_limit_when_it_must() {
        // 128 - 18 - 40 MB at 2 MB/s.
        let steady = after(20, |at| 2e6 * at, |at| 2e6 * at);
        assert_eq!(full_in(steady, [34.9, 35.1]).faster, None);
        // 128 - 18 - 30 MB, with noise and steps.
        let noisy = |at: f64| 2e6 * at + 3e6 * (at * 37.0).sin();
        let steps = |at: f64| (2e6 * at / 4e6).floor() * 4e6;
        let [soon, _, late] = full_in(after(15, noisy, steps), [30.0, 50.0]).seconds;
        assert!(late - soon > 1.0, "{soon} {late}");
        // Resident memory that rises twice as fast is told and counted.
        let twice = full_in(after(20, |at| 1e6 * at, |at| 2e6 * at), [34.9, 35.1]);
        assert!(twice.faster.is_some_and(|ratio| (ratio - 2.0).abs() < 0.01));
        // Nothing is negative.
        full_in(after(20, |at| 2e6 * at, |_| 200e6), [0.0, 0.1]);
    }

    #[test]
    fn what_does_not_grow_and_what_is_not_known_yet_are_called_so() {
        let flat = |at: f64| 2e6 + 1e4 * (at * 9.0).sin();
        let grew = |at: f64| 2e6 * at.min(5.0);
        // A hundred bytes a second take twelve days.
        let crawling = |at: f64| 2e6 + 100.0 * at;
        assert_eq!(after(20, flat, |_| 0.0), Outlook::NotGrowing);
        assert_eq!(after(20, |at| -1e5 * at, |_| 0.0), Outlook::NotGrowing);
        assert_eq!(after(20, grew, |_| 10e6), Outlook::NotGrowing);
        assert_eq!(after(20, crawling, |_| 0.0), Outlook::NotGrowing);
        assert_eq!(after(4, |at| 2e6 * at, |at| 2e6 * at), Outlook::Unknown);
        assert_eq!(outlook(&[], 128e6), Outlook::Unknown);
    }
}
