//! Commands on folders: SELECT, CREATE, RENAME, LIST, LSUB, STATUS (RFC 9051 §6.3, RFC 5258, 5819, 6154, 7162, 8440).

use super::cursor::{Cursor, Parsed, add_new};
use super::{Cause, MailboxArg, SequenceSet, sequence};
use crate::id::ModSeq;
use crate::limits::{IMAP_LIST_OPTIONS_MAX, IMAP_LIST_PATTERNS_MAX};

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
    /// Some sequence numbers and their UIDs, without `*`, both of one length as far as spelled.
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

/// The arguments of LIST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// How it was asked, which decides on what goes without saying.
    pub form: ListForm,
    /// Which folders: RFC 5258 §3.1.
    pub selection: Vec<ListSelection>,
    /// In front of every pattern; often empty. Decoded.
    pub reference: String,
    /// Names with `*` and `%`, at least one. Decoded.
    pub patterns: Vec<String>,
    /// What to tell of them: RFC 5258 §3.2.
    pub returns: Vec<ListReturn>,
}

/// LIST of RFC 3501, or of RFC 5258.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// No options, one pattern without parentheses: an empty pattern asks for the separator.
    Basic,
    /// Anything else.
    Extended,
}

/// Which folders LIST names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSelection {
    /// `SUBSCRIBED`
    Subscribed,
    /// `REMOTE`
    Remote,
    /// `RECURSIVEMATCH`, never alone
    RecursiveMatch,
    /// `SPECIAL-USE`
    SpecialUse,
}

/// What LIST tells of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListReturn {
    /// `SUBSCRIBED`
    Subscribed,
    /// `CHILDREN`
    Children,
    /// `SPECIAL-USE`
    SpecialUse,
    /// `STATUS (…)`: RFC 5819
    Status(Vec<StatusItem>),
    /// `MYRIGHTS`: RFC 8440
    MyRights,
}

/// The arguments of LSUB: RFC 3501 §6.3.9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lsub {
    /// In front of the pattern. Decoded.
    pub reference: String,
    /// A name with `*` and `%`. Decoded.
    pub pattern: String,
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
pub(super) fn name(cursor: &mut Cursor) -> Parsed<MailboxArg> {
    cursor.space()?;
    cursor.mailbox()
}

/// ```abnf
/// select       = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]
/// select-param = "CONDSTORE" / "QRESYNC" SP "(" … ")"
/// ```
pub(super) fn select(cursor: &mut Cursor) -> Parsed<Select> {
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
        qresync.matched = Some((numbers, numbers_only(cursor)?));
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
pub(super) fn create(cursor: &mut Cursor) -> Parsed<Create> {
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
pub(super) fn rename(cursor: &mut Cursor) -> Parsed<Rename> {
    Ok(Rename { from: name(cursor)?, to: name(cursor)? })
}

/// ```abnf
/// lsub = "LSUB" SP mailbox SP list-mailbox
/// ```
pub(super) fn lsub(cursor: &mut Cursor) -> Parsed<Lsub> {
    cursor.space()?;
    let reference = cursor.pattern()?;
    cursor.space()?;
    Ok(Lsub { reference, pattern: cursor.pattern()? })
}

/// ```abnf
/// list        = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP "RETURN" SP list-return-opts]
/// mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
/// ```
pub(super) fn list(cursor: &mut Cursor) -> Parsed<List> {
    cursor.space()?;
    let mut list = List {
        form: ListForm::Basic,
        selection: Vec::new(),
        reference: String::new(),
        patterns: Vec::new(),
        returns: Vec::new(),
    };
    if cursor.peek() == Some(b'(') {
        list.form = ListForm::Extended;
        list.selection = list_selection(cursor)?;
        cursor.space()?;
    }
    list.reference = cursor.pattern()?;
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        list.form = ListForm::Extended;
        list.patterns = cursor.nonempty_list("patterns", IMAP_LIST_PATTERNS_MAX, Cursor::pattern)?;
    } else {
        list.patterns = vec![cursor.pattern()?];
    }
    if cursor.take(b' ') {
        list.form = ListForm::Extended;
        cursor.one_of("RETURN", &[("RETURN", ())])?;
        cursor.space()?;
        cursor.list("return options", IMAP_LIST_OPTIONS_MAX, |cursor| {
            add_new(&mut list.returns, list_return(cursor)?);
            Ok(())
        })?;
    }
    Ok(list)
}

/// ```abnf
/// list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"
/// list-select-opt  = "SUBSCRIBED" / "REMOTE" / "RECURSIVEMATCH" / "SPECIAL-USE"
/// ```
fn list_selection(cursor: &mut Cursor) -> Parsed<Vec<ListSelection>> {
    const OPTIONS: &[(&str, ListSelection)] = &[
        ("SUBSCRIBED", ListSelection::Subscribed),
        ("REMOTE", ListSelection::Remote),
        ("RECURSIVEMATCH", ListSelection::RecursiveMatch),
        ("SPECIAL-USE", ListSelection::SpecialUse),
    ];
    let mut selection = Vec::new();
    cursor.list("selection options", IMAP_LIST_OPTIONS_MAX, |cursor| {
        add_new(&mut selection, cursor.one_of("selection option", OPTIONS)?);
        Ok(())
    })?;
    // RFC 9051 §6.3.9.1: nothing to match recursively by, which is BAD.
    let has = |option| selection.contains(&option);
    if has(ListSelection::RecursiveMatch) && !has(ListSelection::Subscribed) && !has(ListSelection::SpecialUse) {
        return cursor.expected("SUBSCRIBED with RECURSIVEMATCH");
    }
    Ok(selection)
}

/// ```abnf
/// return-option = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" / "MYRIGHTS" / "STATUS" SP "(" status-att *(SP status-att) ")"
/// ```
fn list_return(cursor: &mut Cursor) -> Parsed<ListReturn> {
    let start = cursor.at();
    match cursor.word().as_str() {
        "SUBSCRIBED" => Ok(ListReturn::Subscribed),
        "CHILDREN" => Ok(ListReturn::Children),
        "SPECIAL-USE" => Ok(ListReturn::SpecialUse),
        "MYRIGHTS" => Ok(ListReturn::MyRights),
        "STATUS" => {
            cursor.space()?;
            status_items(cursor).map(ListReturn::Status)
        }
        _ => Err(Cause::Expected("return option").at(start)),
    }
}

/// ```abnf
/// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
/// ```
pub(super) fn status(cursor: &mut Cursor) -> Parsed<Status> {
    let mailbox = name(cursor)?;
    cursor.space()?;
    Ok(Status { mailbox, items: status_items(cursor)? })
}

fn status_items(cursor: &mut Cursor) -> Parsed<Vec<StatusItem>> {
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
