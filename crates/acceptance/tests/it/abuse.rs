//! What attackers and clumsy tenants send, to both twins, and what must come of it.
//! Each case was found by an attack from outside.

use crate::between::{Between, Deed};
use crate::logged::log_of;
use crate::orders::{draft, event, payment};
use crate::raw::{CHUNKED, CLOSE, JSON, NDJSON, Raw, SOON, head};
use acceptance::{
    Served, TWINS, ask, each_slow_twin, each_twin, get, post, request, signal, with,
};
use dynamo::Target;
use leaklab::run::Database;
use measure::{HeapClient, Instrument};
use model::seed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use workload::{Origin, Request};

/// An honest client is served at its first attempt.
async fn serves_others(served: &Served<'_>, id: &str) {
    for (request, status) in
        [(get("/health"), 200), (post("/orders", draft(id)), 201)]
    {
        let answer = timeout(SOON, served.ask(request)).await.expect("no answer");
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
            let asked = head(&format!("GET {path}"), CLOSE);
            let answer = Raw::open(served, &asked).await.until_end().await;
            let expected = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&expected), "{path}: {answer}");
            assert!(!answer.contains("total_cents"), "{path}: {answer}");
        }
        for tenants in ["x-tenant: other", "x-tenant: shop", "X-TENANT: other"] {
            let asked =
                head("GET /orders/ord-00000001/status", &format!("{tenants}\r\n"));
            let status = Raw::open(served, &asked).await.status().await;
            assert_eq!(status, "400", "{tenants}");
        }
    });
}

#[test]
fn a_cursor_serves_its_own_tenant_alone() {
    each_twin(&[], async |served| {
        let page = served.ask(get("/orders?status=open")).await.json();
        let next = page["next"].as_str().unwrap();
        let stolen = get(&format!("/orders?status=open&cursor={next}"));
        served.expect(404, with(stolen, "x-tenant", "other")).await;
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
            let begun = head("GET /health", CHUNKED) + begin;
            let mut client = Raw::open(served, &begun).await;
            assert_eq!(client.status().await, "200");
            let closed =
                async { while client.0.write_all(more.as_bytes()).await.is_ok() {} };
            timeout(SOON, closed).await.expect("the service reads on");
        }
    });
}

#[test]
fn imports_that_hang_are_few_and_leave_nothing() {
    let length = format!("{NDJSON}content-length: 60000000\r\n");
    let begun = head("POST /orders/import", &length) + &"x".repeat(399_000);
    each_twin(&[], async |served| {
        serves_others(served, "before-1").await;
        let before = served.live_bytes().await;
        let mut hanging = Vec::new();
        for _ in 0..200 {
            let mut client = Raw::open(served, "").await;
            // The service may refuse it before its last byte, or stop reading.
            let sending = client.0.write_all(begun.as_bytes());
            let _ = timeout(Duration::from_millis(50), sending).await;
            hanging.push(client);
        }
        serves_others(served, "between-1").await;
        let held = served.live_bytes().await.saturating_sub(before);
        assert!(held < 40_000_000, "{held} B are held");
        drop(hanging);
        let given_back =
            async { while served.live_bytes().await > before + 8_000_000 {} };
        timeout(SOON, given_back).await.expect("it is not given back");
    });
}

#[test]
fn a_client_that_takes_no_response_is_not_read_from() {
    const CLIENTS: u64 = 5;
    let requests = head("GET /openapi.json", "").repeat(500);
    each_twin(&[], async |served| {
        serves_others(served, "before-1").await;
        let heap = HeapClient::new(served.origin());
        heap.reset_peak().await.unwrap();
        let before = heap.counters().await.unwrap().peak_bytes;
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let mut client = Raw::open(served, "").await;
            let sending = client.0.write_all(requests.as_bytes());
            let _ = timeout(Duration::from_secs(1), sending).await;
            clients.push(client);
        }
        let held = heap.counters().await.unwrap().peak_bytes - before;
        assert!(held < CLIENTS * 700_000, "{held} B were held");
        serves_others(served, "after-1").await;
    });
}

#[test]
fn a_stop_with_everything_unfinished_is_short_and_fails() {
    const EVENTS: u64 = 60;
    each_slow_twin(&[], &["*:silence"], async |served| {
        let mut feed = Raw::open(served, &head("GET /orders/feed", "")).await;
        assert_eq!(feed.status().await, "200");
        let length = format!("{JSON}content-length: 300\r\n");
        let half = head("POST /orders", &length) + "{";
        let import = head("POST /orders/import", &format!("{NDJSON}{CHUNKED}"));
        let waits = head("GET /orders/ord-00000001/status", "");
        let mut open = vec![feed];
        for begun in [half, import, waits, String::new()] {
            open.push(Raw::open(served, &begun).await);
        }
        for sequence in 0..EVENTS {
            served.expect(202, event(sequence)).await;
        }
        signal("TERM", served.process.id().unwrap());
        // Ten seconds at most; the rest is for a busy machine.
        let ended = timeout(Duration::from_secs(20), served.process.ended());
        let how = ended.await.expect("it still runs");
        assert!(how.contains("exit status: 4"), "{how}");
    });
}

/// Sends requests one by one, whatever the answers are.
async fn ask_all(origin: Origin, requests: &[Request]) {
    for request in requests {
        ask(origin, request.clone()).await;
    }
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
    let note = json!({ "note": "note-of-a-clerk" });
    let mut order = draft("logged-1");
    order["customer"] = "customer-of-a-shop".into();
    let requests = [
        get(&format!("/sessions/{token}")),
        payment(key, 500),
        post("/orders", order),
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
        let asked = async |origin| ask_all(origin, &requests).await;
        let (name, table) = (served.name, table.name());
        let log = log_of(name, target, table, "trace", asked).await;
        assert!(log.contains("call ended"), "nothing is logged: {log}");
        has_none_of(&log, &[token.as_str(), card, user, key]);
        has_none_of(&log, &others);
    });
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
        post("/orders", draft("logged-1")),
    ];
    for body in [shape, garbage] {
        let database = Between::start("").await;
        let url = database.url().to_owned();
        database.rule(move |_, _| Deed::Answer(200, body.clone()));
        let target = Target::Embedded { url };
        for name in TWINS {
            let asked = async |origin| ask_all(origin, &requests).await;
            let log = log_of(name, &target, "orders", "info", asked).await;
            has_none_of(&log, &SECRETS);
            assert!(log.len() < 20_000, "{name} logs {} bytes", log.len());
        }
    }
}

#[test]
fn every_path_answers_other_methods_with_those_that_it_takes() {
    each_twin(&[], async |served| {
        let document = served.ask(get("/openapi.json")).await.json();
        for (path, operations) in document["paths"].as_object().unwrap() {
            let allowed = methods(operations);
            let path = path.replace("{tenant}", "shop").replace("{id}", "ord-1");
            let path = path.replace(['{', '}'], "");
            for method in ["DELETE", "PATCH", "TRACE"] {
                let text = head(&format!("{method} {path}"), CLOSE);
                let answer = Raw::open(served, &text).await.until_end().await;
                assert!(answer.starts_with("HTTP/1.1 405 "), "{text}{answer}");
                assert!(answer.contains("application/problem+json"), "{answer}");
                let allow =
                    answer.lines().find_map(|line| line.strip_prefix("allow: "));
                assert_eq!(allow, Some(&allowed[..]), "{text}{answer}");
            }
        }
    });
}

/// The methods that a path of the OpenAPI document takes.
fn methods(operations: &Value) -> String {
    let declared = operations.as_object().unwrap().keys();
    let mut methods: BTreeSet<_> =
        declared.map(|method| method.to_uppercase()).collect();
    if methods.contains("GET") {
        methods.insert("HEAD".to_owned());
    }
    Vec::from_iter(methods).join(", ")
}

#[test]
fn an_encoding_that_nobody_can_send_is_a_problem() {
    let none = "gzip;q=0, identity;q=0, *;q=0";
    let list = request("GET", "/orders/ord-00000001/packing-list");
    each_twin(&[], async |served| {
        let list = list.clone().header("accept-encoding", none);
        let answer = served.expect(406, list).await;
        assert_eq!(answer.kind, "application/problem+json");
    });
}
