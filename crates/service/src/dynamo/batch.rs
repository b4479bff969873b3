//! Many items in one call, repeated until DynamoDB has written all of them.

use super::Dynamo;
use crate::ServiceError;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use model::table::Item;
use std::time::Duration;

/// Items that DynamoDB accepts in one BatchWriteItem.
pub const BATCH_ITEMS: usize = 25;

/// How often unprocessed items are sent. Without a limit, a table that is throttled for
/// an hour would hold its writers for an hour.
const TRIES: u32 = 4;

/// Pause before the second attempt. It doubles with each further attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

impl Dynamo {
    /// Puts up to [`BATCH_ITEMS`] items. Items that DynamoDB returns as unprocessed are
    /// sent again after a pause, a few times.
    ///
    /// # Errors
    /// [`ServiceError::Throttled`] if items are left in the end, and what the SDK
    /// reports. Part of the batch may have been written.
    pub async fn put_batch(&self, items: Vec<Item>) -> Result<(), ServiceError> {
        let count = items.len();
        let mut left =
            items.into_iter().map(write).collect::<Result<Vec<_>, _>>()?;
        let mut call = self.call("BatchWriteItem");
        for attempt in 0..TRIES {
            if left.is_empty() {
                break;
            }
            if attempt > 0 {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt - 1)).await;
            }
            let request = self
                .client
                .batch_write_item()
                .request_items(&*self.table, left)
                .send();
            let unprocessed = call.send(request).await?.unprocessed_items;
            left = unprocessed
                .and_then(|mut by_table| by_table.remove(&*self.table))
                .unwrap_or_default();
        }
        if !left.is_empty() {
            tracing::error!(
                left = left.len(),
                "DynamoDB did not write a whole batch"
            );
            return Err(ServiceError::Throttled);
        }
        call.finish(count);
        Ok(())
    }
}

fn write(item: Item) -> Result<WriteRequest, ServiceError> {
    let put = PutRequest::builder().set_item(Some(item)).build();
    let put = put.map_err(ServiceError::internal)?;
    Ok(WriteRequest::builder().put_request(put).build())
}
