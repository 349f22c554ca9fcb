//! LIST and LSUB: RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 8440, RFC 3501 §6.3.9.

use std::collections::HashSet;

use super::metadata;
use super::status::Items;
use crate::acl::Acl;
use crate::imap::connection::Connection;
use crate::imap::listing::{Children, Listed, Names, Selection};
use crate::imap::locate::{self, Located};
use crate::imap::pattern::Pattern;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::syntax::{Dialect, List, ListForm, ListReturn, ListSelection, Lsub, print};
use crate::imap::tell;
use crate::limits;
use crate::store::FolderName;

/// Names folders.
pub(super) async fn list(c: &mut Connection, args: List) -> Result<Done, Stop> {
    if args.form == ListForm::Basic && args.patterns.iter().all(String::is_empty) {
        // A question for the separator: RFC 9051 §6.3.9.
        c.wire.queue(b"* LIST (\\Noselect) \"/\" \"\"\r\n");
        return Ok(Done::Plainly);
    }
    let (mut status, mut metadata) = (None, None);
    for option in &args.returns {
        match option {
            ListReturn::Status(items) => status = Some(Items::new(c, items)),
            ListReturn::Metadata(asked) => metadata = Some(asked),
            ListReturn::MyRights | ListReturn::Subscribed | ListReturn::Children | ListReturn::SpecialUse => {}
        }
    }
    let asked = |option| args.selection.contains(&option);
    let selection = Selection {
        subscribed: asked(ListSelection::Subscribed),
        special_use: asked(ListSelection::SpecialUse),
        recursive: asked(ListSelection::RecursiveMatch),
    };
    let tells_subscribed = selection.subscribed || args.returns.contains(&ListReturn::Subscribed);
    let tells_rights = args.returns.contains(&ListReturn::MyRights);
    let patterns: Vec<Pattern> = args.patterns.iter().map(|p| Pattern::new(&args.reference, p)).collect();
    let wanted = |beginning: &str| patterns.iter().any(|pattern| pattern.may_begin(beginning));
    let folders = locate::visible_where(c, wanted).await?;
    let subscribed = if tells_subscribed { Subscribed::read(c).await? } else { Subscribed::default() };
    let roots = locate::roots(c)?;
    let dialect = c.session.dialect();
    let staff = c.session.login()?.staff();
    let mut out = Vec::new();
    let names = Names::new(&folders, &roots, subscribed.names(&folders)).list(&patterns, selection);
    for some in names.chunks(limits::ANNOTATED_FOLDERS_MAX) {
        let themselves: Vec<_> = some.iter().filter_map(Listed::itself).collect();
        if let Some(status) = &mut status {
            status.look_up(&c.services.store, &themselves).await?;
        }
        let notes = match metadata {
            Some(_) => metadata::Listed::of(&c.services.store, &themselves, staff).await?,
            None => metadata::Listed::default(),
        };
        for listed in some {
            print_listed(&mut out, listed, dialect, tells_subscribed, selection);
            let Some(located) = listed.itself() else { continue };
            // Numbers and annotations are for whoever may read it: RFC 4314 §4, RFC 5464 §4, RFC 5819 §2.
            let readable = located.acl.includes(Acl::READ);
            if let Some(status) = status.as_ref().filter(|_| readable && located.folder.selectable) {
                status.print(&mut out, located);
            }
            if tells_rights {
                super::acl::print_my_rights(&mut out, located, dialect);
            }
            if let Some(asked) = metadata.filter(|_| readable) {
                notes.print(&mut out, asked, located, dialect);
            }
            tell::send_full(c, &mut out).await?;
        }
    }
    c.wire.queue(&out);
    Ok(Done::Plainly)
}

/// What is subscribed to: of the opened mailbox what its clients said, of others everything but what they hid.
#[derive(Default)]
pub(super) struct Subscribed {
    own: Vec<FolderName>,
    hidden: HashSet<crate::id::FolderId>,
    mailbox: Option<crate::id::MailboxId>,
}

impl Subscribed {
    pub(super) async fn read(c: &Connection) -> Result<Self, Refusal> {
        let (mailbox, store) = (c.session.login()?.mailbox, &c.services.store);
        let hidden = store.hidden(mailbox).await?.into_iter().collect();
        Ok(Self { own: store.subscriptions(mailbox).await?, hidden, mailbox: Some(mailbox) })
    }

    pub(super) fn names<'a>(&'a self, folders: &'a [Located]) -> impl Iterator<Item = &'a str> {
        let of_others = folders.iter().filter(|located| self.mailbox.is_some_and(|own| located.folder.mailbox != own));
        let shown = of_others.filter(|located| !self.hidden.contains(&located.folder.id));
        self.own.iter().map(FolderName::as_str).chain(shown.map(|located| located.shown.as_str()))
    }
}

/// Names subscriptions.
pub(super) async fn lsub(c: &mut Connection, args: Lsub) -> Result<Done, Stop> {
    let pattern = Pattern::new(&args.reference, &args.pattern);
    let folders = locate::visible_where(c, |beginning| pattern.may_begin(beginning)).await?;
    let subscribed = Subscribed::read(c).await?;
    let dialect = c.session.dialect();
    let mut out = Vec::new();
    let names = Names::new(&folders, &[], subscribed.names(&folders));
    for (name, subscribed) in names.lsub(&pattern, args.pattern.ends_with('%')) {
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

/// `* LIST () "/" name ("OLDNAME" (name))`, as `IMAP4rev2` tells it of a folder that was opened, made or renamed without
/// more: RFC 9051 §6.3.2, §6.3.9.7. `old`: what the client called it, where that is another name.
pub(super) fn line(out: &mut Vec<u8>, shown: &str, old: Option<&str>, dialect: Dialect) {
    out.extend_from_slice(b"* LIST () \"/\" ");
    print::mailbox(out, shown, dialect);
    if let Some(old) = old {
        out.extend_from_slice(b" (\"OLDNAME\" (");
        print::mailbox(out, old, dialect);
        out.extend_from_slice(b"))");
    }
    out.extend_from_slice(b"\r\n");
}

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP DQUOTE QUOTED-CHAR DQUOTE SP mailbox [SP mbox-list-extended]
/// ```
/// Children and special use are told unasked, as RFC 3348 and RFC 6154 §2 allow.
pub(super) fn print_listed(
    out: &mut Vec<u8>,
    listed: &Listed<'_>,
    dialect: Dialect,
    tells_subscribed: bool,
    selection: Selection,
) {
    let there = match listed.located {
        // A parent of what is subscribed may not even be there.
        None if listed.of_namespace => Some("\\Noselect"),
        None => Some("\\NonExistent"),
        Some(located) if !located.folder.selectable => Some("\\Noselect"),
        Some(_) => None,
    };
    let children = match listed.children {
        Children::Some => "\\HasChildren",
        Children::None => "\\HasNoChildren",
    };
    let subscribed = (listed.subscribed && tells_subscribed).then_some("\\Subscribed");
    let special_use = listed.located.and_then(|located| located.folder.special_use);
    let special_use = special_use.map(crate::store::SpecialUse::attribute);
    out.extend_from_slice(b"* LIST ");
    print::list(out, there.into_iter().chain([children]).chain(subscribed).chain(special_use));
    out.extend_from_slice(b" \"/\" ");
    print::mailbox(out, listed.name, dialect);
    if listed.child_meant {
        let by = [(selection.subscribed, "\"SUBSCRIBED\""), (selection.special_use, "\"SPECIAL-USE\"")];
        out.extend_from_slice(b" (\"CHILDINFO\" ");
        print::list(out, by.into_iter().filter(|(is, _)| *is).map(|(_, name)| name));
        out.push(b')');
    }
    if let Some(old_name) = listed.old_name {
        // RFC 9051 §6.3.9.7.
        out.extend_from_slice(b" (\"OLDNAME\" (");
        print::mailbox(out, old_name, dialect);
        out.extend_from_slice(b"))");
    }
    out.extend_from_slice(b"\r\n");
}
