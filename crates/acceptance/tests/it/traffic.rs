//! Clients that send, take or ask in unusual ways, and what the others notice of them.

use crate::orders::{drafted, import};
use crate::raw::{CHUNKED, CLOSE, JSON, Raw, SOON, head};
use acceptance::{
    Served, each_slow_twin, each_twin, get, on_twin, parsed, post, request, signal,
    with,
};
use futures_util::future::join_all;
use model::seed;
use serde_json::json;
use std::fs;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use workload::client::Connection;

#[test]
fn a_client_that_closes_its_sending_side_gets_its_answer() {
    each_slow_twin(&[], &["GetItem:delay=100"], async |served| {
        let order = head("GET /orders/ord-00000001", "");
        let mut client = Raw::open(served, &order).await;
        client.0.shutdown().await.unwrap();
        let answer = client.until_end().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    });
}

#[test]
fn an_answered_request_whose_body_never_ends_is_closed() {
    each_twin(&[], async |served| {
        for path in ["/health", "/nothing/here", "/orders/ord-00000001/status"] {
            let begun = head(&format!("GET {path}"), CHUNKED);
            let answer = Raw::open(served, &begun).await.until_end().await;
            assert!(answer.contains("connection: close\r\n"), "{path}: {answer}");
        }
    });
}

#[test]
fn a_body_that_does_not_come_is_given_up_whatever_its_head_says() {
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
    each_twin(&["--client-idle-ms", "300"], async |served| {
        for length in [CHUNKED, "content-length: 300\r\n", upgrade] {
            let begun = head("POST /orders", &format!("{JSON}{length}"));
            let answer = Raw::open(served, &begun).await.until_end().await;
            assert!(answer.starts_with("HTTP/1.1 408 "), "{length}: {answer}");
            assert!(answer.contains("application/problem+json"), "{answer}");
        }
    });
}

#[test]
fn a_body_that_never_pauses_must_still_come_at_a_rate() {
    let settings = ["--client-idle-ms", "400", "--body-rate-min", "100000"];
    each_twin(&settings, async |served| {
        let begun =
            head("POST /orders", &format!("{JSON}content-length: 60000\r\n"));
        let (mut reading, mut writing) =
            Raw::open(served, &begun).await.0.into_split();
        let trickle = async {
            while writing.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut status = [0; 12];
        tokio::select! {
            () = trickle => {}
            read = timeout(SOON, reading.read_exact(&mut status)) => {
                read.expect("it is never given up").unwrap();
            }
        }
        assert_eq!(&status, b"HTTP/1.1 408");
    });
}

/// Lines for an import, each an order of `shop` with this much text.
fn orders(count: u64, text_bytes: usize) -> String {
    let line = |n| {
        let mut order = seed::order(7, &seed::tenant("shop"), 1_000 + n);
        order.notes = seed::artwork(7, n, text_bytes).try_into().unwrap();
        serde_json::to_string(&order).unwrap() + "\n"
    };
    (0..count).map(line).collect()
}

#[test]
fn an_import_may_take_as_long_as_the_database_needs() {
    // Longer than any deadline, in whatever way the lines are written.
    let slow = ["BatchWriteItem:delay=300", "PutItem:delay=12"];
    each_slow_twin(&[], &slow, async |served| {
        let answer = served.expect(200, import(orders(1_000, 60))).await;
        assert_eq!(answer.json()["orders"], 1_000);
    });
}

#[test]
fn slow_orders_keep_no_permit_to_write() {
    let settings = ["--orders-at-once-max", "1", "--order-bodies-max", "8"];
    each_twin(&settings, async |served| {
        let begun = head("POST /orders", &format!("{JSON}content-length: 300\r\n"));
        let mut slow = Vec::new();
        for _ in 0..4 {
            let mut client = Raw::open(served, &begun).await;
            client.send("{").await;
            slow.push(client);
        }
        while served.in_flight().await < 4 {}
        let mut order = seed::order(7, &seed::tenant("shop"), 900_001);
        order.id = "ord-00900001".parse().unwrap();
        served.expect(201, post("/orders", drafted(json!(order)))).await;
    });
}

#[test]
fn idle_connections_make_room_for_others() {
    let settings = ["--connections-max", "16", "--client-idle-ms", "4000"];
    on_twin("fixed", &settings, async |served| {
        let mut idle = Vec::new();
        for half in ["", "GET /health HTTP/1.1\r\nx-"].into_iter().cycle().take(40) {
            idle.push(Raw::open(served, half).await);
        }
        served.expect(200, get("/health")).await;
        // It was closed for others, and not told that it was too slow.
        assert_eq!(idle[0].until_end().await, "");
    });
}

#[test]
fn exports_have_a_limit_and_do_not_wait_for_readers_that_stall() {
    let settings = ["--exports-at-once-max", "1", "--client-idle-ms", "500"];
    on_twin("fixed", &settings, async |served| {
        for part in 0..4 {
            let lines: String = orders(40, 300_000);
            let lines = lines.replace("ord-0000", &format!("ord-{part}000"));
            served.expect(200, import(lines)).await;
        }
        let mut stalled = Raw::open(served, &head("GET /orders/export", "")).await;
        stalled.until("\r\n\r\n").await;
        served.expect(503, get("/orders/export")).await;
        let later = async { while served.in_flight().await > 0 {} };
        timeout(SOON, later).await.expect("the reader stalls forever");
        let mut connection = Connection::open(served.origin()).await.unwrap();
        let next = connection.send(get("/orders/export")).await.unwrap();
        assert_eq!(next.status(), 200);
    });
}

#[test]
fn large_bodies_leave_no_read_buffers_behind() {
    each_twin(&[], async |served| {
        let uploads = async || {
            let mut clients = Vec::new();
            for _ in 0..100 {
                let size = "content-length: 60000000\r\n";
                let begun = head("POST /orders/import", size);
                let body = "x".repeat(150_000);
                clients.push(Raw::open(served, &(begun + &body)).await);
            }
            drop(clients);
            let gone = async { while served.in_flight().await > 0 {} };
            timeout(SOON, gone).await.expect("they are still in flight");
        };
        served.ask(get("/orders/ord-00000001")).await;
        let before = served.live_bytes().await;
        uploads().await;
        let after = served.live_bytes().await;
        assert!(after < before + (1 << 20), "{before} B, then {after} B");
    });
}

#[test]
fn a_feed_has_the_events_of_its_tenant_alone() {
    each_twin(&[], async |served| {
        let other = head("GET /orders/feed", "").replace("shop", "tenant-00000003");
        let mut other = Raw::open(served, &other).await;
        let mut own = Raw::open(served, &head("GET /orders/feed", "")).await;
        other.until("retry: 5000").await;
        own.until("retry: 5000").await;
        let ship = |tenant: &str, order: &str| {
            let path = format!("/orders/{order}/shipment");
            with(request("POST", &path), "x-tenant", tenant)
        };
        served.expect(204, ship("shop", "ord-00000002")).await;
        own.until("data: ord-00000002").await;
        served.ask(ship("tenant-00000003", "ord-00000000")).await;
        let seen = other.until("data: ord-00000000").await;
        assert!(!seen.contains("ord-00000002"), "{seen}");
    });
}

#[test]
fn a_listener_that_missed_events_is_told_to_load_everything_again() {
    let delay = format!("GetItem:delay={}", DELAY.as_millis());
    each_slow_twin(&[], &[&delay], async |served| {
        let mut feed = Raw::open(served, &head("GET /orders/feed", "")).await;
        feed.until("retry: 5000").await;
        let ship = || served.ask(request("POST", "/orders/ord-00000002/shipment"));
        let bursts = async {
            loop {
                let burst = join_all((0..200).map(|_| ship()));
                tokio::join!(burst, answered_at_once(served));
            }
        };
        let told = feed.until("event: resync");
        let told = async {
            tokio::select! { () = bursts => {}, _ = told => {} }
        };
        let told = timeout(SOON, told).await;
        signal("CONT", served.process.id().unwrap());
        told.expect("the listener is not told that it missed events");
    });
}

/// How long the database takes for an answer.
const DELAY: Duration = Duration::from_secs(1);

/// Stops the twin until the database has answered most calls. Its worker then has more
/// events than a listener may miss before the listener's turn comes.
async fn answered_at_once(served: &Served<'_>) {
    const CALLS: usize = 150;
    let process = served.process.id().unwrap();
    let calls = async || {
        let reading = served.ask(get("/__heap")).await.json();
        reading["gauges"][heap::gauges::DATABASE_CALLS].as_u64().unwrap()
    };
    while calls().await < CALLS as u64 {}
    // They are counted before they are sent. If they are not all sent by then, the next
    // burst decides.
    tokio::time::sleep(Duration::from_millis(200)).await;
    signal("STOP", process);
    let answered = async {
        while sockets_with_bytes(process) < CALLS {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let _ = timeout(2 * DELAY, answered).await;
    signal("CONT", process);
}

/// How many sockets to its database have bytes that the process has not read.
fn sockets_with_bytes(process: u32) -> usize {
    let command = fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap();
    let database =
        command.split('\0').find_map(|a| a.strip_prefix("http://127.0.0.1:"));
    let database = format!(":{:04X}", database.unwrap().parse::<u16>().unwrap());
    let sockets = fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap();
    let unread = |line: &&str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields[2].ends_with(&database) && !fields[4].ends_with(":00000000")
    };
    sockets.lines().filter(unread).count()
}

#[test]
fn feeds_have_a_limit_and_others_are_served() {
    each_twin(&["--feeds-max", "2"], async |served| {
        let feed = head("GET /orders/feed", "");
        let mut open = Vec::new();
        for _ in 0..2 {
            let mut client = Raw::open(served, &feed).await;
            client.until("retry: 5000").await;
            open.push(client);
        }
        served.expect(503, get("/orders/feed")).await;
        served.expect(200, get("/health")).await;
    });
}

#[test]
fn head_is_get_without_a_body() {
    each_twin(&[], async |served| {
        for path in ["/health", "/orders/ord-00000001", "/orders/export", "/metrics"]
        {
            let whole = served.ask(get(path)).await;
            let mut client =
                Raw::open(served, &head(&format!("HEAD {path}"), CLOSE)).await;
            let answer = client.until_end().await;
            let status = format!("HTTP/1.1 {} ", whole.status);
            assert!(answer.starts_with(&status), "{path}: {answer}");
            assert!(answer.ends_with("\r\n\r\n"), "{path} has a body: {answer}");
            assert!(answer.contains(&whole.kind), "{path}: {answer}");
        }
        // It does not follow the feed.
        let feed = head("HEAD /orders/feed", CLOSE);
        let answer = Raw::open(served, &feed).await.until_end().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let gauges = served.ask(get("/__heap")).await.json()["gauges"].clone();
        assert_eq!(gauges["subscribers"], 0, "{gauges}");
    });
}

#[test]
fn the_measuring_routes_are_for_programs_of_this_machine() {
    each_twin(&[], async |served| {
        let ask = async |more: &str| {
            let text =
                format!("GET /__heap HTTP/1.1\r\nconnection: close\r\n{more}\r\n");
            Raw::open(served, &text).await.until_end().await
        };
        for (status, more) in [
            ("200", "host: localhost:80\r\n"),
            ("200", "host: [::1]\r\norigin: http://127.0.0.1:8080\r\n"),
            ("404", "host: evil.example\r\n"),
            ("404", "host: localhost\r\norigin: http://evil.example\r\n"),
            ("404", "host: localhost\r\norigin: null\r\n"),
            ("404", "host: localhost\r\nsec-fetch-site: cross-site\r\n"),
        ] {
            let answer = ask(more).await;
            assert_eq!(&answer[9..12], status, "{more}: {answer}");
        }
        let window = request("POST", "/__heap/window?frames=99999999999");
        served.expect(400, window).await;
    });
}

#[test]
fn a_client_that_asks_before_it_sends_is_refused_without_its_body() {
    each_twin(&[], async |served| {
        let asks = format!("{JSON}expect: 100-continue\r\ncontent-length: 300\r\n");
        let known = head("POST /orders", &asks);
        let nobody = known.replace("x-tenant: shop\r\n", "");
        assert_eq!(Raw::open(served, &nobody).await.status().await, "400");
        assert_eq!(Raw::open(served, &known).await.status().await, "100");
    });
}

#[test]
fn what_is_no_request_is_refused_with_a_problem() {
    each_twin(&[], async |served| {
        let long = head("GET /health", &format!("x: {}\r\n", "a".repeat(20_000)));
        let twice = "content-length: 1\r\ncontent-length: 2\r\n";
        for (status, sent) in [
            ("400", "garbage\r\n\r\n"),
            ("400", &head("GET /health", "no header\r\n")),
            ("400", &head("GET /health", twice)),
            ("431", &long),
            // Its head does not end.
            ("408", "GET /health HTTP/1.1\r\n"),
        ] {
            let answer = Raw::open(served, sent).await.until_end().await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert!(answer.contains("application/problem+json"), "{answer}");
            let body = answer.split("\r\n\r\n").nth(1).unwrap();
            assert_eq!(parsed(body)["status"].to_string(), status, "{answer}");
        }
    });
}
