//! List the bestsellers. The service reads every order of the tenant and keeps none.
//!
//! A burst of such requests needs memory from the system. The allocator decides whether
//! the system gets it back.

use model::Name;
use service::prelude::*;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Lists the articles that a tenant sold most of
#[utoipa::path(params(Tenant), responses((status = 200, body = [Bestseller])))]
#[get("/orders/bestsellers")]
async fn bestsellers(
    tenant: Tenant,
    dynamo: Data<Dynamo>,
    counter: Data<Counter>,
) -> Result<Json<Vec<Bestseller>>, ServiceError> {
    let deadline = Duration::from_millis(counter.limits.count_deadline_ms);
    // No request waits for a turn, or has one, longer than that: tenants with many orders
    // must not keep the others from counting.
    let counted = timeout(deadline, counter.count(&dynamo, &tenant)).await;
    Ok(Json(top_ten(counted.unwrap_or(Err(ServiceError::Timeout))?)))
}

/// Pieces sold, by article.
type Pieces = HashMap<Name, u64>;

/// An article, and how many pieces of it were sold.
#[derive(Serialize, ToSchema)]
struct Bestseller {
    sku: Name,
    pieces: u64,
}

fn top_ten(pieces: Pieces) -> Vec<Bestseller> {
    let mut all: Vec<_> =
        pieces.into_iter().map(|(sku, pieces)| Bestseller { sku, pieces }).collect();
    all.sort_unstable_by(|a, b| {
        (Reverse(a.pieces), &a.sku).cmp(&(Reverse(b.pieces), &b.sku))
    });
    all.truncate(10);
    all
}

/// Counts orders, for a few requests at a time.
struct Counter {
    limits: Data<Limits>,
    /// A few, so that a burst of any size has a few pages in memory.
    permits: Semaphore,
    /// Whether all permits were in use since memory was last returned.
    crowded: AtomicBool,
    /// Wakes the task that returns memory.
    crowd_left: Arc<Notify>,
}

/// Permission to count, until it is dropped.
struct Permit<'a>(&'a Counter);

impl Counter {
    fn new(context: &Context) -> Self {
        let (limits, crowd_left) = (context.limits.clone(), Arc::default());
        context.background.spawn(return_memory(Arc::clone(&crowd_left)));
        let permits = Semaphore::new(limits.counts_at_once_max);
        Self { limits, permits, crowded: AtomicBool::new(false), crowd_left }
    }

    async fn permit(&self) -> Result<Permit<'_>, ServiceError> {
        // FIX: a few requests count at the same time, so a burst needs the memory of a
        // few. The others wait: they have no body, so they are only connections.
        let wait = Duration::from_millis(self.limits.count_deadline_ms / 2);
        let permit = timeout(wait, self.permits.acquire()).await;
        permit.ok().and_then(Result::ok).ok_or(ServiceError::Overloaded)?.forget();
        self.crowded.fetch_or(self.permits.available_permits() == 0, AcqRel);
        Ok(Permit(self))
    }

    /// Counts all orders of a tenant.
    async fn count(
        &self,
        dynamo: &Dynamo,
        tenant: &TenantId,
    ) -> Result<Pieces, ServiceError> {
        // Held until the last page has been counted.
        let _permit = self.permit().await?;
        let mut pages = dynamo.all_orders(tenant);
        let mut pieces = Pieces::new();
        // One page of 100 orders is in memory, several hundred kilobytes. Each
        // concurrent request has its own page.
        while let Some(page) = pages.next().await? {
            for item in page.items {
                // A copy of the order, which is freed before the next one is made.
                let order: Order = table::from_item(item)?;
                for line in Vec::from(order.lines) {
                    *pieces.entry(line.sku).or_default() += line.quantity.get();
                }
            }
        }
        Ok(pieces)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let Counter { limits, permits, crowded, .. } = self.0;
        // First back, then counted: of permits that come back at the same time, the last
        // one finds all of them there.
        permits.add_permits(1);
        let last = permits.available_permits() == limits.counts_at_once_max;
        if last && crowded.swap(false, AcqRel) {
            self.0.crowd_left.notify_one();
        }
    }
}

/// Returns the allocator's free pages to the system when a crowd has left. After single
/// requests it would be a waste: the next one needs the same pages again.
async fn return_memory(crowd_left: Arc<Notify>) {
    loop {
        crowd_left.notified().await;
        // A walk over the whole heap takes milliseconds, and would stop a worker for so
        // long. If it panics, the next crowd tries again.
        let _ = spawn_blocking(heap::alloc::trim).await;
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(bestsellers))
        .state(Data::new(Counter::new(context)))
}
