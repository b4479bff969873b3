//! Bytes and blocks in text: whole numbers with thousands separators.

/// `1,234,567`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `+1,234` or `-1,234`; `0` when nothing changed.
pub fn change(before: u64, after: u64) -> String {
    let sign = match after.cmp(&before) {
        std::cmp::Ordering::Greater => "+",
        std::cmp::Ordering::Equal => "",
        std::cmp::Ordering::Less => "-",
    };
    format!("{sign}{}", grouped(after.abs_diff(before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_grouped_and_changes_signed() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(change(1, 2_001), "+2,000");
        assert_eq!(change(2_001, 1), "-2,000");
        assert_eq!(change(7, 7), "0");
    }
}
