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
        // FIX: a guard removes the entry when it is dropped, and it is dropped with this
        // future, wherever that was: at the end, at the deadline, or in a panic.
        let entry = Entry { flights: self, key, flight };
        let call = || self.dynamo.order(&entry.key.0, &entry.key.1);
        entry.flight.get_or_try_init(call).await.cloned()
    }
}

/// A request's share of a flight.
struct Entry<'a> {
    flights: &'a Flights,
    key: Key,
    flight: Flight,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut flights = lock(&self.flights.flights);
        // Two owners: the map and this request. Others would still wait for the flight.
        if Arc::strong_count(&self.flight) == 2 {
            flights.remove(&self.key);
        }
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(lines)).state(Data::new(Flights::new(context)))
}
