//! What each element of Markdown looks like in a terminal.

use crate::prose::lines::Words;
use crate::prose::table;
use anstyle::{AnsiColor, Style};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const BOLD: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();

/// Code stands so far to the right of its text.
const CODE_INDENT: &str = "    ";

/// The text, at most so many columns wide where its words allow that. Code keeps its
/// lines; `replace` may put other lines in the place of a block of code.
pub fn render(
    markdown: &str,
    width: usize,
    replace: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut writer = Writer {
        out: String::new(),
        width,
        replace,
        words: Words::default(),
        styles: Vec::new(),
        margins: Vec::new(),
        code: None,
        rows: Vec::new(),
        link: String::new(),
    };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        writer.take(event);
    }
    writer.out
}

/// What stands left of a list's item or a quotation.
struct Margin {
    /// Before its first line, then empty.
    first: String,
    /// Before all others.
    rest: String,
    /// The number of the next item, where the list is numbered.
    next: Option<u64>,
}

struct Writer<'a> {
    out: String,
    width: usize,
    replace: &'a dyn Fn(&str) -> Option<String>,
    /// Of the paragraph or cell under way.
    words: Words,
    /// Those of the elements around it, outermost first.
    styles: Vec<Style>,
    margins: Vec<Margin>,
    /// The block of code under way.
    code: Option<String>,
    /// The rows of the table under way.
    rows: Vec<Vec<Words>>,
    /// Where the link under way leads.
    link: String,
}

impl Writer<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => {
                    let style = self.style();
                    self.words.push(&text, style);
                }
            },
            Event::Code(text) => self.words.push(&text, CODE),
            // A sentence has a line of its own in the source; here lines are filled.
            Event::SoftBreak => self.words.end_word(),
            Event::HardBreak => self.paragraph(),
            Event::Rule => self.line(&"─".repeat(self.room())),
            // Chapters have neither markup nor notes; what others have is left out.
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.gap();
                self.styles.push(BOLD);
            }
            Tag::Paragraph => self.gap(),
            Tag::Emphasis => self.styles.push(Style::new().italic()),
            Tag::Strong => self.styles.push(BOLD),
            Tag::Link { dest_url, .. } => self.link = dest_url.into_string(),
            Tag::CodeBlock(_) => {
                self.paragraph();
                self.code = Some(String::new());
            }
            Tag::List(next) => {
                self.paragraph();
                // A list within a list belongs to its item.
                if self.margins.is_empty() {
                    self.gap();
                }
                let (first, rest) = (String::new(), String::new());
                self.margins.push(Margin { first, rest, next });
            }
            Tag::Item => self.item(),
            Tag::BlockQuote(_) => {
                self.gap();
                let bar = || "│ ".to_owned();
                self.margins.push(Margin { first: bar(), rest: bar(), next: None });
            }
            Tag::Table(_) => self.rows.clear(),
            Tag::TableHead => {
                self.rows.push(Vec::new());
                self.styles.push(BOLD);
            }
            Tag::TableRow => self.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.paragraph();
                self.styles.pop();
            }
            TagEnd::Paragraph | TagEnd::Item => self.paragraph(),
            TagEnd::Emphasis | TagEnd::Strong => {
                self.styles.pop();
            }
            TagEnd::Link => self.leads_to(),
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::List(_) | TagEnd::BlockQuote(_) => {
                self.paragraph();
                self.margins.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.words);
                self.rows
                    .last_mut()
                    .into_iter()
                    .for_each(|row| row.push(cell.clone()));
            }
            TagEnd::TableHead => {
                self.styles.pop();
            }
            TagEnd::Table => {
                self.gap();
                let rows = std::mem::take(&mut self.rows);
                let lines = table::lines(rows, self.room());
                lines.iter().for_each(|line| self.line(line));
            }
            _ => {}
        }
    }

    /// The innermost style with those around it.
    fn style(&self) -> Style {
        let effects = self.styles.iter().map(|style| style.get_effects());
        effects.fold(Style::new(), |all, own| all.effects(all.get_effects() | own))
    }

    fn item(&mut self) {
        let Some(list) = self.margins.last_mut() else { return };
        let mark = match &mut list.next {
            Some(number) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            None => "- ".to_owned(),
        };
        list.rest = " ".repeat(mark.len());
        list.first = mark;
    }

    /// Where a link leads is told where it leads out of the book.
    fn leads_to(&mut self) {
        let link = std::mem::take(&mut self.link);
        if link.contains("://") {
            self.words.push(&format!(" <{link}>"), Style::new().dimmed());
        }
    }

    fn code_block(&mut self) {
        let code = self.code.take().unwrap_or_default();
        let code = (self.replace)(&code).unwrap_or(code);
        if code.is_empty() {
            return;
        }
        self.gap();
        for line in code.lines() {
            let line = format!("{CODE_INDENT}{line}");
            self.line(line.trim_end());
        }
    }

    /// Ends the paragraph under way.
    fn paragraph(&mut self) {
        if self.words.is_empty() {
            return;
        }
        let words = std::mem::take(&mut self.words);
        for (line, _) in words.lines(self.room()) {
            self.line(&line);
        }
    }

    /// An empty line between blocks, but none between an item's mark and its text.
    fn gap(&mut self) {
        let at_mark = self.margins.iter().any(|margin| !margin.first.is_empty());
        let begun = self.out.is_empty() || self.out.ends_with("\n\n");
        if !at_mark && !begun {
            self.out.push('\n');
        }
    }

    fn room(&self) -> usize {
        let margins = self.margins.iter().map(|margin| margin.rest.chars().count());
        self.width.saturating_sub(margins.sum()).max(1)
    }

    fn line(&mut self, line: &str) {
        for margin in &mut self.margins {
            if margin.first.is_empty() {
                self.out.push_str(&margin.rest);
            } else {
                self.out.push_str(&std::mem::take(&mut margin.first));
            }
        }
        self.out.push_str(line);
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without styles.
    fn plain(markdown: &str, width: usize) -> String {
        anstream::adapter::strip_str(&render(markdown, width, &|_| None)).to_string()
    }

    #[test]
    fn lines_are_filled_and_blocks_stand_apart() {
        let text = "# Title\n\nOne sentence.\nAnother `one`.\n\nA *third* one.";
        assert_eq!(
            plain(text, 20),
            "Title\n\nOne sentence.\nAnother one.\n\nA third one.\n"
        );
    }

    #[test]
    fn lists_hang_and_nest() {
        let text = "Before:\n\n- one two three\n  - inner\n- four\n\n1. a\n2. b\n";
        assert_eq!(
            plain(text, 10),
            "Before:\n\n- one two\n  three\n  - inner\n- four\n\n1. a\n2. b\n"
        );
    }

    #[test]
    fn code_keeps_its_lines_and_may_be_replaced() {
        let text = "A:\n\n```rust\nfn a() {}\n    // b\n```\n";
        assert_eq!(plain(text, 10), "A:\n\n    fn a() {}\n        // b\n");
        let replaced = render("```\nx\n```\n", 10, &|_| Some("y".to_owned()));
        assert_eq!(replaced, "    y\n");
        let removed = render("a\n\n```\nx\n```\n", 10, &|_| Some(String::new()));
        assert_eq!(removed, "a\n");
    }

    #[test]
    fn links_out_of_the_book_show_where_they_lead() {
        let text = "[a](b.md) and [c](https://d.example)";
        assert_eq!(plain(text, 80), "a and c <https://d.example>\n");
    }

    #[test]
    fn tables_are_columns() {
        let text = "| a | b |\n|---|---|\n| long | `c` |\n";
        assert_eq!(plain(text, 80), "a     b\n────  ─\nlong  c\n");
    }
}
