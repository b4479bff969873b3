//! Parts of a request, checked before the handler runs.

use crate::{Limits, ServiceError};
use actix_web::error::JsonPayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{HttpRequest, web};
use std::fmt::Display;
use std::str::FromStr;
use utoipa::openapi::OpenApi;

/// The value of an optional header, as its type.
///
/// # Errors
/// [`ServiceError::Invalid`] if there are two, or the value is none of its type.
pub fn header<T: FromStr<Err: Display>>(
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
    let own = limits.clone();
    let json = web::JsonConfig::default()
        .limit(bytes_max)
        .error_handler(move |error, _| json_error(&error, &own).into());
    let path = web::PathConfig::default()
        .error_handler(|error, _| unexpected("path", error).into());
    let query = web::QueryConfig::default()
        .error_handler(|error, _| unexpected("query", error).into());
    let payload = web::PayloadConfig::new(bytes_max);
    config.app_data(json).app_data(path).app_data(query).app_data(payload);
}

fn json_error(error: &JsonPayloadError, limits: &Limits) -> ServiceError {
    match error {
        JsonPayloadError::OverflowKnownLength { .. }
        | JsonPayloadError::Overflow { .. } => {
            ServiceError::TooLarge(limits.body_bytes_max)
        }
        JsonPayloadError::Payload(error) => ServiceError::unreadable(error, limits),
        JsonPayloadError::ContentType => ServiceError::MediaType("application/json"),
        // serde_json's text names line, column and field, which the client sent.
        JsonPayloadError::Deserialize(cause) => unexpected("body", cause),
        _ => ServiceError::Invalid("the body could not be read".to_owned()),
    }
}

fn unexpected(part: &str, error: impl Display) -> ServiceError {
    ServiceError::Invalid(format!("the {part} is not as expected: {error}"))
}

/// Answers requests without a route: 405 if another method has one, 404 otherwise.
pub async fn unmatched(
    request: HttpRequest,
    document: Data<OpenApi>,
) -> Result<(), ServiceError> {
    // Decoded, as the router reads it.
    let path = request.match_info().as_str();
    let methods = request.resource_map().has_resource(path);
    let methods = methods.then(|| allowed(&document, path));
    // A path that takes this method, and yet led nowhere, has a part that is none.
    let method = request.method().as_str();
    let methods = methods.filter(|m| !m.split(", ").any(|name| name == method));
    let detail = "there is nothing at this path; see /openapi.json";
    let nothing = ServiceError::Unroutable(StatusCode::NOT_FOUND, detail);
    Err(methods.map_or(nothing, ServiceError::Method))
}

/// The methods that a path takes. Without parameters it stands in the document as it is.
fn allowed(document: &OpenApi, path: &str) -> String {
    let paths = &document.paths.paths;
    let item = paths.get(path).or_else(|| {
        let fits = |pattern: &str| {
            let mut pairs = pattern.split('/').zip(path.split('/'));
            pattern.split('/').count() == path.split('/').count()
                && pairs.all(|(name, part)| name == part || name.starts_with('{'))
        };
        paths.iter().find(|(pattern, _)| fits(pattern)).map(|(_, item)| item)
    });
    // What is not described can be read.
    let Some(item) = item else { return "GET, HEAD".to_owned() };
    let methods =
        [("GET, HEAD", &item.get), ("POST", &item.post), ("PUT", &item.put)];
    let methods = methods.into_iter().filter(|(_, operation)| operation.is_some());
    methods.map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}
