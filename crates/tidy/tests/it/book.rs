//! The book builds without a warning, and every link in the built pages leads
//! somewhere.

use crate::html::Page;
use crate::repository::{files, locate, no_faults};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;
use mdbook_driver::errors::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use tracing_subscriber::filter::LevelFilter;

const FOLDER: &str = "docs";

/// A built book.
struct Book {
    /// The chapters that SUMMARY.md lists, as paths from the root.
    chapters: BTreeSet<String>,
    /// What mdBook had to say, warnings and worse.
    warnings: String,
    /// Every file of the result, as a path within it, and its bytes.
    output: BTreeMap<String, Vec<u8>>,
}

/// All tests look at one build.
static BOOK: LazyLock<Book> =
    LazyLock::new(|| build(&locate(FOLDER)).expect("docs/ is a book"));

/// Builds the book that lies in a folder, away from it.
fn build(root: &Path) -> Result<Book> {
    let scratch = tempfile::tempdir()?;
    let (log, target) = (scratch.path().join("log"), scratch.path().join("book"));
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_writer(Arc::new(File::create(&log)?))
        .with_ansi(false)
        .without_time()
        .finish();
    let chapters =
        tracing::subscriber::with_default(subscriber, || -> Result<_> {
            let mut book = MDBook::load(root)?;
            book.config.build.build_dir = target.clone();
            book.build()?;
            let chapters = book.iter().filter_map(|item| match item {
                BookItem::Chapter(chapter) => chapter.source_path.as_ref(),
                _ => None,
            });
            Ok(chapters.map(|path| format!("{FOLDER}/{}", path.display())).collect())
        })?;
    let warnings = std::fs::read_to_string(&log)?;
    let mut output = BTreeMap::new();
    read(&target, "", &mut output)?;
    Ok(Book { chapters, warnings, output })
}

/// Takes in every file below a folder.
fn read(
    root: &Path,
    folder: &str,
    into: &mut BTreeMap<String, Vec<u8>>,
) -> Result<()> {
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        if entry.file_type()?.is_dir() {
            read(root, &path, into)?;
        } else {
            into.insert(path, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}

impl Book {
    /// Paths and texts of the pages.
    fn pages(&self) -> impl Iterator<Item = (&str, String)> {
        let pages = self.output.iter().filter(|(path, _)| path.ends_with(".html"));
        pages.map(|(path, bytes)| {
            (path.as_str(), String::from_utf8_lossy(bytes).into_owned())
        })
    }

    /// The links that lead nowhere, each with its page.
    fn dead_links(&self) -> Vec<String> {
        let pages: BTreeMap<_, _> =
            self.pages().map(|(path, html)| (path, Page::read(&html))).collect();
        let dead = |from: &str, link: &str| {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = target(from, path);
            let there = self.output.contains_key(&target);
            let anchored = pages
                .get(target.as_str())
                .is_some_and(|page| page.anchors.contains(anchor));
            !there || !(anchor.is_empty() || anchored)
        };
        let links = pages.iter().flat_map(|(from, page)| {
            page.links.iter().map(move |link| (from, link))
        });
        let own = links.filter(|(_, link)| !leads_out(link));
        let dead = own.filter(|(from, link)| dead(from, link));
        dead.map(|(from, link)| format!("{from}: {link}")).collect()
    }
}

/// Whether a link has a scheme, or a host.
fn leads_out(link: &str) -> bool {
    let scheme = link.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.chars().all(|c| c.is_ascii_alphanumeric());
    link.starts_with("//") || (!scheme.is_empty() && is_scheme)
}

/// Where a link without its anchor leads, as a path within the book.
fn target(from: &str, link: &str) -> String {
    if link.is_empty() {
        return from.to_owned();
    }
    let from_the_root = link.starts_with('/');
    let folder = if from_the_root { "" } else { from };
    let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut steps: Vec<_> =
        folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in link.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                // Nothing is above the book; the name then exists nowhere.
                if steps.pop().is_none() {
                    steps.push("..");
                }
            }
            step => steps.push(step),
        }
    }
    if link.ends_with('/') {
        steps.push("index.html");
    }
    steps.join("/")
}

#[test]
fn mdbook_builds_the_book_and_warns_of_nothing() {
    assert_eq!(
        BOOK.warnings, "",
        "mdBook warns\ncure: correct docs/SUMMARY.md, the include or the HTML that \
         it names"
    );
    assert!(BOOK.output.contains_key("index.html"), "{:?}", BOOK.output.keys());
}

#[test]
fn every_link_and_anchor_in_the_built_pages_leads_somewhere() {
    no_faults(
        BOOK.dead_links(),
        "correct the link; an anchor is the heading in lower case with dashes",
    );
}

#[test]
fn every_include_was_replaced_by_its_file() {
    let left = BOOK.pages().filter(|(_, html)| html.contains("{{#"));
    no_faults(left.map(|(path, _)| path.to_owned()), "correct the {{#include …}}");
}

#[test]
fn every_document_of_the_book_is_a_chapter() {
    let mut documents = files(FOLDER);
    documents.retain(|path| path.ends_with(".md") && !path.ends_with("/SUMMARY.md"));
    let stray = documents.into_iter().filter(|path| !BOOK.chapters.contains(path));
    no_faults(stray, "add a line to docs/SUMMARY.md, or delete the file");
}

/// A book of one chapter, and of whatever its files hold.
fn small_book(chapter: &str) -> Result<Book> {
    let folder = tempfile::tempdir()?;
    let write = |name, text| std::fs::write(folder.path().join(name), text);
    write("book.toml", "[book]\nsrc = \".\"\n[build]\ncreate-missing = false\n")?;
    write("SUMMARY.md", "- [One](one.md)\n")?;
    write("one.md", chapter)?;
    build(folder.path())
}

#[test]
fn a_sound_book_passes() {
    let book = small_book("# One\n\n[up](#one), [out](https://doc.rust-lang.org)\n");
    let book = book.unwrap();
    assert_eq!((book.warnings.as_str(), book.dead_links()), ("", vec![]));
}

#[test]
fn a_missing_include_is_a_warning() {
    let book = small_book("# One\n\n{{#include two.md}}\n").unwrap();
    assert!(book.warnings.contains("two.md"), "{}", book.warnings);
}

#[test]
fn a_dead_link_and_a_dead_anchor_are_found() {
    let book =
        small_book("# One\n\n[a](two.md) [b](#two) [c](../three/)\n").unwrap();
    let dead = book.dead_links();
    for link in ["one.html: two.html", "one.html: #two", "one.html: ../three/"] {
        assert!(dead.iter().any(|found| found == link), "{link} in {dead:#?}");
    }
}

#[test]
fn a_chapter_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name, text| std::fs::write(folder.path().join(name), text).unwrap();
    write("book.toml", "[book]\nsrc = \".\"\n[build]\ncreate-missing = false\n");
    write("SUMMARY.md", "- [One](one.md)\n");
    assert!(build(folder.path()).is_err());
}
