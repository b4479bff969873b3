//! Quote the shipping of an order within the time that the caller has left.
//!
//! The caller has a deadline too, and sends what is left of it in `x-budget-ms`. Work
//! after that moment is wasted: nobody waits for its result.

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use model::BudgetMs;
use service::prelude::*;
use std::time::Duration;

/// Quotes the shipping of an order
#[utoipa::path(
    params(
        Tenant,
        ("x-budget-ms" = Option<BudgetMs>, Header, description = "Time left for the answer"),
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
    let budget = header::<BudgetMs>(request.headers(), "x-budget-ms")?;
    // At most the operator's: a caller cannot make the service wait longer.
    let budget = budget.map_or(limits.quote_budget_ms, |given| {
        given.get().min(limits.quote_budget_ms)
    });
    let timeouts = timeouts(Duration::from_millis(budget));
    let timeouts = Builder::default().timeout_config(timeouts);
    // The settings apply to this call only, on top of the client's own.
    let order = dynamo.with_config(timeouts).order(&tenant, &id).await?;
    Ok(Json(Quote::of(order)))
}

/// The budget as a setting of the SDK. Callers have different ones, to the millisecond.
fn timeouts(budget: Duration) -> TimeoutConfig {
    // FIX: an operation timeout is no part of that key. The SDK races the whole call
    // against it, attempts and pauses included, outside the connector. All durations
    // share one connector, and the timer is freed with the call.
    TimeoutConfig::builder().operation_timeout(budget).build()
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
