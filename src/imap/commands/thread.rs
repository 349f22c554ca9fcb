//! THREAD: RFC 5256 §3.

use super::search;
use crate::imap::connection::Connection;
use crate::imap::headers;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::results::Results;
use crate::imap::syntax::{Algorithm, Numbers, Tag, Thread};
use crate::imap::thread::{OrderedSubject, References, Threading};
use crate::{limits, mime};

/// Finds messages and tells how they belong together.
pub(super) async fn thread(c: &mut Connection, tag: &Tag, args: Thread) -> Result<Done, Stop> {
    let results = search::results(c, tag, &args.search).await?;
    let line = match args.algorithm {
        Algorithm::OrderedSubject => line(c, results, OrderedSubject::default()).await?,
        Algorithm::References => line(c, results, References::default()).await?,
    };
    c.wire.send(&line, limits::WIRE_WRITE_STALL_MAX).await?;
    Ok(Done::Plainly)
}

/// What goes through the messages.
struct Gathering<T> {
    threading: T,
    numbers: Numbers,
    sent: std::vec::IntoIter<i64>,
}

/// `* THREAD (…)(…)`
async fn line<T: Threading>(c: &Connection, results: Results, threading: T) -> Result<Vec<u8>, Stop> {
    let Results { messages, numbers, .. } = results;
    let folder = c.session.selected()?.view.folder();
    let sent = headers::sent(&c.services, &messages).await?.into_iter();
    let gathering = Gathering { threading, numbers, sent };
    let gathering = headers::fold(&c.services, folder, &messages, gathering, |gathering, message, header| {
        let number = match gathering.numbers {
            Numbers::Sequence => message.sequence,
            Numbers::Uid => message.entry.uid.0,
        };
        let sent = gathering.sent.next().unwrap_or_default();
        gathering.threading.add(number, sent, &mime::thread(header));
    });
    let gathering = gathering.await?;
    let print = tokio::task::spawn_blocking(move || {
        let mut out = b"* THREAD".to_vec();
        let forest = gathering.threading.finish();
        if !forest.is_empty() {
            out.push(b' ');
            forest.print(&mut out);
        }
        out.extend_from_slice(b"\r\n");
        out
    });
    Ok(print.await.map_err(|_| Refusal::Broken)?)
}
