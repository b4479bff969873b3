//! Follow shipments as they happen: server-sent events, for the screen in the warehouse.
//!
//! A feed does not end by itself. It ends when something notices that the client has
//! gone.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use heap::{Gauge, GaugeGuard};
use service::prelude::*;
use std::sync::Mutex;
use tokio::sync::mpsc;

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

/// The feed, and its listeners.
struct Feed {
    /// How many listeners there are.
    subscribers: Gauge,
    /// One entry for each listener. Events are sent to all of them.
    senders: Mutex<Vec<Subscriber>>,
}

/// A listener, or one that has left.
struct Subscriber {
    sender: mpsc::Sender<Bytes>,
    /// Counts the entry until it is dropped.
    _counted: GaugeGuard,
}

impl Feed {
    fn new(context: &Context) -> Self {
        let subscribers = context.gauges.named("subscribers");
        Self { subscribers, senders: Mutex::default() }
    }

    /// All events from now on.
    fn subscribe(&self) -> impl Stream<Item = Bytes> + use<> {
        let (sender, receiver) = mpsc::channel(BACKLOG_MAX);
        let _counted = self.subscribers.hold();
        // LEAK: nothing removes a listener from the list. Its entry keeps the channel,
        // and the channel keeps the stream waiting. A client that hangs up closes its
        // sending side only, so actix goes on polling the stream: the connection stays
        // as well, with its buffers and its socket in CLOSE_WAIT.
        lock(&self.senders).push(Subscriber { sender, _counted });
        stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|event| (event, receiver))
        })
    }

    fn publish(&self, event: Bytes) {
        for subscriber in lock(&self.senders).iter() {
            // A full channel loses the event. A closed one does too, and stays in the
            // list.
            let _ = subscriber.sender.try_send(event.clone());
        }
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(follow).service(announce))
        .state(Data::new(Feed::new(context)))
        // As actix does by default: a client that has closed its sending side may
        // still be listening.
        .allow_half_closed(true)
}
