//! Weigh an order for its carrier with a client that is built for the purpose and
//! dropped after it.
//!
//! A client that is dropped takes its connections, TLS settings and certificates
//! along. Building it anew for each request costs time and a connection, and leaves
//! nothing behind.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use aws_sdk_dynamodb::Client;
use model::{Order, OrderId, table};
use serde::Serialize;
use service::extract::Tenant;
use service::{Dynamo, Problem, ServiceError};
use utoipa::ToSchema;

/// What a parcel weighs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Weight {
    #[schema(value_type = String)]
    id: OrderId,
    grams: u64,
}

/// Weighs an order
#[utoipa::path(
    params(("id" = String, Path), ("x-tenant" = String, Header)),
    responses(
        (status = 200, body = Weight),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders/{id}/weight")]
pub(crate) async fn weight(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
) -> Result<Json<Weight>, ServiceError> {
    // Not for copying: a handler should use the client that it is given.
    let client = Client::from_conf(dynamo.config_of_its_own().build());

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
    Ok(Json(Weight::of(order)))
}

impl Weight {
    /// 250 g for the parcel and 120 g for each piece in it.
    fn of(order: Order) -> Self {
        Self { grams: 250 + 120 * order.pieces(), id: order.id }
    }
}
