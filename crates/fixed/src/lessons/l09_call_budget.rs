//! Quote the shipping of an order within the time that the caller has left.
//!
//! Whoever calls this service has a deadline of its own and sends what is left of
//! it along. Work beyond that moment is work for nobody.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, Result, get};
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use model::{Order, OrderId, table};
use serde::Serialize;
use service::extract::Tenant;
use service::{Dynamo, Limits, Problem, ServiceError};
use std::time::{Duration, Instant};
use utoipa::ToSchema;

/// Header with the caller's remaining time, in milliseconds.
const BUDGET_HEADER: &str = "x-budget-ms";

/// What shipping an order costs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Quote {
    #[schema(value_type = String)]
    id: OrderId,
    goods_cents: u64,
    shipping_cents: u64,
}

/// Quotes the shipping of an order
#[utoipa::path(
    params(
        ("id" = String, Path),
        ("x-tenant" = String, Header),
        ("x-budget-ms" = Option<u64>, Header, description = "Time left for the answer"),
    ),
    responses(
        (status = 200, body = Quote),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 504, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders/{id}/quote")]
pub(crate) async fn quote(
    tenant: Tenant,
    id: Path<OrderId>,
    request: HttpRequest,
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
) -> Result<Json<Quote>, ServiceError> {
    let deadline = Instant::now() + budget(&request, &limits)?;

    let mut call = dynamo.call("GetItem");
    let request = dynamo
        .client
        .get_item()
        .table_name(&*dynamo.table)
        .set_key(Some(table::order_key(&tenant.0, &id)))
        .customize()
        .config_override(Builder::default().timeout_config(time_left(deadline)?))
        .send();
    let found = call.send(request).await?.item;
    call.consumed(found.iter().len());

    let item = found.ok_or(ServiceError::NotFound("order"))?;
    let order = table::read_order(item).map_err(ServiceError::internal)?;
    Ok(Json(Quote::of(order)))
}

/// What is left until the deadline, as the SDK wants to be told.
fn time_left(deadline: Instant) -> Result<TimeoutConfig, ServiceError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(ServiceError::Timeout);
    }
    // FIX: an operation timeout ends the call at the same moment, retries and all,
    // and is watched outside the connector, so one connector serves all durations.
    Ok(TimeoutConfig::builder().operation_timeout(left).build())
}

/// The caller's budget, where it names one, within the operator's.
fn budget(request: &HttpRequest, limits: &Limits) -> Result<Duration, ServiceError> {
    let own = Duration::from_millis(limits.quote_budget_ms);
    let Some(header) = request.headers().get(BUDGET_HEADER) else { return Ok(own) };
    let given = header.to_str().ok().and_then(|text| text.parse().ok());
    let detail = || format!("{BUDGET_HEADER} must be a number of milliseconds");
    let given = given.ok_or_else(|| ServiceError::Invalid(detail()))?;
    Ok(own.min(Duration::from_millis(given)))
}

impl Quote {
    /// 4.90 for the parcel and 0.35 for each piece in it.
    fn of(order: Order) -> Self {
        let shipping_cents = 490 + 35 * order.pieces();
        Self { goods_cents: order.total_cents(), id: order.id, shipping_cents }
    }
}
