//! A test as users write it for a service on axum: its leak is found, and gone once it
//! is repaired. Also what a check answers that cannot measure.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use measure::{Check, CheckError, Request, Trend};
use std::collections::HashSet;
use std::fs::File;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

#[global_allocator]
static ALLOC: measure::CountingAlloc = measure::CountingAlloc;

type Keys = Arc<Mutex<HashSet<Box<str>>>>;
type Files = Arc<Mutex<Vec<File>>>;

async fn leaky(State(keys): State<Keys>, body: String) {
    keys.lock().unwrap().insert(body.as_str().into());
}

async fn repaired(State(keys): State<Keys>, body: String) {
    let mut keys = keys.lock().unwrap();
    keys.insert(body.as_str().into());
    keys.remove(body.as_str());
}

async fn opened(State(files): State<Files>) {
    files.lock().unwrap().push(File::open("/dev/null").unwrap());
}

async fn start() -> SocketAddr {
    let app = Router::new()
        .route("/leaky", post(leaky))
        .route("/repaired", post(repaired))
        .route("/refused", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .with_state(Keys::default())
        .merge(
            Router::new().route("/opened", get(opened)).with_state(Files::default()),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

fn payment(path: &str) -> Request {
    Request::new("POST", path).body("text/plain", "payment {{$uuid}}".repeat(4))
}

#[tokio::test]
async fn payments_do_not_leak() {
    let check = Check::new(start().await, payment("/repaired")).concurrency(1);
    let report = check.flat_within(16.0).await.unwrap();
    assert!(report.bytes_per_request.abs() < 1.0, "{report}");
}

#[tokio::test]
async fn a_leak_is_found_with_its_line() {
    let check = Check::new(start().await, payment("/leaky"));
    let found = check.flat_within(16.0).await;
    let text = format!("{found:?}");
    let Err(CheckError::NotFlat(report)) = found else { panic!("{text}") };
    assert_eq!(report.trend, Trend::Leaks);
    assert!(report.bytes_per_request > 150.0, "{text}");
    assert!(text.contains("tests/memory_axum.rs:"), "{text}");
}

#[tokio::test]
async fn a_leak_of_files_is_found_too() {
    let found = Check::get(start().await, "/opened").flat_within(16.0).await;
    let text = format!("{:?}", found.unwrap_err());
    assert!(text.contains("open files per request"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_measured_is_an_error() {
    let address = start().await;
    for (path, message) in [
        ("/no", "responses are errors, such as 404 Not Found for GET /no"),
        ("/leaky/{{id}}", "'/leaky/{{id}}' has an unknown placeholder"),
    ] {
        let found = Check::get(address, path).flat_within(16.0).await;
        let text = format!("{:?}", found.unwrap_err());
        assert!(text.contains(message), "{text}");
    }
    let check = Check::get(address, "/refused").may_fail();
    check.flat_within(16.0).await.unwrap();
}
