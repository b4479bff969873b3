//! Errors: what the client sees, and what only the log shows.
//!
//! Answers are `application/problem+json` (RFC 9457) and say what the client can do.
//! Causes, SDK messages and internals go to the log.

use crate::Limits;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use model::table::ItemError;
use serde::Serialize;
use std::fmt::Display;
use std::io;
use utoipa::ToSchema;

/// The media type of a problem document.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// 400: the request is not one that this route understands.
    #[error("{0}")]
    Invalid(String),
    /// 403: the path names another tenant than the request's.
    #[error("this belongs to another tenant")]
    Forbidden,
    /// 403: the route answers callers on its own machine.
    #[error("only callers on the service's machine may read this")]
    Local,
    /// 404.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// 405 with `Allow`.
    #[error("this path takes only {0}; see /openapi.json")]
    Method(String),
    /// 404 for a path.
    #[error("{1}")]
    Unroutable(StatusCode, &'static str),
    /// 408: the head of the request arrived, the rest did not in time.
    #[error("the body did not arrive in time: no pause may be longer than {0} ms")]
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
    /// A status that actix answers by itself.
    #[error("this request was refused: {0}")]
    Other(StatusCode),
    /// 500: a fault of this service. The log has the cause.
    #[error("the service failed")]
    Internal,
}

impl ServiceError {
    /// Answers 400 with the rule that the request breaks.
    pub fn invalid(rule: impl Display) -> Self {
        Self::Invalid(rule.to_string())
    }

    /// Logs a cause that the client must not see, and answers 500. The causes behind it
    /// stay out of the log, since the text of a parse error contains what was parsed.
    pub fn internal(cause: impl Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::Internal
    }

    /// Why a body could not be read to its end.
    pub fn unreadable(error: &PayloadError, limits: &Limits) -> Self {
        match error {
            PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                Self::TooSlow(limits.client_idle_ms)
            }
            PayloadError::Overflow => Self::TooLarge(limits.import_bytes_max),
            _ => Self::Invalid("the body could not be read".to_owned()),
        }
    }

    fn problem(&self) -> Problem {
        let status = self.status_code();
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
        }
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
            Self::Forbidden | Self::Local => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unroutable(status, _) | Self::Other(status) => *status,
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
        if let Self::Method(allowed) = self {
            response.insert_header((ALLOW, allowed.as_str()));
        }
        if self.leaves_body() {
            // The rest of the body is still arriving, and nothing will read it.
            response.force_close();
        }
        // `json` keeps a content type that is already set.
        response.insert_header((CONTENT_TYPE, PROBLEM_JSON)).json(self.problem())
    }
}

/// Middleware: turns errors that actix or a middleware of it answers into problem
/// documents. It keeps their status and headers.
///
/// # Errors
/// Those of the route.
pub async fn as_problem<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE);
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || kind.is_some_and(|kind| kind == PROBLEM_JSON) {
        return Ok(response.map_into_left_body());
    }
    let problem = serde_json::to_vec(&ServiceError::Other(status).problem())?;
    Ok(response.map_body(|head, _| {
        let kind = HeaderValue::from_static(PROBLEM_JSON);
        head.headers_mut().insert(CONTENT_TYPE, kind);
        EitherBody::right(BoxBody::new(problem))
    }))
}

impl From<ItemError> for ServiceError {
    fn from(error: ItemError) -> Self {
        match error {
            ItemError::TooLarge(_) => Self::invalid(error),
            ItemError::Form(_) => Self::internal(error),
        }
    }
}

impl<E, R> From<SdkError<E, R>> for ServiceError
where
    E: ProvideErrorMetadata + RequestId,
{
    fn from(error: SdkError<E, R>) -> Self {
        let service = error.as_service_error();
        let code = service.and_then(|e| e.code());
        let kind = kind(&error);
        let answer = match code {
            _ if kind == TIMEOUT => Self::Timeout,
            Some(
                "ProvisionedThroughputExceededException"
                | "ThrottlingException"
                | "RequestLimitExceeded"
                | "TransactionConflictException",
            ) => Self::Throttled,
            // Clients' input is checked before, so the mistake is this service's own.
            Some("ValidationException") => Self::Internal,
            _ => Self::Upstream,
        };
        // Never the cause's own text: what DynamoDB answered may be in it.
        tracing::error!(
            kind,
            code = code.map(name),
            request_id = service.and_then(RequestId::request_id).map(name),
            "DynamoDB call failed"
        );
        answer
    }
}

const TIMEOUT: &str = "timeout";

/// At which point a call failed.
fn kind<E, R>(error: &SdkError<E, R>) -> &'static str {
    match error {
        SdkError::ConstructionFailure(_) => "not sent: the request is not complete",
        SdkError::TimeoutError(_) => TIMEOUT,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => TIMEOUT,
        SdkError::DispatchFailure(failure) if failure.is_io() => "connection failed",
        SdkError::DispatchFailure(_) => "not sent",
        SdkError::ResponseError(_) => "answer is not DynamoDB's",
        SdkError::ServiceError(_) => "refused",
        _ => "unknown",
    }
}

/// A name that came with an answer, if it looks like one: a damaged answer can have
/// anything there.
fn name(text: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = text.len() <= 64 && text.bytes().all(plain);
    if is_name { text } else { "not a name" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use model::{Order, seed, table};

    #[test]
    fn a_log_line_names_a_failure_and_shows_nothing_that_was_answered() {
        const SECRET: &str = "card SECRET";
        let refused = |code: &str| {
            let data = ErrorMetadata::builder().code(code).message(SECRET).build();
            SdkError::service_error(GetItemError::generic(data), ())
        };
        let unreadable = SdkError::<GetItemError, ()>::response_error(SECRET, ());
        let mut session = seed::session(7, &seed::session_token(7, 1));
        session.payment_secret = SECRET.to_owned();
        let item = table::to_item(&session).unwrap();
        let damaged = table::from_item::<Order>(item).unwrap_err();

        let log = crate::telemetry::logged(|| {
            let of = |error| ServiceError::from(error);
            assert_eq!(of(refused("AccessDeniedException")), ServiceError::Upstream);
            assert_eq!(of(refused(SECRET)), ServiceError::Upstream);
            assert_eq!(of(refused("ValidationException")), ServiceError::Internal);
            assert_eq!(of(unreadable), ServiceError::Upstream);
            assert_eq!(ServiceError::from(damaged), ServiceError::Internal);
        });
        assert_eq!(log.lines().count(), 5, "{log}");
        assert!(log.contains("AccessDeniedException"), "{log}");
        assert!(!log.contains("SECRET"), "{log}");
    }
}
