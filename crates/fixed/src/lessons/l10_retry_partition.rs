//! Keep the draft of an order while it is being written.
//!
//! A call that fails may be tried again while a bucket of tokens lasts. Tenants who
//! share a bucket also share bad times: the retries of one leave none to the others.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, put};
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use model::limits::NOTE_BYTES_MAX;
use model::{OrderDraft, OrderId, TenantId, table};
use serde::Deserialize;
use service::{Dynamo, Problem, ServiceError};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use utoipa::ToSchema;

/// What the order says so far.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Writing {
    note: String,
}

/// Keeps the draft of an order
#[utoipa::path(
    params(("tenant" = String, Path), ("id" = String, Path)),
    request_body = Writing,
    responses(
        (status = 200, body = OrderDraft),
        (status = 400, body = Problem, content_type = "application/problem+json"),
    )
)]
#[put("/tenants/{tenant}/orders/{id}")]
pub(crate) async fn keep(
    path: Path<(TenantId, OrderId)>,
    writing: Json<Writing>,
    dynamo: Data<Dynamo>,
) -> Result<Json<OrderDraft>, ServiceError> {
    let (tenant, id) = path.into_inner();
    let note = writing.into_inner().note;
    if note.len() > NOTE_BYTES_MAX {
        let detail = format!("the note is longer than {NOTE_BYTES_MAX} bytes");
        return Err(ServiceError::Invalid(detail));
    }
    let draft = OrderDraft { tenant, id, note };
    let item = table::draft_item(&draft).map_err(ServiceError::internal)?;

    let mut call = dynamo.call("PutItem");
    let request = dynamo
        .client
        .put_item()
        .table_name(&*dynamo.table)
        .set_item(Some(item))
        .customize()
        .config_override(
            Builder::default().retry_partition(partition(&draft.tenant)),
        )
        .send();
    call.send(request).await?;
    call.consumed(1);
    Ok(Json(draft))
}

/// Whose retries count together with this tenant's.
fn partition(tenant: &TenantId) -> RetryPartition {
    // FIX: a few names, chosen by hash. A tenant in trouble takes retries from an
    // eighth of the others, and there are never more than eight buckets.
    const PARTITIONS: [&str; 8] = [
        "drafts-0", "drafts-1", "drafts-2", "drafts-3", "drafts-4", "drafts-5",
        "drafts-6", "drafts-7",
    ];
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(tenant);
    RetryPartition::new(PARTITIONS[hash as usize % PARTITIONS.len()])
}
