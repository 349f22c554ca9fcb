//! SORT: RFC 5256 §3, RFC 5957, RFC 5267 §3 (ESORT).

use super::search;
use crate::imap::connection::Connection;
use crate::imap::refusal::Stop;
use crate::imap::reply::Done;
use crate::imap::sort;
use crate::imap::syntax::{Sort, Tag, print};
use crate::limits;

/// Finds messages and tells them in an order.
pub(super) async fn sort(c: &mut Connection, tag: &Tag, args: Sort) -> Result<Done, Stop> {
    let found = search::results(c, tag, &args.search).await?;
    let folder = c.session.selected()?.view.folder();
    let results = sort::sort(&c.services, folder, found, &args.criteria).await?;
    if let Some(returns) = args.search.returns {
        search::answer(c, tag, &results, &returns).await?;
    } else {
        let mut out = Vec::new();
        print::found(&mut out, "SORT", results.numbers(), results.mod_seq());
        c.wire.send(&out, limits::WIRE_WRITE_STALL_MAX).await?;
    }
    Ok(Done::Plainly)
}
