//! Parts of a request, checked before the handler runs.

use crate::{Limits, ServiceError};
use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, web};
use std::str::FromStr;

/// The value of an optional header, as its type.
///
/// # Errors
/// [`ServiceError::Invalid`] if there are two, or the value is none of its type.
pub fn header<T: FromStr<Err: std::fmt::Display>>(
    headers: &HeaderMap,
    name: &str,
) -> Result<Option<T>, ServiceError> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ServiceError::Invalid(format!("two headers {name} were sent")));
    }
    let value = value.to_str().unwrap_or_default().parse();
    value.map(Some).map_err(ServiceError::invalid)
}

/// Makes the extractors answer with problem documents and keep to the limits.
pub fn configure(config: &mut web::ServiceConfig, limits: &Limits) {
    let bytes_max = limits.body_bytes_max;
    let json = web::JsonConfig::default()
        .limit(bytes_max)
        .error_handler(move |error, _| json_error(&error, bytes_max).into());
    let path = web::PathConfig::default()
        .error_handler(|error, _| path_error(&error).into());
    let query = web::QueryConfig::default()
        .error_handler(|error, _| query_error(&error).into());
    let payload = web::PayloadConfig::new(bytes_max);
    config.app_data(json).app_data(path).app_data(query).app_data(payload);
}

fn json_error(error: &JsonPayloadError, bytes_max: usize) -> ServiceError {
    match error {
        JsonPayloadError::OverflowKnownLength { .. }
        | JsonPayloadError::Overflow { .. } => ServiceError::TooLarge(bytes_max),
        JsonPayloadError::ContentType => ServiceError::MediaType("application/json"),
        // serde_json's text names line, column and field, which the client sent.
        JsonPayloadError::Deserialize(cause) => {
            ServiceError::Invalid(format!("the body is not as expected: {cause}"))
        }
        _ => ServiceError::Invalid("the body could not be read".to_owned()),
    }
}

fn path_error(error: &PathError) -> ServiceError {
    ServiceError::Invalid(format!("the path is not as expected: {error}"))
}

fn query_error(error: &QueryPayloadError) -> ServiceError {
    ServiceError::Invalid(format!("the query is not as expected: {error}"))
}

/// Answers requests without a route: 405 if another method has one, 404 otherwise.
pub async fn unmatched(request: HttpRequest) -> Result<(), ServiceError> {
    Err(if request.resource_map().has_resource(request.path()) {
        let detail = "this path does not take this method; see /openapi.json";
        ServiceError::Unroutable(StatusCode::METHOD_NOT_ALLOWED, detail)
    } else {
        let detail = "there is nothing at this path; see /openapi.json";
        ServiceError::Unroutable(StatusCode::NOT_FOUND, detail)
    })
}
