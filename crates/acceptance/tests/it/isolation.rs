//! No tenant reads or changes what is another's, whichever route it tries: the routes
//! come from the OpenAPI document, so a new one is tried as well.

use crate::orders::{confirm, drafted, import, payment};
use acceptance::{
    Answer, Served, call, each_twin, get, post, put, request, with, without,
};
use model::seed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use workload::Request;

/// An operation of the OpenAPI document.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    public: bool,
}

pub(crate) async fn operations(served: &Served<'_>) -> Vec<Operation> {
    let document = served.ask(get("/openapi.json")).await.json();
    let paths = document["paths"].as_object().unwrap().clone();
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in ["get", "post", "put", "patch", "delete"] {
            let operation = &item[method];
            if !operation.is_object() {
                continue;
            }
            let parameters = operation["parameters"].as_array();
            let tenant =
                |p: &Value| p["name"] == "x-tenant" && p["required"] == true;
            let public = !parameters.is_some_and(|all| all.iter().any(tenant));
            let method = match method {
                "get" => "GET",
                "post" => "POST",
                "put" => "PUT",
                other => panic!("{other} {path}: teach this test the method"),
            };
            found.push(Operation { method, path: path.clone(), public });
        }
    }
    assert!(found.len() > 20, "{} operations", found.len());
    found
}

/// The operation as the shop would ask for it, on the order with this number, which it
/// has.
pub(crate) fn ask_for(operation: &Operation, number: u64) -> Request {
    // The printer loses longer labels.
    let fits = |n: &u64| seed::order(7, &seed::tenant("shop"), *n).pieces() <= 20;
    let order = match operation.path.as_str() {
        "/shipments/{id}/label" => (0..).filter(fits).nth(number as usize).unwrap(),
        _ => number,
    };
    let path = operation
        .path
        .replace("{tenant}", "shop")
        .replace("{id}", seed::order_id(order).as_str())
        .replace("{token}", seed::session_token(7, number).as_str())
        .replace("{code}", seed::tracking_code(7, number).as_str());
    // Nothing of it is in the order whose parts must not be shown.
    let new = |n| json!(seed::order(7, &seed::tenant("shop"), n));
    let note = json!({ "note": "n" });
    match (operation.method, operation.path.as_str()) {
        ("GET", "/orders") => get("/orders?status=open"),
        ("GET", _) => get(&path),
        (_, "/orders") => post(&path, drafted(new(90_000_000 + number))),
        (_, "/orders/import") => import(new(91_000_000 + number).to_string()),
        (_, "/payments") => payment(&format!("key-{number}"), 1),
        (_, "/orders/{id}/events") => {
            post(&path, json!({ "sequence": 1, "station": "s" }))
        }
        (_, "/orders/{id}/seen") => {
            put(&path, json!({ "desk": "d", "attachment": "" }))
        }
        (_, "/orders/{id}/attachments") => request("POST", &path).body(
            "multipart/form-data; boundary=b",
            "--b\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n",
        ),
        ("PUT", _) => put(&path, note),
        _ => post(&path, note),
    }
}

/// Every item of the shop's, as text.
pub(crate) async fn items_of_the_shop(served: &Served<'_>) -> BTreeSet<String> {
    let mut scan =
        json!({ "TableName": served.database.table.name(), "Limit": 500 });
    let mut found = BTreeSet::new();
    loop {
        let url = served.database.target.url();
        let page = call(url, "Scan", &scan).await;
        let items = page["Items"].as_array().unwrap().iter();
        let of_shop =
            items.filter(|i| i["pk"]["S"].as_str().unwrap().contains("#shop"));
        found.extend(of_shop.map(Value::to_string));
        match page.get("LastEvaluatedKey") {
            Some(next) => scan["ExclusiveStartKey"] = next.clone(),
            None => return found,
        }
    }
}

#[test]
fn no_operation_serves_nobody_or_shows_or_changes_what_is_anothers() {
    each_twin(&[], async |served| {
        let before = items_of_the_shop(served).await;
        let mut public = BTreeSet::new();
        for operation in operations(served).await {
            let Operation { method, path, .. } = &operation;
            let asked = ask_for(&operation, 1);
            if operation.public {
                public.insert(path.clone());
                continue;
            }
            served.expect(400, without(asked.clone(), "x-tenant")).await;
            // A feed does not end, and has a test of its own.
            if path == "/orders/feed" {
                continue;
            }
            let answer = served.ask(with(asked, "x-tenant", "t-2")).await;
            if path.contains("{tenant}") {
                assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
            }
            shows_nothing(&answer, method, path);
        }
        let expected = ["/metrics", "/sessions/{token}", "/track/{code}"];
        assert_eq!(public, expected.map(String::from).into());
        assert_eq!(items_of_the_shop(served).await, before);
    });
}

/// Another tenant's answer has nothing of the shop's order.
fn shows_nothing(answer: &Answer, method: &str, path: &str) {
    let order = seed::order(7, &seed::tenant("shop"), 1);
    let line = &order.lines[0];
    // What the request itself did not say.
    let secrets = [line.sku.as_str(), &order.total_cents().to_string()];
    let written = method != "GET";
    for secret in secrets {
        let shown = answer.text().contains(secret);
        assert!(written || !shown, "{method} {path}: {}", answer.text());
    }
    // Of the shop's orders there is none to read; lists are empty.
    let lists = ["/orders", "/orders/export", "/orders/bestsellers"];
    let is_list = lists.contains(&path) || path.ends_with("/history");
    let found = (200..300).contains(&answer.status);
    assert!(written || is_list || !found, "{method} {path}: {}", answer.text());
}

#[test]
fn jobs_on_one_order_keep_to_their_own_items() {
    each_twin(&[], async |served| {
        let order = "/orders/ord-00000005";
        let on = |what: &str| format!("{order}/{what}");
        let scan = json!({ "sequence": 0, "station": "d" });
        let seen = json!({ "desk": "d", "attachment": "a" });
        served.expect(202, post(&on("events"), scan)).await;
        served.expect(204, put(&on("seen"), seen)).await;
        let pk = "EVENTS#shop#ord-00000005";
        for sk in ["EVENT#scan#d#000000000000", "EVENT#seen#d"] {
            while !served.item("GetItem", pk, sk).await["Item"].is_object() {
                // The events are written behind the answer.
            }
        }
        let history = async || served.ask(get(&on("history"))).await;
        assert_eq!(history().await.json(), json!({ "events": [] }));
        served.expect(200, confirm("ord-00000005")).await;
        let events = loop {
            let events = history().await.json()["events"].clone();
            if events != json!([]) {
                break events;
            }
        };
        assert_eq!(events.as_array().unwrap().len(), 1, "{events}");
        assert_eq!(events[0]["kind"], "confirmed");
    });
}
