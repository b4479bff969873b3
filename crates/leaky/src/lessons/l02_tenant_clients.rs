//! Return a tenant's last order, read with that tenant's credentials.
//!
//! With a role for its tenants, DynamoDB itself refuses access to other tenants' orders.
//! (Here the roles are missing, so that every engine takes part: each tenant's
//! credentials are loaded and cached for that tenant, and are the service's own.)

use aws_sdk_dynamodb::Client;
use model::Timestamp;
use service::prelude::*;
use std::collections::HashMap;
use std::sync::Mutex;

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
    /// A client for each tenant. The first request of a tenant inserts it, and nothing
    /// removes it.
    clients: Mutex<HashMap<TenantId, Client>>,
}

impl Tenants {
    fn new(context: &Context) -> Self {
        Self { dynamo: context.dynamo.clone(), clients: Mutex::default() }
    }

    /// The table, reached with this tenant's credentials.
    fn dynamo_for(&self, tenant: &TenantId) -> Dynamo {
        let credentials = self.dynamo.tenant_credentials(tenant);
        // LEAK: the map keeps a client for each tenant that ever came. The credentials
        // are small. What comes with a separate client is not: a connection pool, a TLS
        // configuration and a copy of all root certificates.
        let mut clients = lock(&self.clients);
        let client = clients.entry(tenant.clone()).or_insert_with(|| {
            let config = self.dynamo.separate_config();
            Client::from_conf(config.credentials_provider(credentials).build())
        });
        // The pool closes its idle connection after 90 seconds, so open sockets go down
        // again. The pool, the certificates and the entry stay.
        self.dynamo.with_client(client.clone())
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(summary)).state(Data::new(Tenants::new(context)))
}
