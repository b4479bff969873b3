//! What the page does in a browser, and what it does not.

use crate::made::{CONTROLS, Copy, LESSON, on_page, taint};
use serde_json::{Value, json};
use std::fs;

/// What would run if any of it were taken for markup.
const HOSTILE: &str = "<script>document.title = 'taken'</script>\
                       <img src=x onerror=\"document.title = 'taken'\">'\"";

#[test]
fn what_is_missing_is_said_and_the_rest_is_shown() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.path().join("sources")).unwrap();
    copy.write(&format!("profiles/{LESSON}.leaky.json"), "{");
    let page = copy.text();
    assert!(page.contains("sources were not kept"));
    assert!(page.contains(&format!("{LESSON}.leaky.json: not a dhat profile")));
    assert!(page.contains("LEAKS"));
}

#[test]
fn a_comparison_from_anybody_leads_to_no_file_outside_its_folder() {
    let copy = Copy::new().change(|comparison| {
        for lesson in comparison["lessons"].as_array_mut().unwrap() {
            lesson["twins"]["leaky"]["profile"] = json!("../../../etc/passwd");
        }
    });
    let page = copy.text();
    assert!(page.contains("../../../etc/passwd is not below the folder"));
}

#[test]
fn the_page_loads_nothing_and_complains_of_nothing() {
    on_page(&Copy::new(), |browser| {
        let charts = browser.ask("all('svg').length");
        assert!(charts.as_u64().unwrap() > 10, "{charts}");
        assert_eq!(browser.console(), Vec::<String>::new());
        let mut requests = browser.requests();
        requests.retain(|url| !url.starts_with("data:"));
        // Its own file, and the icon that is none: nothing else.
        assert_eq!(requests.len(), 1, "{requests:?}");
        assert!(requests[0].starts_with("file://"), "{requests:?}");
    });
}

#[test]
fn links_lead_to_what_they_name_and_unfold_it() {
    let copy = Copy::new();
    on_page(&copy, |browser| {
        assert_eq!(browser.ask("deadLinks()"), json!([]));
        assert_eq!(browser.ask("followed()"), json!([format!("#{LESSON}"), true]));
        // A link that somebody was sent.
        browser.open(&copy.page(), "C09");
        assert_eq!(browser.ask("document.getElementById('C09').open"), true);
    });
}

#[test]
fn filters_leave_what_was_asked_for() {
    on_page(&Copy::new(), |browser| {
        assert_eq!(browser.ask("pick('growth')"), json!([LESSON]));
        let still = json!(CONTROLS);
        assert_eq!(browser.ask("pick('still').sort()"), still);
        assert_eq!(browser.ask("pick('odd')"), json!([]));
        browser.ask("pick('all')");
        assert_eq!(browser.ask("find('ACTIX_http')"), json!([LESSON]));
        assert_eq!(browser.ask("rows()"), json!([LESSON]));
        assert_eq!(browser.ask("find('no such word')"), json!([]));
    });
}

#[test]
fn a_chart_tells_its_values_to_the_arrow_keys() {
    on_page(&Copy::new(), |browser| {
        let chart = format!("document.querySelector('#{LESSON} svg[data-spots]')");
        browser.ask(&format!("{chart}.focus()"));
        browser.press("ArrowRight");
        let told = browser.ask("tip()");
        assert_eq!(told, json!([false, "leaky: 0 B at 0 requests"]));
        browser.press("ArrowRight");
        let next = browser.ask("tip()");
        assert!(next[1].as_str().unwrap().ends_with(" at 40 requests"), "{next}");
        browser.press("Escape");
        assert_eq!(browser.ask("tip()")[0], true);
    });
}

#[test]
fn hostile_content_comes_out_as_text() {
    let copy = Copy::new().change(|comparison| taint(comparison, HOSTILE));
    let source = format!("// </code></div>{HOSTILE}\n");
    copy.write(&format!("sources/leaky/{LESSON}.rs"), &source);
    let name = &format!("profiles/{LESSON}.leaky.json");
    let text = fs::read_to_string(copy.path().join(name)).unwrap();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    for frame in json["ftbl"].as_array_mut().unwrap() {
        *frame = json!(format!("0x1: {HOSTILE} (src/lessons/{HOSTILE}.rs:1:1)"));
    }
    copy.write(name, &json.to_string());
    on_page(&copy, |browser| {
        assert_eq!(browser.ask("executed()"), json!([true, 0, 1, true]));
        assert_eq!(browser.console(), Vec::<String>::new());
    });
}
