//! Import orders, an order a line (NDJSON), as the export gives them.
//!
//! The client decides how much it sends. The service decides how much of it lies in
//! memory at a time.

use actix_web::web::{Data, Json, Payload};
use actix_web::{Result, post};
use futures_util::StreamExt;
use model::table::{self, Item};
use model::{Order, TenantId};
use serde::Serialize;
use service::dynamo::BATCH_ITEMS;
use service::extract::Tenant;
use service::{Dynamo, Limits, Problem, ServiceError};
use utoipa::ToSchema;

/// Longest line that is taken for an order. DynamoDB takes items of 400 KB.
const LINE_BYTES_MAX: usize = 400_000;

/// What became of an import.
#[derive(Serialize, ToSchema)]
pub(crate) struct Imported {
    orders: u64,
}

/// Imports orders, an order a line
#[utoipa::path(
    params(("x-tenant" = String, Header)),
    request_body(content = model::Order, content_type = "application/x-ndjson"),
    responses(
        (status = 200, body = Imported),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/orders/import")]
pub(crate) async fn import(
    tenant: Tenant,
    body: Payload,
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
) -> Result<Json<Imported>, ServiceError> {
    let batch = Vec::with_capacity(BATCH_ITEMS);
    let mut import = Import { dynamo, tenant: tenant.0, limits, orders: 0, batch };
    import.take(body).await?;
    import.write().await?;
    Ok(Json(Imported { orders: import.orders }))
}

fn unreadable(_: actix_web::error::PayloadError) -> ServiceError {
    ServiceError::Invalid("the body could not be read".to_owned())
}

/// An import under way.
struct Import {
    dynamo: Data<Dynamo>,
    tenant: TenantId,
    #[expect(dead_code, reason = "lesson 5: nothing enforces the limits")]
    limits: Data<Limits>,
    /// Lines that were taken.
    orders: u64,
    /// Less than DynamoDB takes at a time.
    batch: Vec<Item>,
}

impl Import {
    async fn take(&mut self, mut body: Payload) -> Result<(), ServiceError> {
        // LEAK: the import begins when the last byte has come. Until then the whole
        // file lies here, of any size, for every client that sends one.
        let mut rest = Vec::new();
        while let Some(chunk) = body.next().await {
            rest.extend_from_slice(&chunk.map_err(unreadable)?);
        }
        self.lines(&rest).await
    }

    /// Takes whole lines.
    async fn lines(&mut self, text: &[u8]) -> Result<(), ServiceError> {
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
        {
            self.orders += 1;
            let item = self.item(line)?;
            self.batch.push(item);
            if self.batch.len() == BATCH_ITEMS {
                self.write().await?;
            }
        }
        Ok(())
    }

    fn item(&self, line: &[u8]) -> Result<Item, ServiceError> {
        let n = self.orders;
        let invalid = |what: String| {
            ServiceError::Invalid(format!("line {n} is no order: {what}"))
        };
        if line.len() > LINE_BYTES_MAX {
            return Err(invalid(format!(
                "it is longer than {LINE_BYTES_MAX} bytes"
            )));
        }
        let order: Order = serde_json::from_slice(line)
            .map_err(|error| invalid(error.to_string()))?;
        if order.tenant != self.tenant {
            return Err(invalid("it is another tenant's".to_owned()));
        }
        table::order_item(&order).map_err(ServiceError::internal)
    }

    /// Sends what has been gathered.
    async fn write(&mut self) -> Result<(), ServiceError> {
        let batch = std::mem::take(&mut self.batch);
        self.dynamo.put_batch(batch).await
    }
}
