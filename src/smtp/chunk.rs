//! BDAT: a message that comes in pieces of a size told beforehand (RFC 3030 §2).
//!
//! Whatever becomes of a chunk, all of its octets are read, so that what follows is heard as commands.

use tokio::time::Instant;

use super::connection::Connection;
use super::data::Framing;
use super::incoming::{Incoming, Partial};
use super::receive::Interruption;
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::session::{Answer, ChunkOf};
use super::syntax::{Chunk, ChunkPlace};
use crate::limits;
use crate::net::{Wire, WireError};

impl Connection<'_> {
    /// Reads a chunk, and says what became of it.
    pub(super) async fn chunk(
        &mut self,
        wire: &mut Wire,
        chunk: Chunk,
        of: ChunkOf<Partial>,
    ) -> Result<Answer, WireError> {
        let mut partial = match of {
            ChunkOf::Beginning(transaction) => {
                self.discarded = 0;
                self.begin(wire, transaction, Framing::Chunks)
            }
            ChunkOf::Rest(partial) => partial,
            ChunkOf::Nothing(answer) => {
                return match self.read_chunk(wire, chunk.size, None).await {
                    Ok(()) => Ok(answer),
                    Err(interruption) => interruption.answer(),
                };
            }
        };
        if let Err(interruption) = self.read_chunk(wire, chunk.size, Some(&mut partial.incoming)).await {
            return interruption.answer();
        }
        Ok(Answer::Say(self.take_chunk(chunk.place, partial).await))
    }

    async fn take_chunk(&mut self, place: ChunkPlace, mut partial: Partial) -> Reply {
        match (place, partial.incoming.fault()) {
            (ChunkPlace::Within, None) => {
                self.session.collected(partial);
                reply::CHUNK_OK
            }
            // The session goes on throwing away what was sent behind it.
            (ChunkPlace::Within, Some(fault)) => self.refused(&partial.id, fault.into()),
            (ChunkPlace::Last, _) => {
                self.session.collected_all();
                partial.incoming.end();
                self.finish(partial).await
            }
        }
    }

    /// Takes the octets off the connection. What is thrown away of one message is bounded.
    async fn read_chunk(
        &mut self,
        wire: &mut Wire,
        size: u64,
        mut into: Option<&mut Incoming>,
    ) -> Result<(), Interruption> {
        let by = into.as_ref().map_or_else(|| Instant::now() + limits::SMTP_MESSAGE_WAIT_MAX, |incoming| incoming.by);
        let mut missing = size;
        while missing > 0 {
            let input = self.input(wire, by).await?;
            let here = usize::try_from(missing).map_or(input.len(), |missing| missing.min(input.len()));
            if let Some(incoming) = into.as_mut() {
                incoming.take(input.get(..here).unwrap_or(input));
            }
            wire.consume(here);
            missing -= here as u64;
            if into.as_ref().is_none_or(|incoming| incoming.fault().is_some()) {
                self.discarded += here;
                if self.discarded > limits::SMTP_DISCARD_BYTES_MAX {
                    let fault = into.and_then(|incoming| incoming.fault());
                    return Err(fault.map_or_else(|| Refusal::TooLarge.into(), |f| Interruption::Refused(f.into())));
                }
            }
        }
        Ok(())
    }
}
