//! Sizes as people type them: `128MiB`, `128Mi`, `1GiB`, `134217728`.

use std::fmt;
use std::str::FromStr;

/// The least limit: a service of the twins' size has 12 MiB when it begins to listen.
const LEAST: u64 = 16 << 20;

const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("", 1),
];

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let each = UNITS.iter().find(|(name, _)| *name == unit.trim_start());
        let bytes = each
            .and_then(|(_, each)| number.parse::<u64>().ok()?.checked_mul(*each));
        match bytes {
            Some(bytes) if bytes >= LEAST => Ok(Self(bytes)),
            Some(_) => Err(format!("a service needs at least {}", Self(LEAST))),
            None => Err("write a size as 128MiB or 1GiB".to_owned()),
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0;
        let whole =
            UNITS[..3].iter().rev().find(|(_, each)| bytes.is_multiple_of(*each));
        match whole {
            Some((name, each)) => write!(f, "{} {name}", bytes / each),
            None => write!(f, "{bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_typed_and_shown_in_whole_units() {
        for (text, shown) in [
            ("128MiB", "128 MiB"),
            ("128 Mi", "128 MiB"),
            ("1024MiB", "1 GiB"),
            ("134217728", "128 MiB"),
            ("100MB", "100000000 bytes"),
        ] {
            assert_eq!(text.parse::<Bytes>().unwrap().to_string(), shown, "{text}");
        }
        for wrong in ["", "MiB", "128M", "-1", "1.5GiB", "99999999999GiB"] {
            assert!(
                wrong.parse::<Bytes>().unwrap_err().contains("128MiB"),
                "{wrong}"
            );
        }
        assert!("12MiB".parse::<Bytes>().unwrap_err().contains("16 MiB"));
    }
}
