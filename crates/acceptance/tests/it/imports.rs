//! An import takes what fits, leaves what exists, and says how far it came.

use crate::dropped::{imported, item, lines, soon};
use crate::orders::{confirm, import};
use crate::raw::{CHUNKED, CLOSE, NDJSON, Raw, head};
use acceptance::{Served, each_twin, with, without};
use std::time::Duration;

#[test]
fn an_import_adds_orders_and_leaves_those_that_exist() {
    each_twin(&[], async |served| {
        let counts = async |file: String| {
            let answer = served.expect(200, import(file)).await;
            let counts = answer.json();
            ["lines", "orders", "existing"]
                .map(|name| counts[name].as_u64().unwrap())
        };
        let file = lines("imp", 30);
        assert_eq!(counts(file.clone()).await, [30, 30, 0]);
        served.expect(200, confirm("imp-3")).await;
        // Again, with more lines, and with some of them twice.
        assert_eq!(counts(lines("imp", 33)).await, [33, 3, 30]);
        let twice = lines("twice", 2);
        assert_eq!(counts(format!("{twice}{twice}{file}")).await, [34, 2, 32]);
        assert_eq!(imported(served, "imp").await, 33);
        let stored = item(served, "TENANT#shop", "ORDER#imp-3").await;
        assert_eq!(stored["status"]["S"], "confirmed");
    });
}

#[test]
fn an_import_that_fails_says_how_many_lines_were_taken() {
    let confirmed = lines("done", 1).replace("\"open\"", "\"confirmed\"");
    let strange = lines("other", 1).replace("\"shop\"", "\"t-2\"");
    each_twin(&["--import-bytes-max", "100000"], async |served| {
        for (wrong, status) in [
            ("{}\n", 400),
            ("{\"tenant\":\n", 400),
            (&confirmed, 400),
            (&strange, 403),
            (&"x".repeat(70_000), 400),
        ] {
            let file = format!("{}{wrong}{}", lines("imp", 27), lines("after", 1));
            let answer = served.expect(status, import(file)).await;
            let text = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(status == 403 || text.contains("line 28"), "{text}");
            assert!(text.contains("27 lines were taken"), "{text}");
            assert_eq!(imported(served, "imp").await, 27);
            assert_eq!(imported(served, "after").await, 0);
        }
        served.expect(413, import(lines("large", 500))).await;
    });
}

#[test]
fn an_import_takes_files_of_windows_and_no_other_media_type() {
    each_twin(&[], async |served| {
        let file = lines("imp", 3).replace('\n', "\r\n\r\n");
        let answer = served.expect(200, import(format!("\u{feff}{file}"))).await;
        assert_eq!(answer.json()["orders"], 3);
        let utf8 = "application/x-ndjson; charset=utf-8";
        let typed = with(import(lines("imp", 3)), "content-type", utf8);
        served.expect(200, typed).await;
        for kind in ["text/plain", "application/json"] {
            let typed = with(import(lines("imp", 3)), "content-type", kind);
            served.expect(415, typed).await;
        }
        served.expect(200, import("\r\n")).await;
        served.expect(400, import("")).await;
        let untyped = without(import(lines("imp", 3)), "content-type");
        served.expect(415, untyped).await;
    });
}

/// An import whose file never ends.
async fn begun_import(served: &Served<'_>) -> Raw {
    let length = format!("{NDJSON}content-length: 60000000\r\n");
    Raw::open(served, &head("POST /orders/import", &length)).await
}

#[test]
fn more_imports_than_the_limit_are_refused_immediately() {
    each_twin(&["--imports-at-once-max", "2"], async |served| {
        let first = [begun_import(served).await, begun_import(served).await];
        // The two are under way when a third one is refused.
        let refused = async {
            loop {
                let mut third = begun_import(served).await;
                tokio::select! {
                    status = third.status() => break status + &third.until_end().await,
                    // It was faster than one of the others.
                    () = tokio::time::sleep(Duration::from_millis(300)) => {}
                }
            }
        };
        let answer = soon(refused).await.to_lowercase();
        assert!(answer.starts_with("503"), "{answer}");
        assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
        drop(first);
        let taken = async {
            while served.ask(import(lines("imp", 1))).await.status != 200 {}
        };
        soon(taken).await;
    });
}

/// Time on the processor that a process has used, in ticks.
#[cfg(target_os = "linux")]
fn ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<_> =
        stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_in_small_chunks_costs_what_its_bytes_cost() {
    const BYTES: usize = 320_000;
    each_twin(&[], async |served| {
        let mut costs = Vec::new();
        for line in [BYTES / 8, BYTES] {
            let before = ticks(served.process.id().unwrap());
            let more = format!("{NDJSON}{CLOSE}{CHUNKED}");
            let mut client =
                Raw::open(served, &head("POST /orders/import", &more)).await;
            // Blank lines of this length, in chunks of eight bytes.
            let text = format!("{}\n", " ".repeat(line - 1)).repeat(BYTES / line);
            let chunks: String = text
                .as_bytes()
                .chunks(8)
                .map(|chunk| format!("8\r\n{}\r\n", String::from_utf8_lossy(chunk)))
                .collect();
            client.send(&format!("{chunks}0\r\n\r\n")).await;
            let answer = client.until_end().await;
            assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
            costs.push(ticks(served.process.id().unwrap()) - before);
        }
        let [short, long] = costs[..] else { panic!("{costs:?}") };
        assert!(long <= 3 * short.max(20), "{short} ticks, then {long} ticks");
    });
}
