//! What single jobs promise beyond the same answers: a payment once, metrics that can
//! be read, uploads that are answered before they end, answers in few bytes.

use crate::fixture::{Served, TWINS, ask, call, post, request};
use model::seed;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use workload::{Origin, Request};

fn payment(key: &str, amount_cents: u64) -> Request {
    let charge = json!({ "order": "ord-00000001", "amount_cents": amount_cents });
    let mut request = post("/payments", charge.to_string());
    request.headers.push(("idempotency-key", key.to_owned()));
    request
}

#[tokio::test]
async fn a_payment_is_recorded_once_and_its_key_serves_no_other() {
    for name in TWINS {
        // Room for a single key: the second one takes the first one's place.
        let few = &["--idempotency-keys-max=1"];
        for (settings, kept) in [(&few[..0], "kept"), (&few[..], "forgotten")] {
            let served = Served::start(name, settings).await;
            let pay =
                async |key, cents| ask(served.origin(), payment(key, cents)).await;
            let first = pay("key-1", 500).await;
            assert_eq!(first.status, 200, "{name}: {}", first.text());
            assert_eq!(pay("key-2", 700).await.status, 200, "{name}");
            assert_eq!(pay("key-1", 500).await, first, "{name}, {kept}");
            assert_eq!(pay("key-1", 501).await.status, 422, "{name}, {kept}");
            let mut elsewhere = payment("key-1", 900);
            elsewhere.headers[0].1 = "t-2".to_owned();
            let elsewhere = ask(served.origin(), elsewhere).await;
            assert_eq!(elsewhere.json()["amount_cents"], 900, "{name}");
            served.stop().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_payment_needs_a_key_that_is_one() {
    for name in TWINS {
        let served = Served::start(name, &[]).await;
        let long = "k".repeat(65);
        for key in ["", "a b", "ä", &long] {
            let answer = ask(served.origin(), payment(key, 500)).await;
            assert_eq!(answer.status, 400, "{name}, '{key}': {}", answer.text());
        }
        let mut none = payment("key-1", 500);
        none.headers.retain(|(header, _)| *header != "idempotency-key");
        assert_eq!(ask(served.origin(), none).await.status, 400, "{name}");
        served.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_replay_is_answered_without_the_database() {
    for name in TWINS {
        let served = Served::start(name, &[]).await;
        assert_eq!(ask(served.origin(), payment("key-1", 500)).await.status, 200);
        let item = json!({
            "TableName": served.table(),
            "Key": { "pk": { "S": "PAYMENTS#shop" }, "sk": { "S": "PAYMENT#key-1" } },
        });
        let url = served.target().url().to_owned();
        let found = call(&url, "GetItem", &item.to_string()).await;
        assert_eq!(found["Item"]["amount_cents"]["N"], "500", "{name}");
        // Without the record only what is kept can tell that this is a replay.
        call(&url, "DeleteItem", &item.to_string()).await;
        assert_eq!(ask(served.origin(), payment("key-1", 500)).await.status, 200);
        let found = call(&url, "GetItem", &item.to_string()).await;
        assert!(found["Item"].is_null(), "{name} asked the database again");
        served.stop().await.unwrap();
    }
}

#[tokio::test]
async fn metrics_count_answers_of_the_public_page_alone() {
    for (name, routes) in [("leaky", false), ("fixed", true)] {
        let served = Served::start(name, &[]).await;
        let origin = served.origin();
        let codes = [0, 1].map(|n| seed::tracking_code(7, n));
        for (status, path) in [
            (200, format!("/track/{}", codes[0])),
            (200, format!("/track/{}", codes[1])),
            (404, "/track/trk-unknown".to_owned()),
            (404, "/track/not/there".to_owned()),
            (404, "/track/nor/this".to_owned()),
            (200, "/orders/ord-00000001/status".to_owned()),
        ] {
            assert_eq!(ask(origin, request("GET", &path)).await.status, status);
        }
        let answer = ask(origin, request("GET", "/metrics")).await;
        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.kind.starts_with("text/plain"), "{name}: {}", answer.kind);
        let text = answer.text();
        let series = text.lines().filter(|line| line.contains("_seconds_count{"));
        let series: Vec<_> = series.collect();
        assert!(!text.contains("/orders"), "{name}: {text}");
        if routes {
            let count = |path: &str, status| {
                let labels = format!("path=\"{path}\",status=\"{status}\"");
                let line = series.iter().find(|line| line.contains(&labels));
                line.and_then(|line| line.rsplit(' ').next()).map(str::to_owned)
            };
            assert_eq!(series.len(), 3, "{text}");
            assert_eq!(count("/track/{code}", 200).as_deref(), Some("2"), "{text}");
            assert_eq!(count("/track/{code}", 404).as_deref(), Some("1"), "{text}");
            assert_eq!(count("unmatched", 404).as_deref(), Some("2"), "{text}");
        } else {
            assert_eq!(series.len(), 5, "{text}");
        }
        served.stop().await.unwrap();
    }
}

#[tokio::test]
async fn an_upload_is_answered_before_its_end_and_its_connection_closed() {
    let lesson = lessons::lesson("c03_dropped_upload").unwrap();
    let upload = lessons::Plan::new(lesson, 7, 1).request(1, 0);
    for name in TWINS {
        let served = Served::start(name, &[]).await;
        let whole = ask(served.origin(), upload.clone()).await;
        assert_eq!(whole.json()["kind"], "application/pdf", "{}", whole.text());
        let half = answer_to_half(served.origin(), &upload).await;
        assert!(half.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {half}");
        assert!(half.contains("connection: close\r\n"), "{name}: {half}");
        assert!(half.ends_with(&whole.text()), "{name}: {half}");
        served.stop().await.unwrap();
    }
}

/// Sends half of a request and no more; all that comes back until the service closes.
async fn answer_to_half(origin: Origin, request: &Request) -> String {
    let Request { method, path, headers, body } = request;
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n", body.len());
    text += &body[..body.len() / 2];
    let mut stream = TcpStream::connect(origin.0).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    for name in TWINS {
        let served = Served::start(name, &[]).await;
        let path = "/orders/ord-00000001/attachments";
        let form = |body: &str| {
            let mut request = request("POST", path);
            let kind = "multipart/form-data; boundary=b".to_owned();
            request.headers.push(("content-type", kind));
            request.body = body.to_owned();
            request
        };
        for wrong in [post(path, "{}"), form("--b--\r\n"), form("no boundary")] {
            let answer = ask(served.origin(), wrong).await;
            assert_eq!(answer.status, 400, "{name}: {}", answer.text());
            assert_eq!(answer.kind, "application/problem+json", "{name}");
        }
        served.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_packing_list_is_compressed_where_the_client_takes_it() {
    for name in TWINS {
        let served = Served::start(name, &[]).await;
        let list = |encoding: &str| {
            let mut request = request("GET", "/orders/ord-00000001/packing-list");
            request.headers.push(("accept-encoding", encoding.to_owned()));
            request
        };
        let plain = ask(served.origin(), list("identity")).await;
        assert!(plain.text().contains("ord-00000001 label 1 of "), "{name}");
        assert!(plain.body.len() > 4_096, "{name}: {} bytes", plain.body.len());
        let small = ask(served.origin(), list("gzip")).await;
        assert!(small.body.starts_with(&[0x1f, 0x8b]), "{name} sent no gzip");
        assert!(small.body.len() * 2 < plain.body.len(), "{name}");
        assert_eq!(small.kind, plain.kind, "{name}");
        served.stop().await.unwrap();
    }
}
