//! SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS: RFC 4314.
//!
//! What the directory gives cannot be taken here: it is the holder's office. Whoever answers for a unit's or the
//! department's mailbox may give more, on one folder, to a person by address or to a unit as `unit=<code>`. Everybody is
//! `anyone`, whom only the administrator gives something.

use crate::acl::Acl;
use crate::address::Address;
use crate::directory::{Grantee, Mailbox, Owner, Snapshot};
use crate::imap::connection::Connection;
use crate::imap::locate::{self, Located};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::syntax::{AclChange, AclEntry, Dialect, MailboxArg, RightsChange, print};
use crate::provisioning::{Act, OpenFolder, Order, To};
use crate::store::StoreError;

const ANYONE: &str = "anyone";
const UNIT: &str = "unit=";

/// Who has one of these is told what they have; for all others it is not there: RFC 4314 §4.
const KNOWN: Acl =
    Acl::LOOKUP.and(Acl::READ).and(Acl::INSERT).and(Acl::CREATE).and(Acl::DELETE_FOLDER).and(Acl::ADMINISTER);

/// RFC 4314 §3.1.
pub(super) async fn set(c: &mut Connection, args: AclChange) -> Result<Done, Stop> {
    let AclChange { mailbox, identifier, change, rights } = args;
    let rights: Acl = rights.parse().map_err(|_| Refusal::UnknownRight)?;
    give(c, &mailbox, &identifier, |before| match change {
        RightsChange::Replace => rights,
        RightsChange::Add => before.and(rights),
        RightsChange::Remove => before.without(rights),
    })
    .await
}

/// RFC 4314 §3.2.
pub(super) async fn delete(c: &mut Connection, args: AclEntry) -> Result<Done, Stop> {
    give(c, &args.mailbox, &args.identifier, |_| Acl::NONE).await
}

async fn give(
    c: &mut Connection,
    name: &MailboxArg,
    identifier: &str,
    change: impl FnOnce(Acl) -> Acl,
) -> Result<Done, Stop> {
    let located = locate::folder(c, name, Acl::ADMINISTER).await?;
    let snapshot = c.services.directory.snapshot();
    let mailbox = snapshot.mailbox(located.folder.mailbox).and_then(Mailbox::primary).cloned();
    let (mailbox, grantee) = (mailbox.ok_or(Refusal::NoPermission)?, grantee(&snapshot, identifier)?);
    let to = match identifier.strip_prefix(UNIT) {
        // Granting to everybody is the administrator's alone.
        None if identifier == ANYONE => return Err(Refusal::NoPermission.into()),
        None => To::Staff(identifier.to_owned()),
        Some(code) => To::Unit(code.to_owned()),
    };
    let mut before = snapshot.granted_on(located.folder.id).filter(|grant| grant.to == grantee);
    let rights = change(before.next().map(|grant| grant.rights).unwrap_or_default());
    let act = OpenFolder { mailbox, folder: located.folder.id, path: located.shown, to, rights };
    let login = c.session.login()?;
    let actor = login.actor();
    let order = Order { by: Some(login.authority()), ..Order::new(&actor, None, vec![Act::OpenFolder(act)]) };
    c.services.provisioning.execute(order).await.map_err(Refusal::from)?;
    Ok(Done::Plainly)
}

fn grantee(snapshot: &Snapshot, identifier: &str) -> Result<Grantee, Refusal> {
    if identifier == ANYONE {
        return Ok(Grantee::Anyone);
    }
    if let Some(code) = identifier.strip_prefix(UNIT) {
        return snapshot.unit_by_code(code).map(|unit| Grantee::Unit(unit.id)).ok_or(Refusal::UnknownIdentifier);
    }
    let address: Option<Address> = identifier.parse().ok();
    let owner = address.and_then(|address| snapshot.holder(&address).map(|mailbox| mailbox.owner));
    match owner {
        Some(Owner::Staff(staff)) => Ok(Grantee::Staff(staff)),
        Some(Owner::Unit(_) | Owner::Department) | None => Err(Refusal::UnknownIdentifier),
    }
}

/// How somebody is called here; `None` for who is gone.
fn identifier(snapshot: &Snapshot, grantee: Grantee) -> Option<String> {
    match grantee {
        Grantee::Anyone => Some(ANYONE.to_owned()),
        Grantee::Unit(id) => snapshot.unit(id).map(|unit| format!("{UNIT}{}", unit.code)),
        Grantee::Staff(id) => snapshot.of(Owner::Staff(id)).and_then(Mailbox::primary).map(Address::to_string),
    }
}

/// RFC 4314 §3.3.
pub(super) async fn get(c: &mut Connection, name: &MailboxArg) -> Result<Done, Stop> {
    let located = locate::folder(c, name, Acl::ADMINISTER).await?;
    let snapshot = c.services.directory.snapshot();
    let mut line = b"* ACL ".to_vec();
    print::mailbox(&mut line, &located.shown, c.session.dialect());
    let location = located.location();
    let held = snapshot.acl_of(location.mailbox, location.tree(), located.folder.id, c.services.clock.today());
    for (grantee, acl) in held {
        if let Some(identifier) = identifier(&snapshot, grantee) {
            line.push(b' ');
            print::astring(&mut line, identifier.as_bytes());
            line.push(b' ');
            line.extend_from_slice(letters(acl).as_bytes());
        }
    }
    line.extend_from_slice(b"\r\n");
    c.wire.queue(&line);
    Ok(Done::Plainly)
}

/// RFC 4314 §3.4: what somebody has anyway, then what could be given beside, each right by itself.
pub(super) async fn list(c: &mut Connection, args: AclEntry) -> Result<Done, Stop> {
    let located = locate::folder(c, &args.mailbox, Acl::ADMINISTER).await?;
    let snapshot = c.services.directory.snapshot();
    let (location, today) = (located.location(), c.services.clock.today());
    let always = match grantee(&snapshot, &args.identifier)? {
        Grantee::Staff(staff) => snapshot.acl(staff, location.mailbox, location.tree(), None, today),
        Grantee::Unit(_) | Grantee::Anyone => Acl::NONE,
    };
    let mut line = b"* LISTRIGHTS ".to_vec();
    print::mailbox(&mut line, &located.shown, c.session.dialect());
    line.push(b' ');
    print::astring(&mut line, args.identifier.as_bytes());
    line.push(b' ');
    print::astring(&mut line, letters(always).as_bytes());
    for right in Acl::ALL.without(always).each() {
        line.push(b' ');
        line.extend_from_slice(right.to_string().as_bytes());
    }
    line.extend_from_slice(b"\r\n");
    c.wire.queue(&line);
    Ok(Done::Plainly)
}

/// RFC 4314 §3.5.
pub(super) async fn mine(c: &mut Connection, name: &MailboxArg) -> Result<Done, Stop> {
    let located = locate::folder(c, name, Acl::NONE).await?;
    if !located.acl.meets(KNOWN) {
        return Err(StoreError::NoSuchFolder.into());
    }
    let mut line = Vec::new();
    print_my_rights(&mut line, &located, c.session.dialect());
    c.wire.queue(&line);
    Ok(Done::Plainly)
}

/// `* MYRIGHTS name rights`
pub(super) fn print_my_rights(out: &mut Vec<u8>, located: &Located, dialect: Dialect) {
    out.extend_from_slice(b"* MYRIGHTS ");
    print::mailbox(out, &located.shown, dialect);
    out.push(b' ');
    print::astring(out, letters(located.acl).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The rights, with those of RFC 2086 behind them for clients that know no others (RFC 4314 §2.1.1).
fn letters(acl: Acl) -> String {
    let deletes = Acl::DELETE_MESSAGES.and(Acl::EXPUNGE).and(Acl::DELETE_FOLDER);
    let mut letters = acl.to_string();
    for (rights, letter) in [(Acl::CREATE, 'c'), (deletes, 'd')] {
        if acl.meets(rights) {
            letters.push(letter);
        }
    }
    letters
}
