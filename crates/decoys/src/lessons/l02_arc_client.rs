//! "Clients are expensive, so share them": each tenant's client in an `Arc`.
//!
//! A client is an `Arc` already, so this shares what was shared before. What grows is
//! the number of clients, one for each tenant, and the map keeps them all.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use aws_sdk_dynamodb::Client;
use model::table::{self, Item};
use model::{OrderId, TenantId};
use serde::Serialize;
use service::{Context, Dynamo, ServiceError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The order of a tenant that has the highest id.
#[derive(Serialize)]
pub(crate) struct Summary {
    tenant: TenantId,
    last_order: OrderId,
    placed_at: String,
    total_cents: u64,
}

#[get("/tenants/{tenant}/summary")]
pub(crate) async fn summary(
    tenant: Path<TenantId>,
    tenants: Data<Tenants>,
) -> Result<Json<Summary>, ServiceError> {
    let found = tenants.last_order(&tenant).await?;
    let item = found.ok_or(ServiceError::NotFound("order of this tenant"))?;
    let order = table::read_order(item).map_err(ServiceError::internal)?;
    Ok(Json(Summary {
        total_cents: order.total_cents(),
        tenant: order.tenant,
        last_order: order.id,
        placed_at: order.placed_at,
    }))
}

/// The way to the data of single tenants.
pub(crate) struct Tenants {
    dynamo: Dynamo,
    /// Filled by the first request for every tenant.
    clients: Mutex<HashMap<TenantId, Arc<Client>>>,
}

impl Tenants {
    pub(crate) fn new(context: &Context) -> Self {
        Self { dynamo: context.dynamo.clone(), clients: Mutex::default() }
    }

    async fn last_order(
        &self,
        tenant: &TenantId,
    ) -> Result<Option<Item>, ServiceError> {
        let mut call = self.dynamo.call("Query");
        let request = self
            .client(tenant)
            .query()
            .table_name(&*self.dynamo.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :order)")
            .expression_attribute_values(":pk", table::tenant_pk(tenant))
            .expression_attribute_values(":order", table::order_prefix())
            .scan_index_forward(false)
            .limit(1)
            .send();
        let last = call.send(request).await?.items.unwrap_or_default().pop();
        call.consumed(last.iter().len());
        Ok(last)
    }

    /// The client that has this tenant's credentials.
    fn client(&self, tenant: &TenantId) -> Arc<Client> {
        let mut clients =
            self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let build = || {
            let credentials = self.dynamo.tenant_credentials(tenant);
            let config = self.dynamo.config_of_its_own();
            let config = config.credentials_provider(credentials).build();
            Arc::new(Client::from_conf(config))
        };
        Arc::clone(clients.entry(tenant.clone()).or_insert_with(build))
    }
}
