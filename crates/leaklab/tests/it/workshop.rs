//! A blind service, from its seed to its grade, and a class of three teams.

use crate::fixture::{build_programs, contains, id, parsed, signal};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const LEAKLAB: &str = env!("CARGO_BIN_EXE_leaklab");

/// Six routes.
const MYSTERY: [&str; 4] = ["--seed", "5", "--level", "easy"];

/// `leaklab` without what cargo told this test, which would make it build `ring` again.
fn leaklab(arguments: &[&str]) -> Command {
    let mut command = Command::new(LEAKLAB);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_") {
            command.env_remove(&*name);
        }
    }
    command.env("CARGO", env!("CARGO")).args(arguments).stdin(Stdio::null());
    command
}

/// What it prints; its exit code must be this one.
#[track_caller]
fn said(code: i32, command: &mut Command) -> String {
    let done = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, errors) = (text(&done.stdout), text(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{command:?}\n{out}\n{errors}");
    if code == 2 { errors } else { out }
}

#[test]
fn a_measurement_of_a_blind_service_gets_all_points() {
    build_programs();
    let folder = TempDir::with_prefix("blind ").unwrap();
    let out = folder.path().join("service");
    let mut command = leaklab(&["mystery", "--listen", "127.0.0.1:0", "--out"]);
    command.arg(&out).args(MYSTERY).stdout(Stdio::piped());
    let mut service = command.spawn().unwrap();
    let mut lines = BufReader::new(service.stdout.take().unwrap()).lines();
    let first = lines.next().expect("it builds and starts").unwrap();
    contains(&first, &["The service is at http://127.0.0.1:", "with 6 routes."]);

    let program = Path::new(LEAKLAB).with_file_name("mystery");
    for path in [program, out.join("mystery.http"), out.join("openapi.json")] {
        let bytes = fs::read(&path).unwrap();
        for lesson in lessons::LESSONS {
            let mut parts = bytes.windows(lesson.id.len());
            let found = parts.any(|part| part == lesson.id.as_bytes());
            assert!(!found, "{} has {}", path.display(), lesson.id);
        }
    }

    let (requests, found) = (out.join("mystery.http"), folder.path().join("found"));
    let mut measure = leaklab(&["measure", "--requests"]);
    said(1, measure.arg(requests).arg("--out").arg(&found));
    let mut grade = leaklab(&["mystery", "grade", "--format", "json"]);
    grade.args(MYSTERY).arg(found.join("measure.json"));
    let graded = grade.output().unwrap();
    let said_of_it = String::from_utf8_lossy(&graded.stdout);
    assert_eq!(graded.status.code(), Some(0), "{said_of_it}");

    // The form asks for every route, and an empty one gets nothing.
    let mut grade = leaklab(&["mystery", "grade"]);
    grade.args(MYSTERY).arg(out.join("answers.toml"));
    contains(&said(1, &mut grade), &["Not answered. It ", "\n0 of "]);

    signal("TERM", service.id());
    assert_eq!(service.wait().unwrap().code(), Some(0));
}

#[test]
fn a_class_of_three_teams_shows_who_is_where_and_who_was_tampered_with() {
    let folder = TempDir::with_prefix("class ").unwrap();
    let class = folder.path().join("class");
    let mut new = leaklab(&["class", "new", "--teams", "3", "--level", "easy"]);
    contains(
        &said(0, new.arg(&class)),
        &["sheets for 3 teams", "share this folder"],
    );
    // The codes on printed sheets stay valid.
    contains(&said(2, &mut new), &["key.json is there"]);

    let read = |file: &str| fs::read_to_string(class.join(file)).unwrap();
    let key = parsed(&read("key.json"));
    let [first, second, _] =
        [0, 1, 2].map(|n| key["teams"][n]["code"].as_str().unwrap());
    contains(&read("sheets/team-02.html"), &[second, "learn export --team 2"]);
    assert!(!read("sheets/team-02.html").contains(first));
    contains(&read("key.md"), &[first, "It grows with ", "job_0"]);

    let seed = key["teams"][0]["seed"].to_string();
    let answers = folder.path().join("answers.toml");
    fs::write(&answers, format!("[{}]\nleaks = true\n", first_leak(&seed))).unwrap();

    let result =
        |lesson: &str, of: Value| json!({ "lessons": { (id(lesson)): of } });
    let repaired = json!({ "attempts": 2, "last": "REPAIRED", "done": true });
    let done = &result("l09", repaired).to_string();
    let better = json!({ "attempts": 4, "hints": 1, "last": "BETTER" });
    let stuck = &result("l12", better).to_string();
    let folder = folder.path();
    export(folder, ["1", first], done, &["--answers", answers.to_str().unwrap()]);
    export(folder, ["2", second], stuck, &[]);
    // With the code of another team.
    export(folder, ["3", first], done, &[]);

    let board = || {
        let mut board = leaklab(&["class", "board", "--once"]);
        parsed(&said(1, board.arg(&class)))
    };
    let shown = board();
    let teams = &shown["teams"];
    assert_eq!(teams[0]["points"], 3 + 2, "{shown:#}");
    assert_eq!(teams[0]["stuck"], Value::Null);
    assert_eq!(teams[1]["at"][0], "l12 (BETTER)");
    contains(teams[1]["stuck"].as_str().unwrap(), &["4 checks, 1 hints"]);
    assert_eq!(teams[2]["minutes_ago"], Value::Null);
    contains(teams[2]["stuck"].as_str().unwrap(), &["doesn't count"]);
    contains(&shown["refused"].to_string(), &["team-03.json", "another code"]);
    contains(
        &read("board.html"),
        &[
            "setTimeout(()=>location.reload(),10e3)",
            "<html lang=\"en\">",
            "<h1>",
            "team-03.json",
        ],
    );

    // A better result, by hand; and a file that is no result, which hides no other.
    let results = class.join("results");
    let file = results.join("team-02.json");
    let better = fs::read_to_string(&file).unwrap().replace("BETTER", "REPAIRED");
    fs::write(&file, better).unwrap();
    fs::write(results.join("notes.json"), "[]").unwrap();
    let shown = board();
    assert_eq!(shown["teams"][1]["minutes_ago"], Value::Null);
    contains(&shown["refused"].to_string(), &["changed after team 2 wrote it"]);
    assert_eq!(shown["refused"].as_array().unwrap().len(), 3);
    assert_eq!(shown["teams"][0]["done"], 1);
}

/// A route of an easy mystery that leaks, by what an answer to it could be worth.
fn first_leak(seed: &str) -> String {
    let answers = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    let mut grade =
        leaklab(&["mystery", "grade", "--level", "easy", "--seed", seed]);
    let grade = said(1, grade.args(["--format", "json"]).arg(answers.path()));
    let routes = parsed(&grade)["routes"].clone();
    let leak = routes.as_array().unwrap().iter().find(|r| r["of"] == 4).unwrap();
    leak["route"].as_str().unwrap().to_owned()
}

/// Hands a team's result in, from its copy of the repository.
fn export(folder: &Path, [team, code]: [&str; 2], progress: &str, more: &[&str]) {
    let root = folder.join(team);
    for (path, text) in
        [("crates/leaky/Cargo.toml", ""), (".leaklab/progress.json", progress)]
    {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut export = leaklab(&["learn", "export", "--team", team, "--code", code]);
    let results = folder.join("class/results");
    said(0, export.args(more).arg(results).current_dir(root));
}
