//! What single jobs promise beyond the same answers: a payment once, metrics that can
//! be read, answers in few bytes.

use crate::between::{Deed, each_twin_behind};
use crate::orders::payment;
use acceptance::{
    each_slow_twin, each_twin, get, on_slow_twin, parsed, post, with, without,
};
use futures_util::future::join_all;
use measure::{HeapClient, Instrument};
use model::seed;

#[test]
fn a_payment_is_recorded_once_and_its_key_serves_no_other() {
    // With room for one key, the second one takes the first one's place.
    for settings in [&[][..], &["--idempotency-keys-max=1"]] {
        each_twin(settings, async |served| {
            let pay = async |status, key, cents| {
                served.expect(status, payment(key, cents)).await
            };
            let first = pay(200, "key-1", 500).await;
            pay(200, "key-2", 700).await;
            assert_eq!(pay(200, "key-1", 500).await, first);
            pay(422, "key-1", 501).await;
            let elsewhere = with(payment("key-1", 900), "x-tenant", "t-2");
            assert_eq!(served.ask(elsewhere).await.json()["amount_cents"], 900);
        });
    }
}

#[test]
fn a_payment_needs_a_valid_key() {
    let long = "k".repeat(65);
    let keys = ["", "a b", "ä", &long].map(|key| payment(key, 500));
    let none = without(payment("key-1", 500), "idempotency-key");
    each_twin(&[], async |served| {
        for request in keys.iter().chain([&none]) {
            served.expect(400, request.clone()).await;
        }
    });
}

#[test]
fn a_replay_is_answered_without_the_database() {
    each_twin(&[], async |served| {
        let item = async |operation| {
            served.item(operation, "PAYMENTS#shop", "PAYMENT#key-1").await
        };
        served.expect(200, payment("key-1", 500)).await;
        assert_eq!(item("GetItem").await["Item"]["amount_cents"]["N"], "500");
        // Without the record only what is kept can tell that this is a replay.
        item("DeleteItem").await;
        served.expect(200, payment("key-1", 500)).await;
        assert!(item("GetItem").await["Item"].is_null(), "it asked the database");
    });
}

#[test]
fn metrics_count_answers_of_the_public_page_alone() {
    each_twin(&[], async |served| {
        let codes = [0, 1].map(|n| seed::tracking_code(7, n));
        for (status, path) in [
            (200, format!("/track/{}", codes[0])),
            (200, format!("/track/{}", codes[1])),
            (404, "/track/trk-unknown".to_owned()),
            (404, "/track/not/there".to_owned()),
            (404, "/track/nor/this".to_owned()),
            (200, "/orders/ord-00000001/status".to_owned()),
        ] {
            served.expect(status, get(&path)).await;
        }
        let answer = served.expect(200, get("/metrics")).await;
        assert!(answer.kind.starts_with("text/plain"), "{}", answer.kind);
        let text = answer.text();
        assert!(!text.contains("/orders"), "{text}");
        let series = text.lines().filter(|line| line.contains("_seconds_count{"));
        let series: Vec<_> = series.collect();
        if served.name == "leaky" {
            assert_eq!(series.len(), 5, "{text}");
            return;
        }
        assert_eq!(series.len(), 3, "{text}");
        for (path, status, count) in [
            ("/track/{code}", 200, 2),
            ("/track/{code}", 404, 1),
            ("unmatched", 404, 2),
        ] {
            let labels =
                format!("method=\"GET\",route=\"{path}\",status=\"{status}\"");
            let count = format!(" {count}");
            let counted =
                |line: &&str| line.contains(&labels) && line.ends_with(&count);
            assert!(series.iter().any(counted), "no {labels}{count}: {text}");
        }
    });
}

#[test]
fn a_malformed_form_is_refused() {
    let path = "/orders/ord-00000001/attachments";
    let form = |body: &str| {
        let kind = "multipart/form-data; boundary=b";
        with(post(path, body), "content-type", kind)
    };
    let part = |name: &str| {
        format!(
            "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n%PDF-\r\n"
        )
    };
    let other = form(&(part("note") + "--b--\r\n"));
    let wrong = [post(path, "{}"), form("--b--\r\n"), form("no boundary"), other];
    let right = form(&(part("note") + &part("file") + "--b--\r\n"));
    each_twin(&[], async |served| {
        for request in wrong.clone() {
            let answer = served.expect(400, request).await;
            assert_eq!(answer.kind, "application/problem+json");
        }
        let answer = served.ask(right.clone()).await;
        assert_eq!(answer.json()["kind"], "application/pdf", "{}", answer.text());
    });
}

#[test]
fn a_packing_list_is_compressed_if_the_client_accepts_it() {
    let list = |encoding: &str| {
        get("/orders/ord-00000001/packing-list").header("accept-encoding", encoding)
    };
    each_twin(&[], async |served| {
        let plain = served.ask(list("identity")).await;
        assert!(plain.text().contains("ord-00000001 label 1 of "));
        assert!(plain.body.len() > 4_096, "{} bytes", plain.body.len());
        let small = served.ask(list("gzip")).await;
        assert!(small.body.starts_with(&[0x1f, 0x8b]), "no gzip was sent");
        assert!(small.body.len() * 2 < plain.body.len());
        assert_eq!(small.kind, plain.kind);
    });
}

#[test]
fn requests_for_one_session_at_the_same_time_make_one_call() {
    on_slow_twin("fixed", &[], &["GetItem:delay=500"], async |served| {
        let calls = async || {
            let reading = HeapClient::new(served.origin()).at_rest().await.unwrap();
            reading.gauges[heap::gauges::DATABASE_CALLS]
        };
        let path = format!("/sessions/{}", seed::session_token(7, 3));
        let before = calls().await;
        let answers = join_all((0..10).map(|_| served.ask(get(&path)))).await;
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
        assert_eq!(answers[0].status, 200, "{}", answers[0].text());
        assert_eq!(calls().await - before, 1);
    });
}

#[test]
fn a_list_of_bestsellers_has_a_deadline_that_covers_all_its_pages() {
    // Each page is fast enough by itself.
    let settings = ["--count-deadline-ms", "700"];
    each_slow_twin(&settings, &["Query:delay=500"], async |served| {
        served.expect(504, get("/orders/bestsellers")).await;
        // The turn was given back: the next one has its own deadline.
        served.expect(504, get("/orders/bestsellers")).await;
        served.expect(200, get("/tenants/shop/report")).await;
    });
}

#[test]
fn a_session_is_read_without_what_the_route_does_not_return() {
    each_twin_behind(async |served, between| {
        if served.name == "leaky" {
            // It keeps whole sessions: its lesson.
            return;
        }
        let (asked, calls) = std::sync::mpsc::channel();
        between.rule(move |_, body| {
            asked.send(body.to_owned()).unwrap();
            Deed::Pass
        });
        let path = format!("/sessions/{}", seed::session_token(7, 3));
        served.expect(200, get(&path)).await;
        let call = calls.recv().unwrap();
        assert!(parsed(&call)["ProjectionExpression"].is_string(), "{call}");
        assert!(!call.contains("payment_secret"), "{call}");
    });
}
