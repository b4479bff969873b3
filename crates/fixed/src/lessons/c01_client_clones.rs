//! Look an order's status up with a client that has been cloned for the purpose, a
//! thousand times over.
//!
//! A client is one pointer to shared parts. Cloning it counts one more owner, so a
//! handler may take as many clones as it likes.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use model::{OrderId, OrderStatus, table};
use serde::Serialize;
use service::extract::Tenant;
use service::{Dynamo, Problem, ServiceError};
use utoipa::ToSchema;

/// A thousand more than any handler needs, so that a byte each would show.
const CLONES: usize = 1_000;

/// Where an order stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Status {
    #[schema(value_type = String)]
    id: OrderId,
    status: OrderStatus,
}

/// Tells where an order stands
#[utoipa::path(
    params(("id" = String, Path), ("x-tenant" = String, Header)),
    responses(
        (status = 200, body = Status),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders/{id}/status")]
pub(crate) async fn status(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
) -> Result<Json<Status>, ServiceError> {
    let clones: Vec<_> = (0..CLONES).map(|_| dynamo.client.clone()).collect();
    let client = clones.last().unwrap_or(&dynamo.client);

    let mut call = dynamo.call("GetItem");
    let request = client
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
