//! Bodies that are too large, too slow, or not read to their end.

use acceptance::{Served, each_twin, post};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use workload::Request;

/// A connection on which a request's head was sent.
async fn begun(served: &Served<'_>, request: &Request, length: &str) -> TcpStream {
    let mut text =
        format!("{} {} HTTP/1.1\r\nhost: test\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("{length}\r\n\r\n");
    let mut stream = TcpStream::connect(served.origin().0).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

fn confirm() -> Request {
    post("/orders/ord-00000001/confirm", "{}")
}

async fn status(mut stream: impl AsyncRead + Unpin) -> String {
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    String::from_utf8_lossy(&head[9..]).into_owned()
}

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
        assert_eq!(served.ask(confirm()).await.status, 200);
        leaves_nothing(served, async || {
            assert_eq!(refused_upload(served).await, "413");
        })
        .await;
    });
}

/// Sends 100 MB, or as much as the service takes; the status that it answers.
async fn refused_upload(served: &Served<'_>) -> String {
    let mut stream = begun(served, &confirm(), "transfer-encoding: chunked").await;
    let (reading, mut writing) = stream.split();
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
            let mut stream = begun(served, &confirm(), "content-length: 1000").await;
            stream.write_all(b"{\"note\":").await.unwrap();
            assert_eq!(status(stream).await, "408");
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
        let body = upload.body.as_bytes();
        let length = format!("content-length: {}", body.len());
        let mut stream = begun(served, upload, &length).await;
        stream.write_all(&body[..body.len() / 2]).await.unwrap();
        let mut half = String::new();
        stream.read_to_string(&mut half).await.unwrap();
        assert!(half.starts_with("HTTP/1.1 200 OK\r\n"), "{half}");
        assert!(half.contains("connection: close\r\n"), "{half}");
        assert!(half.ends_with(&whole.text()), "{half}");
    });
}
