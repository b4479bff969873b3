//! Take an order's attachment and return its file type, from the first bytes. The rest
//! of the upload is dropped while it is still arriving.
//!
//! actix reads no further ahead than its buffers allow, and closes a connection whose
//! body is not read to the end.

use actix_multipart::{Multipart, MultipartError};
use actix_web::web::Payload;
use futures_util::TryStreamExt;
use service::prelude::*;

/// Returns the file type of an attachment
#[utoipa::path(
    params(Tenant),
    request_body(content = Form, content_type = "multipart/form-data"),
    responses((status = 200, body = Preview))
)]
#[post("/orders/{id}/attachments")]
async fn attach(
    tenant: Tenant,
    id: Path<OrderId>,
    request: HttpRequest,
    body: Payload,
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
) -> Result<Json<Preview>, ServiceError> {
    let order = dynamo.order(&tenant, &id).await?.id;

    let mut form = Multipart::new(request.headers(), body);
    let invalid = |error| invalid(&error, &limits);
    let mut file = loop {
        let field = form.try_next().await.map_err(invalid)?.ok_or_else(|| {
            ServiceError::Invalid("the form must have a field `file`".to_owned())
        })?;
        if field.name() == Some("file") {
            break field;
        }
    };
    let mut head = Vec::new();
    while head.len() < MAGIC_BYTES {
        // A chunk is what has arrived, up to 32 KiB. Behind it, actix has read up to
        // 128 KiB more. The rest is still with the client, held back by TCP.
        let Some(chunk) = file.try_next().await.map_err(invalid)? else { break };
        head.extend(chunk.iter().take(MAGIC_BYTES - head.len()));
    }
    let given = file.content_disposition();
    let name = given.and_then(|given| given.get_filename()).map(str::to_owned);
    // Most of the file has not arrived. From here on nothing reads it: actix answers,
    // closes the connection, and frees the buffers with it.
    drop((file, form));

    Ok(Json(Preview { order, name, kind: kind(&head) }))
}

/// What the client sends.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read as it arrives")]
struct Form {
    /// The file
    #[schema(value_type = String, format = Binary)]
    file: String,
}

/// A file by its name and type.
#[derive(Serialize, ToSchema)]
struct Preview {
    order: OrderId,
    /// The name that the client gave it
    name: Option<String>,
    kind: &'static str,
}

fn invalid(error: &MultipartError, limits: &Limits) -> ServiceError {
    match error {
        MultipartError::Payload(error) => ServiceError::unreadable(error, limits),
        _ => ServiceError::Invalid(format!("the form is not as expected: {error}")),
    }
}

/// Bytes at the beginning of a file that identify its type.
const MAGIC_BYTES: usize = 8;

/// The media type of a file that begins with these bytes.
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

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(attach))
}
