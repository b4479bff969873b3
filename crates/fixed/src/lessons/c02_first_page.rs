//! List one page of orders: take one page from a paginator, drop the paginator, and give
//! the client a cursor for the next page.
//!
//! A paginator asks for a page when it is polled, and holds no connection between two
//! pages. Dropping it early leaves nothing unfinished.

use actix_web::web::Query;
use model::{Cursor, OrderStatus};
use service::Page;
use service::prelude::*;
use utoipa::IntoParams;

/// Lists orders by status, a page at a time
#[utoipa::path(
    params(Listing, Tenant),
    responses((status = 200, body = OrderPage))
)]
#[get("/orders")]
async fn list(
    tenant: Tenant,
    listing: Query<Listing>,
    dynamo: Data<Dynamo>,
) -> Result<Json<OrderPage>, ServiceError> {
    let Listing { status, cursor } = listing.into_inner();
    let cursor = cursor.map(|text| Cursor::decode(&text, &tenant)).transpose();
    let cursor = cursor.map_err(|error| ServiceError::Invalid(error.to_string()))?;

    let mut pages =
        dynamo.orders_by_status(&tenant, status, cursor.as_ref().map(|c| &c.last));
    let page = pages.next().await?;
    // More pages may follow, and nobody will ask for them. The connection went back to
    // the SDK's pool with the last byte of the first page, so what is dropped here is
    // the request for the next page, which has not been sent.
    drop(pages);

    let Page { items, more } = page.unwrap_or(Page { items: vec![], more: false });
    let orders = items
        .into_iter()
        .map(|item| Ok(Entry::from(table::from_item::<Order>(item)?)))
        .collect::<Result<Vec<_>, ServiceError>>()?;
    // The cursor is the last id that the client has seen. The service keeps nothing of a
    // listing, so a client that never comes back costs nothing.
    let last = orders.last().filter(|_| more).map(|entry| entry.id.clone());
    let next = last.map(|last| Cursor { last }.encode(&tenant));
    Ok(Json(OrderPage { orders, next }))
}

/// Which orders to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Listing {
    /// Orders with this status
    status: OrderStatus,
    /// Where the page before this one ended
    cursor: Option<String>,
}

/// A page of a listing.
#[derive(Serialize, ToSchema)]
struct OrderPage {
    orders: Vec<Entry>,
    /// The cursor of the next page; absent after the last page.
    next: Option<String>,
}

/// An order in a listing.
#[derive(Serialize, ToSchema)]
struct Entry {
    id: OrderId,
    placed_at: String,
    total_cents: u64,
}

impl From<Order> for Entry {
    fn from(order: Order) -> Self {
        let total_cents = order.total_cents();
        Self { id: order.id, placed_at: order.placed_at, total_cents }
    }
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(list))
}
