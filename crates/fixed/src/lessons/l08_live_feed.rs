//! Follow shipments as they happen: server-sent events, for the screen in the warehouse.
//!
//! A feed has no end of its own. It ends when somebody notices that nobody listens.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, Result, get, post};
use futures_util::stream::{self, Stream, StreamExt};
use heap::{Gauge, Held};
use model::{OrderId, table};
use service::extract::Tenant;
use service::{Context, Dynamo, Problem, ServiceError};
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::timeout;

/// So often a feed says something, so that a connection whose other end has vanished
/// fails.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// What every feed begins with: how long to wait before coming again, in milliseconds.
const GREETING: Bytes = Bytes::from_static(b"retry: 5000\n\n");

/// Events that may wait for one listener. A screen that is further behind has other
/// problems.
const BEHIND_MAX: usize = 64;

/// Whoever has closed its sending side is gone: a browser tab that was closed sends
/// nothing else.
pub(crate) const fn allow_half_closed() -> bool {
    false
}

/// Follows shipments, as server-sent events
#[utoipa::path(
    params(("x-tenant" = String, Header)),
    responses((status = 200, content_type = "text/event-stream"))
)]
#[get("/orders/feed")]
pub(crate) async fn follow(
    _tenant: Tenant,
    feed: Data<Feed>,
) -> Result<HttpResponse, ServiceError> {
    let greeting = stream::iter([Ok::<_, ServiceError>(GREETING)]);
    let events = greeting.chain(feed.subscribe().map(Ok));
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(events))
}

/// Announces that an order has been shipped
#[utoipa::path(
    params(("id" = String, Path), ("x-tenant" = String, Header)),
    responses(
        (status = 204),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/orders/{id}/shipment")]
pub(crate) async fn announce(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
    feed: Data<Feed>,
) -> Result<HttpResponse, ServiceError> {
    let mut call = dynamo.call("GetItem");
    let request = dynamo
        .client
        .get_item()
        .table_name(&*dynamo.table)
        .set_key(Some(table::order_key(&tenant.0, &id)))
        .send();
    let found = call.send(request).await?.item;
    call.consumed(found.iter().len());
    found.ok_or(ServiceError::NotFound("order"))?;
    feed.publish(Bytes::from(format!("event: shipped\ndata: {id}\n\n")));
    Ok(HttpResponse::new(StatusCode::NO_CONTENT))
}

/// All who listen.
pub(crate) struct Feed {
    /// How many, for whoever measures.
    subscribers: Gauge,
    sender: broadcast::Sender<Bytes>,
}

impl Feed {
    pub(crate) fn new(context: &Context) -> Self {
        let subscribers = context.gauges.named("subscribers");
        Self { subscribers, sender: broadcast::Sender::new(BEHIND_MAX) }
    }

    /// What will be published from now on.
    fn subscribe(&self) -> impl Stream<Item = Bytes> + use<> {
        // FIX: the list is the channel's own. It holds a listener as long as the stream
        // does, the stream lives as long as its connection, and a heartbeat finds out
        // about connections that are gone.
        let listener: (_, Held) = (self.sender.subscribe(), self.subscribers.hold());
        stream::unfold(listener, |(mut receiver, counted)| async move {
            let event = loop {
                match timeout(HEARTBEAT_EVERY, receiver.recv()).await {
                    Ok(Ok(event)) => break event,
                    // One who is too far behind misses events.
                    Ok(Err(RecvError::Lagged(_))) => {}
                    Ok(Err(RecvError::Closed)) => return None,
                    Err(_) => break HEARTBEAT,
                }
            };
            Some((event, (receiver, counted)))
        })
    }

    fn publish(&self, event: Bytes) {
        // Nobody may be listening.
        let _ = self.sender.send(event);
    }
}
