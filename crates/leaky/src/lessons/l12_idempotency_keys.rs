//! Record a payment once, however often its client sends it. The client names each
//! payment with an idempotency key, and repeats the key when it has not seen the answer.
//!
//! DynamoDB decides what is recorded. The answers that are cached here save it work.

use actix_web::http::header::HeaderValue;
use heap::Gauge;
use model::{Cents, IdempotencyKey, Payment};
use service::prelude::*;
use std::collections::HashMap;
use std::sync::Mutex;

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
    // LEAK: the slice becomes a key of the map, and nothing removes it. Each entry keeps
    // the buffer of its request: cookies, tokens and all other headers.
    let key: Key = (tenant.0.clone(), header.clone());
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
type Key = (TenantId, HeaderValue);

/// Payments that were recorded before. All workers share them.
struct Payments {
    #[expect(dead_code, reason = "nothing enforces the limits")]
    limits: Data<Limits>,
    /// The first request with a key inserts its payment, and nothing removes it.
    cache: Mutex<HashMap<Key, Charge>>,
    /// How many there are.
    number: Gauge,
}

impl Payments {
    fn new(context: &Context) -> Self {
        let number = context.gauges.named("idempotency keys");
        let limits = context.limits.clone();
        Self { limits, cache: Mutex::default(), number }
    }

    fn get(&self, key: &Key) -> Option<Charge> {
        lock(&self.cache).get(key).cloned()
    }

    fn put(&self, key: Key, charge: Charge) {
        let mut cache = lock(&self.cache);
        cache.insert(key, charge);
        self.number.set(cache.len() as u64);
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(pay)).state(Data::new(Payments::new(context)))
}
