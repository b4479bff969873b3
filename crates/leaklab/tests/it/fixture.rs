//! Starts the programs and asks them; everything ends with the test.

use anyhow::Result;
use dynamo::{Proxy, Target};
use http_body_util::BodyExt;
use leaklab::commands::seed;
use leaklab::run::{Database, EngineChoice, Run, Under, program};
use leaklab::stop::Stop;
use lessons::{Kind, LESSONS};
use measure::{HeapClient, Process};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Instant;
use tempfile::TempDir;
use workload::client::Connection;
use workload::{Origin, Request};

/// The twins.
pub(crate) const TWINS: [&str; 2] = ["leaky", "fixed"];

/// A control that is measured in few seconds: the first one.
pub(crate) const CONTROL: &str = {
    let mut n = 0;
    while !matches!(LESSONS[n].kind, Kind::Control) {
        n += 1;
    }
    LESSONS[n].id
};

/// `cargo test` builds the twins only when it tests all packages, so a test of this one
/// alone could meet old ones. Costs a fraction of a second when there is nothing to do.
pub(crate) fn build_programs() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        crate::programs::build(&["--bins", "--quiet", "--offline"]).unwrap();
    });
}

/// What a service answered.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        parsed(&self.text())
    }
}

/// A request of the tenant `shop`.
pub(crate) fn request(method: &'static str, path: &str) -> Request {
    Request::new(method, path).header("x-tenant", "shop")
}

pub(crate) fn get(path: &str) -> Request {
    request("GET", path)
}

/// The same with a JSON body.
pub(crate) fn post(path: &str, body: impl Into<String>) -> Request {
    request("POST", path).body("application/json", body)
}

pub(crate) fn without(mut request: Request, name: &str) -> Request {
    request.headers.retain(|(header, _)| *header != name);
    request
}

/// The request with another value of a header.
pub(crate) fn with(request: Request, name: &'static str, value: &str) -> Request {
    without(request, name).header(name, value)
}

/// Sends a request on a connection of its own.
pub(crate) async fn ask(origin: Origin, request: Request) -> Answer {
    let mut connection = Connection::open(origin).await.unwrap();
    let response = connection.send(request).await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type");
    let kind = kind.map_or_else(String::new, |v| v.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes().into();
    Answer { status, kind, body }
}

/// A request to an engine that checks no signature.
pub(crate) fn dynamo_request(operation: &str, body: impl Into<String>) -> Request {
    let authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/\
                         aws4_request, SignedHeaders=host, Signature=0";
    Request::new("POST", "/")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", authorization)
        .body("application/x-amz-json-1.0", body)
}

pub(crate) fn origin(url: &str) -> Origin {
    Origin(url.strip_prefix("http://").unwrap().parse().unwrap())
}

/// Sends it, and expects success.
pub(crate) async fn call(url: &str, operation: &str, body: &str) -> Value {
    let answer = ask(origin(url), dynamo_request(operation, body)).await;
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    answer.json()
}

/// Tests against an engine with an empty table.
pub(crate) fn on_engine(test: impl AsyncFnOnce(&Run, &Database) -> Result<()>) {
    build_programs();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let run = Run::new(EngineChoice::Embedded, Stop::default()).unwrap();
        let tested = async |database: &Database| test(&run, database).await;
        run.with_database("test", tested).await.unwrap();
    });
}

/// Tests a twin with settings beside those for measuring, on an engine with data. The
/// output of a test that fails names the twin.
pub(crate) fn on_twin(
    name: &'static str,
    settings: &[&str],
    test: impl AsyncFnOnce(&mut Served<'_>),
) {
    on_slow_twin(name, settings, &[], test);
}

/// The same, with faults between the twin and its engine.
pub(crate) fn on_slow_twin(
    name: &'static str,
    settings: &[&str],
    faults: &[&str],
    test: impl AsyncFnOnce(&mut Served<'_>),
) {
    eprintln!("twin: {name} {settings:?} {faults:?}");
    on_engine(async |run, database| {
        seed::fill(&database.table, 7).await?;
        let Database { target, table, .. } = database;
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let proxy = Proxy::start(target.url(), faults).await?;
        let target = Target::Embedded { url: proxy.url() };
        let (program, under) = (program(name)?, Under::default());
        let started =
            under.start(&program, &target, table.name(), settings, run.scratch());
        let mut served = Served { name, process: started.await?.process, database };
        test(&mut served).await;
        served.process.stop().await;
        proxy.close().await;
        Ok(())
    });
}

/// Tests each twin.
pub(crate) fn each_twin(
    settings: &[&str],
    mut test: impl AsyncFnMut(&mut Served<'_>),
) {
    for name in TWINS {
        on_twin(name, settings, &mut test);
    }
}

/// A twin with an engine and data of its own.
pub(crate) struct Served<'a> {
    pub(crate) name: &'static str,
    pub(crate) process: Process,
    pub(crate) database: &'a Database,
}

impl Served<'_> {
    pub(crate) fn origin(&self) -> Origin {
        Origin(self.process.address())
    }

    pub(crate) async fn ask(&self, request: Request) -> Answer {
        ask(self.origin(), request).await
    }

    /// What an operation on one item of its table gives.
    pub(crate) async fn item(&self, operation: &str, pk: &str, sk: &str) -> Value {
        let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let item = json!({ "TableName": self.database.table.name(), "Key": key });
        call(self.database.target.url(), operation, &item.to_string()).await
    }

    /// Requests that are being served.
    pub(crate) async fn in_flight(&self) -> u64 {
        HeapClient::new(self.origin()).counters().await.unwrap().in_flight
    }

    pub(crate) async fn live_bytes(&self) -> u64 {
        HeapClient::new(self.origin()).at_rest().await.unwrap().live_bytes
    }
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

    /// In a folder without files.
    pub(crate) fn nowhere(mut self) -> Self {
        self.command.current_dir(self.out.path());
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

    pub(crate) fn run(mut self) -> Done {
        let output = self.command.output().unwrap();
        Done { output, temporary: self.temporary, out: self.out }
    }

    /// Starts it, waits until a child of this name runs, acts, and waits for its end.
    pub(crate) fn interrupted_when(
        mut self,
        child: &str,
        act: impl FnOnce(u32, u32),
    ) -> Done {
        let driver = self.command.spawn().unwrap();
        let victim = wait_for_child(driver.id(), child);
        act(driver.id(), victim);
        let output = driver.wait_with_output().unwrap();
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
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        let found = self.output.status.code();
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

#[track_caller]
pub(crate) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[track_caller]
pub(crate) fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "'{part}' is missing from:\n{text}");
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

/// Sends a signal by name: `kill -TERM 123`.
pub(crate) fn signal(name: &str, process: u32) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}
