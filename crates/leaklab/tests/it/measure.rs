//! `leaklab measure` on a service that is none of the twins. What is wrong usage is in
//! `tests/cmd/measure.md`.

use crate::fixture::{Done, Leaklab};
use acceptance::programs::build;
use acceptance::{contains, on_twin};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
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

    /// Starts the example and measures these requests on it.
    pub(super) fn measured(&self, requests: &str, arguments: &[&str]) -> Done {
        let (program, address) = (self.program.to_str(), self.address.to_string());
        let started = ["--", program.unwrap(), &address];
        self.asked(requests, &[arguments, &started].concat())
    }

    /// Runs the command on these requests.
    fn asked(&self, requests: &str, arguments: &[&str]) -> Done {
        let file = self.path("shelf.http");
        let requests = requests.replace("ADDRESS", &self.address.to_string());
        fs::write(&file, requests).unwrap();
        let run = Leaklab::new(&["measure", "--requests", file.to_str().unwrap()]);
        let out = self.path("out");
        run.args(&["--out", out.to_str().unwrap()]).args(arguments).run()
    }

    pub(super) fn result(&self) -> Value {
        let result = fs::read(self.path("out/measure.json")).unwrap();
        serde_json::from_slice(&result).unwrap()
    }

    pub(super) fn is_free(&self) -> bool {
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

#[test]
fn requests_of_any_service_are_judged_with_the_line() {
    let shelf = Shelf::new();
    let source = ["--source", "../measure/examples"];
    let out = shelf.measured(REQUESTS, &source).code(1).stdout();
    let result = shelf.result();
    assert_eq!(result["schema"], 1);
    assert_eq!(result["instrument"], "heap");
    assert!(result["measured_at"].as_str().unwrap().ends_with(" UTC"));
    let of = |at: usize| &result["requests"][at];
    let names = ["keep", "forget", "fill"].map(Value::from);
    assert_eq!([0, 1, 2].map(|at| of(at)["name"].clone()), names);
    let verdicts = ["LEAKS", "FLAT", "PLATEAU"].map(Value::from);
    assert_eq!([0, 1, 2].map(|at| of(at)["verdict"].clone()), verdicts, "{out}");
    let slope = of(0)["slope_bytes_per_request"].as_f64().unwrap();
    assert!((80.0..200.0).contains(&slope), "{slope} B per request");
    is_in_the_example(of(0));
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
    assert!(shelf.is_free(), "the service is left running");
    // The same again is no regression; without it in the baseline it is.
    let baseline = shelf.path("before.json");
    fs::copy(shelf.path("out/measure.json"), &baseline).unwrap();
    let against = ["--only", "keep", "--baseline", baseline.to_str().unwrap()];
    let again = shelf.measured(REQUESTS, &against).code(0);
    contains(&again.stdout(), &["grows as before"]);
    let flat = result.to_string().replace("LEAKS", "FLAT");
    fs::write(&baseline, flat).unwrap();
    let worse = shelf.measured(REQUESTS, &against).code(1);
    contains(&worse.stdout(), &["! grows, and did not"]);
}

/// The largest site of a request.
#[track_caller]
fn is_in_the_example(request: &Value) {
    let site = request["sites"][0]["in_app_frame"].as_str().unwrap();
    assert!(site.contains("examples/shelf.rs:"), "{site}");
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
# @concurrency 20
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
    let out = shelf.measured(CLIENTS, &[]).code(1).stdout();
    let result = shelf.result();
    let requests = result["requests"].as_array().unwrap();
    let verdicts: Vec<_> =
        requests.iter().map(|r| r["verdict"].as_str().unwrap()).collect();
    let grows = "GROWS WITH";
    let expected = [grows, "FLAT", "LEAKS", "FLAT", grows, "FLAT", grows, "FLAT"];
    assert_eq!(verdicts, expected, "{out}");
    for at in [0, 2, 4, 6] {
        is_in_the_example(&requests[at]);
    }
    // What a connection leaves is none of the requests' that it serves.
    contains(&out, &["- each connection leaves about 2"]);
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
    let out = shelf.measured(requests, &[]).code(3).stdout();
    assert!(out.starts_with("! lost: all "), "{out}");
    contains(&out, &["responses are 404: is the path right?"]);
    let result = shelf.result();
    let of = |at: usize, what: &str| result["requests"][at][what].clone();
    let verdicts = [0, 1, 2].map(|at| of(at, "verdict"));
    assert_eq!(verdicts, ["INCONCLUSIVE", "FLAT", "FLAT"], "{out}");
    let statuses = of(2, "statuses");
    assert_eq!(statuses["204"], statuses["500"], "{statuses}");
    // In turn they are one request that leaks nothing.
    shelf.measured(requests, &["--mix"]).code(0);
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
    let slopes = ["heap", "preload"].map(|instrument| {
        let only =
            ["--only", "keep", "--only", "forget", "--instrument", instrument];
        let out = shelf.measured(REQUESTS, &only).code(1).stdout();
        let result = shelf.result();
        assert_eq!(result["instrument"], instrument);
        let verdicts = [0, 1].map(|at| result["requests"][at]["verdict"].clone());
        assert_eq!(verdicts, ["LEAKS", "FLAT"], "{out}");
        let keep = &result["requests"][0];
        is_in_the_example(keep);
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
    let out = shelf.measured(REQUESTS, &["--idle", "1500ms"]).stdout();
    let result = shelf.result();
    let of = |at: usize| &result["requests"][at];
    assert_eq!(of(0)["verdict"], "LEAKS", "{out}");
    is_in_the_example(of(0));
    assert_eq!(of(1)["verdict"], "PLATEAU", "{out}");
}

#[test]
fn noise_of_requests_that_meet_is_avoided_one_at_a_time() {
    const REQUESTS: &str = "### pool\nPOST http://ADDRESS/pool\n\n{{n}}\n";
    let shelf = Shelf::new();
    let limit = |requests: &str| {
        let out = shelf.measured(requests, &[]).code(0).stdout();
        let result = shelf.result()["requests"][0].clone();
        (result["detection_limit_bytes_per_request"].as_f64().unwrap(), out)
    };
    let (alone, out) = limit(REQUESTS);
    contains(&out, &["FLAT", "one request at a time"]);
    let several = REQUESTS.replace("### pool\n", "### pool\n# @concurrency 4\n");
    let (several, out) = limit(&several);
    assert!(!out.contains("one request at a time"), "{out}");
    assert!(several > 4.0 * alone, "{several} {alone}");
}

#[test]
fn physical_memory_shows_a_leak_that_is_large() {
    let shelf = Shelf::new();
    let requests = REQUESTS.replace("{{n}} x", &"x".repeat(4_000));
    let only = ["--only", "keep", "--only", "forget", "--instrument", "process"];
    let out = shelf.measured(&requests, &only).code(1).stdout();
    let result = shelf.result();
    assert_eq!(result["instrument"], "process");
    assert_eq!(result["requests"][0]["verdict"], "LEAKS", "{result:#}");
    assert_ne!(result["requests"][1]["verdict"], "LEAKS", "{result:#}");
    contains(&out, &["physical memory"]);
}

#[test]
fn a_taken_port_and_a_process_that_is_not_there_are_named() {
    let shelf = Shelf::new();
    let taken = TcpListener::bind(shelf.address).unwrap();
    let refused = shelf.measured(REQUESTS, &[]).code(2);
    contains(&refused.stderr(), &["is taken by another process"]);
    drop(taken);
    // The process that is named is the one that is read.
    let other = ["--pid", "0", "--instrument", "process"];
    let failed = shelf.measured(REQUESTS, &other).code(3);
    contains(&failed.stderr(), &["/proc/0/status"]);
    let dies = ["--", "sh", "-c", "echo last words; exit 7"];
    let none = ["--", "no-such-program"];
    for (command, code, expected) in
        [(&dies[..], 3, "last words"), (&none, 2, "cannot start no-such-program")]
    {
        let failed = shelf.asked(REQUESTS, command).code(code);
        contains(&failed.stderr(), &[expected]);
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
    let folder_out = in_folder("out");
    let run = |arguments: &[&str]| {
        let output = ["--output", folder_out.to_str().unwrap()];
        let run = Leaklab::new(&["measure"]).args(&output);
        run.args(arguments).run()
    };
    let printed = run(&["--requests", &url, "--print-requests"]).code(0);
    let out = printed.stdout();
    contains(&out, &["### keep\nGET http://127.0.0.1:", "/keep/{{n}}\n"]);
    // What was printed can be read again, and asks for what it lacks.
    let file = in_folder("made.http");
    fs::write(&file, out).unwrap();
    let file = file.to_str().unwrap();
    let no = ["--only", "no"];
    for (arguments, expected) in [
        (["--requests", file], "it has keep"),
        (["--requests", &url], "--header 'X-Key: VALUE'"),
    ] {
        let done = run(&[arguments, no].concat()).code(2);
        contains(&done.stderr(), &[expected]);
    }
}

#[test]
fn requests_from_the_document_of_a_twin_are_accepted() {
    on_twin("leaky", &[], async |served| {
        let out = TempDir::new().unwrap();
        let url = format!("http://{}/openapi.json", served.origin().0);
        let arguments =
            ["measure", "--requests", &url, "--only", "pay", "--count", "20"];
        let output = ["--output", out.path().to_str().unwrap()];
        let done = Leaklab::new(&arguments).args(&output).run();
        let result = fs::read(out.path().join("measure.json"));
        let result = result.unwrap_or_else(|_| panic!("{}", done.stderr()));
        let result: Value = serde_json::from_slice(&result).unwrap();
        let request = &result["requests"][0];
        assert_eq!(request["first_error"], Value::Null);
        // Each has a key of its own, and `leaky` keeps them all.
        assert_eq!(request["metrics"][0]["name"], "idempotency keys", "{request}");
    });
}
