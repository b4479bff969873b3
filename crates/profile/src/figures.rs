//! Changes of bytes and blocks in text.

use thousands::Separable;

/// `+1,234` or `-1,234`; `0` when nothing changed.
pub(crate) fn change(before: u64, after: u64) -> String {
    let change = i128::from(after) - i128::from(before);
    let sign = if change > 0 { "+" } else { "" };
    format!("{sign}{}", change.separate_with_commas())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_grouped_and_signed() {
        assert_eq!(change(1, 2_001), "+2,000");
        assert_eq!(change(2_001, 1), "-2,000");
        assert_eq!(change(7, 7), "0");
    }
}
