//! The database calls in a service's log, one JSON object a line, as the twins write them.
//! Only known fields are read, so nothing else of a log is on the page.

use crate::view::View;
use maud::{Markup, html};
use profile::text::{Keep, visible};
use report::axis::bytes;
use serde::Deserialize;

/// Calls that are shown of each service.
const SHOWN: usize = 4;
/// Longest text of a field, in characters.
const TEXT_MAX: usize = 40;

/// The end of a call.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Call {
    pages: u64,
    items: u64,
    bytes: u64,
    in_flight: u64,
    outcome: String,
    span: Span,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Span {
    operation: String,
    route: String,
}

/// The newest calls of a log.
pub(crate) fn read(log: &[String]) -> Vec<Call> {
    let call = |line: &String| serde_json::from_str(line).ok();
    let mut calls: Vec<_> = log.iter().rev().filter_map(call).take(SHOWN).collect();
    calls.reverse();
    calls
}

/// The calls of all services side by side, if they are shown.
pub(crate) fn table(view: &View<'_>) -> Option<Markup> {
    let calls = view.calls.as_ref()?;
    let heads =
        ["operation", "route", "pages", "items", "read", "in flight", "outcome"];
    Some(html! {
        div class="calls" {
            // A recorded service has no log.
            @for (place, calls) in view.order.iter().map(|of| calls.get(*of)).enumerate() {
                @if let Some(calls) = calls { table {
                    caption { b class=(view.class(place)) { (view.name(place)) } ": DynamoDB calls in its log" }
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody { @for call in calls { (row(call)) } }
                } }
            }
        }
    })
}

fn row(call: &Call) -> Markup {
    let route = call.spans.first().map_or("", |span| &span.route);
    html! {
        tr {
            td { (text(&call.span.operation)) } td { (text(route)) }
            td { (call.pages) } td { (call.items) } td { (bytes(call.bytes as f64)) }
            td { (call.in_flight) } td { (text(&call.outcome)) }
        }
    }
}

fn text(of: &str) -> String {
    visible(&of.chars().take(TEXT_MAX).collect::<String>(), Keep::Nothing)
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_fields_of_calls_are_read_and_control_characters_are_shown() {
        let call = r#"{"message":"call ended","pages":2,"items":3,"bytes":4,"in_flight":1,
            "outcome":"a\u001b[1m","secret":"s","span":{"operation":"Query"}}"#;
        let log = ["text", r#"{"message":"answered"}"#, call].map(str::to_owned);
        let read = read(&log);
        assert_eq!(read.len(), 1);
        let row = row(&read[0]).into_string();
        assert!(row.contains(r"a\u001b[1m") && row.contains("Query"), "{row}");
        assert!(!row.contains("secret"), "{row}");
    }
}
