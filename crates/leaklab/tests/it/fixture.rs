//! Starts the programs and asks them; everything ends with the test.

use anyhow::Result;
use http_body_util::BodyExt;
use leaklab::commands::seed;
use leaklab::run::{Database, EngineChoice, Running};
use measure::HeapClient;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;
use workload::Request;
use workload::client::{Connection, Origin};

/// The twins.
pub(crate) const TWINS: [&str; 2] = ["leaky", "fixed"];

/// `cargo test` builds the twins only when it tests all packages, so a test of this one
/// alone could meet old ones. Costs a fraction of a second when there is nothing to do.
pub(crate) fn build_programs() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        crate::programs::build(None, &["--bins", "--quiet", "--offline"]).unwrap();
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
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

/// A request in one line: `ask("GET", "/orders").tenant("shop")`.
pub(crate) fn request(method: &'static str, path: &str) -> Request {
    Request::new(method, path).header("x-tenant", "shop")
}

/// The same, with a JSON body.
pub(crate) fn post(path: &str, body: impl Into<String>) -> Request {
    request("POST", path).body("application/json", body)
}

/// The same, to put something there.
pub(crate) fn put(path: &str, body: impl Into<String>) -> Request {
    Request { method: "PUT", ..post(path, body) }
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

/// Sends it, and expects success.
pub(crate) async fn call(url: &str, operation: &str, body: &str) -> Value {
    let origin = Origin(url.strip_prefix("http://").unwrap().parse().unwrap());
    let answer = ask(origin, dynamo_request(operation, body)).await;
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    answer.json()
}

/// A twin with an engine and data of its own.
pub(crate) struct Served {
    pub(crate) twin: Running,
    database: Database,
    _scratch: TempDir,
}

impl Served {
    /// Starts it with settings beside those for measuring.
    pub(crate) async fn start(name: &str, settings: &[&str]) -> Self {
        build_programs();
        let database =
            Database::open(&EngineChoice::Embedded, "test").await.unwrap();
        seed::fill(&database.table, 7).await.unwrap();
        let scratch = TempDir::new().unwrap();
        let (target, table) = (&database.target, database.table.name());
        let twin = Running::start(name, target, table, settings, scratch.path())
            .await
            .unwrap();
        Self { twin, database, _scratch: scratch }
    }

    pub(crate) fn origin(&self) -> Origin {
        self.twin.origin()
    }

    pub(crate) fn target(&self) -> &dynamo::Target {
        &self.database.target
    }

    pub(crate) fn table(&self) -> &str {
        self.database.table.name()
    }

    pub(crate) async fn live_bytes(&self) -> u64 {
        HeapClient::new(self.origin()).at_rest().await.unwrap().live_bytes
    }

    /// Stops the twin as an operator would, and leaves its database.
    pub(crate) async fn terminate(&mut self) {
        signal("TERM", self.twin.process.id().unwrap());
        let how = self.twin.process.ended().await;
        assert!(how.contains("exit status: 0"), "{how}");
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.twin.process.stop().await;
        self.database.close().await
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

    pub(crate) fn out_folder(&self) -> PathBuf {
        self.out.path().to_owned()
    }

    /// In this folder, and not where the tests run.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// No credentials, no profile, no region: as on a machine without AWS.
    pub(crate) fn without_aws(mut self) -> Self {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_PROFILE",
            "AWS_REGION",
        ] {
            self.command.env_remove(name);
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
        for part in parts {
            assert!(said.contains(part), "'{part}' is missing from: {said}");
        }
        self
    }

    /// Nothing is left: no process of the run's, no temporary file.
    #[track_caller]
    pub(crate) fn leaves_nothing(self) -> Self {
        let left: Vec<_> =
            self.temporary.path().read_dir().unwrap().flatten().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        // The scratch folder's name is in the environment of twins only, but the
        // folder that leaklab was told is in no other test's processes.
        let marker = self.temporary.path().to_str().unwrap().to_owned();
        let processes = processes_with_environment(&marker);
        assert!(processes.is_empty(), "still running: {processes:?}");
        self
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.out.path().to_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout())
            .unwrap_or_else(|e| panic!("{e}: {}", self.stdout()))
    }
}

/// Process ids of a program's children of this name, once there is one.
fn wait_for_child(parent: u32, name: &str) -> u32 {
    let began = std::time::Instant::now();
    loop {
        if let Some(child) =
            children(parent).into_iter().find(|(_, n)| n.ends_with(name))
        {
            return child.0;
        }
        let waited = began.elapsed().as_secs();
        assert!(waited < 60, "leaklab started no {name} in {waited} s");
        std::thread::yield_now();
    }
}

/// `ps` is the one tool for this that Linux and macOS share.
fn children(parent: u32) -> Vec<(u32, String)> {
    let output = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid=,comm="])
        .output()
        .unwrap()
        .stdout;
    let child = |line: &str| {
        let mut words = line.split_whitespace();
        let (pid, ppid) =
            (words.next()?.parse().ok()?, words.next()?.parse::<u32>().ok()?);
        (ppid == parent).then(|| (pid, words.collect::<Vec<_>>().join(" ")))
    };
    String::from_utf8_lossy(&output).lines().filter_map(child).collect()
}

/// Linux tells every process's environment; elsewhere this finds none.
fn processes_with_environment(marker: &str) -> Vec<String> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let marked = |entry: &std::fs::DirEntry| {
        std::fs::read(entry.path().join("environ"))
            .is_ok_and(|text| String::from_utf8_lossy(&text).contains(marker))
    };
    all.flatten().filter(marked).map(|e| e.path().display().to_string()).collect()
}

/// Sends a signal by name: `kill -TERM 123`.
pub(crate) fn signal(name: &str, process: u32) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}
