//! Names that advice about this SDK uses and that are not there, each beside the one
//! that is. Only documentation: the compiler tests both examples of every pair.
//!
//! The first example of a pair must not compile, for the reason that its text gives.
//! The second is the same code with the name that exists.

/// There is no module `model`, and a paginator has no state to import.
///
/// `E0432`, unresolved import:
///
/// ```compile_fail,E0432
/// use aws_sdk_dynamodb::model::PaginatorState;
/// ```
///
/// Data types are in `types`; a paginator is a value, which its operation has:
///
/// ```no_run
/// use aws_sdk_dynamodb::operation::scan::paginator::ScanPaginator;
/// ```
pub mod paginator_state {}

/// The stream of pages is no `futures::Stream`, so `StreamExt` does not apply to it.
///
/// `E0277`, the trait is not implemented:
///
/// ```compile_fail,E0277
/// # async fn pages(client: aws_sdk_dynamodb::Client) {
/// let mut pages = client.scan().table_name("orders").into_paginator().send();
/// while let Some(page) = futures_util::StreamExt::next(&mut pages).await {
///     println!("{:?}", page.map(|page| page.count()));
/// }
/// # }
/// ```
///
/// It has a `next` of its own, and nothing needs to be imported:
///
/// ```no_run
/// # async fn pages(client: aws_sdk_dynamodb::Client) {
/// let mut pages = client.scan().table_name("orders").into_paginator().send();
/// while let Some(page) = pages.next().await {
///     println!("{:?}", page.map(|page| page.count()));
/// }
/// # }
/// ```
pub mod stream_ext_next {}

/// A page's `items()` is a slice, empty where there are none, and no `Option`.
///
/// `E0599`, no such method:
///
/// ```compile_fail,E0599
/// # use aws_sdk_dynamodb::operation::scan::ScanOutput;
/// fn count(page: &ScanOutput) -> usize {
///     page.items().unwrap_or_default().len()
/// }
/// ```
///
/// ```no_run
/// # use aws_sdk_dynamodb::operation::scan::ScanOutput;
/// fn count(page: &ScanOutput) -> usize {
///     page.items().len()
/// }
/// ```
pub mod items_unwrap_or_default {}

/// A JSON object does not turn into a key.
///
/// `E0277`, the trait `From` is not implemented:
///
/// ```compile_fail,E0277
/// # use aws_sdk_dynamodb::Client;
/// fn get(client: Client, key: serde_json::Map<String, serde_json::Value>) {
///     let call = client.get_item().table_name("orders").set_key(Some(key.into()));
/// }
/// ```
///
/// A key is a map of attribute values:
///
/// ```no_run
/// # use aws_sdk_dynamodb::Client;
/// # use aws_sdk_dynamodb::types::AttributeValue;
/// # use std::collections::HashMap;
/// fn get(client: Client, key: HashMap<String, AttributeValue>) {
///     let call = client.get_item().table_name("orders").set_key(Some(key));
/// }
/// ```
pub mod key_from_json_map {}

/// An error of the SDK is no answer of actix, so `?` alone does not pass it on.
///
/// `E0277`, `ResponseError` is not implemented:
///
/// ```compile_fail,E0277
/// # use actix_web::{HttpResponse, Result, error::ErrorBadGateway, web::Data};
/// # use aws_sdk_dynamodb::Client;
/// async fn tables(client: Data<Client>) -> Result<HttpResponse> {
///     let found = client.list_tables().send().await?;
///     Ok(HttpResponse::Ok().json(found.table_names()))
/// }
/// ```
///
/// The service decides which status it is:
///
/// ```no_run
/// # use actix_web::{HttpResponse, Result, error::ErrorBadGateway, web::Data};
/// # use aws_sdk_dynamodb::Client;
/// async fn tables(client: Data<Client>) -> Result<HttpResponse> {
///     let found = client.list_tables().send().await.map_err(ErrorBadGateway)?;
///     Ok(HttpResponse::Ok().json(found.table_names()))
/// }
/// ```
pub mod sdk_error_as_response {}

/// Attribute values cannot be serialised.
///
/// `E0277`, `Serialize` is not implemented:
///
/// ```compile_fail,E0277
/// # use actix_web::HttpResponse;
/// # use model::table::{Item, ItemError, read_order};
/// fn answer(item: Item) -> Result<HttpResponse, ItemError> {
///     Ok(HttpResponse::Ok().json(item))
/// }
/// ```
///
/// An item is read into a type of one's own first, here by `serde_dynamo::from_item`
/// in `read_order`:
///
/// ```no_run
/// # use actix_web::HttpResponse;
/// # use model::table::{Item, ItemError, read_order};
/// fn answer(item: Item) -> Result<HttpResponse, ItemError> {
///     Ok(HttpResponse::Ok().json(read_order(item)?))
/// }
/// ```
pub mod json_of_attributes {}

/// A query that is sent is a future of one answer, and has no next page.
///
/// `E0599`, no such method:
///
/// ```compile_fail,E0599
/// # async fn first(client: aws_sdk_dynamodb::Client) {
/// let mut pages = client.query().table_name("orders").send();
/// let first = pages.next().await;
/// # }
/// ```
///
/// The paginator is the stream:
///
/// ```no_run
/// # async fn first(client: aws_sdk_dynamodb::Client) {
/// let mut pages = client.query().table_name("orders").into_paginator().send();
/// let first = pages.next().await;
/// # }
/// ```
pub mod query_as_stream {}

/// `from` is no method of the configuration's builder.
///
/// `E0599`, no such method:
///
/// ```compile_fail,E0599
/// # use aws_config::SdkConfig;
/// fn config(shared: &SdkConfig) -> aws_sdk_dynamodb::Config {
///     aws_sdk_dynamodb::Config::builder().from(shared).build()
/// }
/// ```
///
/// The builder is made from it:
///
/// ```no_run
/// # use aws_config::SdkConfig;
/// fn config(shared: &SdkConfig) -> aws_sdk_dynamodb::Config {
///     aws_sdk_dynamodb::config::Builder::from(shared).build()
/// }
/// ```
pub mod builder_from_config {}

/// Retries are set by a value and not by a function that changes one.
///
/// `E0308`, mismatched types:
///
/// ```compile_fail,E0308
/// # use aws_sdk_dynamodb::config::{Builder, retry::RetryConfig};
/// fn twice(builder: Builder) -> Builder {
///     builder.retry_config(|retries: RetryConfig| retries.with_max_attempts(2))
/// }
/// ```
///
/// ```no_run
/// # use aws_sdk_dynamodb::config::{Builder, retry::RetryConfig};
/// fn twice(builder: Builder) -> Builder {
///     builder.retry_config(RetryConfig::standard().with_max_attempts(2))
/// }
/// ```
pub mod retry_config_closure {}

/// The SDK has no disconnect timeout.
///
/// `E0599`, no such method:
///
/// ```compile_fail,E0599
/// # use aws_sdk_dynamodb::config::{Builder, timeout::TimeoutConfig};
/// # use std::time::Duration;
/// fn patient_for_a_second(builder: Builder) -> Builder {
///     builder.disconnect_timeout(Some(Duration::from_secs(1)))
/// }
/// ```
///
/// It has timeouts for connecting, for reading, for an attempt and for a whole
/// operation. (The time that a *client* gets to hang up is
/// `HttpServer::client_disconnect_timeout` of actix-web.)
///
/// ```no_run
/// # use aws_sdk_dynamodb::config::{Builder, timeout::TimeoutConfig};
/// # use std::time::Duration;
/// fn patient_for_a_second(builder: Builder) -> Builder {
///     let second = Duration::from_secs(1);
///     builder.timeout_config(TimeoutConfig::builder().read_timeout(second).build())
/// }
/// ```
pub mod disconnect_timeout {}
