//! What differs within two lines that resemble each other.

use maud::{Markup, html};
use similar::{DiffTag, TextDiff};
use std::collections::BTreeMap;

/// Lines resemble each other if at least this share of their words and signs is the same:
/// a call whose name differs does, two imports do not.
const RESEMBLE_MIN: f32 = 0.75;

/// The lines of a difference, each with its number, that resemble one on the other side;
/// what differs is marked.
pub(super) fn marked(sides: [&[&str]; 2]) -> [BTreeMap<usize, Markup>; 2] {
    let mut all = [BTreeMap::new(), BTreeMap::new()];
    let mut from = 0;
    for (n, line) in sides[0].iter().enumerate() {
        let mut others = sides[1].iter().enumerate().skip(from);
        let pair = |(m, other): (usize, &&str)| Some((m, marks([line, other])?));
        if let Some((m, [old, new])) = others.find_map(pair) {
            all[0].insert(n, old);
            all[1].insert(m, new);
            from = m + 1;
        }
    }
    all
}

fn marks(lines: [&str; 2]) -> Option<[Markup; 2]> {
    let lines = lines.map(str::trim_start);
    if lines.iter().any(|line| line.starts_with("//")) {
        return None;
    }
    let words = lines.map(words);
    let diff = TextDiff::from_slices(&words[0], &words[1]);
    if diff.ratio() < RESEMBLE_MIN {
        return None;
    }
    let mark = |side: usize| {
        html! {
            @for operation in diff.ops() {
                @let range = [operation.old_range(), operation.new_range()][side].clone();
                @let text = words[side][range].concat();
                @if operation.tag() == DiffTag::Equal { (text) } @else { mark { (text) } }
            }
        }
    };
    Some([mark(0), mark(1)])
}

/// Names, and signs one by one.
fn words(line: &str) -> Vec<&str> {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut words: Vec<&str> = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(name.max(first.len_utf8()));
        words.push(word);
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_differs_is_marked_and_lines_of_another_kind_are_not() {
        let old =
            ["// the caller's", "builder().read_timeout(é).build()", "let a = 1;"];
        let new = ["use b;", "builder().operation_timeout(é).build()"];
        let [leaky, fixed] = marked([&old, &new]);
        let text = |all: BTreeMap<usize, Markup>| {
            all.into_iter()
                .map(|(n, line)| (n, line.into_string()))
                .collect::<Vec<_>>()
        };
        let one = |name: &str| {
            vec![(1, format!("builder().<mark>{name}</mark>(é).build()"))]
        };
        assert_eq!(text(leaky), one("read_timeout"));
        assert_eq!(text(fixed), one("operation_timeout"));
    }
}
