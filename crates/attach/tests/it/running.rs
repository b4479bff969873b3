//! Compiles the programs in `tests/programs` and starts them with the library.

use attach::{Attached, Library};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// Built by the test: cargo builds no shared library for another package.
pub(crate) static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let program = std::env::current_exe().expect("a test is a file");
    let folder = program.ancestors().nth(2).expect("cargo's folder");
    let profile = if folder.ends_with("debug") { "dev" } else { "release" };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "preload", "--profile", profile]);
    cargo.arg("--target-dir").arg(folder.with_file_name(""));
    assert!(cargo.status().expect("cargo starts").success());
    Library::find().expect("the library loads")
});

/// Compiles a text in the language of a file's name.
pub(crate) fn compile(source: &Path, arguments: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let rust = source.extension().is_some_and(|ending| ending == "rs");
    let status = Command::new(if rust { "rustc" } else { "cc" })
        .args(if rust { ["-g", "-O"] } else { ["-g", "-w"] })
        .args(arguments)
        .arg(source)
        .arg("-o")
        .arg(folder.path().join("program"))
        .status();
    assert!(status.expect("the compiler starts").success());
    folder
}

/// A program that does a step for each line, and prints a line after it.
pub(crate) struct Running {
    pub(crate) attached: Attached,
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
    /// Names are read from the file.
    folder: TempDir,
}

pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs").join(name)
}

impl Running {
    pub(crate) fn new(name: &str, arguments: &[&str]) -> Self {
        let folder = compile(&source(name), arguments);
        let (name, value) = LIBRARY.variable();
        let mut child = Command::new(folder.path().join("program"))
            .env(name, value)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = child.stdout.take().expect("it is a pipe");
        let mut output = BufReader::new(output).lines();
        output.next();
        let attached = Attached::to(child.id()).expect("the library is loaded");
        Self { attached, child, output, folder }
    }

    /// What the program prints after its next step.
    pub(crate) fn step(&mut self) -> String {
        self.begin();
        self.end()
    }

    /// Puts another program in place of its file, as a build does.
    pub(crate) fn rebuild(&self, name: &str) {
        let other = compile(&source(name), &[]);
        let file = |folder: &TempDir| folder.path().join("program");
        std::fs::rename(file(&other), file(&self.folder)).expect("one file system");
    }

    pub(crate) fn begin(&mut self) {
        let input = self.child.stdin.as_mut().expect("it is a pipe");
        input.write_all(b"\n").expect("the program runs");
    }

    pub(crate) fn end(&mut self) -> String {
        self.output.next().expect("the program runs").expect("text")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
