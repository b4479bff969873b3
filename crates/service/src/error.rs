//! Errors: what the client sees, and what only the log shows.
//!
//! Answers are `application/problem+json` (RFC 9457) and say what the client can do.
//! Causes, SDK messages and internals go to the log.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use model::table::ItemError;
use serde::Serialize;
use std::error::Error;
use utoipa::ToSchema;

/// Seconds after which a refused client may try again.
const RETRY_AFTER_SECONDS: u64 = 1;

/// A problem document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem. `about:blank`: the status says everything.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The status in words.
    pub title: String,
    /// The HTTP status, for readers of stored answers.
    pub status: u16,
    /// What is wrong with this request, and what to change.
    pub detail: String,
}

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// 400: the request is not one that this route understands.
    #[error("{0}")]
    Invalid(String),
    /// 404.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// 404 for a path, 405 for a method.
    #[error("{1}")]
    Unroutable(StatusCode, &'static str),
    /// 408: the head of the request arrived, the rest did not in time.
    #[error("the request was not complete within {0} ms")]
    TooSlow(u64),
    /// 409: what exists already differs from what was sent.
    #[error("{0} exists already, with another content")]
    Conflict(&'static str),
    /// 413.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// 415.
    #[error("the body must be {0}")]
    MediaType(&'static str),
    /// 422: an idempotency key was used for another request.
    #[error("this idempotency key belongs to another request; use a new one")]
    KeyReused,
    /// 503 with `Retry-After`: a limit is reached.
    #[error("too much work is waiting; try again")]
    Overloaded,
    /// The same before the body was read, so the connection closes.
    #[error("too many such requests are under way; try again")]
    Full,
    /// Any other error, after a part of the request's lines was done.
    #[error("{cause}; {lines} lines were taken before")]
    PartlyDone {
        /// How many lines of the request were done.
        lines: u64,
        /// Why not all of them.
        #[source]
        cause: Box<Self>,
    },
    /// 503 with `Retry-After`: DynamoDB throttles.
    #[error("the database is busy; try again")]
    Throttled,
    /// 504: DynamoDB did not answer in time.
    #[error("the database did not answer in time")]
    Timeout,
    /// 502: DynamoDB could not be reached, or refused.
    #[error("the database could not serve this request")]
    Upstream,
    /// 500: a fault of this service. The log has the cause.
    #[error("the service failed")]
    Internal,
}

impl ServiceError {
    /// Logs a cause that the client must not see, and answers 500.
    pub fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        tracing::error!(cause = %DisplayErrorContext(&cause), "internal error");
        Self::Internal
    }

    /// Whether the client may still be sending.
    fn leaves_body(&self) -> bool {
        matches!(
            self,
            Self::TooSlow(_)
                | Self::TooLarge(_)
                | Self::Full
                | Self::PartlyDone { .. }
        )
    }
}

impl ResponseError for ServiceError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Unroutable(status, _) => *status,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Overloaded | Self::Full | Self::Throttled => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::PartlyDone { cause, .. } => cause.status_code(),
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Upstream => StatusCode::BAD_GATEWAY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponseBuilder::new(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        if self.leaves_body() {
            // The rest of the body is still arriving, and nothing will read it.
            response.force_close();
        }
        let problem = Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
        };
        // `json` keeps a content type that is already set.
        response
            .insert_header((CONTENT_TYPE, "application/problem+json"))
            .json(problem)
    }
}

impl From<ItemError> for ServiceError {
    fn from(error: ItemError) -> Self {
        Self::internal(error)
    }
}

impl<E, R> From<SdkError<E, R>> for ServiceError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        let code = error.as_service_error().and_then(|e| e.code());
        let kind = match (&error, code) {
            (SdkError::TimeoutError(_), _) => Self::Timeout,
            (SdkError::DispatchFailure(failure), _) if failure.is_timeout() => {
                Self::Timeout
            }
            (
                _,
                Some(
                    "ProvisionedThroughputExceededException"
                    | "ThrottlingException"
                    | "RequestLimitExceeded"
                    | "TransactionConflictException",
                ),
            ) => Self::Throttled,
            // Clients' input is checked before, so the mistake is this service's own.
            (_, Some("ValidationException")) => Self::Internal,
            _ => Self::Upstream,
        };
        tracing::error!(cause = %DisplayErrorContext(&error), "DynamoDB call failed");
        kind
    }
}
