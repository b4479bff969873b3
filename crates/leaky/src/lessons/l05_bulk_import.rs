//! Import orders, one JSON object per line (NDJSON), in the format of the export.
//!
//! The client decides how much it sends. The service decides how much of that is in
//! memory at the same time.

use actix_web::HttpMessage;
use actix_web::error::PayloadError;
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;
use model::OpenOrder;
use model::table::Item;
use service::dynamo::BATCH_ITEMS;
use service::prelude::*;
use std::collections::btree_map::{BTreeMap, Entry};
use tokio::sync::Semaphore;
use tokio_util::codec::{Decoder, LinesCodec, LinesCodecError};

/// Imports orders, an order a line; orders that exist are left as they are
#[utoipa::path(
    params(Tenant),
    request_body(content = OpenOrder, content_type = "application/x-ndjson"),
    responses(
        (status = 200, body = Imported),
        (status = 403, description = "A line is another tenant's")
    )
)]
#[post("/orders/import")]
async fn import(
    tenant: Tenant,
    request: HttpRequest,
    body: Payload,
    imports: Data<Imports>,
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
) -> Result<Json<Imported>, ServiceError> {
    // Each import holds a batch and a line, so their number has a limit too.
    let _permit = imports.0.try_acquire().map_err(|_| ServiceError::Full)?;
    if !request.content_type().eq_ignore_ascii_case(NDJSON) {
        return Err(ServiceError::MediaType(NDJSON));
    }
    // `body` is a stream of chunks. actix reads the next one from the connection when
    // the stream is polled and its own buffer, 32 KiB, has room.
    let (batch, done) = (BTreeMap::new(), Imported::default());
    let tenant = tenant.0;
    let mut import =
        Import { dynamo, tenant, limits, done, lines: 0, batch, bytes: 0 };
    let read = import.read(body).await;
    // What comes before a wrong line is imported, so the client knows where to go on.
    let written = import.write().await;
    let lines = import.done.lines;
    let partly = |cause| ServiceError::PartlyDone { lines, cause: Box::new(cause) };
    read.and(written).and_then(|()| import.not_empty()).map_err(partly)?;
    Ok(Json(import.done))
}

const NDJSON: &str = "application/x-ndjson";

/// One permit for each import at the same time.
struct Imports(Semaphore);

/// The result of an import.
#[derive(Default, Serialize, ToSchema)]
struct Imported {
    /// Lines of the file
    lines: u64,
    /// Orders that are new
    orders: u64,
    /// Orders that existed already
    existing: u64,
}

/// Longest line that is accepted as an order. DynamoDB accepts items of 400 KB.
const LINE_BYTES_MAX: usize = 400_000;

/// Lines are written when they have more bytes. A transaction takes 4 MB.
const BATCH_BYTES: usize = 1_000_000;

/// An import in progress.
struct Import {
    dynamo: Data<Dynamo>,
    tenant: TenantId,
    #[expect(dead_code, reason = "nothing enforces the limits")]
    limits: Data<Limits>,
    /// What is written.
    done: Imported,
    /// Lines that were read.
    lines: u64,
    /// Orders that are not written yet: fewer than one call to DynamoDB takes.
    batch: BTreeMap<OrderId, Item>,
    /// Bytes of their lines.
    bytes: usize,
}

impl Import {
    async fn read(&mut self, mut body: Payload) -> Result<(), ServiceError> {
        let mut codec = LinesCodec::new_with_max_length(LINE_BYTES_MAX);
        // LEAK: the import begins after the last byte. Until then `text` holds the whole
        // file, whatever its size, and each concurrent import has its own `text`.
        let mut text = BytesMut::new();
        while let Some(chunk) = body.next().await {
            // A buffer that is full doubles: while it moves, the old and the new block
            // exist side by side, three times the bytes that have arrived.
            text.extend_from_slice(&chunk.map_err(unreadable)?);
        }
        // Now the lines are parsed and written, batch by batch, while `text` is held.
        while let Some(line) =
            codec.decode_eof(&mut text).map_err(|error| self.bad_line(error))?
        {
            self.line(&line).await?;
        }
        Ok(())
    }

    /// Takes a line. A full batch is written before the next line is read.
    async fn line(&mut self, line: &str) -> Result<(), ServiceError> {
        // Editors on Windows begin a file with a mark and end lines with "\r\n".
        let begin = if self.lines == 0 { "\u{feff}" } else { "" };
        let line = line.trim_start_matches(begin).trim();
        if !line.is_empty() {
            let order = self.parse(line)?;
            match self.batch.entry(order.id.clone()) {
                // A transaction takes a key once, and the first line counts.
                Entry::Occupied(_) => self.done.existing += 1,
                // The order is freed at the end of this block, its item with its batch.
                Entry::Vacant(free) => _ = free.insert(table::to_item(&order)?),
            }
            self.bytes += line.len();
        }
        self.lines += 1;
        if self.batch.len() == BATCH_ITEMS || self.bytes > BATCH_BYTES {
            self.write().await?;
        }
        Ok(())
    }

    fn parse(&self, line: &str) -> Result<Order, ServiceError> {
        let order = serde_json::from_str::<OpenOrder>(line);
        let order = order.map_err(|error| self.wrong(&error.to_string()))?.0;
        if order.tenant != self.tenant {
            return Err(ServiceError::Forbidden);
        }
        Ok(order)
    }

    fn not_empty(&self) -> Result<(), ServiceError> {
        match self.done.lines {
            0 => Err(ServiceError::invalid("the file has no lines")),
            _ => Ok(()),
        }
    }

    fn bad_line(&self, error: LinesCodecError) -> ServiceError {
        match error {
            LinesCodecError::MaxLineLengthExceeded => {
                self.wrong(&format!("it is longer than {LINE_BYTES_MAX} bytes"))
            }
            LinesCodecError::Io(_) => self.wrong("it is not UTF-8"),
        }
    }

    fn wrong(&self, problem: &str) -> ServiceError {
        let n = self.lines + 1;
        ServiceError::invalid(format!("line {n} is no order: {problem}"))
    }

    /// Writes the batch. The items are moved out, so they are freed with the call.
    async fn write(&mut self) -> Result<(), ServiceError> {
        let batch = std::mem::take(&mut self.batch);
        let orders = batch.len();
        let existing = self.dynamo.create_all(batch.into_values().collect()).await?;
        self.done.orders += (orders - existing) as u64;
        self.done.existing += existing as u64;
        (self.done.lines, self.bytes) = (self.lines, 0);
        Ok(())
    }
}

fn unreadable(_: PayloadError) -> ServiceError {
    ServiceError::Invalid("the body could not be read".to_owned())
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let imports = Imports(Semaphore::new(context.limits.imports_at_once_max));
    Lesson::new(|app| app.service(import)).state(Data::new(imports))
}
