//! Bodies that are too large, too slow, or not read to their end.

use crate::orders::{ORDER, confirm};
use crate::raw::{CHUNKED, Raw, status};
use acceptance::{Served, each_twin};
use tokio::io::AsyncWriteExt;

/// Repeats an action, after which no more bytes may be live. The first runs also fill
/// pools that stay.
async fn leaves_nothing(served: &Served<'_>, action: impl AsyncFn()) {
    for _ in 0..3 {
        action().await;
    }
    let before = served.live_bytes().await;
    for _ in 0..5 {
        action().await;
    }
    let after = served.live_bytes().await;
    assert!(after < before + 65_536, "{before} B, then {after} B");
}

#[test]
fn a_hundred_megabytes_are_refused_and_leave_nothing() {
    each_twin(&[], async |served| {
        served.expect(200, confirm(ORDER)).await;
        leaves_nothing(served, async || {
            assert_eq!(refused_upload(served).await, "413");
        })
        .await;
    });
}

/// Sends 100 MB, or as much as the service takes; the status that it answers.
async fn refused_upload(served: &Served<'_>) -> String {
    let mut client = Raw::begin(served, &confirm(ORDER), CHUNKED).await;
    let (reading, mut writing) = client.0.split();
    let upload = async {
        let chunk = format!("100000\r\n{}\r\n", " ".repeat(0x10_0000));
        for _ in 0..100 {
            // The service may close while more is on its way.
            if writing.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        // Keeps the connection until the answer has been read.
        std::future::pending::<String>().await
    };
    tokio::select! {
        never = upload => never,
        status = status(reading) => status,
    }
}

#[test]
fn a_client_that_trickles_its_body_is_given_up_and_leaves_nothing() {
    each_twin(&["--client-idle-ms", "300"], async |served| {
        leaves_nothing(served, async || {
            let length = "content-length: 1000\r\n";
            let mut client = Raw::begin(served, &confirm(ORDER), length).await;
            client.send("{\"note\":").await;
            assert_eq!(client.status().await, "408");
        })
        .await;
    });
}

#[test]
fn an_upload_is_answered_before_its_end_and_its_connection_closed() {
    let lesson = lessons::lesson("c03_dropped_upload").unwrap();
    let upload = &lessons::Plan::new(lesson, 7, 1).request(1, 0);
    each_twin(&[], async |served| {
        let whole = served.ask(upload.clone()).await;
        assert_eq!(whole.json()["kind"], "application/pdf", "{}", whole.text());
        let body = &upload.body;
        let length = format!("content-length: {}\r\n", body.len());
        let mut client = Raw::begin(served, upload, &length).await;
        client.send(&body[..body.len() / 2]).await;
        let half = client.until_end().await;
        assert!(half.starts_with("HTTP/1.1 200 OK\r\n"), "{half}");
        assert!(half.contains("connection: close\r\n"), "{half}");
        assert!(half.ends_with(&whole.text()), "{half}");
    });
}
