//! LIST and LSUB: RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 3501 §6.3.9.

use super::status::Items;
use crate::imap::connection::Connection;
use crate::imap::listing::{Children, Listed, Names, Selection};
use crate::imap::pattern::Pattern;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::syntax::{Dialect, List, ListForm, ListReturn, ListSelection, Lsub, print};
use crate::imap::tell;
use crate::store::Folder;

/// Names folders.
pub(super) async fn list(c: &mut Connection, args: List) -> Result<Done, Stop> {
    let mailbox = c.session.login()?.mailbox;
    if args.form == ListForm::Basic && args.patterns.iter().all(String::is_empty) {
        // A question for the separator: RFC 9051 §6.3.9.
        c.wire.queue(b"* LIST (\\Noselect) \"/\" \"\"\r\n");
        return Ok(Done::Plainly);
    }
    let mut status = None;
    for option in &args.returns {
        match option {
            ListReturn::Status(items) => status = Some(Items::new(c, items)?),
            ListReturn::MyRights => return Err(Refusal::NotOffered.into()),
            ListReturn::Subscribed | ListReturn::Children | ListReturn::SpecialUse => {}
        }
    }
    let asked = |option| args.selection.contains(&option);
    let selection = Selection {
        subscribed: asked(ListSelection::Subscribed),
        special_use: asked(ListSelection::SpecialUse),
        recursive: asked(ListSelection::RecursiveMatch),
    };
    let tells_subscribed = selection.subscribed || args.returns.contains(&ListReturn::Subscribed);
    let folders = c.services.store.folders(mailbox).await?;
    let subscriptions = if tells_subscribed { c.services.store.subscriptions(mailbox).await? } else { Vec::new() };
    let patterns: Vec<Pattern> = args.patterns.iter().map(|p| Pattern::new(&args.reference, p)).collect();
    let dialect = c.session.dialect();
    let mut out = Vec::new();
    for listed in Names::new(&folders, &subscriptions).list(&patterns, selection) {
        print_listed(&mut out, &listed, dialect, tells_subscribed);
        if let (Some(status), Some(folder)) = (&status, listed.folder.filter(|f| f.selectable)) {
            status.print(&mut out, folder);
        }
        tell::send_full(c, &mut out).await?;
    }
    c.wire.queue(&out);
    Ok(Done::Plainly)
}

/// Names subscriptions.
pub(super) async fn lsub(c: &mut Connection, args: Lsub) -> Result<Done, Stop> {
    let mailbox = c.session.login()?.mailbox;
    let subscriptions = c.services.store.subscriptions(mailbox).await?;
    let dialect = c.session.dialect();
    let pattern = Pattern::new(&args.reference, &args.pattern);
    let mut out = Vec::new();
    for (name, subscribed) in Names::new(&[], &subscriptions).lsub(&pattern, args.pattern.ends_with('%')) {
        out.extend_from_slice(b"* LSUB ");
        print::list(&mut out, (!subscribed).then_some("\\Noselect"));
        out.extend_from_slice(b" \"/\" ");
        print::mailbox(&mut out, name, dialect);
        out.extend_from_slice(b"\r\n");
        tell::send_full(c, &mut out).await?;
    }
    c.wire.queue(&out);
    Ok(Done::Plainly)
}

/// `* LIST () "/" name`, as SELECT tells it of a folder without more: RFC 9051 §6.3.2.
pub(super) fn line(out: &mut Vec<u8>, folder: &Folder, dialect: Dialect) {
    out.extend_from_slice(b"* LIST () \"/\" ");
    print::mailbox(out, folder.name.as_str(), dialect);
    out.extend_from_slice(b"\r\n");
}

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP DQUOTE QUOTED-CHAR DQUOTE SP mailbox [SP mbox-list-extended]
/// ```
/// Children and special use are told unasked, as RFC 3348 and RFC 6154 §2 allow.
fn print_listed(out: &mut Vec<u8>, listed: &Listed<'_>, dialect: Dialect, tells_subscribed: bool) {
    let there = match listed.folder {
        None => Some("\\NonExistent"),
        Some(folder) if !folder.selectable => Some("\\Noselect"),
        Some(_) => None,
    };
    let children = match listed.children {
        Children::Some => "\\HasChildren",
        Children::None => "\\HasNoChildren",
    };
    let subscribed = (listed.subscribed && tells_subscribed).then_some("\\Subscribed");
    let special_use = listed.folder.and_then(|f| f.special_use).map(crate::store::SpecialUse::attribute);
    out.extend_from_slice(b"* LIST ");
    print::list(out, there.into_iter().chain([children]).chain(subscribed).chain(special_use));
    out.extend_from_slice(b" \"/\" ");
    print::mailbox(out, listed.name, dialect);
    if listed.child_meant {
        out.extend_from_slice(b" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
    }
    out.extend_from_slice(b"\r\n");
}
