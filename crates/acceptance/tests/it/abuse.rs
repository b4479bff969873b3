//! What attackers and clumsy tenants send, to both twins, and what must come of it.
//! Each case was found by an attack from outside.

use acceptance::{
    Served, TWINS, ask, build_programs, each_twin, get, on_engine, post, request,
    signal, with,
};
use anyhow::Result;
use dynamo::{Proxy, Target};
use leaklab::commands::seed::fill;
use leaklab::run::{Database, Run, Under, connect, program};
use model::seed;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::timeout;
use workload::{Origin, Request};

/// How long a condition may take to hold. Far more than it takes, even on a busy
/// machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The head of a request of the tenant `shop`, with further lines.
fn head(request: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{request} HTTP/1.1\r\nhost: localhost\r\nx-tenant: shop\r\n{lines}\r\n")
}

const JSON: &str = "content-type: application/json";
const NDJSON: &str = "content-type: application/x-ndjson";
const CHUNKED: &str = "transfer-encoding: chunked";

/// A connection on which this was sent.
async fn sent(served: &Served<'_>, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(served.origin().0).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// The status of the next answer, without reading further.
async fn status(stream: &mut TcpStream) -> String {
    let mut line = [0; 12];
    timeout(LIMIT, stream.read_exact(&mut line)).await.unwrap().unwrap();
    String::from_utf8_lossy(&line[9..]).into_owned()
}

/// Everything until the service closes the connection.
async fn to_the_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end as well.
    let _ =
        timeout(LIMIT, stream.read_to_end(&mut bytes)).await.expect("it is open");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn order(id: &str) -> String {
    let line =
        json!({ "sku": "123456", "title": "a", "quantity": 2, "unit_cents": 150 });
    let order = json!({
        "id": id, "placed_at": "2026-02-01T10:15:00Z", "currency": "EUR",
        "customer": "customer-of-a-shop", "lines": [line], "notes": "",
    });
    order.to_string()
}

/// An honest client is served at its first attempt.
async fn serves_others(served: &Served<'_>, id: &str) {
    for (request, status) in
        [(get("/health"), 200), (post("/orders", order(id)), 201)]
    {
        let answer = timeout(LIMIT, served.ask(request)).await.expect("no answer");
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[test]
fn no_spelling_of_a_path_reaches_another_tenant() {
    each_twin(&[], async |served| {
        for (path, status) in [
            ("/tenants/%74enant-00000003/summary", 403),
            ("/%74enants/tenant-00000003/summary", 403),
            ("/tenants/tenant%2D00000003/report", 403),
            ("//tenants/tenant-00000003/summary", 404),
            ("/tenants/shop/../tenant-00000003/summary", 404),
            ("/track/x/../../tenants/tenant-00000003/summary", 404),
            ("/tenants/tenant-00000003%2Fsummary", 404),
        ] {
            let mut stream =
                sent(served, &head(&format!("GET {path}"), &["connection: close"]))
                    .await;
            let answer = to_the_end(&mut stream).await;
            let expected = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&expected), "{path}: {answer}");
            assert!(!answer.contains("total_cents"), "{path}: {answer}");
        }
        for tenants in ["x-tenant: other", "x-tenant: shop", "X-TENANT: other"] {
            let status_request = head("GET /orders/ord-00000001/status", &[tenants]);
            let mut stream = sent(served, &status_request).await;
            assert_eq!(status(&mut stream).await, "400", "{tenants}");
        }
    });
}

#[test]
fn a_cursor_serves_its_own_tenant_alone() {
    each_twin(&[], async |served| {
        let page = served.ask(get("/orders?status=open")).await.json();
        let next = page["next"].as_str().unwrap();
        let stolen = get(&format!("/orders?status=open&cursor={next}"));
        let answer = served.ask(with(stolen, "x-tenant", "other")).await;
        assert_eq!(answer.status, 404, "{}", answer.text());
    });
}

#[test]
fn a_connection_is_closed_whatever_still_arrives_after_its_answer() {
    each_twin(&[], async |served| {
        for (begin, more) in [
            ("", format!("10000\r\n{}\r\n", "x".repeat(0x1_0000))),
            ("1;", "extension".repeat(1_000)),
            ("0\r\n", "trailer: t\r\n".repeat(1_000)),
        ] {
            let begun = head("GET /health", &[CHUNKED]) + begin;
            let mut stream = sent(served, &begun).await;
            assert_eq!(status(&mut stream).await, "200");
            let closed =
                async { while stream.write_all(more.as_bytes()).await.is_ok() {} };
            timeout(LIMIT, closed).await.expect("it is read without end");
        }
    });
}

#[test]
fn imports_that_hang_are_few_and_leave_nothing() {
    let begun = head("POST /orders/import", &[NDJSON, "content-length: 60000000"]);
    let begun = begun + &"x".repeat(399_000);
    each_twin(&[], async |served| {
        serves_others(served, "before-1").await;
        let before = served.live_bytes().await;
        let mut hanging = Vec::new();
        for _ in 0..200 {
            let mut stream = sent(served, "").await;
            // The service may refuse it before its last byte, or stop reading.
            let sending = stream.write_all(begun.as_bytes());
            let _ = timeout(Duration::from_millis(50), sending).await;
            hanging.push(stream);
        }
        serves_others(served, "between-1").await;
        let held = served.live_bytes().await.saturating_sub(before);
        assert!(held < 40_000_000, "{held} B are held");
        drop(hanging);
        let given_back =
            async { while served.live_bytes().await > before + 8_000_000 {} };
        timeout(LIMIT, given_back).await.expect("it is not given back");
    });
}

#[test]
fn a_stop_with_everything_unfinished_is_short_and_fails() {
    const EVENTS: u64 = 60;
    for name in TWINS {
        on_engine(async |run: &Run, database: &Database| {
            stopped_in_an_outage(name, run, database, EVENTS).await
        });
    }
}

async fn stopped_in_an_outage(
    name: &'static str,
    run: &Run,
    database: &Database,
    events: u64,
) -> Result<()> {
    fill(&database.table, 7).await?;
    let silence = vec!["*:silence".parse().unwrap()];
    let proxy = Proxy::start(database.target.url(), silence).await?;
    let (target, table) = (database.target.at(proxy.url()), database.table.name());
    let (program, under) = (program(name)?, Under::default());
    let started = under.start(&program, &target, table, &[], run.scratch());
    let mut served = Served { name, process: started.await?.process, database };
    let mut feed = sent(&served, &head("GET /orders/feed", &[])).await;
    assert_eq!(status(&mut feed).await, "200");
    let half = head("POST /orders", &[JSON, "content-length: 300"]) + "{";
    let import = head("POST /orders/import", &[NDJSON, CHUNKED]);
    let waits = head("GET /orders/ord-00000001/status", &[]);
    let mut open = vec![feed];
    for begun in [half, import, waits, String::new()] {
        open.push(sent(&served, &begun).await);
    }
    for sequence in 0..events {
        let event = json!({ "sequence": sequence, "station": "s1" }).to_string();
        let answer = served.ask(post("/orders/ord-00000001/events", event)).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    signal("TERM", served.process.id().unwrap());
    // Ten seconds at most; the rest is for a busy machine.
    let ended = timeout(Duration::from_secs(20), served.process.ended()).await;
    let how = ended.expect("it still runs");
    assert!(how.contains("exit status: 4"), "{name}: {how}");
    Ok(())
}

/// Everything that a twin with these settings logs while it serves the requests.
async fn log_of(
    name: &str,
    target: &Target,
    table: &str,
    level: &str,
    requests: &[Request],
) -> String {
    build_programs();
    let mut command = Command::new(program(name).unwrap());
    connect(&mut command, target, table);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = command.into_std();
    command.args(["--listen", "127.0.0.1:0", "--log", level]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(log.reopen().unwrap()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap();
    let origin = Origin(address.parse().unwrap());
    for request in requests {
        ask(origin, request.clone()).await;
    }
    signal("TERM", child.id());
    child.wait().unwrap();
    std::fs::read_to_string(log.path()).unwrap()
}

#[track_caller]
fn has_none_of(log: &str, secrets: &[&str]) {
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "'{secret}' is in the log: {line:?}");
    }
}

#[test]
fn no_level_logs_what_clients_send_and_the_table_holds() {
    let token = seed::session_token(7, 3);
    let session = seed::session(7, &token);
    let key = "idempotency-key-of-a-client";
    let charge = json!({ "order": "ord-00000001", "amount_cents": 500 }).to_string();
    let note = json!({ "note": "note-of-a-clerk" }).to_string();
    let requests = [
        get(&format!("/sessions/{}", token.as_str())),
        post("/payments", charge).header("idempotency-key", key),
        post("/orders", order("logged-1")),
        get("/orders/logged-1/packing-list"),
        post("/orders/logged-1/confirm", note),
        get("/orders/logged-1/history"),
        post("/orders", "{\"customer\":\"customer-of-a-shop"),
        get("/orders?status=open").header("cookie", "cookie-of-a-browser"),
    ];
    let (card, user) = (&session.payment_secret[..], &session.user[..]);
    let others = ["customer-of-a-shop", "note-of-a-clerk", "cookie-of-a-browser"];
    each_twin(&[], async |served| {
        let Database { target, table, .. } = served.database;
        let log =
            log_of(served.name, target, table.name(), "trace", &requests).await;
        assert!(log.contains("POST"), "nothing is logged: {log}");
        has_none_of(&log, &[token.as_str(), card, user, key]);
        has_none_of(&log, &others);
    });
}

/// A database that answers every request with this.
async fn answering(body: &str) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 65_536];
            if matches!(stream.read(&mut request).await, Ok(1..)) {
                // Fails when the service has given up.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    Target::Embedded { url }
}

#[tokio::test]
async fn an_answer_of_the_database_that_makes_no_sense_is_not_logged() {
    const SECRETS: [&str; 3] = ["card-SECRET", "tok-SECRET", "SECRET@example.org"];
    let item = json!({
        "payment_secret": { "S": SECRETS[0] }, "token": SECRETS[1],
        "user": { "S": SECRETS[2] }, "expires_at": { "N": 1 },
    });
    let garbage = format!("{}{}", SECRETS.join(" "), "x".repeat(200_000));
    let shape = json!({ "Item": item, "Items": [item] }).to_string();
    let requests = [
        get("/sessions/tok-1"),
        get("/orders/ord-00000001/status"),
        get("/orders/export"),
        post("/orders", order("logged-1")),
    ];
    for body in [shape, garbage] {
        let target = answering(&body).await;
        for name in TWINS {
            let log = log_of(name, &target, "orders", "info", &requests).await;
            has_none_of(&log, &SECRETS);
            assert!(log.len() < 20_000, "{name} logs {} bytes", log.len());
        }
    }
}

#[test]
fn the_head_of_a_feed_subscribes_nobody() {
    let heads = head("HEAD /orders/feed", &[])
        + &head("GET /health", &["connection: close"]);
    each_twin(&[], async |served| {
        let answers = to_the_end(&mut sent(served, &heads).await).await;
        assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
        let gauges = served.ask(get("/__heap")).await.json()["gauges"].clone();
        assert_eq!(gauges["subscribers"].as_u64().unwrap_or(0), 0, "{gauges}");
    });
}

#[test]
fn every_path_answers_other_methods_with_those_that_it_takes() {
    each_twin(&[], async |served| {
        let document = served.ask(get("/openapi.json")).await.json();
        for (path, operations) in document["paths"].as_object().unwrap() {
            let path = path.replace("{tenant}", "shop").replace("{id}", "ord-1");
            let path = path.replace(['{', '}'], "");
            for method in ["DELETE", "PATCH", "TRACE"] {
                let text = head(&format!("{method} {path}"), &["connection: close"]);
                let answer = to_the_end(&mut sent(served, &text).await).await;
                let answer = answer.to_lowercase();
                assert!(answer.starts_with("http/1.1 405"), "{text}{answer}");
                assert!(answer.contains("application/problem+json"), "{answer}");
                let allow =
                    answer.lines().find_map(|line| line.strip_prefix("allow:"));
                let allow = allow.unwrap_or_else(|| panic!("no Allow: {answer}"));
                for declared in operations.as_object().unwrap().keys() {
                    assert!(allow.contains(declared.as_str()), "{text}{allow}");
                }
            }
        }
    });
}

#[test]
fn an_encoding_that_nobody_can_send_is_a_problem() {
    let none = "gzip;q=0, identity;q=0, *;q=0";
    let list = request("GET", "/orders/ord-00000001/packing-list");
    each_twin(&[], async |served| {
        let list = list.clone().header("accept-encoding", none);
        let answer = served.ask(list).await;
        assert_eq!(answer.status, 406, "{}", answer.text());
        assert_eq!(answer.kind, "application/problem+json");
    });
}
