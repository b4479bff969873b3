//! A leak of a known size, to find out how small a leak a comparison can see: each
//! request leaves as many bytes behind as `LEAK_BYTES` in the environment says.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use model::{OrderId, OrderStatus, table};
use serde::Serialize;
use service::extract::Tenant;
use service::{Dynamo, ServiceError};

/// Bytes that each request leaves behind.
pub(crate) struct LeakBytes(usize);

impl LeakBytes {
    /// None unless the environment says so.
    pub(crate) fn from_environment() -> Self {
        let text = std::env::var("LEAK_BYTES").unwrap_or_default();
        Self(text.parse().unwrap_or(0))
    }
}

/// Leaves a block of so many bytes behind.
fn plant(bytes: usize) {
    if bytes > 0 {
        Box::leak(vec![0_u8; bytes].into_boxed_slice());
    }
}

/// Where an order stands.
#[derive(Serialize)]
pub(crate) struct Status {
    id: OrderId,
    status: OrderStatus,
}

#[get("/orders/{id}/status")]
pub(crate) async fn status(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
    leak: Data<LeakBytes>,
) -> Result<Json<Status>, ServiceError> {
    plant(leak.0);
    let mut call = dynamo.call("GetItem");
    let request = dynamo
        .client
        .get_item()
        .table_name(&*dynamo.table)
        .set_key(Some(table::order_key(&tenant.0, &id)))
        .send();
    let found = call.send(request).await?.item;
    call.consumed(found.iter().len());

    let item = found.ok_or(ServiceError::NotFound("order"))?;
    let order = table::read_order(item).map_err(ServiceError::internal)?;
    Ok(Json(Status { id: order.id, status: order.status }))
}
