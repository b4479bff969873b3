//! Take an order's attachment and tell what kind of file it is, from its first bytes:
//! the rest of the upload is dropped while it is still on its way.
//!
//! Actix reads no further ahead than its buffers hold, and ends a connection whose
//! body nobody wants.

use actix_multipart::Multipart;
use actix_web::web::{Data, Json, Path, Payload};
use actix_web::{HttpRequest, Result, post};
use futures_util::TryStreamExt;
use model::{OrderId, table};
use serde::Serialize;
use service::extract::Tenant;
use service::{Dynamo, Problem, ServiceError};
use utoipa::ToSchema;

/// Bytes at a file's beginning that tell its kind.
const MAGIC_BYTES: usize = 8;

/// What a file is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    #[schema(value_type = String)]
    order: OrderId,
    /// The name that the client gave it
    name: Option<String>,
    kind: &'static str,
}

/// Tells what kind of file an attachment is
#[utoipa::path(
    params(("id" = String, Path), ("x-tenant" = String, Header)),
    request_body(content = String, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Preview),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/orders/{id}/attachments")]
pub(crate) async fn attach(
    tenant: Tenant,
    id: Path<OrderId>,
    request: HttpRequest,
    body: Payload,
    dynamo: Data<Dynamo>,
) -> Result<Json<Preview>, ServiceError> {
    let order = id.into_inner();
    find(&dynamo, &tenant, &order).await?;

    let mut form = Multipart::new(request.headers(), body);
    let file = form.try_next().await.map_err(invalid)?;
    let mut file = file.ok_or_else(|| {
        ServiceError::Invalid("the form must have a field with a file".to_owned())
    })?;
    let mut head = Vec::new();
    while head.len() < MAGIC_BYTES {
        let Some(chunk) = file.try_next().await.map_err(invalid)? else { break };
        head.extend(chunk.iter().take(MAGIC_BYTES - head.len()));
    }
    let given = file.content_disposition();
    let name = given.and_then(|given| given.get_filename()).map(str::to_owned);
    // Most of the file is still on its way. This is where it is dropped.
    drop(file);
    drop(form);

    Ok(Json(Preview { order, name, kind: kind(&head) }))
}

/// Whether there is such an order to attach something to.
async fn find(
    dynamo: &Dynamo,
    tenant: &Tenant,
    order: &OrderId,
) -> Result<(), ServiceError> {
    let mut call = dynamo.call("GetItem");
    let request = dynamo
        .client
        .get_item()
        .table_name(&*dynamo.table)
        .set_key(Some(table::order_key(&tenant.0, order)))
        .projection_expression("pk")
        .send();
    let found = call.send(request).await?.item;
    call.consumed(found.iter().len());
    found.map(drop).ok_or(ServiceError::NotFound("order"))
}

fn invalid(error: actix_multipart::MultipartError) -> ServiceError {
    ServiceError::Invalid(format!("the form is not as expected: {error}"))
}

/// The media type of a file that begins like this.
fn kind(head: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 4] = [
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"PK\x03\x04", "application/zip"),
    ];
    let known = KINDS.iter().find(|(magic, _)| head.starts_with(magic));
    known.map_or("application/octet-stream", |(_, kind)| kind)
}
