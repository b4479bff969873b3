//! What both twins answer, and that it is the same: one suite, two services.

use acceptance::{
    Answer, each_twin, get, on_twin, post, put, request, with, without,
};
use serde_json::{Value, json};
use workload::Request;

/// Gives both twins the same requests.
fn both(requests: &[Request]) -> Vec<Answer> {
    let mut answers: Vec<Vec<Answer>> = Vec::new();
    each_twin(&[], async |served| {
        let mut given = Vec::new();
        for request in requests {
            given.push(served.ask(request.clone()).await);
        }
        answers.push(given);
    });
    assert_eq!(answers[0], answers[1]);
    answers.remove(0)
}

/// A tenant's GET of its own path.
fn own(tenant: &str, what: &str) -> Request {
    with(get(&format!("/tenants/{tenant}/{what}")), "x-tenant", tenant)
}

/// A name, the expected status, and the request.
type Case = (&'static str, u16, Request);

/// Wrong in path, query or headers.
fn wrong_addresses() -> Vec<Case> {
    let long = "x".repeat(65);
    let unknown = "ord-00000019.0000000000000017";
    let list = || get("/orders?status=open");
    let quote = || get("/orders/ord-00000001/quote");
    vec![
        ("no tenant", 400, without(list(), "x-tenant")),
        ("strange tenant", 400, with(list(), "x-tenant", "a#b")),
        ("unknown status", 400, get("/orders?status=lost")),
        ("unknown key", 400, get("/orders?status=open&page=2")),
        ("tampered cursor", 400, get("/orders?status=open&cursor=ord-00000019.17")),
        (
            "unknown cursor",
            404,
            get(&format!("/orders?status=open&cursor={unknown}")),
        ),
        ("no cursor at all", 400, get("/orders?status=open&cursor=%00%ff")),
        ("long order id", 400, get(&format!("/orders/{long}/quote"))),
        ("key in an id", 400, get("/orders/a%23b/quote")),
        ("strange budget", 400, with(quote(), "x-budget-ms", "soon")),
        ("budget used up", 400, with(quote(), "x-budget-ms", "0")),
        ("endless budget", 400, with(quote(), "x-budget-ms", "9223372036854775808")),
        ("tenant behind a percent sign", 403, get("/%74enants/other/report")),
        ("nobody behind one", 400, without(get("/%6frders/export"), "x-tenant")),
        ("id without a digit", 404, get("/orders/%C3%97")),
        ("two tenants", 400, list().header("x-tenant", "other")),
        ("another tenant's summary", 403, get("/tenants/other/summary")),
        ("another tenant's report", 403, get("/tenants/other/report")),
        ("no order to quote", 404, get("/orders/ord-99999999/quote")),
        ("no order at all", 404, get("/orders/ord-99999999/status")),
        ("no such tenant", 404, own("nobody", "summary")),
        ("strange tenant's summary", 403, get("/tenants/a%23b/summary")),
        ("tenant in disguise", 403, get("/tenants/sho%70x/report")),
        ("history of a key", 400, get("/orders/a%23b/history")),
        ("no order to weigh", 404, get("/orders/ord-99999999/weight")),
        ("no such session", 404, get("/sessions/tok-unknown")),
        ("long token", 400, get(&format!("/sessions/{long}"))),
        ("unknown path", 404, get("/nothing/here")),
        ("other method", 405, request("DELETE", "/orders")),
    ]
}

/// Wrong in the body.
fn wrong_bodies() -> Vec<Case> {
    let confirm = |body: &str| post("/orders/ord-00000001/confirm", body);
    let note = |bytes| format!("{{\"note\":\"{}\"}}", "n".repeat(bytes));
    vec![
        ("malformed JSON", 400, confirm("{\"note\":")),
        ("wrong type", 400, confirm("{\"note\":5}")),
        ("unknown field", 400, confirm("{\"notes\":\"\"}")),
        ("deep nesting", 400, confirm(&"[".repeat(60_000))),
        ("long note", 400, confirm(&note(501))),
        ("large body", 413, confirm(&note(70_000))),
        ("another tenant's draft", 403, put("/tenants/other/orders/o-1", note(1))),
        ("draft without note", 400, put("/tenants/shop/orders/o-1", "{}")),
        ("draft with a long note", 400, put("/tenants/shop/orders/o-1", note(501))),
        ("other media type", 415, with(confirm("{}"), "content-type", "text/plain")),
        ("no order to confirm", 404, post("/orders/ord-99999999/confirm", "{}")),
    ]
}

#[test]
fn both_twins_refuse_what_is_wrong_with_the_same_problem_document() {
    let cases = [wrong_addresses(), wrong_bodies()].concat();
    let requests: Vec<_> =
        cases.iter().map(|(_, _, request)| request.clone()).collect();
    for ((what, status, _), answer) in cases.into_iter().zip(both(&requests)) {
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert_eq!(answer.kind, "application/problem+json", "{what}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{what}");
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{what}");
        for inner in ["dynamodb", "aws", "src/", "panicked", "sdkerror"] {
            let text = answer.text().to_lowercase();
            assert!(!text.contains(inner), "{what} shows {inner}: {text}");
        }
    }
}

#[test]
fn both_twins_serve_every_job_alike() {
    let token = model::seed::session_token(7, 3);
    let draft = "/tenants/tenant-00000003/orders/ord-00000009";
    let draft = put(draft, "{\"note\":\"2\"}");
    let requests = [
        get("/orders/export"),
        get("/orders?status=open"),
        get("/orders/ord-00000001/status"),
        get("/orders/ord-00000001/quote"),
        post("/orders/ord-00000001/confirm", "{\"note\":\"ok\"}"),
        get("/orders/ord-00000001/status"),
        get(&format!("/sessions/{token}")),
        get(&format!("/sessions/{token}")),
        own("tenant-00000003", "summary"),
        with(draft, "x-tenant", "tenant-00000003"),
        own("tenant-00000003", "summary"),
        get("/orders/ord-00000002/history"),
        own("tenant-00000003", "report"),
        own("nobody", "report"),
        get("/orders/ord-00000001/weight"),
        get("/health"),
    ];
    let answers = both(&requests);
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(answers[0].text().lines().count() as u64, lessons::ORDERS);
    assert_eq!(answers[2].json()["status"], "open");
    assert_eq!(answers[5].json()["status"], "confirmed");
    assert!(!answers[6].text().contains("card-"), "a payment secret was shown");
    assert_eq!(answers[8].json()["last_order"], "ord-00000000");
    assert_eq!(answers[9].json()["note"], "2");
    assert_eq!(answers[10], answers[8], "a draft passed for an order");
    assert_eq!(answers[11].json()["events"].as_array().unwrap().len(), 0);
    assert_eq!(answers[12].json()["orders"], 1);
    assert_eq!(answers[12].json()["total_cents"], answers[8].json()["total_cents"]);
    assert_eq!(answers[13].json()["orders"], 0);
    assert_eq!(answers[13].json()["name"], "reports.tenants.nobody.latest-orders");
    assert!(answers[14].json()["grams"].as_u64().unwrap() > 250);
}

#[test]
fn a_history_shows_what_the_audit_wrote() {
    const NOTE: &str = "checked twice";
    each_twin(&[], async |served| {
        let body = json!({ "note": NOTE });
        let confirmed = served.ask(post("/orders/ord-00000005/confirm", body)).await;
        let history = served.ask(get("/orders/ord-00000005/history")).await;
        let total_cents = confirmed.json()["total_cents"].clone();
        let event =
            json!({ "kind": "confirmed", "note": NOTE, "total_cents": total_cents });
        assert_eq!(history.json()["events"], json!([event]));
    });
}

#[test]
fn a_listing_goes_on_where_its_cursor_points_until_the_end() {
    let mut seen = Vec::new();
    on_twin("fixed", &[], async |served| {
        let mut path = "/orders?status=open".to_owned();
        loop {
            let page = served.ask(get(&path)).await.json();
            let ids = page["orders"].as_array().unwrap().iter();
            seen.extend(ids.map(|order| order["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/orders?status=open&cursor={next}");
        }
    });
    let expected: Vec<_> =
        (0..lessons::ORDERS).map(|n| model::seed::order_id(n).to_string()).collect();
    assert_eq!(seen, expected);
}

#[test]
fn both_twins_describe_the_same_routes_in_openapi_3_1() {
    let answers = both(&[get("/openapi.json")]);
    let document = answers[0].json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for lesson in lessons::LESSONS {
        let (method, path) = lesson.route.split_once(' ').unwrap();
        let operation = &document["paths"][path][method.to_lowercase()];
        assert!(operation.is_object(), "{} is not described", lesson.route);
        // Added to every operation, whatever its lesson declares.
        let failed = &operation["responses"]["500"]["$ref"];
        assert_eq!(failed, "#/components/responses/Problem500", "{}", lesson.route);
        let parameters = operation["parameters"].as_array().unwrap();
        let described = parameters.iter().filter(|p| p["in"] == "path").count();
        assert_eq!(described, path.matches('{').count(), "{}", lesson.route);
    }
    every_reference_leads_somewhere(&document, &document);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.contains_key("Problem") && schemas.contains_key("Order"));
}

fn every_reference_leads_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                let pointer = target.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{target}");
            }
            fields
                .values()
                .for_each(|v| every_reference_leads_somewhere(document, v));
        }
        Value::Array(all) => {
            all.iter().for_each(|v| every_reference_leads_somewhere(document, v));
        }
        _ => {}
    }
}
