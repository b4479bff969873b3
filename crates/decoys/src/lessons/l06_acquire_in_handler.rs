//! "Limit the concurrency": a semaphore that the handler awaits, with a timeout, so that
//! no request waits forever.
//!
//! The order has been read when the wait begins. The semaphore limits the calls to the
//! database; the clients decide how many orders are in memory.

use model::{Currency, Lines, LongText, Name, OrderStatus, Timestamp};
use service::prelude::*;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long a request waits for a permit.
const WAIT_MAX: Duration = Duration::from_secs(5);

#[post("/orders")]
async fn place(
    tenant: Tenant,
    draft: Json<Draft>,
    dynamo: Data<Dynamo>,
    permits: Data<Permits>,
) -> Result<HttpResponse, ServiceError> {
    // `draft` is in memory here, and stays there for up to five seconds: the arrivals of
    // five seconds, with their bodies.
    let permit = timeout(WAIT_MAX, permits.0.acquire()).await;
    let permit = permit.ok().and_then(Result::ok).ok_or(ServiceError::Overloaded)?;
    let Draft { id, placed_at, customer, currency, lines, notes } =
        draft.into_inner();
    let (tenant, status) = (tenant.0, OrderStatus::Open);
    let order =
        Order { tenant, id, status, placed_at, customer, currency, lines, notes };
    dynamo.place(&order).await?;
    drop(permit);
    let placed = Placed { total_cents: order.total_cents(), id: order.id };
    Ok(HttpResponse::Created().json(placed))
}

/// What the shop's checkout sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    id: OrderId,
    placed_at: Timestamp,
    customer: Name,
    currency: Currency,
    lines: Lines,
    notes: LongText,
}

/// The order as it was accepted.
#[derive(Serialize)]
struct Placed {
    id: OrderId,
    total_cents: u64,
}

/// One permit for each order that may be written at the same time.
struct Permits(Semaphore);

pub(crate) fn lesson(context: &Context) -> Lesson {
    let permits = Permits(Semaphore::new(context.limits.orders_at_once_max));
    Lesson::new(|app| app.map(|app| app.service(place))).state(Data::new(permits))
}
