//! "Limit the concurrency": a semaphore that is awaited in the handler, with a timeout,
//! so that nobody waits for ever.
//!
//! The order has been read when the waiting begins. The semaphore bounds the calls to
//! the database; the orders in memory are as many as the clients like.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, Result, post};
use model::{Order, OrderId, OrderLine, OrderStatus, table};
use serde::{Deserialize, Serialize};
use service::extract::Tenant;
use service::{Context, Dynamo, ServiceError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long to wait for a place.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the shop's checkout sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// Made by the checkout, so that an order sent twice is one
    id: OrderId,
    /// RFC 3339
    placed_at: String,
    customer: String,
    currency: String,
    lines: Vec<OrderLine>,
    /// Wishes, and the engraver's artwork as text
    notes: String,
}

/// The order as it was taken.
#[derive(Serialize)]
pub(crate) struct Placed {
    id: OrderId,
    total_cents: u64,
}

#[post("/orders")]
pub(crate) async fn place(
    tenant: Tenant,
    draft: Json<Draft>,
    dynamo: Data<Dynamo>,
    admission: Data<Admission>,
) -> Result<HttpResponse, ServiceError> {
    let permit = timeout(PATIENCE, admission.places.acquire()).await;
    let permit = permit.ok().and_then(Result::ok).ok_or(ServiceError::Overloaded)?;
    let Draft { id, placed_at, customer, currency, lines, notes } =
        draft.into_inner();
    let (tenant, status) = (tenant.0, OrderStatus::Open);
    let order =
        Order { tenant, id, status, placed_at, customer, currency, lines, notes };
    let placed = Placed { id: order.id.clone(), total_cents: order.total_cents() };
    let item = table::order_item(&order).map_err(ServiceError::internal)?;
    let mut call = dynamo.call("PutItem");
    let request = dynamo
        .client
        .put_item()
        .table_name(&*dynamo.table)
        .set_item(Some(item))
        .send();
    call.send(request).await?;
    call.consumed(1);
    drop(permit);
    Ok(HttpResponse::build(StatusCode::CREATED).json(placed))
}

/// Places at the database.
pub(crate) struct Admission {
    places: Semaphore,
}

impl Admission {
    pub(crate) fn new(context: &Context) -> Self {
        Self { places: Semaphore::new(context.limits.orders_at_once_max) }
    }
}
