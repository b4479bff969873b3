//! A text that a regular expression matches, for the `pattern` of a schema.

use super::schema::random_digits;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A short text that matches, or `None` for what regular expressions of Rust lack, such
/// as look-ahead. Where it is to be distinct, a repetition that allows digits is a
/// placeholder.
pub(super) fn matching(
    pattern: &str,
    distinct: bool,
    length_max: Option<usize>,
) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let shortest = hir.properties().minimum_len().unwrap_or_default();
    let spare = length_max.map(|max| max.saturating_sub(shortest));
    let mut text = Text { made: String::new(), distinct, spare };
    text.add(&hir)?;
    Some(text.made)
}

struct Text {
    made: String,
    /// Whether a placeholder is still wanted.
    distinct: bool,
    /// Characters beyond the shortest text.
    spare: Option<usize>,
}

impl Text {
    fn add(&mut self, hir: &Hir) -> Option<()> {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => {
                self.made += str::from_utf8(&literal.0).ok()?;
            }
            HirKind::Class(class) => {
                let usual = ['a', 'A', '0'].into_iter().find(|c| has(class, *c));
                self.made.push(usual.or_else(|| first(class))?);
            }
            HirKind::Capture(capture) => self.add(&capture.sub)?,
            HirKind::Concat(all) => {
                all.iter().try_for_each(|part| self.add(part))?;
            }
            HirKind::Alternation(all) => self.add(all.first()?)?,
            HirKind::Repetition(repeated) => {
                let (min, sub) = (repeated.min as usize, &repeated.sub);
                let max = repeated.max.map_or(usize::MAX, |max| max as usize);
                let room = self.spare.map_or(max, |spare| max.min(min + spare));
                if self.distinct && room >= DIGITS_MIN && is_digits(sub) {
                    self.distinct = false;
                    let digits = DIGITS_MAX.min(room);
                    if room >= min + DIGITS_MAX {
                        self.made += &"0".repeat(min.saturating_sub(1));
                        self.made += "{{n}}";
                    } else {
                        self.made += &"0".repeat(min.saturating_sub(digits));
                        self.made += &random_digits(digits);
                    }
                } else {
                    (0..min).try_for_each(|_| self.add(sub))?;
                }
            }
        }
        Some(())
    }
}

/// Fewer are no different values.
const DIGITS_MIN: usize = 4;
/// `{{n}}` has no more.
const DIGITS_MAX: usize = 12;

fn is_digits(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(class) => has(class, '0') && has(class, '9'),
        HirKind::Capture(capture) => is_digits(&capture.sub),
        _ => false,
    }
}

fn has(class: &Class, c: char) -> bool {
    let Class::Unicode(class) = class else { return false };
    class.iter().any(|range| (range.start()..=range.end()).contains(&c))
}

fn first(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    class.iter().map(|range| range.start().max(' ')).next()
}
