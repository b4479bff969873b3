//! Export all orders of a tenant, an order a line (NDJSON).
//!
//! DynamoDB gives a page at a time, and the client takes a line at a time. What
//! the service holds in between is its own choice.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, Result, get};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::{QueryError, QueryOutput};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use futures_util::{StreamExt, stream};
use model::TenantId;
use model::limits::EXPORT_PAGE_ITEMS;
use model::table::{self, Item};
use service::extract::Tenant;
use service::{Call, Dynamo, Problem, ServiceError};

/// Exports all orders of a tenant, an order a line
#[utoipa::path(
    params(("x-tenant" = String, Header)),
    responses(
        (status = 200, body = model::Order, content_type = "application/x-ndjson"),
        (status = 502, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders/export")]
pub(crate) async fn export(
    tenant: Tenant,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let mut export = Export::begin(&dynamo, &tenant.0);
    // FIX: the answer begins with the first page. actix asks for the next one when
    // the client has taken most of the last, so one page is here at a time. (The
    // first is awaited, so that an error can still become a status.)
    let first = export.next_page().await?.map(lines).transpose()?;
    let rest = stream::try_unfold(export, |mut export| async move {
        let page = export.next_page().await?.map(lines).transpose()?;
        Ok::<_, ServiceError>(page.map(|text| (text, export)))
    });
    let chunks = stream::iter(first.map(Ok)).chain(rest);
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
