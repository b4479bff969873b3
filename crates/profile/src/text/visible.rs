//! Text of others on a terminal: a control character in it could set the title, hide
//! lines or forge them, so it is shown as JSON writes it, `\u001b`.

use std::borrow::Cow;
use std::fmt::Write;

/// What may stay in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// No control character, so that the text stays in its line.
    Nothing,
    /// Ends of lines and tabs.
    Lines,
    /// Those, and the styles of our own text (`\u001b[1m`).
    Styles,
}

/// The text with all other control characters shown.
pub fn visible(text: &str, keep: Keep) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut copied = 0;
    for (at, letter) in text.char_indices().filter(|(_, letter)| controls(*letter)) {
        let stays = match letter {
            '\n' | '\t' => keep != Keep::Nothing,
            '\u{1b}' => keep == Keep::Styles && begins_style(&text[at..]),
            _ => false,
        };
        if !stays {
            shown.push_str(&text[copied..at]);
            // All of them have four digits.
            let _ = write!(shown, "\\u{:04x}", u32::from(letter));
            copied = at + letter.len_utf8();
        }
    }
    match copied {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(shown + &text[copied..]),
    }
}

/// Control characters, and those that change the direction of writing.
fn controls(letter: char) -> bool {
    let direction = matches!(
        letter,
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    letter.is_control() || direction
}

/// `\u001b[`, numbers and `m`: it changes colours and nothing else.
fn begins_style(text: &str) -> bool {
    let numbers = text.strip_prefix("\u{1b}[").unwrap_or_default();
    let end = numbers.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
    end.starts_with('m')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_nothing_else_is_changed() {
        let title = "a\u{1b}]0;title\u{7}b\r\n\tc\u{9b}2J\u{202e}ä\u{7f}";
        let shown = |keep| {
            visible(title, keep).replace("\n\t", "<kept>").replace('ä', "<ä>")
        };
        for (keep, between) in
            [(Keep::Nothing, "\\u000a\\u0009"), (Keep::Lines, "<kept>")]
        {
            let expected = format!(
                "a\\u001b]0;title\\u0007b\\u000d{between}c\\u009b2J\\u202e<ä>\\u007f"
            );
            assert_eq!(shown(keep), expected);
        }
        assert_eq!(shown(Keep::Styles), shown(Keep::Lines));
        assert!(matches!(visible("plain", Keep::Nothing), Cow::Borrowed("plain")));
    }

    #[test]
    fn only_whole_styles_stay() {
        let styled = "\u{1b}[1;31mred\u{1b}[0m\u{1b}[m";
        assert_eq!(visible(styled, Keep::Styles), styled);
        assert!(!visible(styled, Keep::Lines).contains('\u{1b}'));
        for other in ["\u{1b}[2J", "\u{1b}[31", "\u{1b}[?1m", "\u{1b}m", "\u{1b}"] {
            assert!(!visible(other, Keep::Styles).contains('\u{1b}'), "{other:?}");
        }
    }
}
