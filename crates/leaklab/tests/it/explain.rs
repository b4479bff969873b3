//! A lesson's chapter in the terminal and in a pipe.

use crate::baseline::{Files, measured};
use crate::fixture::{CONTROL, Done, Leaklab, contains, fits_a_pipe};
use lessons::LESSONS;
use serde_json::Value;

/// Without colours, whatever the environment of the tests says.
fn explain(arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["explain"], arguments].concat()).env("NO_COLOR", "1")
}

#[test]
fn every_chapter_can_be_shown_without_figures_and_says_how_to_get_some() {
    for lesson in LESSONS {
        let chapter = explain(&[lesson.id]).nowhere().run();
        let text = chapter.code(0).leaves_nothing().stdout();
        let id = format!("({})", lesson.id);
        let run = format!("compare.sh {}", lesson.id);
        let titles = ["The symptom", "Where the memory is held", "In your own"];
        contains(&text, &[&titles[..], &[&id, &run]].concat());
        for none in ["{{#include", "\u{1b}", "\n\n\n"] {
            assert!(!text.contains(none), "{}: {none:?}", lesson.id);
        }
        // Code and single words are as long as they are.
        let free =
            |line: &&str| line.starts_with("    ") || !line.trim().contains(' ');
        fits_a_pipe(text.lines().filter(|line| !free(line)));
    }
}

/// The chapter of a lesson with the figures of a run.
fn chapter(run: &Value, sources: &[(&str, &str)]) -> String {
    let files = Files::of(run, run);
    for (twin, line) in sources {
        let folder = files.path("sources").join(twin);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("l15_interned_names.rs"), line).unwrap();
    }
    let from = files.path("new.json");
    let done = explain(&["l15", "--from", from.to_str().unwrap()]).run();
    done.code(0).stdout()
}

#[test]
fn a_chapter_has_the_figures_the_sites_and_the_lines_that_differ() {
    let mut run = measured();
    run["lessons"][0]["mismatches"] = serde_json::json!(["leaky is odd"]);
    let text = chapter(&run, &[]);
    let site = "  src/lessons/l15_interned_names.rs:";
    let parts = ["leaky LEAKS\n  +", site, "% of the growth", "! leaky is odd"];
    contains(&text, &parts);
    let has = |sign: &str, mark: &str| {
        text.lines().any(|line| line.starts_with(sign) && line.contains(mark))
    };
    assert!(has("    -", "// LEAK: ") && has("    +", "// FIX: "), "{text}");
}

#[test]
fn sources_beside_the_comparison_win() {
    let text =
        chapter(&measured(), &[("leaky", "keep();\n"), ("fixed", "drop();\n")]);
    contains(&text, &["\n    -keep();\n    +drop();\n"]);
}

#[cfg(target_os = "linux")]
fn on_a_terminal(pager: &str) -> Done {
    Leaklab::on_a_terminal(80, &["explain", CONTROL]).env("PAGER", pager).run()
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_a_chapter_goes_through_the_pager_of_the_users_choice() {
    let paged = on_a_terminal("sed 's/^/paged: /'").code(0).stdout();
    assert!(paged.contains("paged: "), "{paged}");
    assert!(paged.contains('\u{1b}'), "no styles on a terminal: {paged}");
    let options = on_a_terminal("cat >/dev/null; echo \"LESS is $LESS\"").code(0);
    assert!(options.stdout().contains("LESS is FRX"), "{}", options.stdout());
}

#[cfg(target_os = "linux")]
#[test]
fn quitting_the_pager_early_or_having_none_is_no_error() {
    let left = on_a_terminal("head -n 1").code(0).stdout();
    assert!(left.contains(CONTROL) && !left.contains("symptom"), "{left}");
    for missing in ["no-such-pager", ""] {
        let plain = on_a_terminal(missing).code(0).stdout();
        assert!(plain.contains("The symptom"), "{missing}: {plain}");
    }
}
