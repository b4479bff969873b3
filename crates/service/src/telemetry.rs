//! Logs: one line per event on stderr, and a span for every request.

use crate::settings::{LogFormat, Settings};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;
use tracing::{Level, Metadata, Span, field};
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_subscriber::filter::{FilterExt, dynamic_filter_fn, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Programs and libraries of this repository: they log no data of others.
const OWN: [&str; 6] = ["leaky", "fixed", "decoys", "service", "heap", "model"];

/// What actix logs about a connection: a client can cause any number of lines.
const CONNECTIONS: &str = "actix_http";

/// Starts logging to stderr in the format of the settings.
///
/// # Errors
/// Something logs already.
pub fn init(settings: &Settings) -> anyhow::Result<()> {
    let began = Instant::now();
    let last = AtomicU64::new(0);
    // One such line a second.
    let sparse = dynamic_filter_fn(move |line, _| {
        let now = began.elapsed().as_secs() + 1;
        !line.target().starts_with(CONNECTIONS) || last.swap(now, Relaxed) != now
    });
    let filter = settings.log.clone().and(filter_fn(harmless)).and(sparse);
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).try_init()?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Whether a line is without the data of clients and the database: below info, the SDK
/// and hyper print requests and answers whole.
fn harmless(line: &Metadata<'_>) -> bool {
    let own = || {
        let name = line.target().split("::").next().unwrap_or_default();
        OWN.contains(&name)
    };
    *line.level() <= Level::INFO || own()
}

/// Logs a panic as one line. A text that was put together at run time is left out,
/// since it can contain the value that caused the panic.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let text = panic.payload().downcast_ref::<&str>();
    let place = panic.location().map(ToString::to_string);
    tracing::error!(text, place, "panicked");
}

/// Opens a request's span. It has the route's pattern and not the path, since a path can
/// contain a session token.
#[derive(Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        // What reads the memory asks several times a second.
        if request.path().starts_with("/__heap") {
            return Span::none();
        }
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        tracing::info_span!(
            "request",
            method = %request.method(),
            route = request.match_pattern().as_deref().unwrap_or("unmatched"),
            request_id = id,
            status = field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(
        span: Span,
        outcome: &Result<ServiceResponse<B>, Error>,
    ) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        if !span.is_none() {
            span.in_scope(|| tracing::info!("answered"));
        }
    }
}

/// What is logged meanwhile, as JSON.
#[cfg(test)]
pub(crate) fn logged(work: impl FnOnce()) -> String {
    let (mut log, writer) = std::io::pipe().unwrap();
    let writer = std::sync::Mutex::new(writer);
    let lines = tracing_subscriber::fmt().json().with_writer(writer).finish();
    tracing::subscriber::with_default(lines, work);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut log, &mut text).unwrap();
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic;

    #[test]
    fn a_panic_is_one_line_without_the_value_that_caused_it() {
        let before = panic::take_hook();
        panic::set_hook(Box::new(log_panic));
        let log = logged(|| {
            let value = std::hint::black_box("a secret");
            panic::catch_unwind(|| panic!("of {value}")).unwrap_err();
            panic::catch_unwind(|| panic!("attempt to add")).unwrap_err();
        });
        panic::set_hook(before);
        assert_eq!(log.lines().count(), 2, "{log}");
        assert!(log.contains("attempt to add") && log.contains("telemetry.rs"));
        assert!(!log.contains("secret"), "{log}");
    }
}
