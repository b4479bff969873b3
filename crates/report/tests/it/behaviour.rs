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

/// A change to a comparison.
type Change = fn(&mut Value);

#[test]
fn what_is_said_is_what_was_measured() {
    let alone: Change = |comparison| {
        let twins = comparison["lessons"][0]["twins"].as_object_mut();
        twins.unwrap().remove("fixed");
    };
    let odd: Change = |comparison| {
        comparison["lessons"][0]["as_expected"] = false.into();
        comparison["lessons"][0]["cost"] = json!({
            "database_calls_ratio": 1.0, "latency_ratio": 1.42
        });
    };
    let files: Change = |comparison| {
        let leaky = &mut comparison["lessons"][0]["twins"]["leaky"];
        leaky["open_files"] = json!([24, 64, 104, 144]);
    };
    let cases: [(Change, &[&str]); 5] = [
        (
            |_| {},
            &[
                "Of 1 everyday jobs, 1 grow in leaky and 0 grow in fixed; 2 of 2",
                "<b>leaky: </b>Nobody removes it. Never.",
                "256 MiB are full after",
            ],
        ),
        (alone, &["Of 1 everyday jobs, 1 grow in leaky; "]),
        (
            |comparison| comparison["lessons"] = json!([]),
            &["<h1>No lesson was measured."],
        ),
        (odd, &["; one lesson is not as expected.", "<b class=\"mismatch\">! </b>"]),
        (
            files,
            &["+1.00 per request; a limit of 1,024 is met after 1,000 requests"],
        ),
    ];
    for (change, parts) in cases {
        let page = Copy::new().change(change).text();
        let missing: Vec<_> = parts.iter().filter(|p| !page.contains(**p)).collect();
        assert!(missing.is_empty(), "no {missing:?} in {page}");
        // Medians of the same work scatter by more than this.
        assert!(!page.contains("1.42 times"), "{page}");
    }
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
        // Half a name is enough, and nonsense does no harm.
        for fragment in ["%E0%A4%A", "l08"] {
            browser.open(&copy.page(), fragment);
            let top = format!(
                "document.getElementById('{LESSON}').getBoundingClientRect().top"
            );
            let top = browser.ask(&top).as_f64().unwrap();
            assert_eq!(top.abs() < 100.0, fragment == "l08", "{fragment}: {top}");
        }
        assert_eq!(browser.console(), Vec::<String>::new());
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
        // In the source and in a legend; then in the claims alone.
        assert_eq!(browser.ask("find('tx.send')"), json!([LESSON]));
        assert_eq!(browser.ask("find('subscribers')"), json!([LESSON]));
        assert_eq!(browser.ask("find('Multipart uploads')"), json!([]));
        assert_ne!(browser.ask("all('.claim:not([hidden])').length"), 0);
        assert_eq!(browser.ask("location.search"), "?q=Multipart+uploads");
        assert_eq!(browser.ask("find('no such word')"), json!([]));
        let said = browser.ask("shown.textContent");
        assert!(said.as_str().unwrap().ends_with("nothing has this word"), "{said}");
    });
}

#[test]
fn figures_can_be_sorted_and_held_against_a_rate() {
    on_page(&Copy::new(), |browser| {
        browser.ask("document.querySelector('[title^=Sort]').click()");
        assert_eq!(browser.ask("rows()[0]"), LESSON);
        let full = browser.ask("all('td[data-at-start]')[0].textContent");
        assert!(full.as_str().unwrap().ends_with("\u{a0}requests)"), "{full}");
        browser.ask("type(all('.few')[0], 1)");
        assert_ne!(browser.ask("all('td[data-at-start]')[0].textContent"), full);
    });
}

#[test]
fn a_box_of_a_flame_graph_becomes_as_wide_as_the_graph() {
    on_page(&Copy::new(), |browser| {
        browser.ask("document.querySelector('.part.stacks').open = true");
        browser.ask("document.querySelector('svg.flame').focus()");
        let all = browser.ask("widest()");
        browser.press("ArrowDown");
        browser.press("ArrowDown");
        browser.press("Enter");
        let told = browser.ask("tip()[1]");
        assert!(told.as_str().unwrap().contains(" B ("), "{told}");
        assert!(browser.ask("widest()").as_u64() > all.as_u64());
        browser.press("Escape");
        assert_eq!(browser.ask("widest()"), all);
    });
}

#[test]
fn a_chart_tells_its_values_to_the_arrow_keys() {
    on_page(&Copy::new(), |browser| {
        let chart = format!("document.querySelector('#{LESSON} figure svg')");
        browser.ask(&format!("{chart}.focus()"));
        browser.press("Home");
        let told = browser.ask("tip()");
        let all = "0 requests: leaky 0 B, fixed 0 B, difference 0 B";
        assert_eq!(told, json!([false, all]));
        browser.press("ArrowRight");
        let next = browser.ask("tip()");
        assert!(
            next[1].as_str().unwrap().starts_with("40 requests: leaky "),
            "{next}"
        );
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
