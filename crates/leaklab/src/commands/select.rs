//! From what was typed to lessons.

use crate::failure::Failure;
use lessons::{FailedFix, LESSONS, Lesson};
use std::collections::BTreeMap;

/// Stands for all failed fixes.
const ALL: &str = "all";

/// The lessons whose ids begin with these names; all for none.
pub(super) fn lessons(names: &[String]) -> Result<Vec<&'static Lesson>, Failure> {
    if names.is_empty() {
        return Ok(LESSONS.iter().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let fitting =
            LESSONS.iter().filter(|lesson| lesson.id.starts_with(name.as_str()));
        let before = chosen.len();
        chosen.extend(fitting);
        if chosen.len() == before || name.is_empty() {
            return Err(unknown(name));
        }
    }
    // In the order of the registry, each once, however they were typed.
    let mut lessons: Vec<&Lesson> = LESSONS.iter().collect();
    lessons.retain(|lesson| chosen.iter().any(|c: &&Lesson| c.id == lesson.id));
    Ok(lessons)
}

/// The failed fixes of each lesson that were asked for by name; `all` stands for all.
pub(super) fn failed_fixes(
    lessons: &[&'static Lesson],
    names: &[String],
) -> Result<BTreeMap<&'static str, Vec<&'static FailedFix>>, Failure> {
    let mut chosen = BTreeMap::new();
    for lesson in lessons {
        let asked = |fix: &&FailedFix| {
            names.iter().any(|name| name == fix.name || name == ALL)
        };
        let own: Vec<_> = lesson.failed_fixes.iter().filter(asked).collect();
        chosen.insert(lesson.id, own);
    }
    let found = |name: &str| chosen.values().flatten().any(|v| v.name == name);
    match names.iter().find(|name| *name != ALL && !found(name)) {
        None => Ok(chosen),
        Some(name) => {
            let known = lessons.iter().flat_map(|lesson| {
                let of =
                    move |fix: &FailedFix| format!("{} of {}", fix.name, lesson.id);
                lesson.failed_fixes.iter().map(of)
            });
            let known: Vec<_> = known.collect();
            let known = match known.is_empty() {
                true => "these lessons have none".to_owned(),
                false => format!("there are {}", known.join(", ")),
            };
            Err(Failure::Usage(format!("there is no failed fix '{name}'; {known}")))
        }
    }
}

fn unknown(name: &str) -> Failure {
    let distance = |lesson: &&Lesson| {
        let jobs = lesson.id.split_once('_').map_or(lesson.id, |(_, job)| job);
        strsim::damerau_levenshtein(name, lesson.id)
            .min(strsim::damerau_levenshtein(name, jobs))
    };
    let nearest = LESSONS.iter().min_by_key(distance).expect("there are lessons");
    Failure::Usage(format!(
        "there is no lesson '{name}'; did you mean {}? `leaklab list` names all",
        nearest.id
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<&'static str> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        lessons(&names).unwrap().iter().map(|lesson| lesson.id).collect()
    }

    #[test]
    fn a_beginning_is_enough_and_order_and_repetition_do_not_matter() {
        assert_eq!(
            ids(&["l11", "l09_call", "l11"]),
            ["l09_call_budget", "l11_session_cache"]
        );
        assert_eq!(ids(&["c02", "c01"]), ["c01_client_clones", "c02_first_page"]);
        assert_eq!(ids(&[]).len(), LESSONS.len());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let nearest =
            |name: &str| lessons(&[name.to_owned()]).unwrap_err().to_string();
        assert!(nearest("session_cahce").contains("l11_session_cache"));
        assert!(nearest("l9_call_budget").contains("l09_call_budget"));
        assert!(nearest("").contains("did you mean"));
    }
}
