//! Single items: read one by its key, write one.
//!
//! Each function is one call to DynamoDB and logs it. The futures are kept flat, since
//! the state of an SDK call is kilobytes and each level could hold it once more.

use super::{Dynamo, send};
use crate::ServiceError;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use model::table::{self, Item, Record};
use model::{Order, OrderId, TenantId};
use std::collections::HashMap;

impl Dynamo {
    /// Reads an order.
    pub async fn order(
        &self,
        tenant: &TenantId,
        id: &OrderId,
    ) -> Result<Order, ServiceError> {
        self.get(table::order_key(tenant, id)).await
    }

    /// Reads the record under a key; [`ServiceError::NotFound`] if there is none.
    pub async fn get<T: Record>(&self, key: Item) -> Result<T, ServiceError> {
        existing(self.get_item(key).await?)
    }

    /// Reads the item under a key as DynamoDB returns it.
    pub async fn get_item(&self, key: Item) -> Result<Option<Item>, ServiceError> {
        self.read(key, &[], false).await
    }

    /// Reads these attributes of the item under a key. What is not named stays in the
    /// table.
    pub fn get_attributes(
        &self,
        key: Item,
        names: &[&str],
    ) -> impl Future<Output = Result<Option<Item>, ServiceError>> {
        self.read(key, names, false)
    }

    /// Reads an order as the last write left it. Other reads may be a moment behind.
    pub(super) async fn order_now(
        &self,
        tenant: &TenantId,
        id: &OrderId,
    ) -> Result<Order, ServiceError> {
        existing(self.read(table::order_key(tenant, id), &[], true).await?)
    }

    /// Reads these attributes of the item under a key, or all if none is named.
    async fn read(
        &self,
        key: Item,
        names: &[&str],
        consistent: bool,
    ) -> Result<Option<Item>, ServiceError> {
        let mut call = self.call("GetItem");
        // Through placeholders, since some names are reserved words.
        let placeholder = |n| format!("#n{n}");
        let projection: Vec<_> = (0..names.len()).map(placeholder).collect();
        let names = names.iter().map(|name| (*name).to_owned());
        let names: HashMap<_, _> = (0..).map(placeholder).zip(names).collect();
        let projection = Some(projection.join(", ")).filter(|text| !text.is_empty());
        let request = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(key))
            .consistent_read(consistent)
            .set_expression_attribute_names(projection.as_ref().map(|_| names))
            .set_projection_expression(projection);
        let request = send!(self, request);
        let found = call.send(request).await?.item;
        call.finish(found.iter().len());
        Ok(found)
    }

    /// Writes a record. One with the same keys is replaced.
    pub async fn put<T: Record>(&self, record: &T) -> Result<(), ServiceError> {
        self.put_item(table::to_item(record)?).await
    }

    /// Writes an item. One with the same keys is replaced.
    pub async fn put_item(&self, item: Item) -> Result<(), ServiceError> {
        let mut call = self.call("PutItem");
        let request =
            self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let request = send!(self, request);
        call.send(request).await?;
        call.finish(1);
        Ok(())
    }

    /// Writes a record unless there is one with its keys, and returns that one. DynamoDB
    /// checks and writes in one step, so of two callers only one can write.
    pub async fn put_new<T: Record>(
        &self,
        record: &T,
    ) -> Result<Option<T>, ServiceError> {
        let mut call = self.call("PutItem");
        let request = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(table::to_item(record)?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(
                ReturnValuesOnConditionCheckFailure::AllOld,
            );
        let request = send!(self, request);
        let earlier = match call.send(request).await {
            Ok(_) => None,
            Err(error) => match earlier(&error) {
                Some(item) => Some(item),
                None => return Err(error.into()),
            },
        };
        call.finish(1);
        Ok(earlier.map(table::from_item).transpose()?)
    }

    /// Creates an order. To send the same order again is no error, since its client may
    /// not have seen the answer; what happened to it since then stays.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] if the id belongs to an order with another content,
    /// and what the SDK reports.
    pub async fn place(&self, order: &Order) -> Result<(), ServiceError> {
        let Some(earlier) = self.put_new(order).await? else { return Ok(()) };
        let same = Order { status: order.status, ..earlier } == *order;
        if same {
            Ok(())
        } else {
            Err(ServiceError::Conflict("an order with this id"))
        }
    }
}

/// The record of an item, if there is one.
fn existing<T: Record>(item: Option<Item>) -> Result<T, ServiceError> {
    Ok(table::from_item(item.ok_or(ServiceError::NotFound(T::NAME))?)?)
}

/// The item that has the keys already, if that is why the write failed.
fn earlier(error: &SdkError<PutItemError>) -> Option<Item> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(failed) => {
            failed.item().cloned()
        }
        _ => None,
    }
}
