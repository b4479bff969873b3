//! Print an order's packing list, a label for each piece, compressed if the client asks
//! for it.
//!
//! A compressed response has an encoder until its last byte is sent. An uncompressed one
//! has none.

use actix_web::middleware::Compress;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use model::OrderLine;
use service::prelude::*;
use std::convert::Infallible;
use std::fmt::Write;

/// Prints the labels of an order's pieces
#[utoipa::path(
    params(Tenant, ("accept-encoding" = Option<String>, Header)),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 406, description = "The client accepts no encoding of this answer")
    )
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
    let kind = "text/plain; charset=utf-8";
    Ok(HttpResponse::Ok().content_type(kind).streaming(labels(order)))
}

/// On every label.
const NOTICE: &str = "Check the article number and the condition of this piece before \
    you close the parcel. A piece that is damaged or missing goes on the shortage \
    list, with the number of this label; the parcel is sent without it, and the \
    customer is told. Do not send a piece of another order in its place.";

/// Text that is made at a time. A client that reads slowly holds this much and the
/// order's lines, whatever the order's size.
const CHUNK_BYTES: usize = 8 * 1_024;

/// A label for each piece, about 400 bytes: 20 of them for most orders, and 40 MB for the
/// largest.
fn labels(order: Order) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let count = order.pieces();
    // The order's notes, most of a large one, are dropped here.
    let Order { id, customer, lines, .. } = order;
    let (mut label, mut line, mut of_line) = (0, 0, 0);
    stream::iter(std::iter::from_fn(move || {
        let mut text = String::new();
        while text.len() < CHUNK_BYTES
            && let Some(OrderLine { sku, title, quantity, .. }) = lines.get(line)
        {
            label += 1;
            // Writing to a String does not fail.
            let _ = writeln!(
                text,
                "{id} label {label} of {count} for {customer}\n{sku} {title}\n{NOTICE}\n"
            );
            of_line += 1;
            if of_line == quantity.get() {
                (line, of_line) = (line + 1, 0);
            }
        }
        (!text.is_empty()).then(|| Ok(text.into()))
    }))
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(packing_list))
}
