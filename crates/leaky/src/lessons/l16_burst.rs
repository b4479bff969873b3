//! List the bestsellers. The service reads every order of the tenant and keeps none.
//!
//! A burst of such requests needs memory from the system. The allocator decides whether
//! the system gets it back.

use service::prelude::*;
use std::cmp::Reverse;
use std::collections::HashMap;

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
    #[expect(dead_code, reason = "nothing enforces the limits")]
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
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(bestsellers))
        .state(Data::new(Counter::new(context)))
}
