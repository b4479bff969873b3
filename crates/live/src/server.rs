//! Serves the page to browsers of this machine: the drawing as server-sent events, and
//! controls that only the page itself can use.
//!
//! Every viewer waits for the newest drawing, so one that stalls misses drawings and holds
//! nothing up.

use crate::page;
use crate::recording::Recording;
use crate::run::Live;
use crate::view::Shape;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, HOST, ORIGIN,
};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error};
use anyhow::{Context, Result};
use futures_util::stream;
use report::page::STYLE;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The page loads only what this server sends.
const POLICY: &str = "default-src 'none'; connect-src 'self'; script-src 'self'; \
                      style-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
/// The header of a control.
const TOKEN: &str = "x-leaklab-token";
/// The event after the last one of a run, when another one takes its place.
const OTHER_RUN: &str = "data: {\"reload\":true}\n\n";
/// No load is larger: each request of it has a connection.
pub const LOAD_MAX: u64 = 4_000;

/// A page that is ready to be served.
pub struct Page {
    /// With the token, which is never sent: it is behind the `#`.
    pub url: String,
    /// The run that it shows; whoever sends another one makes browsers load the page anew.
    pub shown: Arc<watch::Sender<Arc<Live>>>,
    listener: std::net::TcpListener,
    shared: Shared,
}

#[derive(Clone)]
struct Shared {
    /// The run that is shown. Another one may take its place.
    live: Arc<watch::Sender<Arc<Live>>>,
    token: Arc<str>,
    address: SocketAddr,
    replay: bool,
    /// Ends the events.
    stop: CancellationToken,
}

impl Page {
    /// Takes the address. A page of a replay has no controls of the run.
    ///
    /// # Errors
    /// The address is taken, or not of this machine.
    pub fn listen(
        live: &Arc<Live>,
        address: SocketAddr,
        replay: bool,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let listener = std::net::TcpListener::bind(address)
            .with_context(|| format!("cannot listen on {address} (--listen)"))?;
        let address = listener.local_addr().context("no address")?;
        let mut token = [0_u8; 16];
        getrandom::fill(&mut token).context("the system has no random numbers")?;
        let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        let url = format!("http://{address}/#{token}");
        let shown = Arc::new(watch::Sender::new(Arc::clone(live)));
        let (live, token) = (Arc::clone(&shown), token.into());
        let shared = Shared { live, token, address, replay, stop: stop.clone() };
        Ok(Self { url, shown, listener, shared })
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// The system has no more threads.
    pub async fn serve(self) -> Result<()> {
        let (shared, stop) = (Data::new(self.shared.clone()), self.shared.stop);
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .wrap(from_fn(guard))
                .wrap(
                    DefaultHeaders::new()
                        .add((CONTENT_SECURITY_POLICY, POLICY))
                        .add(("x-content-type-options", "nosniff"))
                        .add(("referrer-policy", "no-referrer"))
                        .add(("cache-control", "no-store")),
                )
                .route("/", web::get().to(index))
                .route("/live/style.css", web::get().to(style))
                .route("/live/script.js", web::get().to(script))
                .route("/live/events", web::get().to(events))
                .route("/live/save", web::get().to(save))
                .route("/live/{what:.*}", web::post().to(control))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .shutdown_timeout(1)
            .listen(self.listener)
            .context("cannot serve the page")?
            .run();
        let handle = server.handle();
        tokio::select! {
            ended = server => return ended.context("cannot serve the page"),
            () = stop.cancelled() => {}
        }
        handle.stop(false).await;
        Ok(())
    }
}

/// Refuses names of other hosts, which a page elsewhere could point here, and controls that
/// do not come from this page.
async fn guard(
    shared: Data<Shared>,
    request: ServiceRequest,
    next: Next<impl actix_web::body::MessageBody>,
) -> Result<
    actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
    actix_web::Error,
> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    };
    let (host, port) = (header(HOST.as_str()), shared.address.port());
    // Another address than loopback may have any name.
    let ours = !shared.address.ip().is_loopback()
        || host == shared.address.to_string()
        || host == format!("localhost:{port}");
    if !ours {
        return Err(error::ErrorForbidden("this page has another host name"));
    }
    if request.method() != actix_web::http::Method::GET {
        let from_page = header(ORIGIN.as_str()) == format!("http://{host}");
        if !from_page || header(TOKEN) != &*shared.token {
            return Err(error::ErrorForbidden("only the page controls the run"));
        }
    }
    next.call(request).await
}

async fn index(shared: Data<Shared>) -> HttpResponse {
    let page = page::served(&shared.live.borrow().about, shared.replay);
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}

async fn style() -> HttpResponse {
    let style = format!("{STYLE}{}", page::LOOKS);
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(style)
}

async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .body(page::SCRIPT)
}

/// The newest drawing, four times a second, as long as the run and its viewer last.
async fn events(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let narrow = request.query_string() == "narrow";
    let shape = if narrow { Shape::Narrow } else { Shape::Wide };
    let frames = shared.live.borrow().watch(shape);
    let state = Some((frames, shared.stop.clone(), true));
    let events = stream::unfold(state, async |state| {
        let (mut frames, stop, first) = state?;
        let mut event = OTHER_RUN.into();
        let mut next = None;
        if first || stop.run_until_cancelled(frames.changed()).await?.is_ok() {
            event = format!("data: {}\n\n", *frames.borrow_and_update());
            next = Some((frames, stop, false));
        }
        Some((Ok::<_, actix_web::Error>(Bytes::from(event)), next))
    });
    HttpResponse::Ok().content_type("text/event-stream").streaming(events)
}

async fn save(shared: Data<Shared>) -> Result<HttpResponse, actix_web::Error> {
    let page = Recording::of(&shared.live.borrow()).page();
    let page = page.map_err(error::ErrorInternalServerError)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            CONTENT_DISPOSITION,
            "attachment; filename=\"leaklab-live.html\"",
        ))
        .body(page))
}

async fn control(
    shared: Data<Shared>,
    what: Path<String>,
) -> Result<HttpResponse, actix_web::Error> {
    let live = &shared.live.borrow().clone();
    let (what, value) = what.split_once('/').unwrap_or((&what, ""));
    let unknown = || error::ErrorNotFound("there is no such control");
    match (what, value) {
        ("guess", "") => live.guess(),
        ("line", "") => live.line(shared.replay),
        _ if shared.replay => return Err(unknown()),
        ("calls", "") => live.show_calls(),
        ("lesson", index) => {
            let index: usize = index.parse().map_err(|_| unknown())?;
            live.about.lessons.get(index).ok_or_else(unknown)?;
            live.change(|controls| controls.lesson = Some(index));
        }
        ("restart", "") => live.restart(),
        ("load", change) => {
            let load = live.controls().borrow().load;
            let load = match change {
                "half" => load / 2,
                "double" => (load * 2).clamp(1, LOAD_MAX),
                "rest" if load == 0 => live.about.load,
                "rest" => 0,
                _ => return Err(unknown()),
            };
            live.change(|controls| controls.load = load);
        }
        ("database", index) => {
            let index: usize = index.parse().map_err(|_| unknown())?;
            live.about.databases.get(index).ok_or_else(unknown)?;
            live.change(|controls| controls.database = index);
        }
        _ => return Err(unknown()),
    }
    Ok(HttpResponse::NoContent().finish())
}
