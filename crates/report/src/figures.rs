//! Measurements in words: the figure, and how far it can be trusted.

use crate::comparison::{TwinResult, Verdict};

/// A share of the growth below which a site explains nothing: it is printed as 0 %.
pub const SHARE_MIN: f64 = 0.005;

/// What a result's verdict rests on.
pub fn of(result: &TwinResult) -> String {
    match (result.peak_exponent, result.peaks.last(), result.verdict) {
        (Some(exponent), Some(largest), _) => {
            let (size, peak) = (largest.size, largest.peak_bytes as f64 / 1e6);
            format!("peak ~n^{}, {peak:.1} MB at n = {size}", power(exponent))
        }
        (_, _, Verdict::Leaks) => {
            let [low, high] = result.ci95;
            let (slope, low, high) =
                (bytes(result.slope_bytes_per_request), bytes(low), bytes(high));
            format!("{slope} B a request (95 %: {low} to {high}; {})", limit(result))
        }
        (_, _, Verdict::Flat) => {
            let limit = bytes(result.detection_limit_bytes_per_request);
            format!("flat within {} B a request", limit.trim_start_matches('+'))
        }
        _ => {
            let slope = bytes(result.slope_bytes_per_request);
            format!("{slope} B a request ({})", limit(result))
        }
    }
}

fn limit(result: &TwinResult) -> String {
    let limit = bytes(result.detection_limit_bytes_per_request);
    format!("unseen below {}", limit.trim_start_matches('+'))
}

/// A frame without the types that its functions were made for, which take more lines
/// than they are worth: `with_capacity (bytes/src/bytes.rs:7)`.
pub fn place(frame: &str) -> String {
    let mut depth = 0_usize;
    let mut before = ' ';
    let outside = |letter: &char| {
        // The arrow of a function's type closes nothing.
        let closes = *letter == '>' && before != '-';
        before = *letter;
        match letter {
            '<' => depth += 1,
            '>' if closes && depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    let text: String = frame.chars().filter(outside).collect();
    text.trim_start_matches(':').to_owned()
}

/// An exponent with two digits; never a negative zero.
pub fn power(exponent: f64) -> String {
    // Adding zero takes the sign off a negative one.
    format!("{:.2}", (exponent * 100.0).round() / 100.0 + 0.0)
}

/// A signed number with thousands separators; fractions only where they matter.
pub fn bytes(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{:+.1}", if value.abs() < 0.05 { 0.0 } else { value });
    }
    let sign = if value < 0.0 { "-" } else { "+" };
    format!("{sign}{}", grouped(value.abs()))
}

/// A whole number with thousands separators.
pub fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    if value < 0.0 && digits != "0" {
        grouped.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A slope with its interval.
pub fn slope(result: &TwinResult) -> String {
    let [low, high] = result.ci95;
    format!(
        "{} B a request (95 %: {} to {})",
        bytes(result.slope_bytes_per_request),
        bytes(low),
        bytes(high)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_no_types() {
        let cases = [
            ("src/lessons/l09.rs:61", "src/lessons/l09.rs:61"),
            ("with<A<B>, fn() -> C> (a-1/b.rs:2)", "with (a-1/b.rs:2)"),
            ("<a::Box<str> as b::C>::d (e.rs:3)", "d (e.rs:3)"),
        ];
        for (frame, shown) in cases {
            assert_eq!(place(frame), shown);
        }
    }

    #[test]
    fn numbers_are_grouped_and_signed() {
        let cases = [
            (0.0, "+0.0"),
            (-0.01, "+0.0"),
            (7.94, "+7.9"),
            (-3.2, "-3.2"),
            (999.6, "+1,000"),
            (135_340.2, "+135,340"),
            (-1_234_567.0, "-1,234,567"),
        ];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
        assert_eq!(power(-0.001), "0.00");
    }
}
