//! "Stream it": the export is sent through a channel while it is read, and the channel
//! has no bound.
//!
//! Reading from DynamoDB is faster than most clients. What the client has not taken lies
//! in the channel: the whole table, as before, in another place.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, Result, get, rt};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::{QueryError, QueryOutput};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use futures_util::stream;
use model::TenantId;
use model::limits::EXPORT_PAGE_ITEMS;
use model::table::{self, Item};
use service::extract::Tenant;
use service::{Call, Dynamo, ServiceError};
use tokio::sync::mpsc::unbounded_channel;

#[get("/orders/export")]
pub(crate) async fn export(
    tenant: Tenant,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let mut export = Export::begin(&dynamo, &tenant.0);
    let (sender, receiver) = unbounded_channel();
    rt::spawn(async move {
        loop {
            let page =
                export.next_page().await.and_then(|p| p.map(lines).transpose());
            let Some(page) = page.transpose() else { return };
            if sender.send(page).is_err() {
                return;
            }
        }
    });
    let chunks = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    Ok(HttpResponse::Ok().content_type("application/x-ndjson").streaming(chunks))
}

/// An export under way.
struct Export {
    call: Call,
    /// Asks DynamoDB for a page when it is polled, and not before.
    pages: PaginationStream<Result<QueryOutput, SdkError<QueryError>>>,
}

impl Export {
    fn begin(dynamo: &Dynamo, tenant: &TenantId) -> Self {
        let pages = dynamo
            .client
            .query()
            .table_name(&*dynamo.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :orders)")
            .expression_attribute_values(":pk", table::tenant_pk(tenant))
            .expression_attribute_values(":orders", table::order_prefix())
            .into_paginator()
            .page_size(EXPORT_PAGE_ITEMS)
            .send();
        Self { call: dynamo.call("Query"), pages }
    }

    /// The items of the next page; `None` after the last one.
    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, ServiceError> {
        let page = self.call.page(self.pages.next()).await?;
        let items = page.map(|page| page.items.unwrap_or_default());
        items.iter().for_each(|items| self.call.count(items.len()));
        Ok(items)
    }
}

/// The orders in these items as text, a line each.
fn lines(items: Vec<Item>) -> Result<Bytes, ServiceError> {
    let mut text = Vec::new();
    for item in items {
        let order = table::read_order(item).map_err(ServiceError::internal)?;
        serde_json::to_writer(&mut text, &order).map_err(ServiceError::internal)?;
        text.push(b'\n');
    }
    Ok(text.into())
}
