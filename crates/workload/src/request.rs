//! A request, ready to be sent.

use std::borrow::Cow;
use std::fmt;

/// A request, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method.
    pub method: Cow<'static, str>,
    /// Path and query.
    pub path: String,
    /// Headers beside `host`.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body; empty for none.
    pub body: String,
}

impl Request {
    /// A request without headers and body.
    pub fn new(
        method: impl Into<Cow<'static, str>>,
        path: impl Into<String>,
    ) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a body and its content type.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self.header("content-type", content_type) }
    }
}

/// Method and path.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
