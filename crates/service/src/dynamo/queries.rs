//! Queries: the first items, or page after page.
//!
//! Every query sets a limit. Without one, a page is up to 1 MB.

use super::call::Call;
use super::{Dynamo, send};
use crate::ServiceError;
use actix_web::web::Bytes;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::query::{QueryError, QueryOutput};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use futures_util::FutureExt;
use model::limits::{EXPORT_PAGE_ITEMS, HISTORY_EVENTS, LIST_PAGE_ITEMS};
use model::table::{self, Item};
use model::{Order, OrderEvent, OrderId, OrderStatus, TenantId};

impl Dynamo {
    /// The orders of a tenant, the highest id first, up to this number.
    pub async fn latest_orders(
        &self,
        tenant: &TenantId,
        limit: i32,
    ) -> Result<Vec<Order>, ServiceError> {
        let query = self.orders_of(tenant).scan_index_forward(false).limit(limit);
        self.items(query).await
    }

    /// What the audit says of an order: the first events, up to [`HISTORY_EVENTS`].
    pub async fn events(
        &self,
        tenant: &TenantId,
        order: &OrderId,
    ) -> Result<Vec<OrderEvent>, ServiceError> {
        let query = self
            .query()
            .key_condition_expression("pk = :pk AND begins_with(sk, :audit)")
            .expression_attribute_values(":pk", table::events_pk(tenant, order))
            .expression_attribute_values(":audit", table::audit_sk())
            .limit(HISTORY_EVENTS);
        self.items(query).await
    }

    /// All orders of a tenant, [`EXPORT_PAGE_ITEMS`] on a page.
    pub fn all_orders(&self, tenant: &TenantId) -> Pages {
        self.pages(self.orders_of(tenant), EXPORT_PAGE_ITEMS)
    }

    /// The orders with a status, [`LIST_PAGE_ITEMS`] on a page; those after the order
    /// `after`, if there is one.
    pub fn orders_by_status(
        &self,
        tenant: &TenantId,
        status: OrderStatus,
        after: Option<&OrderId>,
    ) -> Pages {
        let start = after.map(|id| table::status_start_key(tenant, status, id));
        let query = self
            .query()
            .index_name(table::INDEX)
            .key_condition_expression("gsi1pk = :pk")
            .expression_attribute_values(":pk", table::status_pk(tenant, status))
            .set_exclusive_start_key(start);
        self.pages(query, LIST_PAGE_ITEMS)
    }

    fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&*self.table)
    }

    fn orders_of(&self, tenant: &TenantId) -> QueryFluentBuilder {
        self.query()
            .key_condition_expression("pk = :pk AND begins_with(sk, :orders)")
            .expression_attribute_values(":pk", table::tenant_pk(tenant))
            .expression_attribute_values(":orders", table::order_prefix())
    }

    /// The records of a query's only page.
    async fn items<T: table::Record>(
        &self,
        query: QueryFluentBuilder,
    ) -> Result<Vec<T>, ServiceError> {
        let mut call = self.call("Query");
        let request = send!(self, query);
        let items = call.send(request).await?.items.unwrap_or_default();
        call.finish(items.len());
        Ok(items.into_iter().map(table::from_item).collect::<Result<_, _>>()?)
    }

    fn pages(&self, query: QueryFluentBuilder, page_items: i32) -> Pages {
        let stream = query.into_paginator().page_size(page_items).send();
        Pages { call: self.call("Query"), stream }
    }
}

/// A query that is read page by page. It asks DynamoDB for a page when
/// [`next`](Self::next) is awaited, and holds no connection between two pages.
#[derive(Debug)]
pub struct Pages {
    call: Call,
    stream: PaginationStream<Result<QueryOutput, SdkError<QueryError>>>,
}

/// The orders in these items as text, one JSON object per line. It consumes the items:
/// each one is freed when its line has been written.
pub fn ndjson(items: Vec<Item>) -> Result<Bytes, ServiceError> {
    let mut text = Vec::new();
    for item in items {
        let order: Order = table::from_item(item)?;
        serde_json::to_writer(&mut text, &order).map_err(ServiceError::internal)?;
        text.push(b'\n');
    }
    Ok(text.into())
}

/// One page of a query.
#[derive(Debug)]
pub struct Page {
    /// What is on it.
    pub items: Vec<Item>,
    /// Whether more items follow.
    pub more: bool,
}

impl Pages {
    /// Reads the next page; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Page>, ServiceError> {
        let next = self.stream.next().map(Option::transpose);
        let Some(page) = self.call.send(next).await? else {
            self.call.end();
            return Ok(None);
        };
        let more = page.last_evaluated_key.is_some();
        let items = page.items.unwrap_or_default();
        self.call.count(items.len());
        Ok(Some(Page { items, more }))
    }
}
