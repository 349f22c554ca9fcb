//! What every listener's sessions have in common: counted while open, ended alone by a panic, cut when the drain is over.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::limits;
use crate::metrics::{Listener, Metrics};
use crate::net::{Gate, listen};

/// The listeners of one daemon and their sessions.
#[derive(Clone)]
pub(super) struct Sessions {
    metrics: Metrics,
    listeners: TaskTracker,
    drain: CancellationToken,
    cut: CancellationToken,
}

impl Sessions {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self { metrics, listeners: TaskTracker::new(), drain: CancellationToken::new(), cut: CancellationToken::new() }
    }

    /// Cancelled when sessions are to finish what they have in hand.
    pub(super) fn drain(&self) -> CancellationToken {
        self.drain.clone()
    }

    /// Gives each connection that the gate admits to `serve`, until the drain.
    pub(super) fn listen<S, F>(
        &self,
        listener: Listener,
        socket: TcpListener,
        gate: Arc<Gate>,
        turned_away: &'static [u8],
        serve: S,
    ) where
        S: Fn(TcpStream, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (open, panics, cut) = (self.metrics.sessions(listener), self.metrics.panics.clone(), self.cut.clone());
        let session = move |connection, peer| {
            let (open, panics) = (open.clone(), panics.clone());
            let running = cut.clone().run_until_cancelled_owned(serve(connection, peer));
            async move {
                open.inc();
                // A panic ends this session and no other; the hook has logged it (hostile F37).
                if AssertUnwindSafe(running).catch_unwind().await.is_err() {
                    panics.inc();
                }
                open.dec();
            }
        };
        self.listeners.spawn(listen::serve(socket, gate, turned_away, self.drain.clone(), session));
    }

    /// Cancelled when whatever did not finish is to be given up.
    pub(super) fn cut(&self) -> CancellationToken {
        self.cut.clone()
    }

    /// Stops accepting, waits for sessions and for what else is being done to finish as long as they may, then cuts those
    /// that did not.
    pub(super) async fn end(&self, others: &TaskTracker) {
        self.drain.cancel();
        self.listeners.close();
        others.close();
        let _ = tokio::join!(self.listeners.wait(), timeout(limits::DRAIN_MAX, others.wait()));
        self.cut.cancel();
        others.wait().await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_session_alone_and_is_counted() {
        let metrics = Metrics::default();
        let sessions = Sessions::new(metrics.clone());
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        sessions.listen(Listener::Smtp, socket, Gate::new(9, 9), b"", |mut connection, _| async move {
            assert!(connection.read_u8().await.unwrap() != b'!', "as asked");
            connection.write_all(b"fine").await.unwrap();
        });
        let mut other = TcpStream::connect(address).await.unwrap();
        let mut panicking = TcpStream::connect(address).await.unwrap();
        panicking.write_all(b"!").await.unwrap();
        assert_eq!(panicking.read(&mut [0; 8]).await.unwrap(), 0);
        other.write_all(b".").await.unwrap();
        let mut answer = String::new();
        other.read_to_string(&mut answer).await.unwrap();
        sessions.end(&TaskTracker::new()).await;
        assert_eq!((answer.as_str(), metrics.panics.get()), ("fine", 1));
        assert_eq!(metrics.sessions(Listener::Smtp).get(), 0);
    }
}
