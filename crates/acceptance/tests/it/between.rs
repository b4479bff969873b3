//! Stands between a twin and its engine: a test decides what happens to each call.

use acceptance::{Served, TWINS, ask, dynamo_request, on_engine, origin};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::serve::ListenerExt;
use std::future::{IntoFuture, pending};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
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

    /// One in front of this engine, which may be none if nothing is passed on.
    pub(crate) async fn start(engine: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let rule: Rule = Box::new(|_, _| Deed::Pass);
        let rule = Arc::new(Mutex::new(rule));
        let connections = Arc::<AtomicU64>::default();
        let accepted = Arc::clone(&connections);
        let listener = listener.tap_io(move |_| _ = accepted.fetch_add(1, Relaxed));
        let this = Self { engine: engine.to_owned(), url, rule, connections };
        let calls = Router::new()
            .fallback(serve)
            .layer(DefaultBodyLimit::disable())
            .with_state(this.clone());
        tokio::spawn(axum::serve(listener, calls).into_future());
        this
    }
}

/// Answers a call. The server drops this when the twin closes its connection.
async fn serve(
    State(between): State<Between>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let operation = headers["x-amz-target"].to_str().unwrap();
    let operation = operation.rsplit('.').next().unwrap();
    let deed = (between.rule.lock().unwrap())(operation, &body);
    let call = dynamo_request(operation, body);
    let forwarded = async {
        let answer = ask(origin(&between.engine), call).await;
        (StatusCode::from_u16(answer.status).unwrap(), answer.text())
    };
    match deed {
        Deed::Pass => forwarded.await,
        Deed::Answer(status, text) => (StatusCode::from_u16(status).unwrap(), text),
        Deed::Hold(held) => {
            if held.done {
                forwarded.await;
            }
            held.begun.add_permits(1);
            let _leaves = Leaves(held);
            pending().await
        }
    }
}

/// Notes that the twin has closed the connection of a call that is held.
struct Leaves(Arc<Held>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.left.add_permits(1);
    }
}

/// Tests each twin with a place between it and its engine.
pub(crate) fn each_twin_behind(
    mut test: impl AsyncFnMut(&mut Served<'_>, &Between),
) {
    for name in TWINS {
        eprintln!("twin: {name}");
        on_engine(async |run, database| {
            let between = Between::start(database.target.url()).await;
            let url = between.url.clone();
            let mut served = Served::start(name, &[], run, database, url).await?;
            test(&mut served, &between).await;
            served.process.kill().await;
            Ok(())
        });
    }
}
