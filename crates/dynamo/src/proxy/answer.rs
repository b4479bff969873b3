//! Answers that the proxy makes up, in DynamoDB's form.

use http::StatusCode;
use serde_json::{Value, json};

/// Whether a connection goes on after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Close,
    Stay,
}

impl Then {
    pub(super) fn closes(closes: bool) -> Self {
        if closes { Self::Close } else { Self::Stay }
    }
}

/// An error with a code of DynamoDB's. A status that is none for errors is 500.
pub(super) fn error(status: u16, code: &str, id: &str, then: Then) -> Vec<u8> {
    // Throttling is told by the layer in front of DynamoDB.
    let shape = match code {
        "ThrottlingException" => "com.amazon.coral.availability",
        "ValidationException" => "com.amazon.coral.validate",
        _ => "com.amazonaws.dynamodb.v20120810",
    };
    let status = if (400..=599).contains(&status) { status } else { 500 };
    let text = json!({
        "__type": format!("{shape}#{code}"),
        "message": format!("{code}, injected by leaklab's fault proxy"),
    });
    json(status, &text, id, then)
}

/// What is wrong with the request, or with the engine.
pub(super) fn refusal(status: u16, what: &str, id: &str) -> Vec<u8> {
    let text = json!({ "__type": "leaklab.proxy#Refused", "message": what });
    json(status, &text, id, Then::Close)
}

/// Any JSON.
pub(super) fn json(status: u16, text: &Value, id: &str, then: Then) -> Vec<u8> {
    let reason = StatusCode::from_u16(status).ok();
    let reason = reason.and_then(|s| s.canonical_reason()).unwrap_or("Error");
    let body = text.to_string();
    let length = body.len();
    let connection = match then {
        Then::Close => "connection: close\r\n",
        Then::Stay => "",
    };
    format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: application/x-amz-json-1.0\r\n\
         x-amzn-RequestId: {id}\r\ncontent-length: {length}\r\n{connection}\r\n{body}"
    )
    .into_bytes()
}
