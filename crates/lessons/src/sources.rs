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

impl Sources {
    /// `leaky`'s file without what gives the leak away: comments that `fixed` doesn't
    /// have, and reasons why a limit is unused.
    pub fn exercise(&self) -> String {
        let known: HashSet<_> = self.fixed.lines().map(str::trim).collect();
        let mut text = String::new();
        // The comment so far, and whether all of it is in `fixed`.
        let (mut comment, mut is_known) = (String::new(), true);
        for line in self.leaky.split_inclusive('\n') {
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
            match line.split_once(UNUSED) {
                Some((indent, _)) => {
                    text += &format!("{indent}#[allow(dead_code)]\n")
                }
                None => text += line,
            }
        }
        text
    }
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
        }
        let control = LESSONS.iter().find(|lesson| lesson.kind == Kind::Control);
        assert_eq!(of(control.unwrap().id), None);
    }
}
