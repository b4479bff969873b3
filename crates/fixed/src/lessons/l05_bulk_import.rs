//! Import orders, one JSON object per line (NDJSON), in the format of the export.
//!
//! The client decides how much it sends. The service decides how much of that is in
//! memory at the same time.

use actix_web::error::PayloadError;
use actix_web::web::Payload;
use futures_util::StreamExt;
use model::table::Item;
use service::dynamo::BATCH_ITEMS;
use service::prelude::*;

/// Imports orders, an order a line
#[utoipa::path(
    params(Tenant),
    request_body(content = Order, content_type = "application/x-ndjson"),
    responses((status = 200, body = Imported))
)]
#[post("/orders/import")]
async fn import(
    tenant: Tenant,
    body: Payload,
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
) -> Result<Json<Imported>, ServiceError> {
    // `body` is a stream of chunks. actix reads the next one from the connection when
    // the stream is polled and its own buffer, 32 KiB, has room.
    let batch = Vec::with_capacity(BATCH_ITEMS);
    let mut import = Import { dynamo, tenant: tenant.0, limits, orders: 0, batch };
    import.read(body).await?;
    import.write().await?;
    Ok(Json(Imported { orders: import.orders }))
}

/// The result of an import.
#[derive(Serialize, ToSchema)]
struct Imported {
    orders: u64,
}

/// Longest line that is accepted as an order. DynamoDB accepts items of 400 KB.
const LINE_BYTES_MAX: usize = 400_000;

/// An import in progress.
struct Import {
    dynamo: Data<Dynamo>,
    tenant: TenantId,
    limits: Data<Limits>,
    /// Lines that were read.
    orders: u64,
    /// Orders that are not written yet: fewer than one call to DynamoDB takes.
    batch: Vec<Item>,
}

impl Import {
    async fn read(&mut self, mut body: Payload) -> Result<(), ServiceError> {
        // FIX: each chunk is imported when it arrives, up to its last line end. While
        // DynamoDB writes a batch, nothing polls `body`; actix stops reading when its
        // buffer is full, and TCP tells the client to wait. Memory holds one line and
        // one batch.
        let (mut rest, mut received) = (Vec::new(), 0);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(unreadable)?;
            received += chunk.len();
            if received > self.limits.import_bytes_max {
                return Err(ServiceError::TooLarge(self.limits.import_bytes_max));
            }
            rest.extend_from_slice(&chunk);
            let ends = rest.iter().rposition(|byte| *byte == b'\n');
            let whole: Vec<_> = rest.drain(..ends.map_or(0, |at| at + 1)).collect();
            self.lines(&whole).await?;
            // A line that never ends must not fill the memory that the file did.
            if rest.len() > LINE_BYTES_MAX {
                break;
            }
        }
        // The last line, if it has no end, or one that is too long.
        self.lines(&rest).await
    }

    /// Imports whole lines. A full batch is written before the next line is read.
    async fn lines(&mut self, text: &[u8]) -> Result<(), ServiceError> {
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
        {
            self.orders += 1;
            let order = self.parse(line).map_err(|problem| {
                let n = self.orders;
                ServiceError::Invalid(format!("line {n} is no order: {problem}"))
            })?;
            // The order is freed at the end of this block, its item with its batch.
            self.batch.push(table::to_item(&order)?);
            if self.batch.len() == BATCH_ITEMS {
                self.write().await?;
            }
        }
        Ok(())
    }

    fn parse(&self, line: &[u8]) -> Result<Order, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err(format!("it is longer than {LINE_BYTES_MAX} bytes"));
        }
        let order: Order =
            serde_json::from_slice(line).map_err(|error| error.to_string())?;
        if order.tenant != self.tenant {
            return Err("it is another tenant's".to_owned());
        }
        Ok(order)
    }

    /// Writes the batch. The items are moved out, so they are freed with the call.
    async fn write(&mut self) -> Result<(), ServiceError> {
        let batch = std::mem::take(&mut self.batch);
        self.dynamo.put_batch(batch).await
    }
}

fn unreadable(_: PayloadError) -> ServiceError {
    ServiceError::Invalid("the body could not be read".to_owned())
}

pub(crate) fn lesson(_: &Context) -> Lesson {
    Lesson::new(|app| app.service(import))
}
