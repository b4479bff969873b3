//! Debian's Chromium without a window, driven by its ChromeDriver.
//!
//! The tests need few calls of W3C's WebDriver, so these are made here, without a client
//! library.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

/// Where this is set, a missing browser is a failure.
const REQUIRED: &str = "LEAKLAB_BROWSER";

/// What ChromeDriver prints before its port.
const STARTED: &str = "started successfully on port ";

/// A page that takes longer to run a script has failed. On a busy machine a drawing can
/// take longer than the half minute that WebDriver allows by default.
const WITHIN: Duration = Duration::from_secs(180);

/// A browser with one window; it ends with the test.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    /// Closed, it would kill ChromeDriver when that writes to it.
    _stdout: BufReader<ChildStdout>,
    /// What both leave in the folder for temporary files.
    _folder: TempDir,
}

impl Browser {
    /// Starts one; `None`, with a note, where there is none to start.
    pub(crate) fn start() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let Some((driver, port, stdout)) = driver(folder.path()) else {
            let missing = "there is no chromedriver: install Debian's packages \
                           chromium and chromium-driver";
            assert!(std::env::var_os(REQUIRED).is_none(), "{missing}");
            eprintln!("skipped: {missing}");
            return None;
        };
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "timeouts": { "script": WITHIN.as_millis() as u64 },
            "goog:chromeOptions": { "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                // Containers often have only 64 MB there.
                "--disable-dev-shm-usage",
            ] },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            _stdout: stdout,
            _folder: folder,
        };
        let made = browser.request("POST", "/session", &capabilities.to_string());
        browser.session = made["sessionId"].as_str().unwrap().to_owned();
        Some(browser)
    }

    /// Opens a file.
    pub(crate) fn open(&self, file: &Path, fragment: &str) {
        let mut url = Url::from_file_path(file).unwrap();
        url.set_fragment((!fragment.is_empty()).then_some(fragment));
        self.visit(url.as_str());
    }

    /// Opens an address, until it has been drawn: before that, Chromium drops keys.
    pub(crate) fn visit(&self, url: &str) {
        self.call("url", json!({ "url": url }));
        self.ask("null");
    }

    /// The value of an expression once the page has been laid out. `checks.js` has the
    /// functions for it.
    pub(crate) fn ask(&self, expression: &str) -> Value {
        let checks = include_str!("checks.js");
        let frames = format!(
            "const done = arguments[arguments.length - 1];
             requestAnimationFrame(() => requestAnimationFrame(() => {{
                 {checks}
                 done({expression});
             }}));"
        );
        self.call("execute/async", json!({ "script": frames, "args": [] }))
    }

    /// Presses a key, as a user does.
    pub(crate) fn press(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key });
            self.devtools("Input.dispatchKeyEvent", event);
        }
    }

    /// Makes the window's inside this wide and high.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false
        });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// `light` or `dark`, as if the user had chosen it.
    pub(crate) fn scheme(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        );
    }

    /// Picks a file in a form.
    pub(crate) fn choose(&self, field: &str, file: &Path) {
        let found = json!({ "using": "css selector", "value": field });
        let found = self.call("element", found);
        // The one member is named by a constant of the standard.
        let element = found.as_object().unwrap().values().next().unwrap();
        let path = format!("element/{}/value", element.as_str().unwrap());
        self.call(&path, json!({ "text": file.to_str().unwrap() }));
    }

    /// Everything that the page has written to the console.
    pub(crate) fn console(&self) -> Vec<String> {
        let entries = self.log("browser");
        entries.iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// The address of everything that has been asked for.
    pub(crate) fn requests(&self) -> Vec<String> {
        let entries = self.log("performance");
        let events = entries.iter().map(|entry| -> Value {
            serde_json::from_str(entry["message"].as_str().unwrap()).unwrap()
        });
        events
            .filter(|event| {
                event["message"]["method"] == "Network.requestWillBeSent"
            })
            .map(|event| {
                let url = &event["message"]["params"]["request"]["url"];
                url.as_str().unwrap().to_owned()
            })
            .collect()
    }

    /// Ends it. Dropping it ends it too, but hides a page that hangs.
    pub(crate) fn close(self) {
        self.request("DELETE", &format!("/session/{}", self.session), "");
    }

    fn log(&self, kind: &'static str) -> Vec<Value> {
        let entries = self.call("se/log", json!({ "type": kind }));
        entries.as_array().unwrap().clone()
    }

    fn devtools(&self, command: &str, parameters: Value) {
        let body = json!({ "cmd": command, "params": parameters });
        self.call("goog/cdp/execute", body);
    }

    fn call(&self, command: &str, body: Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        self.request("POST", &path, &body.to_string())
    }

    /// The value of the response.
    fn request(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.send(method, path, body).unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        let value = answer["value"].take();
        assert!(value["error"].is_null(), "{path}: {value}");
        value
    }

    /// The body of the response to one request, on its own connection.
    fn send(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(WITHIN))?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut stream = BufReader::new(stream);
        let (mut line, mut length) = (String::new(), 0);
        // ChromeDriver keeps the connection open, so only its length ends the body.
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line)?;
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok(body)
    }
}

/// Fails with what axe-core finds on pages, which are files or addresses. It needs node,
/// and npm once; without them it passes with a note.
#[track_caller]
pub(crate) fn without_violations(pages: &[&str]) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/axe.mjs");
    let Ok(run) = Command::new("node").arg(script).args(pages).output() else {
        return eprintln!("skipped: there is no node");
    };
    let found = String::from_utf8_lossy(&run.stdout);
    match run.status.code() {
        Some(0) => {}
        Some(77) => eprintln!("{found}"),
        _ => panic!("{found}{}", String::from_utf8_lossy(&run.stderr)),
    }
}

/// ChromeDriver, its port, and its output.
fn driver(folder: &Path) -> Option<(Child, u16, BufReader<ChildStdout>)> {
    let started = Command::new("chromedriver")
        .arg("--port=0")
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.ok()?;
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let lines = stdout.by_ref().lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once(STARTED)?;
        port.trim_end_matches('.').parse().ok()
    });
    Some((child, port.expect("chromedriver names its port"), stdout))
}

impl Drop for Browser {
    /// Asks ChromeDriver to end its browsers; killed, it would leave them.
    fn drop(&mut self) {
        // Whatever happens, it is killed below.
        let _ = self.send("GET", "/shutdown", "");
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
