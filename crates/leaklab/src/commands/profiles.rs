//! What `show` and `diff` share: reading a profile, in-app frames, writing a graph.

use crate::cli::Format;
use crate::failure::Failure;
use maud::Markup;
use profile::flame;
use profile::{InApp, Profile, ProfileError};
use std::io::ErrorKind;
use std::path::Path;

/// Rows of a text by default.
const ROWS: usize = 20;

/// Reads a profile.
pub(super) fn read(path: &Path) -> Result<Profile, Failure> {
    let shown = path.display();
    let json = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Usage(format!(
            "{shown} does not exist; name a dhat profile, such as one that \
             leaklab compare wrote to target/leaklab/profiles/"
        )),
        _ => Failure::Usage(format!(
            "cannot read {shown} ({error}); name a dhat profile"
        )),
    })?;
    Profile::parse(&json).map_err(|error| {
        let (cause, cure) = match &error {
            ProfileError::Format(json) => (
                format!("{error}: {json}"),
                "name a file that dhat or valgrind --tool=dhat wrote to its end",
            ),
            ProfileError::Mode { .. } => (
                error.to_string(),
                "take one with dhat::Profiler::new_heap, or with \
                 valgrind --tool=dhat --mode=heap",
            ),
            _ => (error.to_string(), "take the profile again"),
        };
        Failure::Usage(format!("cannot use {shown} ({cause}); {cure}"))
    })
}

/// In-app frames of a profile, as `--in-app` says or else as they can be guessed.
pub(super) fn in_app(profile: &Profile, asked: Option<&str>) -> InApp {
    asked.map_or_else(|| InApp::guess(profile), InApp::below)
}

/// Writes a graph to a file.
pub(super) fn write_graph(path: &Path, graph: Markup) -> Result<(), Failure> {
    std::fs::write(path, flame::standalone(graph)).map_err(|error| {
        let path = path.display();
        Failure::Usage(format!(
            "cannot write {path} ({error}); choose another --flame"
        ))
    })
}

/// How many rows to print: all in JSON, unless fewer are asked for.
pub(super) fn rows(top: Option<usize>, format: Format) -> usize {
    top.unwrap_or(if format == Format::Text { ROWS } else { usize::MAX })
}
