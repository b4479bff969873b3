//! What the page does in a browser, and what it does not.

use super::browser::Browser;
use super::made::Copy;
use crate::fixture::Leaklab;
use serde_json::{Value, json};
use std::fs;

/// What would run if any of it were taken for markup.
const HOSTILE: &str = "<script>document.title = 'taken'</script>\
                       <img src=x onerror=\"document.title = 'taken'\">'\"";

#[test]
fn compare_leaves_a_page_and_report_makes_the_same_again() {
    let copy = Copy::new();
    let first = fs::read_to_string(copy.made()).unwrap();
    fs::remove_file(copy.made()).unwrap();
    assert_eq!(fs::read_to_string(copy.page()).unwrap(), first);
}

#[test]
fn a_folder_without_a_comparison_is_wrong_usage() {
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    let done = Leaklab::new(&["report", path]).run();
    done.code(2).says(&["comparison.json", "compare.sh"]);
}

#[test]
fn what_is_missing_is_said_and_the_rest_is_shown() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.path().join("sources")).unwrap();
    fs::write(copy.path().join("profiles/l08_live_feed.leaky.json"), "{").unwrap();
    let page = fs::read_to_string(copy.page()).unwrap();
    assert!(page.contains("sources were not kept"));
    assert!(page.contains("l08_live_feed.leaky.json: not a dhat profile"));
    assert!(page.contains("LEAKS"));
}

#[test]
fn a_comparison_from_anybody_leads_to_no_file_outside_its_folder() {
    let copy = Copy::new().change(|comparison| {
        for lesson in comparison["lessons"].as_array_mut().unwrap() {
            lesson["twins"]["leaky"]["profile"] = json!("../../../etc/passwd");
        }
    });
    let page = fs::read_to_string(copy.page()).unwrap();
    assert!(page.contains("../../../etc/passwd is not below the folder"));
}

#[tokio::test]
async fn the_page_loads_nothing_and_complains_of_nothing() {
    let Some(browser) = Browser::start().await else { return };
    let folder = Copy::new();
    browser.open(&folder.made(), "").await;
    let charts =
        browser.script("return document.querySelectorAll('svg').length").await;
    assert!(charts.as_u64().unwrap() > 10, "{charts}");
    assert_eq!(browser.console().await, Vec::<String>::new());
    let requests = browser.requests().await;
    let outside = requests
        .iter()
        .filter(|url| !url.starts_with("file://") && !url.starts_with("data:"));
    assert_eq!(outside.collect::<Vec<_>>(), Vec::<&String>::new());
    // Its own file, and the icon that is none: nothing else.
    let files = requests.iter().filter(|url| url.starts_with("file://"));
    assert_eq!(files.count(), 1, "{requests:?}");
    browser.close().await;
}

#[tokio::test]
async fn links_lead_to_what_they_name_and_unfold_it() {
    let Some(browser) = Browser::start().await else { return };
    let folder = Copy::new();
    browser.open(&folder.made(), "").await;
    let dead = browser
        .script(
            "return [...document.querySelectorAll('a[href]')]
                .map((link) => link.getAttribute('href'))
                .filter((to) => !to.startsWith('#') || !document.getElementById(to.slice(1)))",
        )
        .await;
    assert_eq!(dead, json!([]));
    browser.script("document.querySelector('.lessons a').click()").await;
    let at = "const box = document.getElementById(location.hash.slice(1))
                  .getBoundingClientRect();
              return [location.hash, box.top >= 0 && box.top < innerHeight / 2]";
    assert_eq!(browser.script(at).await, json!(["#l08_live_feed", true]));
    // A link that somebody was sent.
    browser.open(&folder.made(), "C09").await;
    let open = browser.script("return document.getElementById('C09').open").await;
    assert_eq!(open, true);
    browser.close().await;
}

#[tokio::test]
async fn filters_leave_what_was_asked_for() {
    let Some(browser) = Browser::start().await else { return };
    let folder = Copy::new();
    browser.open(&folder.made(), "").await;
    let shown =
        "return [...document.querySelectorAll('article.lesson:not([hidden])')]
                     .map((article) => article.id)";
    let pick = |value: &str| {
        format!("document.querySelector('input[value={value}]').click(); {shown}")
    };
    let find = |word: &str| {
        format!(
            "const field = document.getElementById('find');
             field.value = '{word}';
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));
             {shown}"
        )
    };
    assert_eq!(browser.script(&pick("growth")).await, json!(["l08_live_feed"]));
    let still = json!(["c01_client_clones", "c04_retries"]);
    let mut found = browser.script(&pick("still")).await;
    found.as_array_mut().unwrap().sort_by_key(Value::to_string);
    assert_eq!(found, still);
    assert_eq!(browser.script(&pick("odd")).await, json!([]));
    browser.script(&pick("all")).await;
    assert_eq!(browser.script(&find("ACTIX_http")).await, json!(["l08_live_feed"]));
    let rows =
        "return [...document.querySelectorAll('.lessons tbody tr:not([hidden]) a')]
                    .map((link) => link.textContent)";
    assert_eq!(browser.script(rows).await, json!(["l08_live_feed"]));
    assert_eq!(browser.script(&find("no such word")).await, json!([]));
    browser.close().await;
}

#[tokio::test]
async fn a_chart_tells_its_values_to_the_arrow_keys() {
    let Some(browser) = Browser::start().await else { return };
    let folder = Copy::new();
    browser.open(&folder.made(), "").await;
    browser
        .script("document.querySelector('#l08_live_feed svg[data-spots]').focus()")
        .await;
    browser.press("ArrowRight").await;
    let tip = "const tip = document.getElementById('tip');
               return [tip.hidden, tip.textContent]";
    let told = browser.script(tip).await;
    assert_eq!(told[0], false, "{told}");
    assert_eq!(told[1], "leaky: 0 B at 0 requests");
    browser.press("ArrowRight").await;
    let next = browser.script(tip).await;
    assert!(next[1].as_str().unwrap().ends_with(" at 40 requests"), "{next}");
    browser.press("Escape").await;
    assert_eq!(browser.script(tip).await[0], true);
    browser.close().await;
}

#[tokio::test]
async fn hostile_content_comes_out_as_text() {
    let Some(browser) = Browser::start().await else { return };
    let copy = Copy::new().change(|comparison| {
        comparison["environment"]["engine"] = json!(HOSTILE);
        let lessons = comparison["lessons"].as_array_mut().unwrap();
        for lesson in lessons {
            lesson["grows_with"] = json!(HOSTILE);
            lesson["mismatches"] = json!([HOSTILE]);
            for site in lesson["twins"]["leaky"]["sites"].as_array_mut().unwrap() {
                site["frames"] = json!([HOSTILE]);
                site["in_app_frame"] = Value::Null;
            }
        }
    });
    let source = copy.path().join("sources/leaky/l08_live_feed.rs");
    fs::write(source, format!("// </code></div>{HOSTILE}\n")).unwrap();
    let profile = copy.path().join("profiles/l08_live_feed.leaky.json");
    let text = fs::read_to_string(&profile).unwrap();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    for frame in json["ftbl"].as_array_mut().unwrap() {
        *frame = json!(format!("0x1: {HOSTILE} (src/lessons/{HOSTILE}.rs:1:1)"));
    }
    fs::write(&profile, json.to_string()).unwrap();
    browser.open(&copy.page(), "").await;
    let found = browser
        .script(
            "return [document.title.startsWith('Leaklab'),
                     document.querySelectorAll('img').length,
                     document.querySelectorAll('script').length,
                     document.body.textContent.includes('<script>document.title')]",
        )
        .await;
    assert_eq!(found, json!([true, 0, 1, true]));
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.close().await;
}
