//! Where a body ends: by its length, by its last chunk, or with the connection.

/// A chunk's size in hexadecimal digits; more would not fit into 64 bits.
const SIZE_DIGITS_MAX: u8 = 15;

/// How far a body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// Chunks are still to come.
    Chunked(Chunks),
    /// Everything up to the end of the connection.
    UntilClose,
}

/// A body whose chunks cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadChunk;

impl Framing {
    /// Chunks from the first one on.
    pub(super) const CHUNKED: Self =
        Self::Chunked(Chunks::Size { value: 0, digits: 0 });

    /// How many of these bytes, from the first, belong to the body. What they carry
    /// goes to `content`.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        mut content: impl FnMut(&[u8]),
    ) -> Result<usize, BadChunk> {
        match self {
            Self::UntilClose => {
                content(bytes);
                Ok(bytes.len())
            }
            Self::Length(left) => {
                let taken = at_most(*left, bytes);
                content(taken);
                *left -= taken.len() as u64;
                Ok(taken.len())
            }
            Self::Chunked(chunks) => chunks.take(bytes, content),
        }
    }

    /// Whether the body is complete; one that ends with its connection never is.
    pub(super) fn is_done(self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunks::Done))
    }
}

fn at_most(count: u64, bytes: &[u8]) -> &[u8] {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    &bytes[..count.min(bytes.len())]
}

/// Where in a chunked body the next byte lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunks {
    /// In a chunk's size.
    Size { value: u64, digits: u8 },
    /// Between a chunk's size and the end of its line.
    Extension { value: u64 },
    /// In its data.
    Data { left: u64 },
    /// At the line's end after its data.
    DataEnd,
    /// In a line after the last chunk.
    Trailer { empty: bool },
    /// Behind the body.
    Done,
}

impl Chunks {
    fn take(
        &mut self,
        bytes: &[u8],
        mut content: impl FnMut(&[u8]),
    ) -> Result<usize, BadChunk> {
        let mut used = 0;
        while *self != Self::Done && used < bytes.len() {
            if let Self::Data { left } = self {
                let taken = at_most(*left, &bytes[used..]);
                content(taken);
                used += taken.len();
                *left -= taken.len() as u64;
                if *left == 0 {
                    *self = Self::DataEnd;
                }
            } else {
                *self = self.after(bytes[used])?;
                used += 1;
            }
        }
        Ok(used)
    }

    /// The place after a byte that is no data.
    fn after(self, byte: u8) -> Result<Self, BadChunk> {
        let sized = |value| match value {
            0 => Self::Trailer { empty: true },
            left => Self::Data { left },
        };
        Ok(match (self, byte) {
            (Self::Size { value, digits }, _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).ok_or(BadChunk)?;
                if digits == SIZE_DIGITS_MAX {
                    return Err(BadChunk);
                }
                let value = value * 16 + u64::from(digit);
                Self::Size { value, digits: digits + 1 }
            }
            (Self::Size { digits: 0, .. }, _) => return Err(BadChunk),
            (Self::Size { value, .. } | Self::Extension { value }, b'\n') => {
                sized(value)
            }
            (Self::Size { value, .. }, b'\r' | b';' | b' ' | b'\t') => {
                Self::Extension { value }
            }
            (Self::Extension { value }, _) => Self::Extension { value },
            (Self::DataEnd, b'\r') => Self::DataEnd,
            (Self::DataEnd, b'\n') => Self::Size { value: 0, digits: 0 },
            (Self::Trailer { empty: true }, b'\n') => Self::Done,
            (Self::Trailer { .. }, b'\n') => Self::Trailer { empty: true },
            (Self::Trailer { empty }, b'\r') => Self::Trailer { empty },
            (Self::Trailer { .. }, _) => Self::Trailer { empty: false },
            _ => return Err(BadChunk),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        b"5\r\nhello\r\n00A;name=value\r\n, world 12\r\n0\r\nx-trailer: 1\r\n\r\n";

    #[test]
    fn chunks_come_in_whatever_pieces() {
        for piece in 1..=BODY.len() {
            let (mut framing, mut content) = (Framing::CHUNKED, Vec::new());
            let mut used = 0;
            for bytes in BODY.chunks(piece) {
                assert!(!framing.is_done());
                let keep = |b: &[u8]| content.extend_from_slice(b);
                used += framing.take(bytes, keep).unwrap();
            }
            assert!(framing.is_done(), "in pieces of {piece}");
            assert_eq!(used, BODY.len());
            assert_eq!(content, b"hello, world 12");
        }
    }

    #[test]
    fn what_follows_a_body_is_left() {
        let more = [BODY, b"GET / HTTP/1.1\r\n"].concat();
        let mut framing = Framing::CHUNKED;
        assert_eq!(framing.take(&more, |_| {}), Ok(BODY.len()));
        let mut framing = Framing::Length(3);
        assert_eq!(framing.take(b"ab", |_| {}), Ok(2));
        assert!(!framing.is_done());
        assert_eq!(framing.take(b"cd", |_| {}), Ok(1));
        assert!(framing.is_done());
    }

    #[test]
    fn a_size_that_is_none_is_an_error() {
        for bytes in ["\r\n", "x\r\n", "-1\r\n", "1\r\nab", "1234567890abcdef0"] {
            let mut framing = Framing::CHUNKED;
            let taken = framing.take(bytes.as_bytes(), |_| {});
            assert_eq!(taken, Err(BadChunk), "{bytes}");
        }
    }
}
