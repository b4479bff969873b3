//! Print an order's packing list, a label for each piece, compressed if the client asks
//! for it.
//!
//! A compressed response has an encoder until its last byte is sent. An uncompressed one
//! has none.

use actix_web::middleware::Compress;
use service::prelude::*;
use std::fmt::Write;

/// Prints the labels of an order's pieces
#[utoipa::path(
    params(Tenant, ("accept-encoding" = Option<String>, Header)),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
// `Compress` wraps the body of the response in an encoder with its own window and
// buffers. The body owns the encoder, so both are dropped together.
#[get("/orders/{id}/packing-list", wrap = "Compress::default()")]
async fn packing_list(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    let order = dynamo.order(&tenant, &id).await?;
    let text = labels(&order);
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}

/// On every label.
const NOTICE: &str = "Check the article number and the condition of this piece before \
    you close the parcel. A piece that is damaged or missing goes on the shortage \
    list, with the number of this label; the parcel is sent without it, and the \
    customer is told. Do not send a piece of another order in its place.";

/// A label for each piece: about 400 bytes, and an order has about 20 of them.
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

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(packing_list))
}
