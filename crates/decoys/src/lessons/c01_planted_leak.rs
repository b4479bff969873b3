//! A leak of a known size, to find out how small a leak a comparison can detect. Each
//! request leaks as many bytes as `LEAK_BYTES` in the environment says.

use model::OrderStatus;
use service::prelude::*;

#[get("/orders/{id}/status")]
async fn status(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
    leak: Data<LeakBytes>,
) -> Result<Json<Status>, ServiceError> {
    plant(leak.0);
    let order = dynamo.order(&tenant, &id).await?;
    Ok(Json(Status { id: order.id, status: order.status }))
}

/// Leaks a block of this size.
fn plant(bytes: usize) {
    if bytes > 0 {
        Box::leak(vec![0_u8; bytes].into_boxed_slice());
    }
}

/// Bytes that each request leaks.
struct LeakBytes(usize);

/// The status of an order.
#[derive(Serialize)]
struct Status {
    id: OrderId,
    status: OrderStatus,
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    let text = std::env::var("LEAK_BYTES").unwrap_or_default();
    let leak = LeakBytes(text.parse().unwrap_or(0));
    Lesson::new(|app| app.map(|app| app.service(status))).state(Data::new(leak))
}
