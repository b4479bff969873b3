//! Export all orders of a tenant, one JSON object per line (NDJSON).
//!
//! DynamoDB returns one page at a time, and the client reads one line at a time. How
//! many pages are in memory between the two is up to the service.

use futures_util::{StreamExt, stream};
use model::table::Item;
use service::dynamo::{Pages, ndjson};
use service::prelude::*;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Exports all orders of a tenant, an order a line
#[utoipa::path(
    params(Tenant),
    responses((status = 200, body = Order, content_type = "application/x-ndjson"))
)]
#[get("/orders/export")]
async fn export(
    tenant: Tenant,
    dynamo: Data<Dynamo>,
    exports: Data<Exports>,
) -> Result<HttpResponse, ServiceError> {
    let permit = exports.admit()?;
    // Nothing is read yet: each `next` asks DynamoDB for one page of 100 orders.
    let mut pages = dynamo.all_orders(&tenant);
    let mut response = HttpResponse::Ok();
    response.content_type("application/x-ndjson");
    // The first page is awaited here, while an error can still become a status.
    let first = next_page(&mut pages).await?.map(ndjson).transpose()?;
    // FIX: the other pages follow while the response is sent. The stream reads the next
    // page when actix polls it, and actix polls it when the client has taken most of
    // the last one. A slow client thus slows the reading down, and one page is in
    // memory, however large the table is.
    let rest =
        stream::try_unfold((pages, permit), |(mut pages, permit)| async move {
            let text = next_page(&mut pages).await?.map(ndjson).transpose()?;
            // The text goes to the client, the rest to the next round.
            Ok::<_, ServiceError>(text.map(|text| (text, (pages, permit))))
        });
    // If the client leaves, actix drops the stream, and with it the query and the permit.
    Ok(response.streaming(stream::iter(first.map(Ok)).chain(rest)))
}

/// The items of the next page; `None` after the last one.
async fn next_page(pages: &mut Pages) -> Result<Option<Vec<Item>>, ServiceError> {
    Ok(pages.next().await?.map(|page| page.items))
}

/// One permit for each export that may be under way.
struct Exports(Arc<Semaphore>);

impl Exports {
    fn admit(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        let permit = Arc::clone(&self.0).try_acquire_owned();
        permit.map_err(|_| ServiceError::Overloaded)
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let exports =
        Exports(Arc::new(Semaphore::new(context.limits.exports_at_once_max)));
    Lesson::new(|app| app.service(export)).state(Data::new(exports))
}
