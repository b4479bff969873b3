//! What a team hands in: what it did in the exercises, and its answers to its mystery. A
//! digest with the team's code tells whether somebody else changed it.

use crate::answers::Answers;
use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit, Mac};
use report::repair::Outcome;
use serde::{Deserialize, Serialize};
use sha2_of_hmac::Sha256;
use std::collections::BTreeMap;

/// A team's result. The digest is that of its JSON, so a field that is added or removed
/// invalidates earlier results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamResult {
    /// The team's number.
    pub team: u32,
    /// When it was written, in seconds since 1970, by the team's clock.
    pub written_at: u64,
    /// What was done in each exercise.
    pub lessons: BTreeMap<String, Exercise>,
    /// What the team says of its mystery.
    pub mystery: Answers,
    /// HMAC-SHA256 of the rest, with the team's code; empty before it is signed.
    #[serde(default)]
    pub digest: String,
}

/// What was done in an exercise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exercise {
    /// The prediction, from 1.
    pub predicted: Option<usize>,
    /// Hints that were shown.
    pub hints: usize,
    /// Checks of an edited file.
    pub attempts: usize,
    /// Whether the solution was shown.
    pub solution: bool,
    /// The last verdict.
    pub last: Option<Outcome>,
    /// Whether it was repaired once or, for a control, predicted and measured.
    pub done: bool,
}

impl TeamResult {
    /// The text of the result's file, signed with a code.
    ///
    /// # Errors
    /// It has no JSON form.
    pub fn signed(mut self, code: &str) -> Result<String> {
        let digest = self.mac(code)?.finalize().into_bytes();
        self.digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(serde_json::to_string_pretty(&self).context("a result is JSON")? + "\n")
    }

    /// Whether it is as it was signed with this code.
    ///
    /// # Errors
    /// It has no JSON form.
    pub fn is_whole(&self, code: &str) -> Result<bool> {
        let bytes = self.digest.as_bytes().chunks(2).map(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        let bytes: Option<Vec<u8>> = bytes.collect();
        let mac = self.mac(code)?;
        Ok(bytes.is_some_and(|bytes| mac.verify_slice(&bytes).is_ok()))
    }

    fn mac(&self, code: &str) -> Result<Hmac<Sha256>> {
        let unsigned = Self { digest: String::new(), ..self.clone() };
        let json = serde_json::to_vec(&unsigned).context("a result is JSON")?;
        // As it may be typed from paper.
        let code: String =
            code.chars().filter(char::is_ascii_alphanumeric).collect();
        let code = code.to_lowercase();
        let mut mac =
            Hmac::new_from_slice(code.as_bytes()).context("any key is one")?;
        mac.update(&json);
        Ok(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_or_another_code_is_noticed() {
        let done = Exercise { attempts: 2, ..Exercise::default() };
        let lessons = BTreeMap::from([("a_lesson".to_owned(), done)]);
        let (mystery, digest) = (Answers::new(), String::new());
        let result = TeamResult { team: 3, written_at: 7, lessons, mystery, digest };
        let text = result.signed("ab12-cd34").unwrap();
        let whole = |text: &str, code| {
            serde_json::from_str::<TeamResult>(text).unwrap().is_whole(code).unwrap()
        };
        assert!(whole(&text, "AB12 CD34"));
        assert!(!whole(&text, "ab12-cd35"));
        for (from, to) in [
            ("\"team\": 3", "\"team\": 4"),
            ("\"attempts\": 2", "\"attempts\": 1"),
            ("\"digest\": \"", "\"digest\": \"0"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert!(changed != text && !whole(&changed, "ab12-cd34"), "{to}");
        }
    }
}
