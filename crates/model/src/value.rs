//! Values with a rule, checked once where they enter the service.
//!
//! A type carries its rule into the OpenAPI document as well: its pattern, its length or
//! its range. So a client can know what is refused, and no handler checks it again.

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct ValueError {
    /// What was read.
    pub what: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
}

/// A text that keeps a rule. The schema is the rule for clients.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $holds:expr, $schema:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ValueError;
            fn try_from(text: String) -> Result<Self, $crate::ValueError> {
                let holds: fn(&str) -> bool = $holds;
                match holds(&text) {
                    true => Ok(Self(text)),
                    false => Err($crate::ValueError { what: $what, rule: $rule }),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ValueError;
            fn from_str(text: &str) -> Result<Self, $crate::ValueError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let text = utoipa::openapi::Object::builder()
                    .schema_type(utoipa::openapi::Type::String)
                    .description(Some(concat!("The ", $what, ": ", $rule)));
                let schema: fn(
                    utoipa::openapi::ObjectBuilder,
                ) -> utoipa::openapi::ObjectBuilder = $schema;
                schema(text).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

/// A whole number within a range.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($type:ty), $what:literal, $min:expr, $max:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "u64")]
        pub struct $name($type);

        impl $name {
            /// The largest one.
            pub const MAX: u64 = $max;

            /// The number.
            pub fn get(self) -> u64 {
                u64::from(self.0)
            }
        }

        impl TryFrom<u64> for $name {
            type Error = $crate::ValueError;
            fn try_from(number: u64) -> Result<Self, $crate::ValueError> {
                let error = $crate::ValueError { what: $what, rule: $rule };
                if !($min..=Self::MAX).contains(&number) {
                    return Err(error);
                }
                <$type>::try_from(number).map(Self).map_err(|_| error)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ValueError;
            fn from_str(text: &str) -> Result<Self, $crate::ValueError> {
                let number = text.parse::<u64>();
                number
                    .map_err(|_| $crate::ValueError { what: $what, rule: $rule })?
                    .try_into()
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::Object::builder()
                    .schema_type(utoipa::openapi::Type::Integer)
                    .description(Some(concat!("The ", $what, ": ", $rule)))
                    .minimum(Some($min as u64))
                    .maximum(Some(Self::MAX))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

pub(crate) use {number, text};
