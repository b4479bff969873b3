//! Reads requests from a `.http` file, as the HTTP clients of editors do.
//!
//! `###` separates requests, and a word after it names the next one. A request has a
//! line with method and URL, headers, an empty line and a body; `< FILE` takes the body
//! from a file. `@name = value` defines a variable, `{{name}}` uses it. Lines that begin
//! with `#` or `//` are comments; those such as `# @client leaves` say how a request is
//! sent.

use crate::directives::Directives;
use crate::placeholder::generated;
use crate::request::Request;
use std::collections::BTreeMap;
use std::path::Path;

/// Methods that HTTP clients send.
pub(crate) const METHODS: [&str; 7] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// What is wrong with a file, and where: line and column count from 1.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct HttpFileError {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// What is wrong, and what is expected.
    pub what: String,
}

/// A request of a file, with its variables unresolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its name; method and path where it has none.
    pub name: String,
    /// How it is sent.
    pub how: Directives,
    method: String,
    url: String,
    pub(crate) headers: Vec<(String, String)>,
    body: String,
    line: usize,
}

/// The requests of a file.
#[derive(Debug, Clone, Default)]
pub struct HttpFile {
    /// In the order of the file.
    pub requests: Vec<Template>,
    variables: Variables,
}

/// Values by name, with the line that defines them.
type Variables = BTreeMap<String, (usize, String)>;

impl HttpFile {
    /// Reads the text of a file that is in this folder.
    ///
    /// # Errors
    /// The first line that is not understood, or a variable that nothing defines.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, HttpFileError> {
        let mut file = Self::default();
        let mut block = Block::default();
        for (number, line) in text.lines().enumerate() {
            let line = (number + 1, line);
            match line.1.strip_prefix("###") {
                Some(name) => {
                    let ended = std::mem::replace(&mut block, Block::named(name));
                    file.requests.extend(ended.end(folder)?);
                }
                None => block.add(line, &mut file.variables)?,
            }
        }
        file.requests.extend(block.end(folder)?);
        file.check_variables(text)?;
        for request in &file.requests {
            let known =
                |with: &String| file.requests.iter().any(|r| r.name == *with);
            let wrong =
                |what| Err(HttpFileError { line: request.line, column: 1, what });
            if let Some(with) = request.how.with.as_ref().filter(|with| !known(with))
            {
                return wrong(format!("@with {with}: no request has this name"));
            }
            let of_size = |size| file.request_of_size(request, 0, size);
            let is_variable =
                request.how.sizes.is_empty() && file.variables.contains_key(SIZE);
            let uses = of_size(1) != of_size(2) && !is_variable;
            if let Some(what) = request.how.contradiction(uses) {
                return wrong(what.to_owned());
            }
        }
        if file.requests.is_empty() {
            let what = "the file has no request; expected a line such as GET \
                        http://127.0.0.1:8080/orders"
                .to_owned();
            return Err(HttpFileError { line: 1, column: 1, what });
        }
        Ok(file)
    }

    /// The `n`th time that a request is sent. `{{n}}`, `{{$uuid}}` and
    /// `{{$random.integer}}` differ each time; `{{size}}` is the first of its sizes.
    pub fn request(&self, of: &Template, n: u64) -> Request {
        self.request_of_size(of, n, of.how.sizes.first().copied().unwrap_or(0))
    }

    /// The same with this value of `{{size}}`.
    pub fn request_of_size(&self, of: &Template, n: u64, size: u64) -> Request {
        let resolved = |text: &str| self.resolved(text, (n, size), 0);
        let mut request = Request::new(of.method.clone(), path(&resolved(&of.url)));
        for (name, value) in &of.headers {
            request = request.header(name.clone(), resolved(value));
        }
        Request {
            body: resolved(&of.body),
            client: Some(of.how.client),
            new_connection: of.how.new_connection,
            ..request
        }
    }

    /// The host and port of a request's URL; `None` where it has a path only.
    pub fn authority(&self, of: &Template) -> Option<String> {
        let url = self.resolved(&of.url, (0, 0), 0);
        let rest = url.strip_prefix("http://")?;
        rest.split(['/', '?']).next().map(str::to_owned)
    }

    /// Variables that nothing defines, and those that refer to themselves.
    pub(crate) fn check_variables(&self, text: &str) -> Result<(), HttpFileError> {
        for (number, line) in text.lines().enumerate() {
            let comment = line.trim_start();
            if comment.starts_with('#') || comment.starts_with("//") {
                continue;
            }
            for (at, _) in line.match_indices("{{") {
                let wrong = |what| {
                    Err(HttpFileError { line: number + 1, column: at + 1, what })
                };
                let Some((name, _)) = line[at + 2..].split_once("}}") else {
                    return wrong("'{{' without '}}'".to_owned());
                };
                let name = name.trim();
                if name != SIZE
                    && generated(name, (0, 0)).is_none()
                    && !self.variables.contains_key(name)
                {
                    return wrong(format!(
                        "nothing defines {{{{{name}}}}}; define it by a line \
                         @{name} = VALUE"
                    ));
                }
            }
        }
        for (name, (line, value)) in &self.variables {
            if self.resolved(value, (0, 1), 0).contains("{{") {
                let what = format!("{{{{{name}}}}} refers to itself");
                return Err(HttpFileError { line: *line, column: 1, what });
            }
        }
        Ok(())
    }

    /// The text with its variables' values. What nothing defines stays as it is.
    pub(crate) fn resolved(&self, text: &str, of: (u64, u64), depth: u32) -> String {
        let (mut rest, mut made) = (text, String::new());
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            made += before;
            let variable = self.variables.get(name.trim());
            let variable = variable.filter(|_| depth < DEPTH_MAX);
            let value =
                variable.map(|(_, value)| self.resolved(value, of, depth + 1));
            let value = generated(name.trim(), of).or(value);
            made += &value.unwrap_or_else(|| format!("{{{{{name}}}}}"));
            rest = after;
        }
        made + rest
    }
}

/// The placeholder for the values of `# @sizes`.
const SIZE: &str = "size";

/// Variables in variables. A file that needs more has one that refers to itself.
const DEPTH_MAX: u32 = 8;

/// The path and query of a URL.
fn path(url: &str) -> String {
    let rest = url
        .strip_prefix("http://")
        .map_or(url, |rest| rest.find(['/', '?']).map_or("", |at| &rest[at..]));
    if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
}

/// The lines of one request, as far as they were read.
#[derive(Default)]
struct Block {
    title: String,
    how: Directives,
    line: usize,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    /// `None` until the empty line after the headers.
    body: Option<String>,
    body_file: Option<(usize, String)>,
}

impl Block {
    fn named(title: &str) -> Self {
        Self { title: title.trim().to_owned(), ..Self::default() }
    }

    fn add(
        &mut self,
        (number, line): (usize, &str),
        variables: &mut Variables,
    ) -> Result<(), HttpFileError> {
        let indent = line.len() - line.trim_start().len();
        let wrong =
            |what: String| HttpFileError { line: number, column: indent + 1, what };
        let text = line.trim();
        let begun = !self.method.is_empty();
        if let Some(body) = &mut self.body {
            if let Some(file) = text.strip_prefix("< ") {
                self.body_file = Some((number, file.trim().to_owned()));
            } else {
                body.push_str(line);
                body.push('\n');
            }
        } else if let Some(comment) =
            text.strip_prefix('#').or_else(|| text.strip_prefix("//"))
        {
            self.how.add(comment.trim()).map_err(wrong)?;
        } else if text.is_empty() {
            self.body = begun.then(String::new);
        } else if begun {
            match text.split_once(':') {
                Some((name, value)) => self
                    .headers
                    .push((name.trim().to_lowercase(), value.trim().to_owned())),
                // The client of JetBrains continues a long URL on the next line.
                None if text.starts_with(['?', '&', '/']) => self.url += text,
                None => {
                    return Err(wrong(format!(
                        "expected NAME: VALUE, found {text}"
                    )));
                }
            }
        } else if let Some(variable) = text.strip_prefix('@') {
            let (name, value) = variable.split_once('=').ok_or_else(|| {
                wrong(format!("expected @NAME = VALUE, found {text}"))
            })?;
            let value = (number, value.trim().to_owned());
            variables.insert(name.trim().to_owned(), value);
        } else {
            let mut words = text.split_whitespace();
            let first = words.next().unwrap_or_default();
            let (method, url) = match METHODS.contains(&first) {
                true => (first, words.next()),
                false => ("GET", Some(first)),
            };
            let url = url.filter(|url| {
                url.starts_with("http://") || url.starts_with(['/', '{'])
            });
            let url = url.ok_or_else(|| {
                wrong(format!(
                    "expected METHOD URL, such as GET http://127.0.0.1:8080/orders, \
                     found {text}; https is not supported"
                ))
            })?;
            (self.method, self.url) = (method.to_owned(), url.to_owned());
            self.line = number;
        }
        Ok(())
    }

    fn end(self, folder: &Path) -> Result<Option<Template>, HttpFileError> {
        if self.method.is_empty() {
            return Ok(None);
        }
        let mut body = self.body.unwrap_or_default();
        if let Some((line, file)) = self.body_file {
            body = std::fs::read_to_string(folder.join(&file)).map_err(|error| {
                let what = format!("cannot read the body {file} ({error})");
                HttpFileError { line, column: 1, what }
            })?;
        } else {
            body.truncate(body.trim_end().len());
        }
        let (mut how, title) = (self.how, self.title);
        let title = how.name.take().or(Some(title).filter(|t| !t.is_empty()));
        let name =
            title.unwrap_or_else(|| format!("{} {}", self.method, path(&self.url)));
        Ok(Some(Template {
            name,
            how,
            method: self.method,
            url: self.url,
            body: crate::source::lines_of_multipart(&self.headers, body),
            headers: self.headers,
            line: self.line,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientBehavior;
    use std::time::Duration;

    fn parsed(text: &str) -> Result<HttpFile, HttpFileError> {
        HttpFile::parse(text, Path::new("."))
    }

    #[test]
    fn requests_have_names_headers_bodies_and_variables() {
        let text = "@host = http://127.0.0.1:8080\n\
                    # a comment\n\
                    ### orders\n\
                    GET {{host}}/orders/{{n}}?x=1\n\
                    X-Tenant: shop\n\
                    \n\
                    ###\n\
                    // @name pay\n\
                    // @with orders\n\
                    // @client gives-up 100ms\n\
                    # @concurrency 50\n\
                    # @connection each\n\
                    # @expect 200 404\n\
                    POST {{host}}/payments HTTP/1.1\n\
                    Content-Type: application/json\n\
                    \n\
                    {\n  \"key\": \"{{$uuid}}\"\n}\n\n";
        let file = parsed(text).unwrap();
        let [orders, pay] = &file.requests[..] else { panic!("{file:?}") };
        let request = file.request(orders, 7);
        assert_eq!(request.to_string(), "GET /orders/7?x=1");
        assert_eq!(request.headers, [("x-tenant".into(), "shop".to_owned())]);
        assert_eq!(file.authority(orders).unwrap(), "127.0.0.1:8080");
        assert_eq!(
            (pay.name.as_str(), &pay.how.concurrency[..]),
            ("pay", &[50][..])
        );
        assert_eq!(pay.how.with.as_deref(), Some("orders"));
        let patience = ClientBehavior::GivesUpAfter(Duration::from_millis(100));
        assert_eq!(pay.how.client, patience);
        assert!(pay.how.new_connection && pay.how.expected == [200, 404]);
        let bodies: Vec<_> = (0..2).map(|n| file.request(pay, n).body).collect();
        assert_ne!(bodies[0], bodies[1], "keys must differ");
        assert!(
            bodies[0].starts_with("{\n  \"key\": \"")
                && bodies[0].ends_with("\"\n}")
        );
    }

    #[test]
    fn sizes_are_values_of_a_placeholder() {
        let file = parsed("# @sizes 10 20 40\nGET /{{size}}\n").unwrap();
        assert_eq!(file.request(&file.requests[0], 0).path, "/10");
        assert_eq!(file.request_of_size(&file.requests[0], 0, 40).path, "/40");
    }

    #[test]
    fn errors_have_a_place_and_say_what_is_expected() {
        for (text, place) in [
            ("", (1, 1)),
            ("GET http://h/{{no}}", (1, 14)),
            ("GET http://h/\nX-A\n", (2, 1)),
            ("GET http://h/\n\n {{n", (3, 2)),
            ("  FETCH all\n", (1, 3)),
            ("GET https://h/\n", (1, 1)),
            ("# @client stares\nGET /\n", (1, 1)),
            ("# @with no\nGET /\n", (2, 1)),
            ("# @sizes 1 2 3\nGET /\n", (2, 1)),
            ("\nGET /{{size}}\n", (2, 1)),
            ("@a = {{a}}\nGET /{{a}}\n", (1, 1)),
            ("POST /\n\n< no-such-file.json\n", (3, 1)),
        ] {
            let error = parsed(text).expect_err(text);
            assert_eq!((error.line, error.column), place, "{text}: {error}");
        }
    }
}
