//! The way of a learner through exercises. Programs that are built already stand for
//! what a learner's code is compiled to, so that no test waits for the compiler.

use crate::fixture::{Done, Leaklab, build_programs, contains, id, parsed};
use leaklab::run::programs_folder;
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

/// A workspace with the files that `learn` touches, and programs of its own.
struct Workspace {
    folder: TempDir,
    programs: PathBuf,
}

impl Workspace {
    fn new() -> Self {
        build_programs();
        let folder = TempDir::with_prefix_in("learn ", env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.unwrap();
        let programs = folder.path().join("target/debug");
        std::fs::create_dir_all(&programs).unwrap();
        let workspace = Self { folder, programs };
        for program in ["leaklab", "leaklab-engine", "fixed"] {
            workspace.put(program, program);
        }
        let manifest = workspace.folder.path().join("crates/leaky/Cargo.toml");
        std::fs::create_dir_all(manifest.parent().unwrap()).unwrap();
        std::fs::write(manifest, "").unwrap();
        workspace.learn(0, &["reset", "--all"]);
        workspace
    }

    /// Puts a built program in place of one here.
    fn put(&self, built: &str, name: &str) {
        let (from, to) =
            (programs_folder().unwrap().join(built), self.programs.join(name));
        let _ = std::fs::remove_file(&to);
        std::fs::hard_link(from, to).unwrap();
    }

    fn run(&self, arguments: &[&str], cargo: &str) -> Done {
        let leaklab = self.programs.join("leaklab");
        let run = Leaklab::program(leaklab.to_str().unwrap(), &["learn"]);
        let run = run.args(arguments).within(self.folder.path());
        run.env("CARGO", cargo).env("NO_COLOR", "1").run()
    }

    /// What `learn` prints; its exit code must be this one.
    #[track_caller]
    fn learn(&self, code: i32, arguments: &[&str]) -> String {
        let done = self.run(arguments, "true").code(code);
        done.stdout() + &done.stderr()
    }

    /// Checks a lesson as if `leaky` had been compiled to this program.
    #[track_caller]
    fn check(&self, id: &str, program: &str, expected: &str) -> Value {
        self.put(program, "leaky");
        let code = i32::from(expected != "REPAIRED");
        let result = parsed(&self.learn(code, &["check", id, "--format", "json"]));
        assert_eq!(result["verdict"], expected, "{result:#}");
        result
    }

    fn file(&self, id: &str) -> PathBuf {
        self.folder.path().join(format!("crates/leaky/src/lessons/{id}.rs"))
    }
}

#[test]
fn an_exercise_is_predicted_repaired_and_judged() {
    let workspace = Workspace::new();
    contains(
        &workspace.learn(0, &[]),
        &[id("l09"), "Next: leaklab learn start l09"],
    );
    let told = workspace.learn(0, &["start", "l09"]);
    contains(&told, &["135 kB", "Each request of the run", "--predict N"]);
    contains(&workspace.learn(0, &[]), &["begun", "Next: leaklab learn check l09"]);
    let exercise = std::fs::read_to_string(workspace.file(id("l09"))).unwrap();
    assert!(exercise.contains("read_timeout") && !exercise.contains("LEAK"));
    contains(&workspace.learn(2, &["start", "l09", "--predict", "9"]), &["1 to 4"]);
    contains(&workspace.learn(2, &["solution", "l09"]), &["--give-up"]);
    let predict = ["start", "l09", "--predict", "2"];
    // What interrupts the measurement does not forget the prediction.
    workspace.run(&predict, "false").code(2);
    contains(&workspace.learn(0, &[]), &["predicted"]);
    workspace.put("leaky", "leaky");
    let told = workspace.learn(0, &predict);
    contains(
        &told,
        &["Measured: LEAKS", "You predicted 2; 3 is right", "learn check"],
    );
    let untouched = workspace.check("l09", "leaky", "STILL LEAKS");
    assert!(untouched["now"]["bytes_per_request"].as_f64().unwrap() > 8_192.0);

    let edited = exercise.replace("read_timeout", "operation_timeout");
    std::fs::write(workspace.file(id("l09")), edited).unwrap();
    // It has no such route.
    let broken = workspace.check("l09", "decoys", "BROKEN");
    contains(
        broken["reasons"][0].as_str().unwrap(),
        &["GET /orders/", "expected: 200"],
    );
    let repaired = workspace.check("l09", "fixed", "REPAIRED");
    assert!(repaired["before"]["bytes_per_request"].as_f64().unwrap() > 8_192.0);
    assert_eq!(repaired["reasons"], serde_json::json!([]));
    contains(&workspace.learn(0, &["solution", "l09"]), &["+", "operation_timeout"]);
    contains(&workspace.learn(0, &[]), &["done", "1 of "]);
    // A save that was repaired ends the watch.
    contains(&workspace.learn(0, &["watch", "l09"]), &["REPAIRED", "Can you say"]);
}

#[test]
fn a_failed_fix_is_no_repair() {
    let workspace = Workspace::new();
    workspace.check("l11", "decoys", "STILL LEAKS");
    contains(&workspace.learn(0, &["hint", "l11"]), &["1. "]);
    contains(&workspace.learn(0, &["hint", "l11"]), &["1. ", "2. "]);
    // What it grew by before is not known, so it is not called BETTER.
    std::fs::write(workspace.file(id("l12")), "edited").unwrap();
    let edited = workspace.check("l12", "leaky", "STILL LEAKS");
    contains(&edited["reasons"].to_string(), &["was not measured"]);
    // The list does not ask for a check of a file that is the original again.
    workspace.learn(0, &["reset", "l12"]);
    contains(&workspace.learn(0, &[]), &["Next: leaklab learn start l11"]);
}

#[test]
fn reset_restores_a_broken_or_deleted_file_and_nothing_else() {
    let workspace = Workspace::new();
    let file = workspace.file(id("l09"));
    let original = std::fs::read(&file).unwrap();
    assert!(String::from_utf8_lossy(&original).contains("// LEAK:"));
    std::fs::write(&file, "half a fil").unwrap();
    let other = workspace.file(id("l14"));
    std::fs::write(&other, "mine").unwrap();
    let done = workspace.run(&["check", "l09"], "false").code(2);
    contains(&done.stderr(), &["does not compile", "reset"]);
    contains(
        &workspace.learn(0, &["reset", "l09"]),
        &[&format!(".leaklab/{}.rs", id("l09"))],
    );
    assert_eq!(std::fs::read(&file).unwrap(), original);
    assert_eq!(std::fs::read(&other).unwrap(), b"mine");
    std::fs::remove_file(&file).unwrap();
    workspace.learn(0, &["reset", "l09"]);
    assert_eq!(std::fs::read(&file).unwrap(), original);
    contains(&workspace.learn(2, &["reset", "c01"]), &["is a control"]);
}
