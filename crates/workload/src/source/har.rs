//! Requests of a HAR file, which browsers and proxies record.

use super::{Made, SourceError, literal};
use crate::http_file::METHODS;
use serde::Deserialize;

/// The part of a HAR file that is used. Recorders disagree about the rest.
#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Recorded,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Pair>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    #[serde(default)]
    text: String,
}

/// Whether a header belongs to the recorded connection, or is made for each request.
/// Those of HTTP/2 that begin with a colon are the request line.
fn is_dropped(name: &str) -> bool {
    let connection = matches!(
        name,
        "connection" | "expect" | "keep-alive" | "te" | "trailer" | "upgrade"
    );
    let made = matches!(name, "host" | "content-length" | "transfer-encoding");
    connection || made || name.starts_with(':') || name.starts_with("proxy-")
}

/// The requests of a file, each method and path once.
pub(super) fn requests(text: &str) -> Result<Vec<Made>, SourceError> {
    let har: Har = serde_json::from_str(text)?;
    let mut made = Vec::<Made>::new();
    for Entry { request } in har.log.entries {
        let known = METHODS.contains(&request.method.as_str());
        let Some(next) = known.then(|| one(request)).flatten() else { continue };
        if !made.iter().any(|earlier| earlier.name == next.name) {
            made.push(next);
        }
    }
    match made.is_empty() {
        true => Err(SourceError::at("#/log/entries", "no request over HTTP")),
        false => Ok(made),
    }
}

fn one(request: Recorded) -> Option<Made> {
    let (scheme, rest) = request.url.split_once("://")?;
    let rest = rest.split('#').next()?;
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // HTTPS is not spoken, so the service's address is to be given.
    let url = match scheme {
        "http" => format!("http://{host}{target}"),
        "https" if target.starts_with('/') => target.to_owned(),
        "https" => format!("/{target}"),
        _ => return None,
    };
    let path = target.split('?').next().unwrap_or_default();
    let segments = path.split('/').map(|segment| match is_id(segment) {
        true => "{id}",
        false => segment,
    });
    let path = segments.collect::<Vec<_>>().join("/");
    let path = if path.is_empty() { "/" } else { &path };
    let headers = request.headers.into_iter();
    let headers = headers.map(|Pair { name, value }| (name.to_lowercase(), value));
    let headers = headers.filter(|(name, _)| !is_dropped(name));
    let headers = headers.map(|(name, value)| (name, literal(&value)));
    let body = request.post_data.map(|data| literal(&data.text)).unwrap_or_default();
    Some(Made {
        name: format!("{} {path}", request.method),
        method: request.method,
        url: literal(&url),
        headers: headers.collect(),
        body,
        client: "",
    })
}

/// Whether a part of a path is a number or a UUID, so that it is one of many.
fn is_id(segment: &str) -> bool {
    let all = |test: fn(&u8) -> bool| segment.bytes().all(|byte| test(&byte));
    let long = segment.len() >= 16;
    !segment.is_empty() && all(u8::is_ascii_digit)
        || long && all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
}
