//! Mark an order as seen, while the database throttles: the SDK retries.
//!
//! Between two attempts the SDK keeps one copy of the request, which it sends again. The
//! response of the attempt before is dropped.

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use model::Scan;
use service::prelude::*;
use std::time::Duration;

/// Marks an order as seen
#[utoipa::path(params(Tenant), responses((status = 204)))]
#[put("/orders/{id}/seen")]
async fn mark(
    tenant: Tenant,
    id: Path<OrderId>,
    seen: Json<Seen>,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let Seen { desk, attachment } = seen.into_inner();
    check_length("desk", &desk)?;
    let (tenant, order) = (tenant.0, id.into_inner());
    let scan = Scan { tenant, order, sequence: 0, station: desk, note: attachment };
    let item = table::to_item(&scan)?;
    // From here on, the request to DynamoDB is the only copy of the attachment.
    drop(scan);
    // The SDK serialises the item once and keeps the bytes for the next attempt. The
    // bytes and everything else of the call are freed when it ends, so the peak does not
    // depend on the number of attempts.
    let config = Builder::default().retry_config(three_attempts());
    dynamo.with_config(config).put_item(item).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Three attempts in quick succession: somebody waits at a desk.
fn three_attempts() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(20))
}

/// Who has seen an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The clerk's desk
    desk: String,
    /// What the clerk attached, as text
    attachment: String,
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(mark))
}
