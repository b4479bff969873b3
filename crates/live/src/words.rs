//! Times and outlooks in words.

use crate::forecast::{Forecast, Outlook};
use report::figures::duration;

/// `0:57`, or `1:02:03` from an hour on.
pub fn clock(seconds: f64) -> String {
    let all = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (all / 3_600, all / 60 % 60, all % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A time as exact as a forecast is: a figure that changes with every drawing can't be read.
fn coarse(seconds: f64) -> String {
    let exact = if seconds < 90.0 { 1.0 } else { 5.0 };
    duration((seconds / exact).round() * exact)
}

/// The outlook in two parts: what is large on its card, and what explains it.
pub fn outlook(outlook: &Outlook) -> (String, String) {
    match outlook {
        Outlook::Unknown => ("…".to_owned(), "too early for a forecast".to_owned()),
        Outlook::NotGrowing => ("not growing".to_owned(), "last 10 s".to_owned()),
        Outlook::Full(Forecast { seconds: [soon, likely, late], faster }) => {
            let range = match [soon, late].map(|of| coarse(*of)) {
                [soon, late] if soon == late => "at this load".to_owned(),
                [soon, late] => format!("{soon} to {late}"),
            };
            let faster = faster.map_or_else(String::new, |ratio| {
                format!("; resident grows {ratio:.1} times as fast as live")
            });
            (format!("full in {}", coarse(*likely)), format!("{range}{faster}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_long_as_they_need_to_be() {
        assert_eq!([0.0, 57.9, 3_723.0].map(clock), ["0:00", "0:57", "1:02:03"]);
        let full = Forecast { seconds: [41.0, 46.0, 52.0], faster: None };
        let (large, small) = outlook(&Outlook::Full(full));
        assert_eq!((&*large, &*small), ("full in 46s", "41s to 52s"));
    }
}
