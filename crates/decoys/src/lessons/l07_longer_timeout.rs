//! "It times out under load, so give it more time": a read timeout of a minute.
//!
//! Every call ends now, which is better than none. Until then, each request is held for
//! a minute: memory holds the arrivals of a whole minute, and again for each further
//! attempt.

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use service::prelude::*;
use std::time::Duration;

#[get("/orders/{id:[^/]*[0-9][^/]*}")]
async fn look_up(
    tenant: Tenant,
    id: Path<OrderId>,
    orders: Data<Orders>,
) -> Result<Json<Order>, ServiceError> {
    let order = orders.0.order(&tenant, &id).await?;
    Ok(Json(order))
}

/// Access to the orders, with timeouts for this route.
struct Orders(Dynamo);

/// More time than any response ever took.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(60))
        .read_timeout(Duration::from_secs(60))
        .build()
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let orders = Orders(context.dynamo.with_timeouts(timeouts()));
    Lesson::new(|app| app.map(|app| app.service(look_up))).state(Data::new(orders))
}
