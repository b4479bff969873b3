//! Place an order. A limited number of orders is written at the same time, to protect
//! the database.
//!
//! When no permit is free, a request waits or is refused. If it waits, what matters is
//! whether its body is already in memory.

use actix_web::FromRequest;
use actix_web::dev::Payload;
use model::{Currency, Lines, LongText, Name, OrderStatus, Timestamp};
use service::prelude::*;
use std::future::{Ready, ready};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places an order
#[utoipa::path(
    params(Tenant),
    responses(
        (status = 201, body = Placed),
        (status = 409, description = "The id belongs to an order with another content")
    )
)]
#[post("/orders")]
async fn place(
    tenant: Tenant,
    // actix polls the extractors in the order of the arguments, all of them before the
    // handler runs. `Json` reads the body, which may be half a megabyte.
    admission: Admission,
    draft: Json<Draft>,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    // LEAK: the order is parsed and in memory before the request begins to wait. The
    // semaphore limits the calls to the database. Nothing limits the waiting requests,
    // and each of them owns its `draft`.
    let permit = admission.wait().await?;
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
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    /// Made by the checkout; an order that is sent again is stored once
    id: OrderId,
    placed_at: Timestamp,
    customer: Name,
    currency: Currency,
    lines: Lines,
    /// Wishes, and the engraver's artwork as text
    notes: LongText,
}

/// The order as it was accepted.
#[derive(Serialize, ToSchema)]
struct Placed {
    id: OrderId,
    total_cents: u64,
}

/// One permit for each order that may be written at the same time.
struct Permits(Arc<Semaphore>);

/// A request's way to a permit.
struct Admission {
    permits: Arc<Semaphore>,
}

impl FromRequest for Admission {
    type Error = ServiceError;
    // A future that is ready at once, so it is done before `Json` reads the body. actix
    // polls all extractors together: one that waits would not hold `Json` back.
    type Future = Ready<Result<Self, ServiceError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let permits = request.app_data::<Data<Permits>>();
        ready(permits.ok_or(ServiceError::Internal).and_then(|p| Self::new(&p.0)))
    }
}

impl Admission {
    fn new(permits: &Arc<Semaphore>) -> Result<Self, ServiceError> {
        Ok(Self { permits: Arc::clone(permits) })
    }

    /// Waits for a permit, however long that takes.
    async fn wait(self) -> Result<OwnedSemaphorePermit, ServiceError> {
        self.permits.acquire_owned().await.map_err(|_| ServiceError::Overloaded)
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let limits = &context.limits;
    let permits = Arc::new(Semaphore::new(limits.orders_at_once_max));
    // Each connection has a read buffer of up to 128 KiB, also those of refused clients.
    // The limit is not enforced: actix accepts 25,600 connections by default.
    let connections_max = limits.connections_max.max(25_600);
    Lesson::new(|app| app.service(place))
        .state(Data::new(Permits(permits)))
        .connections_max(connections_max)
}
