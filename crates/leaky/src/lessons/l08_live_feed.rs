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
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
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
    let event = Bytes::from(format!("event: shipped\ndata: {id}\n\n"));
    if let Some(channel) = lock(&feed.channels).get(&tenant.0) {
        // Fails if nobody listens any more.
        let _ = channel.sender.send(event);
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Events that may wait for one listener. A slower one misses events.
const BACKLOG_MAX: usize = 64;

/// What a listener gets when it has missed events: its screen must load the orders again.
const RESYNC: Bytes = Bytes::from_static(b"event: resync\ndata:\n\n");

/// A tenant's channel. It stores each event once for all listeners.
struct Channel {
    sender: broadcast::Sender<Bytes>,
    /// How many listeners there are. The last one removes the channel.
    listeners: usize,
}

type Channels = Mutex<HashMap<TenantId, Channel>>;

/// The feed of all tenants.
struct Feed {
    /// How many listeners there are.
    subscribers: Gauge,
    /// One permit for each listener. A feed holds its connection until its client leaves.
    permits: Arc<Semaphore>,
    /// One for each tenant that somebody listens to, so that the events of one do not
    /// push out another's.
    channels: Arc<Channels>,
    heartbeat: Duration,
    stopping: CancellationToken,
}

impl Feed {
    fn new(context: &Context) -> Self {
        let limits = &context.limits;
        Self {
            subscribers: context.gauges.named("subscribers"),
            permits: Arc::new(Semaphore::new(limits.feeds_max)),
            channels: Arc::default(),
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
        let permit = permit.map_err(|_| ServiceError::Overloaded)?;
        let mut channels = lock(&self.channels);
        let channel = channels.entry(tenant.clone()).or_insert_with(|| Channel {
            sender: broadcast::Sender::new(BACKLOG_MAX),
            listeners: 0,
        });
        channel.listeners += 1;
        let listener = Listener {
            tenant,
            receiver: channel.sender.subscribe(),
            channels: Arc::clone(&self.channels),
            heartbeat: self.heartbeat,
            _permit: permit,
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
    receiver: broadcast::Receiver<Bytes>,
    channels: Arc<Channels>,
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
        let event = self.receiver.recv().await;
        match event {
            Ok(event) => Some(event),
            // The listener was too slow, and continues with newer events.
            Err(RecvError::Lagged(_)) => Some(RESYNC),
            Err(RecvError::Closed) => None,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut channels = lock(&self.channels);
        let Some(channel) = channels.get_mut(&self.tenant) else { return };
        channel.listeners -= 1;
        if channel.listeners == 0 {
            channels.remove(&self.tenant);
        }
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(follow).service(announce))
        .state(Data::new(Feed::new(context)))
}
