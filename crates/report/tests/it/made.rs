//! A comparison in a folder that a test may change, and its page.

use crate::browser::Browser;
use report::comparison::Comparison;
use report::page::{FILE, Folder, render};
use report::stored;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The lesson of the comparison that was made.
pub(crate) const LESSON: &str = "l08_live_feed";

/// Its controls.
pub(crate) const CONTROLS: [&str; 2] = ["c01_client_clones", "c04_retries"];

/// What `compare` left for them, with the profiles of the lesson, all cut to a few sites.
const COMPARISON: &str = include_str!("../made/comparison.json");
const PROFILES: [(&str, &str); 2] = [
    ("leaky", include_str!("../made/profiles/leaky.json")),
    ("fixed", include_str!("../made/profiles/fixed.json")),
];

/// A folder with a comparison.
pub(crate) struct Copy(TempDir);

impl Copy {
    pub(crate) fn new() -> Self {
        let copy = Self(TempDir::with_prefix("a copy ").unwrap());
        copy.write("comparison.json", COMPARISON);
        for (twin, text) in PROFILES {
            copy.write(&format!("profiles/{LESSON}.{twin}.json"), text);
        }
        let filler = "// Comment.\nlet line = \"code\";\n".repeat(20);
        let differences = [
            ("leaky", "// LEAK: nobody removes it.\n// Never.\nlisteners.push(tx);"),
            ("fixed", "tx.send();"),
        ];
        for (twin, line) in differences {
            let name = format!("sources/{twin}/{LESSON}.rs");
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

/// Puts a text in place of all that a comparison has of others.
pub(crate) fn taint(comparison: &mut Value, hostile: &str) {
    comparison["environment"]["engine"] = hostile.into();
    for lesson in comparison["lessons"].as_array_mut().unwrap() {
        lesson["grows_with"] = hostile.into();
        lesson["mismatches"] = json!([hostile]);
        for site in lesson["twins"]["leaky"]["sites"].as_array_mut().unwrap() {
            site["frames"] = json!([hostile]);
            site["in_app_frame"] = Value::Null;
        }
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
    serde_json::from_str(COMPARISON).unwrap()
}

pub(crate) fn read(comparison: Value) -> Comparison {
    serde_json::from_value(comparison).unwrap()
}
