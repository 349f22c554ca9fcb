//! Sockets to listen on: bound here, or handed over by the service manager.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use listenfd::ListenFd;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::config::value::ListenAddress;
use crate::limits;

/// Where one cannot listen, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}")]
pub struct ListenError {
    address: SocketAddr,
    error: io::Error,
}

/// Sockets of a service manager by name (`FileDescriptorName=` of `systemd.socket`), those of `[listen]`.
#[derive(Default)]
pub(super) struct Activated(BTreeMap<String, Vec<std::net::TcpListener>>);

impl Activated {
    /// Takes what the service manager handed over; nothing where there is none.
    pub(super) fn take() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut handed = ListenFd::from_env();
        let mut sockets = BTreeMap::<_, Vec<_>>::new();
        for (index, name) in names.split(':').enumerate().take(handed.len()) {
            match handed.take_tcp_listener(index) {
                Ok(Some(socket)) => sockets.entry(name.to_owned()).or_default().push(socket),
                Ok(None) => {}
                Err(error) => tracing::warn!(%name, %error, "a socket of the service manager is not used"),
            }
        }
        Self(sockets)
    }

    /// The listening sockets of this name; where none were handed over, those of the configuration.
    pub(super) fn or_bind(&mut self, name: &str, addresses: &[ListenAddress]) -> Result<Vec<TcpListener>, ListenError> {
        match self.0.remove(name) {
            Some(sockets) => sockets.into_iter().map(adopt).collect(),
            None => addresses.iter().map(|address| bind(address.0)).collect(),
        }
    }
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
