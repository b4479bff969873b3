//! Debian's Chromium without a window, driven by its ChromeDriver.
//!
//! The few calls of W3C's WebDriver that are needed are made here: a client's library
//! turns on features of crates below the SDK, and the SDK would be built twice.

use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use workload::Request;
use workload::client::{Connection, Origin};

/// Where this is set, a missing browser is a failure.
const REQUIRED: &str = "LEAKLAB_BROWSER";

/// What ChromeDriver prints before its port.
const STARTED: &str = "started successfully on port ";

/// A page that takes longer to answer a script never will.
const SCRIPT_WITHIN: Duration = Duration::from_secs(60);

/// A browser with one window; it ends with the test.
pub(crate) struct Browser {
    driver: Driver,
    session: String,
}

struct Driver {
    child: Child,
    port: u16,
    /// Closed, it would kill who writes to it.
    _stdout: BufReader<ChildStdout>,
}

impl Browser {
    /// Starts one; `None`, with a word, where there is none to start.
    pub(crate) async fn start() -> Option<Self> {
        let Some(driver) = Driver::start() else {
            let missing = "there is no chromedriver: install Debian's packages \
                           chromium and chromium-driver";
            assert!(std::env::var_os(REQUIRED).is_none(), "{missing}");
            eprintln!("skipped: {missing}");
            return None;
        };
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                // Containers often have 64 MB there.
                "--disable-dev-shm-usage",
            ] },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let made = driver.call("POST", "/session", &capabilities).await;
        let session = made["sessionId"].as_str().unwrap().to_owned();
        Some(Self { driver, session })
    }

    /// Opens a file.
    pub(crate) async fn open(&self, file: &Path, fragment: &str) {
        let url = format!("{}#{fragment}", file_url(file));
        self.call("url", json!({ "url": url.trim_end_matches('#') })).await;
    }

    /// What a script returns; it runs once the page has been laid out.
    pub(crate) async fn script(&self, script: &str) -> Value {
        let frames = format!(
            "const done = arguments[arguments.length - 1];
             requestAnimationFrame(() => requestAnimationFrame(() => {{
                 done((() => {{ {script} }})());
             }}));"
        );
        let body = json!({ "script": frames, "args": [] });
        let answer = self.call("execute/async", body);
        tokio::time::timeout(SCRIPT_WITHIN, answer).await.unwrap()
    }

    /// Presses a key, as a user does.
    pub(crate) async fn press(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key });
            self.devtools("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Makes the window's inside this wide and high.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false
        });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// `light` or `dark`, as if the user had chosen it.
    pub(crate) async fn scheme(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        )
        .await;
    }

    /// Picks a file in a form.
    pub(crate) async fn choose(&self, field: &str, file: &Path) {
        let found = json!({ "using": "css selector", "value": field });
        let found = self.call("element", found).await;
        // The one member is named by a constant of the standard.
        let element = found.as_object().unwrap().values().next().unwrap();
        let path = format!("element/{}/value", element.as_str().unwrap());
        self.call(&path, json!({ "text": file.to_str().unwrap() })).await;
    }

    /// Everything that the page has written to the console.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.log("browser").await;
        entries.iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// The address of everything that has been asked for.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let entries = self.log("performance").await;
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

    /// Ends it. Without this it ends, too, but a page that hangs goes unnoticed.
    pub(crate) async fn close(self) {
        let path = format!("/session/{}", self.session);
        self.driver.call("DELETE", &path, &Value::Null).await;
    }

    async fn log(&self, kind: &'static str) -> Vec<Value> {
        let entries = self.call("se/log", json!({ "type": kind })).await;
        entries.as_array().unwrap().clone()
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        let body = json!({ "cmd": command, "params": parameters });
        self.call("goog/cdp/execute", body).await;
    }

    async fn call(&self, command: &str, body: Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        self.driver.call("POST", &path, &body).await
    }
}

/// A file's address, with every character escaped that could mean something else.
fn file_url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    for byte in path.to_str().unwrap().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                url.push(byte.into());
            }
            _ => write!(url, "%{byte:02X}").unwrap(),
        }
    }
    url
}

impl Driver {
    fn start() -> Option<Self> {
        let started = Command::new("chromedriver")
            .arg("--port=0")
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
        let port = port.expect("chromedriver names its port");
        Some(Self { child, port, _stdout: stdout })
    }

    /// The value of its answer.
    async fn call(&self, method: &'static str, path: &str, body: &Value) -> Value {
        let origin = Origin((Ipv4Addr::LOCALHOST, self.port).into());
        let mut connection = Connection::open(origin).await.unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = vec![("content-type", "application/json".to_owned())];
        let request = Request { method, path: path.to_owned(), headers, body };
        let answer = connection.send(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(status.is_success(), "{path}: {answer}");
        answer["value"].take()
    }
}

impl Drop for Driver {
    /// Asks it to end its browsers; killed, it would leave them.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let request = "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
            let mut answer = String::new();
            // Whatever it says, it is killed below.
            let _ = stream.write_all(request.as_bytes());
            let _ = stream.read_to_string(&mut answer);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
