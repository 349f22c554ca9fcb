//! A message on its way in, with the memory that is set aside for it out of that of all connections.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::data::{DataFault, Decoder};
use super::session::Transaction;
use crate::limits;

/// A message of which a part has come, or nothing yet.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) transaction: Transaction,
    pub(super) incoming: Incoming,
    /// Octets of the trace field on top.
    pub(super) trace_len: usize,
    /// As the log calls it.
    pub(super) id: String,
    /// What it comes under, if it is not in clear.
    pub(super) cipher: Option<String>,
}

/// What has come of it.
#[derive(Debug)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
    decoder: Decoder,
    room: Room,
    /// When all of it must be there.
    pub(super) by: Instant,
}

/// Memory that is set aside, in KiB; given back when dropped.
#[derive(Debug)]
pub(super) struct Room {
    of: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Incoming {
    /// With a trace field, before anything else; the client announced so many octets.
    pub(super) fn new(trace: &[u8], announced: usize, decoder: Decoder, room: &Arc<Semaphore>) -> Self {
        let room = Room { of: Arc::clone(room), held: None };
        let by = Instant::now() + limits::SMTP_MESSAGE_WAIT_MAX;
        let mut incoming = Self { bytes: Vec::new(), decoder, room, by };
        incoming.make_room(trace.len() + announced.min(limits::SMTP_RESERVE_BYTES));
        incoming.bytes.extend_from_slice(trace);
        incoming
    }

    /// Why it will be refused.
    pub(super) fn fault(&self) -> Option<DataFault> {
        self.decoder.fault()
    }

    /// Takes what came; `Some` with the length of what belonged to the message when its end was there.
    pub(super) fn take(&mut self, input: &[u8]) -> Option<usize> {
        if self.decoder.fault().is_none() {
            self.make_room(input.len());
        }
        let end = self.decoder.feed(input, &mut self.bytes);
        if self.decoder.fault().is_some() {
            self.bytes = Vec::new();
            self.room.held = None;
        }
        end
    }

    /// Says that the last chunk has come.
    pub(super) fn end(&mut self) {
        self.decoder.end();
    }

    /// The message with its trace field, and the memory that it takes.
    pub(super) fn whole(self) -> Result<(Vec<u8>, Room), DataFault> {
        self.decoder.fault().map_or(Ok((self.bytes, self.room)), Err)
    }

    /// Sets memory aside before it is used: what the buffer is to grow to, doubling.
    fn make_room(&mut self, more: usize) {
        let needed = self.bytes.len() + more;
        if needed <= self.bytes.capacity() {
            return;
        }
        let grown = needed.max(self.bytes.capacity() * 2);
        match self.room.grow_to(grown) {
            Ok(()) => self.bytes.reserve_exact(grown - self.bytes.len()),
            Err(fault) => self.decoder.refuse(fault),
        }
    }
}

impl Room {
    /// Sets so many octets aside in all.
    ///
    /// # Errors
    /// [`DataFault::NoRoom`] where other messages have it.
    pub(super) fn grow_to(&mut self, octets: usize) -> Result<(), DataFault> {
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(octets.div_ceil(1024).saturating_sub(held)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.of).try_acquire_many_owned(missing).map_err(|_| DataFault::NoRoom)?;
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
        Ok(())
    }
}
