//! The folder that a comparison left: all that the report is made from.

use super::capital;
use crate::comparison::{Comparison, LessonResult, TwinResult};
use profile::Profile;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// How the comment above a twin's difference begins.
pub(super) const MARKS: [&str; 2] = ["// LEAK: ", "// FIX: "];

/// A folder with profiles and sources, and the comparison that names them.
#[derive(Debug)]
pub struct Folder<'a> {
    path: &'a Path,
    pub(super) comparison: &'a Comparison,
}

impl<'a> Folder<'a> {
    /// The folder at this path, with its comparison.
    pub fn new(path: &'a Path, comparison: &'a Comparison) -> Self {
        Self { path, comparison }
    }

    /// A twin's profile, or why there is none, for the reader of the page.
    pub(super) fn profile(&self, twin: &TwinResult) -> Result<Profile, String> {
        let none = "No call stacks were recorded: nothing grew, and --quick records \
                    them for growth only.";
        let name = twin.profile.as_deref().ok_or(none)?;
        let path = self.inside(name)?;
        let json = fs::read(path).map_err(|error| format!("{name}: {error}."))?;
        Profile::parse(&json).map_err(|error| format!("{name}: {error}."))
    }

    /// The lesson's file of a twin, as it was when the comparison was made.
    pub(super) fn source(&self, twin: &str, lesson: &str) -> Option<String> {
        let path = self.inside(&format!("sources/{twin}/{lesson}.rs")).ok()?;
        fs::read_to_string(path).ok()
    }

    /// Why `leaky` grows or why `fixed` doesn't, in the words of the lesson's source.
    pub(super) fn reason(
        &self,
        twin: &str,
        lesson: &LessonResult,
    ) -> Option<String> {
        let mark = if twin == "leaky" { MARKS[0] } else { MARKS[1] };
        let text = self.source(twin, &lesson.id)?;
        let lines = text.lines().map(str::trim_start);
        let lines = lines.skip_while(|line| !line.starts_with(mark));
        let words = lines.map_while(|line| line.strip_prefix("// "));
        let text = words.collect::<Vec<_>>().join(" ");
        let (_, text) = text.split_once(": ")?;
        Some(capital(text.to_owned()))
    }

    /// Where the lesson's chapter is, if the folder is in a checkout: as a page of the
    /// book if it was built.
    pub(super) fn chapter(&self, id: &str) -> Option<String> {
        let places = [
            format!("../book/lessons/{id}.html"),
            format!("../../docs/lessons/{id}.md"),
        ];
        places.into_iter().find(|place| self.path.join(place).exists())
    }

    /// A comparison may come from anybody, so its names must not lead out of its folder.
    fn inside(&self, name: &str) -> Result<PathBuf, String> {
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        match Path::new(name).components().all(plain) {
            true => Ok(self.path.join(name)),
            false => {
                Err(format!("{name} is not below the folder of the comparison."))
            }
        }
    }
}
