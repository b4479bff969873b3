//! Lines for a terminal, with styles that the printer may strip, and what colours mean.

use crate::comparison::Verdict;
use anstyle::{AnsiColor, Style};
use std::fmt::Display;
use textwrap::{Options, WordSplitter};

/// Columns of a terminal that is projected.
pub(crate) const WIDTH: usize = 80;

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// Lines so far.
#[derive(Debug)]
pub(crate) struct Lines {
    /// All of them.
    pub(crate) text: String,
    width: usize,
}

impl Lines {
    /// None yet, of at most this many columns. A longer word gets its own line.
    pub(crate) fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Adds a line as it is.
    pub(crate) fn line(&mut self, line: impl Display) {
        self.text += line.to_string().trim_end();
        self.text.push('\n');
    }

    /// Adds a text with `first` before its first line and `rest` before all others.
    pub(crate) fn filled(
        &mut self,
        style: Style,
        text: &str,
        first: &str,
        rest: &str,
    ) {
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
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.filled(PLAIN, text, "", "");
    }

    /// Adds texts in the columns from `to` on, and a word before the first of them.
    pub(crate) fn told(
        &mut self,
        word: impl Told,
        [from, to]: [usize; 2],
        texts: impl IntoIterator<Item = (Style, String)>,
    ) {
        let (style, word, room) = (word.style(), word.word(), to - from);
        let mut first = format!("{:from$}{style}{word:<room$}{style:#}", "");
        let rest = " ".repeat(to);
        for (style, text) in texts {
            self.filled(style, &text, &first, &rest);
            first.clone_from(&rest);
        }
    }
}

/// What a word means to its reader: its style in a terminal, and a class of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tone(Style, &'static str);

impl Tone {
    pub(crate) const GROWTH: Self = Self(RED, "growth");
    pub(crate) const STILL: Self = Self(GREEN, "still");
    pub(crate) const UNSURE: Self = Self(YELLOW, "unsure");
    pub(crate) const OTHER: Self = Self(CYAN, "other");
}

/// A verdict or a state.
pub(crate) trait Told: Copy {
    /// Its word, and what that means.
    fn told(self) -> (&'static str, Tone);

    fn word(self) -> &'static str {
        self.told().0
    }

    fn style(self) -> Style {
        self.told().1.0
    }

    fn class(self) -> &'static str {
        self.told().1.1
    }
}

impl Told for Verdict {
    fn told(self) -> (&'static str, Tone) {
        let tone = match self {
            Self::Leaks | Self::Grows => Tone::GROWTH,
            Self::Bounded | Self::Flat => Tone::STILL,
            Self::Inconclusive => Tone::UNSURE,
        };
        (self.as_str(), tone)
    }
}
