//! How a twin stops while clients hold connections and the database does not answer.

use crate::raw::{JSON, Raw, head};
use acceptance::{each_slow_twin, each_twin, signal};

#[test]
fn feeds_and_half_sent_bodies_end_when_the_service_stops() {
    each_twin(&[], async |served| {
        let mut feed = Raw::open(served, &head("GET /orders/feed", "")).await;
        feed.until("retry: 5000").await;
        let length = format!("{JSON}content-length: 300\r\n");
        let confirm = head("POST /orders/ord-00000001/confirm", &length) + "{";
        let mut half = Raw::open(served, &confirm).await;
        while served.in_flight().await < 2 {}
        signal("TERM", served.process.id().unwrap());
        // Neither is cut off: the feed has an end, and the request an answer.
        let rest = feed.until_end().await;
        assert!(rest.ends_with("0\r\n\r\n"), "{rest:?}");
        let answer = half.until_end().await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        let how = served.process.ended().await;
        assert!(how.contains("exit status: 0"), "{how}");
    });
}

#[test]
fn a_second_signal_ends_a_service_that_still_has_work() {
    each_slow_twin(&[], &["*:silence"], async |served| {
        let order = head("GET /orders/ord-00000001/status", "");
        let _waits = Raw::open(served, &order).await;
        while served.in_flight().await < 1 {}
        let process = served.process.id().unwrap();
        signal("TERM", process);
        // Signals that follow at once belong to the first one, so more are sent.
        let again = async {
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                signal("TERM", process);
            }
        };
        let how = tokio::select! {
            how = served.process.ended() => how,
            () = again => unreachable!("it signals forever"),
        };
        assert!(how.contains("exit status: 130"), "{how}");
    });
}
