//! Starts the driver and looks at what it did; everything ends with the test.

pub(crate) use acceptance::{
    Answer, TWINS, ask, build_programs, call, contains, dynamo_request, get,
    on_engine, on_twin, origin, parsed, signal,
};
use lessons::{Kind, LESSONS};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// A control that is measured in few seconds: the first one.
pub(crate) const CONTROL: &str = {
    let mut n = 0;
    while !matches!(LESSONS[n].kind, Kind::Control) {
        n += 1;
    }
    LESSONS[n].id
};

/// The whole id of a lesson.
pub(crate) fn id(short: &str) -> &'static str {
    LESSONS.iter().find(|lesson| lesson.id.starts_with(short)).unwrap().id
}

/// A run of the driver, with a temporary folder of its own that must be empty after.
pub(crate) struct Leaklab {
    command: Command,
    temporary: TempDir,
    out: TempDir,
}

impl Leaklab {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        Self::program(env!("CARGO_BIN_EXE_leaklab"), arguments)
    }

    /// Another program, which starts it.
    pub(crate) fn program(program: &str, arguments: &[&str]) -> Self {
        build_programs();
        let temporary = TempDir::with_prefix("with space ").unwrap();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("TMPDIR", temporary.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command, temporary, out: TempDir::with_prefix("out put ").unwrap() }
    }

    /// `compare` with an output folder of its own.
    pub(crate) fn compare(arguments: &[&str]) -> Self {
        let mut this = Self::new(&["compare"]);
        this.command.args(arguments).arg("--out").arg(this.out.path());
        this
    }

    /// On a terminal of this width; `script` of util-linux makes one.
    #[cfg(target_os = "linux")]
    pub(crate) fn on_a_terminal(columns: u16, arguments: &[&str]) -> Self {
        let quoted = arguments.iter().map(|argument| format!(" '{argument}'"));
        let command = format!(
            "stty rows 24 cols {columns}; env -u NO_COLOR '{}'{}",
            env!("CARGO_BIN_EXE_leaklab"),
            quoted.collect::<String>()
        );
        let run = Self::program("script", &["-qefc", &command, "/dev/null"]);
        run.env("TERM", "xterm-256color").env("PAGER", "")
    }

    /// Its stdout is a disk without room.
    pub(crate) fn on_a_full_disk(mut self) -> Self {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        self.command.stdout(full.unwrap());
        self
    }

    /// A file that the run will write.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.out.path().join(name)
    }

    /// Its temporary folder.
    #[cfg(target_os = "linux")]
    pub(crate) fn temporary(&self) -> PathBuf {
        self.temporary.path().to_owned()
    }

    /// In a folder without files.
    pub(crate) fn nowhere(self) -> Self {
        let folder = self.out.path().to_owned();
        self.within(&folder)
    }

    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// No credentials, no profile, no region: as on a machine without AWS.
    pub(crate) fn without_aws(mut self) -> Self {
        for name in ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "PROFILE", "REGION"] {
            self.command.env_remove(format!("AWS_{name}"));
        }
        let nowhere = self.temporary.path().join("nowhere");
        self.command.env("AWS_CONFIG_FILE", &nowhere);
        self.command.env("AWS_SHARED_CREDENTIALS_FILE", &nowhere);
        self.command.env("HOME", &nowhere);
        self
    }

    pub(crate) fn run(self) -> Done {
        self.start().ended()
    }

    pub(crate) fn start(mut self) -> Started {
        let process = self.command.spawn().unwrap();
        Started { process, temporary: self.temporary, out: self.out }
    }

    /// Starts it, waits until a child of this name runs, acts, and waits for its end.
    pub(crate) fn interrupted_when(
        self,
        child: &str,
        act: impl FnOnce(u32, u32),
    ) -> Done {
        let driver = self.start();
        let id = driver.process.id();
        act(id, wait_for_child(id, child));
        driver.ended()
    }
}

/// A run that goes on.
pub(crate) struct Started {
    process: Child,
    temporary: TempDir,
    out: TempDir,
}

impl Started {
    #[cfg(target_os = "linux")]
    pub(crate) fn interrupted(self) -> Done {
        signal("INT", self.process.id());
        self.ended()
    }

    pub(crate) fn ended(self) -> Done {
        let output = self.process.wait_with_output().unwrap();
        Done { output, temporary: self.temporary, out: self.out }
    }
}

/// An ended run.
pub(crate) struct Done {
    output: Output,
    temporary: TempDir,
    out: TempDir,
}

impl Done {
    pub(crate) fn exit(&self) -> Option<i32> {
        self.output.status.code()
    }

    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        let found = self.exit();
        assert_eq!(found, Some(expected), "{}\n{}", self.stdout(), self.stderr());
        self
    }

    /// One line on stderr, with all these parts.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        let said = self.stderr();
        assert_eq!(said.lines().count(), 1, "not one line:\n{said}");
        contains(&said, parts);
        self
    }

    /// Nothing is left: no process of the run's, no temporary file.
    #[track_caller]
    pub(crate) fn leaves_nothing(self) -> Self {
        let left: Vec<_> =
            self.temporary.path().read_dir().unwrap().flatten().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        // The folder that leaklab was given is in no other test's processes. A process
        // that was killed takes a moment to end.
        let began = Instant::now();
        loop {
            let processes = processes_with_environment(self.temporary.path());
            if processes.is_empty() {
                return self;
            }
            let waited = began.elapsed().as_secs();
            assert!(waited < 30, "still running: {processes:?}");
            std::thread::yield_now();
        }
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// A file that the run wrote.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.out.path().join(name)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        parsed(&self.stdout())
    }
}

/// No line has more than 80 columns, trailing blanks or colours.
#[track_caller]
pub(crate) fn fits_a_pipe<'a>(lines: impl Iterator<Item = &'a str>) {
    for line in lines {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(line.trim_end() == line && !line.contains('\u{1b}'), "{line:?}");
    }
}

/// The process id of a child with this name, once there is one.
fn wait_for_child(parent: u32, name: &str) -> u32 {
    let began = Instant::now();
    loop {
        let mut children = Command::new("pgrep");
        children.args(["-P", &parent.to_string(), "-x", name]);
        let found = String::from_utf8(children.output().unwrap().stdout).unwrap();
        if let Some(child) = found.lines().next() {
            return child.parse().unwrap();
        }
        let waited = began.elapsed().as_secs();
        assert!(waited < 60, "leaklab started no {name} in {waited} s");
    }
}

/// Linux reports every process's environment; elsewhere this finds none.
fn processes_with_environment(folder: &Path) -> Vec<PathBuf> {
    let marker = folder.to_str().unwrap();
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let marked = |process: &PathBuf| {
        std::fs::read(process.join("environ"))
            .is_ok_and(|text| String::from_utf8_lossy(&text).contains(marker))
    };
    all.map(|entry| entry.path()).filter(marked).collect()
}

/// Sends a signal twice, as GNU `timeout` does.
pub(crate) fn signal_twice(name: &str, process: u32) {
    signal(name, process);
    signal(name, process);
}
