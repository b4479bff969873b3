//! Print an order's packing list, a label for each piece, compressed where the client
//! asks for it.
//!
//! A compressed answer costs an encoder for as long as it is under way. An
//! uncompressed one costs nothing of the kind.

use actix_web::middleware::Compress;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, Result, get};
use model::{Order, OrderId, table};
use service::extract::Tenant;
use service::{Dynamo, Problem, ServiceError};
use std::fmt::Write;

/// Stands on every label.
const NOTICE: &str = "Check the article number and the condition of this piece before \
    you close the parcel. A piece that is damaged or missing goes on the shortage \
    list, with the number of this label; the parcel is sent without it, and the \
    customer is told. Do not send a piece of another order in its place.";

/// Prints the labels of an order's pieces
#[utoipa::path(
    params(
        ("id" = String, Path),
        ("x-tenant" = String, Header),
        ("accept-encoding" = Option<String>, Header),
    ),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/orders/{id}/packing-list", wrap = "Compress::default()")]
pub(crate) async fn packing_list(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let mut call = dynamo.call("GetItem");
    let request = dynamo
        .client
        .get_item()
        .table_name(&*dynamo.table)
        .set_key(Some(table::order_key(&tenant.0, &id)))
        .send();
    let found = call.send(request).await?.item;
    call.consumed(found.iter().len());

    let item = found.ok_or(ServiceError::NotFound("order"))?;
    let order = table::read_order(item).map_err(ServiceError::internal)?;
    let text = labels(&order);
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}

/// A label for each piece: about 400 bytes, and an order has some 20 of them.
fn labels(order: &Order) -> String {
    let mut text = String::new();
    let pieces =
        order.lines.iter().flat_map(|line| (0..line.quantity).map(move |_| line));
    for (n, line) in pieces.enumerate() {
        let (label, count) = (n + 1, order.pieces());
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{} label {label} of {count} for {}\n{} {}\n{NOTICE}\n",
            order.id, order.customer, line.sku, line.title
        );
    }
    text
}
