//! Look up an order, also while the database is out of order.
//!
//! A call without a deadline lasts as long as the other side lets it last.

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use service::prelude::*;
use std::time::Duration;
use tokio::time::timeout;

/// Looks up an order
#[utoipa::path(params(Tenant), responses((status = 200, body = Order)))]
// An id has a digit. The pattern keeps `/orders/feed` and other words for their routes.
#[get("/orders/{id:[^/]*[0-9][^/]*}")]
async fn look_up(
    tenant: Tenant,
    id: Path<OrderId>,
    orders: Data<Orders>,
) -> Result<Json<Order>, ServiceError> {
    // While this waits, the request holds its connection with two buffers, this future,
    // and the SDK call with another connection. actix polls it even if the client has
    // hung up: by default, a closed sending side does not end a request.
    let order = orders.find(&tenant, &id).await?;
    Ok(Json(order))
}

/// Access to the orders, with timeouts for this route.
struct Orders {
    dynamo: Dynamo,
    limits: Data<Limits>,
}

impl Orders {
    fn new(context: &Context) -> Self {
        let dynamo = context.dynamo.with_timeouts(timeouts());
        Self { dynamo, limits: context.limits.clone() }
    }

    async fn find(
        &self,
        tenant: &Tenant,
        id: &OrderId,
    ) -> Result<Order, ServiceError> {
        let deadline = Duration::from_millis(self.limits.order_deadline_ms);
        // When the deadline passes, `timeout` drops the call's future, and with it the
        // connection to the database and everything that the call had allocated.
        timeout(deadline, self.dynamo.order(tenant, id))
            .await
            .unwrap_or(Err(ServiceError::Timeout))
    }
}

/// How long the SDK waits for DynamoDB.
fn timeouts() -> TimeoutConfig {
    // FIX: every wait ends: for the connection, for the first byte of the response, for
    // an attempt, and for all attempts together. The handler has its own deadline above
    // them, since it may make several calls.
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(5))
        .build()
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(look_up)).state(Data::new(Orders::new(context)))
}
