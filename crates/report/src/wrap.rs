//! Text in lines of a width.

use textwrap::{Options, WordSplitter};

/// Columns of a terminal that is projected.
pub(crate) const WIDTH: usize = 80;

/// The text in lines of at most `width` columns. A longer word gets its own line.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    hanging(text, width, "", "")
}

/// The same with `first` before the first line and `rest` before all others.
pub(crate) fn hanging(
    text: &str,
    width: usize,
    first: &str,
    rest: &str,
) -> Vec<String> {
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = textwrap::wrap(&words, options);
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}
