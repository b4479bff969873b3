//! Texts of an order, each with a length that its item has room for.

use crate::limits::{LONG_TEXT_MAX, NAME_MAX, NOTE_MAX};
use crate::value::text;
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use std::fmt;
use utoipa::openapi::{KnownFormat, SchemaFormat};

/// Longest RFC 3339 time that is accepted: nanoseconds and an offset.
const TIME_MAX: usize = 35;

text!(
    /// A short text, such as a customer's or an article's name.
    Name,
    "name",
    "1 to 100 characters",
    |text| (1..=NAME_MAX).contains(&text.chars().count()),
    |schema| schema.min_length(Some(1)).max_length(Some(NAME_MAX))
);

text!(
    /// A remark of a person.
    Note,
    "note",
    "at most 500 characters",
    |text| text.chars().count() <= NOTE_MAX,
    |schema| schema.max_length(Some(NOTE_MAX))
);

text!(
    /// A text that can fill most of an item. The limit is in bytes, as that of the item.
    LongText,
    "text",
    "at most 360000 bytes",
    |text| text.len() <= LONG_TEXT_MAX,
    |schema| schema.max_length(Some(LONG_TEXT_MAX))
);

text!(
    /// A moment, kept as the client wrote it.
    Timestamp,
    "time",
    "a date and time as in RFC 3339, such as 2026-02-01T12:15:00Z",
    |text| text.len() <= TIME_MAX
        && DateTime::from_str(text, DateTimeFormat::DateTimeWithOffset).is_ok(),
    |schema| schema
        .max_length(Some(TIME_MAX))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
);

text!(
    /// The currency of an amount, by its ISO 4217 code.
    Currency,
    "currency",
    "three capital letters",
    |text| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
    |schema| schema
        .min_length(Some(3))
        .max_length(Some(3))
        .pattern(Some("^[A-Z]{3}$"))
);

impl Default for Note {
    /// A client that has nothing to say.
    fn default() -> Self {
        Self(String::new())
    }
}

macro_rules! debug {
    ($($name:ident)*) => {
        $(
            // What clients write is data: a log may say how long it is, and no more.
            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    let bytes = self.as_str().len();
                    write!(f, concat!(stringify!($name), "({} bytes)"), bytes)
                }
            }
        )*
    };
}

debug!(Name Note LongText Timestamp Currency);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_real_one() {
        for text in [
            "2026-02-01T00:15:00Z",
            "2026-02-01T00:15:00.123456789+14:00",
            "0000-01-01T00:00:00-00:00",
        ] {
            assert!(text.parse::<Timestamp>().is_ok(), "{text}");
        }
        let long = format!("2026-02-01T00:15:00.{}Z", "1".repeat(40));
        for text in ["", "now", "2026-02-30T00:00:00Z", "2026-02-01 00:00", &long] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_currency_has_three_capital_letters() {
        assert!("EUR".parse::<Currency>().is_ok());
        for text in ["", "eur", "EURO", "ÄU", "E R", "EUR\n"] {
            assert!(text.parse::<Currency>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_length_is_counted_in_characters_and_in_bytes_where_the_item_is_full() {
        assert!("ä".repeat(NAME_MAX).parse::<Name>().is_ok());
        assert!("ä".repeat(NAME_MAX + 1).parse::<Name>().is_err());
        assert!("".parse::<Name>().is_err() && "".parse::<Note>().is_ok());
        assert!("ä".repeat(NOTE_MAX + 1).parse::<Note>().is_err());
        assert!("x".repeat(LONG_TEXT_MAX).parse::<LongText>().is_ok());
        assert!("ä".repeat(LONG_TEXT_MAX).parse::<LongText>().is_err());
    }
}
