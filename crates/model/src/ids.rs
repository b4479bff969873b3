//! Identifiers, checked once where they enter the service.

use crate::limits::ID_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing was given.
    #[error("{what} must not be empty")]
    Empty {
        /// The kind of identifier.
        what: &'static str,
    },
    /// More bytes than [`ID_BYTES_MAX`].
    #[error("{what} is longer than {ID_BYTES_MAX} bytes")]
    TooLong {
        /// The kind of identifier.
        what: &'static str,
    },
    /// A character that could be read as part of a key or a path.
    #[error("{what} may hold only letters, digits, '-' and '_'")]
    Character {
        /// The kind of identifier.
        what: &'static str,
    },
}

fn check(what: &'static str, text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty { what });
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdError::TooLong { what });
    }
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !text.bytes().all(plain) {
        return Err(IdError::Character { what });
    }
    Ok(())
}

macro_rules! identifier {
    ($name:ident, $what:literal, $doc:literal) => {
        #[doc = $doc]
        ///
        /// At most [`ID_BYTES_MAX`] letters, digits, `-` and `_`.
        #[derive(
            Clone,
            PartialEq,
            Eq,
            Hash,
            PartialOrd,
            Ord,
            Serialize,
            Deserialize,
            ToSchema,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                check($what, &text)?;
                Ok(Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier!(TenantId, "tenant id", "A customer of the platform, who owns orders.");
identifier!(OrderId, "order id", "An order, unique within its tenant.");
identifier!(SessionToken, "session token", "Proves that a client is signed in.");
identifier!(IdempotencyKey, "idempotency key", "A client's name for a payment.");
identifier!(TrackingCode, "tracking code", "Finds a parcel; no sign-in is needed.");

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0)
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrderId({})", self.0)
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({})", self.0)
    }
}

// Anyone who has the code can follow the parcel, so no log may show one.
impl fmt::Debug for TrackingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrackingCode(…)")
    }
}

// Anyone who has the token is signed in, so no log may show one.
impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
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
        let parse = |text: &str| text.parse::<TenantId>().unwrap_err();
        assert_eq!(parse(""), IdError::Empty { what: "tenant id" });
        assert_eq!(parse(&"x".repeat(65)), IdError::TooLong { what: "tenant id" });
        for text in ["a#b", "a/b", "a b", "ä", "a\0"] {
            assert_eq!(
                parse(text),
                IdError::Character { what: "tenant id" },
                "{text}"
            );
        }
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        let token: SessionToken = "tok-secret".parse().unwrap();
        assert!(!format!("{token:?}").contains("secret"));
    }
}
