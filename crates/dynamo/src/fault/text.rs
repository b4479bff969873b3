//! Faults as text: `GetItem:delay=500`, `*:error=500/InternalServerError@1/3`.

use super::names::{code, operation};
use super::{EVERY_OPERATION, Fault, FaultAction, When};
use std::str::FromStr;

/// Which part of a fault is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' {problem}: write {cure}")]
pub struct FaultError {
    text: String,
    problem: &'static str,
    cure: &'static str,
}

/// An error for one part of a fault.
fn wrong(text: &str, problem: &'static str, cure: &'static str) -> FaultError {
    FaultError { text: text.to_owned(), problem, cure }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (rule, when) = match text.rsplit_once('@') {
            Some((rule, when)) => (rule, parse_when(when)?),
            None => (text, When::Always),
        };
        let (name, action) = rule.split_once(':').ok_or_else(|| {
            wrong(rule, "has no action", "OPERATION:ACTION, such as GetItem:silence")
        })?;
        let operation = if name == EVERY_OPERATION {
            EVERY_OPERATION
        } else {
            operation(name).ok_or_else(|| {
                let cure = "its name as in GetItem, or * for every request";
                wrong(name, "is not an operation of DynamoDB", cure)
            })?
        };
        Ok(Self { operation, action: parse_action(action)?, when })
    }
}

fn parse_action(text: &str) -> Result<FaultAction, FaultError> {
    match text.split_once('=') {
        None if text == "silence" => Ok(FaultAction::Silence),
        Some(("delay", ms)) => number(ms)
            .map(|ms| FaultAction::Delay { ms })
            .ok_or_else(|| wrong(ms, "is not a delay", "milliseconds, such as 500")),
        Some(("error", error)) => parse_error(error),
        _ => {
            let cure = "delay=MS, silence or error=STATUS/CODE";
            Err(wrong(text, "is not an action", cure))
        }
    }
}

fn parse_error(text: &str) -> Result<FaultAction, FaultError> {
    let (status, name) = text.split_once('/').unwrap_or((text, ""));
    let status = number(status).filter(|status| (400..=599).contains(status));
    let status = status.ok_or_else(|| {
        let cure = "STATUS/CODE with a status from 400 to 599, such as \
                    400/ThrottlingException";
        wrong(text, "is not an error", cure)
    })?;
    let code = code(name).ok_or_else(|| {
        let cure = "its code, such as ThrottlingException or InternalServerError";
        wrong(name, "is not an error of DynamoDB", cure)
    })?;
    Ok(FaultAction::Error { status, code })
}

/// What follows `@`.
fn parse_when(text: &str) -> Result<When, FaultError> {
    let when = match (text.strip_suffix('%'), text.split_once('/')) {
        (Some(percent), _) => number(percent)
            .filter(|percent| (1..=100).contains(percent))
            .map(|percent| When::Share { percent }),
        (None, Some((hit, of))) => number(hit)
            .zip(number(of))
            .filter(|(hit, of)| 0 < *hit && hit <= of)
            .map(|(hit, of)| When::Cycle { hit, of }),
        (None, None) => None,
    };
    when.ok_or_else(|| {
        let cure = "HIT/OF or PERCENT%, such as 1/3 or 10%";
        wrong(text, "does not say which requests", cure)
    })
}

/// Rust's parser alone would accept a sign.
fn number<N: FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_can_be_written() {
        let error = FaultAction::Error { status: 500, code: "InternalServerError" };
        for (text, fault) in [
            ("*:silence", Fault::new(EVERY_OPERATION, FaultAction::Silence)),
            ("Query:delay=500", Fault::new("Query", FaultAction::Delay { ms: 500 })),
            (
                "PutItem:error=500/InternalServerError@1/3",
                Fault::new("PutItem", error).when(When::Cycle { hit: 1, of: 3 }),
            ),
            (
                "Scan:delay=0@10%",
                Fault::new("Scan", FaultAction::Delay { ms: 0 })
                    .when(When::Share { percent: 10 }),
            ),
        ] {
            assert_eq!(text.parse(), Ok(fault), "{text}");
        }
    }

    #[test]
    fn an_error_names_the_part_that_is_wrong() {
        for (text, says) in [
            ("", "'' has no action"),
            ("GetItem", "'GetItem' has no action"),
            ("getitem:silence", "'getitem' is not an operation"),
            (":silence", "'' is not an operation"),
            ("GetItem:", "'' is not an action"),
            ("GetItem:silence=3", "'silence=3' is not an action"),
            ("GetItem:delay", "'delay' is not an action"),
            ("GetItem:delay=+1", "'+1' is not a delay"),
            ("GetItem:delay=", "'' is not a delay"),
            ("GetItem:delay=99999999999999999999", "is not a delay"),
            ("GetItem:error=500", "'' is not an error of DynamoDB"),
            ("GetItem:error=200/ThrottlingException", "400 to 599"),
            ("GetItem:error=400/Throttling", "'Throttling' is not an error of"),
            ("GetItem:silence@", "'' does not say which requests"),
            ("GetItem:silence@0/3", "'0/3' does not"),
            ("GetItem:silence@4/3", "'4/3' does not"),
            ("GetItem:silence@101%", "'101%' does not"),
            ("GetItem:silence@%", "'%' does not"),
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
