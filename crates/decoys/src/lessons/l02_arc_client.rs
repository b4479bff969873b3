//! "Clients are expensive, so share them": each tenant's client in an `Arc`.
//!
//! A client already is an `Arc`, so this shares what was shared before. What grows is
//! the number of clients, one for each tenant, and the map keeps all of them.

use aws_sdk_dynamodb::Client;
use model::Timestamp;
use service::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

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
#[derive(Serialize)]
struct Summary {
    tenant: TenantId,
    last_order: OrderId,
    placed_at: Timestamp,
    total_cents: u64,
}

/// Access to the data of single tenants.
struct Tenants {
    dynamo: Data<Dynamo>,
    /// A client for each tenant. The first request of a tenant inserts it, and nothing
    /// removes it.
    clients: Mutex<HashMap<TenantId, Arc<Client>>>,
}

impl Tenants {
    fn new(context: &Context) -> Self {
        Self { dynamo: context.dynamo.clone(), clients: Mutex::default() }
    }

    /// The table, reached with this tenant's credentials.
    fn dynamo_for(&self, tenant: &TenantId) -> Dynamo {
        let credentials = self.dynamo.tenant_credentials(tenant);
        let mut clients = lock(&self.clients);
        let client = clients.entry(tenant.clone()).or_insert_with(|| {
            let config = self.dynamo.separate_config();
            let config = config.credentials_provider(credentials).build();
            // A pointer to a pointer. The map keeps the outer one of every tenant.
            Arc::new(Client::from_conf(config))
        });
        self.dynamo.with_client(Client::clone(client))
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.map(|app| app.service(summary)))
        .state(Data::new(Tenants::new(context)))
}
