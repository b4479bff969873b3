//! List a page of orders: ask a paginator for one page, drop it, and give the client
//! a cursor to come back with.
//!
//! A paginator asks for a page when it is polled and holds no connection between
//! two of them, so dropping it early ends nothing half way.

use actix_web::web::{Data, Json, Query};
use actix_web::{Result, get};
use model::limits::LIST_PAGE_ITEMS;
use model::{Cursor, OrderId, OrderStatus, table};
use serde::{Deserialize, Serialize};
use service::extract::Tenant;
use service::{Dynamo, Problem, ServiceError};
use utoipa::{IntoParams, ToSchema};

/// Which orders to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Orders with this status
    status: OrderStatus,
    /// Where the page before this one ended
    cursor: Option<String>,
}

/// A page of a listing.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page {
    orders: Vec<Entry>,
    /// What to ask for next; absent after the last page.
    next: Option<String>,
}

/// An order as listings show it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entry {
    #[schema(value_type = String)]
    id: OrderId,
    placed_at: String,
    total_cents: u64,
}

/// Lists orders by status, a page at a time
#[utoipa::path(
    params(Listing, ("x-tenant" = String, Header)),
    responses(
        (status = 200, body = Page),
        (status = 400, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders")]
pub(crate) async fn list(
    tenant: Tenant,
    listing: Query<Listing>,
    dynamo: Data<Dynamo>,
) -> Result<Json<Page>, ServiceError> {
    let Listing { status, cursor } = listing.into_inner();
    let cursor = cursor.map(|text| Cursor::decode(&text, &tenant.0)).transpose();
    let cursor = cursor.map_err(|error| ServiceError::Invalid(error.to_string()))?;
    let start = cursor.map(|c| table::status_start_key(&tenant.0, status, &c.last));

    let mut call = dynamo.call("Query");
    let mut pages = dynamo
        .client
        .query()
        .table_name(&*dynamo.table)
        .index_name(table::INDEX)
        .key_condition_expression("gsi1pk = :pk")
        .expression_attribute_values(":pk", table::status_pk(&tenant.0, status))
        .set_exclusive_start_key(start)
        .into_paginator()
        .page_size(LIST_PAGE_ITEMS)
        .send();
    let page = call.page(pages.next()).await?.unwrap_or_else(|| {
        // A paginator yields at least one page; an empty one is none, too.
        aws_sdk_dynamodb::operation::query::QueryOutput::builder().build()
    });
    let more = page.last_evaluated_key.is_some();
    let items = page.items.unwrap_or_default();
    call.count(items.len());
    // More pages would follow. This is where the paginator is dropped.
    drop(pages);

    let orders = items
        .into_iter()
        .map(|item| table::read_order(item).map(Entry::from))
        .collect::<Result<Vec<_>, _>>()
        .map_err(ServiceError::internal)?;
    let last = orders.last().filter(|_| more).map(|entry| entry.id.clone());
    let next = last.map(|last| Cursor { last }.encode(&tenant.0));
    Ok(Json(Page { orders, next }))
}

impl From<model::Order> for Entry {
    fn from(order: model::Order) -> Self {
        let total_cents = order.total_cents();
        Self { id: order.id, placed_at: order.placed_at, total_cents }
    }
}
