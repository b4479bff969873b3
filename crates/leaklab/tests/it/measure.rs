//! `leaklab measure` on a service that is none of the twins.

use acceptance::programs::build;
use acceptance::{contains, on_twin};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The example service, and a port for it that is free.
pub(super) struct Shelf {
    folder: TempDir,
    pub(super) program: PathBuf,
    pub(super) address: SocketAddr,
}

impl Shelf {
    pub(super) fn new() -> Self {
        // The library, and the example.
        build(&["--quiet", "--offline"]).unwrap();
        let folder = build(&["--examples", "--quiet", "--offline"]).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            folder: TempDir::with_prefix("leaklab measure ").unwrap(),
            program: folder.join("examples/shelf"),
            address: free.local_addr().unwrap(),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the command on these requests.
    pub(super) fn measured(&self, requests: &str, arguments: &[&str]) -> Output {
        let file = self.path("shelf.http");
        let requests = requests.replace("ADDRESS", &self.address.to_string());
        fs::write(&file, requests).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_leaklab"));
        command.arg("measure").arg("--requests").arg(file);
        command.arg("--out").arg(self.path("out")).args(arguments);
        command.output().unwrap()
    }

    pub(super) fn result(&self) -> Value {
        let result = fs::read(self.path("out/measure.json")).unwrap();
        serde_json::from_slice(&result).unwrap()
    }

    fn is_free(&self) -> bool {
        TcpListener::bind(self.address).is_ok()
    }
}

pub(super) const REQUESTS: &str = "\
### keep
POST http://ADDRESS/keep

{{n}} xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
### forget
POST http://ADDRESS/forget

{{$uuid}}
### fill
POST http://ADDRESS/fill/{{n}}
### open
POST http://ADDRESS/open
";

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn started<'a>(program: &'a Path, address: &'a str) -> [&'a str; 3] {
    ["--", program.to_str().unwrap(), address]
}

#[test]
fn requests_of_any_service_are_judged_with_the_line() {
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let source = ["--source", "../measure/examples"];
    let arguments = [&source[..], &started(&shelf.program, &address)].concat();
    let output = shelf.measured(REQUESTS, &arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    let result = shelf.result();
    assert_eq!(
        (&result["schema"], &result["instrument"]),
        (&1.into(), &"heap".into())
    );
    let of = |at: usize| &result["requests"][at];
    let names = ["keep", "forget", "fill"].map(Value::from);
    assert_eq!([0, 1, 2].map(|at| of(at)["name"].clone()), names);
    let verdicts = ["LEAKS", "FLAT", "PLATEAU"].map(Value::from);
    assert_eq!([0, 1, 2].map(|at| of(at)["verdict"].clone()), verdicts, "{out}");
    let slope = of(0)["slope_bytes_per_request"].as_f64().unwrap();
    assert!((80.0..200.0).contains(&slope), "{slope} B per request");
    let site = of(0)["sites"][0]["in_app_frame"].as_str().unwrap();
    assert!(site.contains("examples/shelf.rs:"), "{site}");
    contains(
        &out,
        &["LEAKS", "held by", "shelf.rs:", ", keep\n", "2 of 4 requests"],
    );
    assert_eq!(of(0)["live_bytes"].as_array().unwrap().len(), 8);
    let read = |name| fs::read_to_string(shelf.path(name)).unwrap();
    contains(&read("out/summary.md"), &["**2 of 4 requests grow.**", "shelf.rs"]);
    contains(&read("out/junit.xml"), &["tests=\"4\"", "failures=\"2\"", "<failure"]);
    let page = read("out/report.html");
    contains(&page, &["<svg", "Live bytes since the first reading"]);
    contains(&page, &["push_back(body.to_vec())", "class=\"held\""]);
    // A leak of files has a limit of its own.
    let (files, limit) = (&of(3)["metrics"][0], &of(3)["limits"][0]);
    assert_eq!(
        (&files["name"], &limit["of"]),
        (&"open files".into(), &"open files".into())
    );
    let per_request = files["per_request"].as_f64().unwrap();
    assert!((per_request - 1.0).abs() < 0.05, "{per_request} files per request");
    contains(&out, &["open files with each request", "open files is met after"]);
    assert!(shelf.is_free(), "the service is left running");
    // The same again is no regression; without it in the baseline it is.
    let baseline = shelf.path("before.json");
    fs::copy(shelf.path("out/measure.json"), &baseline).unwrap();
    let against = ["--only", "keep", "--baseline", baseline.to_str().unwrap()];
    let arguments = [&against[..], &started(&shelf.program, &address)].concat();
    let again = shelf.measured(REQUESTS, &arguments);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stdout));
    contains(&text(&again.stdout), &["grows as before"]);
    let flat = result.to_string().replace("LEAKS", "FLAT");
    fs::write(&baseline, flat).unwrap();
    let worse = shelf.measured(REQUESTS, &arguments);
    assert_eq!(worse.status.code(), Some(1), "{}", text(&worse.stdout));
    contains(&text(&worse.stdout), &["! grows, and did not"]);
}

/// Routes that leak or grow only with certain clients, each with one that doesn't.
const CLIENTS: &str = "\
### unread
# @client does-not-read 100ms
GET http://ADDRESS/feed
### unread-bounded
# @client does-not-read 100ms
GET http://ADDRESS/feed?bounded
### visit
# @connection each
GET http://ADDRESS/visit
### visit-kept
GET http://ADDRESS/visit
### work
# @offered 800/s gives-up 100ms
POST http://ADDRESS/work
### work-bounded
# @offered 800/s gives-up 100ms
POST http://ADDRESS/work?bounded
### export
# @sizes 200 800 3200
GET http://ADDRESS/export/{{size}}
### stream
# @sizes 200 800 3200
GET http://ADDRESS/stream/{{size}}
";

#[test]
fn clients_show_what_grows_only_with_them() {
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let output = shelf.measured(CLIENTS, &started(&shelf.program, &address));
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    let result = shelf.result();
    let requests = result["requests"].as_array().unwrap();
    let verdicts: Vec<_> =
        requests.iter().map(|r| r["verdict"].as_str().unwrap()).collect();
    let grows = "GROWS WITH";
    let expected = [grows, "FLAT", "LEAKS", "FLAT", grows, "FLAT", grows, "FLAT"];
    assert_eq!(verdicts, expected, "{out}");
    for at in [0, 2, 4, 6] {
        let site = requests[at]["sites"][0]["in_app_frame"].as_str().unwrap();
        assert!(site.contains("examples/shelf.rs:"), "{site}");
    }
    let work = &requests[4];
    let rate = |of: &str| work[of].as_f64().unwrap();
    assert!(rate("reached_per_second") < rate("offered_per_second"), "{work:#}");
    // An item is 1 kB, in the body and in the connection's buffer.
    let each = |at: usize| requests[at]["peaks"]["bytes_per_unit"].as_f64().unwrap();
    assert!((1_500.0..2_500.0).contains(&each(6)), "{} B per item", each(6));
    contains(&out, &["peak by ms without reading", "offered", "clients gave up"]);
}

#[test]
fn statuses_are_counted_and_a_request_that_only_fails_is_not_measured() {
    let requests = "### lost\nGET http://ADDRESS/none\n\
                    ### meant\n# @expect 404\nGET http://ADDRESS/none\n\
                    ### odd\nGET http://ADDRESS/odd/{{n}}\n";
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let output = shelf.measured(requests, &started(&shelf.program, &address));
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{out}{}", text(&output.stderr));
    assert!(out.starts_with("! lost: all "), "{out}");
    contains(&out, &["responses are 404: is the path right?"]);
    let result = shelf.result();
    let of = |at: usize, what: &str| result["requests"][at][what].clone();
    let verdicts = [0, 1, 2].map(|at| of(at, "verdict"));
    assert_eq!(verdicts, ["INCONCLUSIVE", "FLAT", "FLAT"], "{out}");
    let statuses = of(2, "statuses");
    assert_eq!(statuses["204"], statuses["500"], "{statuses}");
    // In turn they are one request that leaks nothing.
    let arguments = [&["--mix"], &started(&shelf.program, &address)[..]].concat();
    let mix = shelf.measured(requests, &arguments);
    assert_eq!(mix.status.code(), Some(0), "{}", text(&mix.stdout));
    let result = shelf.result();
    assert_eq!(result["requests"].as_array().unwrap().len(), 1);
    assert_eq!(result["requests"][0]["name"], "mix");
    let statuses = &result["requests"][0]["statuses"];
    let of = |status: &str| statuses[status].as_u64().unwrap();
    assert!(of("404") > of("204") && of("500") > 0, "{statuses}");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#[test]
fn an_unchanged_program_is_counted_exactly() {
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let slopes = ["heap", "preload"].map(|instrument| {
        let only =
            ["--only", "keep", "--only", "forget", "--instrument", instrument];
        let arguments = [&only[..], &started(&shelf.program, &address)].concat();
        let output = shelf.measured(REQUESTS, &arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{out}{err}");
        let result = shelf.result();
        assert_eq!(result["instrument"], instrument);
        let verdicts = [0, 1].map(|at| result["requests"][at]["verdict"].clone());
        assert_eq!(verdicts, ["LEAKS", "FLAT"], "{out}");
        let keep = &result["requests"][0];
        let site = keep["sites"][0]["in_app_frame"].as_str().unwrap();
        assert!(site.contains("examples/shelf.rs:"), "{site}");
        keep["slope_bytes_per_request"].as_f64().unwrap()
    });
    // Both count what the program asked for.
    assert!((slopes[0] - slopes[1]).abs() < 1.0, "{slopes:?}");
}

#[test]
fn a_table_that_only_doubles_leaks_and_a_cache_that_expires_does_not() {
    const REQUESTS: &str = "\
        ### table\nPOST http://ADDRESS/table/{{n}}\n\
        ### expire\nPOST http://ADDRESS/expire/{{n}}\n";
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let idle = ["--idle", "1500ms"];
    let arguments = [&idle[..], &started(&shelf.program, &address)].concat();
    let output = shelf.measured(REQUESTS, &arguments);
    let out = text(&output.stdout);
    let result = shelf.result();
    let of = |at: usize| &result["requests"][at];
    assert_eq!(of(0)["verdict"], "LEAKS", "{out}");
    let site = of(0)["sites"][0]["in_app_frame"].as_str().unwrap();
    assert!(site.contains("examples/shelf.rs:"), "{site}");
    assert_eq!(of(1)["verdict"], "PLATEAU", "{out}");
}

#[test]
fn physical_memory_shows_a_leak_that_is_large() {
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let requests = REQUESTS.replace("{{n}} x", &"x".repeat(4_000));
    let only = ["--only", "keep", "--only", "forget", "--instrument", "process"];
    let arguments = [&only[..], &started(&shelf.program, &address)].concat();
    let output = shelf.measured(&requests, &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let result = shelf.result();
    assert_eq!(result["instrument"], "process");
    assert_eq!(result["requests"][0]["verdict"], "LEAKS", "{result:#}");
    assert_ne!(result["requests"][1]["verdict"], "LEAKS", "{result:#}");
    contains(&text(&output.stdout), &["physical memory"]);
}

#[test]
fn what_cannot_be_measured_is_said_in_words() {
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let shell = |script| ["--", "sh", "-c", script];
    let shelf_again = started(&shelf.program, &address);
    let taken = TcpListener::bind(shelf.address).unwrap();
    for (requests, arguments, code, expected) in [
        ("GET /{{no}}", &[][..], 2, "line 1, column 6: nothing defines {{no}}"),
        ("GET /", &[], 2, "give the service's address as --url"),
        (REQUESTS, &["--only", "no"], 2, "it has keep, forget, fill, open"),
        (REQUESTS, &shelf_again, 2, "is taken by another process"),
        (REQUESTS, &["--baseline", "/no/such.json"], 2, "--baseline /no/such.json"),
        (REQUESTS, &["--accept", "/no/such.toml"], 2, "cannot read /no/such.toml"),
        (REQUESTS, &["--source", "/no/such"], 2, "--source /no/such"),
    ] {
        let output = shelf.measured(requests, arguments);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{err}");
        contains(&err, &[expected]);
    }
    drop(taken);
    let dies = shell("echo last words; exit 7");
    // The process that is named is the one that is read.
    let other = ["--pid", "0", "--instrument", "process"];
    let other = [&other[..], &shelf_again].concat();
    for (arguments, code, expected) in [
        (&[][..], 2, "nothing accepts connections"),
        (&other, 3, "/proc/0/status"),
        (&["--", "no-such-program"], 2, "cannot start no-such-program"),
        (&dies, 3, "last words"),
    ] {
        let output = shelf.measured(REQUESTS, arguments);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{err}");
        contains(&err, &[expected]);
    }
}

/// A service that answers every request with this document, forever.
fn serves(document: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let length = document.len();
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all((head + document).as_bytes());
        }
    });
    address
}

#[test]
fn a_document_of_the_service_becomes_requests() {
    let folder = TempDir::new().unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    let document = r#"{"openapi": "3.1.0", "security": [{"key": []}],
        "components": {"securitySchemes":
            {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
        "paths": {"/keep/{id}": {"get": {"operationId": "keep"}}}}"#;
    let address = serves(document);
    let url = format!("http://{address}/openapi.json");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leaklab"));
        command.args(["measure", "--output"]).arg(in_folder("out")).args(arguments);
        let output = command.output().unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = run(&["--requests", &url, "--print-requests"]);
    assert_eq!(code, Some(0), "{err}");
    contains(&out, &["### keep\nGET http://127.0.0.1:", "/keep/{{n}}\n"]);
    // What was printed can be read again, and asks for what it lacks.
    let file = in_folder("made.http");
    fs::write(&file, out).unwrap();
    let file = file.to_str().unwrap();
    let no = ["--only", "no"];
    for (arguments, expected) in [
        (vec!["--requests", file], "it has keep"),
        (vec!["--requests", &url], "--header 'X-Key: VALUE'"),
        (vec!["--requests", file, "--header", "a: {{b}}"], "nothing defines {{b}}"),
        (vec!["--requests", file, "--header", "a"], "expected NAME: VALUE"),
        (vec!["--requests", "https://h/"], "https is not supported"),
    ] {
        let (code, _, err) = run(&[&arguments[..], &no].concat());
        assert_eq!(code, Some(2), "{err}");
        contains(&err, &[expected]);
    }
    let broken = in_folder("broken.har");
    fs::write(&broken, "{\"log\":\n {}}").unwrap();
    let (code, _, err) = run(&["--requests", broken.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{err}");
    contains(&err, &["broken.har: line 2, column 3: missing field `entries`"]);
}

#[test]
fn requests_from_the_document_of_a_twin_are_accepted() {
    on_twin("leaky", &[], async |served| {
        let out = TempDir::new().unwrap();
        let url = format!("http://{}/openapi.json", served.origin().0);
        let arguments =
            ["measure", "--requests", &url, "--only", "pay", "--count", "20"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_leaklab"));
        command.args(arguments).arg("--output").arg(out.path());
        let output = command.output().unwrap();
        let result = fs::read(out.path().join("measure.json"));
        let result = result.unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        let result: Value = serde_json::from_slice(&result).unwrap();
        let request = &result["requests"][0];
        assert_eq!(request["first_error"], Value::Null);
        // Each has a key of its own, and `leaky` keeps them all.
        assert_eq!(request["metrics"][0]["name"], "idempotency keys", "{request}");
    });
}
