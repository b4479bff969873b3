//! Identifiers.

use crate::limits::ID_BYTES_MAX;
use crate::value::text;
use std::fmt;

/// Whether a text can be part of a key or a path: neither has a separator in it.
fn is_plain(text: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain)
}

macro_rules! identifier {
    ($name:ident, $what:literal, $doc:literal) => {
        text!(
            #[doc = $doc]
            $name,
            $what,
            "1 to 64 letters, digits, '-' and '_'",
            is_plain,
            |schema| schema
                .min_length(Some(1))
                .max_length(Some(ID_BYTES_MAX))
                .pattern(Some("^[A-Za-z0-9_-]+$"))
        );
    };
}

identifier!(TenantId, "tenant id", "A customer of the platform, who owns orders.");
identifier!(SessionToken, "session token", "Proves that a client is signed in.");
identifier!(IdempotencyKey, "idempotency key", "A client's name for a payment.");
identifier!(TrackingCode, "tracking code", "Finds a parcel; no sign-in is needed.");
identifier!(
    RequestId,
    "request id",
    "A caller's name for its request, for the log."
);

text!(
    /// An order, unique within its tenant. It has a digit, so that no order has the name
    /// of another route: `/orders/export`.
    OrderId,
    "order id",
    "1 to 64 letters, digits, '-' and '_', and at least one digit",
    |text| is_plain(text) && text.bytes().any(|byte| byte.is_ascii_digit()),
    |schema| schema
        .min_length(Some(1))
        .max_length(Some(ID_BYTES_MAX))
        .pattern(Some("^[A-Za-z_-]*[0-9][A-Za-z0-9_-]*$"))
);

macro_rules! debug {
    ($($name:ident shows $text:expr;)*) => {
        $(
            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    let text: fn(&Self) -> &str = $text;
                    write!(f, concat!(stringify!($name), "({})"), text(self))
                }
            }
        )*
    };
}

debug! {
    TenantId shows Self::as_str;
    OrderId shows Self::as_str;
    IdempotencyKey shows Self::as_str;
    RequestId shows Self::as_str;
    // Anyone who has the code can follow the parcel, and anyone who has the token is
    // signed in, so no log may show one.
    TrackingCode shows |_| "…";
    SessionToken shows |_| "…";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_plain_characters_is_accepted_unchanged() {
        let id: OrderId = "ord-000001_b".parse().unwrap();
        assert_eq!(id.as_str(), "ord-000001_b");
    }

    #[test]
    fn empty_long_and_strange_ids_are_refused_by_name() {
        let long = "x".repeat(65);
        for text in ["", &long, "a#b", "a/b", "a b", "ä", "a\0", "a\n"] {
            let error = text.parse::<TenantId>().unwrap_err();
            assert_eq!(error.what, "tenant id", "{text}");
        }
    }

    #[test]
    fn no_order_has_the_name_of_a_route() {
        for name in ["export", "feed", "bestsellers", "import"] {
            assert!(name.parse::<OrderId>().is_err(), "{name}");
            assert!(format!("{name}-1").parse::<OrderId>().is_ok(), "{name}-1");
        }
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        let token: SessionToken = "tok-secret".parse().unwrap();
        assert!(!format!("{token:?}").contains("secret"));
    }
}
