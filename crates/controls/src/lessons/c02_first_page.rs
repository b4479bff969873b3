//! List one page of orders: take one page from a paginator, drop the paginator, and give
//! the client a cursor for the next page.
//!
//! A paginator asks for a page when it is polled, and holds no connection between two
//! pages. Dropping it early leaves nothing unfinished.

use actix_web::web::Query;
use model::{Cursor, OrderStatus, Timestamp};
use service::Page;
use service::prelude::*;
use utoipa::IntoParams;

/// Lists orders by status, a page at a time
#[utoipa::path(
    params(Listing, Tenant),
    responses(
        (status = 200, body = OrderPage),
        (status = 404, description = "No listing of this tenant's had this cursor")
    )
)]
#[get("/orders")]
async fn list(
    tenant: Tenant,
    listing: Query<Listing>,
    dynamo: Data<Dynamo>,
) -> Result<Json<OrderPage>, ServiceError> {
    let Listing { status, cursor } = listing.into_inner();
    let last = |cursor: Cursor| {
        cursor.last(&tenant).ok_or(ServiceError::NotFound("cursor of this tenant"))
    };
    let last = cursor.map(last).transpose()?;

    let mut pages = dynamo.orders_by_status(&tenant, status, last.as_ref());
    let page = pages.next().await?;
    // More pages may follow, and nobody will ask for them. The connection went back to
    // the SDK's pool with the last byte of the first page, so what is dropped here is
    // the request for the next page, which has not been sent.
    drop(pages);

    let Page { items, more } = page.unwrap_or(Page { items: vec![], more: false });
    let orders = items
        .into_iter()
        .map(|item| Ok(ListedOrder::from(table::from_item::<Order>(item)?)))
        .collect::<Result<Vec<_>, ServiceError>>()?;
    // The cursor is the last id that the client has seen. The service keeps nothing of a
    // listing, so a client that never comes back costs nothing.
    let last = orders.last().filter(|_| more);
    let next = last.map(|order| Cursor::after(&tenant, &order.id));
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
    cursor: Option<Cursor>,
}

/// A page of a listing.
#[derive(Serialize, ToSchema)]
struct OrderPage {
    orders: Vec<ListedOrder>,
    /// The cursor of the next page; absent after the last page.
    next: Option<Cursor>,
}

/// An order in a listing.
#[derive(Serialize, ToSchema)]
struct ListedOrder {
    id: OrderId,
    placed_at: Timestamp,
    total_cents: u64,
}

impl From<Order> for ListedOrder {
    fn from(order: Order) -> Self {
        let total_cents = order.total_cents();
        Self { id: order.id, placed_at: order.placed_at, total_cents }
    }
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(list))
}
