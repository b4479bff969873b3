//! Look up an order, also while the database is out of order.
//!
//! A call without a deadline lasts as long as the other side lets it last.

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use service::prelude::*;

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
    #[expect(dead_code, reason = "nothing enforces the limit")]
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
        self.dynamo.order(tenant, id).await
    }
}

/// How long the SDK waits for DynamoDB.
fn timeouts() -> TimeoutConfig {
    // LEAK: these are the SDK's defaults. It gives up connecting after 3.1 seconds and
    // limits nothing else, so a DynamoDB that accepts connections and never answers
    // keeps each request, whether or not its client is still there.
    TimeoutConfig::builder().build()
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(look_up)).state(Data::new(Orders::new(context)))
}
