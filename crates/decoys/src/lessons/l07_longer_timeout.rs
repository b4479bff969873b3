//! "It times out under load, so give it more time": a read timeout of a minute.
//!
//! There is an end now, which is better than none. Until it comes, requests are held
//! for a minute each: memory is the arrivals of a whole minute, and again for every
//! further attempt.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use model::{Order, OrderId, TenantId, table};
use service::extract::Tenant;
use service::{Context, Dynamo, ServiceError};
use std::time::Duration;

#[get("/orders/{id}")]
pub(crate) async fn look_up(
    tenant: Tenant,
    id: Path<OrderId>,
    orders: Data<Orders>,
) -> Result<Json<Order>, ServiceError> {
    let id = id.into_inner();
    orders.get(&tenant.0, &id).await.map(Json)
}

/// The way to the orders.
pub(crate) struct Orders {
    dynamo: Dynamo,
}

impl Orders {
    pub(crate) fn new(context: &Context) -> Self {
        let dynamo = context.dynamo.with_timeouts(timeouts());
        Self { dynamo }
    }

    async fn get(
        &self,
        tenant: &TenantId,
        id: &OrderId,
    ) -> Result<Order, ServiceError> {
        let mut call = self.dynamo.call("GetItem");
        let request = self
            .dynamo
            .client
            .get_item()
            .table_name(&*self.dynamo.table)
            .set_key(Some(table::order_key(tenant, id)))
            .send();
        let found = call.send(request).await?.item;
        call.consumed(found.iter().len());
        let item = found.ok_or(ServiceError::NotFound("order"))?;
        table::read_order(item).map_err(ServiceError::internal)
    }
}

/// A minute more than any answer ever took.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(60))
        .read_timeout(Duration::from_secs(60))
        .build()
}
