//! List the bestsellers. Every order of the tenant is read, and nothing of it is kept.
//!
//! What a burst of such requests takes, the allocator takes from the system. Whether the
//! system gets it back is for the allocator to say.

use actix_web::web::{Data, Json};
use actix_web::{Result, get};
use model::limits::EXPORT_PAGE_ITEMS;
use model::table;
use serde::Serialize;
use service::extract::Tenant;
use service::{Context, Dynamo, Limits, Problem, ServiceError};
use std::cmp::Reverse;
use std::collections::HashMap;
use utoipa::ToSchema;

/// How many articles are listed.
const LISTED: usize = 10;

/// An article and how often it was sold.
#[derive(Serialize, ToSchema)]
pub(crate) struct Bestseller {
    sku: String,
    pieces: u64,
}

/// Lists the articles that a tenant sold most of
#[utoipa::path(
    params(("x-tenant" = String, Header)),
    responses(
        (status = 200, body = [Bestseller]),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders/bestsellers")]
pub(crate) async fn bestsellers(
    tenant: Tenant,
    dynamo: Data<Dynamo>,
    counter: Data<Counter>,
) -> Result<Json<Vec<Bestseller>>, ServiceError> {
    let turn = counter.turn().await?;
    let mut call = dynamo.call("Query");
    let mut pages = dynamo
        .client
        .query()
        .table_name(&*dynamo.table)
        .key_condition_expression("pk = :pk AND begins_with(sk, :orders)")
        .expression_attribute_values(":pk", table::tenant_pk(&tenant.0))
        .expression_attribute_values(":orders", table::order_prefix())
        .into_paginator()
        .page_size(EXPORT_PAGE_ITEMS)
        .send();
    let mut pieces: HashMap<String, u64> = HashMap::new();
    while let Some(page) = call.page(pages.next()).await? {
        let items = page.items.unwrap_or_default();
        call.count(items.len());
        for item in items {
            let order = table::read_order(item).map_err(ServiceError::internal)?;
            for line in order.lines {
                *pieces.entry(line.sku).or_default() += u64::from(line.quantity);
            }
        }
    }
    drop((pages, turn));

    let mut all: Vec<_> =
        pieces.into_iter().map(|(sku, pieces)| Bestseller { sku, pieces }).collect();
    all.sort_unstable_by(|a, b| {
        (Reverse(a.pieces), &a.sku).cmp(&(Reverse(b.pieces), &b.sku))
    });
    all.truncate(LISTED);
    Ok(Json(all))
}

/// Who counts.
pub(crate) struct Counter {
    #[expect(dead_code, reason = "lesson 16: nothing enforces the limits")]
    limits: Limits,
}

/// Leave to count, until it is dropped.
struct Turn;

impl Counter {
    pub(crate) fn new(context: &Context) -> Self {
        Self { limits: context.limits.clone() }
    }

    async fn turn(&self) -> Result<Turn, ServiceError> {
        // LEAK: none. All of it is freed, and yet the process stays as large as its
        // largest burst: as many as come count at once, and the allocator keeps the
        // pages for the next time.
        Ok(Turn)
    }
}
