//! The folder that a comparison left: what the report is made from, and nothing else.

use crate::comparison::{Comparison, TwinResult};
use profile::Profile;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where `compare` puts the twins' sources, below its folder.
const SOURCES: &str = "sources";

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
        let Some(name) = &twin.profile else {
            return Err(
                "No call stacks were taken: nothing grew, and a quick look \
                        takes them for growth alone."
                    .to_owned(),
            );
        };
        let path = self.inside(name)?;
        let json = fs::read(path).map_err(|error| format!("{name}: {error}."))?;
        Profile::parse(&json).map_err(|error| format!("{name}: {error}."))
    }

    /// The lesson's file of a twin, as it was when the comparison was made.
    pub(super) fn source(&self, twin: &str, lesson: &str) -> Option<String> {
        let path = self.inside(&format!("{SOURCES}/{twin}/{lesson}.rs")).ok()?;
        fs::read_to_string(path).ok()
    }

    /// A name that the comparison gives leads nowhere else: it may come from anybody.
    fn inside(&self, name: &str) -> Result<PathBuf, String> {
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if Path::new(name).components().all(plain) {
            Ok(self.path.join(name))
        } else {
            Err(format!("{name} is not below the folder of the comparison."))
        }
    }
}
