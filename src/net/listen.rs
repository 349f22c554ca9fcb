//! Who may connect, how many at once, and the loop that accepts them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::limits;

/// Counts the connections of a door, in all and from each address, and admits them within its two bounds.
/// An IPv6 address counts as its /64, which one machine can have all of.
pub struct Gate {
    total: usize,
    per_address: usize,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The right to be connected; given back when dropped.
pub struct Pass {
    gate: Arc<Gate>,
    block: IpAddr,
}

impl Gate {
    /// A gate that admits `total` connections, and `per_address` of them from one address.
    pub fn new(total: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self { total, per_address, inside: Mutex::default() })
    }

    /// Admits a connection from `peer`, or not.
    pub fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Pass> {
        let block = block_of(peer);
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let here = inside.by_address.get(&block).copied().unwrap_or(0);
        if inside.total >= self.total || here >= self.per_address {
            return None;
        }
        inside.total += 1;
        inside.by_address.insert(block, here + 1);
        Some(Pass { gate: Arc::clone(self), block })
    }

    /// How many connections are inside.
    pub fn count(&self) -> usize {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).total
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.gate.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.total = inside.total.saturating_sub(1);
        if let Some(here) = inside.by_address.get_mut(&self.block) {
            *here -= 1;
            if *here == 0 {
                inside.by_address.remove(&self.block);
            }
        }
    }
}

/// The addresses that count as one peer.
fn block_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Accepts until `shutdown`, then gives the sessions [`limits::DRAIN_MAX`] to end.
///
/// Every session is a task of its own, so that a panic ends that connection and no other (hostile F37). A peer that the
/// gate does not admit hears `turned_away` and is gone.
pub async fn serve<F, S>(
    listener: TcpListener,
    gate: Arc<Gate>,
    turned_away: &'static [u8],
    shutdown: CancellationToken,
    session: F,
) where
    F: Fn(TcpStream, SocketAddr) -> S,
    S: Future<Output = ()> + Send + 'static,
{
    let sessions = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(connection) => connection,
            Err(cause) => {
                rest(&cause).await;
                continue;
            }
        };
        let Some(pass) = gate.enter(peer.ip()) else {
            info!(%peer, "turned away: too many connections");
            // Not waited for: the words fit into the socket's buffer, and if not they are not worth a task.
            let _ = stream.try_write(turned_away);
            continue;
        };
        let _ = stream.set_nodelay(true);
        let running = session(stream, peer);
        sessions.spawn(async move {
            running.await;
            drop(pass);
        });
    }
    sessions.close();
    if timeout(limits::DRAIN_MAX, sessions.wait()).await.is_err() {
        warn!(left = sessions.len(), "sessions did not end in time");
    }
}

/// A failed accept is the peer's fault, or the machine's; in the second case trying again at once would spin (F9).
async fn rest(cause: &io::Error) {
    if !matches!(cause.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        warn!(%cause, "cannot accept connections");
        sleep(limits::ACCEPT_REST).await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_counts_per_address_and_in_all() {
        let gate = Gate::new(3, 2);
        let (a, b): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "::ffff:10.0.0.1".parse().unwrap());
        let first = gate.enter(a).unwrap();
        let _second = gate.enter(b).unwrap();
        assert!(gate.enter(a).is_none());
        drop(first);
        let _third = gate.enter(a).unwrap();
        let _fourth = gate.enter("10.0.0.2".parse().unwrap()).unwrap();
        assert!(gate.enter("10.0.0.3".parse().unwrap()).is_none());
        assert_eq!(gate.count(), 3);
    }

    #[test]
    fn neighbours_in_a_64_are_one_peer() {
        let gate = Gate::new(9, 1);
        let _first = gate.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert!(gate.enter("2001:db8::2".parse().unwrap()).is_none());
        assert!(gate.enter("2001:db8:0:1::1".parse().unwrap()).is_some());
    }
}
