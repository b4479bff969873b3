//! Record a payment once, however often its client sends it. The client names each
//! payment with an idempotency key, and repeats the key when it has not seen the answer.
//!
//! DynamoDB decides what is recorded. The answers that are cached here save it work.

use heap::Gauge;
use model::{Cents, IdempotencyKey, Payment};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use service::prelude::*;
use std::time::Duration;

/// Records a payment, once for each idempotency key
#[utoipa::path(
    params(Tenant, ("idempotency-key" = IdempotencyKey, Header)),
    responses(
        (status = 200, body = Charge),
        (status = 422, description = "The key belongs to another payment")
    )
)]
#[post("/payments")]
async fn pay(
    tenant: Tenant,
    request: HttpRequest,
    charge: Json<Charge>,
    dynamo: Data<Dynamo>,
    payments: Data<Payments>,
) -> Result<Json<Charge>, ServiceError> {
    // actix reads requests into one buffer per connection. A header's value is a slice
    // of that buffer: it copies nothing, and it keeps all of the buffer alive.
    let header = request.headers().get(KEY_HEADER).ok_or_else(no_key)?;
    let text = header.to_str().map_err(|_| no_key())?;
    let name: IdempotencyKey = text.parse().map_err(ServiceError::invalid)?;
    // FIX: the key's own bytes, 64 at most. The slice is dropped with its request, and
    // actix can use the buffer again.
    let key: Key = (tenant.0.clone(), name.clone());
    let charge = charge.into_inner();
    // A retry is answered from the cache. A new key adds an entry, and each payment has
    // a new key.
    let recorded = match payments.get(&key) {
        Some(recorded) => recorded,
        None => {
            let recorded = record(&dynamo, tenant.0, name, charge.clone()).await?;
            payments.put(key, recorded.clone());
            recorded
        }
    };
    // The same key with another amount or order is a mistake of the client.
    if recorded != charge {
        return Err(ServiceError::KeyReused);
    }
    Ok(Json(recorded))
}

/// Header with the client's name for a payment.
const KEY_HEADER: &str = "idempotency-key";

fn no_key() -> ServiceError {
    ServiceError::Invalid(format!("the header {KEY_HEADER} must name the payment"))
}

/// A payment as it is requested, and as it was recorded.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Charge {
    order: OrderId,
    amount_cents: Cents,
}

/// Records a payment, or returns the one that was recorded under its key.
async fn record(
    dynamo: &Dynamo,
    tenant: TenantId,
    key: IdempotencyKey,
    charge: Charge,
) -> Result<Charge, ServiceError> {
    let Charge { order, amount_cents } = charge;
    let payment = Payment { tenant, key, order, amount_cents };
    // DynamoDB checks and writes in one step, so the cache may forget a key at any time:
    // a retry then reads the recorded payment from the table.
    let earlier = dynamo.put_new(&payment).await?;
    let Payment { order, amount_cents, .. } = earlier.unwrap_or(payment);
    Ok(Charge { order, amount_cents })
}

/// Two tenants may use the same name for different payments.
type Key = (TenantId, IdempotencyKey);

/// Payments that were recorded before. All workers share them.
struct Payments {
    /// The first request with a key inserts its payment. Age or the limit removes it.
    cache: Cache<Key, Charge>,
    /// How many there are.
    number: Gauge,
}

impl Payments {
    fn new(context: &Context) -> Self {
        let number = context.gauges.named("idempotency keys");
        let limits = &context.limits;
        // A client gives up after minutes, so older answers are of no use.
        let cache = Cache::builder()
            .max_capacity(limits.idempotency_keys_max)
            // The default policy may reject a new key to protect old ones.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(Duration::from_millis(limits.idempotency_ttl_ms))
            .build();
        Self { cache, number }
    }

    fn get(&self, key: &Key) -> Option<Charge> {
        self.cache.get(key)
    }

    fn put(&self, key: Key, charge: Charge) {
        self.cache.insert(key, charge);
        self.number.set(self.cache.entry_count());
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(pay)).state(Data::new(Payments::new(context)))
}
