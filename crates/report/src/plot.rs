//! Live and resident bytes over the rounds, drawn in text.

use crate::comparison::{LessonResult, TwinResult};

/// From nothing to the largest value.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Two lines for each twin of a lesson about bursts, all on one scale; none for others.
pub fn burst(lesson: &LessonResult) -> Vec<String> {
    if lesson.growth != "burst" {
        return Vec::new();
    }
    let twins = || ["leaky", "fixed"].into_iter();
    let drawn = |name: &'static str| Some((name, lesson.twins.get(name)?));
    let resident = |twin: &TwinResult| -> Vec<u64> {
        twin.resident_bytes.iter().map(|bytes| bytes.unwrap_or(0)).collect()
    };
    let all = twins().filter_map(drawn).flat_map(|(_, twin)| resident(twin));
    let highest = all.max().unwrap_or(0);
    let lines = |(name, twin): (&str, &TwinResult)| {
        let row = |title: &str, values: &[u64]| {
            let last = values.last().copied().unwrap_or(0) as f64 / 1e6;
            format!("{title:<16}{}{last:>7.1} MB", bars(values, highest))
        };
        [
            row(&format!("{name} live"), &twin.live_bytes),
            row("      resident", &resident(twin)),
        ]
    };
    twins().filter_map(drawn).flat_map(lines).collect()
}

/// A bar for each value, of `highest` at most.
pub fn bars(values: &[u64], highest: u64) -> String {
    let top = LEVELS.len() as u64 - 1;
    let level =
        |value: &u64| (value * top).div_ceil(highest.max(1)).min(top) as usize;
    values.iter().map(|value| LEVELS[level(value)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_value_is_a_full_bar_and_none_is_the_lowest() {
        assert_eq!(bars(&[0, 50, 100], 100), "▁▅█");
        assert_eq!(bars(&[0, 0], 0), "▁▁");
    }
}
