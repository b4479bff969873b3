//! Stands between a twin and its engine: a test decides what happens to each call.

use acceptance::{Served, TWINS, ask, dynamo_request, on_engine, origin};
use leaklab::commands::seed;
use leaklab::run::{Under, program};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// What happens to a call.
#[derive(Clone)]
pub(crate) enum Deed {
    /// The engine answers.
    Pass,
    /// This is the answer; the engine never sees the call.
    Answer(u16, String),
    /// The twin gets no answer.
    Hold(Arc<Held>),
}

/// A call that is held back.
pub(crate) struct Held {
    /// Whether the engine does what the call says.
    pub(crate) done: bool,
    /// Has a permit when there is such a call.
    begun: Semaphore,
    /// Has a permit when the twin has closed its connection.
    left: Semaphore,
}

impl Held {
    pub(crate) fn new(done: bool) -> Arc<Self> {
        let closed = || Semaphore::new(0);
        Arc::new(Self { done, begun: closed(), left: closed() })
    }

    pub(crate) async fn begun(&self) {
        self.begun.acquire().await.unwrap().forget();
    }

    pub(crate) async fn left(&self) {
        self.left.acquire().await.unwrap().forget();
    }
}

type Rule = Box<dyn FnMut(&str, &str) -> Deed + Send>;

/// The place between a twin and its engine.
#[derive(Clone)]
pub(crate) struct Between {
    engine: String,
    url: String,
    rule: Arc<Mutex<Rule>>,
    connections: Arc<AtomicU64>,
}

impl Between {
    /// Decides from now on, by operation and body.
    pub(crate) fn rule(
        &self,
        rule: impl FnMut(&str, &str) -> Deed + Send + 'static,
    ) {
        *self.rule.lock().unwrap() = Box::new(rule);
    }

    pub(crate) fn pass(&self) {
        self.rule(|_, _| Deed::Pass);
    }

    /// Where a twin finds it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Relaxed)
    }

    async fn start(engine: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let rule: Rule = Box::new(|_, _| Deed::Pass);
        let rule = Arc::new(Mutex::new(rule));
        let connections = Arc::default();
        let this = Self { engine: engine.to_owned(), url, rule, connections };
        let serving = this.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Relaxed);
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        this
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some((operation, body)) = read(&mut stream).await {
            let deed = (self.rule.lock().unwrap())(&operation, &body);
            let call = dynamo_request(&operation, body);
            let forwarded = async {
                let answer = ask(origin(&self.engine), call).await;
                (answer.status, answer.text())
            };
            let (status, text) = match deed {
                Deed::Pass => forwarded.await,
                Deed::Answer(status, text) => (status, text),
                Deed::Hold(held) => {
                    if held.done {
                        forwarded.await;
                    }
                    held.begun.add_permits(1);
                    let _ = stream.read(&mut [0]).await;
                    held.left.add_permits(1);
                    return;
                }
            };
            let answer = format!(
                "HTTP/1.1 {status} answer\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// The operation and the body of the next call; `None` at the end.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut operation, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match line.trim().split_once(": ") {
            Some(("content-length", text)) => length = text.parse().ok()?,
            Some(("x-amz-target", text)) => {
                operation = text.split_once('.')?.1.to_owned();
            }
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((operation, String::from_utf8(body).ok()?))
}

/// Tests each twin with a place between it and its engine.
pub(crate) fn each_twin_behind(
    settings: &[&str],
    mut test: impl AsyncFnMut(&mut Served<'_>, &Between),
) {
    for name in TWINS {
        eprintln!("twin: {name} {settings:?}");
        on_engine(async |run, database| {
            seed::fill(&database.table, 7).await?;
            let between = Between::start(database.target.url()).await;
            let target = database.target.at(between.url.clone());
            let program = program(name)?;
            let (table, under) = (database.table.name(), Under::default());
            let started =
                under.start(&program, &target, table, settings, run.scratch());
            let mut served =
                Served { name, process: started.await?.process, database };
            test(&mut served, &between).await;
            served.process.kill_now().await;
            Ok(())
        });
    }
}
