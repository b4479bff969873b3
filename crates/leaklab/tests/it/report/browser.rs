//! Debian's Chromium without a window, driven by its ChromeDriver.

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use url::Url;

/// Where this is set, a missing browser is a failure.
const REQUIRED: &str = "LEAKLAB_BROWSER";

/// What ChromeDriver prints before its port.
const STARTED: &str = "started successfully on port ";

/// A page that takes longer to answer a script never will.
const SCRIPT_WITHIN: Duration = Duration::from_secs(60);

/// A browser with one window; it ends with the test.
pub(crate) struct Browser {
    driver: Driver,
    client: Client,
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
        let capabilities: Capabilities = serde_json::from_value(json!({
            "goog:chromeOptions": { "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            ] },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        }))
        .unwrap();
        let url = format!("http://127.0.0.1:{}", driver.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&url).await.unwrap();
        Some(Self { driver, client })
    }

    /// Opens a file.
    pub(crate) async fn open(&self, file: &Path, fragment: &str) {
        let mut url = Url::from_file_path(file).unwrap();
        url.set_fragment(Some(fragment).filter(|fragment| !fragment.is_empty()));
        self.client.goto(url.as_str()).await.unwrap();
    }

    /// What a script returns; it runs once the page has been laid out.
    pub(crate) async fn script(&self, script: &str) -> Value {
        let frames = format!(
            "const done = arguments[arguments.length - 1];
             requestAnimationFrame(() => requestAnimationFrame(() => {{
                 done((() => {{ {script} }})());
             }}));"
        );
        let answer = self.client.execute_async(&frames, Vec::new());
        tokio::time::timeout(SCRIPT_WITHIN, answer).await.unwrap().unwrap()
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
        let field = self.client.find(fantoccini::Locator::Css(field)).await.unwrap();
        field.send_keys(file.to_str().unwrap()).await.unwrap();
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
        let Self { driver, client } = self;
        client.close().await.unwrap();
        drop(driver);
    }

    async fn log(&self, kind: &'static str) -> Vec<Value> {
        let log = Extension { path: "se/log", body: json!({ "type": kind }) };
        let answer = self.client.issue_cmd(log).await.unwrap();
        answer.as_array().unwrap().clone()
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        let body = json!({ "cmd": command, "params": parameters });
        let command = Extension { path: "goog/cdp/execute", body };
        self.client.issue_cmd(command).await.unwrap();
    }
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

/// A command that ChromeDriver has beyond the standard.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(
        &self,
        base: &Url,
        session: Option<&str>,
    ) -> Result<Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
