//! Batches that DynamoDB takes in part: which part the engine gets, and the other
//! part's way into the answer.

use serde_json::{Map, Value, json};

/// What DynamoDB takes in one BatchWriteItem; it refuses larger ones whole.
const WRITES_MAX: usize = 25;
/// The same for BatchGetItem.
const KEYS_MAX: usize = 100;

/// A batch in two parts.
#[derive(Debug)]
pub(super) struct Split {
    /// Body of the request with the part for the engine; none if there is nothing.
    pub(super) passed: Option<Vec<u8>>,
    /// The other part, as the answer gives it.
    held: Map<String, Value>,
    /// Where in the answer.
    field: &'static str,
}

/// Cuts a request's last items off. None if there is nothing to cut, or if it is for
/// the engine to say what is wrong with it.
pub(super) fn split(operation: &str, body: &[u8], percent: u8) -> Option<Split> {
    let (field, most) = match operation {
        "BatchWriteItem" => ("UnprocessedItems", WRITES_MAX),
        "BatchGetItem" => ("UnprocessedKeys", KEYS_MAX),
        _ => return None,
    };
    let mut request: Value = serde_json::from_slice(body).ok()?;
    let tables = request.get_mut("RequestItems")?.as_object_mut()?;
    let mut items = 0;
    for table in tables.values_mut() {
        items += list(table)?.len();
    }
    let mut left = items * usize::from(percent.min(100)) / 100;
    if left == 0 || items > most {
        return None;
    }
    let mut held = Map::new();
    for (name, table) in tables.iter_mut().rev() {
        let list = list(table)?;
        let tail = list.split_off(list.len().saturating_sub(left));
        left -= tail.len();
        if !tail.is_empty() {
            held.insert(name.clone(), with_list(table, tail));
        }
    }
    tables.retain(|_, table| list(table).is_some_and(|list| !list.is_empty()));
    let passed = (!tables.is_empty()).then(|| request.to_string().into_bytes());
    Some(Split { passed, held, field })
}

/// A table's writes, or its keys.
fn list(table: &mut Value) -> Option<&mut Vec<Value>> {
    match table {
        Value::Array(writes) => Some(writes),
        gets => gets.get_mut("Keys")?.as_array_mut(),
    }
}

/// A table's entry with another list, and with whatever else it says.
fn with_list(table: &Value, list: Vec<Value>) -> Value {
    match table {
        Value::Object(gets) => {
            let mut gets = gets.clone();
            gets.insert("Keys".to_owned(), Value::Array(list));
            Value::Object(gets)
        }
        _ => Value::Array(list),
    }
}

impl Split {
    /// The engine's answer with the held part in it; none if it cannot be read.
    pub(super) fn merge(self, answer: &[u8]) -> Option<Vec<u8>> {
        let mut answer: Value = serde_json::from_slice(answer).ok()?;
        self.merge_into(answer.as_object_mut()?)?;
        Some(answer.to_string().into_bytes())
    }

    /// The answer where the engine is not asked.
    pub(super) fn whole(self) -> Value {
        match self.field {
            "UnprocessedKeys" => json!({ "Responses": {}, self.field: self.held }),
            field => json!({ field: self.held }),
        }
    }

    fn merge_into(self, answer: &mut Map<String, Value>) -> Option<()> {
        let rest = answer.entry(self.field).or_insert_with(|| json!({}));
        let rest = rest.as_object_mut()?;
        for (name, mut table) in self.held {
            match rest.get_mut(&name) {
                // The engine may leave something unprocessed, too.
                Some(theirs) => list(theirs)?.append(list(&mut table)?),
                None => {
                    rest.insert(name, table);
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(table: &str, count: usize) -> Value {
        let write = |n| json!({ "DeleteRequest": { "Key": { "pk": { "N": n } } } });
        json!({ "RequestItems": { table: (0..count).map(write).collect::<Vec<_>>() } })
    }

    fn cut(operation: &str, request: &Value, percent: u8) -> Option<Split> {
        split(operation, request.to_string().as_bytes(), percent)
    }

    fn read(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn a_share_is_rounded_down_and_taken_from_the_end() {
        let request = writes("orders", 25);
        for (percent, held) in [(50, 12), (10, 2), (99, 24)] {
            let split = cut("BatchWriteItem", &request, percent).unwrap();
            let passed = read(split.passed.as_ref().unwrap());
            let passed =
                passed["RequestItems"]["orders"].as_array().unwrap().clone();
            let rest = read(&split.merge(b"{}").unwrap());
            let rest =
                rest["UnprocessedItems"]["orders"].as_array().unwrap().clone();
            assert_eq!(rest.len(), held);
            let both: Vec<_> = passed.into_iter().chain(rest).collect();
            assert_eq!(Value::from(both), request["RequestItems"]["orders"]);
        }
        assert!(cut("BatchWriteItem", &request, 3).is_none());
        assert!(cut("PutItem", &request, 50).is_none());
        assert!(cut("BatchWriteItem", &writes("orders", 26), 50).is_none());
    }

    #[test]
    fn everything_can_be_handed_back() {
        let request = writes("orders", 2);
        let split = cut("BatchWriteItem", &request, 100).unwrap();
        assert_eq!(split.passed, None);
        assert_eq!(split.whole()["UnprocessedItems"], request["RequestItems"]);
    }

    #[test]
    fn keys_keep_what_else_their_table_says() {
        let keys = |from, to| (from..to).map(|n| json!({ "pk": n })).collect();
        let entry =
            |keys: Vec<Value>| json!({ "Keys": keys, "ConsistentRead": true });
        let tables = json!({ "a": entry(keys(0, 2)), "b": entry(keys(0, 4)) });
        let request = json!({ "RequestItems": tables, "X": 1 });
        let split = cut("BatchGetItem", &request, 84).unwrap();
        let passed = json!({ "RequestItems": { "a": entry(keys(0, 1)) }, "X": 1 });
        assert_eq!(read(split.passed.as_ref().unwrap()), passed);
        // The engine has left a key of b itself.
        let theirs = json!({ "UnprocessedKeys": { "b": entry(keys(9, 10)) } });
        let found = read(&split.merge(theirs.to_string().as_bytes()).unwrap());
        let (mut b, more): (Vec<Value>, Vec<Value>) = (keys(9, 10), keys(0, 4));
        b.extend(more);
        let expected = json!({ "a": entry(keys(1, 2)), "b": entry(b) });
        assert_eq!(found["UnprocessedKeys"], expected);
    }

    #[test]
    fn what_is_no_batch_is_left_to_the_engine() {
        for body in ["", "[]", "{}", r#"{"RequestItems":{"a":1}}"#] {
            assert!(split("BatchGetItem", body.as_bytes(), 50).is_none(), "{body}");
        }
        let request = writes("orders", 2);
        let split = cut("BatchWriteItem", &request, 50).unwrap();
        assert_eq!(split.merge(b"no JSON"), None);
    }
}
