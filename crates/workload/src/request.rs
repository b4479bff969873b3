//! A request, ready to be sent.

use crate::client::ClientBehavior;
use crate::http_file::HttpFile;
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
    /// How its client takes the response; `None` for as its round says.
    pub client: Option<ClientBehavior>,
    /// Whether its connection is closed after it.
    pub new_connection: bool,
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
            client: None,
            new_connection: false,
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

    /// The `n`th request of a template, whose path, header values and body may have the
    /// placeholders of `.http` files: `{{n}}`, `{{$uuid}}`, `{{$random.integer}}` and
    /// `{{$timestamp}}`. What has another name stays as it is.
    #[must_use]
    pub fn filled(&self, n: u64) -> Self {
        let file = HttpFile::default();
        let filled = |text: &str| file.resolved(text, (n, 0), 0);
        let header = |(name, value): &(Cow<'static, str>, String)| {
            (name.clone(), filled(value))
        };
        Self {
            method: self.method.clone(),
            path: filled(&self.path),
            headers: self.headers.iter().map(header).collect(),
            body: filled(&self.body),
            ..self.clone()
        }
    }
}

/// Method and path.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
