//! Mark an order as seen, while the database throttles: the SDK retries.
//!
//! Between two attempts the SDK keeps one copy of the request, which it sends again. The
//! response of the attempt before is dropped.

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use model::{LongText, Name, Seen};
use service::prelude::*;
use std::time::Duration;

/// Marks an order as seen
#[utoipa::path(params(Tenant), responses((status = 204)))]
#[put("/orders/{id}/seen")]
async fn see(
    tenant: Tenant,
    id: Path<OrderId>,
    mark: Json<Mark>,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let Mark { desk, attachment } = mark.into_inner();
    let (tenant, order) = (tenant.0, id.into_inner());
    let seen = Seen { tenant, order, desk, attachment };
    let item = table::to_item(&seen)?;
    // From here on, the request to DynamoDB is the only copy of the attachment.
    drop(seen);
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
struct Mark {
    /// The clerk's desk
    desk: Name,
    /// What the clerk attached, as text
    attachment: LongText,
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(see))
}
