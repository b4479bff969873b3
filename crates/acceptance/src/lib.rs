//! What tests need to start the twins and to ask them; everything ends with the test.
//!
//! The tests of the twins as services are in `tests`: what they answer, refuse and
//! survive. Those of the driver, in its own crate, use this too.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

pub mod programs;

use anyhow::Result;
use dynamo::Proxy;
use http_body_util::BodyExt;
use leaklab::commands::seed;
use leaklab::run::{Database, EngineChoice, Run, Under};
use leaklab::stop::Stop;
use measure::{HeapClient, Instrument, Process};
use serde_json::{Value, json};
use std::fmt::Display;
use std::process::Command;
use std::sync::OnceLock;
use workload::client::Connection;
use workload::{Origin, Request};

/// The twins.
pub const TWINS: [&str; 2] = ["leaky", "fixed"];

/// `cargo test` builds the twins only when it tests all packages, so a test of this one
/// alone could meet old ones. Costs a fraction of a second when there is nothing to do.
pub fn build_programs() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        programs::build(&["--bins", "--quiet", "--offline"]).unwrap();
    });
}

/// What a service answered.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its content type; empty for none.
    pub kind: String,
    /// Its whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        parsed(&self.text())
    }
}

/// A request of the tenant `shop`.
pub fn request(method: &'static str, path: &str) -> Request {
    Request::new(method, path).header("x-tenant", "shop")
}

/// A GET of the tenant `shop`.
pub fn get(path: &str) -> Request {
    request("GET", path)
}

/// A POST of the tenant `shop` with a JSON body.
pub fn post(path: &str, body: impl Display) -> Request {
    request("POST", path).body("application/json", body.to_string())
}

/// The same, to put something there.
pub fn put(path: &str, body: impl Display) -> Request {
    Request { method: "PUT".into(), ..post(path, body) }
}

/// The request without a header.
pub fn without(mut request: Request, name: &str) -> Request {
    request.headers.retain(|(header, _)| *header != name);
    request
}

/// The request with another value of a header.
pub fn with(request: Request, name: &'static str, value: &str) -> Request {
    without(request, name).header(name, value)
}

/// Sends a request on a connection of its own.
pub async fn ask(origin: Origin, request: Request) -> Answer {
    let mut connection = Connection::open(origin).await.unwrap();
    let response = connection.send(request).await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type");
    let kind = kind.map_or_else(String::new, |v| v.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes().into();
    Answer { status, kind, body }
}

/// A request to an engine that checks no signature.
pub fn dynamo_request(operation: &str, body: impl Display) -> Request {
    let authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/\
                         aws4_request, SignedHeaders=host, Signature=0";
    Request::new("POST", "/")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", authorization)
        .body("application/x-amz-json-1.0", body.to_string())
}

/// Where a URL of the form `http://address:port` leads.
pub fn origin(url: &str) -> Origin {
    Origin(url.strip_prefix("http://").unwrap().parse().unwrap())
}

/// Sends it, and expects success.
pub async fn call(url: &str, operation: &str, body: impl Display) -> Value {
    let answer = ask(origin(url), dynamo_request(operation, body)).await;
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    answer.json()
}

/// Tests against an engine with an empty table.
pub fn on_engine(test: impl AsyncFnOnce(&Run, &Database) -> Result<()>) {
    build_programs();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let run = Run::new(EngineChoice::Embedded, Stop::default()).unwrap();
        let tested = async |database: &Database| test(&run, database).await;
        run.with_database("test", tested).await.unwrap();
    });
}

/// Tests a twin with settings beside those for measuring, on an engine with data. The
/// output of a test that fails names the twin.
pub fn on_twin(
    name: &'static str,
    settings: &[&str],
    test: impl AsyncFnOnce(&mut Served<'_>),
) {
    on_slow_twin(name, settings, &[], test);
}

/// The same, with faults between the twin and its engine.
pub fn on_slow_twin(
    name: &'static str,
    settings: &[&str],
    faults: &[&str],
    test: impl AsyncFnOnce(&mut Served<'_>),
) {
    eprintln!("twin: {name} {settings:?} {faults:?}");
    on_engine(async |run, database| {
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let proxy = Proxy::start(database.target.url(), faults).await?;
        let mut served =
            Served::start(name, settings, run, database, proxy.url()).await?;
        test(&mut served).await;
        served.process.stop().await;
        proxy.close().await;
        Ok(())
    });
}

/// Tests each twin.
pub fn each_twin(settings: &[&str], test: impl AsyncFnMut(&mut Served<'_>)) {
    each_slow_twin(settings, &[], test);
}

/// The same, with faults between the twin and its engine.
pub fn each_slow_twin(
    settings: &[&str],
    faults: &[&str],
    mut test: impl AsyncFnMut(&mut Served<'_>),
) {
    for name in TWINS {
        on_slow_twin(name, settings, faults, &mut test);
    }
}

/// A twin with an engine and data of its own.
pub struct Served<'a> {
    /// Which twin.
    pub name: &'static str,
    /// Its process.
    pub process: Process,
    /// Its engine and table.
    pub database: &'a Database,
}

impl<'a> Served<'a> {
    /// Fills the table and starts a twin whose database is at this URL.
    ///
    /// # Errors
    /// The table does not take the data, or the twin does not start.
    pub async fn start(
        name: &'static str,
        settings: &[&str],
        run: &Run,
        database: &'a Database,
        url: String,
    ) -> Result<Self> {
        seed::fill(&database.table, 7).await?;
        let (under, target) = (Under::default(), database.target.at(url));
        let started = under.start(name, run, database, &target, settings);
        Ok(Self { name, process: started.await?.process, database })
    }

    /// Where it listens.
    pub fn origin(&self) -> Origin {
        Origin(self.process.address())
    }

    /// Sends it a request on a connection of its own.
    pub async fn ask(&self, request: Request) -> Answer {
        ask(self.origin(), request).await
    }

    /// The same, and expects this status.
    pub async fn expect(&self, status: u16, request: Request) -> Answer {
        let name = request.to_string();
        let answer = self.ask(request).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        answer
    }

    /// What an operation on one item of its table gives.
    pub async fn item(&self, operation: &str, pk: &str, sk: &str) -> Value {
        let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let item = json!({ "TableName": self.database.table.name(), "Key": key });
        call(self.database.target.url(), operation, item).await
    }

    /// Requests that are being served.
    pub async fn in_flight(&self) -> u64 {
        HeapClient::new(self.origin()).counters().await.unwrap().in_flight
    }

    /// Live bytes at rest.
    pub async fn live_bytes(&self) -> u64 {
        HeapClient::new(self.origin()).at_rest().await.unwrap().live_bytes
    }
}

/// The text as JSON.
#[track_caller]
pub fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Expects each of the parts in the text.
#[track_caller]
pub fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "'{part}' is missing from:\n{text}");
    }
}

/// Sends a signal by name: `kill -TERM 123`.
pub fn signal(name: &str, process: u32) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}
