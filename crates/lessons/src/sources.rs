//! The twins' files of each lesson, built into the program, and the exercise that is
//! made of them.
//!
//! `leaky`'s file is `fixed`'s file before the diff that the book shows. So the original
//! doesn't depend on `leaky`, which a learner edits, and an edit doesn't rebuild this.

use diffy::{Patch, apply};
use std::collections::HashSet;

macro_rules! sources {
    ($($id:ident,)*) => {
        [$((
            stringify!($id),
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../fixed/src/lessons/",
                stringify!($id),
                ".rs"
            )),
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../docs/diffs/",
                stringify!($id),
                ".diff"
            )),
        )),*]
    };
}

const SOURCES: &[(&str, &str, &str)] = &syllabus::for_each!(sources, lessons);

macro_rules! controls {
    ($($id:ident,)*) => {
        [$((
            stringify!($id),
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../controls/src/lessons/",
                stringify!($id),
                ".rs"
            )),
        )),*]
    };
}

const CONTROLS: &[(&str, &str)] = &syllabus::for_each!(controls, controls);

/// How `leaky` marks a limit that it doesn't enforce. The mark says what the leak is, and
/// the compiler warns about it once the limit is used.
const UNUSED: &str = "#[expect(dead_code";

/// A lesson's file in both twins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// With the leak, and the comment that explains it.
    pub leaky: String,
    /// With the fix.
    pub fixed: &'static str,
}

/// The files of a lesson; `None` for a control, whose file both twins share, and for a
/// diff that is not of this file. A test of the documents finds such a diff.
pub fn of(id: &str) -> Option<Sources> {
    let (_, fixed, diff) = SOURCES.iter().find(|(name, ..)| *name == id)?;
    let fix = Patch::from_str(diff).ok()?;
    Some(Sources { leaky: apply(fixed, &fix.reverse()).ok()?, fixed })
}

/// The file of a control; `None` for a lesson.
pub fn control(id: &str) -> Option<&'static str> {
    CONTROLS.iter().find(|(name, _)| *name == id).map(|(_, text)| *text)
}

impl Sources {
    /// `leaky`'s file without what gives the leak away: comments that `fixed` doesn't
    /// have, and reasons why a limit is unused.
    pub fn exercise(&self) -> String {
        let text = common_comments(&self.leaky, self.fixed);
        let lines = text.split_inclusive('\n').map(|line| match is_mark(line) {
            Some(indent) => format!("{indent}#[allow(dead_code)]\n"),
            None => line.to_owned(),
        });
        lines.collect()
    }

    /// A twin's file without what tells which twin's it is, but for the code: comments
    /// that the other one doesn't have, and marks of unused limits.
    pub fn blind(&self, leaks: bool) -> String {
        let text = match leaks {
            true => common_comments(&self.leaky, self.fixed),
            false => common_comments(self.fixed, &self.leaky),
        };
        text.split_inclusive('\n').filter(|line| is_mark(line).is_none()).collect()
    }
}

/// What stands before the mark of an unused limit in a line.
fn is_mark(line: &str) -> Option<&str> {
    line.split_once(UNUSED).map(|(indent, _)| indent)
}

/// A text with those comments only that another text has, too.
fn common_comments(of: &str, other: &str) -> String {
    let known: HashSet<_> = other.lines().map(str::trim).collect();
    let mut text = String::new();
    // The comment so far, and whether all of it is known.
    let (mut comment, mut is_known) = (String::new(), true);
    for line in of.split_inclusive('\n') {
        let code = line.trim();
        if code.starts_with("//") {
            comment += line;
            is_known &= known.contains(code);
            continue;
        }
        if is_known {
            text += &comment;
        }
        (comment, is_known) = (String::new(), true);
        text += line;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, LESSONS};

    #[test]
    fn every_lesson_has_an_exercise_that_does_not_give_its_answer() {
        for lesson in LESSONS.iter().filter(|lesson| lesson.kind == Kind::Lesson) {
            let sources = of(lesson.id).unwrap();
            assert!(sources.leaky.contains("// LEAK:"), "{}", lesson.id);
            let exercise = sources.exercise();
            for given in ["LEAK", "FIX:", "enforces", UNUSED] {
                assert!(!exercise.contains(given), "{}: {given}", lesson.id);
            }
            let code = |text: &str| {
                let lines =
                    text.lines().filter(|line| !line.trim().starts_with("//"));
                lines.filter(|line| !line.contains("dead_code")).count()
            };
            assert_eq!(code(&exercise), code(&sources.leaky), "{}", lesson.id);
            for (leaks, text) in [(true, &*sources.leaky), (false, sources.fixed)] {
                let blind = sources.blind(leaks);
                for given in ["LEAK", "FIX:", "dead_code"] {
                    assert!(!blind.contains(given), "{}: {given}", lesson.id);
                }
                assert_eq!(code(&blind), code(text), "{}", lesson.id);
            }
        }
        let control = LESSONS.iter().find(|lesson| lesson.kind == Kind::Control);
        assert_eq!(of(control.unwrap().id), None);
        assert!(super::control(control.unwrap().id).is_some());
    }
}
