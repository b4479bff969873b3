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
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// What every feed begins with: how long to wait before coming again, in milliseconds.
const GREETING: Bytes = Bytes::from_static(b"retry: 5000\n\n");

/// Events that may wait for one listener. A screen that is further behind has other
/// problems.
const BEHIND_MAX: usize = 64;

/// As actix has it by default: whoever has closed its sending side may still listen.
pub(crate) const fn allow_half_closed() -> bool {
    true
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
    senders: Mutex<Vec<Subscriber>>,
}

/// One who listens, or did.
struct Subscriber {
    sender: mpsc::Sender<Bytes>,
    #[expect(dead_code, reason = "it counts until it is dropped")]
    counted: Held,
}

impl Feed {
    pub(crate) fn new(context: &Context) -> Self {
        let subscribers = context.gauges.named("subscribers");
        Self { subscribers, senders: Mutex::default() }
    }

    /// What will be published from now on.
    fn subscribe(&self) -> impl Stream<Item = Bytes> + use<> {
        let (sender, receiver) = mpsc::channel(BEHIND_MAX);
        // LEAK: nobody takes a listener off the list. A screen that was switched off
        // stays on it, and its connection waits here for an event that it could fail
        // to send.
        let counted = self.subscribers.hold();
        let mut senders =
            self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.push(Subscriber { sender, counted });
        stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|event| (event, receiver))
        })
    }

    fn publish(&self, event: Bytes) {
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        for subscriber in senders.iter() {
            // One who is too far behind misses an event.
            let _ = subscriber.sender.try_send(event.clone());
        }
    }
}
