//! Heads of requests and answers: what the proxy must know of them, and no more.
//! They are passed on as they came.

use super::framing::Framing;
use httparse::{Header, Status};
use model::fault::OPERATIONS;

/// More than any client or engine sends.
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The same in fields.
const FIELDS_MAX: usize = 128;

/// Counts requests that name no operation, such as a health check.
pub const NO_OPERATION: &str = "(none)";
/// Counts requests whose operation is not in [`OPERATIONS`].
pub const OTHER_OPERATION: &str = "(other)";

/// A request or an answer that is not HTTP/1, or is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("it is not HTTP/1.1")]
    Syntax,
    #[error("its head is longer than {HEAD_BYTES_MAX} bytes or has too many fields")]
    Head,
    #[error("its length cannot be told")]
    Length,
    #[error("its chunks cannot be told apart")]
    Chunk,
    #[error("its body is longer than this proxy takes")]
    Body,
}

impl Malformed {
    /// The status for a request of this kind.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Syntax | Self::Length | Self::Chunk => 400,
            Self::Body => 413,
            Self::Head => 431,
        }
    }
}

impl From<httparse::Error> for Malformed {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::TooManyHeaders => Self::Head,
            _ => Self::Syntax,
        }
    }
}

/// What a request's head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestHead {
    /// Its bytes, from the first of the buffer.
    pub(super) length: usize,
    /// From a fixed list.
    pub(super) operation: &'static str,
    pub(super) framing: Framing,
    /// The answer has no body, whatever its head says.
    pub(super) is_head: bool,
    /// The client waits for a word before it sends the body.
    pub(super) expects: bool,
    /// The connection ends with this exchange.
    pub(super) closes: bool,
}

impl RequestHead {
    /// Reads a head, if it is complete.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut request = httparse::Request::new(&mut fields);
        let Status::Complete(length) = request.parse(bytes)? else {
            return incomplete(bytes);
        };
        // A tunnel would carry what nobody here can read.
        if request.method == Some("CONNECT") {
            return Err(Malformed::Syntax);
        }
        let is_head = request.method == Some("HEAD");
        let version = request.version.unwrap_or_default();
        let framing = if chunked(request.headers)? {
            if version == 0 || content_length(request.headers)?.is_some() {
                return Err(Malformed::Length);
            }
            Framing::CHUNKED
        } else if values(request.headers, "transfer-encoding").next().is_some() {
            return Err(Malformed::Length);
        } else {
            Framing::Length(content_length(request.headers)?.unwrap_or(0))
        };
        Ok(Some(Self {
            length,
            operation: operation(request.headers),
            framing,
            is_head,
            expects: lists(request.headers, "expect", "100-continue"),
            closes: closes(version, request.headers),
        }))
    }
}

/// What an answer's head says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ReplyHead {
    /// Its bytes, from the first of the buffer.
    pub(super) length: usize,
    pub(super) status: u16,
    pub(super) framing: Framing,
    /// The connection ends with this exchange.
    pub(super) closes: bool,
}

impl ReplyHead {
    /// Reads a head, if it is complete.
    pub(super) fn parse(
        bytes: &[u8],
        to_head: bool,
    ) -> Result<Option<Self>, Malformed> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut reply = httparse::Response::new(&mut fields);
        let Status::Complete(length) = reply.parse(bytes)? else {
            return incomplete(bytes);
        };
        let status = reply.code.ok_or(Malformed::Syntax)?;
        let encoded = values(reply.headers, "transfer-encoding").next().is_some();
        let framing = match status {
            100..=199 | 204 | 304 => Framing::Length(0),
            _ if to_head => Framing::Length(0),
            _ if chunked(reply.headers)? => Framing::CHUNKED,
            _ if encoded => Framing::UntilClose,
            _ => content_length(reply.headers)?
                .map_or(Framing::UntilClose, Framing::Length),
        };
        let closes = framing == Framing::UntilClose
            || closes(reply.version.unwrap_or_default(), reply.headers);
        Ok(Some(Self { length, status, framing, closes }))
    }
}

fn incomplete<T>(bytes: &[u8]) -> Result<Option<T>, Malformed> {
    if bytes.len() < HEAD_BYTES_MAX { Ok(None) } else { Err(Malformed::Head) }
}

/// The values of all fields of this name, cut at their commas.
fn values<'a>(
    fields: &'a [Header<'_>],
    name: &'a str,
) -> impl DoubleEndedIterator<Item = &'a str> {
    let named = fields.iter().filter(move |f| f.name.eq_ignore_ascii_case(name));
    named
        .flat_map(|f| std::str::from_utf8(f.value).unwrap_or("").split(','))
        .map(str::trim)
}

fn lists(fields: &[Header<'_>], name: &str, value: &str) -> bool {
    values(fields, name).any(|found| found.eq_ignore_ascii_case(value))
}

/// Whether the last coding is `chunked`, which no other may follow.
fn chunked(fields: &[Header<'_>]) -> Result<bool, Malformed> {
    let is_chunked = |value: &str| value.eq_ignore_ascii_case("chunked");
    let count =
        values(fields, "transfer-encoding").filter(|v| is_chunked(v)).count();
    let last = values(fields, "transfer-encoding").next_back();
    if count > 1 { Err(Malformed::Length) } else { Ok(last.is_some_and(is_chunked)) }
}

/// Fields that contradict each other make two programs see two messages.
fn content_length(fields: &[Header<'_>]) -> Result<Option<u64>, Malformed> {
    let mut length = None;
    for value in values(fields, "content-length") {
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let found = value.parse().ok().filter(|_| digits);
        let found = found.ok_or(Malformed::Length)?;
        if length.is_some_and(|length| length != found) {
            return Err(Malformed::Length);
        }
        length = Some(found);
    }
    Ok(length)
}

/// HTTP/1.1 connections stay unless somebody says otherwise, those of 1.0 end.
fn closes(version: u8, fields: &[Header<'_>]) -> bool {
    lists(fields, "connection", "close")
        || version == 0 && !lists(fields, "connection", "keep-alive")
}

/// `DynamoDB_20120810.GetItem` is GetItem.
fn operation(fields: &[Header<'_>]) -> &'static str {
    let Some(target) = values(fields, "x-amz-target").next() else {
        return NO_OPERATION;
    };
    let name = target.rsplit('.').next().unwrap_or(target);
    let known = OPERATIONS.iter().find(|known| **known == name);
    known.copied().unwrap_or(OTHER_OPERATION)
}

/// A head without some of its fields, and with another length where one is given.
pub(super) fn edited(
    head: &[u8],
    without: &[&str],
    content_length: Option<usize>,
) -> Vec<u8> {
    let dropped = |line: &[u8]| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or(line);
        without.iter().any(|field| name.eq_ignore_ascii_case(field.as_bytes()))
    };
    let mut edited = Vec::with_capacity(head.len() + 32);
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() && !dropped(line) {
            edited.extend_from_slice(line);
            edited.extend_from_slice(b"\r\n");
        }
    }
    if let Some(length) = content_length {
        edited.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
    }
    edited.extend_from_slice(b"\r\n");
    edited
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Result<Option<RequestHead>, Malformed> {
        RequestHead::parse(text.as_bytes())
    }

    fn reply(text: &str) -> ReplyHead {
        ReplyHead::parse(text.as_bytes(), false).unwrap().unwrap()
    }

    #[test]
    fn a_request_names_its_operation_and_its_length() {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: \
                    DynamoDB_20120810.GetItem\r\nContent-Length: 12\r\n\
                    Expect: 100-continue\r\n\r\n{}";
        let head = request(text).unwrap().unwrap();
        assert_eq!(head.length, text.len() - 2);
        assert_eq!(head.operation, "GetItem");
        assert_eq!(head.framing, Framing::Length(12));
        assert!(head.expects && !head.closes && !head.is_head);
        assert_eq!(request("POST / HTTP/1.1\r\nHost:"), Ok(None));
        let head = request("GET / HTTP/1.0\r\n\r\n").unwrap().unwrap();
        assert_eq!((head.operation, head.closes), (NO_OPERATION, true));
        let head = request("GET / HTTP/1.1\r\nx-amz-target: a.B\r\n\r\n");
        assert_eq!(head.unwrap().unwrap().operation, OTHER_OPERATION);
    }

    #[test]
    fn a_request_of_two_lengths_is_malformed() {
        for fields in [
            "content-length: 1\r\ncontent-length: 2",
            "content-length: 1\r\ntransfer-encoding: chunked",
            "content-length: +1",
            "content-length: ",
            "content-length: 99999999999999999999",
            "transfer-encoding: gzip",
            "transfer-encoding: chunked, gzip",
            "transfer-encoding: chunked, chunked",
        ] {
            let found = request(&format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n"));
            assert_eq!(found, Err(Malformed::Length), "{fields}");
        }
        assert_eq!(request("\0\r\n\r\n"), Err(Malformed::Syntax));
        assert_eq!(request(&"a".repeat(HEAD_BYTES_MAX)), Err(Malformed::Head));
    }

    #[test]
    fn an_answer_ends_as_its_head_says() {
        let ok = "HTTP/1.1 200 OK\r\n";
        assert_eq!(reply(&format!("{ok}\r\n")).framing, Framing::UntilClose);
        let head = reply(&format!("{ok}transfer-encoding: gzip, Chunked\r\n\r\n"));
        assert_eq!((head.framing, head.closes), (Framing::CHUNKED, false));
        let head = reply(&format!("{ok}content-length: 3, 3\r\n\r\n"));
        assert_eq!(head.framing, Framing::Length(3));
        assert!(reply(&format!("{ok}connection: Close\r\n\r\n")).closes);
        for status in ["100 Continue", "204 No Content", "304 Not Modified"] {
            let head = reply(&format!("HTTP/1.1 {status}\r\n\r\n"));
            assert_eq!((head.framing, head.closes), (Framing::Length(0), false));
        }
        let text = format!("{ok}content-length: 3\r\n\r\n");
        let head = ReplyHead::parse(text.as_bytes(), true).unwrap().unwrap();
        assert_eq!(head.framing, Framing::Length(0));
    }

    #[test]
    fn an_edited_head_keeps_its_other_lines() {
        let head = b"\r\nPOST / HTTP/1.1\r\nHost: a\nEXPECT: 100-continue\r\n\
                     Content-Length: 5\r\n\r\n";
        let found = edited(head, &["expect", "content-length"], Some(7));
        let expected = b"POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 7\r\n\r\n";
        assert_eq!(found, expected);
    }
}
