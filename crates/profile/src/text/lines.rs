//! Lines for a terminal, with styles that the printer may strip.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;
use textwrap::{Options, WordSplitter};

/// Columns of a terminal that is projected.
pub const WIDTH: usize = 80;

/// No style.
pub const PLAIN: Style = Style::new();
/// For titles.
pub const BOLD: Style = Style::new().bold();
/// For what most readers skip.
pub const DIM: Style = Style::new().dimmed();
/// For growth.
pub const RED: Style = AnsiColor::Red.on_default();
/// For what is as it should be.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// For what is odd.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// For code.
pub const CYAN: Style = AnsiColor::Cyan.on_default();

/// Lines so far.
#[derive(Debug)]
pub struct Lines {
    /// All of them.
    pub text: String,
    width: usize,
}

impl Lines {
    /// None yet, of at most this many columns. A longer word gets its own line.
    pub fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Adds a line as it is.
    pub fn line(&mut self, line: impl Display) {
        self.text += line.to_string().trim_end();
        self.text.push('\n');
    }

    /// Adds a text with `first` before its first line and `rest` before all others.
    pub fn filled(&mut self, style: Style, text: &str, first: &str, rest: &str) {
        let options = Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(rest)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for (n, line) in textwrap::wrap(&words, options).iter().enumerate() {
            let indent = if n == 0 { first } else { rest };
            let text = line.strip_prefix(indent).unwrap_or_default().trim_end();
            self.line(format_args!("{indent}{style}{text}{style:#}"));
        }
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.filled(PLAIN, text, "", "");
    }
}
