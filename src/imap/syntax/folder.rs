//! Commands on folders: SELECT, CREATE, RENAME, STATUS (RFC 9051 §6.3, RFC 6154 and 7162).

use super::cursor::{Cursor, Parsed, add_new};
use super::{Cause, MailboxArg, SequenceSet, sequence};
use crate::id::ModSeq;
use crate::limits::IMAP_LIST_OPTIONS_MAX;

/// The arguments of SELECT and EXAMINE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// Which folder.
    pub mailbox: MailboxArg,
    /// What stands in parentheses behind it.
    pub parameters: Vec<SelectParameter>,
}

/// A parameter of SELECT: RFC 7162 §3.1.8 and §3.2.5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectParameter {
    /// `CONDSTORE`
    CondStore,
    /// `QRESYNC (…)`
    QResync(QResync),
}

/// What a client remembers of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QResync {
    /// The UIDVALIDITY it knew; never 0.
    pub uid_validity: u32,
    /// The HIGHESTMODSEQ it knew; never 0.
    pub mod_seq: ModSeq,
    /// The UIDs it knows, without `*`.
    pub known: Option<SequenceSet>,
    /// Some sequence numbers and their UIDs, without `*`, as many of one as of the other.
    pub matched: Option<(SequenceSet, SequenceSet)>,
}

/// The arguments of CREATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The new folder, perhaps with a separator at its end.
    pub mailbox: MailboxArg,
    /// `USE (…)`: RFC 6154 §3.
    pub uses: Vec<SpecialUse>,
}

/// What a folder is for: RFC 6154 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialUse {
    /// `\All`
    All,
    /// `\Archive`
    Archive,
    /// `\Drafts`
    Drafts,
    /// `\Flagged`
    Flagged,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
}

/// The arguments of RENAME.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The old name.
    pub from: MailboxArg,
    /// The new name.
    pub to: MailboxArg,
}

/// The arguments of STATUS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Which folder.
    pub mailbox: MailboxArg,
    /// What of it; at least one, nothing twice.
    pub items: Vec<StatusItem>,
}

/// What STATUS tells: RFC 9051 §6.3.11, RFC 7162 §3.1.7, RFC 7889 §5, RFC 9208 §4.1.4, RFC 8474 §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// `MESSAGES`
    Messages,
    /// `RECENT`: only RFC 3501
    Recent,
    /// `UIDNEXT`
    UidNext,
    /// `UIDVALIDITY`
    UidValidity,
    /// `UNSEEN`
    Unseen,
    /// `SIZE`
    Size,
    /// `DELETED`
    Deleted,
    /// `DELETED-STORAGE`
    DeletedStorage,
    /// `HIGHESTMODSEQ`
    HighestModSeq,
    /// `APPENDLIMIT`
    AppendLimit,
    /// `MAILBOXID`
    MailboxId,
}

/// ` mailbox`, of commands that have no other argument.
pub(in crate::imap) fn name(cursor: &mut Cursor) -> Parsed<MailboxArg> {
    cursor.space()?;
    cursor.mailbox()
}

/// ```abnf
/// select       = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]
/// select-param = "CONDSTORE" / "QRESYNC" SP "(" … ")"
/// ```
pub(in crate::imap) fn select(cursor: &mut Cursor) -> Parsed<Select> {
    let mailbox = name(cursor)?;
    let mut parameters = Vec::new();
    if cursor.take(b' ') {
        parameters = cursor.nonempty_list("parameters", 2, |cursor| {
            if cursor.take_word("QRESYNC") {
                cursor.space()?;
                return qresync(cursor).map(SelectParameter::QResync);
            }
            cursor.one_of("parameter", &[("CONDSTORE", ())])?;
            Ok(SelectParameter::CondStore)
        })?;
    }
    Ok(Select { mailbox, parameters })
}

/// ```abnf
/// select-param =/ "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
/// seq-match-data = "(" known-sequence-set SP known-uid-set ")"
/// ```
fn qresync(cursor: &mut Cursor) -> Parsed<QResync> {
    cursor.need(b'(', "(")?;
    let uid_validity = cursor.nonzero32()?;
    cursor.space()?;
    let mod_seq = ModSeq(cursor.nonzero64()?);
    let mut qresync = QResync { uid_validity, mod_seq, known: None, matched: None };
    let mut more = cursor.take(b' ');
    if more && cursor.peek() != Some(b'(') {
        qresync.known = Some(numbers_only(cursor)?);
        more = cursor.take(b' ');
    }
    if more {
        cursor.need(b'(', "(")?;
        let numbers = numbers_only(cursor)?;
        cursor.space()?;
        let start = cursor.at();
        let uids = numbers_only(cursor)?;
        if numbers.resolve(0).count() != uids.resolve(0).count() {
            return Err(Cause::Expected("a UID for each number").at(start));
        }
        qresync.matched = Some((numbers, uids));
        cursor.need(b')', ")")?;
    }
    cursor.need(b')', ")")?;
    Ok(qresync)
}

/// A sequence-set without `*`.
fn numbers_only(cursor: &mut Cursor) -> Parsed<SequenceSet> {
    let start = cursor.at();
    let set = sequence::sequence_set(cursor)?;
    if set.has_last() { Err(Cause::Expected("number").at(start)) } else { Ok(set) }
}

/// ```abnf
/// create       = "CREATE" SP mailbox [SP "(" create-param ")"]
/// create-param = "USE" SP "(" [use-attr *(SP use-attr)] ")"        ; RFC 6154 §6
/// ```
pub(in crate::imap) fn create(cursor: &mut Cursor) -> Parsed<Create> {
    let mailbox = name(cursor)?;
    let mut uses = Vec::new();
    if cursor.take(b' ') {
        cursor.need(b'(', "(")?;
        cursor.one_of("USE", &[("USE", ())])?;
        cursor.space()?;
        cursor.list("special uses", SPECIAL_USES.len(), |cursor| {
            add_new(&mut uses, special_use(cursor)?);
            Ok(())
        })?;
        cursor.need(b')', ")")?;
    }
    Ok(Create { mailbox, uses })
}

const SPECIAL_USES: &[(&str, SpecialUse)] = &[
    ("ALL", SpecialUse::All),
    ("ARCHIVE", SpecialUse::Archive),
    ("DRAFTS", SpecialUse::Drafts),
    ("FLAGGED", SpecialUse::Flagged),
    ("JUNK", SpecialUse::Junk),
    ("SENT", SpecialUse::Sent),
    ("TRASH", SpecialUse::Trash),
];

fn special_use(cursor: &mut Cursor) -> Parsed<SpecialUse> {
    let start = cursor.at();
    cursor.need(b'\\', "special use")?;
    cursor.one_of("special use", SPECIAL_USES).map_err(|_| Cause::SpecialUse.at(start))
}

/// ```abnf
/// rename = "RENAME" SP mailbox SP mailbox
/// ```
pub(in crate::imap) fn rename(cursor: &mut Cursor) -> Parsed<Rename> {
    Ok(Rename { from: name(cursor)?, to: name(cursor)? })
}

/// ```abnf
/// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
/// ```
pub(in crate::imap) fn status(cursor: &mut Cursor) -> Parsed<Status> {
    let mailbox = name(cursor)?;
    cursor.space()?;
    Ok(Status { mailbox, items: status_items(cursor)? })
}

pub(super) fn status_items(cursor: &mut Cursor) -> Parsed<Vec<StatusItem>> {
    const ITEMS: &[(&str, StatusItem)] = &[
        ("MESSAGES", StatusItem::Messages),
        ("RECENT", StatusItem::Recent),
        ("UIDNEXT", StatusItem::UidNext),
        ("UIDVALIDITY", StatusItem::UidValidity),
        ("UNSEEN", StatusItem::Unseen),
        ("SIZE", StatusItem::Size),
        ("DELETED", StatusItem::Deleted),
        ("DELETED-STORAGE", StatusItem::DeletedStorage),
        ("HIGHESTMODSEQ", StatusItem::HighestModSeq),
        ("APPENDLIMIT", StatusItem::AppendLimit),
        ("MAILBOXID", StatusItem::MailboxId),
    ];
    let mut items = Vec::new();
    cursor.nonempty_list("status items", IMAP_LIST_OPTIONS_MAX, |cursor| {
        add_new(&mut items, cursor.one_of("status item", ITEMS)?);
        Ok(())
    })?;
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::super::parse::tests::{inbox, read};
    use super::*;

    #[test]
    fn a_folder_is_opened_with_what_the_client_remembers() {
        let select = |parameters| Select { mailbox: inbox(), parameters };
        assert_eq!(read("select \"INBOX\""), Ok(Command::Select(select(vec![]))));
        let condstore = Ok(Command::Examine(select(vec![SelectParameter::CondStore])));
        assert_eq!(read("EXAMINE inbox (CONDSTORE)"), condstore);
        for (known, matched) in [("", ""), (" 41,43:211", ""), ("", " (1,3 9,11)"), (" 1:5", " (1 9)")] {
            let Ok(Command::Select(select)) =
                read(&format!("SELECT x (QRESYNC (67890007 90060115194045000{known}{matched}))"))
            else {
                unreachable!("{known}{matched}")
            };
            let Some(SelectParameter::QResync(qresync)) = select.parameters.first() else { unreachable!() };
            assert_eq!((qresync.uid_validity, qresync.mod_seq), (67_890_007, ModSeq(90_060_115_194_045_000)));
            assert_eq!((qresync.known.is_some(), qresync.matched.is_some()), (!known.is_empty(), !matched.is_empty()));
        }
        assert_eq!(read("SELECT x (QRESYNC (0 1))"), Err(Cause::Number));
        assert_eq!(read("SELECT x (QRESYNC (1 1 (1,2 5)))"), Err(Cause::Expected("a UID for each number")));
        assert_eq!(read("SELECT x (QRESYNC (1 1 1:*))"), Err(Cause::Expected("number")));
        assert_eq!(read("SELECT x (FROB)"), Err(Cause::Expected("parameter")));
    }

    #[test]
    fn a_folder_is_made_for_a_use() {
        let create = |uses| Ok(Command::Create(Create { mailbox: inbox(), uses }));
        assert_eq!(read("CREATE INBOX"), create(vec![]));
        assert_eq!(read("CREATE INBOX (USE (\\drafts \\Sent))"), create(vec![SpecialUse::Drafts, SpecialUse::Sent]));
        assert_eq!(read("CREATE INBOX (USE ())"), create(vec![]));
        assert_eq!(read("CREATE x (USE (\\Frob))"), Err(Cause::SpecialUse));
        assert_eq!(read("CREATE ../x").map(|_| ()), Ok(()));
        assert_eq!(read("RENAME a"), Err(Cause::Expected("space")));
    }

    #[test]
    fn status_tells_each_thing_once() {
        let items =
            vec![StatusItem::UidNext, StatusItem::Messages, StatusItem::DeletedStorage, StatusItem::HighestModSeq];
        let status = Status { mailbox: inbox(), items };
        assert_eq!(
            read("STATUS inbox (UIDNEXT MESSAGES uidnext DELETED-STORAGE HIGHESTMODSEQ)"),
            Ok(Command::Status(status))
        );
        assert_eq!(read("STATUS inbox ()"), Err(Cause::Expected("status items")));
        assert_eq!(read("STATUS inbox (FROB)"), Err(Cause::Expected("status item")));
    }
}
