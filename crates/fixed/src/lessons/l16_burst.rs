//! List the bestsellers. The service reads every order of the tenant and keeps none.
//!
//! A burst of such requests needs memory from the system. The allocator decides whether
//! the system gets it back.

use service::prelude::*;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Lists the articles that a tenant sold most of
#[utoipa::path(params(Tenant), responses((status = 200, body = [Bestseller])))]
#[get("/orders/bestsellers")]
async fn bestsellers(
    tenant: Tenant,
    dynamo: Data<Dynamo>,
    counter: Data<Counter>,
) -> Result<Json<Vec<Bestseller>>, ServiceError> {
    // Held until the last page has been counted.
    let permit = counter.permit().await?;
    let mut pages = dynamo.all_orders(&tenant);
    let mut pieces: HashMap<String, u64> = HashMap::new();
    // One page of 100 orders is in memory, several hundred kilobytes. Each concurrent
    // request has its own page.
    while let Some(page) = pages.next().await? {
        for item in page.items {
            // A copy of the order, which is freed before the next one is made.
            let order: Order = table::from_item(item)?;
            for line in order.lines {
                *pieces.entry(line.sku).or_default() += u64::from(line.quantity);
            }
        }
    }
    // Everything but the ten lines of the answer is freed here.
    drop((pages, permit));
    Ok(Json(top_ten(pieces)))
}

/// An article, and how many pieces of it were sold.
#[derive(Serialize, ToSchema)]
struct Bestseller {
    sku: String,
    pieces: u64,
}

fn top_ten(pieces: HashMap<String, u64>) -> Vec<Bestseller> {
    let mut all: Vec<_> =
        pieces.into_iter().map(|(sku, pieces)| Bestseller { sku, pieces }).collect();
    all.sort_unstable_by(|a, b| {
        (Reverse(a.pieces), &a.sku).cmp(&(Reverse(b.pieces), &b.sku))
    });
    all.truncate(10);
    all
}

/// How many requests may count at the same time.
struct Counter {
    permits_max: usize,
    /// A few, so that a burst of any size has a few pages in memory.
    permits: Arc<Semaphore>,
    /// Whether all permits were in use since memory was last returned.
    crowded: Arc<AtomicBool>,
}

/// Permission to count, until it is dropped.
struct Permit {
    permits_max: usize,
    permit: OwnedSemaphorePermit,
    crowded: Arc<AtomicBool>,
}

impl Counter {
    fn new(context: &Context) -> Self {
        let permits_max = context.limits.counts_at_once_max;
        let permits = Arc::new(Semaphore::new(permits_max));
        Self { permits_max, permits, crowded: Arc::default() }
    }

    async fn permit(&self) -> Result<Permit, ServiceError> {
        // Waiting requests have no body, so five seconds of them are only connections.
        let wait = Arc::clone(&self.permits).acquire_owned();
        let permit = timeout(Duration::from_secs(5), wait).await;
        let permit = permit.ok().and_then(Result::ok);
        let permit = permit.ok_or(ServiceError::Overloaded)?;
        self.crowded.fetch_or(self.permits.available_permits() == 0, Relaxed);
        let crowded = Arc::clone(&self.crowded);
        Ok(Permit { permits_max: self.permits_max, permit, crowded })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // FIX: a few requests count at the same time, so a burst needs the memory of a
        // few. When the last one of a crowd is done, the allocator returns its free
        // pages to the system. That takes milliseconds, hence only after a crowd.
        let free = self.permit.semaphore().available_permits();
        if free + 1 == self.permits_max && self.crowded.swap(false, Relaxed) {
            heap::alloc::trim();
        }
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(bestsellers))
        .state(Data::new(Counter::new(context)))
}
