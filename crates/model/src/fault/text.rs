//! Faults as they are typed: `GetItem:delay=500`, `*:error=500/InternalServerError`,
//! `BatchWriteItem:unprocessed=50@1/3`.

use super::names::{CODES, OPERATIONS, known};
use super::{EVERY_OPERATION, Fault, FaultAction, When};
use std::str::FromStr;

/// Seed of a share that was typed; who wants another one writes code.
const SEED: u64 = 7;

/// Which part of a fault cannot be understood, and what may stand there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No colon.
    #[error("'{0}' has no action: write OPERATION:ACTION, such as GetItem:reset")]
    Form(String),
    /// Not in [`OPERATIONS`].
    #[error(
        "'{0}' is no operation of DynamoDB: write its name as in GetItem, or * for \
         every request"
    )]
    Operation(String),
    /// No such action, or without the value that it needs.
    #[error(
        "'{0}' is no action: write delay=MS, silence, slow=BYTES/MS, stall=BYTES, \
         reset, reset=BYTES, cut=BYTES, error=STATUS/CODE or unprocessed=PERCENT"
    )]
    Action(String),
    /// A number is missing, no number, or out of range.
    #[error("'{text}' is not valid for {part}: write {expected}")]
    Value {
        /// The action, or what comes after `@`.
        part: &'static str,
        /// What was typed.
        text: String,
        /// What may be typed.
        expected: &'static str,
    },
    /// Not in [`CODES`].
    #[error(
        "'{0}' is no error of DynamoDB: write its code, such as ThrottlingException \
         or InternalServerError"
    )]
    Code(String),
    /// Parts of a batch can only be handed back where there is a batch.
    #[error(
        "{0} has no batch: unprocessed is for BatchWriteItem, BatchGetItem or *"
    )]
    NoBatch(&'static str),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (rule, when) = match text.rsplit_once('@') {
            Some((rule, when)) => (rule, parse_when(when)?),
            None => (text, When::Always),
        };
        let (operation, action) =
            rule.split_once(':').ok_or_else(|| FaultError::Form(rule.to_owned()))?;
        let operation = match operation {
            EVERY_OPERATION => EVERY_OPERATION,
            name => known(OPERATIONS, name)
                .ok_or_else(|| FaultError::Operation(name.to_owned()))?,
        };
        let fault = Self { operation, action: parse_action(action)?, when };
        let batch =
            fault.concerns("BatchWriteItem") || fault.concerns("BatchGetItem");
        match fault.action {
            FaultAction::Unprocessed { .. } if !batch => {
                Err(FaultError::NoBatch(operation))
            }
            _ => Ok(fault),
        }
    }
}

fn parse_action(text: &str) -> Result<FaultAction, FaultError> {
    let unknown = || FaultError::Action(text.to_owned());
    let Some((name, value)) = text.split_once('=') else {
        return match text {
            "silence" => Ok(FaultAction::Silence),
            "reset" => Ok(FaultAction::Reset),
            _ => Err(unknown()),
        };
    };
    match name {
        "delay" => {
            let ms = number("delay", value, "milliseconds")?;
            Ok(FaultAction::Delay { ms })
        }
        "slow" => {
            let expected = "BYTES/MS, such as 1024/100";
            let (bytes, ms) = pair("slow", value, expected)?;
            let bytes = positive("slow", bytes, expected)?;
            Ok(FaultAction::SlowBody { bytes, ms: number("slow", ms, expected)? })
        }
        "stall" => {
            Ok(FaultAction::StallBody { bytes: number("stall", value, "bytes")? })
        }
        "reset" => {
            Ok(FaultAction::ResetBody { bytes: number("reset", value, "bytes")? })
        }
        "cut" => Ok(FaultAction::CutBody { bytes: number("cut", value, "bytes")? }),
        "error" => parse_error(value),
        "unprocessed" => {
            let share_percent = percent("unprocessed", value)?;
            Ok(FaultAction::Unprocessed { share_percent })
        }
        _ => Err(unknown()),
    }
}

fn parse_error(text: &str) -> Result<FaultAction, FaultError> {
    let expected = "STATUS/CODE with a status of 400 to 599, such as \
                    400/ThrottlingException";
    let (status, code) = pair("error", text, expected)?;
    let status = number("error", status, expected)?;
    if !(400..=599).contains(&status) {
        return Err(value("error", text, expected));
    }
    let code =
        known(CODES, code).ok_or_else(|| FaultError::Code(code.to_owned()))?;
    Ok(FaultAction::Error { status, code })
}

/// What comes after `@`.
fn parse_when(text: &str) -> Result<When, FaultError> {
    let expected = "HIT/OF or PERCENT%, such as 1/3 or 10%";
    if let Some(share) = text.strip_suffix('%') {
        return Ok(When::Share { percent: percent("@", share)?, seed: SEED });
    }
    let (hit, of) = pair("@", text, expected)?;
    let hit = positive("@", hit, expected)?;
    let of = number("@", of, expected)?;
    if hit > of {
        return Err(value("@", text, "a cycle that is not shorter than its hits"));
    }
    Ok(When::Cycle { hit, of })
}

fn value(part: &'static str, text: &str, expected: &'static str) -> FaultError {
    FaultError::Value { part, text: text.to_owned(), expected }
}

fn pair<'a>(
    part: &'static str,
    text: &'a str,
    expected: &'static str,
) -> Result<(&'a str, &'a str), FaultError> {
    text.split_once('/').ok_or_else(|| value(part, text, expected))
}

fn number<N: FromStr>(
    part: &'static str,
    text: &str,
    expected: &'static str,
) -> Result<N, FaultError> {
    // Rust's own parser would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = if digits { text.parse().ok() } else { None };
    parsed.ok_or_else(|| value(part, text, expected))
}

/// A number above 0.
fn positive<N: FromStr + Default + PartialEq>(
    part: &'static str,
    text: &str,
    expected: &'static str,
) -> Result<N, FaultError> {
    let found = number(part, text, expected)?;
    if found == N::default() { Err(value(part, text, expected)) } else { Ok(found) }
}

fn percent(part: &'static str, text: &str) -> Result<u8, FaultError> {
    let expected = "a percentage from 1 to 100";
    let percent = positive(part, text, expected)?;
    if percent > 100 { Err(value(part, text, expected)) } else { Ok(percent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Fault {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_action_can_be_typed() {
        use FaultAction::*;
        let code = "InternalServerError";
        for (text, action) in [
            ("delay=500", Delay { ms: 500 }),
            ("silence", Silence),
            ("slow=1024/100", SlowBody { bytes: 1024, ms: 100 }),
            ("stall=10", StallBody { bytes: 10 }),
            ("reset", Reset),
            ("reset=0", ResetBody { bytes: 0 }),
            ("cut=5", CutBody { bytes: 5 }),
            ("error=500/InternalServerError", Error { status: 500, code }),
            ("unprocessed=50", Unprocessed { share_percent: 50 }),
        ] {
            let fault = parsed(&format!("*:{text}"));
            assert_eq!(fault, Fault::new(EVERY_OPERATION, action));
        }
    }

    #[test]
    fn a_rule_names_its_operation_and_its_share() {
        let fault = parsed("GetItem:reset@1/3");
        assert_eq!(fault.operation, "GetItem");
        assert_eq!(fault.when, When::Cycle { hit: 1, of: 3 });
        let fault = parsed("BatchWriteItem:unprocessed=50@10%");
        assert_eq!(fault.when, When::Share { percent: 10, seed: SEED });
    }

    #[test]
    fn an_error_names_the_part_that_is_wrong() {
        for (text, named) in [
            ("", "''"),
            ("GetItem", "'GetItem'"),
            ("getitem:reset", "'getitem'"),
            (":reset", "''"),
            ("GetItem:", "''"),
            ("GetItem:explode", "'explode'"),
            ("GetItem:silence=3", "'silence=3'"),
            ("GetItem:delay", "'delay'"),
            ("GetItem:delay=", "'' is not valid for delay"),
            ("GetItem:delay=-1", "'-1'"),
            ("GetItem:delay=+1", "'+1'"),
            ("GetItem:delay=99999999999999999999", "99999999999999999999"),
            ("GetItem:slow=100", "'100'"),
            ("GetItem:slow=0/5", "'0'"),
            ("GetItem:error=500", "'500'"),
            ("GetItem:error=200/ThrottlingException", "400 to 599"),
            ("GetItem:error=400/Throttling", "'Throttling' is no error"),
            ("BatchGetItem:unprocessed=101", "'101'"),
            ("BatchGetItem:unprocessed=0", "'0'"),
            ("GetItem:unprocessed=50", "GetItem has no batch"),
            ("GetItem:reset@", "'' is not valid for @"),
            ("GetItem:reset@0/3", "'0'"),
            ("GetItem:reset@4/3", "'4/3'"),
            ("GetItem:reset@1/0", "'1/0'"),
            ("GetItem:reset@101%", "'101'"),
            ("GetItem:reset@%", "''"),
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
