//! "Stream it": the export is sent through a channel while it is read, and the channel
//! is unbounded.
//!
//! DynamoDB is faster than most clients. What the client has not read is in the channel:
//! the whole table, as before, in another place.

use actix_web::rt;
use actix_web::web::Bytes;
use futures_util::stream;
use service::dynamo::{Pages, ndjson};
use service::prelude::*;
use tokio::sync::mpsc::unbounded_channel;

#[get("/orders/export")]
async fn export(
    tenant: Tenant,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let mut pages = dynamo.all_orders(&tenant);
    let (sender, receiver) = unbounded_channel();
    // This task reads as fast as DynamoDB answers. `send` never waits, so nothing tells
    // the task that the client is slower.
    rt::spawn(async move {
        while let Some(text) = next_page(&mut pages).await.transpose() {
            if sender.send(text).is_err() {
                return;
            }
        }
    });
    // actix takes a page from the channel when the client has taken the last one.
    let chunks = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    Ok(HttpResponse::Ok().content_type("application/x-ndjson").streaming(chunks))
}

/// The orders of the next page as text, a line each; `None` after the last page.
async fn next_page(pages: &mut Pages) -> Result<Option<Bytes>, ServiceError> {
    let Some(page) = pages.next().await? else { return Ok(None) };
    ndjson(page.items).map(Some)
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.map(|app| app.service(export)))
}
