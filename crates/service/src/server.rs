//! Start, serve, stop.

use crate::telemetry::RequestSpan;
use crate::traffic::{self, Deadline};
use crate::{Dynamo, Limits, Settings, extract, telemetry};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer, rt};
use anyhow::Context as _;
use heap::Gauges;
use std::future::Future;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_actix_web::TracingLogger;
use utoipa::openapi::OpenApi;

/// How long requests under way may take after a signal to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// Time for a request's head, so that a client that trickles it holds no worker.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);

/// Between two looks at the live bytes of a service that ends.
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// So many looks in a row must find the same; dropping a state takes milliseconds.
const SAME_LOOKS: u32 = 10;
/// A second at most: whoever still moves then is not at rest.
const LOOKS_MAX: u32 = 250;

/// What an application is built from. All of it is shared: build once, clone.
#[derive(Debug, Clone)]
pub struct Context {
    /// The way to the data.
    pub dynamo: Dynamo,
    /// The bounds that the operator set.
    pub limits: Limits,
    /// Where background tasks register.
    pub gauges: Gauges,
    /// Runs what must outlive requests. Each worker has a runtime of its own, which
    /// drops its tasks when the server stops; this one lasts until all is drained.
    pub background: tokio::runtime::Handle,
}

/// What a twin adds to this crate.
pub trait Application: Clone + Send + 'static {
    /// Whether a client that has closed its sending side is still served, as actix
    /// does by default.
    const ALLOW_HALF_CLOSED: bool;
    /// How many connections a worker serves at a time.
    fn connections_max(limits: &Limits) -> usize;
    /// Builds the state, once for all workers.
    fn new(context: Context) -> Self;
    /// Mounts routes and state; called once for every worker.
    fn configure(&self, config: &mut web::ServiceConfig);
    /// The description of the routes.
    fn openapi() -> OpenApi;
    /// Waits for background work, after the last request.
    fn drain(&self) -> impl Future<Output = ()>;
}

/// Runs a service from its settings to its end; the whole of a twin's `main`.
pub fn main<A: Application>(name: &'static str) -> ExitCode {
    let settings = Settings::read(name);
    let run = || {
        telemetry::init(&settings)?;
        rt::System::new().block_on(serve::<A>(&settings))
    };
    // The runtime ends with `run`, and all that its tasks held.
    match run().and_then(|()| tell_live_bytes(&settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::from(3)
        }
    }
}

/// Says what tools that look at exit could still see, to whoever measures.
fn tell_live_bytes(settings: &Settings) -> anyhow::Result<()> {
    if !settings.measure {
        return Ok(());
    }
    let live_bytes = live_bytes_at_rest();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}{live_bytes}", heap::reading::AT_EXIT)
        .and_then(|()| out.flush())
        .context("cannot write to stdout")
}

/// Waits until live bytes stand still: the workers' threads drop what they had by
/// themselves, after the server has ended, and nobody can join them.
fn live_bytes_at_rest() -> u64 {
    let live_bytes = || heap::alloc::counts().live_bytes;
    let (mut last, mut same) = (live_bytes(), 0);
    for _ in 0..LOOKS_MAX {
        if same == SAME_LOOKS {
            break;
        }
        std::thread::sleep(LOOK_EVERY);
        let now = live_bytes();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

async fn context(settings: &Settings) -> anyhow::Result<Context> {
    let gauges = Gauges::default();
    let attempts = gauges.named(heap::gauges::DATABASE_CALLS);
    Ok(Context {
        dynamo: Dynamo::connect(settings, attempts).await?,
        limits: settings.limits.clone(),
        gauges,
        background: tokio::runtime::Handle::current(),
    })
}

async fn serve<A: Application>(settings: &Settings) -> anyhow::Result<()> {
    let context = context(settings).await?;
    let application = A::new(context.clone());
    let workers = application.clone();
    let measure = settings.measure;
    let document = Data::new(A::openapi());
    let server = HttpServer::new(move || {
        let Context { limits, gauges, .. } = context.clone();
        let deadline = Deadline { milliseconds: limits.request_deadline_ms };
        App::new()
            .app_data(Data::new(gauges.clone()))
            .app_data(Data::new(deadline))
            .app_data(document.clone())
            .configure(|config| extract::configure(config, &limits))
            .route("/health", web::get().to(health))
            .route("/openapi.json", web::get().to(openapi))
            .configure(|config| {
                if measure {
                    heap::routes::configure(config, gauges.clone());
                }
            })
            .configure(|config| workers.configure(config))
            .default_service(web::to(extract::unmatched))
            .wrap(from_fn(traffic::deadline))
            .wrap(from_fn(traffic::count))
            .wrap(TracingLogger::<RequestSpan>::new())
    })
    .workers(settings.workers.into())
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .client_request_timeout(HEAD_DEADLINE)
    .h1_allow_half_closed(A::ALLOW_HALF_CLOSED)
    .max_connections(A::connections_max(&settings.limits))
    // An answer in chunks would otherwise wait for the client's delayed
    // acknowledgement, 40 ms each time.
    .tcp_nodelay(true)
    .disable_signals()
    .bind(settings.listen)
    .with_context(|| format!("cannot listen on {} (--listen)", settings.listen))?;

    let signals = Signals::install()?;
    for address in server.addrs() {
        // On stdout and flushed: whoever started the service waits for this line.
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on http://{address}")
            .context("cannot write to stdout")?;
        out.flush().context("cannot write to stdout")?;
    }
    let server = server.run();
    rt::spawn(stop_on_request(
        server.handle(),
        signals,
        settings.exit_on_stdin_close,
    ));
    server.await.context("the server failed")?;
    application.drain().await;
    tracing::info!("stopped");
    Ok(())
}

/// Signals that ask a service to stop. Made before anybody is told that it listens.
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

/// Waits for SIGINT, SIGTERM or, where asked, the end of standard input; then lets
/// requests under way finish.
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

/// Reads standard input to its end on a thread of its own: tokio's stdin would hold
/// the runtime open until its last read returns.
async fn stdin_closed() {
    let (closed, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // An error is an end, too.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = end.await;
}

/// Whether the process serves. It says nothing of DynamoDB: restarting a service
/// does not mend its database.
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

async fn openapi(document: Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}
