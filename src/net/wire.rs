//! Lines and data on a connection, buffered both ways within bounds.
//!
//! A line ends with CRLF and with nothing else: a bare LF or CR is a byte of the line, which the grammar then refuses,
//! so that two servers can never disagree where a command ends (RFC 5321 §2.3.8, RFC 9051 §2.2).
//!
//! What was queued is written before the wire waits for input. So answers to pipelined commands leave in one write
//! without the doors keeping count, and no door waits with words unsaid.
//!
//! Dropping a future of this module loses nothing: a door can `select!` on it.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::deflate::Deflated;
use super::{Stream, Tls};
use crate::limits;

/// A connection as doors see it.
pub struct Wire<S = Stream> {
    stream: S,
    input: BytesMut,
    /// How much of `input` is known to hold no line end, so that no byte is looked at twice.
    scanned: usize,
    /// Bytes thrown away so far of a line that is too long.
    drained: Option<usize>,
    /// How much the next read makes room for: grows while data flows, falls back when lines do.
    stride: usize,
    output: BytesMut,
}

/// Why a wire could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// A line was longer than the caller allows. It was thrown away; the next line can be read.
    #[error("a line was too long")]
    TooLong,
    /// A line did not end within [`limits::WIRE_DRAIN_BYTES_MAX`]: only closing is left.
    #[error("a line did not end")]
    Endless,
    /// The peer closed in the middle of something.
    #[error("the connection was closed in the middle")]
    Closed,
    /// The deadline passed.
    #[error("the peer took too long")]
    TimedOut,
    /// Bytes came before the TLS handshake that they must not be executed after (CVE-2011-0411).
    #[error("data was sent ahead of the TLS handshake")]
    AheadOfTls,
    /// The network failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// A wire on a stream of which nothing has been read.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            scanned: 0,
            drained: None,
            stride: limits::WIRE_READ_BYTES_MIN,
            output: BytesMut::new(),
        }
    }

    /// What the wire stands on, to go on with in another way.
    ///
    /// # Errors
    /// [`WireError::AheadOfTls`] if something came that was not consumed: executed later, it would pass for the words of
    /// the peer that TLS made sure of.
    pub fn into_stream(self) -> Result<S, WireError> {
        if self.has_input() { Err(WireError::AheadOfTls) } else { Ok(self.stream) }
    }

    /// What the wire stands on.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// The next line without its CRLF, at most `max` bytes with it; `None` when the peer has closed, whatever part of
    /// a line came before that.
    ///
    /// # Errors
    /// [`WireError::TooLong`] once a longer line has been thrown away, [`WireError::Endless`] if it never ends,
    /// [`WireError::TimedOut`] when the whole line is not there by `by`, and those of the network.
    pub async fn line(&mut self, max: usize, by: Instant) -> Result<Option<Bytes>, WireError> {
        loop {
            if let Some(line) = self.buffered_line(max)? {
                return Ok(Some(line));
            }
            if self.read(by).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// The next line if it is here already: a door that has one need not look at anything else first.
    ///
    /// # Errors
    /// As [`Wire::line`], except those of waiting.
    pub fn buffered_line(&mut self, max: usize) -> Result<Option<Bytes>, WireError> {
        let Some(end) = self.line_end() else {
            if self.drained.is_some() || self.input.len() >= max {
                self.drain()?;
            }
            return Ok(None);
        };
        let line = self.input.split_to(end);
        self.input.advance(CRLF.len());
        self.scanned = 0;
        if self.drained.take().is_some() || line.len() + CRLF.len() > max {
            return Err(WireError::TooLong);
        }
        Ok(Some(line.freeze()))
    }

    /// Where the first CRLF begins.
    fn line_end(&mut self) -> Option<usize> {
        while let Some(at) = memchr(b'\n', self.input.get(self.scanned..)?) {
            let lf = self.scanned + at;
            self.scanned = lf + 1;
            if self.input.get(..lf).is_some_and(|before| before.ends_with(b"\r")) {
                return Some(lf - 1);
            }
        }
        self.scanned = self.input.len();
        None
    }

    /// Throws away what has come of a line that is too long, except a CR that may begin its end.
    fn drain(&mut self) -> Result<(), WireError> {
        let gone = self.input.len() - usize::from(self.input.ends_with(b"\r"));
        let drained = self.drained.unwrap_or(0) + gone;
        self.input.advance(gone);
        self.scanned = self.input.len();
        self.drained = Some(drained);
        if drained > limits::WIRE_DRAIN_BYTES_MAX { Err(WireError::Endless) } else { Ok(()) }
    }

    /// What has come and is not consumed, waiting for the first of it until `by`; empty when the peer has closed.
    /// Message data and literals are read with this and [`Wire::consume`], piece by piece and without a copy.
    pub async fn fill(&mut self, by: Instant) -> Result<&[u8], WireError> {
        if self.input.is_empty() {
            self.read(by).await?;
        }
        Ok(&self.input)
    }

    /// Takes `len` bytes off what [`Wire::fill`] showed.
    pub fn consume(&mut self, len: usize) {
        self.input.advance(len.min(self.input.len()));
        self.scanned = 0;
    }

    /// Appends exactly `len` bytes to `into`, for literals the caller has found small enough.
    ///
    /// # Errors
    /// [`WireError::Closed`] when the peer closes before the last byte.
    pub async fn exact(&mut self, len: usize, into: &mut Vec<u8>, by: Instant) -> Result<(), WireError> {
        let mut missing = len;
        while missing > 0 {
            let here = self.fill(by).await?;
            let piece = here.get(..missing.min(here.len())).unwrap_or(here);
            if piece.is_empty() {
                return Err(WireError::Closed);
            }
            into.extend_from_slice(piece);
            let taken = piece.len();
            self.consume(taken);
            missing -= taken;
        }
        Ok(())
    }

    /// What has come and was not consumed: pipelined commands, or part of one.
    pub fn ahead(&self) -> &[u8] {
        &self.input
    }

    /// Whether something has come that was not consumed: pipelined commands, or part of one.
    pub fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// Reads some more; 0 when the peer has closed.
    async fn read(&mut self, by: Instant) -> Result<usize, WireError> {
        let reading = async {
            self.write_out().await?;
            if self.input.is_empty() && self.input.capacity() > self.stride {
                self.input = BytesMut::new();
            }
            self.input.reserve(self.stride);
            self.stream.read_buf(&mut self.input).await
        };
        let len = timeout_at(by, reading).await.map_err(|_| WireError::TimedOut)??;
        self.stride = if len >= self.stride {
            (self.stride * 4).min(limits::WIRE_READ_BYTES_MAX)
        } else {
            limits::WIRE_READ_BYTES_MIN.max(self.stride / 2)
        };
        Ok(len)
    }

    /// Puts `bytes` behind what will be written next. Whoever queues much looks at [`Wire::is_full`].
    pub fn queue(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
    }

    /// Whether so much is queued that it should be flushed before more is made.
    pub fn is_full(&self) -> bool {
        self.output.len() >= limits::WIRE_OUTPUT_BYTES_MAX
    }

    /// Writes what is queued. `within` bounds each step, not the whole: a slow peer that goes on reading is served.
    pub async fn flush(&mut self, within: Duration) -> Result<(), WireError> {
        while !self.output.is_empty() {
            timeout(within, self.stream.write_buf(&mut self.output)).await.map_err(|_| WireError::TimedOut)??;
        }
        timeout(within, self.write_out()).await.map_err(|_| WireError::TimedOut)??;
        Ok(())
    }

    /// Queues `bytes`, or, when they are many, writes them without copying them.
    /// The future must be finished: a part that was not written is lost with it.
    pub async fn send(&mut self, mut bytes: &[u8], within: Duration) -> Result<(), WireError> {
        if self.output.len() + bytes.len() <= limits::WIRE_OUTPUT_BYTES_MAX {
            self.queue(bytes);
            return Ok(());
        }
        self.flush(within).await?;
        while bytes.len() > limits::WIRE_OUTPUT_BYTES_MAX {
            timeout(within, self.stream.write_buf(&mut bytes)).await.map_err(|_| WireError::TimedOut)??;
        }
        self.queue(bytes);
        Ok(())
    }

    async fn write_out(&mut self) -> io::Result<()> {
        while !self.output.is_empty() {
            if self.stream.write_buf(&mut self.output).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        if self.output.capacity() > limits::WIRE_READ_BYTES_MIN {
            self.output = BytesMut::new();
        }
        self.stream.flush().await
    }

    /// Says the last words and closes, without waiting longer than `within` for a peer that does not listen. What it still
    /// sends is read for a moment: a connection that is closed over unread input is reset, and the last words are lost with it
    /// (RFC 1122 §4.2.2.13).
    pub async fn close(mut self, within: Duration) {
        let farewell = async {
            self.write_out().await?;
            self.stream.shutdown().await
        };
        // The session is over either way: there is nobody left to tell that the peer had gone.
        if matches!(timeout(within, farewell).await, Ok(Ok(()))) {
            let mut unread = [0; 1024];
            let ended = async { while matches!(self.stream.read(&mut unread).await, Ok(1..)) {} };
            let _ = timeout(limits::WIRE_LINGER_MAX, ended).await;
        }
    }
}

impl Wire<Stream> {
    /// Goes on under TLS, after the answer to STARTTLS was flushed; a wire that is secure already stays as it is.
    ///
    /// # Errors
    /// [`WireError::AheadOfTls`] if something came behind STARTTLS; [`WireError::TimedOut`] and those of the handshake.
    pub async fn upgrade(self, tls: &Tls) -> Result<Self, WireError> {
        match self.into_stream()? {
            Stream::Plain(stream) => Ok(Self::new(tls.accept(stream).await?)),
            // Doors do not go over to TLS from here: it lies under the compression, and is there or not.
            other @ (Stream::Tls(_) | Stream::Deflated(_)) => Ok(Self::new(other)),
        }
    }

    /// Goes on compressed, after the answer to COMPRESS was flushed. What came behind the command is compressed already
    /// (RFC 4978 §3).
    #[must_use]
    pub fn compress(self) -> Self {
        Self::new(Stream::Deflated(Box::new(Deflated::new(self.stream, self.input))))
    }
}

const CRLF: &[u8] = b"\r\n";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    /// Hostile B15: whoever is cut off in the middle of what they say hears why.
    #[tokio::test]
    async fn last_words_reach_a_peer_that_is_still_speaking() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut peer = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut wire = Wire::new(listener.accept().await.unwrap().0);
        peer.write_all(&vec![b'a'; 100_000]).await.unwrap();
        wire.queue(b"* BYE\r\n");
        let closing = tokio::spawn(wire.close(Duration::from_secs(5)));
        tokio::time::sleep(Duration::from_millis(50)).await;
        peer.write_all(&vec![b'a'; 100_000]).await.unwrap();
        peer.shutdown().await.unwrap();
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"* BYE\r\n");
        closing.await.unwrap();
    }

    #[tokio::test]
    async fn lines_end_with_crlf_only_wherever_they_are_split() {
        let sent = b"one\r\nt\nw\ro\r\n\r\nfour";
        for cut in 0..sent.len() {
            let (mut peer, ours) = duplex(64);
            let mut wire = Wire::new(ours);
            let (before, after) = sent.split_at(cut);
            peer.write_all(before).await.unwrap();
            let writer = tokio::spawn({
                let after = after.to_vec();
                async move {
                    tokio::task::yield_now().await;
                    peer.write_all(&after).await.unwrap();
                }
            });
            for expected in [&b"one"[..], b"t\nw\ro", b""] {
                assert_eq!(wire.line(64, soon()).await.unwrap().unwrap(), expected, "cut at {cut}");
            }
            assert_eq!(wire.line(64, soon()).await.unwrap(), None);
            writer.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_long_line_is_thrown_away_and_the_next_one_read() {
        let (mut peer, ours) = duplex(1 << 20);
        let mut wire = Wire::new(ours);
        peer.write_all(&vec![b'x'; 100_000]).await.unwrap();
        peer.write_all(b"\r\n12345678\r\n123456789\r\nok\r\n").await.unwrap();
        assert!(matches!(wire.line(10, soon()).await, Err(WireError::TooLong)));
        assert_eq!(wire.line(10, soon()).await.unwrap().unwrap(), "12345678");
        assert!(matches!(wire.line(10, soon()).await, Err(WireError::TooLong)));
        assert_eq!(wire.line(10, soon()).await.unwrap().unwrap(), "ok");
    }

    #[tokio::test]
    async fn a_line_without_end_is_given_up_in_bounded_memory() {
        let (mut peer, ours) = duplex(1 << 16);
        let mut wire = Wire::new(ours);
        let writer = tokio::spawn(async move { while peer.write_all(&[b'x'; 4096]).await.is_ok() {} });
        assert!(matches!(wire.line(512, soon()).await, Err(WireError::Endless)));
        assert!(wire.input.capacity() <= 2 * limits::WIRE_READ_BYTES_MAX);
        drop(wire);
        writer.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_queued_is_said_before_waiting() {
        let (mut peer, ours) = duplex(64);
        let mut wire = Wire::new(ours);
        wire.queue(b"hello ");
        wire.queue(b"there");
        let waiting = tokio::spawn(async move { wire.line(64, soon()).await.unwrap().unwrap() });
        let mut said = [0; 11];
        peer.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"hello there");
        peer.write_all(b"yes\r\n").await.unwrap();
        assert_eq!(waiting.await.unwrap(), "yes");
    }

    #[tokio::test]
    async fn literals_stand_between_lines() {
        let (mut peer, ours) = duplex(64);
        let mut wire = Wire::new(ours);
        peer.write_all(b"a {3}\r\nx\r\n b\r\n").await.unwrap();
        assert_eq!(wire.line(64, soon()).await.unwrap().unwrap(), "a {3}");
        let mut literal = Vec::new();
        wire.exact(3, &mut literal, soon()).await.unwrap();
        assert_eq!(literal, b"x\r\n");
        assert_eq!(wire.line(64, soon()).await.unwrap().unwrap(), " b");
    }

    #[tokio::test]
    async fn silence_ends_at_the_deadline() {
        let (_peer, ours) = duplex(64);
        let mut wire = Wire::new(ours);
        let by = Instant::now() + Duration::from_millis(10);
        assert!(matches!(wire.line(64, by).await, Err(WireError::TimedOut)));
    }
}
