//! Everything that is printed goes through here: no control character of a file, a
//! server or an argument reaches a terminal, and nothing panics when it cannot be
//! written.

use crate::cli::Format;
use anstream::AutoStream;
use anyhow::Context;
pub use profile::text::Keep;
use profile::text::visible;
use serde::Serialize;
use std::io::{ErrorKind, IsTerminal, Write, stdout};
use std::path::Path;
use textwrap::{Options, WordSplitter};

/// Texts are laid out for this many columns.
const COLUMNS: usize = 80;

/// Narrower text is hard to lay out.
const COLUMNS_MIN: usize = 40;

/// Prints text as it is, without styles where stdout is no terminal, and folded where
/// the terminal is narrow.
///
/// # Errors
/// It cannot be written, as on a full disk. A reader who has left is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    let terminal = stdout().is_terminal();
    match columns().filter(|columns| terminal && *columns < COLUMNS) {
        Some(columns) => write(anstream::stdout(), &folded(text, columns)),
        None => write(anstream::stdout(), text),
    }
    .context("cannot write to stdout")
}

/// Prints a result as its text or as JSON.
///
/// # Errors
/// As [`print()`].
pub fn print_as<T: Serialize>(
    format: Format,
    result: &T,
    text: impl FnOnce(&T) -> String,
) -> anyhow::Result<()> {
    let json = || serde_json::to_string_pretty(result).map(|json| json + "\n");
    match format {
        Format::Text => print(&text(result)),
        Format::Json => print(&json().context("the result has no JSON form")?),
    }
}

/// Writes a line, or lines, to stderr. When that fails there is nobody to tell.
pub fn say(message: &str, keep: Keep) {
    let _ = writeln!(anstream::stderr(), "{}", visible(message, keep));
}

/// A file's name for a text with styles.
pub fn name(path: &Path) -> String {
    visible(&path.to_string_lossy(), Keep::Nothing).into_owned()
}

/// Writes; a reader who has seen enough closes the pipe.
fn write(mut to: impl Write, text: &str) -> std::io::Result<()> {
    let text = visible(text, Keep::Styles);
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// The same to a program whose output is stdout, such as a pager.
///
/// # Errors
/// As [`print()`].
pub fn write_to(program: impl Write + 'static, text: &str) -> std::io::Result<()> {
    // Its input is a pipe, but its output may be a terminal.
    let choice = AutoStream::choice(&stdout());
    write(AutoStream::new(Box::new(program) as Box<dyn Write>, choice), text)
}

/// The width of the terminal, if there is one.
fn columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// As wide as the terminal, within reason: text wider than `most` is hard to read.
pub fn width(most: usize) -> usize {
    columns().unwrap_or(COLUMNS).clamp(COLUMNS_MIN, most)
}

/// Every line in lines of at most `columns`, the later ones indented. Rows of a table
/// keep the gaps between their columns.
fn folded(text: &str, columns: usize) -> String {
    let fold = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let indent = " ".repeat((indent + 2).min(columns / 2));
        let options = Options::new(columns)
            .subsequent_indent(&indent)
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::wrap(line, options).join("\n") + "\n"
    };
    text.lines().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_gets_whole_words_and_indented_rests() {
        let row = "  \u{1b}[1mname\u{1b}[0m      one two  three\n\nplain\n";
        let expected =
            "  \u{1b}[1mname\u{1b}[0m      one\n    two  three\n\nplain\n";
        assert_eq!(folded(row, 15), expected);
        assert_eq!(folded(row, 80), row);
        assert_eq!(folded("extraordinarily\n", 10), "extraord\n  inarily\n");
    }
}
