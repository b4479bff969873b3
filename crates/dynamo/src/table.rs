//! The table of a run: the user's if there is one of that name, else one that the run
//! creates under a name of its own, and removes.

use crate::{Connection, owner};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    PutRequest, TableDescription, TableStatus, WriteRequest,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use model::table::Item;
use std::error::Error;
use std::time::{Duration, Instant};

/// DynamoDB's limit for one BatchWriteItem.
const BATCH_ITEMS: usize = 25;
/// Concurrent batches: four saturate the embedded engine.
const BATCHES_AT_ONCE: usize = 4;
/// Attempts to write a batch with the items that DynamoDB leaves unprocessed.
const BATCH_TRIES: u32 = 8;
/// AWS needs up to half a minute to create a table.
const ACTIVE_WITHIN: Duration = Duration::from_secs(120);

/// What failed, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Nothing listens there, or it is not DynamoDB.
    #[error(
        "no DynamoDB answers at {url} ({cause}): check --endpoint-url, and that the \
         engine runs"
    )]
    Unreachable {
        /// The endpoint.
        url: String,
        /// The innermost cause.
        cause: String,
    },
    /// The AWS chain has no credentials.
    #[error(
        "no AWS credentials for {url}: set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY (to any value for DynamoDB Local), or a profile"
    )]
    NoCredentials {
        /// The endpoint.
        url: String,
    },
    /// DynamoDB rejects the credentials, or they lack permission.
    #[error(
        "{url} refuses to {doing} {table} ({code}): check the credentials and their \
         permissions"
    )]
    Denied {
        /// The endpoint.
        url: String,
        /// The operation.
        doing: &'static str,
        /// The table.
        table: String,
        /// DynamoDB's code.
        code: String,
    },
    /// The name belongs to a table of another kind.
    #[error(
        "table {table} exists at {url} with another schema ({difference}): choose \
         another --table-prefix, or remove it"
    )]
    Schema {
        /// The table.
        table: String,
        /// The endpoint.
        url: String,
        /// The first difference.
        difference: String,
    },
    /// It was there, and is not any more.
    #[error("table {table} is gone from {url}: was the engine restarted?")]
    Gone {
        /// The table.
        table: String,
        /// The endpoint.
        url: String,
    },
    /// Any other error.
    #[error("cannot {doing} table {table} at {url}: {cause}")]
    Failed {
        /// The operation.
        doing: &'static str,
        /// The table.
        table: String,
        /// The endpoint.
        url: String,
        /// What DynamoDB or the SDK says.
        cause: String,
    },
}

impl TableError {
    /// Whether the database, or the table in it, is not there any more.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Gone { .. })
    }
}

/// A table of a run.
#[derive(Debug)]
pub struct Table {
    connection: Connection,
    name: String,
    ours: bool,
}

/// Removes tables with this prefix that earlier runs created and could not remove, such
/// as killed ones. Only helps where the credentials may list tables, and disturbs nobody
/// where they may not.
pub async fn remove_left(connection: &Connection, prefix: &str) {
    let tables = connection.client.list_tables().into_paginator().items().send();
    let tables: Vec<String> = tables.try_collect().await.unwrap_or_default();
    for table in tables.iter().filter(|table| owner::is_left(table, prefix)) {
        let _ = connection.client.delete_table().table_name(table).send().await;
    }
}

impl Table {
    /// The user's table of this name, which is kept, or else a new one for this run.
    ///
    /// # Errors
    /// [`TableError`].
    pub async fn open(
        connection: &Connection,
        name: &str,
    ) -> Result<Self, TableError> {
        match Self::find(connection, name).await? {
            Some(table) => Ok(table),
            None => Self::create(connection, owner::marked(name), true).await,
        }
    }

    /// The table of exactly this name, made if it is missing, and kept.
    ///
    /// # Errors
    /// [`TableError`].
    pub async fn open_named(
        connection: &Connection,
        name: &str,
    ) -> Result<Self, TableError> {
        match Self::find(connection, name).await? {
            Some(table) => Ok(table),
            None => Self::create(connection, name.to_owned(), false).await,
        }
    }

    async fn find(
        connection: &Connection,
        name: &str,
    ) -> Result<Option<Self>, TableError> {
        let (connection, name) = (connection.clone(), name.to_owned());
        let table = Self { connection, name, ours: false };
        match table.description().await {
            Ok(found) => match found.as_ref().and_then(model::table::mismatch) {
                None => Ok(Some(table)),
                Some(difference) => {
                    let (url, table) = (table.connection.url, table.name);
                    Err(TableError::Schema { table, url, difference })
                }
            },
            Err(TableError::Gone { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn description(&self) -> Result<Option<TableDescription>, TableError> {
        let client = &self.connection.client;
        let found = client.describe_table().table_name(&self.name).send().await;
        found.map(|found| found.table).map_err(|error| self.error("describe", error))
    }

    /// Checks that the database still serves the table.
    ///
    /// # Errors
    /// [`TableError`].
    pub async fn check(&self) -> Result<(), TableError> {
        self.description().await.map(|_| ())
    }

    async fn create(
        connection: &Connection,
        name: String,
        ours: bool,
    ) -> Result<Self, TableError> {
        let table = Self { connection: connection.clone(), name, ours };
        let call = connection.client.create_table().table_name(&table.name);
        let created = model::table::with_schema(call).send().await;
        created.map_err(|error| table.error("create", error))?;
        match table.becomes_active().await {
            Ok(()) => Ok(table),
            Err(error) => {
                // Nobody else can, and the first error is the cause.
                let _ = table.remove().await;
                Err(error)
            }
        }
    }

    async fn becomes_active(&self) -> Result<(), TableError> {
        let began = Instant::now();
        loop {
            let found = self.description().await?;
            let status = found.as_ref().and_then(TableDescription::table_status);
            if status == Some(&TableStatus::Active) {
                return Ok(());
            }
            if began.elapsed() > ACTIVE_WITHIN {
                return Err(
                    self.failed("wait for", "it does not become active".into())
                );
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes items, replacing those with the same key. Takes one batch of items after
    /// the other, so memory does not depend on their number.
    ///
    /// # Errors
    /// [`TableError`].
    pub async fn put(
        &self,
        items: impl Iterator<Item = Item> + Send,
    ) -> Result<(), TableError> {
        stream::iter(items)
            .map(|item| {
                let put = PutRequest::builder().set_item(Some(item)).build();
                WriteRequest::builder()
                    .put_request(put.expect("the item is set"))
                    .build()
            })
            .chunks(BATCH_ITEMS)
            .map(|batch| self.put_batch(batch))
            .buffer_unordered(BATCHES_AT_ONCE)
            .try_collect()
            .await
    }

    async fn put_batch(
        &self,
        mut batch: Vec<WriteRequest>,
    ) -> Result<(), TableError> {
        for attempt in 0..BATCH_TRIES {
            let call = self.connection.client.batch_write_item();
            let call = call.request_items(&self.name, batch);
            let answer = call.send().await.map_err(|e| self.error("write to", e))?;
            let rest = answer
                .unprocessed_items
                .and_then(|mut rest| rest.remove(&self.name));
            match rest {
                Some(rest) if !rest.is_empty() => batch = rest,
                _ => return Ok(()),
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        Err(self.failed("write to", "it keeps leaving items unprocessed".into()))
    }

    /// How many items it has.
    ///
    /// # Errors
    /// [`TableError`].
    pub async fn items(&self) -> Result<usize, TableError> {
        let call = self.connection.client.scan().table_name(&self.name);
        let pages = call.consistent_read(true).into_paginator().send();
        let pages = pages.try_collect().await;
        let pages = pages.map_err(|error| self.error("read", error))?;
        Ok(pages.iter().map(|page| page.items().len()).sum())
    }

    /// Whether this run created it.
    pub fn is_ours(&self) -> bool {
        self.ours
    }

    /// Removes the table if this run created it.
    ///
    /// # Errors
    /// [`TableError`].
    pub async fn remove(&self) -> Result<(), TableError> {
        if !self.ours {
            return Ok(());
        }
        let call = self.connection.client.delete_table().table_name(&self.name);
        match call.send().await.map_err(|error| self.error("remove", error)) {
            Ok(_) | Err(TableError::Gone { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn failed(&self, doing: &'static str, cause: String) -> TableError {
        let (table, url) = (self.name.clone(), self.connection.url.clone());
        TableError::Failed { doing, table, url, cause }
    }

    fn error<E, R>(&self, doing: &'static str, error: SdkError<E, R>) -> TableError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let (table, url) = (self.name.clone(), self.connection.url.clone());
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        let text = DisplayErrorContext(&error).to_string();
        match (&error, code) {
            _ if lacks_credentials(&error) => TableError::NoCredentials { url },
            (_, Some("ResourceNotFoundException")) => {
                TableError::Gone { table, url }
            }
            (
                SdkError::DispatchFailure(_)
                | SdkError::TimeoutError(_)
                | SdkError::ResponseError(_),
                _,
            )
            | (SdkError::ServiceError(_), None) => {
                TableError::Unreachable { url, cause: innermost(&error) }
            }
            (
                _,
                Some(
                    code @ ("AccessDeniedException"
                    | "UnrecognizedClientException"
                    | "InvalidSignatureException"
                    | "MissingAuthenticationTokenException"
                    | "ExpiredTokenException"),
                ),
            ) => TableError::Denied { url, doing, table, code: code.to_owned() },
            _ => TableError::Failed { doing, table, url, cause: text },
        }
    }
}

fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<CredentialsError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
