//! Names in advice about this SDK that do not exist, each beside the one that does. This
//! is documentation only; the compiler tests every example.
//!
//! Of each pair, the first example must not compile, for the reason in its text.

/// Data types are in `types`, not in `model`. A paginator is a value of its operation.
///
/// ```compile_fail,E0432
/// use aws_sdk_dynamodb::model::PaginatorState;
/// ```
/// ```no_run
/// use aws_sdk_dynamodb::operation::scan::paginator::ScanPaginator;
/// ```
pub mod paginator_state {}

/// The pages of a paginator are no `futures::Stream`. They have their own `next`.
///
/// ```compile_fail,E0277
/// # async fn pages(client: aws_sdk_dynamodb::Client) {
/// let mut pages = client.scan().table_name("orders").into_paginator().send();
/// while let Some(page) = futures_util::StreamExt::next(&mut pages).await {}
/// # }
/// ```
/// ```no_run
/// # async fn pages(client: aws_sdk_dynamodb::Client) {
/// let mut pages = client.scan().table_name("orders").into_paginator().send();
/// while let Some(page) = pages.next().await {}
/// # }
/// ```
pub mod stream_ext_next {}

/// `items()` of a page is a slice, which is empty if there are none. It is no `Option`.
///
/// ```compile_fail,E0599
/// # fn count(page: &aws_sdk_dynamodb::operation::scan::ScanOutput) -> usize {
/// page.items().unwrap_or_default().len()
/// # }
/// ```
/// ```no_run
/// # fn count(page: &aws_sdk_dynamodb::operation::scan::ScanOutput) -> usize {
/// page.items().len()
/// # }
/// ```
pub mod items_unwrap_or_default {}

/// A JSON object does not convert into a key. A key is a map of attribute values.
///
/// ```compile_fail,E0277
/// # use aws_sdk_dynamodb::Client;
/// fn get(client: Client, key: serde_json::Map<String, serde_json::Value>) {
///     let call = client.get_item().table_name("orders").set_key(Some(key.into()));
/// }
/// ```
/// ```no_run
/// # use aws_sdk_dynamodb::{Client, types::AttributeValue};
/// fn get(client: Client, key: std::collections::HashMap<String, AttributeValue>) {
///     let call = client.get_item().table_name("orders").set_key(Some(key));
/// }
/// ```
pub mod key_from_json_map {}

/// An SDK error is no response of actix, so `?` alone does not return it from a handler.
/// The service decides on the status.
///
/// ```compile_fail,E0277
/// # use aws_sdk_dynamodb::Client;
/// async fn tables(client: Client) -> actix_web::Result<String> {
///     Ok(format!("{:?}", client.list_tables().send().await?))
/// }
/// ```
/// ```no_run
/// # use actix_web::error::ErrorBadGateway;
/// # use aws_sdk_dynamodb::Client;
/// async fn tables(client: Client) -> actix_web::Result<String> {
///     let found = client.list_tables().send().await.map_err(ErrorBadGateway)?;
///     Ok(format!("{found:?}"))
/// }
/// ```
pub mod sdk_error_as_response {}

/// Attribute values have no `Serialize`. Read an item into your own type first, here with
/// `serde_dynamo` inside `from_item`.
///
/// ```compile_fail,E0277
/// # use actix_web::HttpResponse;
/// # use model::table::{Item, ItemError};
/// fn answer(item: Item) -> Result<HttpResponse, ItemError> {
///     Ok(HttpResponse::Ok().json(item))
/// }
/// ```
/// ```no_run
/// # use actix_web::HttpResponse;
/// # use model::table::{Item, ItemError, from_item};
/// fn answer(item: Item) -> Result<HttpResponse, ItemError> {
///     Ok(HttpResponse::Ok().json(from_item::<model::Order>(item)?))
/// }
/// ```
pub mod json_of_attributes {}

/// A sent query is a future of one response and has no next page. The paginator has.
///
/// ```compile_fail,E0599
/// # async fn first(client: aws_sdk_dynamodb::Client) {
/// let mut pages = client.query().table_name("orders").send();
/// let first = pages.next().await;
/// # }
/// ```
/// ```no_run
/// # async fn first(client: aws_sdk_dynamodb::Client) {
/// let mut pages = client.query().table_name("orders").into_paginator().send();
/// let first = pages.next().await;
/// # }
/// ```
pub mod query_as_stream {}

/// The configuration's builder has no method `from`. It is itself made from the shared
/// configuration.
///
/// ```compile_fail,E0599
/// # fn config(shared: &aws_config::SdkConfig) -> aws_sdk_dynamodb::Config {
/// aws_sdk_dynamodb::Config::builder().from(shared).build()
/// # }
/// ```
/// ```no_run
/// # fn config(shared: &aws_config::SdkConfig) -> aws_sdk_dynamodb::Config {
/// aws_sdk_dynamodb::config::Builder::from(shared).build()
/// # }
/// ```
pub mod builder_from_config {}

/// `retry_config` takes a value, not a function.
///
/// ```compile_fail,E0308
/// # use aws_sdk_dynamodb::config::{Builder, retry::RetryConfig};
/// # fn twice(builder: Builder) -> Builder {
/// builder.retry_config(|retries: RetryConfig| retries.with_max_attempts(2))
/// # }
/// ```
/// ```no_run
/// # use aws_sdk_dynamodb::config::{Builder, retry::RetryConfig};
/// # fn twice(builder: Builder) -> Builder {
/// builder.retry_config(RetryConfig::standard().with_max_attempts(2))
/// # }
/// ```
pub mod retry_config_closure {}

/// The SDK has no disconnect timeout. It has timeouts for connecting, for reading, for an
/// attempt and for a whole operation. (`HttpServer::client_disconnect_timeout` of
/// actix-web is the time that a *client* gets to hang up.)
///
/// ```compile_fail,E0599
/// # use aws_sdk_dynamodb::config::{Builder, timeout::TimeoutConfig};
/// # use std::time::Duration;
/// # fn one_second(builder: Builder) -> Builder {
/// builder.disconnect_timeout(Some(Duration::from_secs(1)))
/// # }
/// ```
/// ```no_run
/// # use aws_sdk_dynamodb::config::{Builder, timeout::TimeoutConfig};
/// # use std::time::Duration;
/// # fn one_second(builder: Builder) -> Builder {
/// let timeouts = TimeoutConfig::builder().read_timeout(Duration::from_secs(1));
/// builder.timeout_config(timeouts.build())
/// # }
/// ```
pub mod disconnect_timeout {}
