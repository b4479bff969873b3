//! Quote the shipping of an order within the time that the caller has left.
//!
//! The caller has a deadline too, and sends what is left of it in `x-budget-ms`. Work
//! after that moment is wasted: nobody waits for its result.

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use service::prelude::*;
use std::time::{Duration, Instant};

/// Quotes the shipping of an order
#[utoipa::path(
    params(
        Tenant,
        ("x-budget-ms" = Option<u64>, Header, description = "Time left for the answer"),
    ),
    responses((status = 200, body = Quote))
)]
#[get("/orders/{id}/quote")]
async fn quote(
    tenant: Tenant,
    id: Path<OrderId>,
    request: HttpRequest,
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
) -> Result<Json<Quote>, ServiceError> {
    // The moment when the caller gives up.
    let deadline = Instant::now() + budget(&request, &limits)?;
    let timeouts = Builder::default().timeout_config(time_left(deadline)?);
    // The settings apply to this call only, on top of the client's own.
    let order = dynamo.with_config(timeouts).order(&tenant, &id).await?;
    Ok(Json(Quote::of(order)))
}

/// The time until the deadline, as a setting of the SDK. It is measured in nanoseconds,
/// so nearly every call has a different one.
fn time_left(deadline: Instant) -> Result<TimeoutConfig, ServiceError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(ServiceError::Timeout);
    }
    // LEAK: the SDK's HTTP client keeps a connector for each pair of connect and read
    // timeout that it ever saw, in a map that nothing empties. A connector has its own
    // connection pool, TLS configuration and copy of all root certificates.
    Ok(TimeoutConfig::builder().read_timeout(left).build())
}

/// Header with the caller's remaining time, in milliseconds.
const BUDGET_HEADER: &str = "x-budget-ms";

/// The caller's budget, if it sends one, and at most the operator's.
fn budget(request: &HttpRequest, limits: &Limits) -> Result<Duration, ServiceError> {
    let most = Duration::from_millis(limits.quote_budget_ms);
    let Some(header) = request.headers().get(BUDGET_HEADER) else { return Ok(most) };
    let given = header.to_str().ok().and_then(|text| text.parse().ok());
    let detail = || format!("{BUDGET_HEADER} must be a number of milliseconds");
    let given = given.ok_or_else(|| ServiceError::Invalid(detail()))?;
    Ok(most.min(Duration::from_millis(given)))
}

/// What it costs to ship an order.
#[derive(Serialize, ToSchema)]
struct Quote {
    id: OrderId,
    goods_cents: u64,
    shipping_cents: u64,
}

impl Quote {
    /// 4.90 for the parcel and 0.35 for each piece in it.
    fn of(order: Order) -> Self {
        let shipping_cents = 490 + 35 * order.pieces();
        Self { goods_cents: order.total_cents(), id: order.id, shipping_cents }
    }
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(quote))
}
