//! Runs and gates against a baseline: what passes, what fails, what is refused.

use crate::fixture::{Done, Leaklab, contains, fits_a_pipe, parsed};
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

/// A copy of a comparison with a change.
fn changed(run: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut other = run.clone();
    change(&mut other);
    other
}

/// A copy in which nothing leaks.
fn at_rest(run: &Value) -> Value {
    changed(run, |run| leaky(run)["verdict"] = "BOUNDED".into())
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
    let rests = at_rest(&run);
    let halved = changed(&run, |run| {
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
        let folder = files.0.path().to_str().unwrap();
        fits_a_pipe(text.lines().filter(|line| !line.contains(folder)));
    }
    let odd = changed(&run, |run| run["as_expected"] = false.into());
    let text = Files::of(&run, &odd).gate(&[]).code(1).stdout();
    assert!(text.contains("not as expected"), "{text}");
}

#[test]
fn a_new_site_fails_until_its_printed_entry_is_given_a_reason() {
    let run = measured();
    let files = Files::of(&at_rest(&run), &run);
    let text = files.gate(&[]).code(1).stdout();
    let entry = text.find("\n#").expect("an entry to paste");
    let path = files.path("accepted.toml");
    let accept = ["--accept", path.to_str().unwrap()];
    files.write("accepted.toml", &text[entry..]);
    files.gate(&accept).code(2).says(&["accepted.toml:3", "reason"]);
    let reason = "reason = \"names are few here\"";
    files.write("accepted.toml", &text[entry..].replace("reason = \"\"", reason));
    let passed = files.gate(&accept).code(0).stdout();
    contains(&passed, &["ACCEPTED", "names are few here"]);
}

#[test]
fn a_run_fails_against_its_baseline_and_says_so_in_every_file() {
    let older = at_rest(&measured());
    let done = Files::of(&older, &older).compare().code(1).leaves_nothing();
    contains(&done.stdout(), &["\nNEW "]);
    let written = |name: &str| std::fs::read_to_string(done.out(name)).unwrap();
    contains(&written("summary.md"), &["\nNEW "]);
    let parts = ["<testsuite name=\"baseline\"", "type=\"NEW\""];
    contains(&written("junit.xml"), &parts);
    let comparison = parsed(&written("comparison.json"));
    assert_eq!(comparison["as_expected"], true);
    assert_eq!(comparison["baseline"]["passed"], false);
}

#[test]
fn a_baseline_that_does_not_fit_is_refused_before_anything_is_measured() {
    let run = measured();
    let schema = |n: u64| changed(&run, |run| run["schema"] = n.into());
    let quick = changed(&run, |run| run["environment"]["quick"] = true.into());
    let cases: [(Value, &[&str]); 3] = [
        (quick, &["old.json", "--quick"]),
        (schema(1), &["old.json", "schema 1", "measure again"]),
        (schema(1000), &["old.json", "schema 1000"]),
    ];
    for (older, parts) in cases {
        let done = Files::of(&older, &older).compare().code(2).leaves_nothing();
        assert!(!done.out("comparison.json").exists());
        done.says(parts);
    }
}
