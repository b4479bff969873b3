//! Record a payment once, however often its client asks: a client names each payment
//! with an idempotency key, and repeats the name when it has not seen the answer.
//!
//! DynamoDB decides what is recorded. The answers that are kept here spare it the
//! question.

use actix_web::http::header::HeaderValue;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, Result, post};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use heap::Gauge;
use model::table::{self, Item};
use model::{IdError, IdempotencyKey, OrderId, Payment, TenantId};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use service::extract::Tenant;
use service::{Context, Dynamo, Problem, ServiceError};
use std::time::Duration;
use utoipa::ToSchema;

/// Header with the client's name for a payment.
const KEY_HEADER: &str = "idempotency-key";

/// A payment as it is asked for, and as it was recorded.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Charge {
    #[schema(value_type = String)]
    order: OrderId,
    amount_cents: u64,
}

/// Records a payment, once for each idempotency key
#[utoipa::path(
    params(("x-tenant" = String, Header), ("idempotency-key" = String, Header)),
    request_body = Charge,
    responses(
        (status = 200, body = Charge),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/payments")]
pub(crate) async fn pay(
    tenant: Tenant,
    request: HttpRequest,
    charge: Json<Charge>,
    dynamo: Data<Dynamo>,
    payments: Data<Payments>,
) -> Result<Json<Charge>, ServiceError> {
    let header = request.headers().get(KEY_HEADER).ok_or_else(nameless)?;
    let name = checked(header)?;
    // FIX: the key's own bytes, at most 64 of them. The header's value stays with
    // its request.
    let key: Key = (tenant.0.clone(), name.clone());
    let charge = charge.into_inner();
    let recorded = match payments.get(&key) {
        Some(recorded) => recorded,
        None => {
            let recorded = record(&dynamo, tenant.0, name, charge.clone()).await?;
            payments.put(key, recorded.clone());
            recorded
        }
    };
    if recorded != charge {
        return Err(ServiceError::KeyReused);
    }
    Ok(Json(recorded))
}

fn nameless() -> ServiceError {
    ServiceError::Invalid(format!("the header {KEY_HEADER} must name the payment"))
}

/// A name as the table may hold it: short, and no part of a key of the table.
fn checked(header: &HeaderValue) -> Result<IdempotencyKey, ServiceError> {
    let text = header.to_str().map_err(|_| nameless())?;
    text.parse().map_err(|error: IdError| ServiceError::Invalid(error.to_string()))
}

/// Records the payment, or finds what is recorded under its key.
async fn record(
    dynamo: &Dynamo,
    tenant: TenantId,
    key: IdempotencyKey,
    charge: Charge,
) -> Result<Charge, ServiceError> {
    let Charge { order, amount_cents } = charge.clone();
    let payment = Payment { tenant, key, order, amount_cents };
    let item = table::payment_item(&payment).map_err(ServiceError::internal)?;
    let mut call = dynamo.call("PutItem");
    let request = dynamo
        .client
        .put_item()
        .table_name(&*dynamo.table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(
            ReturnValuesOnConditionCheckFailure::AllOld,
        )
        .send();
    let Err(error) = call.send(request).await else {
        call.consumed(1);
        return Ok(charge);
    };
    let Some(item) = earlier(&error) else { return Err(error.into()) };
    call.consumed(1);
    let Payment { order, amount_cents, .. } =
        table::read_payment(item).map_err(ServiceError::internal)?;
    Ok(Charge { order, amount_cents })
}

/// The payment that has this key already, if that is what went wrong.
fn earlier(error: &SdkError<PutItemError>) -> Option<Item> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(failed) => {
            failed.item().cloned()
        }
        _ => None,
    }
}

/// Names of two tenants have nothing to do with each other.
type Key = (TenantId, IdempotencyKey);

/// Payments that were recorded before.
pub(crate) struct Payments {
    /// Filled by every first request, emptied by age and by number.
    kept: Cache<Key, Charge>,
    /// How many, for whoever measures.
    number: Gauge,
}

impl Payments {
    pub(crate) fn new(context: &Context) -> Self {
        let kept = Cache::builder()
            .max_capacity(context.limits.idempotency_keys_max)
            // The default policy may refuse a new key for the sake of old ones.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(Duration::from_millis(context.limits.idempotency_ttl_ms))
            .build();
        Self { kept, number: context.gauges.named("idempotency keys") }
    }

    fn get(&self, key: &Key) -> Option<Charge> {
        self.kept.get(key)
    }

    fn put(&self, key: Key, charge: Charge) {
        self.kept.insert(key, charge);
        self.number.set(self.kept.entry_count());
    }
}
