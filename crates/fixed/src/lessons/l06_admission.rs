//! Place an order. Only so many are written at a time, to spare the database.
//!
//! Whoever comes when all places are taken can wait or go. If it waits, it matters
//! what it has in its hands.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Result, post};
use model::{Order, OrderId, OrderLine, OrderStatus, table};
use serde::{Deserialize, Serialize};
use service::extract::Tenant;
use service::{Context, Dynamo, Limits, Problem, ServiceError};
use std::future::{Ready, ready};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;

/// What the shop's checkout sends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// Made by the checkout, so that an order sent twice is one
    #[schema(value_type = String)]
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
#[derive(Serialize, ToSchema)]
pub(crate) struct Placed {
    #[schema(value_type = String)]
    id: OrderId,
    total_cents: u64,
}

/// Places an order
#[utoipa::path(
    params(("x-tenant" = String, Header)),
    request_body = Draft,
    responses(
        (status = 201, body = Placed),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/orders")]
pub(crate) async fn place(
    tenant: Tenant,
    place: Place,
    draft: Json<Draft>,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let permit = place.permit;
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
    places: Arc<Semaphore>,
}

impl Admission {
    pub(crate) fn new(context: &Context) -> Self {
        Self { places: Arc::new(Semaphore::new(context.limits.orders_at_once_max)) }
    }
}

/// Connections that are served at a time. actix reads up to 128 KiB ahead on each of
/// them, also for those who will be refused.
pub(crate) fn connections_max(limits: &Limits) -> usize {
    limits.connections_max
}

/// A request's way to a place.
pub(crate) struct Place {
    permit: OwnedSemaphorePermit,
}

impl FromRequest for Place {
    type Error = ServiceError;
    type Future = Ready<Result<Self, ServiceError>>;

    // actix runs extractors in the order of the handler's arguments, so this one
    // comes before the body is read.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admission = request.app_data::<Data<Admission>>();
        let places = admission.map(|admission| Arc::clone(&admission.places));
        ready(places.ok_or(ServiceError::Internal).and_then(Self::find))
    }
}

impl Place {
    fn find(places: Arc<Semaphore>) -> Result<Self, ServiceError> {
        // FIX: a place is taken before the body is read, or not at all. Whoever finds
        // none is told so at once, and keeps its order until it comes again.
        let permit = places.try_acquire_owned();
        Ok(Self { permit: permit.map_err(|_| ServiceError::Overloaded)? })
    }
}
