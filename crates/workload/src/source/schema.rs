//! Values for the schemas of an OpenAPI document, 3.0 and 3.1.

use super::pattern::matching;
use super::{SourceError, literal};
use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Begins a text that stands for a number: a placeholder without quotation marks.
const NUMBER: char = '\u{1}';
/// Schemas in schemas. Deeper ones are left out.
const DEPTH_MAX: usize = 24;
/// References in references whose properties are all made.
const ALL_DEPTH_MAX: usize = 4;
/// Ends of names whose values differ in real traffic.
const KEYS: [&str; 7] = ["id", "key", "token", "nonce", "sku", "username", "login"];

/// A whole document.
#[derive(Clone, Copy)]
pub(super) struct Document<'a>(pub(super) &'a Value);

/// What a value is for.
#[derive(Clone, Copy)]
pub(super) struct Use<'a> {
    /// The name of the parameter or property.
    pub(super) name: &'a str,
    /// Whether it must differ even if its name doesn't say so.
    pub(super) distinct: bool,
    /// Whether it names something that exists, so that an example is kept.
    pub(super) keep_example: bool,
}

impl Document<'_> {
    /// The object that a `$ref` names, with what is written beside it.
    pub(super) fn resolved(&self, node: &Value) -> Result<Value, SourceError> {
        let mut node = node.clone();
        for _ in 0..DEPTH_MAX {
            let Some(reference) = node.get("$ref").and_then(Value::as_str) else {
                break;
            };
            node = self.target(reference)?.clone();
        }
        Ok(node)
    }

    fn target(&self, reference: &str) -> Result<&Value, SourceError> {
        let wrong = |what| Err(SourceError::at(reference, what));
        let pointer = reference.strip_prefix('#').unwrap_or(reference);
        let pointer = percent_encoding::percent_decode_str(pointer);
        match self.0.pointer(&pointer.decode_utf8_lossy()) {
            Some(target) => Ok(target),
            None => wrong("a $ref to something that the document does not have"),
        }
    }

    /// The schema with its references and its `allOf`. `None` where it contains itself.
    fn flat(
        &self,
        schema: &Value,
        seen: &mut Vec<String>,
    ) -> Result<Option<Object>, SourceError> {
        let mut own = schema.as_object().cloned().unwrap_or_default();
        let mut all = Object::new();
        if let Some(Value::String(reference)) = own.remove("$ref") {
            if seen.contains(&reference) || seen.len() > DEPTH_MAX {
                return Ok(None);
            }
            let target = self.target(&reference)?;
            seen.push(reference);
            let Some(target) = self.flat(target, seen)? else { return Ok(None) };
            all = target;
        }
        if let Some(Value::Array(parts)) = own.remove("allOf") {
            let (only, before) = (parts.len() == 1, seen.clone());
            for part in parts {
                let mut here = before.clone();
                let Some(mut part) = self.flat(&part, &mut here)? else {
                    return Ok(None);
                };
                seen.extend(here.split_off(before.len()));
                if !only {
                    // It would be an example of this part alone.
                    part.retain(|key, _| !key.starts_with("example"));
                }
                merge(&mut all, part);
            }
        }
        merge(&mut all, own);
        Ok(Some(all))
    }

    /// A value of a schema. `None` for a schema that contains itself.
    pub(super) fn value(
        &self,
        schema: &Value,
        of: Use<'_>,
        seen: &[String],
    ) -> Result<Option<Value>, SourceError> {
        let (mut seen, before) = (seen.to_vec(), seen.len());
        let Some(mut flat) = self.flat(schema, &mut seen)? else { return Ok(None) };
        let distinct = of.distinct
            || is_key(of.name)
            || seen[before..].last().is_some_and(|schema| is_key(schema));
        let example = flat.get("example").or_else(|| first(&flat, "examples"));
        let listed = flat.get("const").or_else(|| first(&flat, "enum"));
        if let Some(example) =
            example.filter(|_| !of.keep_example && listed.is_none())
        {
            return Ok(Some(varied(of.name, example)));
        }
        if let Some(given) = example.or(listed).or_else(|| flat.get("default")) {
            return Ok(Some(plain(given)));
        }
        for one in ["oneOf", "anyOf"] {
            let Some(Value::Array(choices)) = flat.remove(one) else { continue };
            for choice in choices.iter().filter(|choice| choice["type"] != "null") {
                let both = json!({ "allOf": [flat, choice] });
                if let Some(value) = self.value(&both, of, &seen)? {
                    return Ok(Some(value));
                }
            }
            return Ok(None);
        }
        Ok(match kind(&flat) {
            "object" => self.object(&flat, of, &seen)?,
            "array" => Some(self.array(&flat, of, &seen)?),
            "integer" | "number" => Some(number(&flat, distinct)),
            "boolean" => Some(Value::Bool(true)),
            "null" => Some(Value::Null),
            _ => Some(Value::String(string(&flat, distinct))),
        })
    }

    /// Required properties, and those with an example. Where none is required: all, but
    /// not of objects in objects in objects, which can be too many.
    fn object(
        &self,
        flat: &Object,
        of: Use<'_>,
        seen: &[String],
    ) -> Result<Option<Value>, SourceError> {
        let required = flat.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|r| r.iter().any(|one| one == name));
        let mut made = Object::new();
        let empty = Object::new();
        let properties = flat.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.unwrap_or(&empty) {
            let has = |key| schema.get(key).is_some();
            let all = required.is_none() && seen.len() < ALL_DEPTH_MAX;
            if schema["readOnly"] == true
                || !(all || is_required(name) || has("example"))
            {
                continue;
            }
            let of = Use { name, distinct: false, ..of };
            match self.value(schema, of, seen)? {
                Some(value) => drop(made.insert(name.clone(), value)),
                None if is_required(name) => return Ok(None),
                None => {}
            }
        }
        let others = flat.get("additionalProperties").filter(|o| o.is_object());
        if let Some(others) = others.filter(|_| made.is_empty())
            && let Some(value) = self.value(others, of, seen)?
        {
            made.insert("key".to_owned(), value);
        }
        Ok(Some(made.into()))
    }

    fn array(
        &self,
        flat: &Object,
        of: Use<'_>,
        seen: &[String],
    ) -> Result<Value, SourceError> {
        let items = flat.get("items").unwrap_or(&Value::Null);
        let item = self.value(items, of, seen)?;
        let length = size(flat, "minItems").unwrap_or(1).clamp(1, 100);
        Ok(item.map_or(json!([]), |item| vec![item; length].into()))
    }
}

/// Adds a part of a schema; what it says wins.
fn merge(all: &mut Object, part: Object) {
    for (key, value) in part {
        match (all.get_mut(&key), value) {
            (Some(Value::Object(all)), Value::Object(value))
                if key == "properties" =>
            {
                all.extend(value);
            }
            (Some(Value::Array(all)), Value::Array(value)) if key == "required" => {
                all.extend(value);
            }
            (_, value) => drop(all.insert(key, value)),
        }
    }
}

/// The first of a list.
fn first<'a>(flat: &'a Object, key: &str) -> Option<&'a Value> {
    flat.get(key)?.as_array()?.first()
}

fn size(flat: &Object, key: &str) -> Option<usize> {
    usize::try_from(flat.get(key)?.as_u64()?).ok()
}

/// The type, or what the other words imply.
fn kind(flat: &Object) -> &str {
    let declared = match flat.get("type") {
        Some(Value::String(one)) => Some(one.as_str()),
        Some(Value::Array(all)) => {
            let mut all = all.iter().filter_map(Value::as_str);
            all.find(|one| *one != "null")
        }
        _ => None,
    };
    let implied = [
        ("properties", "object"),
        ("additionalProperties", "object"),
        ("items", "array"),
    ];
    let implied = implied.iter().find(|(word, _)| flat.contains_key(*word));
    declared.or(implied.map(|(_, kind)| *kind)).unwrap_or("string")
}

/// Whether a name says that values are distinct. Names such as `grid` do no harm.
fn is_key(name: &str) -> bool {
    let name = name.to_lowercase();
    KEYS.iter().any(|key| name.trim_end_matches('s').ends_with(key))
}

/// A value of the document, without what a `.http` file reads as a variable.
fn plain(value: &Value) -> Value {
    let text = literal(&value.to_string());
    serde_json::from_str(&text).unwrap_or_else(|_| value.clone())
}

/// An example whose keys differ each time: `ord-17` becomes `ord-{{n}}`.
fn varied(name: &str, example: &Value) -> Value {
    match example {
        Value::Object(object) => {
            let all = object.iter();
            let all = all.map(|(name, value)| (name.clone(), varied(name, value)));
            all.collect::<Object>().into()
        }
        Value::Array(items) => items.iter().map(|item| varied(name, item)).collect(),
        Value::String(text) if is_uuid(text) => "{{$uuid}}".into(),
        Value::String(text) if is_key(name) => {
            let stem = text.trim_end_matches(|c: char| c.is_ascii_digit());
            format!("{}{{{{n}}}}", literal(stem)).into()
        }
        Value::Number(number) if is_key(name) && number.is_u64() => {
            format!("{NUMBER}{{{{n}}}}").into()
        }
        other => plain(other),
    }
}

fn is_uuid(text: &str) -> bool {
    let dashes = text.match_indices('-').map(|(at, _)| at);
    text.len() == 36 && dashes.eq([8, 13, 18, 23])
}

fn number(flat: &Object, distinct: bool) -> Value {
    // `exclusiveMinimum` is a number in 3.1, and says true beside `minimum` in 3.0.
    let bound = |key: &str, exclusive: &str, step: f64| {
        let number = |key| flat.get(key).and_then(Value::as_f64);
        let beyond = flat.get(exclusive) == Some(&Value::Bool(true));
        let bound =
            number(key).map(|bound| if beyond { bound + step } else { bound });
        bound.or(number(exclusive).map(|bound| bound + step))
    };
    let low = bound("minimum", "exclusiveMinimum", 1.0);
    let high = bound("maximum", "exclusiveMaximum", -1.0);
    let multiple = flat.get("multipleOf").and_then(Value::as_f64);
    let is_integer = kind(flat) == "integer";
    if distinct && is_integer && multiple.is_none() {
        let small = flat.get("format").is_some_and(|format| format == "int32");
        let high = high.or(small.then_some(f64::from(i32::MAX)));
        let from = low.unwrap_or(1.0).max(0.0);
        let placeholder = match high {
            None if from <= 1.0 => "{{n}}".to_owned(),
            _ => {
                let to = high.unwrap_or(from + 1e15) + 1.0;
                format!("{{{{$random.integer({from:.0},{to:.0})}}}}")
            }
        };
        return format!("{NUMBER}{placeholder}").into();
    }
    let value = low.unwrap_or_else(|| high.map_or(1.0, |high| high.min(1.0)));
    let value = multiple.map_or(value, |step| (value / step).ceil() * step);
    if is_integer { json!(value as i64) } else { json!(value) }
}

fn string(flat: &Object, distinct: bool) -> String {
    let (min, max) = (size(flat, "minLength"), size(flat, "maxLength"));
    let format = flat.get("format").and_then(Value::as_str).unwrap_or_default();
    let fixed = match format {
        "uuid" => "{{$uuid}}",
        "email" => "user{{n}}@example.com",
        "date-time" => "2026-01-02T03:04:05Z",
        "date" => "2026-01-02",
        "time" => "03:04:05Z",
        "duration" => "PT1M",
        "uri" | "url" => "https://example.com/{{n}}",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "hostname" => "example.com",
        "byte" => "dGV4dA==",
        _ => "",
    };
    if !fixed.is_empty() {
        return fixed.to_owned();
    }
    let pattern = flat.get("pattern").and_then(Value::as_str);
    if let Some(text) = pattern.and_then(|p| matching(p, distinct, max)) {
        return text;
    }
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(usize::MAX));
    match distinct {
        true if max >= 12 => {
            "x".repeat(min.saturating_sub(1).min(MIN_LENGTH_MAX)) + "{{n}}"
        }
        true => random_digits(max),
        false => {
            let text = "x".repeat(min.saturating_sub(4).min(MIN_LENGTH_MAX));
            ("text".to_owned() + &text).chars().take(max).collect()
        }
    }
}

/// Longer texts are not made, even if the document asks for them.
const MIN_LENGTH_MAX: usize = 1 << 20;

/// A placeholder for this number of digits.
pub(super) fn random_digits(count: usize) -> String {
    let Some(power) = count.checked_sub(1) else { return String::new() };
    let from = 10_u64.pow(power.min(15) as u32);
    format!("{{{{$random.integer({from},{})}}}}", from * 10)
}

/// A value in a URL or a header.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim_start_matches(NUMBER).to_owned(),
        Value::Null => String::new(),
        other => unquoted(&other.to_string()),
    }
}

/// JSON whose numbers may be placeholders.
pub(super) fn unquoted(json: &str) -> String {
    let mut parts = json.split("\"\\u0001");
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        made.extend(part.splitn(2, '"'));
    }
    made
}
