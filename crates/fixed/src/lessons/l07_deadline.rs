//! Look an order up, also while the database is out of order.
//!
//! A call that has no deadline ends when the other side lets it end.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use model::{Order, OrderId, TenantId, table};
use service::extract::Tenant;
use service::{Context, Dynamo, Limits, Problem, ServiceError};
use std::time::Duration;
use tokio::time::timeout;

/// Looks an order up
#[utoipa::path(
    params(("id" = String, Path), ("x-tenant" = String, Header)),
    responses(
        (status = 200, body = Order),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 504, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders/{id}")]
pub(crate) async fn look_up(
    tenant: Tenant,
    id: Path<OrderId>,
    orders: Data<Orders>,
) -> Result<Json<Order>, ServiceError> {
    let id = id.into_inner();
    orders.find(&tenant.0, &id).await.map(Json)
}

/// The way to the orders.
pub(crate) struct Orders {
    dynamo: Dynamo,
    limits: Limits,
}

impl Orders {
    pub(crate) fn new(context: &Context) -> Self {
        let dynamo = context.dynamo.with_timeouts(timeouts());
        Self { dynamo, limits: context.limits.clone() }
    }

    async fn find(
        &self,
        tenant: &TenantId,
        id: &OrderId,
    ) -> Result<Order, ServiceError> {
        let deadline = Duration::from_millis(self.limits.order_deadline_ms);
        let order = timeout(deadline, self.get(tenant, id)).await;
        order.unwrap_or(Err(ServiceError::Timeout))
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

/// How long to wait for DynamoDB.
fn timeouts() -> TimeoutConfig {
    // FIX: every wait has an end: for the connection, for the first byte, for an
    // attempt, for all of them. The handler's own deadline is above them all, since a
    // job may make several calls.
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(5))
        .build()
}
