//! A DynamoDB call in the log: operation, pages, items, bytes, calls in flight, outcome.

use super::Dynamo;
use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, SdkError};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use futures_util::TryFutureExt;
use heap::{Gauge, GaugeGuard};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;
use tracing::{Instrument, Span};

tokio::task_local! {
    /// The call in progress in this task. The interceptor reads it.
    static WIRE: Arc<Wire>;
}

/// What one call sent and received, retries included.
#[derive(Debug, Default)]
struct Wire {
    attempts: AtomicU64,
    bytes: AtomicU64,
}

/// Counts attempts and response bytes of the call in progress, and the attempts of the
/// whole process.
#[derive(Debug)]
pub(super) struct WireCounter(pub(super) Gauge);

#[dyn_dispatch_hint]
impl Intercept for WireCounter {
    fn name(&self) -> &'static str {
        "WireCounter"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.add(1);
        let body = context.response().and_then(|response| response.body().bytes());
        let bytes = body.map_or(0, <[u8]>::len) as u64;
        // Fails outside a `Call`, where there is nothing to count for.
        let _ = WIRE.try_with(|wire| {
            wire.attempts.fetch_add(1, Relaxed);
            wire.bytes.fetch_add(bytes, Relaxed);
        });
        Ok(())
    }
}

/// One logical call: a single operation, or all pages of a query. Dropping it logs what
/// it read and how it ended: `consumed` to the end, `failed`, or `abandoned` before the
/// end.
#[derive(Debug)]
pub(super) struct Call {
    span: Span,
    wire: Arc<Wire>,
    pages: u64,
    items: u64,
    outcome: &'static str,
    began: Instant,
    in_flight: Gauge,
    _open: GaugeGuard,
}

impl Dynamo {
    /// Begins a call of this operation, in the current request's span.
    pub(super) fn call(&self, operation: &'static str) -> Call {
        let in_flight = self.shared.in_flight.clone();
        Call {
            span: tracing::info_span!("dynamodb", operation),
            wire: Arc::default(),
            pages: 0,
            items: 0,
            outcome: "abandoned",
            began: Instant::now(),
            _open: in_flight.hold(),
            in_flight,
        }
    }
}

impl Call {
    /// Sends one request and leaves the call open, for pages that may follow.
    ///
    /// Not an `async fn`, which would store the request's future twice, as its argument
    /// and as what it awaits. Such futures are kilobytes.
    pub(super) fn send<T, E, R>(
        &mut self,
        request: impl Future<Output = Result<T, SdkError<E, R>>>,
    ) -> impl Future<Output = Result<T, SdkError<E, R>>> {
        let request = request.instrument(self.span.clone());
        let outcome = &mut self.outcome;
        WIRE.scope(Arc::clone(&self.wire), request)
            .inspect_err(|_| *outcome = "failed")
    }

    /// Counts a page and the items on it.
    pub(super) fn count(&mut self, items: usize) {
        self.pages += 1;
        self.items += items as u64;
    }

    /// All was read.
    pub(super) fn end(&mut self) {
        self.outcome = "consumed";
    }

    /// Ends the call as complete, after `items` on its last page.
    pub(super) fn finish(mut self, items: usize) {
        self.count(items);
        self.end();
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Self { pages, items, outcome, .. } = *self;
        let bytes = self.wire.bytes.load(Relaxed);
        let attempts = self.wire.attempts.load(Relaxed);
        // This call included.
        let in_flight = self.in_flight.get();
        let milliseconds = self.began.elapsed().as_millis() as u64;
        self.span.in_scope(|| {
            tracing::info!(
                pages,
                items,
                bytes,
                attempts,
                milliseconds,
                in_flight,
                outcome,
                "call ended"
            );
        });
    }
}
