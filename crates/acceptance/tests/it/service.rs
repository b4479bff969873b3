//! How a twin starts, logs and stops.

use crate::logged::{command, log_of};
use acceptance::{TWINS, ask, build_programs, each_twin, get, signal};
use dynamo::Target;
use leaklab::run::program;
use measure::Process;
use std::net::{SocketAddr, UdpSocket};
use tokio::process::Command;
use workload::Origin;

const FREE_PORT: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn nowhere(name: &str, arguments: &[&str]) -> Command {
    let target = Target::Embedded { url: "http://127.0.0.1:9".to_owned() };
    command(name, &target, "orders", arguments)
}

async fn start(name: &str, arguments: &[&str]) -> Process {
    let (program, command) = (program(name).unwrap(), nowhere(name, arguments));
    Process::start(name, &program, command).await.unwrap()
}

/// Runs a twin with arguments that end it; its exit code, and what it printed.
fn run(name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = nowhere(name, arguments).into_std().output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).unwrap())
}

#[test]
fn help_and_errors_name_the_settings_with_a_code_of_their_kind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let cannot = format!("cannot listen on {address} (--listen)");
    let settings =
        ["--listen", "--endpoint-url", "--measure", "--jobs-max", "Limits:"];
    let huge = u64::MAX.to_string();
    let cases: [(&[&str], i32, &[&str]); 11] = [
        (&["--help"], 0, &settings),
        (&["--listen", "nowhere"], 2, &["--listen"]),
        (&["--workers", "0"], 2, &["--workers"]),
        (&["--nonsense", ""], 2, &["--nonsense"]),
        (&["--log", "a=b=c"], 2, &["--log"]),
        (&["--orders-at-once-max", &huge], 2, &["--orders-at-once-max"]),
        (&["--event-queue-max", &huge], 2, &["--event-queue-max"]),
        (&["--idempotency-ttl-ms", &huge], 2, &["--idempotency-ttl-ms"]),
        (&["--jobs-max", "0"], 2, &["--jobs-max"]),
        (
            &["--order-deadline-ms", "20000"],
            2,
            &["--order-deadline-ms 20000", "--answer-deadline-ms 10000"],
        ),
        (&["--listen", &address], 3, &[&cannot]),
    ];
    for name in TWINS {
        for (arguments, code, parts) in cases {
            let (found, printed) = run(name, arguments);
            assert_eq!(found, Some(code), "{name} {arguments:?}: {printed}");
            for part in parts {
                assert!(printed.contains(part), "{name}, no {part}: {printed}");
            }
            let lines = printed.lines().count();
            assert!(code != 3 || lines == 1, "{name} {arguments:?}: {printed}");
            assert!(!printed.contains("panicked"), "{name}: {printed}");
        }
    }
}

#[test]
fn an_endpoint_that_cannot_be_called_is_a_wrong_setting() {
    build_programs();
    for (name, url) in TWINS.into_iter().zip(["ftp://x", "http://"]) {
        let mut command = std::process::Command::new(program(name).unwrap());
        let output = command.args(["--endpoint-url", url]).output().unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name} {url}: {printed}");
        assert!(printed.contains("--endpoint-url"), "{printed}");
    }
}

#[tokio::test]
async fn a_service_without_its_database_is_healthy_and_says_so_in_a_problem() {
    for name in TWINS {
        let process = start(name, &FREE_PORT).await;
        let origin = Origin(process.address());
        assert_eq!(ask(origin, get("/health")).await.status, 200);
        // Measuring routes exist only when asked for.
        assert_eq!(ask(origin, get("/__heap")).await.status, 404, "{name}");
        let answer = ask(origin, get("/orders/ord-00000001/status")).await;
        assert!(matches!(answer.status, 502..=504), "{name}: {}", answer.text());
        assert_eq!(answer.kind, "application/problem+json");
        assert!(!answer.text().contains("127.0.0.1"), "{}", answer.text());
        process.stop().await;
    }
}

#[tokio::test]
async fn sigterm_and_sigint_end_a_twin_well() {
    for name in TWINS {
        for sent in ["TERM", "INT"] {
            let mut process = start(name, &FREE_PORT).await;
            signal(sent, process.id().unwrap());
            let how = process.ended().await;
            assert!(how.contains("exit status: 0"), "{name} on {sent}: {how}");
        }
    }
}

/// An address of this machine that others can reach, if it has one. Nothing is sent.
fn own_address() -> Option<SocketAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().filter(|own| !own.ip().is_loopback())
}

#[tokio::test]
async fn figures_are_for_callers_on_this_machine_unless_they_are_public() {
    let Some(own) = own_address() else {
        return eprintln!("skipped: this machine has no address but its own");
    };
    for name in TWINS {
        for (more, status) in [(&[][..], 403), (&["--metrics-public"], 200)] {
            let listen = ["--listen", "0.0.0.0:0", "--measure"];
            let process = start(name, &[&listen[..], more].concat()).await;
            let port = process.address().port();
            let local = Origin(([127, 0, 0, 1], port).into());
            let other = Origin((own.ip(), port).into());
            assert_eq!(ask(local, get("/metrics")).await.status, 200);
            assert_eq!(ask(other, get("/metrics")).await.status, status, "{name}");
            assert_eq!(ask(local, get("/__heap")).await.status, 200);
            assert_eq!(ask(other, get("/__heap")).await.status, 404);
            process.stop().await;
        }
    }
}

#[test]
fn a_json_log_has_each_call_and_no_token() {
    each_twin(&[], async |served| {
        let token = model::seed::session_token(7, 3);
        let (target, table) =
            (&served.database.target, served.database.table.name());
        let log = log_of(served.name, target, table, "info", async |origin| {
            ask(origin, get(&format!("/sessions/{token}"))).await;
            ask(origin, get("/orders?status=open")).await;
            ask(origin, get("/orders/export")).await;
        })
        .await;
        assert!(!log.contains(token.as_str()), "the log has a token");
        has_three_calls(&log);
    });
}

fn has_three_calls(log: &str) {
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let calls: Vec<serde_json::Value> =
        lines.filter(|l: &serde_json::Value| l["message"] == "call ended").collect();
    for (call, operation, pages, items, outcome) in [
        (0, "GetItem", Some(1), 1, "consumed"),
        // One page of more: the paginator was dropped, and the log says so.
        (1, "Query", Some(1), 20, "abandoned"),
        (2, "Query", None, lessons::ORDERS, "consumed"),
    ] {
        let call = &calls[call];
        assert_eq!(call["span"]["operation"], operation, "{call}");
        assert!(pages.is_none_or(|pages| call["pages"] == pages), "{call}");
        assert_eq!(call["items"], items, "{call}");
        assert_eq!(call["outcome"], outcome, "{call}");
        // One client asks, one call after the other.
        assert_eq!(call["in_flight"], 1, "{call}");
    }
    assert!(calls.iter().all(|call| call["bytes"].as_u64().unwrap() > 0), "{log}");
}
