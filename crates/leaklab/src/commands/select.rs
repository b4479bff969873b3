//! From what was typed to lessons.

use crate::failure::Failure;
use lessons::{FailedFix, LESSONS, Lesson};

/// Stands for all failed fixes.
const ALL: &str = "all";

/// The lessons whose ids begin with these names, in the order of the list; all for none.
pub(super) fn lessons(names: &[String]) -> Result<Vec<&'static Lesson>, Failure> {
    let fits = |lesson: &Lesson, name: &str| lesson.id.starts_with(name);
    let known =
        |name: &str| !name.is_empty() && LESSONS.iter().any(|l| fits(l, name));
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(unknown(name));
    }
    let chosen = |lesson: &&Lesson| {
        names.is_empty() || names.iter().any(|name| fits(lesson, name))
    };
    Ok(LESSONS.iter().filter(chosen).collect())
}

/// The only lesson whose id begins with this name.
pub(super) fn one(name: &str) -> Result<&'static Lesson, Failure> {
    let several = lessons(&[name.to_owned()])?;
    if let [one] = several[..] {
        return Ok(one);
    }
    let ids: Vec<_> = several.iter().map(|lesson| lesson.id).collect();
    Err(Failure::Usage(format!(
        "'{name}' is a prefix of {} lessons; which one? {}",
        ids.len(),
        ids.join(", ")
    )))
}

/// The failed fixes that were asked for by name, each after its lesson's id; `all` stands
/// for all.
pub(super) fn failed_fixes(
    lessons: &[&'static Lesson],
    names: &[String],
) -> Result<Vec<(&'static str, &'static FailedFix)>, Failure> {
    let all =
        || lessons.iter().flat_map(|l| l.failed_fixes.iter().map(|f| (l.id, f)));
    let unknown =
        |name: &&String| *name != ALL && all().all(|(_, f)| f.name != **name);
    if let Some(name) = names.iter().find(unknown) {
        let known: Vec<_> =
            all().map(|(id, f)| format!("{} of {id}", f.name)).collect();
        let known = match &known[..] {
            [] => "these lessons have none".to_owned(),
            known => format!("there are {}", known.join(", ")),
        };
        return Err(Failure::Usage(format!(
            "there is no failed fix '{name}'; {known}"
        )));
    }
    let asked =
        |fix: &FailedFix| names.iter().any(|name| name == fix.name || name == ALL);
    Ok(all().filter(|(_, fix)| asked(fix)).collect())
}

fn unknown(name: &str) -> Failure {
    // The beginning of an id, or of its job, is what people type.
    let distance = |lesson: &&Lesson| {
        let job = lesson.id.split_once('_').map_or("", |(_, job)| job);
        let begins = |text: &str| text.chars().take(name.chars().count()).collect();
        let texts: [String; 2] = [lesson.id, job].map(begins);
        let far = texts.map(|text| strsim::damerau_levenshtein(name, &text));
        far[0].min(far[1])
    };
    let near = |lesson: &&Lesson| distance(lesson) * 3 < name.chars().count();
    let nearest = LESSONS.iter().filter(near).min_by_key(distance);
    let hint = nearest
        .map_or_else(String::new, |lesson| format!(" did you mean {}?", lesson.id));
    Failure::Usage(format!(
        "there is no lesson '{name}';{hint} `leaklab list` names all"
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
        for (names, expected) in [
            (&["l11", "l09_call", "l11"][..], ["l09", "l11"]),
            (&["c02", "c01"], ["c01", "c02"]),
        ] {
            let chosen: Vec<_> = ids(names).iter().map(|id| &id[..3]).collect();
            assert_eq!(chosen, expected);
        }
        assert_eq!(ids(&[]).len(), LESSONS.len());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let nearest =
            |name: &str| lessons(&[name.to_owned()]).unwrap_err().to_string();
        assert!(nearest("session_cahce").contains("did you mean l11_"));
        assert!(nearest("l9_call_budget").contains("did you mean l09_"));
        for name in ["zzz", ""] {
            assert!(!nearest(name).contains("did you mean"), "{}", nearest(name));
        }
    }
}
