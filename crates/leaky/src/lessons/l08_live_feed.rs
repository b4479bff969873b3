//! Follow shipments as they happen: server-sent events, for the screen in the warehouse.
//!
//! A feed does not end by itself. It ends when something notices that the client has
//! gone.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use heap::{Gauge, GaugeGuard};
use service::CancellationToken;
use service::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

/// Follows the tenant's shipments, as server-sent events
#[utoipa::path(
    params(Tenant),
    responses((status = 200, content_type = "text/event-stream"))
)]
#[get("/orders/feed")]
async fn follow(
    tenant: Tenant,
    feed: Data<Feed>,
) -> Result<HttpResponse, ServiceError> {
    // Tells the browser to reconnect after 5 seconds if the feed breaks off.
    let greeting = stream::iter([Bytes::from_static(b"retry: 5000\n\n")]);
    // The response owns the stream, and the stream owns the listener's end of the feed.
    // Both live until actix drops the response.
    let messages = greeting.chain(feed.subscribe(tenant.0)?);
    // A feed would hold up a stop of the service until the stop's time is over.
    let messages = messages.take_until(feed.stopping.clone().cancelled_owned());
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(messages.map(Ok::<_, ServiceError>)))
}

/// Announces that an order has been shipped
#[utoipa::path(params(Tenant), responses((status = 204)))]
#[post("/orders/{id}/shipment")]
async fn announce(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
    feed: Data<Feed>,
) -> Result<HttpResponse, ServiceError> {
    dynamo.order(&tenant, &id).await?;
    let text = Bytes::from(format!("event: shipped\ndata: {id}\n\n"));
    // Fails if nobody listens.
    let _ = feed.sender.send(Event { tenant: tenant.0, text });
    Ok(HttpResponse::NoContent().finish())
}

/// Events that may wait for one listener. A slower one misses events.
const BACKLOG_MAX: usize = 64;

/// What a listener gets when it has missed events: its screen must load the orders again.
const RESYNC: Bytes = Bytes::from_static(b"event: resync\ndata:\n\n");

/// A shipment of a tenant.
#[derive(Clone)]
struct Event {
    tenant: TenantId,
    /// Stored once for all listeners.
    text: Bytes,
}

/// The feed of all tenants.
struct Feed {
    /// How many listeners there are.
    subscribers: Gauge,
    /// One permit for each listener. A feed holds its connection for as long as it likes.
    permits: Arc<Semaphore>,
    sender: broadcast::Sender<Event>,
    heartbeat: Duration,
    stopping: CancellationToken,
}

impl Feed {
    fn new(context: &Context) -> Self {
        let limits = &context.limits;
        Self {
            subscribers: context.gauges.named("subscribers"),
            permits: Arc::new(Semaphore::new(limits.feeds_max)),
            sender: broadcast::Sender::new(BACKLOG_MAX),
            heartbeat: Duration::from_millis(limits.feed_heartbeat_ms),
            stopping: context.stopping.clone(),
        }
    }

    /// All messages for this tenant from now on.
    fn subscribe(
        &self,
        tenant: TenantId,
    ) -> Result<impl Stream<Item = Bytes> + use<>, ServiceError> {
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        let listener = Listener {
            tenant,
            receiver: self.sender.subscribe(),
            heartbeat: self.heartbeat,
            _permit: permit.map_err(|_| ServiceError::Overloaded)?,
            _counted: self.subscribers.hold(),
        };
        Ok(stream::unfold(listener, |mut listener| async move {
            listener.next().await.map(|message| (message, listener))
        }))
    }
}

/// One listener. Dropping it removes it from the feed.
struct Listener {
    tenant: TenantId,
    receiver: broadcast::Receiver<Event>,
    #[expect(dead_code, reason = "nothing sends a sign of life")]
    heartbeat: Duration,
    _permit: OwnedSemaphorePermit,
    _counted: GaugeGuard,
}

impl Listener {
    /// Waits for the next message; `None` when the feed ends.
    async fn next(&mut self) -> Option<Bytes> {
        // LEAK: a feed that has nothing to tell writes nothing. A client that hangs up
        // closes its sending side, and actix goes on for its receiving side. So the
        // listener stays, with its connection, its buffers and its socket in CLOSE_WAIT.
        loop {
            let event = self.receiver.recv().await;
            match event {
                Ok(event) if event.tenant == self.tenant => return Some(event.text),
                // Another tenant's.
                Ok(_) => {}
                // The listener was too slow, and continues with newer events.
                Err(RecvError::Lagged(_)) => return Some(RESYNC),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(follow).service(announce))
        .state(Data::new(Feed::new(context)))
}
