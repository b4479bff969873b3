//! Start, serve, stop.

use crate::connections::{Connection, Connections};
use crate::lesson::{Lesson, Lessons, Routes};
use crate::telemetry::RequestSpan;
use crate::tenant::{self, PublicRoutes};
use crate::{Dynamo, Limits, Settings, error, extract, openapi, telemetry, traffic};
use actix_http::error::DispatchError;
use actix_http::{HttpMessage, HttpService, Request};
use actix_server::GracefulShutdownSignal;
use actix_service::{ServiceFactoryExt, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{
    AppConfig, Server, ServerHandle, ServiceFactory, ServiceRequest,
    ServiceResponse, fn_service,
};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpResponse, rt};
use anyhow::Context as _;
use futures_util::FutureExt;
use futures_util::future::join_all;
use heap::Gauges;
use std::future::ready;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing_actix_web::TracingLogger;
use utoipa::openapi::OpenApi;

/// How long a stop takes at most: `docker stop` kills after ten seconds.
const STOP_WITHIN: Duration = Duration::from_millis(9_000);

/// How much of that requests in flight may take. The rest is for background work.
const REQUESTS_WITHIN: Duration = Duration::from_secs(5);

/// Time in which signals to stop count as one.
const SAME_STOP: Duration = Duration::from_millis(500);

/// Exit code of a service that a second signal ended.
const INTERRUPTED: i32 = 130;

/// Exit code of a service that could not do all the work that it had accepted.
const UNDONE: u8 = 4;

/// Time for a request's head, so that slow clients do not hold connections.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);

/// Time for a client to take an answer that ends its connection.
const DISCONNECT_DEADLINE: Duration = Duration::from_secs(1);

/// Time between two samples of the live bytes of a service that ends.
const SAMPLE_EVERY: Duration = Duration::from_millis(4);
/// Consecutive equal samples that count as rest; dropping state takes milliseconds.
const EQUAL_SAMPLES: u32 = 10;
/// Samples at most: a second.
const SAMPLES_MAX: u32 = 250;

/// What lessons are built from. A clone shares everything.
#[derive(Debug, Clone)]
pub struct Context {
    /// Access to the table. All workers share its connections.
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
    /// Cancelled when the service begins to stop: what would never end must end now.
    pub stopping: CancellationToken,
}

/// Builds all lessons of a service. Not a generic parameter: so the server is compiled
/// once, here, and not again in each service.
type Collect = fn(&Context) -> Vec<Lesson>;

/// Runs a service of these lessons until it is stopped; all of a twin's `main`.
pub fn main(name: &'static str, lessons: Collect) -> ExitCode {
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
    print(&format!("{}{}", heap::reading::AT_EXIT, live_bytes_at_rest()))
}

/// Prints a line, flushed, since the program that started the service waits for it.
fn print(line: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let printed = writeln!(out, "{line}").and_then(|()| out.flush());
    printed.context("cannot write to stdout")
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
        stopping: CancellationToken::new(),
    })
}

async fn serve(settings: &Settings, lessons: Collect) -> anyhow::Result<ExitCode> {
    let context = context(settings).await?;
    let lessons = Lessons::collect(lessons(&context));
    let public = Data::new(PublicRoutes::new(lessons.public));
    let site = Site {
        context: context.clone(),
        document: Data::new(openapi::document(&lessons.routes, &public)?),
        public,
        routes: lessons.routes,
        connections_max: lessons.connections_max.min(connections_possible(settings)),
        measure: settings.measure,
    };
    let listening = || format!("cannot listen on {} (--listen)", settings.listen);
    let listener = TcpListener::bind(settings.listen).with_context(listening)?;
    let address = listener.local_addr().with_context(listening)?;
    let builder = Server::build()
        .workers(settings.workers.into())
        .shutdown_timeout(REQUESTS_WITHIN.as_secs())
        .max_concurrent_connections(site.connections_max)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let server = builder
        .listen("orders", listener, move || site.service(stopping.clone()))
        .with_context(listening)?;

    let signals = Signals::install()?;
    print(&format!("listening on http://{address}"))?;
    let server = server.run();
    let watch_stdin = settings.exit_on_stdin_close;
    let stop = signals.stop(server.handle(), watch_stdin, context.stopping);
    let stop = rt::spawn(stop);
    server.await.context("the server failed")?;
    let deadline = stop.await.context("the server stopped")? + STOP_WITHIN;
    let drained =
        join_all(lessons.drains.into_iter().map(|drain| drain(deadline))).await;
    if drained.iter().any(Result::is_err) {
        tracing::error!("stopped; accepted work was not done");
        return Ok(ExitCode::from(UNDONE));
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// How many connections a worker can have at most: three quarters of the open files
/// that the system allows are the clients', and the rest is for the database and others.
/// Without this, idle clients would use all of them up before any is closed for others.
fn connections_possible(settings: &Settings) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files =
        files.and_then(|files| files.split_whitespace().next()?.parse().ok());
    // "unlimited", or another system.
    let Some(files): Option<usize> = files else { return usize::MAX };
    (files / 4 * 3 / usize::from(settings.workers)).max(1)
}

/// What each worker serves.
#[derive(Clone)]
struct Site {
    context: Context,
    document: Data<OpenApi>,
    public: Data<PublicRoutes>,
    routes: Arc<Routes>,
    connections_max: usize,
    measure: bool,
}

impl Site {
    /// What `actix_web::HttpServer` builds, with connections that the worker watches.
    fn service(
        &self,
        stopping: GracefulShutdownSignal,
    ) -> impl ServiceFactory<TcpStream, Config = ()> + use<> {
        let Context { limits, stopping: token, .. } = &self.context;
        let idle_max = Duration::from_millis(limits.client_idle_ms);
        let connections =
            Connections::new(self.connections_max, idle_max, token.clone());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            // A client that asks before it sends its body gets its refusal instead.
            .expect(fn_service(|request: Request| {
                let tenant = tenant::named(request.headers());
                ready(tenant.map(|_| request).map_err(Error::from))
            }))
            .client_request_timeout(HEAD_DEADLINE)
            .client_disconnect_timeout(DISCONNECT_DEADLINE)
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.client.clone());
            })
            .h1(map_config(self.app(), |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            ready(Ok::<_, DispatchError>((connections.watch(stream), peer)))
        })
        .and_then(http)
    }

    fn app(
        &self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody + use<>>,
            Error = Error,
            InitError = (),
        > + use<>,
    > {
        let Context { dynamo, limits, gauges, .. } = self.context.clone();
        App::new()
            .app_data(Data::new(gauges.clone()))
            .app_data(dynamo)
            .app_data(limits.clone())
            .app_data(self.document.clone())
            .app_data(self.public.clone())
            .configure(|config| extract::configure(config, &limits))
            .route("/health", web::get().to(health))
            .route("/openapi.json", web::get().to(openapi_document))
            .configure(|config| {
                if self.measure {
                    heap::actix::configure(config, gauges);
                }
            })
            .configure(|config| self.routes.mount(config))
            .default_service(web::to(extract::unmatched))
            .wrap(from_fn(error::as_problem))
            .wrap(from_fn(tenant::authorize))
            .wrap(from_fn(traffic::attend))
            .wrap(TracingLogger::<RequestSpan>::new())
    }
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

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }

    /// Waits for SIGINT, SIGTERM or, with `watch_stdin`, the end of standard input. Then
    /// ends feeds, and lets the other requests in flight finish. Another signal ends
    /// the process. Returns when the stop began.
    async fn stop(
        mut self,
        server: ServerHandle,
        watch_stdin: bool,
        stopping: CancellationToken,
    ) -> Instant {
        let cause = tokio::select! {
            cause = self.next() => cause,
            () = stdin_closed(), if watch_stdin => "end of standard input",
        };
        let began = Instant::now();
        tracing::info!(cause, "stopping");
        stopping.cancel();
        rt::spawn(async move {
            // `timeout` and shells signal a process and its group: one stop, two
            // signals.
            rt::time::sleep(SAME_STOP).await;
            while self.next().now_or_never().is_some() {}
            let cause = self.next().await;
            tracing::error!(cause, "ended by another signal; work may be undone");
            std::process::exit(INTERRUPTED);
        });
        server.stop(true).await;
        began
    }
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
