//! Many items at once, sent until DynamoDB has written them all.

use super::Dynamo;
use super::backoff::Backoff;
use crate::{ServiceError, Undone};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemError;
use futures_util::FutureExt;
use model::table::{self, Record};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

impl Dynamo {
    /// Puts up to [`BATCH_ITEMS`] records, and tries until DynamoDB has written them.
    /// Of records with the same key the last one is written: DynamoDB refuses a batch
    /// that has a key twice.
    ///
    /// [`BATCH_ITEMS`]: super::BATCH_ITEMS
    ///
    /// # Errors
    /// [`Undone`] if DynamoDB can never write some of them, or after a panic, which must
    /// not end the caller: others wait for it. The log names those.
    pub async fn put_all<'a, T: Record + Sync + 'a>(
        &self,
        records: impl Iterator<Item = &'a T>,
    ) -> Result<(), Undone> {
        let records: Vec<_> = records.collect();
        let put = AssertUnwindSafe(self.put_each(&records)).catch_unwind();
        put.await.unwrap_or_else(|_| {
            for record in records {
                let name = name(record);
                tracing::error!(
                    name,
                    "a panic: this item is not known to be written"
                );
            }
            Err(Undone)
        })
    }

    async fn put_each<T: Record + Sync>(
        &self,
        records: &[&T],
    ) -> Result<(), Undone> {
        let mut done = Ok(());
        let mut by_name = BTreeMap::new();
        for &record in records {
            let name = name(record);
            match table::to_item(record) {
                Ok(_) => _ = by_name.insert(name, record),
                Err(_) => done = never(&name),
            }
        }
        let mut backoff = Backoff::default();
        let mut batches = vec![by_name.into_values().collect::<Vec<_>>()];
        while let Some(mut batch) = batches.pop() {
            match self.put_once(&batch).await {
                Ok(left) if left.is_empty() => continue,
                Ok(left) => {
                    let number = left.len();
                    tracing::warn!(left = number, "DynamoDB left a part of a batch");
                    batch.retain(|record| left.contains(&name(*record)));
                }
                // One such item makes DynamoDB refuse its batch, so each goes alone.
                Err(error) if is_invalid(&error) && batch.len() > 1 => {
                    batches.extend(batch.into_iter().map(|record| vec![record]));
                    continue;
                }
                Err(error) if is_invalid(&error) => {
                    batch.into_iter().for_each(|record| done = never(&name(record)));
                    continue;
                }
                // The conversion logs the cause.
                Err(error) => _ = ServiceError::from(error),
            }
            batches.push(batch);
            backoff.pause().await;
        }
        done
    }

    /// Sends a batch once; the names of the records that DynamoDB did not write.
    async fn put_once<T: Record>(
        &self,
        batch: &[&T],
    ) -> Result<Vec<String>, SdkError<BatchWriteItemError>> {
        let items = batch.iter().filter_map(|record| table::to_item(*record).ok());
        let puts: Vec<_> = items.map(table::put).collect();
        if puts.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.call("BatchWriteItem");
        let request =
            self.client.batch_write_item().request_items(&*self.table, puts).send();
        let left = call.send(request).await?.unprocessed_items;
        let left = left.and_then(|mut tables| tables.remove(&*self.table));
        let left = left.into_iter().flatten().filter_map(|write| write.put_request);
        let left: Vec<_> = left.map(|put| table::name(&put.item)).collect();
        call.finish(batch.len() - left.len());
        Ok(left)
    }
}

fn name(record: &impl Record) -> String {
    table::name(&record.keys())
}

/// DynamoDB will refuse the same request again, however often it is sent.
fn is_invalid(error: &SdkError<BatchWriteItemError>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    code == Some("ValidationException")
}

fn never(name: &str) -> Result<(), Undone> {
    tracing::error!(name, "DynamoDB never takes this item; it is given up");
    Err(Undone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::telemetry::logged;
    use clap::Parser;
    use heap::Gauge;
    use model::table::Item;
    use serde::{Deserialize, Serialize, Serializer};
    use std::iter;

    /// A record that its own code cannot write.
    #[derive(Deserialize)]
    struct Broken;

    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("a mistake")
        }
    }

    impl Record for Broken {
        const NAME: &'static str = "record";

        fn keys(&self) -> Item {
            table::session_key(&"tok-1".parse().unwrap())
        }
    }

    #[test]
    fn a_panic_leaves_the_caller_and_names_what_is_not_written() {
        let settings = ["orders", "--endpoint-url", "http://127.0.0.1:9"];
        let settings = Settings::parse_from(settings);
        let log = logged(|| {
            actix_web::rt::System::new().block_on(async {
                let dynamo = Dynamo::connect(&settings, Gauge::default()).await;
                let dynamo = dynamo.unwrap();
                let put = dynamo.put_all(iter::once(&Broken)).await;
                assert_eq!(put, Err(Undone));
                assert_eq!(dynamo.put_all(iter::empty::<&Broken>()).await, Ok(()));
            });
        });
        assert!(log.contains(&name(&Broken)), "{log}");
    }
}
