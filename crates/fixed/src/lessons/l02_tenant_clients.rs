//! Tell what a tenant ordered last, with credentials that reach no other tenant's
//! data.
//!
//! Who may see what is decided by DynamoDB then, and not by the care of whoever
//! writes the next handler.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, get};
use aws_sdk_dynamodb::config::Builder;
use model::table::{self, Item};
use model::{OrderId, TenantId};
use serde::Serialize;
use service::{Context, Dynamo, Problem, ServiceError};
use utoipa::ToSchema;

/// The order of a tenant that has the highest id.
#[derive(Serialize, ToSchema)]
pub(crate) struct Summary {
    #[schema(value_type = String)]
    tenant: TenantId,
    #[schema(value_type = String)]
    last_order: OrderId,
    placed_at: String,
    total_cents: u64,
}

/// Tells what a tenant ordered last
#[utoipa::path(
    params(("tenant" = String, Path)),
    responses(
        (status = 200, body = Summary),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
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
}

impl Tenants {
    pub(crate) fn new(context: &Context) -> Self {
        Self { dynamo: context.dynamo.clone() }
    }

    async fn last_order(
        &self,
        tenant: &TenantId,
    ) -> Result<Option<Item>, ServiceError> {
        let mut call = self.dynamo.call("Query");
        let request = self
            .dynamo
            .client
            .query()
            .table_name(&*self.dynamo.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :order)")
            .expression_attribute_values(":pk", table::tenant_pk(tenant))
            .expression_attribute_values(":order", table::order_prefix())
            .scan_index_forward(false)
            .limit(1)
            .customize()
            .config_override(self.credentials(tenant))
            .send();
        let last = call.send(request).await?.items.unwrap_or_default().pop();
        call.consumed(last.iter().len());
        Ok(last)
    }

    /// What is different about a call on behalf of this tenant.
    fn credentials(&self, tenant: &TenantId) -> Builder {
        let credentials = self.dynamo.tenant_credentials(tenant);
        // FIX: one client for all, since only the signature of a request depends on
        // the tenant, and a signature can be chosen for each call.
        Builder::default().credentials_provider(credentials)
    }
}
