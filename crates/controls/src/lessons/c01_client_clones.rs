//! Look up the status of an order, after cloning the SDK's client a thousand times.
//!
//! A client is one pointer to shared parts, and a clone adds one to a count of owners. A
//! handler may clone it as often as it likes.

use model::OrderStatus;
use service::prelude::*;

/// Returns the status of an order
#[utoipa::path(params(Tenant), responses((status = 200, body = Status)))]
#[get("/orders/{id}/status")]
async fn status(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
) -> Result<Json<Status>, ServiceError> {
    // 8 KB for the vector of a thousand pointers. No connection, no cache, no settings:
    // those are behind the pointers, once.
    let mut clones = vec![dynamo.client.clone(); 1_000];
    let client = clones.pop().unwrap_or_else(|| dynamo.client.clone());
    let order = dynamo.with_client(client).order(&tenant, &id).await?;
    // Lived as long as the call. Dropping them takes one from the count, each.
    drop(clones);
    Ok(Json(Status { id: order.id, status: order.status }))
}

/// The status of an order.
#[derive(Serialize, ToSchema)]
struct Status {
    id: OrderId,
    status: OrderStatus,
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(status))
}
