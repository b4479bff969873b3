//! Every command in the documents can be typed.

use clap::Parser;
use leaklab::cli::{Cli, Command};
use lessons::LESSONS;
use std::path::{Path, PathBuf};

/// Programs and scripts that pass their arguments to `leaklab`, and what they put first.
const PROGRAMS: [(&str, &[&str]); 4] = [
    ("./scripts/compare.sh", &["compare"]),
    ("scripts/compare.sh", &["compare"]),
    ("target/debug/leaklab", &[]),
    ("leaklab", &[]),
];

/// The Markdown files at the root and in the book.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = [root.clone(), root.join("docs"), root.join("docs/lessons")];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|e| e == "md")).collect()
}

/// The lines of blocks for a shell, and the code spans of everything else.
fn commands(document: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fence = None;
    for line in document.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language) };
            continue;
        }
        match fence {
            Some("sh" | "console") => found.push(line.trim_start_matches("$ ")),
            Some(_) => {}
            None => found.extend(line.split('`').skip(1).step_by(2)),
        }
    }
    found
}

/// The arguments of `leaklab` in a command, when it is one.
fn arguments(command: &str) -> Option<Vec<&str>> {
    // What a shell does not pass on.
    let command = command.split(['#', '|', '>', ';']).next().unwrap_or_default();
    let mut words = command.split_whitespace();
    let program = words.next()?;
    let (_, before) = PROGRAMS.iter().find(|(name, _)| *name == program)?;
    let words: Vec<_> = before.iter().copied().chain(words).collect();
    // The program alone is a name.
    (!words.is_empty()).then_some(words)
}

/// Why it cannot be typed.
fn fault(arguments: &[&str]) -> Option<String> {
    // A command without arguments may be its name only.
    let help = ["--help"].iter().filter(|_| arguments.len() == 1);
    let cli = ["leaklab"].iter().chain(arguments).chain(help);
    match Cli::try_parse_from(cli) {
        Ok(Cli { command: Command::Compare(compare) }) => {
            // `ID` stands for any lesson.
            let begins = |name: &str| {
                name == "ID" || LESSONS.iter().any(|l| l.id.starts_with(name))
            };
            compare.lessons.into_iter().find(|name| !begins(name))
        }
        Ok(_) => None,
        // Help and version are no errors.
        Err(error) => error.use_stderr().then(|| error.to_string()),
    }
}

#[test]
fn every_command_in_the_documents_can_be_typed() {
    let mut checked = 0;
    for path in documents() {
        let document = std::fs::read_to_string(&path).unwrap();
        for arguments in commands(&document).into_iter().filter_map(arguments) {
            checked += 1;
            let fault = fault(&arguments);
            assert_eq!(fault, None, "{}: {arguments:?}", path.display());
        }
    }
    // The README alone has more.
    assert!(checked > 5, "only {checked} commands were found");
}

#[test]
fn every_example_of_a_help_text_can_be_typed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/help");
    for entry in std::fs::read_dir(folder).unwrap() {
        let help = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let help = help.replace('\'', "");
        // What an example does stands behind two spaces.
        let examples = help.lines().filter_map(|line| line.strip_prefix("  "));
        let examples = examples.filter_map(|line| line.split("  ").next());
        for arguments in examples.filter_map(arguments) {
            assert_eq!(fault(&arguments), None, "{arguments:?}");
        }
    }
}

#[test]
fn every_step_of_the_workflow_can_be_typed_and_reads_what_a_run_writes() {
    let workflow = include_str!("../../../../docs/ci/leaklab.yml");
    let step = |line: &'static str| line.trim().trim_start_matches("- ");
    let steps = workflow.lines().map(step);
    let steps: Vec<_> = steps.map(|step| step.trim_start_matches("run: ")).collect();
    let ours: Vec<_> = steps.iter().filter_map(|step| arguments(step)).collect();
    assert!(!ours.is_empty(), "the workflow compares nothing: {steps:?}");
    for arguments in ours {
        assert_eq!(fault(&arguments), None, "{arguments:?}");
    }
    let summary = "cat target/leaklab/summary.md >> \"$GITHUB_STEP_SUMMARY\"";
    assert!(steps.contains(&summary), "{steps:?}");
}

#[test]
fn a_command_that_cannot_be_typed_is_found() {
    let document = "Run `leaklab compare --nowhere`.\n\n```sh\nscripts/compare.sh l98\n\
                    $ leaklab compare c01  # one\n```\n";
    let commands = commands(document).into_iter().filter_map(arguments);
    let faults: Vec<_> = commands.map(|arguments| fault(&arguments)).collect();
    assert!(matches!(faults[..], [Some(_), Some(_), None]), "{faults:?}");
}
