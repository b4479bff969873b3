//! Return the lines of an order. Requests for the same order at the same time share one
//! call to the database, the *flight*.
//!
//! A deadline ends each request, and it ends it at an `.await`: the future is dropped,
//! and the lines below that `.await` never run.

use model::Lines;
use service::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// Returns the lines of an order
#[utoipa::path(params(Tenant), responses((status = 200, body = Lines)))]
#[get("/orders/{id}/lines")]
async fn lines(
    tenant: Tenant,
    id: Path<OrderId>,
    flights: Data<Flights>,
) -> Result<Json<Lines>, ServiceError> {
    let deadline = Duration::from_millis(flights.limits.order_deadline_ms);
    // When the deadline passes, `timeout` drops the future of `order`. So does actix, when
    // it notices that the client has left.
    let order = timeout(deadline, flights.order(tenant.0, id.into_inner())).await;
    let order = order.unwrap_or(Err(ServiceError::Timeout))?;
    Ok(Json(order.lines))
}

/// Which order of which tenant.
type Key = (TenantId, OrderId);

/// The result of a call. The first request that asks for it makes the call, and the
/// others wait. If the first one is dropped, one of the others makes the call.
type Flight = Arc<OnceCell<Order>>;

/// The calls in progress.
struct Flights {
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
    /// The first request for an order inserts its flight.
    flights: Mutex<BTreeMap<Key, Flight>>,
}

impl Flights {
    fn new(context: &Context) -> Self {
        let (dynamo, limits) = (context.dynamo.clone(), context.limits.clone());
        Self { dynamo, limits, flights: Mutex::default() }
    }

    async fn order(
        &self,
        tenant: TenantId,
        id: OrderId,
    ) -> Result<Order, ServiceError> {
        let key = (tenant, id);
        let flight = Arc::clone(lock(&self.flights).entry(key.clone()).or_default());
        let call = || self.dynamo.order(&key.0, &key.1);
        let order = flight.get_or_try_init(call).await.cloned();
        // LEAK: this line runs if the call ends before the deadline. Otherwise the future
        // is dropped in the line above, and the entry stays: both ids, and a flight with
        // room for an order. Only another request for the same order would remove it.
        lock(&self.flights).remove(&key);
        order
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(lines)).state(Data::new(Flights::new(context)))
}
