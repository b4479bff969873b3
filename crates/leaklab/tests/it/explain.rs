//! A lesson's story in the terminal and in a pipe.

use crate::baseline::{Files, measured};
use crate::fixture::{Done, Leaklab};
use lessons::LESSONS;

/// What no test of this file depends on, and people may have.
fn explain(arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["explain"], arguments].concat()).env("NO_COLOR", "1")
}

#[test]
fn every_story_can_be_told_without_figures_and_says_how_to_get_some() {
    let nowhere = tempfile::TempDir::new().unwrap();
    for lesson in LESSONS {
        let story = explain(&[lesson.id]).within(nowhere.path()).run();
        let text = story.code(0).leaves_nothing().stdout();
        assert!(text.contains(&format!("({})", lesson.id)), "{text}");
        for title in ["The symptom", "Where the memory is held", "In your own"] {
            assert!(text.contains(title), "{}: no '{title}'", lesson.id);
        }
        assert!(text.contains(&format!("compare.sh {}", lesson.id)), "{text}");
        assert!(!text.contains("{{#include"), "{}", lesson.id);
        assert!(!text.contains('\u{1b}'), "{}", lesson.id);
        assert!(!text.contains("\n\n\n"), "{}", lesson.id);
        for line in text.lines() {
            // Code and single words are as long as they are.
            let free =
                line.starts_with("    ") || line.split_whitespace().count() == 1;
            assert!(free || line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn a_story_has_the_figures_the_sites_and_the_lines_that_differ() {
    let mut run = measured();
    run["lessons"][0]["mismatches"] = serde_json::json!(["leaky is odd"]);
    let files = Files::of(&run, &run);
    let from = files.path("new.json");
    let text = explain(&["l15", "--from", from.to_str().unwrap()]).run();
    let text = text.code(0).stdout();
    assert!(text.contains("leaky LEAKS\n  +"), "{text}");
    assert!(text.contains("  src/lessons/l15_interned_names.rs:"), "{text}");
    assert!(text.contains("% of the growth"), "{text}");
    assert!(text.contains("! leaky is odd"), "{text}");
    let has = |sign: &str, mark: &str| {
        text.lines().any(|line| line.starts_with(sign) && line.contains(mark))
    };
    assert!(has("    -", "// LEAK: ") && has("    +", "// FIX: "), "{text}");
}

#[test]
fn sources_beside_the_comparison_win() {
    let run = measured();
    let files = Files::of(&run, &run);
    for (twin, line) in [("leaky", "keep();\n"), ("fixed", "drop();\n")] {
        let folder = files.path("sources").join(twin);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("l15_interned_names.rs"), line).unwrap();
    }
    let from = files.path("new.json");
    let text = explain(&["l15", "--from", from.to_str().unwrap()]).run();
    let text = text.code(0).stdout();
    assert!(text.contains("\n    -keep();\n    +drop();\n"), "{text}");
}

#[test]
fn one_lesson_has_a_story_and_not_several_or_none() {
    let said = explain(&["l11_sesion_cache"]).run().code(2);
    said.says(&["did you mean l11_session_cache?"]);
    explain(&["l0"]).run().code(2).says(&["which one?", "l09_call_budget"]);
    let said = explain(&["l09", "--from", "nowhere.json"]).run().code(2);
    said.says(&["nowhere.json", "--from"]);
}

/// Runs it on a terminal; `script` of util-linux makes one.
#[cfg(target_os = "linux")]
fn on_a_terminal(pager: &str) -> Done {
    let leaklab = env!("CARGO_BIN_EXE_leaklab");
    let command = format!("{leaklab} explain c01");
    let run = Leaklab::program("script", &["-qefc", &command, "/dev/null"]);
    run.env("PAGER", pager).env("TERM", "xterm-256color").run()
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_a_story_goes_through_the_pager_of_the_users_choice() {
    let paged = on_a_terminal("sed 's/^/paged: /'").code(0).stdout();
    assert!(paged.contains("paged: "), "{paged}");
    assert!(paged.contains('\u{1b}'), "no styles on a terminal: {paged}");
    let options = on_a_terminal("cat >/dev/null; echo \"LESS is $LESS\"").code(0);
    assert!(options.stdout().contains("LESS is FRX"), "{}", options.stdout());
}

#[cfg(target_os = "linux")]
#[test]
fn who_quits_the_pager_early_or_has_none_sees_no_error() {
    let left = on_a_terminal("head -n 1").code(0).stdout();
    assert!(
        left.contains("c01_client_clones") && !left.contains("symptom"),
        "{left}"
    );
    for missing in ["no-such-pager", ""] {
        let plain = on_a_terminal(missing).code(0).stdout();
        assert!(plain.contains("The symptom"), "{missing}: {plain}");
    }
}
