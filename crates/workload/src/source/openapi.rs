//! Requests for the operations of an OpenAPI document.

use super::schema::{Document, Use, text, unquoted};
use super::{Made, SourceError, literal};
use crate::http_file::METHODS;
use serde_json::{Map, Value, json};

/// Separates the parts of a form.
const BOUNDARY: &str = "leaklab-boundary";
/// Parameters that OpenAPI says are described elsewhere.
const IGNORED: [&str; 3] = ["accept", "content-type", "authorization"];

/// One request for each operation, and the headers that its security needs.
pub(super) fn requests(
    document: &Value,
    origin: Option<&str>,
) -> Result<(Vec<Made>, Vec<String>), SourceError> {
    let paths = document.get("paths").and_then(Value::as_object);
    let paths = paths.ok_or_else(|| SourceError::at("#/paths", "no paths"))?;
    let base = base(document, origin);
    let document = Document(document);
    let (mut made, mut headers) = (Vec::<Made>::new(), Vec::new());
    for (path, item) in paths {
        let item = document.resolved(item)?;
        for method in METHODS {
            let key = method.to_lowercase();
            let Some(operation) = item.get(&key) else { continue };
            let request = one(document, [&base, path, method], &item, operation);
            let mut request = request.map_err(|error| {
                let path = path.replace('~', "~0").replace('/', "~1");
                SourceError(format!("#/paths/{path}/{key}: {error}"))
            })?;
            if made.iter().any(|earlier| earlier.name == request.name) {
                request.name = format!("{method} {path}");
            }
            made.push(request);
            headers.extend(security(document, operation));
        }
    }
    headers.sort();
    headers.dedup();
    match made.is_empty() {
        true => Err(SourceError::at("#/paths", "no operation")),
        false => Ok((made, headers)),
    }
}

/// What the paths follow: the service's address where it is known, and the path of the
/// first server.
fn base(document: &Value, origin: Option<&str>) -> String {
    let server = &document["servers"][0];
    let mut url = server["url"].as_str().unwrap_or_default().to_owned();
    for (name, variable) in server["variables"].as_object().into_iter().flatten() {
        let value = variable["default"].as_str().unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), value);
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("", &url));
    let at = if scheme.is_empty() { Some(0) } else { rest.find('/') };
    let (host, path) = rest.split_at(at.unwrap_or(rest.len()));
    let path = path.trim_end_matches('/');
    match origin {
        Some(origin) => format!("{origin}{path}"),
        None if scheme == "http" => format!("http://{host}{path}"),
        None => path.to_owned(),
    }
}

fn one(
    document: Document<'_>,
    [base, path, method]: [&str; 3],
    item: &Value,
    operation: &Value,
) -> Result<Made, SourceError> {
    let name = operation["operationId"].as_str().unwrap_or_default();
    let mut made =
        Made { name: name.to_owned(), method: method.to_owned(), ..Made::default() };
    if name.is_empty() {
        made.name = format!("{method} {path}");
    }
    let (mut values, mut query, mut cookies) = (Map::new(), Vec::new(), Vec::new());
    for parameter in parameters(document, item, operation)? {
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = parameter["in"].as_str().unwrap_or_default();
        let Some(value) = parameter_value(document, &parameter, name, place)? else {
            continue;
        };
        match place {
            "path" => drop(values.insert(name.to_owned(), first_item(value))),
            "query" => query.extend(fields(name, value)),
            "header" => {
                made.headers.push((name.to_owned(), text(&first_item(value))))
            }
            _ => cookies.push(format!("{name}={}", text(&first_item(value)))),
        }
    }
    made.url = base.to_owned();
    let mut rest = path;
    while let Some((before, (name, after))) = rest
        .split_once('{')
        .and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        let value = values.get(name).map_or("{{n}}".to_owned(), text);
        made.url += &format!("{before}{}", encoded(&value));
        rest = after;
    }
    made.url += rest;
    if !query.is_empty() {
        made.url += &format!("?{}", query.join("&"));
    }
    if !cookies.is_empty() {
        made.headers.push(("cookie".to_owned(), cookies.join("; ")));
    }
    // It has no end.
    let streams = operation["responses"].to_string().contains("text/event-stream");
    made.client = if streams { "leaves" } else { "" };
    if let Some(body) = operation.get("requestBody") {
        add_body(document, &document.resolved(body)?, &mut made)?;
    }
    Ok(made)
}

/// Those of the path and of the operation; the latter win.
fn parameters(
    document: Document<'_>,
    item: &Value,
    operation: &Value,
) -> Result<Vec<Value>, SourceError> {
    let mut all = Vec::<Value>::new();
    for list in [item, operation] {
        for parameter in list["parameters"].as_array().into_iter().flatten() {
            let parameter = document.resolved(parameter)?;
            let same = |other: &Value| {
                ["name", "in"].iter().all(|key| other[*key] == parameter[*key])
            };
            all.retain(|other| !same(other));
            all.push(parameter);
        }
    }
    Ok(all)
}

/// Its value; `None` where it may be left out and there is no example.
fn parameter_value(
    document: Document<'_>,
    parameter: &Value,
    name: &str,
    place: &str,
) -> Result<Option<Value>, SourceError> {
    if place == "header" && IGNORED.contains(&&*name.to_lowercase()) {
        return Ok(None);
    }
    let content = parameter["content"].as_object();
    let described = content.and_then(|content| content.values().next());
    let schema = schema(document, described.unwrap_or(parameter))?;
    let resolved = document.resolved(&schema["allOf"][0])?;
    let examples = [&schema["example"], &resolved["example"], &resolved["examples"]];
    let needed = place == "path" || parameter["required"] == true;
    if !needed && examples.iter().all(|example| example.is_null()) {
        return Ok(None);
    }
    let keep_example = matches!(place, "path" | "query");
    let of = Use { name, distinct: place == "path", keep_example };
    document.value(&schema, of, &[])
}

/// The schema of a parameter or a body, with its example.
fn schema(document: Document<'_>, of: &Value) -> Result<Value, SourceError> {
    let mut schema = json!({ "allOf": [of.get("schema").unwrap_or(&Value::Null)] });
    let first = of["examples"].as_object().and_then(|all| all.values().next());
    let first = first.map(|first| document.resolved(first)).transpose()?;
    let first = first.as_ref().and_then(|first| first.get("value"));
    if let Some(example) = of.get("example").or(first) {
        schema["example"] = example.clone();
    }
    Ok(schema)
}

fn add_body(
    document: Document<'_>,
    body: &Value,
    made: &mut Made,
) -> Result<(), SourceError> {
    let none = Map::new();
    let content = body["content"].as_object().unwrap_or(&none);
    let kinds = ["json", "x-www-form-urlencoded", "multipart/form-data", ""];
    let mut found = kinds
        .iter()
        .filter_map(|kind| content.iter().find(|(media, _)| media.contains(kind)));
    let Some((media, described)) = found.next() else { return Ok(()) };
    let of = Use { name: "", distinct: false, keep_example: false };
    let value = document.value(&schema(document, described)?, of, &[])?;
    let value = value.unwrap_or_default();
    let mut media = media.replace("*/*", "application/octet-stream");
    made.body = match (media.as_str(), &value) {
        (_, Value::String(_)) if !media.ends_with("json") => text(&value),
        (form, Value::Object(_)) if form.contains("urlencoded") => {
            fields("", value).join("&")
        }
        (form, Value::Object(parts)) if form.starts_with("multipart/") => {
            media += &format!("; boundary={BOUNDARY}");
            multipart(parts)
        }
        // One value on each line.
        (lines, _) if lines.contains("ndjson") || lines.contains("jsonl") => {
            unquoted(&value.to_string())
        }
        _ => unquoted(&serde_json::to_string_pretty(&value)?),
    };
    made.headers.push(("content-type".to_owned(), media));
    Ok(())
}

fn multipart(parts: &Map<String, Value>) -> String {
    let mut body = String::new();
    for (name, value) in parts {
        let name = literal(name);
        body += &format!(
            "--{BOUNDARY}\nContent-Disposition: form-data; name=\"{name}\"; \
             filename=\"{name}\"\n\n{}\n",
            text(value)
        );
    }
    body + &format!("--{BOUNDARY}--")
}

/// Braces stay, because placeholders have them.
fn encoded(text: &str) -> String {
    let stays =
        |byte: u8| b"-_.~:,{}$()".contains(&byte) || byte.is_ascii_alphanumeric();
    let one = |byte: u8| match stays(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// The only item of a list.
fn first_item(value: Value) -> Value {
    match value {
        Value::Array(mut items) if !items.is_empty() => items.swap_remove(0),
        other => other,
    }
}

/// `name=value`, for each property of an object.
fn fields(name: &str, value: Value) -> Vec<String> {
    match first_item(value) {
        Value::Object(object) => object
            .into_iter()
            .flat_map(|(name, value)| fields(&name, value))
            .collect(),
        value => {
            vec![format!("{}={}", encoded(&literal(name)), encoded(&text(&value)))]
        }
    }
}

/// Headers with credentials that an operation needs.
fn security(document: Document<'_>, operation: &Value) -> Vec<String> {
    let needs = operation.get("security").unwrap_or(&document.0["security"]);
    let first = needs.get(0).and_then(Value::as_object);
    let names = first.into_iter().flat_map(Map::keys);
    let headers = names.filter_map(|name| {
        let scheme = &document.0["components"]["securitySchemes"][name];
        match (scheme["type"].as_str()?, scheme["in"].as_str()) {
            ("apiKey", Some("header")) => scheme["name"].as_str(),
            ("apiKey", Some("cookie")) => Some("Cookie"),
            ("apiKey", _) => None,
            _ => Some("Authorization"),
        }
    });
    headers.map(str::to_owned).collect()
}
