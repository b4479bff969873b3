//! Export all orders of a tenant, one JSON object per line (NDJSON).
//!
//! DynamoDB returns one page at a time, and the client reads one line at a time. How
//! many pages are in memory between the two is up to the service.

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
    // LEAK: the response begins after the last page. Until then every order that the
    // tenant has is in `items`, and each concurrent export has its own `items`.
    let mut items = Vec::new();
    while let Some(page) = next_page(&mut pages).await? {
        // An item is a hash map with a heap block for each attribute, so it takes
        // several times the bytes that DynamoDB counts.
        items.extend(page);
    }
    // The same orders once more, as text. The response owns it until the client has
    // read the last byte, which a slow client can delay without limit. The permit
    // ends before that.
    drop(permit);
    Ok(response.body(ndjson(items)?))
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
