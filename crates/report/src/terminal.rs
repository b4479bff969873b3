//! What words and colours mean, in a terminal and on the page.

use crate::comparison::Verdict;
use anstyle::Style;
pub(crate) use profile::text::{
    BOLD, CYAN, DIM, GREEN, Lines, PLAIN, RED, WIDTH, YELLOW,
};

/// Adds texts in the columns from `to` on, and a word before the first of them.
pub(crate) fn told(
    lines: &mut Lines,
    word: impl Told,
    [from, to]: [usize; 2],
    texts: impl IntoIterator<Item = (Style, String)>,
) {
    let (style, word, room) = (word.style(), word.word(), to - from);
    let mut first = format!("{:from$}{style}{word:<room$}{style:#}", "");
    let rest = " ".repeat(to);
    for (style, text) in texts {
        lines.filled(style, &text, &first, &rest);
        first.clone_from(&rest);
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
