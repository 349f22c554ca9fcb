//! A connection: in clear, under TLS, and compressed above either.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::deflate::Deflated;

/// What a [`super::Wire`] of a door stands on.
pub enum Stream {
    /// In clear.
    Plain(TcpStream),
    /// Under TLS; boxed, because the state of TLS is a kilobyte and connections in clear do not carry it.
    Tls(Box<TlsStream<TcpStream>>),
    /// Compressed above one of the others: what is sent is compressed first, then encrypted (RFC 4978 §3).
    Deflated(Box<Deflated<Stream>>),
}

impl Stream {
    /// Whether what is said here cannot be read on the way.
    pub fn is_secure(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(_) => true,
            Self::Deflated(stream) => stream.under().is_secure(),
        }
    }

    /// Whether it is compressed.
    pub fn is_deflated(&self) -> bool {
        matches!(self, Self::Deflated(_))
    }

    /// TLS version and cipher suite as `Received` shows them (RFC 8314 §7.4); `None` in clear.
    pub fn cipher(&self) -> Option<String> {
        let (_, connection) = self.under_tls()?.get_ref();
        let version = connection.protocol_version()?.as_str()?;
        let suite = connection.negotiated_cipher_suite()?.suite().as_str()?;
        Some(format!("{version} {suite}"))
    }
}

impl Stream {
    /// The certificates that the client showed, its own first.
    pub fn certificates(&self) -> Option<&[CertificateDer<'static>]> {
        self.under_tls()?.get_ref().1.peer_certificates()
    }

    fn under_tls(&self) -> Option<&TlsStream<TcpStream>> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(stream) => Some(stream),
            Self::Deflated(stream) => stream.under().under_tls(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
            Self::Deflated(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
            Self::Deflated(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Self::Deflated(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Self::Deflated(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
