//! Return a tenant's last order, read with that tenant's credentials.
//!
//! With a role for its tenants, DynamoDB itself refuses access to other tenants' orders.
//! (Here the roles are missing, so that every engine takes part: each tenant's
//! credentials are loaded and cached for that tenant, and are the service's own.)

use aws_sdk_dynamodb::config::Builder;
use model::Timestamp;
use service::prelude::*;

/// Returns a tenant's last order
#[utoipa::path(responses((status = 200, body = Summary)))]
#[get("/tenants/{tenant}/summary")]
async fn summary(
    tenant: Tenant,
    tenants: Data<Tenants>,
) -> Result<Json<Summary>, ServiceError> {
    let dynamo = tenants.dynamo_for(&tenant);
    let order = dynamo.latest_orders(&tenant, 1).await?.pop();
    let order = order.ok_or(ServiceError::NotFound("order of this tenant"))?;
    Ok(Json(Summary {
        total_cents: order.total_cents(),
        tenant: order.tenant,
        last_order: order.id,
        placed_at: order.placed_at,
    }))
}

/// The order of a tenant with the highest id.
#[derive(Serialize, ToSchema)]
struct Summary {
    tenant: TenantId,
    last_order: OrderId,
    placed_at: Timestamp,
    total_cents: u64,
}

/// Access to the data of single tenants.
struct Tenants {
    dynamo: Data<Dynamo>,
}

impl Tenants {
    fn new(context: &Context) -> Self {
        Self { dynamo: context.dynamo.clone() }
    }

    /// The table, reached with this tenant's credentials.
    fn dynamo_for(&self, tenant: &TenantId) -> Dynamo {
        let credentials = self.dynamo.tenant_credentials(tenant);
        // FIX: one client for all tenants. Only the signature of a request depends on
        // the tenant, and the signature takes its credentials from the call.
        let config = Builder::default().credentials_provider(credentials);
        // The configuration lives as long as the call: the caller drops the result of
        // this function with everything in it, and no map has heard of the tenant.
        self.dynamo.with_config(config)
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(summary)).state(Data::new(Tenants::new(context)))
}
