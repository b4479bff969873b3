//! Words with styles, in lines of a width.

use anstyle::Style;

/// Letters without a space between them, in parts that may look different.
#[derive(Debug, Clone, Default)]
pub(super) struct Word(Vec<(String, Style)>);

impl Word {
    fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| text.chars().count()).sum()
    }

    fn write(&self, out: &mut String) {
        for (text, style) in &self.0 {
            // A plain part has nothing to begin or to end.
            out.push_str(&format!("{style}{text}{style:#}"));
        }
    }
}

/// Words as they come.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    done: Vec<Word>,
    open: Word,
}

impl Words {
    /// Takes text with this style; whitespace ends a word.
    pub(super) fn push(&mut self, text: &str, style: Style) {
        for (n, piece) in text.split(char::is_whitespace).enumerate() {
            if n > 0 {
                self.end_word();
            }
            if !piece.is_empty() {
                self.open.0.push((piece.to_owned(), style));
            }
        }
    }

    pub(super) fn end_word(&mut self) {
        if !self.open.0.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.done.is_empty() && self.open.0.is_empty()
    }

    /// Columns of the whole text on one line.
    pub(super) fn width(&self) -> usize {
        let words = self.done.iter().chain([&self.open]).map(Word::width);
        let words: Vec<_> = words.filter(|width| *width > 0).collect();
        words.iter().sum::<usize>() + words.len().saturating_sub(1)
    }

    /// The lines and the columns that each takes; a longer word has a line of its own.
    pub(super) fn lines(mut self, width: usize) -> Vec<(String, usize)> {
        self.end_word();
        let mut lines: Vec<(String, usize)> = Vec::new();
        for word in &self.done {
            match lines.last_mut() {
                Some((line, used)) if *used + 1 + word.width() <= width => {
                    line.push(' ');
                    *used += 1 + word.width();
                    word.write(line);
                }
                _ => {
                    let mut line = String::new();
                    word.write(&mut line);
                    lines.push((line, word.width()));
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_take_no_room_and_words_of_two_styles_stay_together() {
        let mut words = Words::default();
        words.push("one ", Style::new());
        words.push("two", Style::new().bold());
        words.push(", three", Style::new());
        assert_eq!(words.width(), 14);
        let lines = words.lines(8);
        let widths: Vec<_> = lines.iter().map(|(_, width)| *width).collect();
        assert_eq!(widths, [8, 5]);
        assert_eq!(lines[0].0, "one \u{1b}[1mtwo\u{1b}[0m,");
    }

    #[test]
    fn a_word_that_is_too_long_has_a_line_of_its_own() {
        let mut words = Words::default();
        words.push("a extraordinary b", Style::new());
        let lines: Vec<_> =
            words.lines(5).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, ["a", "extraordinary", "b"]);
    }
}
