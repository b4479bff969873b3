//! From JSON into a few long arrays: a profile has tens of thousands of call stacks of
//! fifty frames each, and an allocation for each would cost more than the reading.

use super::counts::Counts;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// What the file says, not yet checked.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    #[serde(rename = "dhatFileVersion")]
    pub(super) version: u32,
    pub(super) mode: String,
    #[serde(rename = "cmd", default)]
    pub(super) command: String,
    #[serde(rename = "tu", default)]
    pub(super) time_unit: String,
    #[serde(rename = "te", default)]
    pub(super) duration: u64,
    #[serde(rename = "pps")]
    pub(super) stacks: Stacks,
    #[serde(rename = "ftbl")]
    pub(super) frames: Texts,
}

/// All call stacks, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    counts: Vec<Counts>,
    /// Where each ends in `frames`.
    ends: Vec<usize>,
    /// Indices of the table of frames, innermost first.
    frames: Vec<u32>,
}

impl Stacks {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Counts, &[u32])> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let spans = begins.zip(&self.ends);
        let stacks = spans.map(|(begin, end)| &self.frames[begin..*end]);
        self.counts.iter().zip(stacks)
    }

    /// The first frame that a table of this length does not have.
    pub(super) fn stray(&self, known: usize) -> Option<u32> {
        self.frames.iter().copied().find(|&frame| frame as usize >= known)
    }
}

/// Many texts in one.
#[derive(Debug, Default)]
pub(super) struct Texts {
    joined: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: u32) -> &str {
        let index = index as usize;
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.joined[begin..self.ends[index]]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.joined[begin..*end])
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of frames")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
        let mut texts = Texts::default();
        while list.next_element_seed(Append(&mut texts.joined))?.is_some() {
            texts.ends.push(texts.joined.len());
        }
        Ok(texts)
    }
}

/// Puts a text at the end of another.
struct Append<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Append<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a frame's text")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push_str(text);
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Stacks {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(StacksVisitor)
    }
}

struct StacksVisitor;

impl<'de> Visitor<'de> for StacksVisitor {
    type Value = Stacks;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of call stacks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Stacks, A::Error> {
        let mut stacks = Stacks::default();
        while let Some(counts) = list.next_element_seed(Point(&mut stacks.frames))? {
            stacks.counts.push(counts);
            stacks.ends.push(stacks.frames.len());
        }
        Ok(stacks)
    }
}

/// Reads a call stack: its frames go to the end of the list, its counts are returned.
/// dhat calls it a program point.
struct Point<'a>(&'a mut Vec<u32>);

/// The names that dhat gave its fields.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Tb,
    Tbk,
    Tl,
    Gb,
    Gbk,
    Eb,
    Ebk,
    Fs,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for Point<'_> {
    type Value = Counts;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Counts, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Point<'_> {
    type Value = Counts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call stack and its counts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counts, A::Error> {
        let mut counts = Counts::default();
        let mut framed = false;
        while let Some(field) = map.next_key()? {
            let count = match field {
                Field::Tb => &mut counts.total_bytes,
                Field::Tbk => &mut counts.total_blocks,
                Field::Tl => &mut counts.lifetimes,
                Field::Gb => &mut counts.peak_bytes,
                Field::Gbk => &mut counts.peak_blocks,
                Field::Eb => &mut counts.end_bytes,
                Field::Ebk => &mut counts.end_blocks,
                Field::Fs => {
                    map.next_value_seed(Indices(self.0))?;
                    framed = true;
                    continue;
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *count = map.next_value()?;
        }
        if framed { Ok(counts) } else { Err(serde::de::Error::missing_field("fs")) }
    }
}

/// Puts a list of numbers at the end of another.
struct Indices<'a>(&'a mut Vec<u32>);

impl<'de> DeserializeSeed<'de> for Indices<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Indices<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of frames' numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(index) = list.next_element()? {
            self.0.push(index);
        }
        Ok(())
    }
}
