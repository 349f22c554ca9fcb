//! A message as every server and mail program can take it: what was sent as binary (RFC 3030) is kept and relayed in
//! base64, and so are lines that are too long for the next server (RFC 6409 §8.4).

use super::data::DataFault;
use super::incoming::Room;
use super::session::Transaction;
use super::standing::Standing;
use super::syntax::Body;
use crate::mime::{Lines, LinesError, in_lines};

/// Encodes what needs it of a message behind its trace field. Of a stranger's text nothing does: it is kept as it came.
///
/// # Errors
/// [`DataFault`] for what cannot be encoded, and where there is no memory for both forms.
pub(super) fn plain(
    bytes: Vec<u8>,
    trace_len: usize,
    (transaction, client): (&Transaction, Standing<'_>),
    room: &mut Room,
) -> Result<Vec<u8>, DataFault> {
    let message = bytes.get(trace_len..).unwrap_or_default();
    let is_author = matches!(client, Standing::Person(_) | Standing::Device(_));
    let is_long = || is_author && Lines::of(message) == Lines::Long;
    if transaction.mail.body == Body::Text && !is_long() {
        return Ok(bytes);
    }
    // Base64 and its line ends make 37 octets of 27.
    let most = bytes.len() + message.len() / 27 * 10 + SPARE;
    room.grow_to(bytes.capacity() + most)?;
    let mut out = Vec::with_capacity(most);
    out.extend_from_slice(bytes.get(..trace_len).unwrap_or_default());
    tokio::task::block_in_place(|| in_lines(message, &mut out)).map_err(|error| match error {
        LinesError::LineEnd => DataFault::LineEnd,
        LinesError::Nul => DataFault::Nul,
    })?;
    Ok(out)
}

/// For fields that are added; more of them make the buffer grow once.
const SPARE: usize = 4096;
