//! Reads requests from a `.http` file, as the HTTP clients of editors do.
//!
//! `###` separates requests, and a word after it names the next one. A request has a
//! line with method and URL, headers, an empty line and a body; `< FILE` takes the body
//! from a file. `@name = value` defines a variable, `{{name}}` uses it. Lines that begin
//! with `#` or `//` are comments; `# @name`, `# @with`, `# @client`, `# @concurrency`
//! say how a request is sent.

use crate::client::ClientBehavior;
use crate::placeholder::generated;
use crate::request::Request;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

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
    /// The requests that are sent before it, each time: the name of one of them.
    pub with: Option<String>,
    /// How its clients behave.
    pub client: ClientBehavior,
    /// Requests in flight; `None` where the file does not say.
    pub concurrency: Option<usize>,
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
            if let Some(with) = request.with.as_ref().filter(|with| !known(with)) {
                let what = format!("@with {with}: no request has this name");
                return Err(HttpFileError { line: request.line, column: 1, what });
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
    /// `{{$random.integer}}` differ each time.
    pub fn request(&self, of: &Template, n: u64) -> Request {
        let mut request =
            Request::new(of.method.clone(), path(&self.resolved(&of.url, n, 0)));
        for (name, value) in &of.headers {
            request = request.header(name.clone(), self.resolved(value, n, 0));
        }
        request.body = self.resolved(&of.body, n, 0);
        request
    }

    /// The host and port of a request's URL; `None` where it has a path only.
    pub fn authority(&self, of: &Template) -> Option<String> {
        let url = self.resolved(&of.url, 0, 0);
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
                if generated(name, 0).is_none() && !self.variables.contains_key(name)
                {
                    return wrong(format!(
                        "nothing defines {{{{{name}}}}}; define it by a line \
                         @{name} = VALUE"
                    ));
                }
            }
        }
        for (name, (line, value)) in &self.variables {
            if self.resolved(value, 0, 0).contains("{{") {
                let what = format!("{{{{{name}}}}} refers to itself");
                return Err(HttpFileError { line: *line, column: 1, what });
            }
        }
        Ok(())
    }

    /// The text with its variables' values. What nothing defines stays as it is.
    pub(crate) fn resolved(&self, text: &str, n: u64, depth: u32) -> String {
        let (mut rest, mut made) = (text, String::new());
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            made += before;
            let variable = self.variables.get(name.trim());
            let variable = variable.filter(|_| depth < DEPTH_MAX);
            let value =
                variable.map(|(_, value)| self.resolved(value, n, depth + 1));
            let value = generated(name.trim(), n).or(value);
            made += &value.unwrap_or_else(|| format!("{{{{{name}}}}}"));
            rest = after;
        }
        made + rest
    }
}

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
    with: Option<String>,
    client: Option<ClientBehavior>,
    concurrency: Option<usize>,
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
            self.directive(comment.trim()).map_err(wrong)?;
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

    /// Takes `@name VALUE` out of a comment. Other comments are for people.
    fn directive(&mut self, comment: &str) -> Result<(), String> {
        let Some(comment) = comment.strip_prefix('@') else { return Ok(()) };
        let (name, value) = comment.split_once(' ').unwrap_or((comment, ""));
        let value = value.trim_start_matches('=').trim();
        match name {
            "name" => value.clone_into(&mut self.title),
            "with" => self.with = Some(value.to_owned()),
            "concurrency" => {
                let number =
                    value.parse().ok().filter(|number| (1..=512).contains(number));
                let wrong = || format!("@concurrency {value}: expected 1 to 512");
                self.concurrency = Some(number.ok_or_else(wrong)?);
            }
            "client" => {
                let patience = value
                    .strip_prefix("gives-up ")
                    .and_then(|time| time.trim().strip_suffix("ms")?.parse().ok());
                self.client = Some(match (value, patience) {
                    ("reads", _) => ClientBehavior::Reads,
                    ("leaves", _) => ClientBehavior::Leaves,
                    (_, Some(ms)) => {
                        ClientBehavior::GivesUpAfter(Duration::from_millis(ms))
                    }
                    _ => {
                        return Err(format!(
                            "@client {value}: expected reads, leaves or \
                             gives-up 100ms"
                        ));
                    }
                });
            }
            // Those of the editors' clients, such as @no-log.
            _ => {}
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
        let name = match self.title.is_empty() {
            true => format!("{} {}", self.method, path(&self.url)),
            false => self.title,
        };
        Ok(Some(Template {
            name,
            with: self.with,
            client: self.client.unwrap_or(ClientBehavior::Reads),
            concurrency: self.concurrency,
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
        assert_eq!((pay.name.as_str(), pay.concurrency), ("pay", Some(50)));
        assert_eq!(pay.with.as_deref(), Some("orders"));
        let patience = ClientBehavior::GivesUpAfter(Duration::from_millis(100));
        assert_eq!(pay.client, patience);
        let bodies: Vec<_> = (0..2).map(|n| file.request(pay, n).body).collect();
        assert_ne!(bodies[0], bodies[1], "keys must differ");
        assert!(
            bodies[0].starts_with("{\n  \"key\": \"")
                && bodies[0].ends_with("\"\n}")
        );
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
            ("# @concurrency 0\nGET /\n", (1, 1)),
            ("# @with no\nGET /\n", (2, 1)),
            ("@a = {{a}}\nGET /{{a}}\n", (1, 1)),
            ("POST /\n\n< no-such-file.json\n", (3, 1)),
        ] {
            let error = parsed(text).expect_err(text);
            assert_eq!((error.line, error.column), place, "{text}: {error}");
        }
    }
}
