//! List the bestsellers. The service reads every order of the tenant and keeps none.
//!
//! A burst of such requests needs memory from the system. The allocator decides whether
//! the system gets it back.

use model::Name;
use service::prelude::*;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;
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

/// Counts orders, for as many requests as there are.
struct Counter {
    limits: Data<Limits>,
}

/// Permission to count, until it is dropped.
struct Permit;

impl Counter {
    fn new(context: &Context) -> Self {
        Self { limits: context.limits.clone() }
    }

    async fn permit(&self) -> Result<Permit, ServiceError> {
        // LEAK: none. Every page is freed, and still the process stays as large as in
        // its largest burst. All requests count at the same time, so the allocator needs
        // pages of memory for all of them. Afterwards it keeps those pages in its free
        // lists for the next burst.
        Ok(Permit)
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

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(bestsellers))
        .state(Data::new(Counter::new(context)))
}
