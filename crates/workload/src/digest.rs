//! A digest of responses in 32 bytes, however many there are.
//!
//! Responses arrive in any order, so their digests are added: the sum of the hashes of
//! (number, response) does not depend on the order. Two runs with different responses
//! have the same sum with a probability of 2^-256.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// A sum of the hashes of responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest([u64; 4]);

impl Digest {
    /// The digest of one response, from its hash.
    pub(crate) fn of(hash: Sha256) -> Self {
        let bytes: [u8; 32] = hash.finalize().into();
        let (words, _) = bytes.as_chunks();
        let mut sum = Self::default();
        sum.0.iter_mut().zip(words).for_each(|(n, w)| *n = u64::from_le_bytes(*w));
        sum
    }

    /// Adds another digest, modulo 2^256.
    pub fn add(&mut self, other: Self) {
        let mut carry = false;
        for (word, more) in self.0.iter_mut().zip(other.0) {
            let (sum, first) = word.overflowing_add(more);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *word = sum;
            carry = first || second;
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> Digest {
        Digest::of(Sha256::new_with_prefix(text))
    }

    fn sum(texts: &[&str]) -> Digest {
        let mut sum = Digest::default();
        texts.iter().for_each(|text| sum.add(digest(text)));
        sum
    }

    #[test]
    fn the_order_of_responses_does_not_matter_and_their_number_does() {
        assert_eq!(sum(&["a", "b", "c"]), sum(&["c", "a", "b"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a", "b", "b"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a", "c"]));
    }

    #[test]
    fn carries_reach_the_highest_word() {
        let mut all = Digest([u64::MAX; 4]);
        all.add(Digest([1, 0, 0, 0]));
        assert_eq!(all, Digest::default());
    }
}
