//! Sockets to listen on: bound here, or handed over by the service manager.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use listenfd::ListenFd;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

use crate::config::value::ListenAddress;
use crate::limits;

/// Where one cannot listen, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}")]
pub struct ListenError {
    address: SocketAddr,
    error: io::Error,
}

/// Sockets of a service manager by name (`FileDescriptorName=` of `systemd.socket`), those of `[listen]` and `dns`.
#[derive(Default)]
pub(super) struct Activated {
    streams: BTreeMap<String, Vec<std::net::TcpListener>>,
    datagrams: BTreeMap<String, Vec<std::net::UdpSocket>>,
}

/// Sockets of a service that is asked in both ways, at the same ports.
pub(super) type Both = (Vec<TcpListener>, Vec<UdpSocket>);

impl Activated {
    /// Takes what the service manager handed over; nothing where there is none.
    pub(super) fn take() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut handed = ListenFd::from_env();
        let mut sockets = Self::default();
        for (index, name) in names.split(':').enumerate().take(handed.len()) {
            // What is no listener is left where it is, and may be a socket for datagrams.
            if let Ok(Some(socket)) = handed.take_tcp_listener(index) {
                sockets.streams.entry(name.to_owned()).or_default().push(socket);
                continue;
            }
            match handed.take_udp_socket(index) {
                Ok(Some(socket)) => sockets.datagrams.entry(name.to_owned()).or_default().push(socket),
                Ok(None) => {}
                Err(error) => tracing::warn!(%name, %error, "a socket of the service manager is not used"),
            }
        }
        sockets
    }

    /// The listening sockets of this name; where none were handed over, those of the configuration.
    pub(super) fn or_bind(&mut self, name: &str, addresses: &[ListenAddress]) -> Result<Vec<TcpListener>, ListenError> {
        match self.streams.remove(name) {
            Some(sockets) => sockets.into_iter().map(adopt).collect(),
            None => addresses.iter().map(|address| bind(address.0)).collect(),
        }
    }

    /// The same with sockets for datagrams beside them.
    pub(super) fn or_bind_both(&mut self, name: &str, addresses: &[ListenAddress]) -> Result<Both, ListenError> {
        match (self.streams.remove(name), self.datagrams.remove(name)) {
            (None, None) => addresses.iter().map(|address| bind_both(address.0)).collect(),
            (streams, datagrams) => {
                let streams = streams.into_iter().flatten().map(adopt).collect::<Result<_, _>>()?;
                Ok((streams, datagrams.into_iter().flatten().map(adopt_datagrams).collect::<Result<_, _>>()?))
            }
        }
    }
}

/// A free port for the one may be taken for the other; then another is tried.
fn bind_both(address: SocketAddr) -> Result<(TcpListener, UdpSocket), ListenError> {
    let mut tries = if address.port() == 0 { limits::DNS_PORTS_TRIED_MAX } else { 1 };
    loop {
        let stream = bind(address)?;
        let bound = stream.local_addr().map_err(|error| ListenError { address, error })?;
        tries -= 1;
        match bind_datagrams(bound) {
            Ok(datagrams) => return Ok((stream, datagrams)),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => {}
        }
    }
}

fn bind_datagrams(address: SocketAddr) -> Result<UdpSocket, ListenError> {
    let bound = || -> io::Result<UdpSocket> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.bind(&address.into())?;
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket.into())
    };
    bound().map_err(|error| ListenError { address, error })
}

fn adopt_datagrams(socket: std::net::UdpSocket) -> Result<UdpSocket, ListenError> {
    let address = socket.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
    socket
        .set_nonblocking(true)
        .and_then(|()| UdpSocket::from_std(socket))
        .map_err(|error| ListenError { address, error })
}

fn adopt(socket: std::net::TcpListener) -> Result<TcpListener, ListenError> {
    let address = socket.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
    socket
        .set_nonblocking(true)
        .and_then(|()| TcpListener::from_std(socket))
        .map_err(|error| ListenError { address, error })
}

fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let bound = || -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // A restart need not wait for connections of the last run to leave TIME_WAIT.
        socket.set_reuse_address(true)?;
        if address.is_ipv6() {
            // IPv4 has its own entry in the list; otherwise the two would collide on one port.
            socket.set_only_v6(true)?;
        }
        socket.bind(&address.into())?;
        socket.listen(limits::CONNECTIONS_WAITING_MAX)?;
        socket.set_nonblocking(true)?;
        TcpListener::from_std(socket.into())
    };
    bound().map_err(|error| ListenError { address, error })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let held = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let taken = held.local_addr().unwrap();
        let message = bind(taken).unwrap_err().to_string();
        assert!(message.starts_with(&format!("cannot listen on {taken}: ")), "{message}");
    }
}
