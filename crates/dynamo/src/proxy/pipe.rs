//! A socket and what was read from it and not yet used.

use bytes::BytesMut;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Room for one read.
pub(super) const READ_BYTES: usize = 16 * 1024;
/// How long a peer may go on sending to a connection that has ended. Without this
/// grace its words would turn the orderly end into a reset.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// A socket with a buffer.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) stream: TcpStream,
    /// Filled by [`Pipe::fill`], emptied by who uses the bytes.
    pub(super) buffer: BytesMut,
    /// The peer may still send.
    pub(super) open: bool,
}

impl Pipe {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Small messages go at once; where that cannot be had they come later.
        let _ = stream.set_nodelay(true);
        Self { stream, buffer: BytesMut::new(), open: true }
    }

    /// Reads more; 0 at the end. Nothing is lost when it is dropped half way.
    pub(super) async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(READ_BYTES);
        let read = self.stream.read_buf(&mut self.buffer).await;
        self.open = !matches!(read, Ok(0) | Err(_));
        read
    }

    /// Sends what is given, all of it.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Ends the connection with a reset.
    pub(super) fn reset(self) {
        // An error says that the peer was quicker.
        let _ = self.stream.set_zero_linger();
    }

    /// Ends the connection in order.
    pub(super) async fn finish(mut self) {
        let drain = async {
            self.stream.shutdown().await?;
            self.buffer.clear();
            while self.fill().await? > 0 {
                self.buffer.clear();
            }
            io::Result::Ok(())
        };
        // An error or a timeout: there is nobody left to be polite to.
        let _ = tokio::time::timeout(LAST_WORDS_WITHIN, drain).await;
    }
}
