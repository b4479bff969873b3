//! Markdown for a terminal: as wide as asked for, with styles that the printer may
//! strip.
//!
//! termimad is no alternative: it turns on a feature of `mio`, so the AWS SDK would be
//! built twice, and it neither knows links nor fills lines.

use crate::terminal::{CYAN, DIM, Lines, PLAIN};
use anstyle::{Effects, Style};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::fmt::Write;

/// Indent of a block of code.
const CODE_INDENT: &str = "    ";

/// The text in lines of at most `width` columns. Code keeps its lines; `replace` may
/// replace a block of code by other lines.
pub fn render(
    markdown: &str,
    width: usize,
    replace: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut writer = Writer {
        out: Lines::new(width),
        text: String::new(),
        effects: Vec::new(),
        lists: Vec::new(),
        mark: None,
        code: None,
        link: String::new(),
    };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        writer.take(event, replace);
    }
    writer.out.text
}

struct Writer {
    out: Lines,
    /// The paragraph so far, styled word by word.
    text: String,
    /// Effects of the elements around it, outermost first.
    effects: Vec<Effects>,
    /// The lists around it: the number of the next item, where items have numbers.
    lists: Vec<Option<u64>>,
    /// The mark of an item that has not been written yet.
    mark: Option<String>,
    /// The block of code so far.
    code: Option<String>,
    /// Where the open link leads.
    link: String,
}

impl Writer {
    fn take(&mut self, event: Event<'_>, replace: &dyn Fn(&str) -> Option<String>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(TagEnd::CodeBlock) => {
                let code = self.code.take().unwrap_or_default();
                let code = replace(&code).unwrap_or(code);
                if !code.is_empty() {
                    self.gap();
                }
                for line in code.lines() {
                    self.out.line(format_args!("{CODE_INDENT}{line}"));
                }
            }
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => {
                    let effects = self.effects.iter();
                    let all = effects.fold(Effects::new(), |all, one| all | *one);
                    self.push(&text, Style::new().effects(all));
                }
            },
            Event::Code(text) => self.push(&text, CYAN),
            // Sources have one sentence per line; here lines are filled.
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.paragraph(),
            // Markup and notes do not occur in chapters.
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } | Tag::TableHead => {
                self.gap();
                self.effects.push(Effects::BOLD);
            }
            Tag::Paragraph => self.gap(),
            Tag::Emphasis => self.effects.push(Effects::ITALIC),
            Tag::Strong => self.effects.push(Effects::BOLD),
            Tag::Link { dest_url, .. } => self.link = dest_url.into_string(),
            Tag::CodeBlock(_) => {
                self.paragraph();
                self.code = Some(String::new());
            }
            Tag::List(next) => {
                self.paragraph();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(next);
            }
            Tag::Item => self.mark = Some(self.next_mark()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::TableHead => {
                self.paragraph();
                self.effects.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong => {
                self.effects.pop();
            }
            TagEnd::Link => {
                let link = std::mem::take(&mut self.link);
                // Links within the book lead nowhere in a terminal.
                if link.contains("://") {
                    self.push(&format!(" <{link}>"), DIM);
                }
            }
            TagEnd::TableCell => self.text.push_str(" | "),
            TagEnd::Paragraph | TagEnd::Item | TagEnd::TableRow => self.paragraph(),
            TagEnd::List(_) => {
                self.paragraph();
                self.lists.pop();
            }
            _ => {}
        }
    }

    /// Styles each word by itself, so that a style never spans a line's end.
    fn push(&mut self, text: &str, style: Style) {
        for (n, word) in text.split(char::is_whitespace).enumerate() {
            if n > 0 {
                self.text.push(' ');
            }
            if !word.is_empty() {
                let _ = write!(self.text, "{style}{word}{style:#}");
            }
        }
    }

    /// `- `, or the number of the innermost list's next item.
    fn next_mark(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "- ".to_owned(),
        }
    }

    /// Writes the open paragraph.
    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return;
        }
        let outer = "  ".repeat(self.lists.len().saturating_sub(1));
        let own = if self.lists.is_empty() { "" } else { "  " };
        let mark = self.mark.take().unwrap_or_else(|| own.to_owned());
        let rest = " ".repeat(outer.len() + mark.len());
        let first = format!("{outer}{mark}");
        self.out.filled(PLAIN, &text, &first, &rest);
    }

    /// An empty line between blocks; none between an item's mark and its text.
    fn gap(&mut self) {
        let out = &mut self.out.text;
        if self.mark.is_none() && !out.is_empty() && !out.ends_with("\n\n") {
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_of_a_chapter_has_its_form() {
        let cases = [
            (
                "# Title\n\nOne two\n`three`.\n\nA *b*.",
                "Title\n\nOne two three.\n\nA b.\n",
            ),
            (
                "Before:\n\n- one two three four\n  - inner\n- four\n\n1. a\n2. b\n",
                "Before:\n\n- one two three\n  four\n  - inner\n- four\n\n1. a\n2. b\n",
            ),
            (
                "A:\n\n```rust\nfn a() {}\n    // b\n```\n",
                "A:\n\n    fn a() {}\n        // b\n",
            ),
            ("a\n\n```\nleave out\n```\n", "a\n"),
            ("[a](b.md), [c](d://e)", "a, c <d://e>\n"),
            ("extraordinarily-long-word a", "extraordinarily-long-word\na\n"),
            ("| a | b |\n|---|---|\n| c | d |\n", "a | b |\nc | d |\n"),
        ];
        let replace = |code: &str| code.starts_with("leave out").then(String::new);
        for (markdown, expected) in cases {
            let text = render(markdown, 15, &replace);
            let plain = anstream::adapter::strip_str(&text).to_string();
            assert_eq!(plain, expected);
        }
    }

    #[test]
    fn a_style_ends_with_its_word() {
        let text = render("**one two**", 5, &|_| None);
        assert_eq!(text, "\u{1b}[1mone\u{1b}[0m\n\u{1b}[1mtwo\u{1b}[0m\n");
    }
}
