//! How a twin starts, logs and stops.

use crate::fixture::{Served, TWINS, ask, call, post, request, signal};
use dynamo::Target;
use leaklab::run::twin_command;
use measure::{Process, ShowLog};
use std::io::Read;
use std::process::Stdio;
use workload::Origin;

fn nowhere() -> Target {
    Target::Embedded { url: "http://127.0.0.1:9".to_owned() }
}

async fn start(name: &str, arguments: &[&str]) -> Process {
    crate::fixture::build_programs();
    let (program, mut command) = twin_command(name, &nowhere(), "orders").unwrap();
    command.args(["--listen", "127.0.0.1:0"]).args(arguments);
    Process::start(name, &program, command, ShowLog::No).await.unwrap()
}

/// Runs a twin with arguments that end it; its exit code, and what it printed.
fn run(name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    crate::fixture::build_programs();
    let (_, command) = twin_command(name, &nowhere(), "orders").unwrap();
    let output = command.into_std().args(arguments).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).unwrap())
}

#[test]
fn help_names_the_settings_and_the_limits() {
    for name in TWINS {
        let (code, help) = run(name, &["--help"]);
        assert_eq!(code, Some(0), "{name}");
        let parts =
            ["--listen", "--endpoint-url", "--measure", "--jobs-max", "Limits:"];
        for part in parts {
            assert!(help.contains(part), "{part} is missing from\n{help}");
        }
    }
}

#[test]
fn a_wrong_argument_is_named_with_a_code_of_its_kind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let cases = [
        (["--listen", "nowhere"], 2, "--listen"),
        (["--workers", "0"], 2, "--workers"),
        (["--nonsense", ""], 2, "--nonsense"),
        (["--log", "a=b=c"], 3, "--log a=b=c"),
        (
            ["--listen", &address],
            3,
            &format!("cannot listen on {address} (--listen)"),
        ),
    ];
    for name in TWINS {
        for (arguments, code, part) in &cases {
            let (found, printed) = run(name, arguments);
            assert_eq!(found, Some(*code), "{name} {arguments:?}: {printed}");
            assert!(printed.contains(part), "{name} {arguments:?}: {printed}");
            let lines = printed.lines().count();
            assert!(*code == 2 || lines == 1, "{name} {arguments:?}: {printed}");
        }
    }
}

#[tokio::test]
async fn measuring_routes_exist_only_when_asked_for() {
    for name in TWINS {
        let process = start(name, &[]).await;
        let answer = ask(Origin(process.address()), request("GET", "/__heap")).await;
        assert_eq!(answer.status, 404, "{name}");
        process.stop().await;
    }
}

#[tokio::test]
async fn a_service_without_its_database_is_healthy_and_says_so_in_a_problem() {
    for name in TWINS {
        let process = start(name, &[]).await;
        let origin = Origin(process.address());
        assert_eq!(ask(origin, request("GET", "/health")).await.status, 200);
        let answer =
            ask(origin, request("GET", "/orders/ord-00000001/status")).await;
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
            let mut process = start(name, &[]).await;
            signal(sent, process.id().unwrap());
            let how = process.ended().await;
            assert!(how.contains("exit status: 0"), "{name} on {sent}: {how}");
        }
    }
}

#[tokio::test]
async fn a_json_log_tells_each_call_and_never_a_token() {
    for name in TWINS {
        let served = Served::start(name, &[]).await;
        let address = start_logging(name, &served);
        let (mut child, origin) = address;
        let token = model::seed::session_token(7, 3);
        ask(origin, request("GET", &format!("/sessions/{token}"))).await;
        ask(origin, request("GET", "/orders?status=open")).await;
        ask(origin, request("GET", "/orders/export")).await;
        signal("TERM", child.id());
        let mut log = String::new();
        child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(!log.contains(token.as_str()), "{name} logs a token");

        let lines: Vec<serde_json::Value> =
            log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let calls: Vec<_> =
            lines.iter().filter(|l| l["message"] == "call ended").collect();
        let told = |n: usize| {
            let call = calls[n];
            let span = &call["span"];
            (
                span["operation"].as_str().unwrap(),
                call["pages"].as_u64().unwrap(),
                call["items"].as_u64().unwrap(),
                call["outcome"].as_str().unwrap(),
            )
        };
        assert_eq!(told(0), ("GetItem", 1, 1, "consumed"), "{name}");
        // One page of more: the paginator was dropped, and the log says so.
        assert_eq!(told(1), ("Query", 1, 20, "abandoned"), "{name}");
        assert_eq!(told(2).2, lessons::ORDERS, "{name}");
        assert_eq!(told(2).3, "consumed", "{name}");
        assert!(
            calls.iter().all(|call| call["bytes"].as_u64().unwrap() > 0),
            "{name}"
        );
        served.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_shutdown_loses_no_audit() {
    const CONFIRMED: u64 = 20;
    for name in TWINS {
        let mut served = Served::start(name, &[]).await;
        for n in 0..CONFIRMED {
            let path = format!("/orders/{}/confirm", model::seed::order_id(n));
            assert_eq!(ask(served.origin(), post(&path, "{}")).await.status, 200);
        }
        served.terminate().await;
        for n in 0..CONFIRMED {
            let pk = format!("EVENTS#shop#{}", model::seed::order_id(n));
            let key = serde_json::json!({
                "TableName": served.table(),
                "Key": { "pk": { "S": pk }, "sk": { "S": "EVENT#confirmed" } },
            });
            let url = served.target().url().to_owned();
            let found = call(&url, "GetItem", &key.to_string()).await;
            assert!(found["Item"].is_object(), "{name} lost the audit of order {n}");
        }
        served.stop().await.unwrap();
    }
}

/// A second process of the twin on the same table, whose whole log is kept.
fn start_logging(name: &str, served: &Served) -> (std::process::Child, Origin) {
    let (_, command) = twin_command(name, served.target(), served.table()).unwrap();
    let mut command = command.into_std();
    command
        .args(["--listen", "127.0.0.1:0", "--log-format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap();
    (child, Origin(address.parse().unwrap()))
}
