//! Writes that happen together or not at all.

use super::Dynamo;
use super::backoff::Backoff;
use crate::ServiceError;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use model::table::{self, Item};
use model::{EventKind, Note, Order, OrderEvent, OrderId, OrderStatus, TenantId};

/// How often a transaction is sent while others use its items or the table throttles. A
/// client waits for its answer.
const TRIES: u32 = 6;

/// DynamoDB's reasons for cancelling a transaction that may succeed when sent again.
const BUSY: [&str; 3] =
    ["TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"];

impl Dynamo {
    /// Confirms an open order and writes its audit entry, in one transaction: a caller
    /// that is dropped at any point leaves either both or none. An order that is
    /// confirmed already keeps its entry.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] if there is no such order; [`ServiceError::Throttled`]
    /// if it stays in use by others; what the SDK reports.
    pub async fn confirm(
        &self,
        tenant: &TenantId,
        id: &OrderId,
        note: Note,
    ) -> Result<Order, ServiceError> {
        let (open, confirmed) = (OrderStatus::Open, OrderStatus::Confirmed);
        let order = self.order_now(tenant, id).await?;
        if order.status == confirmed {
            return Ok(order);
        }
        let event = OrderEvent {
            tenant: tenant.clone(),
            order: id.clone(),
            kind: EventKind::Confirmed,
            total_cents: order.total_cents(),
            note,
        };
        let update = self.confirmation(tenant, id);
        let audit = self.creation(table::to_item(&event)?);
        if self.transact(&[update, audit]).await?.is_empty() {
            return Ok(Order { status: confirmed, ..order });
        }
        // Another request has confirmed it meanwhile. Its audit entry stays.
        let order = self.order_now(tenant, id).await?;
        if order.status == open {
            return Err(ServiceError::Conflict("an audit entry of this order"));
        }
        Ok(order)
    }

    /// Creates items with different keys in one transaction, except those whose keys are
    /// taken; how many were taken.
    ///
    /// # Errors
    /// [`ServiceError::Throttled`] if the items stay in use by others; what the SDK
    /// reports. Nothing is written then, unless DynamoDB's answer was lost.
    pub async fn create_all(&self, items: Vec<Item>) -> Result<usize, ServiceError> {
        let count = items.len();
        let mut left: Vec<_> =
            items.into_iter().map(|item| self.creation(item)).collect();
        while !left.is_empty() {
            let taken = self.transact(&left).await?;
            if taken.is_empty() {
                break;
            }
            let mut position = 0..;
            left.retain(|_| position.next().is_none_or(|n| !taken.contains(&n)));
        }
        Ok(count - left.len())
    }

    /// Confirms an order if it is open.
    fn confirmation(&self, tenant: &TenantId, id: &OrderId) -> TransactWriteItem {
        let s = |status: OrderStatus| AttributeValue::S(status.as_str().to_owned());
        let (open, confirmed) = (OrderStatus::Open, OrderStatus::Confirmed);
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(table::order_key(tenant, id)))
            .condition_expression("#status = :open")
            .update_expression("SET #status = :confirmed, gsi1pk = :gsi1pk")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":open", s(open))
            .expression_attribute_values(":confirmed", s(confirmed))
            .expression_attribute_values(
                ":gsi1pk",
                table::status_pk(tenant, confirmed),
            )
            .build()
            .expect("table, key and expression are set");
        TransactWriteItem::builder().update(update).build()
    }

    /// Writes an item unless there is one with its keys.
    fn creation(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .expect("table and item are set");
        TransactWriteItem::builder().put(put).build()
    }

    /// Sends a transaction; the positions of the writes whose conditions failed, if that
    /// is why nothing was written. The SDK gives all attempts of a call one token, so
    /// that DynamoDB does them once; it does not retry the conflicts that this does.
    async fn transact(
        &self,
        writes: &[TransactWriteItem],
    ) -> Result<Vec<usize>, ServiceError> {
        let mut call = self.call("TransactWriteItems");
        let mut backoff = Backoff::default();
        while backoff.pauses() < TRIES {
            let items = Some(writes.to_vec());
            let request =
                self.client.transact_write_items().set_transact_items(items).send();
            let Err(error) = call.send(request).await else {
                call.finish(writes.len());
                return Ok(Vec::new());
            };
            let reasons = reasons(&error);
            let failed = |(n, code)| (code == "ConditionalCheckFailed").then_some(n);
            let failed: Vec<_> =
                reasons.iter().copied().enumerate().filter_map(failed).collect();
            if !failed.is_empty() {
                call.finish(0);
                return Ok(failed);
            }
            if !reasons.iter().any(|code| BUSY.contains(code)) {
                return Err(error.into());
            }
            backoff.pause().await;
        }
        Err(ServiceError::Throttled)
    }
}

/// Why DynamoDB cancelled a transaction: a code for each write, `None` as a word for
/// those that were not the reason.
fn reasons(error: &SdkError<TransactWriteItemsError>) -> Vec<&str> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons().iter();
            reasons.map(|reason| reason.code().unwrap_or_default()).collect()
        }
        _ => Vec::new(),
    }
}
