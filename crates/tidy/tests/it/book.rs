//! The book builds without a warning, and every link leads somewhere.

use crate::repository::{all, files, locate, no_faults, text};
use mdbook_driver::MDBook;
use mdbook_driver::errors::Result;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use tracing_subscriber::filter::LevelFilter;
use url::Url;

#[path = "../../../report/tests/it/browser.rs"]
#[expect(dead_code, reason = "the report's tests need more of it")]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod browser;

/// What mdBook has around a chapter, and its names of anchors.
const MDBOOKS: &str = "#mdbook-sidebar-toggle, #mdbook-sidebar, #mdbook-menu-bar, \
                       #mdbook-help-container, nav, .header";

/// A built book.
struct Book {
    /// What mdBook logged: warnings and errors.
    warnings: String,
    /// The text of every file, by its path in the book.
    files: BTreeMap<String, String>,
}

/// All tests look at one build.
static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let scratch = tempfile::tempdir().expect("a folder");
    build(&locate("docs"), scratch.path()).expect("docs/ is a book")
});

/// Builds the book of a folder in `book` of another folder.
fn build(root: &Path, scratch: &Path) -> Result<Book> {
    let (log, target) = (scratch.join("log"), scratch.join("book"));
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_writer(Arc::new(File::create(&log)?))
        .with_ansi(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut book = MDBook::load(root)?;
        book.config.build.build_dir = target.clone();
        book.build()
    })?;
    let mut built = BTreeMap::new();
    for path in files(&target.to_string_lossy()) {
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let name = Path::new(&path).strip_prefix(&target)?;
        built.insert(name.to_string_lossy().into_owned(), text);
    }
    Ok(Book { warnings: fs::read_to_string(&log)?, files: built })
}

impl Book {
    /// The pages with their texts.
    fn pages(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files.iter().filter(|(path, _)| path.ends_with(".html"))
    }

    /// The links within the book that lead nowhere, each with its page.
    fn dead_links(&self) -> Vec<String> {
        // The page for missing pages may stand at any depth.
        let pages = self.pages().filter(|(path, _)| *path != "404.html");
        let links =
            pages.flat_map(|(from, page)| links(page).map(move |l| (from, l)));
        let dead = links.filter(|(from, link)| !self.leads(from, link));
        dead.map(|(from, link)| format!("{from}: {link}")).collect()
    }

    fn leads(&self, from: &str, link: &str) -> bool {
        let Some((path, anchor)) = within(from, link) else { return true };
        let page = self.files.get(&path);
        let has = |page: &String| page.contains(&format!(" id=\"{anchor}\""));
        page.is_some_and(|page| anchor.is_empty() || has(page))
    }
}

/// The targets of a page's links, scripts and pictures. mdBook writes attributes in
/// double quotes, and `<` in text as an entity.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let tags = page.split('<').filter_map(|tag| tag.split('>').next());
    let attributes = tags.flat_map(|tag| [" href=\"", " src=\""].map(|a| (tag, a)));
    attributes.filter_map(|(tag, name)| tag.split_once(name)?.1.split('"').next())
}

/// The path and the anchor of a link from a file, unless it leads to another host. A
/// link above the root keeps its name, which then exists nowhere.
fn within(from: &str, link: &str) -> Option<(String, String)> {
    let root = Url::parse("here:/").expect("a scheme and a path");
    let target = root.join(from).and_then(|page| page.join(link)).ok()?;
    let ours = target.scheme() == root.scheme() && !target.has_host();
    let path = target.path().trim_start_matches('/').to_owned();
    ours.then(|| (path, target.fragment().unwrap_or_default().to_owned()))
}

#[test]
fn mdbook_builds_the_book_and_warns_of_nothing() {
    assert_eq!(BOOK.warnings, "", "cure: correct the include or the HTML");
    // mdBook leaves an include whose file is missing as it is.
    let left = BOOK.pages().filter(|(_, page)| page.contains("{{#"));
    no_faults(left.map(|(path, _)| path.clone()), "correct the {{#include …}}");
}

#[test]
fn every_link_and_anchor_of_the_book_leads_somewhere() {
    no_faults(
        BOOK.dead_links(),
        "an anchor is the heading in lower case with dashes",
    );
}

#[test]
fn a_chapter_can_be_projected_and_axe_has_no_complaint_about_our_part_of_it() {
    let scratch = tempfile::tempdir().expect("a folder");
    build(&locate("docs"), scratch.path()).expect("docs/ is a book");
    let lesson = lessons::LESSONS.iter().find(|lesson| lesson.id.starts_with("l09"));
    let name = lesson.expect("it has wide code").id;
    let chapter = scratch.path().join(format!("book/lessons/{name}.html"));
    browser::without_violations(&["--exclude", MDBOOKS, &chapter.to_string_lossy()]);
    let Some(browser) = browser::Browser::start() else { return };
    browser.open(&chapter, "");
    let mut screens = Vec::new();
    for key in ["p", "ArrowRight", "ArrowLeft"] {
        browser.press(key);
        let place = browser.ask("document.getElementById('place').innerText");
        let place = place.as_str().and_then(|place| place.rsplit_once(" \u{b7} "));
        screens.push(place.expect("the screen's number").1.to_owned());
    }
    let [first, second, back] = &screens[..] else { unreachable!("three keys") };
    assert!(
        first.starts_with("1 of ") && second.starts_with("2 of "),
        "{screens:?}"
    );
    assert_eq!(first, back);
    browser.press("Escape");
    assert_eq!(
        browser.ask("document.documentElement.className.includes('projected')"),
        false
    );
    browser.close();
}

#[test]
fn every_document_of_the_book_is_a_chapter() {
    let built = |path: &String| {
        let page = path.trim_start_matches("docs/").replace(".md", ".html");
        BOOK.files.contains_key(&page)
    };
    let documents = files("docs").into_iter().filter(|path| path.ends_with(".md"));
    let stray =
        documents.filter(|path| !path.ends_with("SUMMARY.md") && !built(path));
    no_faults(stray, "add the document to docs/SUMMARY.md, or delete it");
}

#[test]
fn every_link_of_the_other_documents_finds_its_file() {
    let documents = all(".md").into_iter().filter(|path| !path.starts_with("docs/"));
    let faults = documents.flat_map(|path| {
        let document = text(&path);
        let targets = document.split("](").skip(1);
        let targets = targets.filter_map(|rest| rest.split([')', ' ']).next());
        let missing = |link: &&str| {
            within(&path, link).is_some_and(|(file, _)| !locate(&file).exists())
        };
        let dead = targets.filter(missing);
        dead.map(|link| format!("{path}: {link}")).collect::<Vec<_>>()
    });
    no_faults(faults, "correct the link, which starts at the document's folder");
}

/// A book of one chapter.
fn small_book(chapter: &str) -> Result<Book> {
    let folder = tempfile::tempdir()?;
    let write = |name, text| fs::write(folder.path().join(name), text);
    write("book.toml", "[book]\nsrc = \".\"\n")?;
    write("SUMMARY.md", "- [One](one.md)\n")?;
    write("one.md", chapter)?;
    build(folder.path(), tempfile::tempdir()?.path())
}

#[test]
fn a_missing_include_a_dead_link_and_a_dead_anchor_are_found() {
    let sound =
        small_book("# One\n\n[up](#one), [out](https://doc.rust-lang.org)\n");
    let sound = sound.unwrap();
    assert_eq!((sound.warnings.as_str(), sound.dead_links()), ("", vec![]));
    let faulty =
        small_book("# One\n\n{{#include 2.md}}\n[a](two.md) [b](#two) [c](../x)\n");
    let faulty = faulty.unwrap();
    assert!(faulty.warnings.contains("2.md"), "{}", faulty.warnings);
    let dead = ["one.html: #two", "one.html: ../x", "one.html: two.html"];
    let mut found = faulty.dead_links();
    found.retain(|link| link.starts_with("one.html"));
    found.sort();
    assert_eq!(found, dead);
}
