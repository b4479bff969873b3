//! Responses that the proxy itself writes, in DynamoDB's form.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use serde_json::json;

/// The endpoint's, or the proxy's own.
pub(super) type Body = Either<Incoming, Full<Bytes>>;

/// An injected error.
pub(super) fn error(status: u16, code: &str) -> Response<Body> {
    // DynamoDB's front end writes these two.
    let namespace = match code {
        "ThrottlingException" => "com.amazon.coral.availability",
        "ValidationException" => "com.amazon.coral.validate",
        _ => "com.amazonaws.dynamodb.v20120810",
    };
    let status = StatusCode::from_u16(status);
    let message = format!("{code}, injected by the fault proxy of leaklab");
    respond(
        status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        &format!("{namespace}#{code}"),
        &message,
    )
}

/// The request cannot be forwarded.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    respond(status, "leaklab.proxy#Refused", message)
}

fn respond(status: StatusCode, kind: &str, message: &str) -> Response<Body> {
    let body = json!({ "__type": kind, "message": message }).to_string();
    let mut response = Response::new(Either::Right(body.into()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
