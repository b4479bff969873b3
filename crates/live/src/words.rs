//! Times, sizes and outlooks in words.

use crate::forecast::{Forecast, Outlook};

/// `0:57`, or `1:02:03` from an hour on.
pub fn clock(seconds: f64) -> String {
    let all = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (all / 3_600, all / 60 % 60, all % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `46 s`, `4 min` or `6 h 20`: as exact as a forecast is.
pub fn duration(seconds: f64) -> String {
    let all = seconds.max(0.0).round() as u64;
    match all {
        0..=89 => format!("{all} s"),
        90..=599 => format!("{} min {:02} s", all / 60, all % 60 / 5 * 5),
        600..=7_199 => format!("{} min", all / 60),
        _ => format!("{} h {:02}", all / 3_600, all / 60 % 60),
    }
}

/// A limit as it is typed: `128 MiB`.
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// The outlook in two parts: what is large on its card, and what explains it.
pub fn outlook(outlook: &Outlook) -> (String, String) {
    match outlook {
        Outlook::Unknown => ("…".to_owned(), "too early for a forecast".to_owned()),
        Outlook::NotGrowing => ("not growing".to_owned(), "last 10 s".to_owned()),
        Outlook::Full(Forecast { seconds: [soon, likely, late], faster }) => {
            let range = match [soon, late].map(|of| duration(*of)) {
                [soon, late] if soon == late => "at this load".to_owned(),
                [soon, late] => format!("{soon} to {late}"),
            };
            let faster = faster.map_or_else(String::new, |ratio| {
                format!("; resident grows {ratio:.1} times as fast as live")
            });
            (format!("full in {}", duration(*likely)), format!("{range}{faster}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_long_as_they_need_to_be() {
        assert_eq!([0.0, 57.9, 3_723.0].map(clock), ["0:00", "0:57", "1:02:03"]);
        let of = [46.2, 90.0, 263.0, 1_800.0, 22_800.0, f64::MAX].map(duration);
        let expected = ["46 s", "1 min 30 s", "4 min 20 s", "30 min", "6 h 20"];
        assert_eq!(of[..5], expected);
        let full = Forecast { seconds: [41.0, 46.0, 52.0], faster: None };
        let (large, small) = outlook(&Outlook::Full(full));
        assert_eq!((&*large, &*small), ("full in 46 s", "41 s to 52 s"));
    }
}
