//! A comparison in a folder that a test may change, and its page.

use crate::browser::Browser;
use report::comparison::Comparison;
use report::page::{FILE, Folder, render};
use report::stored;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What `compare` left for `l08_live_feed`, `c04_retries` and `c01_client_clones`, with
/// the profiles of the first, all cut to a few sites.
const MADE: [(&str, &str); 3] = [
    ("comparison.json", include_str!("../made/comparison.json")),
    (
        "profiles/l08_live_feed.leaky.json",
        include_str!("../made/profiles/l08_live_feed.leaky.json"),
    ),
    (
        "profiles/l08_live_feed.fixed.json",
        include_str!("../made/profiles/l08_live_feed.fixed.json"),
    ),
];

/// A folder with a comparison.
pub(crate) struct Copy(TempDir);

impl Copy {
    pub(crate) fn new() -> Self {
        let copy = Self(TempDir::with_prefix("a copy ").unwrap());
        for (name, text) in MADE {
            copy.write(name, text);
        }
        let filler = "// Comment.\nlet line = \"code\";\n".repeat(20);
        for (twin, line) in
            [("leaky", "listeners.push(tx);"), ("fixed", "tx.send();")]
        {
            let name = format!("sources/{twin}/l08_live_feed.rs");
            copy.write(&name, &format!("{filler}{line}\n{filler}"));
        }
        copy
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Changes `comparison.json`.
    pub(crate) fn change(self, change: impl FnOnce(&mut Value)) -> Self {
        let mut comparison = comparison();
        change(&mut comparison);
        self.write("comparison.json", &comparison.to_string());
        self
    }

    /// Makes the page; its text.
    pub(crate) fn text(&self) -> String {
        let comparison = stored::comparison(self.path(), "DIR").unwrap();
        render(&Folder::new(self.path(), &comparison))
    }

    /// Makes the page; its path.
    pub(crate) fn page(&self) -> PathBuf {
        self.write(FILE, &self.text());
        self.path().join(FILE)
    }
}

/// Looks at the page of a copy in a browser, if there is one.
pub(crate) fn on_page(copy: &Copy, look: impl FnOnce(&Browser)) {
    let Some(browser) = Browser::start() else { return };
    browser.open(&copy.page(), "");
    look(&browser);
    browser.close();
}

/// The comparison to change.
pub(crate) fn comparison() -> Value {
    serde_json::from_str(MADE[0].1).unwrap()
}

pub(crate) fn read(comparison: Value) -> Comparison {
    serde_json::from_value(comparison).unwrap()
}
