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
use service::{Context, Dynamo, Problem, ServiceError};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use utoipa::ToSchema;

/// How many articles are listed.
const LISTED: usize = 10;

/// How long to wait for a turn. Nothing but a connection waits: there is no body.
const PATIENCE: Duration = Duration::from_secs(5);

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
    at_once_max: usize,
    places: Arc<Semaphore>,
    /// Whether all turns were taken since the allocator last gave memory back.
    crowded: Arc<AtomicBool>,
}

/// Leave to count, until it is dropped.
struct Turn {
    at_once_max: usize,
    permit: OwnedSemaphorePermit,
    crowded: Arc<AtomicBool>,
}

impl Counter {
    pub(crate) fn new(context: &Context) -> Self {
        let at_once_max = context.limits.counts_at_once_max;
        let places = Arc::new(Semaphore::new(at_once_max));
        Self { at_once_max, places, crowded: Arc::default() }
    }

    async fn turn(&self) -> Result<Turn, ServiceError> {
        let Self { at_once_max, places, crowded } = self;
        let permit = timeout(PATIENCE, Arc::clone(places).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok);
        let permit = permit.ok_or(ServiceError::Overloaded)?;
        crowded.fetch_or(places.available_permits() == 0, Relaxed);
        Ok(Turn { at_once_max: *at_once_max, permit, crowded: Arc::clone(crowded) })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // FIX: a few count at a time, so a burst takes what a few take. And when the
        // last of a crowd is done, the allocator is told that it may give back.
        let free = self.permit.semaphore().available_permits();
        if free + 1 == self.at_once_max && self.crowded.swap(false, Relaxed) {
            heap::alloc::trim();
        }
    }
}
