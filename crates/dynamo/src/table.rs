//! The table of a run: the user's if there is one of that name, else one that the run
//! creates under a name of its own, and removes.

use crate::{Connection, owner};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{TableDescription, TableStatus, WriteRequest};
use futures_util::{StreamExt, TryStreamExt, stream};
use model::limits::BATCH_ITEMS;
use model::table::{Item, put};
use std::error::Error;
use std::time::{Duration, Instant};

/// Concurrent batches: four saturate the embedded engine.
const BATCHES_AT_ONCE: usize = 4;
/// Attempts to write a batch with the items that DynamoDB leaves unprocessed.
const BATCH_TRIES: u32 = 8;
/// What DynamoDB says of credentials that it rejects, or that lack permission.
const DENIED: [&str; 5] = [
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "ExpiredTokenException",
];
/// AWS needs up to half a minute to create a table.
const ACTIVE_WITHIN: Duration = Duration::from_secs(120);

/// What failed, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct TableError {
    text: String,
    missing: Missing,
}

/// What is not there.
#[derive(Debug, PartialEq)]
enum Missing {
    Nothing,
    /// Nothing listens there, or it is not DynamoDB.
    Database,
    Table,
}

impl TableError {
    fn new(text: String) -> Self {
        Self { text, missing: Missing::Nothing }
    }

    /// Whether the database, or the table in it, is not there any more.
    pub fn is_lost(&self) -> bool {
        self.missing != Missing::Nothing
    }

    fn is_gone(&self) -> bool {
        self.missing == Missing::Table
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
    pub async fn open(
        connection: &Connection,
        name: &str,
    ) -> Result<Self, TableError> {
        Self::open_or_create(connection, name, owner::marked(name), true).await
    }

    /// The table of exactly this name, made if it is missing, and kept.
    pub async fn open_named(
        connection: &Connection,
        name: &str,
    ) -> Result<Self, TableError> {
        Self::open_or_create(connection, name, name.to_owned(), false).await
    }

    async fn open_or_create(
        connection: &Connection,
        name: &str,
        new_name: String,
        ours: bool,
    ) -> Result<Self, TableError> {
        let (connection, name) = (connection.clone(), name.to_owned());
        let table = Self { connection, name, ours: false };
        match table.description().await {
            Ok(found) => match found.as_ref().and_then(model::table::mismatch) {
                None => Ok(table),
                Some(difference) => Err(TableError::new(format!(
                    "table {} exists at {} with another schema ({difference}): \
                     choose another --table-prefix, or remove it",
                    table.name, table.connection.url
                ))),
            },
            Err(error) if error.is_gone() => {
                Self { name: new_name, ours, ..table }.create().await
            }
            Err(error) => Err(error),
        }
    }

    async fn description(&self) -> Result<Option<TableDescription>, TableError> {
        let client = &self.connection.client;
        let found = client.describe_table().table_name(&self.name).send().await;
        found.map(|found| found.table).map_err(|error| self.error("describe", error))
    }

    /// Checks that the database still serves the table.
    pub async fn check(&self) -> Result<(), TableError> {
        self.description().await.map(|_| ())
    }

    async fn create(self) -> Result<Self, TableError> {
        let call = self.connection.client.create_table().table_name(&self.name);
        let created = model::table::with_schema(call).send().await;
        created.map_err(|error| self.error("create", error))?;
        match self.becomes_active().await {
            Ok(()) => Ok(self),
            Err(error) => {
                // Nobody else can, and the first error is the cause.
                let _ = self.remove().await;
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
                return Err(self.failed("wait for", "it does not become active"));
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
    pub async fn put(
        &self,
        items: impl Iterator<Item = Item> + Send,
    ) -> Result<(), TableError> {
        stream::iter(items.map(put))
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
        Err(self.failed("write to", "it keeps leaving items unprocessed"))
    }

    /// How many items it has.
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
    pub async fn remove(&self) -> Result<(), TableError> {
        if !self.ours {
            return Ok(());
        }
        let call = self.connection.client.delete_table().table_name(&self.name);
        match call.send().await.map_err(|error| self.error("remove", error)) {
            Err(error) if !error.is_gone() => Err(error),
            _ => Ok(()),
        }
    }

    fn failed(&self, doing: &str, cause: &str) -> TableError {
        let (table, url) = (&self.name, &self.connection.url);
        TableError::new(format!("cannot {doing} table {table} at {url}: {cause}"))
    }

    fn error<E, R>(&self, doing: &str, error: SdkError<E, R>) -> TableError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let (table, url) = (&self.name, &self.connection.url);
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        match (&error, code) {
            _ if lacks_credentials(&error) => TableError::new(format!(
                "no AWS credentials for {url}: set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY (to any value for DynamoDB Local), or a profile"
            )),
            (_, Some("ResourceNotFoundException")) => TableError {
                text: format!(
                    "table {table} is gone from {url}: was the engine restarted?"
                ),
                missing: Missing::Table,
            },
            (
                SdkError::DispatchFailure(_)
                | SdkError::TimeoutError(_)
                | SdkError::ResponseError(_),
                _,
            )
            | (SdkError::ServiceError(_), None) => TableError {
                text: format!(
                    "no DynamoDB answers at {url} ({}): check --endpoint-url, and \
                     that the engine runs",
                    innermost(&error)
                ),
                missing: Missing::Database,
            },
            (_, Some(code)) if DENIED.contains(&code) => TableError::new(format!(
                "{url} refuses to {doing} {table} ({code}): check the credentials and \
                 their permissions"
            )),
            _ => self.failed(doing, &DisplayErrorContext(&error).to_string()),
        }
    }
}

fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<CredentialsError>())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

/// An error, and what caused it.
fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
