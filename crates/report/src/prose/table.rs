//! Tables whose columns share the room that there is.

use crate::prose::lines::Words;
use anstyle::Style;

/// Between columns.
const GAP: usize = 2;
/// No column is narrower, if it needs more.
const COLUMN_MIN: usize = 8;

/// The lines of a table, the first row of which is its head.
pub(super) fn lines(rows: Vec<Vec<Words>>, width: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(Words::width).max().unwrap_or(0)
    };
    let room = width.saturating_sub(GAP * columns.saturating_sub(1));
    let widths = fitted((0..columns).map(widest).collect(), room);
    let mut lines = Vec::new();
    for (n, row) in rows.into_iter().enumerate() {
        lines.extend(row_lines(row, &widths));
        if n == 0 {
            let rules: Vec<_> =
                widths.iter().map(|width| "─".repeat(*width)).collect();
            let dim = Style::new().dimmed();
            lines.push(format!("{dim}{}{dim:#}", rules.join(&" ".repeat(GAP))));
        }
    }
    lines
}

/// Takes from the widest column until all fit.
fn fitted(mut widths: Vec<usize>, room: usize) -> Vec<usize> {
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > COLUMN_MIN => *widest -= 1,
            _ => break,
        }
    }
    widths
}

fn row_lines(row: Vec<Words>, widths: &[usize]) -> Vec<String> {
    let cells: Vec<_> = row
        .into_iter()
        .zip(widths)
        .map(|(cell, width)| cell.lines(*width))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |n: usize| {
        let mut line = String::new();
        let mut at = 0;
        let mut begins = 0;
        for (cell, width) in cells.iter().zip(widths) {
            if let Some((text, used)) = cell.get(n) {
                line.push_str(&" ".repeat(begins - at));
                line.push_str(text);
                at = begins + used;
            }
            // A word that is too long for its column moves those behind it.
            begins = (begins + width + GAP).max(at + 1);
        }
        line
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Words> {
        let words = |cell: &&str| {
            let mut words = Words::default();
            words.push(cell, Style::new());
            words
        };
        cells.iter().map(words).collect()
    }

    #[test]
    fn columns_stand_below_each_other() {
        let lines = lines(vec![row(&["a", "b"]), row(&["long", "c"])], 80);
        assert_eq!(lines[0], "a     b");
        assert_eq!(lines[2], "long  c");
    }

    #[test]
    fn a_wide_column_is_broken_and_not_cut() {
        let wide = "so much text that it needs more than one line";
        let lines = lines(vec![row(&["a", "b"]), row(&[wide, "c"])], 30);
        assert!(lines.len() > 3, "{lines:?}");
        let all = lines.join(" ");
        assert!(wide.split(' ').all(|word| all.contains(word)), "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 40), "{lines:?}");
    }
}
