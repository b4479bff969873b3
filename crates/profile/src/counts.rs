//! What dhat counts for a call stack.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// A moment of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Moment {
    /// Live at the end.
    End,
    /// Live when most bytes are.
    Peak,
}

impl Moment {
    /// `end` or `peak`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Peak => "peak",
        }
    }
}

/// What dhat counts for a call stack, or the sum over several. It is read with dhat's
/// names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Bytes allocated, freed or not.
    #[serde(rename(deserialize = "tb"))]
    pub total_bytes: u64,
    /// Blocks allocated, freed or not.
    #[serde(rename(deserialize = "tbk"))]
    pub total_blocks: u64,
    /// The lifetimes of all these blocks added up, in the unit of
    /// [`Profile::time_unit`](crate::Profile::time_unit).
    #[serde(rename(deserialize = "tl"))]
    pub lifetimes: u64,
    /// Bytes live when the whole program held most.
    #[serde(rename(deserialize = "gb"))]
    pub peak_bytes: u64,
    /// Blocks live when the whole program held most.
    #[serde(rename(deserialize = "gbk"))]
    pub peak_blocks: u64,
    /// Bytes live at the end.
    #[serde(rename(deserialize = "eb"))]
    pub end_bytes: u64,
    /// Blocks live at the end.
    #[serde(rename(deserialize = "ebk"))]
    pub end_blocks: u64,
}

impl Counts {
    /// Bytes and blocks that were live at a moment.
    pub fn held(&self, moment: Moment) -> (u64, u64) {
        match moment {
            Moment::End => (self.end_bytes, self.end_blocks),
            Moment::Peak => (self.peak_bytes, self.peak_blocks),
        }
    }

    /// The average lifetime of a block; `None` when there was none.
    pub fn mean_lifetime(&self) -> Option<u64> {
        self.lifetimes.checked_div(self.total_blocks)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        // A file may hold any number; an overflow must not end the program.
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.total_bytes, more.total_bytes);
        add(&mut self.total_blocks, more.total_blocks);
        add(&mut self.lifetimes, more.lifetimes);
        add(&mut self.peak_bytes, more.peak_bytes);
        add(&mut self.peak_blocks, more.peak_blocks);
        add(&mut self.end_bytes, more.end_bytes);
        add(&mut self.end_blocks, more.end_blocks);
    }
}
