//! Parts of a request, checked before the handler runs.

use crate::{Limits, ServiceError};
use actix_web::dev::Payload;
use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use model::TenantId;
use model::limits::NOTE_BYTES_MAX;
use std::future::{Ready, ready};
use std::ops::Deref;

/// The header that names the tenant. A gateway sets it after authentication.
pub const TENANT_HEADER: &str = "x-tenant";

/// The tenant that a request acts for.
#[derive(Debug, Clone)]
pub struct Tenant(pub TenantId);

impl Deref for Tenant {
    type Target = TenantId;

    fn deref(&self) -> &TenantId {
        &self.0
    }
}

impl FromRequest for Tenant {
    type Error = ServiceError;
    type Future = Ready<Result<Self, ServiceError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(TENANT_HEADER);
        let text = header.and_then(|value| value.to_str().ok());
        ready(match text.map(str::parse::<TenantId>) {
            Some(Ok(tenant)) => Ok(Self(tenant)),
            Some(Err(error)) => Err(ServiceError::Invalid(error.to_string())),
            None => Err(ServiceError::Invalid(format!(
                "the header {TENANT_HEADER} must name a tenant"
            ))),
        })
    }
}

/// Refuses a note or another short text that is longer than [`NOTE_BYTES_MAX`].
///
/// # Errors
/// [`ServiceError::Invalid`], which calls the text by this name.
pub fn check_length(name: &str, text: &str) -> Result<(), ServiceError> {
    if text.len() <= NOTE_BYTES_MAX {
        return Ok(());
    }
    let detail = format!("the {name} is longer than {NOTE_BYTES_MAX} bytes");
    Err(ServiceError::Invalid(detail))
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
