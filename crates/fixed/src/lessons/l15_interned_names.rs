//! Report on a tenant's latest orders, under a name that dashboards know it by.
//!
//! The same names come again and again, so each is made once and shared.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use model::limits::LIST_PAGE_ITEMS;
use model::{Order, TenantId, table};
use serde::Serialize;
use service::{Context, Dynamo, Limits, Problem, ServiceError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::ToSchema;

/// The latest orders of a tenant in figures.
#[derive(Serialize, ToSchema)]
pub(crate) struct Report {
    name: String,
    orders: usize,
    total_cents: u64,
}

/// Reports on a tenant's latest orders
#[utoipa::path(
    params(("tenant" = String, Path)),
    responses(
        (status = 200, body = Report),
        (status = 400, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/tenants/{tenant}/report")]
pub(crate) async fn report(
    tenant: Path<TenantId>,
    dynamo: Data<Dynamo>,
    names: Data<Names>,
) -> Result<Json<Report>, ServiceError> {
    let name = names.name(&tenant);
    let orders = latest(&dynamo, &tenant).await?;
    let total_cents = orders.iter().map(Order::total_cents).sum();
    tracing::info!(report = %name, orders = orders.len(), total_cents, "reported");
    Ok(Json(Report { name: name.to_string(), orders: orders.len(), total_cents }))
}

async fn latest(
    dynamo: &Dynamo,
    tenant: &TenantId,
) -> Result<Vec<Order>, ServiceError> {
    let mut call = dynamo.call("Query");
    let request = dynamo
        .client
        .query()
        .table_name(&*dynamo.table)
        .key_condition_expression("pk = :pk AND begins_with(sk, :order)")
        .expression_attribute_values(":pk", table::tenant_pk(tenant))
        .expression_attribute_values(":order", table::order_prefix())
        .scan_index_forward(false)
        .limit(LIST_PAGE_ITEMS)
        .send();
    let items = call.send(request).await?.items.unwrap_or_default();
    call.consumed(items.len());
    let orders = items.into_iter().map(table::read_order).collect();
    let orders: Result<Vec<_>, _> = orders;
    orders.map_err(ServiceError::internal)
}

/// Names of reports, each made once.
pub(crate) struct Names {
    limits: Limits,
    /// Filled by every tenant's first report, emptied when it is full.
    known: Mutex<BTreeSet<Arc<str>>>,
}

impl Names {
    pub(crate) fn new(context: &Context) -> Self {
        Self { limits: context.limits.clone(), known: Mutex::default() }
    }

    /// The name of a tenant's report.
    fn name(&self, tenant: &TenantId) -> Arc<str> {
        let name = format!("reports.tenants.{tenant}.latest-orders");
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known.get(name.as_str()) {
            return Arc::clone(name);
        }
        // FIX: a text is freed with its last owner. When the set is full it starts
        // again, and soon has the names that are asked for now.
        if known.len() >= self.limits.report_names_max {
            known.clear();
        }
        let name: Arc<str> = name.into();
        known.insert(Arc::clone(&name));
        name
    }
}
