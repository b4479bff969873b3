//! Runs and gates against a baseline: what passes, what fails, what is refused.

use crate::fixture::{Done, Leaklab};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::OnceLock;
use tempfile::TempDir;

/// The smallest run with a leak in it.
const RUN: [&str; 7] =
    ["l15", "--twin", "leaky", "--rounds", "4", "--requests", "200"];

/// One measurement for all tests.
pub(crate) fn measured() -> Value {
    static MEASURED: OnceLock<Value> = OnceLock::new();
    let measure = || {
        let arguments = [&RUN[..], &["--format", "json"]].concat();
        let mut comparison = Leaklab::compare(&arguments).run().code(0).json();
        assert_eq!(leaky(&mut comparison)["verdict"], "LEAKS");
        comparison
    };
    MEASURED.get_or_init(measure).clone()
}

fn leaky(comparison: &mut Value) -> &mut Value {
    &mut comparison["lessons"][0]["twins"]["leaky"]
}

/// A folder with an older comparison, a newer one, and accepted sites.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn of(older: &Value, newer: &Value) -> Self {
        let this = Self(TempDir::new().unwrap());
        this.write("old.json", &older.to_string());
        this.write("new.json", &newer.to_string());
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Measures again, against the older comparison.
    fn compare(&self) -> Done {
        let old = self.path("old.json");
        let baseline = ["--baseline", old.to_str().unwrap()];
        Leaklab::compare(&[&RUN[..], &baseline].concat()).run()
    }

    fn gate(&self, arguments: &[&str]) -> Done {
        let (old, new) = (self.path("old.json"), self.path("new.json"));
        let files =
            ["--baseline", old.to_str().unwrap(), "--from", new.to_str().unwrap()];
        Leaklab::new(&[&["gate"], &files[..], arguments].concat()).run()
    }
}

#[test]
fn each_state_has_its_exit_code_and_its_words() {
    let mut run = measured();
    leaky(&mut run)["detection_limit_bytes_per_request"] = 0.into();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut other = run.clone();
        change(&mut other);
        other
    };
    let rests = changed(&|run| leaky(run)["verdict"] = "BOUNDED".into());
    let halved = changed(&|run| {
        let halve = |value: &mut Value| {
            *value = (value.as_f64().unwrap() / 2.0).into();
        };
        halve(&mut leaky(run)["slope_bytes_per_request"]);
        let sites = leaky(run)["sites"].as_array_mut().unwrap();
        sites.iter_mut().for_each(|site| halve(&mut site["bytes_per_request"]));
    });
    let cases = [
        (&run, &run, 0, "KNOWN", "Nothing is new"),
        (&rests, &run, 1, "NEW", "reason = \"\""),
        (&halved, &run, 1, "GROWN", "counts as the same"),
        (&run, &rests, 0, "FIXED", "in the baseline"),
    ];
    for (older, newer, code, state, words) in cases {
        let files = Files::of(older, newer);
        let json = files.gate(&["--format", "json"]).code(code).json();
        assert_eq!(json["passed"], code == 0);
        assert_eq!(json["sites"][0]["state"], state, "{json:#}");
        let text = files.gate(&[]).code(code).leaves_nothing().stdout();
        assert!(text.contains(words), "{text}");
        for line in text.lines() {
            let path = line.contains(files.0.path().to_str().unwrap());
            assert!(path || line.chars().count() <= 80, "{line}");
            assert_eq!(line.trim_end(), line);
        }
    }
    let odd = changed(&|run| run["as_expected"] = false.into());
    let text = Files::of(&run, &odd).gate(&[]).code(1).stdout();
    assert!(text.contains("not as expected"), "{text}");
}

#[test]
fn a_new_site_fails_until_its_printed_entry_is_given_a_reason() {
    let run = measured();
    let mut older = run.clone();
    leaky(&mut older)["verdict"] = "BOUNDED".into();
    let files = Files::of(&older, &run);
    let text = files.gate(&[]).code(1).stdout();
    let entry = text.find("\n#").expect("an entry to paste");
    let path = files.path("accepted.toml");
    let accept = ["--accept", path.to_str().unwrap()];
    files.write("accepted.toml", &text[entry..]);
    files.gate(&accept).code(2).says(&["accepted.toml:3", "reason"]);
    let reason = "reason = \"names are few here\"";
    files.write("accepted.toml", &text[entry..].replace("reason = \"\"", reason));
    let passed = files.gate(&accept).code(0).stdout();
    assert!(passed.contains("ACCEPTED"), "{passed}");
    assert!(passed.contains("names are few here"), "{passed}");
}

#[test]
fn a_run_fails_against_its_baseline_and_says_so_in_every_file() {
    let mut older = measured();
    leaky(&mut older)["verdict"] = "BOUNDED".into();
    let done = Files::of(&older, &older).compare().code(1).leaves_nothing();
    assert!(done.stdout().contains("\nNEW "), "{}", done.stdout());
    let written =
        |name: &str| std::fs::read_to_string(done.out().join(name)).unwrap();
    let summary = written("summary.md");
    assert!(summary.contains("- **NEW** l15"), "{summary}");
    let xml = written("junit.xml");
    assert!(xml.contains("<testsuite name=\"baseline\""), "{xml}");
    assert!(xml.contains("type=\"NEW\""), "{xml}");
    let comparison: Value =
        serde_json::from_str(&written("comparison.json")).unwrap();
    assert_eq!(comparison["as_expected"], true);
    assert_eq!(comparison["baseline"]["passed"], false);
}

#[test]
fn a_baseline_that_does_not_fit_is_refused_before_anything_is_measured() {
    let run = measured();
    let changed = |change: fn(&mut Value)| {
        let mut other = run.clone();
        change(&mut other);
        other
    };
    let cases: [(Value, &[&str]); 3] = [
        (
            changed(|run| run["environment"]["quick"] = true.into()),
            &["old.json", "--quick"],
        ),
        (
            changed(|run| run["schema"] = 1.into()),
            &["old.json", "schema 1", "measure again"],
        ),
        (changed(|run| run["schema"] = 1000.into()), &["old.json", "schema 1000"]),
    ];
    for (older, parts) in cases {
        let done = Files::of(&older, &older).compare().code(2).leaves_nothing();
        assert!(!done.out().join("comparison.json").exists());
        done.says(parts);
    }
    let missing = [&RUN[..], &["--baseline", "nowhere.json"]].concat();
    Leaklab::compare(&missing).run().code(2).says(&["nowhere.json", "--baseline"]);
}
