//! Our profiles in the viewer that comes with valgrind.

use crate::browser::Browser;
use crate::made::{Copy, LESSON};
use profile::Profile;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A page that has not read a profile of half a megabyte by then will not.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// Where Debian's valgrind has it.
const VIEWER: &str = "/usr/libexec/valgrind/dh_view.html";

/// What the viewer says of all call stacks together, as text.
fn root(browser: &Browser) -> String {
    let began = Instant::now();
    loop {
        let text = browser.ask("document.body.innerText");
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

#[test]
fn valgrinds_viewer_opens_our_profiles_and_counts_what_we_count() {
    let viewer = PathBuf::from(VIEWER);
    if !viewer.is_file() {
        eprintln!("skipped: there is no {VIEWER}: install Debian's valgrind");
        return;
    }
    let Some(browser) = Browser::start() else { return };
    let folder = Copy::new();
    let profile = folder.path().join(format!("profiles/{LESSON}.leaky.json"));
    browser.open(&viewer, "");
    browser.choose("input[type=file]", &profile);
    let root = root(&browser);
    let ours = Profile::parse(&std::fs::read(profile).unwrap()).unwrap().totals();
    for (title, bytes, blocks) in [
        ("Total:", ours.total_bytes, ours.total_blocks),
        ("At t-gmax:", ours.peak_bytes, ours.peak_blocks),
        ("At t-end:", ours.end_bytes, ours.end_blocks),
    ] {
        assert_eq!(figures(&root, title), [bytes, blocks], "{title} {root}");
        assert!(bytes > 0);
    }
    browser.close();
}
