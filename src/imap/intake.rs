//! The messages of one command on their way in: in memory within its share, the rest set aside.

use tokio::sync::OwnedSemaphorePermit;

use super::Services;
use super::refusal::Refusal;
use crate::limits;
use crate::spool::{Aside, Contents, Nul};

/// What a command brought so far, and what it takes; given back when dropped.
#[derive(Default)]
pub(super) struct Intake {
    /// Octets in memory.
    here: u64,
    aside: Option<Aside>,
    held: Vec<OwnedSemaphorePermit>,
}

/// A message of which a part has come.
pub(super) enum Incoming {
    Here(Vec<u8>),
    /// From where on, in the command's file.
    Aside(u64, Nul),
}

impl Intake {
    /// Begins a message of at most so many octets.
    pub(super) async fn begin(&mut self, services: &Services, octets: u64) -> Result<Incoming, Refusal> {
        if octets <= limits::PARSED_IN_PLACE_BYTES_MAX as u64 && self.here + octets <= limits::INTAKE_BYTES_MAX {
            self.held.push(services.hold(octets).await?);
            self.here += octets;
            return Ok(Incoming::Here(Vec::new()));
        }
        self.held.push(services.spool.room(octets).await?);
        let aside = match self.aside.take() {
            Some(aside) => aside,
            None => services.spool.file()?,
        };
        Ok(Incoming::Aside(self.aside.insert(aside).end(), Nul::Absent))
    }

    /// Adds some of it.
    pub(super) async fn push(&mut self, to: &mut Incoming, octets: &[u8]) -> Result<(), Refusal> {
        match (to, &mut self.aside) {
            (Incoming::Here(here), _) => here.extend_from_slice(octets),
            (Incoming::Aside(_, nul), Some(aside)) => {
                if Nul::of(octets) == Nul::Present {
                    *nul = Nul::Present;
                }
                aside.push(octets).await?;
            }
            (Incoming::Aside(..), None) => return Err(Refusal::Broken),
        }
        Ok(())
    }

    /// All of it has come.
    pub(super) async fn end(&mut self, incoming: Incoming) -> Result<Contents, Refusal> {
        match (incoming, &mut self.aside) {
            (Incoming::Here(octets), _) => Ok(Contents::Here(octets)),
            (Incoming::Aside(start, nul), Some(aside)) => Ok(Contents::Aside(aside.since(start, nul).await?)),
            (Incoming::Aside(..), None) => Err(Refusal::Broken),
        }
    }
}
