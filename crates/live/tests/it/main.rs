//! The live page in Chromium: figures move, services die and start again, keys work, and
//! nothing leaves the machine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../../report/tests/it/browser.rs"]
#[expect(dead_code, reason = "the report's tests need more of it")]
mod browser;

use anyhow::Result;
use browser::Browser;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use heap::Reading;
use live::recording::Recording;
use live::server::Page;
use live::ticks::{Line, State};
use live::{About, Live, Running, Service, supervisor};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use workload::{ClientBehavior, Origin, Request, Steady};

/// On a busy machine everything takes its time.
const WITHIN: Duration = Duration::from_secs(180);
const LIMIT: u64 = 64 << 20;

/// Memory that grows by so many bytes with each look.
struct Memory(u64);

struct Grown {
    by: u64,
    bytes: Cell<u64>,
}

impl Service for Memory {
    type Running = Grown;

    async fn start(&self) -> Result<Grown> {
        Ok(Grown { by: self.0, bytes: Cell::new(17 << 20) })
    }
}

impl Running for Grown {
    fn origin(&self) -> Origin {
        Origin((Ipv4Addr::LOCALHOST, 1).into())
    }

    fn resident(&self) -> Option<u64> {
        self.bytes.set(self.bytes.get() + self.by);
        Some(self.bytes.get())
    }

    async fn read(&self, _: bool) -> Result<Reading> {
        let live_bytes = self.bytes.get() - (16 << 20);
        Ok(Reading { live_bytes, open_files: Some(20), ..Reading::default() })
    }

    fn line(&self, _: Duration) -> LocalBoxFuture<'static, Result<Line>> {
        let line = Line {
            place: "src/<b>.rs:2".to_owned(),
            share: 0.97,
            bytes: 4_000_000,
            source: (1..)
                .zip(["fn put() {", "keep(&<i>);"].map(str::to_owned))
                .collect(),
            ..Line::default()
        };
        async { Ok(line) }.boxed_local()
    }

    fn log(&self) -> Vec<String> {
        let call = r#"{"pages":203,"items":9,"bytes":5,"in_flight":7,"outcome":"<u>","span":{}}"#;
        vec![call.to_owned()]
    }

    fn ended(&mut self) -> Option<(State, String)> {
        None
    }

    async fn kill(&mut self) {}

    async fn stop(self) {}
}

/// Two memories, one of which grows, on a page, in a thread of their own until the token
/// is cancelled.
fn run() -> (Arc<Live>, String, CancellationToken) {
    let live = Arc::new(Live::new(About {
        title: "l00: grow".to_owned(),
        names: ["leaky", "fixed"].map(str::to_owned).to_vec(),
        limit: LIMIT,
        load: 8,
        databases: ["well", "slow"].map(str::to_owned).to_vec(),
        lessons: ["l00: grow", "l00: other"].map(str::to_owned).to_vec(),
        ..About::default()
    }));
    let stop = CancellationToken::new();
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let page = Page::listen(&live, address, false, &stop).unwrap();
    let url = page.url.clone();
    let (shared, ends) = (Arc::clone(&live), stop.clone());
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let get = Arc::new(|_| Request::new("GET", "/"));
            let load =
                || Arc::new(Steady::new(get.clone(), ClientBehavior::Reads, 0));
            let loads = [load(), load()];
            let (grows, stays) = (Memory(400_000), Memory(0));
            let leaky = supervisor::run(&shared, 0, &grows, &loads[0], &ends);
            let fixed = supervisor::run(&shared, 1, &stays, &loads[1], &ends);
            tokio::select! {
                ended = async { tokio::try_join!(page.serve(), leaky, fixed) } => {
                    ended.unwrap();
                }
                () = shared.clock(&loads) => {}
            }
        });
    });
    (live, url, stop)
}

#[track_caller]
fn until(browser: &Browser, expression: &str) {
    let began = Instant::now();
    while browser.ask(expression) != true {
        let text = browser.ask("document.body.innerText");
        assert!(began.elapsed() < WITHIN, "never {expression}: {text}");
    }
}

/// Whether the card of the first service has these words.
fn card(words: &str) -> String {
    format!(
        "document.querySelector('.card').innerText.toLowerCase().includes('{words}')"
    )
}

/// Log lines and source lines are texts on the page, whatever they contain.
fn shows_calls_and_line(browser: &Browser) {
    browser.press("c");
    until(
        browser,
        "[...document.querySelectorAll('td')].some((cell) => cell.innerText === '<u>')",
    );
    browser.press("c");
    browser.press("l");
    let marked = "document.querySelector('#line .marked')?.innerText";
    until(browser, &format!("{marked} === '   2  keep(&<i>);'"));
    until(browser, &card("<b>.rs:2: 97 %"));
    browser.press("l");
    until(browser, "document.getElementById('line').innerText === ''");
}

#[test]
fn the_page_shows_growth_death_and_restart_and_obeys_its_keys() {
    let Some(browser) = Browser::start() else { return };
    let (live, url, stop) = run();
    browser.resize(1280, 720);
    browser.visit(&url);
    until(&browser, &card("leaky"));
    until(&browser, &card("full in"));
    until(&browser, "document.querySelectorAll('#memory .ahead').length === 1");
    shows_calls_and_line(&browser);
    until(&browser, &card("killed"));
    until(&browser, "!!document.querySelector('#memory .death')");
    until(
        &browser,
        "document.getElementById('toast').innerText.startsWith('leaky killed at')",
    );
    // The other one goes on, and the whole of it fits without scrolling.
    assert_eq!(browser.ask("document.querySelectorAll('.running').length"), 1);
    assert_eq!(
        browser.ask("document.documentElement.scrollHeight <= innerHeight"),
        true
    );
    browser.press("r");
    until(&browser, &card("restarted once"));
    browser.press("+");
    until(
        &browser,
        "document.getElementById('figures').innerText.includes('asked 16')",
    );
    until(
        &browser,
        "document.querySelector('.mark text').textContent === 'restart'",
    );
    browser.press("f");
    until(
        &browser,
        "document.querySelectorAll('.database')[1].ariaPressed === 'true'",
    );
    assert_eq!(live.controls().borrow().database, 1);
    browser.press("g");
    until(
        &browser,
        "!/leaky|fixed/.test(document.getElementById('cards').innerText)",
    );
    browser.press(" ");
    until(&browser, "document.body.classList.contains('paused')");
    for (width, scheme) in [(390, "dark"), (1920, "light")] {
        browser.resize(width, 1080);
        browser.scheme(scheme);
        until(&browser, "document.documentElement.scrollWidth <= innerWidth");
    }
    let host = url.split('#').next().unwrap();
    let others = |url: &String| !url.starts_with(host) && !url.starts_with("data:");
    let others: Vec<_> = browser.requests().into_iter().filter(others).collect();
    assert_eq!(others, Vec::<String>::new());
    opens_alone(&browser, &live);
    assert_eq!(browser.console(), Vec::<String>::new());
    browser.close();
    stop.cancel();
}

/// Saves the run, opens the file, and reads it again.
fn opens_alone(browser: &Browser, live: &Live) {
    let saved = Recording::of(live).page().unwrap();
    assert!(Recording::read(&saved).unwrap().ring.ticks.len() > 20);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.html");
    std::fs::write(&file, saved).unwrap();
    browser.open(&file, "");
    assert_eq!(browser.ask("document.querySelectorAll('svg').length"), 5);
    assert_eq!(browser.ask("document.querySelectorAll('#line .marked').length"), 1);
}

/// The status of the response.
fn sent(url: &str, head: &str) -> String {
    let address = url.split(['/', '#']).nth(2).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = head.replace("HERE", address);
    stream
        .write_all(format!("{head}\r\nContent-Length: 0\r\n\r\n").as_bytes())
        .unwrap();
    let mut bytes = [0; 12];
    stream.read_exact(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[9..]).into_owned()
}

#[test]
fn only_the_page_of_this_machine_controls_the_run() {
    let (live, url, stop) = run();
    let token = url.split('#').nth(1).unwrap();
    let post = |what: &str, headers: &str| {
        sent(&url, &format!("POST /live/{what} HTTP/1.1\r\n{headers}"))
    };
    let own =
        format!("Host: HERE\r\nOrigin: http://HERE\r\nx-leaklab-token: {token}");
    let host = "Host: HERE\r\nOrigin: http://HERE";
    assert_eq!(post("load/double", host), "403");
    assert_eq!(
        post("load/double", &own.replace("Origin: http://HERE", "Origin: http://a")),
        "403"
    );
    assert_eq!(post("load/double", &own.replace("HERE", "a.example")), "403");
    assert_eq!(sent(&url, "GET / HTTP/1.1\r\nHost: a.example"), "403");
    assert_eq!(live.controls().borrow().load, 8);
    assert_eq!(sent(&url, "GET / HTTP/1.1\r\nHost: HERE"), "200");
    assert_eq!(post("load/double", &own), "204");
    assert_eq!(live.controls().borrow().load, 16);
    assert_eq!(post("lesson/1", &own), "204");
    assert_eq!(live.controls().borrow().lesson, Some(1));
    for wrong in ["lesson/2", "load/9", "database/2", "database/x", "", "restart/1"]
    {
        assert_eq!(post(wrong, &own), "404", "{wrong}");
    }
    stop.cancel();
}
