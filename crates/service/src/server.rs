//! Start, serve, stop.

use crate::lesson::{Lesson, Lessons};
use crate::telemetry::RequestSpan;
use crate::tenant::{self, PublicRoutes};
use crate::{Dynamo, Limits, Settings, error, extract, openapi, telemetry, traffic};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer, rt};
use anyhow::Context as _;
use futures_util::future::join_all;
use heap::Gauges;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tracing_actix_web::TracingLogger;
use utoipa::openapi::OpenApi;

/// How long requests in flight may take after a signal to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// How long background work may take after the last request.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// Exit code of a service that could not do all the work that it had accepted.
const UNDONE: u8 = 4;

/// Time for a request's head, so that slow clients do not hold connections.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);

/// Time between two samples of the live bytes of a service that ends.
const SAMPLE_EVERY: Duration = Duration::from_millis(4);
/// Consecutive equal samples that count as rest; dropping state takes milliseconds.
const EQUAL_SAMPLES: u32 = 10;
/// Samples at most: a second.
const SAMPLES_MAX: u32 = 250;

/// What lessons are built from. A clone shares everything.
#[derive(Debug, Clone)]
pub struct Context {
    /// Access to the table.
    pub dynamo: Data<Dynamo>,
    /// The same for work on `background`. A connection ends with the runtime that opened
    /// it, so a worker that stops must not share its connections with this work.
    pub background_dynamo: Data<Dynamo>,
    /// The limits that the operator set.
    pub limits: Data<Limits>,
    /// Numbers that `/__heap` shows.
    pub gauges: Gauges,
    /// Runs work that outlives its request. Each worker has its own runtime, which
    /// drops its tasks when the server stops; this one runs until all is drained.
    pub background: tokio::runtime::Handle,
}

/// Runs a service of these lessons until it is stopped; all of a twin's `main`.
pub fn main(
    name: &'static str,
    lessons: impl FnOnce(&Context) -> Vec<Lesson>,
) -> ExitCode {
    let settings = Settings::read(name);
    let run = || {
        telemetry::init(&settings)?;
        rt::System::new().block_on(serve(&settings, lessons))
    };
    // The runtime ends with `run`, and everything that its tasks held.
    match run().and_then(|code| print_live_bytes(&settings).map(|()| code)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::from(3)
        }
    }
}

/// Prints the bytes that a leak checker could still see at exit, for `leaklab`.
fn print_live_bytes(settings: &Settings) -> anyhow::Result<()> {
    if !settings.measure {
        return Ok(());
    }
    let live_bytes = live_bytes_at_rest();
    let mut out = io::stdout().lock();
    writeln!(out, "{}{live_bytes}", heap::reading::AT_EXIT)
        .and_then(|()| out.flush())
        .context("cannot write to stdout")
}

/// Waits until live bytes no longer change. The workers' threads drop their state after
/// the server has ended, and they cannot be joined.
fn live_bytes_at_rest() -> u64 {
    let live_bytes = || heap::alloc::counts().live_bytes;
    let (mut last, mut equal) = (live_bytes(), 0);
    for _ in 0..SAMPLES_MAX {
        if equal == EQUAL_SAMPLES {
            break;
        }
        std::thread::sleep(SAMPLE_EVERY);
        let now = live_bytes();
        equal = if now == last { equal + 1 } else { 0 };
        last = now;
    }
    last
}

async fn context(settings: &Settings) -> anyhow::Result<Context> {
    let gauges = Gauges::default();
    let attempts = gauges.named(heap::gauges::DATABASE_CALLS);
    let dynamo = Dynamo::connect(settings, attempts).await?;
    Ok(Context {
        background_dynamo: Data::new(dynamo.with_own_connections()),
        dynamo: Data::new(dynamo),
        limits: Data::new(settings.limits.clone()),
        gauges,
        background: tokio::runtime::Handle::current(),
    })
}

async fn serve(
    settings: &Settings,
    lessons: impl FnOnce(&Context) -> Vec<Lesson>,
) -> anyhow::Result<ExitCode> {
    let context = context(settings).await?;
    let lessons = Lessons::collect(lessons(&context));
    let public = Data::new(PublicRoutes::new(lessons.public));
    let document = Data::new(openapi::document(&lessons.routes, &public)?);
    let routes = lessons.routes;
    let measure = settings.measure;
    let server = HttpServer::new(move || {
        let Context { dynamo, limits, gauges, .. } = context.clone();
        App::new()
            .app_data(Data::new(gauges.clone()))
            .app_data(dynamo)
            .app_data(limits.clone())
            .app_data(document.clone())
            .app_data(public.clone())
            .configure(|config| extract::configure(config, &limits))
            .route("/health", web::get().to(health))
            .route("/openapi.json", web::get().to(openapi_document))
            .configure(|config| {
                if measure {
                    heap::routes::configure(config, gauges);
                }
            })
            .configure(|config| routes.mount(config))
            .default_service(web::to(extract::unmatched))
            .wrap(from_fn(error::as_problem))
            .wrap(from_fn(tenant::authorize))
            .wrap(from_fn(traffic::deadline))
            .wrap(from_fn(traffic::count))
            .wrap(TracingLogger::<RequestSpan>::new())
    })
    .workers(settings.workers.into())
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .client_request_timeout(HEAD_DEADLINE)
    .h1_allow_half_closed(lessons.allow_half_closed)
    .max_connections(lessons.connections_max)
    // Otherwise each chunk of an answer waits for the client's delayed
    // acknowledgement, 40 ms.
    .tcp_nodelay(true)
    .disable_signals()
    .bind(settings.listen)
    .with_context(|| format!("cannot listen on {} (--listen)", settings.listen))?;

    let signals = Signals::install()?;
    announce(&server.addrs()).context("cannot write to stdout")?;
    let server = server.run();
    rt::spawn(stop_on_request(
        server.handle(),
        signals,
        settings.exit_on_stdin_close,
    ));
    server.await.context("the server failed")?;
    let deadline = Instant::now() + DRAIN_WITHIN;
    let drained =
        join_all(lessons.drains.into_iter().map(|drain| drain(deadline))).await;
    if drained.iter().any(Result::is_err) {
        tracing::error!("stopped; accepted work was not done");
        return Ok(ExitCode::from(UNDONE));
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Prints where the service listens. The program that started it waits for the line.
fn announce(addresses: &[SocketAddr]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for address in addresses {
        writeln!(out, "listening on http://{address}")?;
    }
    out.flush()
}

/// Signals that stop the service. Installed before it prints that it listens.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn install() -> anyhow::Result<Self> {
        let install = |kind| signal(kind).context("cannot listen for signals");
        let interrupt = install(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: install(SignalKind::terminate())? })
    }
}

/// Waits for SIGINT, SIGTERM or, with `watch_stdin`, the end of standard input. Then
/// lets the requests in flight finish.
async fn stop_on_request(
    server: ServerHandle,
    mut signals: Signals,
    watch_stdin: bool,
) {
    let cause = tokio::select! {
        _ = signals.interrupt.recv() => "SIGINT",
        _ = signals.terminate.recv() => "SIGTERM",
        () = stdin_closed(), if watch_stdin => "end of standard input",
    };
    tracing::info!(cause, "stopping");
    server.stop(true).await;
}

/// Reads standard input to its end in a thread: tokio's stdin would keep the runtime
/// alive until its last read returns.
async fn stdin_closed() {
    let (closed, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // An error is an end as well.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = closed.send(());
    });
    let _ = end.await;
}

/// Whether the process serves. It does not ask DynamoDB: restarting the service would
/// not repair its database.
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

async fn openapi_document(document: Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}
