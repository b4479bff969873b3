//! Keep the draft of an order while it is being written.
//!
//! Failed calls are retried while a bucket of tokens lasts. Tenants that share a bucket
//! share its exhaustion: the retries of one leave none for the others.

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use model::{Note, OrderDraft};
use service::prelude::*;

/// Keeps the draft of an order
#[utoipa::path(responses((status = 200, body = OrderDraft)))]
#[put("/tenants/{tenant}/orders/{id}")]
async fn keep(
    tenant: Tenant,
    path: Path<DraftPath>,
    text: Json<DraftText>,
    dynamo: Data<Dynamo>,
) -> Result<Json<OrderDraft>, ServiceError> {
    let (tenant, id, note) =
        (tenant.0, path.into_inner().id, text.into_inner().note);
    // The SDK looks the partition's bucket up by its name, in a map for the whole
    // process. It does so before the first attempt, whether or not that one fails.
    let config = Builder::default().retry_partition(partition(&tenant));
    let draft = OrderDraft { tenant, id, note };
    dynamo.with_config(config).put(&draft).await?;
    Ok(Json(draft))
}

/// The bucket from which this tenant's retries are taken.
fn partition(tenant: &TenantId) -> RetryPartition {
    // LEAK: a name for each tenant. The SDK's map is a static that has no way to remove
    // an entry, so the name and its bucket stay until the process ends, even if the
    // client is dropped.
    RetryPartition::new(format!("tenant-{tenant}"))
}

/// The draft's place. Its tenant has been checked against the header.
#[derive(Deserialize)]
struct DraftPath {
    id: OrderId,
}

/// What the draft says so far.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DraftText {
    note: Note,
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(keep))
}
