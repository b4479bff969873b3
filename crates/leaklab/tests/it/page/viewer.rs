//! Our profiles in the viewer that comes with valgrind.

use super::browser::Browser;
use super::made::Copy;
use crate::fixture::Leaklab;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A page that has not read a profile of half a megabyte by then will not.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// Where Debian's valgrind has it.
const VIEWER: &str = "/usr/libexec/valgrind/dh_view.html";

/// What the viewer says of all call stacks together, as text.
async fn root(browser: &Browser) -> String {
    let began = Instant::now();
    loop {
        let text = browser.script("return document.body.innerText").await;
        let text = text.as_str().unwrap();
        if let Some((_, root)) = text.split_once("At t-end:") {
            let end = root.split_once('}').map_or(root, |(end, _)| end);
            let begin = text.find("Total:").unwrap();
            let middle = &text[begin..text.len() - root.len()];
            return format!("{middle}{end}").replace(',', "");
        }
        assert!(began.elapsed() < READ_WITHIN, "it reads for ever: {text}");
    }
}

/// Bytes and blocks after a title: `Total:     1234 bytes (100%) in 5 blocks`.
fn figures(root: &str, title: &str) -> [u64; 2] {
    let (_, line) = root.split_once(title).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let before = |unit: &str| {
        let at = words.iter().position(|word| word.starts_with(unit)).unwrap();
        words[at - 1].parse().unwrap()
    };
    [before("bytes"), before("blocks")]
}

fn ours(profile: &Path) -> Value {
    let path = profile.to_str().unwrap();
    let done = Leaklab::new(&["show", path, "--format", "json"]).run().code(0);
    done.json()["totals"].clone()
}

#[tokio::test]
async fn valgrinds_viewer_opens_our_profiles_and_counts_what_we_count() {
    let viewer = PathBuf::from(VIEWER);
    if !viewer.is_file() {
        eprintln!("skipped: there is no {VIEWER}: install Debian's valgrind");
        return;
    }
    let Some(browser) = Browser::start().await else { return };
    let folder = Copy::new();
    let profile = folder.path().join("profiles/l08_live_feed.leaky.json");
    browser.open(&viewer, "").await;
    browser.choose("input[type=file]", &profile).await;
    let (root, ours) = (root(&browser).await, ours(&profile));
    for (title, bytes, blocks) in [
        ("Total:", "total_bytes", "total_blocks"),
        ("At t-gmax:", "peak_bytes", "peak_blocks"),
        ("At t-end:", "end_bytes", "end_blocks"),
    ] {
        let theirs = figures(&root, title);
        let [bytes, blocks] =
            [bytes, blocks].map(|name| ours[name].as_u64().unwrap());
        assert_eq!(theirs, [bytes, blocks], "{title} {root}");
        assert!(bytes > 0);
    }
    browser.close().await;
}
