//! Weigh an order for its carrier, with a client that is built for this request and
//! dropped after it.
//!
//! Dropping a client frees its connections, TLS settings and certificates. Building one
//! for each request costs time and a connection, and leaves nothing behind.

use aws_sdk_dynamodb::Client;
use service::prelude::*;

/// Weighs an order
#[utoipa::path(params(Tenant), responses((status = 200, body = Weight)))]
#[get("/orders/{id}/weight")]
async fn weight(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
) -> Result<Json<Weight>, ServiceError> {
    // Do not copy this: a handler should use the client that it is given. The new one
    // has its own pool, TLS settings and certificates, more than 100 KB.
    let client = Client::from_conf(dynamo.separate_config().build());
    let order = dynamo.with_client(client).order(&tenant, &id).await?;
    // The only owner of the client was dropped in the line above, and everything that
    // came with it, the open connection included.
    Ok(Json(Weight::of(order)))
}

/// The weight of a parcel.
#[derive(Serialize, ToSchema)]
struct Weight {
    id: OrderId,
    grams: u64,
}

impl Weight {
    /// 250 g for the parcel and 120 g for each piece in it.
    fn of(order: Order) -> Self {
        Self { grams: 250 + 120 * order.pieces(), id: order.id }
    }
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(weight))
}
