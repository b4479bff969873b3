//! Text in lines of a width.

/// Columns of a terminal that is projected.
pub(crate) const WIDTH: usize = 80;

/// The text in lines of at most so many columns; a longer word has a line of its own.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line from the start");
        let needed = line.chars().count() + 1 + word.chars().count();
        if line.is_empty() {
            line.push_str(word);
        } else if needed <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_filled_and_never_too_long() {
        let text = "one two three four";
        assert_eq!(wrapped(text, 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("extraordinary words", 5), ["extraordinary", "words"]);
        assert_eq!(wrapped(text, 80), [text]);
    }
}
