//! Mark an order as seen, through a database that throttles: the SDK tries again.
//!
//! Between two attempts the SDK keeps the request that it will send again, once. What
//! the attempt before it got as an answer is dropped.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, Result, put};
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use model::limits::NOTE_BYTES_MAX;
use model::{OrderId, Scan, table};
use serde::Deserialize;
use service::extract::Tenant;
use service::{Dynamo, Problem, ServiceError};
use std::time::Duration;
use utoipa::ToSchema;

/// Who has seen an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// The clerk's desk
    desk: String,
    /// What the clerk attached, as text
    attachment: String,
}

/// Marks an order as seen
#[utoipa::path(
    params(("id" = String, Path), ("x-tenant" = String, Header)),
    request_body = Seen,
    responses(
        (status = 204),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[put("/orders/{id}/seen")]
pub(crate) async fn mark(
    tenant: Tenant,
    id: Path<OrderId>,
    seen: Json<Seen>,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let Seen { desk, attachment } = seen.into_inner();
    if desk.len() > NOTE_BYTES_MAX {
        let detail = format!("the desk is longer than {NOTE_BYTES_MAX} bytes");
        return Err(ServiceError::Invalid(detail));
    }
    let (tenant, order) = (tenant.0, id.into_inner());
    let scan = Scan { tenant, order, sequence: 0, station: desk, note: attachment };
    let item = table::scan_item(&scan).map_err(ServiceError::internal)?;
    drop(scan);
    let mut call = dynamo.call("PutItem");
    let request = dynamo
        .client
        .put_item()
        .table_name(&*dynamo.table)
        .set_item(Some(item))
        .customize()
        .config_override(Builder::default().retry_config(retries()))
        .send();
    call.send(request).await?;
    call.consumed(1);
    Ok(HttpResponse::NoContent().finish())
}

/// Three attempts, soon one after the other: somebody waits at a desk.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(20))
}
