//! The chapter of each lesson, built into the program, and its front matter.
//!
//! A chapter opens with an HTML comment that holds TOML. mdBook, editors and code hosts
//! show nothing of it. The book's indexes and the README's table are made from it.

use crate::claims::{Finding, ShownBy};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

macro_rules! chapters {
    ($($id:ident,)*) => {
        [$((
            stringify!($id),
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../docs/lessons/",
                stringify!($id),
                ".md"
            )),
        )),*]
    };
}

static CHAPTERS: LazyLock<BTreeMap<&str, Chapter>> = LazyLock::new(|| {
    let parsed = syllabus::for_each!(chapters).map(|(id, text)| {
        let chapter = Chapter::parse(text);
        (id, chapter.unwrap_or_else(|why| panic!("docs/lessons/{id}.md: {why}")))
    });
    parsed.into()
});

/// A chapter of the book.
#[derive(Debug, Clone)]
pub struct Chapter {
    /// What the indexes say about the lesson.
    pub front: FrontMatter,
    /// Its title, without markup.
    pub title: &'static str,
    /// The Markdown below the title.
    pub body: &'static str,
}

/// What the indexes say about a lesson.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FrontMatter {
    /// What `leaky` does; for lessons.
    pub leaky: String,
    /// What `fixed` does; for lessons.
    pub fixed: String,
    /// What is believed to leak; for controls.
    pub believed: String,
    /// What the measurement says about it; for controls.
    pub measured: String,
    /// How the leak looks from outside.
    pub symptoms: Vec<Symptom>,
    /// Metrics that rise in `leaky`.
    pub metrics: Vec<String>,
    /// Crates whose behaviour the lesson explains.
    pub crates: Vec<CrateFact>,
    /// Findings about common claims that it settles.
    pub settles: Vec<Finding<ShownBy>>,
    /// Minutes that the exercise takes.
    pub minutes: Option<u32>,
    /// From 1, one place to look at, to 3, several crates.
    pub difficulty: Option<u8>,
    /// Three hints towards the repair, each one saying more; for lessons.
    pub hints: Vec<String>,
    /// What to predict before the lesson is measured.
    pub prediction: Option<Prediction>,
    /// What to ask when it is done.
    pub check: Option<Check>,
    /// How it is asked in a service whose leaks are to be found.
    pub mystery: Option<Blind>,
}

/// How a job is asked, and what is right to say of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Blind {
    /// Its request, as a `.http` file.
    pub request: String,
    /// Words of which one must be in a right answer to "with what does it grow?"
    pub grows_with: Vec<String>,
    /// Parts of `leaky`'s lines that a measurement names, or that keep what it names.
    pub lines: Vec<String>,
    /// Whether the leak is large, and every request shows it; or it is a control.
    pub easy: bool,
    /// Jobs of a higher rank are measured later: long after its requests, the service
    /// still closes connections, which changes what is measured of others.
    pub rank: u8,
}

/// A question that shows whether the lesson was understood.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What is asked.
    pub question: String,
    /// A good answer.
    pub answer: String,
}

/// A question to answer before a measurement does. The symptom that it is about is the
/// chapter's part of that name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// What is asked.
    pub question: String,
    /// Possible answers, each with a reason that somebody could have.
    pub choices: Vec<String>,
    /// The number of the right choice, from 1.
    pub right: usize,
    /// Why it is right.
    pub why: String,
}

/// How a leak looks from outside.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// The table of the index that it belongs to.
    pub group: String,
    /// What a dashboard shows.
    pub see: String,
    /// What to look at in the code first.
    pub look: String,
}

/// What a crate does that matters for memory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrateFact {
    /// The crate, and the part of it.
    pub name: String,
    /// What that part does.
    pub what: String,
}

/// The chapter of a lesson or control; `None` for another id.
pub fn chapter(id: &str) -> Option<&'static Chapter> {
    CHAPTERS.get(id)
}

impl Chapter {
    /// Chapters are built into the program, so a test finds every fault in them.
    fn parse(text: &'static str) -> Result<Self, String> {
        let form = "it must open with `<!--`, TOML, `-->` and a `# title`";
        let parts = || {
            let (front, rest) = text.strip_prefix("<!--\n")?.split_once("-->\n")?;
            let (title, body) = rest.strip_prefix("# ")?.split_once('\n')?;
            Some((front, title, body))
        };
        let (front, title, body) = parts().ok_or(form)?;
        let front = toml::from_str(front).map_err(|error| error.to_string())?;
        Ok(Self { front, title, body })
    }

    /// The Markdown below a heading of the second level; for an empty heading, what
    /// stands before the first one.
    pub fn part(&self, heading: &str) -> Option<&'static str> {
        let mut parts = self.body.split("\n## ");
        if heading.is_empty() {
            return parts.next();
        }
        parts.skip(1).find_map(|part| {
            let (own, rest) = part.split_once('\n')?;
            (own == heading).then_some(rest)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, LESSONS};

    #[test]
    fn every_chapter_says_what_its_kind_must_say() {
        for lesson in LESSONS {
            let FrontMatter { leaky, fixed, believed, measured, symptoms, .. } =
                &chapter(lesson.id).unwrap().front;
            let filled = match lesson.kind {
                Kind::Lesson => !leaky.is_empty() && !fixed.is_empty(),
                Kind::Control => !believed.is_empty() && !measured.is_empty(),
            };
            assert!(filled, "{}", lesson.id);
            assert_eq!(symptoms.is_empty(), lesson.kind == Kind::Control);
        }
    }

    #[test]
    fn every_question_has_one_right_answer_and_hints_come_in_threes() {
        for lesson in LESSONS {
            let FrontMatter { minutes, difficulty, hints, prediction, .. } =
                &chapter(lesson.id).unwrap().front;
            let hints_wanted = if lesson.kind == Kind::Lesson { 3 } else { 0 };
            let fits = minutes.is_some_and(|minutes| (5..=60).contains(&minutes))
                && difficulty.is_some_and(|level| (1..=3).contains(&level))
                && hints.len() == hints_wanted
                && prediction.as_ref().is_some_and(|asked| {
                    asked.choices.len() > 1
                        && (1..=asked.choices.len()).contains(&asked.right)
                });
            assert!(fits, "{}", lesson.id);
        }
    }

    #[test]
    fn a_part_ends_where_the_next_one_begins() {
        let text = "<!--\n-->\n# Title\n\nintro\n\n## One\n\n1\n\n## Two\n\n2\n";
        let chapter = Chapter::parse(text).unwrap();
        assert_eq!(chapter.title, "Title");
        assert_eq!(chapter.part("").map(str::trim), Some("intro"));
        assert_eq!(chapter.part("One").map(str::trim), Some("1"));
        assert_eq!(chapter.part("Three"), None);
    }
}
