//! What the page does in a browser, and what it does not.

use crate::browser::Browser;
use crate::made::{CONTROLS, Copy, LESSON};
use serde_json::{Value, json};
use std::fs;

/// What would run if any of it were taken for markup.
const HOSTILE: &str = "<script>document.title = 'taken'</script>\
                       <img src=x onerror=\"document.title = 'taken'\">'\"";

#[test]
fn what_is_missing_is_said_and_the_rest_is_shown() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.path().join("sources")).unwrap();
    fs::write(copy.path().join(format!("profiles/{LESSON}.leaky.json")), "{")
        .unwrap();
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
    let Some(browser) = Browser::start() else { return };
    let folder = Copy::new();
    browser.open(&folder.page(), "");
    let charts = browser.script("return document.querySelectorAll('svg').length");
    assert!(charts.as_u64().unwrap() > 10, "{charts}");
    assert_eq!(browser.console(), Vec::<String>::new());
    let requests = browser.requests();
    let outside = requests
        .iter()
        .filter(|url| !url.starts_with("file://") && !url.starts_with("data:"));
    assert_eq!(outside.collect::<Vec<_>>(), Vec::<&String>::new());
    // Its own file, and the icon that is none: nothing else.
    let files = requests.iter().filter(|url| url.starts_with("file://"));
    assert_eq!(files.count(), 1, "{requests:?}");
    browser.close();
}

#[test]
fn links_lead_to_what_they_name_and_unfold_it() {
    let Some(browser) = Browser::start() else { return };
    let folder = Copy::new();
    browser.open(&folder.page(), "");
    let dead = browser
        .script(
            "return [...document.querySelectorAll('a[href]')]
                .map((link) => link.getAttribute('href'))
                .filter((to) => !to.startsWith('#') || !document.getElementById(to.slice(1)))",
        )
        ;
    assert_eq!(dead, json!([]));
    browser.script("document.querySelector('.lessons a').click()");
    let at = "const box = document.getElementById(location.hash.slice(1))
                  .getBoundingClientRect();
              return [location.hash, box.top >= 0 && box.top < innerHeight / 2]";
    assert_eq!(browser.script(at), json!([format!("#{LESSON}"), true]));
    // A link that somebody was sent.
    browser.open(&folder.page(), "C09");
    let open = browser.script("return document.getElementById('C09').open");
    assert_eq!(open, true);
    browser.close();
}

#[test]
fn filters_leave_what_was_asked_for() {
    let Some(browser) = Browser::start() else { return };
    let folder = Copy::new();
    browser.open(&folder.page(), "");
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
    assert_eq!(browser.script(&pick("growth")), json!([LESSON]));
    let still = json!(CONTROLS);
    let mut found = browser.script(&pick("still"));
    found.as_array_mut().unwrap().sort_by_key(Value::to_string);
    assert_eq!(found, still);
    assert_eq!(browser.script(&pick("odd")), json!([]));
    browser.script(&pick("all"));
    assert_eq!(browser.script(&find("ACTIX_http")), json!([LESSON]));
    let rows =
        "return [...document.querySelectorAll('.lessons tbody tr:not([hidden]) a')]
                    .map((link) => link.textContent)";
    assert_eq!(browser.script(rows), json!([LESSON]));
    assert_eq!(browser.script(&find("no such word")), json!([]));
    browser.close();
}

#[test]
fn a_chart_tells_its_values_to_the_arrow_keys() {
    let Some(browser) = Browser::start() else { return };
    let folder = Copy::new();
    browser.open(&folder.page(), "");
    browser.script(&format!(
        "document.querySelector('#{LESSON} svg[data-spots]').focus()"
    ));
    browser.press("ArrowRight");
    let tip = "const tip = document.getElementById('tip');
               return [tip.hidden, tip.textContent]";
    let told = browser.script(tip);
    assert_eq!(told[0], false, "{told}");
    assert_eq!(told[1], "leaky: 0 B at 0 requests");
    browser.press("ArrowRight");
    let next = browser.script(tip);
    assert!(next[1].as_str().unwrap().ends_with(" at 40 requests"), "{next}");
    browser.press("Escape");
    assert_eq!(browser.script(tip)[0], true);
    browser.close();
}

#[test]
fn hostile_content_comes_out_as_text() {
    let Some(browser) = Browser::start() else { return };
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
    let source = copy.path().join(format!("sources/leaky/{LESSON}.rs"));
    fs::write(source, format!("// </code></div>{HOSTILE}\n")).unwrap();
    let profile = copy.path().join(format!("profiles/{LESSON}.leaky.json"));
    let text = fs::read_to_string(&profile).unwrap();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    for frame in json["ftbl"].as_array_mut().unwrap() {
        *frame = json!(format!("0x1: {HOSTILE} (src/lessons/{HOSTILE}.rs:1:1)"));
    }
    fs::write(&profile, json.to_string()).unwrap();
    browser.open(&copy.page(), "");
    let found = browser.script(
        "return [document.title.startsWith('Leaklab'),
                     document.querySelectorAll('img').length,
                     document.querySelectorAll('script').length,
                     document.body.textContent.includes('<script>document.title')]",
    );
    assert_eq!(found, json!([true, 0, 1, true]));
    assert_eq!(browser.console(), Vec::<String>::new());
    browser.close();
}
