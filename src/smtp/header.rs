//! What the door looks for in a message's header: circles, and for our own people who it claims to be from.

use memchr::memmem;

use crate::address::Address;
use crate::delivery::Recipient;
use crate::limits;
use crate::mime::{Field, fields};

/// Why a message is refused for its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// It was here before, or has been everywhere (hostile B31).
    #[error("the message goes round in a circle")]
    Loop,
    /// A line among the fields is none, so that readers would disagree where the header ends.
    #[error("a line of the header is not a field")]
    Malformed,
    /// A field that may be there once is there twice.
    #[error("the field {0} is there more than once")]
    Repeated(&'static str),
    /// A field that is to name one person names several.
    #[error("the field {0} names more than one address")]
    Several(&'static str),
    /// A field that is to name one person cannot be read in one way only.
    #[error("the field {0} does not name one address in plain terms")]
    Unclear(&'static str),
    /// A field names somebody by a machine alone (RFC 6409 §4.2).
    #[error("the field {0} names an address without a whole domain")]
    NotQualified(&'static str),
    /// A line is longer than RFC 5322 §2.1.1 allows.
    #[error("a line of the header is longer than {} octets", limits::TEXT_LINE_BYTES_MAX)]
    LongLine,
    /// Somebody outside speaks in the name of one of us.
    #[error("who writes from an address of this domain logs in first")]
    InsideFromOutside,
    /// A field names somebody whom the sender may not speak for.
    #[error("the field {0} names an address that is not yours")]
    NotOwn(&'static str),
}

/// The header: everything up to the blank line. A message without one has an empty header.
pub fn block(message: &[u8]) -> &[u8] {
    if message.starts_with(b"\r\n") {
        return &[];
    }
    let end = memmem::find(message, b"\r\n\r\n").map_or(message.len(), |at| at + 2);
    message.get(..end).unwrap_or(message)
}

/// The header of a message that one of our own programs wrote: all of it fields, or nothing if the first line is none,
/// because then there is no header (RFC 5322 §2.1).
///
/// # Errors
/// [`HeaderFault::Malformed`] where fields are followed by something else.
pub fn strict_block(message: &[u8]) -> Result<&[u8], HeaderFault> {
    let header = block(message);
    let first_line = memmem::find(header, b"\r\n").and_then(|end| header.get(..end)).unwrap_or(header);
    if !fields(first_line).next().is_some_and(|field| is_well_named(&field)) {
        return Ok(&[]);
    }
    let in_fields: usize = fields(header).filter(is_well_named).map(|field| field.raw.len()).sum();
    if in_fields == header.len() { Ok(header) } else { Err(HeaderFault::Malformed) }
}

/// ```abnf
/// field-name = 1*ftext
/// ftext      = %d33-57 / %d59-126
/// ```
/// RFC 5322 §3.6.8; white space before the colon is that of §4.5.
fn is_well_named(field: &Field<'_>) -> bool {
    !field.name.is_empty() && field.name.iter().all(u8::is_ascii_graphic)
}

/// Finds a message that has been through too many hands, or through one of these mailboxes.
///
/// # Errors
/// [`HeaderFault::Loop`].
pub fn check_loop(header: &[u8], recipients: &[Recipient]) -> Result<(), HeaderFault> {
    let mut received = 0;
    for field in fields(header) {
        if field.is("Received") {
            received += 1;
        } else if field.is("Delivered-To") && names_one_of(&field, recipients) {
            return Err(HeaderFault::Loop);
        }
    }
    if received > limits::RECEIVED_FIELDS_MAX { Err(HeaderFault::Loop) } else { Ok(()) }
}

fn names_one_of(field: &Field<'_>, recipients: &[Recipient]) -> bool {
    let text = field.unfolded();
    let named = std::str::from_utf8(&text).ok().and_then(|text| Address::parse(text).ok());
    named.is_some_and(|address| recipients.iter().any(|recipient| recipient.address == address))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::delivery::Destination;
    use crate::id::MailboxId;
    use crate::queue::RecipientDsn;

    #[test]
    fn the_header_ends_at_the_first_blank_line() {
        assert_eq!(block(b"A: b\r\n\r\nc\r\n\r\n"), b"A: b\r\n");
        assert_eq!(block(b"\r\nA: b\r\n"), b"");
        assert_eq!(block(b"A: b\r\n"), b"A: b\r\n");
    }

    #[test]
    fn a_header_is_all_fields_or_there_is_none() {
        assert_eq!(strict_block(b"A: b\r\n c\r\nD : e\r\n\r\nx"), Ok(&b"A: b\r\n c\r\nD : e\r\n"[..]));
        assert_eq!(strict_block(b"Dear all,\r\nFrom: x\r\n\r\n"), Ok(&b""[..]));
        assert_eq!(strict_block(b"Dear all: hello\r\n\r\n"), Ok(&b""[..]));
        assert_eq!(strict_block(b"A: b\r\njunk\r\nFrom: x\r\n\r\n"), Err(HeaderFault::Malformed));
    }

    #[test]
    fn circles_are_found() {
        let us = ["a@x.vn", "b@x.vn"].map(|address| Recipient {
            destination: Destination::Mailbox(MailboxId(1)),
            address: Address::parse(address).unwrap(),
            dsn: RecipientDsn::default(),
        });
        let hops = |count: usize| "Received: x\r\n".repeat(count).into_bytes();
        assert_eq!(check_loop(&hops(50), &us), Ok(()));
        assert_eq!(check_loop(&hops(51), &us), Err(HeaderFault::Loop));
        assert_eq!(check_loop(b"Delivered-To: B@x.vn\r\n", &us), Err(HeaderFault::Loop));
        assert_eq!(check_loop(b"Delivered-To: c@x.vn\r\n", &us), Ok(()));
    }
}
