//! Questions as they come: datagrams, and connections with one question behind the other (RFC 7766).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::answer::{Carrier, answer};
use crate::limits;
use crate::metrics::Metrics;
use crate::zone::Zone;

/// The zone, as of one configuration.
pub struct Door {
    zone: ArcSwap<Zone>,
    drain: CancellationToken,
}

impl Door {
    /// Answers from this zone; `drain` is cancelled when connections are to end.
    pub fn new(zone: Zone, drain: CancellationToken) -> Self {
        Self { zone: ArcSwap::from_pointee(zone), drain }
    }

    /// Answers from another zone, if it says anything else: the number of one that says the same stays (RFC 1912 §2.2).
    pub fn renew(&self, zone: Zone) {
        if !self.zone.load().says_the_same(&zone) {
            self.zone.store(Arc::new(zone));
        }
    }

    /// Serves one connection.
    pub async fn session(&self, mut connection: TcpStream) {
        for _ in 0..limits::DNS_QUESTIONS_MAX {
            let asked = tokio::select! {
                asked = timeout(limits::DNS_WAIT_MAX, read(&mut connection)) => asked,
                () = self.drain.cancelled() => return,
            };
            let Ok(Ok(Some(question))) = asked else { return };
            let Some(answer) = answer(&question, &self.zone.load(), Carrier::Stream) else { return };
            match timeout(limits::DNS_WAIT_MAX, write(&mut connection, &answer)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }
}

/// A message and its length before it (RFC 1035 §4.2.2); none where it is longer than a question is.
async fn read(connection: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let len = usize::from(connection.read_u16().await?);
    if len > limits::DNS_QUESTION_BYTES_MAX {
        return Ok(None);
    }
    let mut message = vec![0; len];
    connection.read_exact(&mut message).await?;
    Ok(Some(message))
}

async fn write(connection: &mut TcpStream, answer: &[u8]) -> std::io::Result<()> {
    let len = u16::try_from(answer.len()).map_err(std::io::Error::other)?;
    connection.write_all(&[&len.to_be_bytes(), answer].concat()).await
}

/// Answers datagrams until the daemon drains. An answer that the system has no room for is lost, as datagrams are.
pub async fn datagrams<D>(socket: UdpSocket, door: D, metrics: Metrics, drain: CancellationToken)
where
    D: Fn() -> Option<Arc<Door>>,
{
    let mut buffer = vec![0; limits::DNS_QUESTION_BYTES_MAX];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = drain.cancelled() => return,
        };
        let (Ok((len, peer)), Some(door)) = (received, door()) else {
            // An error is of an answer that nobody waited for, or of the machine; in the second case this would spin (F9).
            sleep(limits::DNS_REST).await;
            continue;
        };
        let question = buffer.get(..len).unwrap_or_default();
        // A panic ends this answer and no other (hostile F37).
        match catch_unwind(AssertUnwindSafe(|| answer(question, &door.zone.load(), Carrier::Datagram))) {
            Ok(Some(answer)) => drop(socket.try_send_to(&answer, peer)),
            Ok(None) => {}
            Err(_) => drop(metrics.panics.inc()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::address::Domain;
    use crate::zone::{Facts, Policy};

    fn zone(address: &str, serial: u32) -> Zone {
        let (domain, hostname) = (Domain::parse("so.vn").unwrap(), Domain::parse("mail.so.vn").unwrap());
        Zone::of(&Facts {
            domain: &domain,
            hostname: &hostname,
            addresses: &[address.parse().unwrap()],
            services: &[],
            senders: &[],
            policy: Policy::default(),
            keys: &[],
            serial,
        })
        .unwrap()
    }

    #[test]
    fn a_zone_gets_another_number_when_it_says_something_else() {
        let door = Door::new(zone("10.1.1.10", 1), CancellationToken::new());
        for (address, serial, expected) in [("10.1.1.10", 2, 1), ("10.1.1.11", 3, 3), ("10.1.1.11", 4, 3)] {
            door.renew(zone(address, serial));
            assert_eq!(**door.zone.load(), zone(address, expected));
        }
    }
}
