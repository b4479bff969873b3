//! What reaches a terminal: no control character of others, and no line that is too
//! long for it.

use crate::baseline::{Files, measured};
use crate::fixture::{CONTROL, Leaklab, contains, parsed};
use anstream::adapter::strip_str;
use profile::text::{Keep, visible};

/// Sets a terminal's title, clears it, and changes the colour.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31m";

/// The same in a JSON file.
const ESCAPED: &str = "\\u001b]0;owned\\u0007\\u001b[2J\\u001b[31m";

/// Columns of the terminal.
const COLUMNS: u16 = 50;

const PROFILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../profile/tests/profiles/valgrind.json");

/// What a command prints there, whose only control characters are styles.
#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let done = Leaklab::on_a_terminal(COLUMNS, arguments).nowhere().run();
    // The terminal ends lines with two characters, and progress clears its line.
    let text = done.stdout().replace("\r\n", "\n");
    let text = text.rsplit("\u{1b}[2K").next().unwrap_or_default().to_owned();
    assert_eq!(visible(&text, Keep::Styles), text, "{arguments:?}");
    text
}

#[test]
fn no_control_character_of_a_file_or_an_argument_reaches_it() {
    let folder = tempfile::tempdir().unwrap();
    let edited = |name: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(PROFILE).unwrap();
        assert!(text.contains(from), "no {from}");
        let path = folder.path().join(name);
        std::fs::write(&path, text.replace(from, to)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mode = edited("mode", "\"heap\"", &format!("\"{ESCAPED}\""));
    let frame = edited("frame", ": keep (", &format!(": {ESCAPED}keep ("));
    let title = &edited(&format!("a{HOSTILE}"), "\"heap\"", "\"heap\"");
    let mut run = measured();
    let lesson = &mut run["lessons"][0];
    lesson["mismatches"] = format!("leaky is odd{HOSTILE}").into();
    lesson["mismatches"] = serde_json::json!([lesson["mismatches"]]);
    lesson["twins"]["leaky"]["sites"][0]["in_app_frame"] = HOSTILE.into();
    let files = Files::of(&run, &run);
    let new = files.path("new.json");
    let new = new.to_str().unwrap();
    let unknown = files.path("unknown.json");
    let text = run.to_string().replace("LEAKS", ESCAPED);
    parsed(&text);
    std::fs::write(&unknown, text).unwrap();
    let commands: [&[&str]; 8] = [
        &["show", &mode],
        &["show", &frame],
        &["show", title],
        &["diff", PROFILE, &frame],
        &["explain", "l15", "--from", new],
        &["gate", "--baseline", new, "--from", unknown.to_str().unwrap()],
        &["explain", HOSTILE],
        &["compare", CONTROL, "--out", &format!("/dev/null/{HOSTILE}")],
    ];
    for command in commands {
        let text = printed(command).replace('\n', "");
        contains(&text, &["\\u00"]);
    }
    // The parser of arguments leaves them out.
    for option in ["--seed", "--endpoint-url"] {
        contains(&printed(&["compare", option, HOSTILE]), &["invalid value"]);
    }
}

#[test]
fn lines_are_folded_where_it_is_narrow() {
    let run = measured();
    let files = Files::of(&run, &run);
    let (old, new) = (files.path("old.json"), files.path("new.json"));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let compare = ["compare", CONTROL, "--rounds", "4", "--requests", "20"];
    let commands: [&[&str]; 6] = [
        &["list"],
        &["show", PROFILE],
        &["diff", PROFILE, PROFILE],
        &["claims", "--from", new],
        &["gate", "--baseline", old, "--from", new],
        &compare,
    ];
    for command in commands {
        for line in strip_str(&printed(command)).to_string().lines() {
            let length = line.chars().count();
            assert!(length <= usize::from(COLUMNS), "{command:?}: {line}");
        }
    }
}
