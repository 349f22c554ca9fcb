//! CAPABILITY, ID, LOGOUT, STARTTLS, COMPRESS, ENABLE, NAMESPACE.

use crate::directory::{SHARED, UNITS};
use crate::imap::connection::Connection;
use crate::imap::refusal::{Farewell, Refusal};
use crate::imap::reply::{self, Done};
use crate::imap::session::{Gone, Revision, Utf8};
use crate::imap::syntax::print;
use crate::imap::tell;

/// RFC 9051 §6.1.1.
pub(super) fn capability(c: &mut Connection) -> Done {
    let line = format!("* CAPABILITY {}\r\n", c.capabilities());
    c.wire.queue(line.as_bytes());
    Done::Plainly
}

/// RFC 2971. What the client says of itself is not kept.
pub(super) fn id(c: &mut Connection) -> Done {
    let line =
        concat!("* ID (\"name\" \"hopthu\" \"version\" \"", env!("CARGO_PKG_VERSION"), "\" \"vendor\" \"hopthu\")\r\n");
    c.wire.queue(line.as_bytes());
    Done::Plainly
}

/// RFC 9051 §6.1.3; the connection is closed after the tagged answer.
pub(super) fn logout(c: &mut Connection) -> Done {
    let mut text = Vec::new();
    reply::bye(&mut text, Farewell::Asked, c.services.settings.language);
    c.wire.queue(&text);
    Done::Plainly
}

/// RFC 9051 §6.2.1; the handshake follows the tagged answer.
pub(super) fn start_tls(c: &mut Connection) -> Result<Done, Refusal> {
    match c.wire.stream() {
        stream if stream.is_secure() => Err(Refusal::SecureAlready),
        // TLS would have to go under the compression (RFC 4978 §3), where it can no longer be put.
        stream if stream.is_deflated() => Err(Refusal::CompressedAlready),
        _ => Ok(Done::Plainly),
    }
}

/// RFC 4978 §3; compression begins behind the tagged answer.
pub(super) fn compress(c: &mut Connection) -> Result<Done, Refusal> {
    if c.wire.stream().is_deflated() { Err(Refusal::CompressedAlready) } else { Ok(Done::Plainly) }
}

/// RFC 5161: what is not known is passed over.
pub(super) fn enable(c: &mut Connection, names: &[String]) -> Done {
    let mut line = "* ENABLED".to_owned();
    for name in names {
        let enabled = match name.as_str() {
            "CONDSTORE" => {
                tell::mod_sequences(c);
                " CONDSTORE"
            }
            "QRESYNC" => {
                tell::mod_sequences(c);
                c.session.gone = Gone::Vanished;
                " QRESYNC"
            }
            "IMAP4REV2" => {
                c.session.revision = Revision::Two;
                " IMAP4rev2"
            }
            "UTF8=ACCEPT" => {
                c.session.utf8 = Utf8::Accept;
                " UTF8=ACCEPT"
            }
            _ => continue,
        };
        line.push_str(enabled);
    }
    line.push_str("\r\n");
    c.wire.queue(line.as_bytes());
    Done::Plainly
}

/// RFC 2342: the opened mailbox, those of units that one may use, and what units share.
pub(super) fn namespace(c: &mut Connection) -> Done {
    let dialect = c.session.dialect();
    let mut line = b"* NAMESPACE ((\"\" \"/\"))".to_vec();
    for name in [UNITS, SHARED] {
        line.extend_from_slice(b" ((");
        print::mailbox(&mut line, &format!("{name}/"), dialect);
        line.extend_from_slice(b" \"/\"))");
    }
    line.extend_from_slice(b"\r\n");
    c.wire.queue(&line);
    Done::Plainly
}
