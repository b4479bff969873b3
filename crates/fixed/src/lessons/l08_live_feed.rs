//! Follow shipments as they happen: server-sent events, for the screen in the warehouse.
//!
//! A feed does not end by itself. It ends when something notices that the client has
//! gone.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use heap::Gauge;
use service::prelude::*;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::timeout;

/// Follows shipments, as server-sent events
#[utoipa::path(
    params(Tenant),
    responses((status = 200, content_type = "text/event-stream"))
)]
#[get("/orders/feed")]
async fn follow(
    _tenant: Tenant,
    feed: Data<Feed>,
) -> Result<HttpResponse, ServiceError> {
    // Tells the browser to reconnect after 5 seconds if the feed breaks off.
    let greeting = stream::iter([Bytes::from_static(b"retry: 5000\n\n")]);
    // The response owns the stream, and the stream owns the listener's end of the feed.
    // Both live until actix drops the response.
    let events = greeting.chain(feed.subscribe()).map(Ok::<_, ServiceError>);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(events))
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
    feed.publish(Bytes::from(format!("event: shipped\ndata: {id}\n\n")));
    Ok(HttpResponse::NoContent().finish())
}

/// Events that may wait for one listener. A slower one misses events.
const BACKLOG_MAX: usize = 64;

/// How often a silent feed sends a comment line.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// The feed, and its listeners.
struct Feed {
    /// How many listeners there are.
    subscribers: Gauge,
    /// Stores each event once for all listeners.
    sender: broadcast::Sender<Bytes>,
}

impl Feed {
    fn new(context: &Context) -> Self {
        let subscribers = context.gauges.named("subscribers");
        Self { subscribers, sender: broadcast::Sender::new(BACKLOG_MAX) }
    }

    /// All events from now on.
    fn subscribe(&self) -> impl Stream<Item = Bytes> + use<> {
        let (receiver, counted) = (self.sender.subscribe(), self.subscribers.hold());
        // FIX: the listener is owned by the stream alone. Dropping the stream removes it
        // from the channel. The server drops it when the client closes its sending side,
        // and the heartbeat finds clients that vanished without a word: after some
        // unanswered writes the kernel gives the connection up.
        stream::unfold((receiver, counted), |(mut receiver, counted)| async move {
            let event = loop {
                match timeout(HEARTBEAT_EVERY, receiver.recv()).await {
                    Ok(Ok(event)) => break event,
                    // The listener was too slow, and continues with newer events.
                    Ok(Err(RecvError::Lagged(_))) => {}
                    Ok(Err(RecvError::Closed)) => return None,
                    Err(_) => break HEARTBEAT,
                }
            };
            Some((event, (receiver, counted)))
        })
    }

    fn publish(&self, event: Bytes) {
        // Fails if nobody listens.
        let _ = self.sender.send(event);
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(follow).service(announce))
        .state(Data::new(Feed::new(context)))
        // A client that has closed its sending side has left, as closed browser tabs do.
        .allow_half_closed(false)
}
