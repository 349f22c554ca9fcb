//! LIST and LSUB: RFC 9051 §6.3.9 with its options of RFC 5258, STATUS in it (RFC 5819) and MYRIGHTS (RFC 8440); RFC 3501 §6.3.9.

use super::cursor::{Cursor, Parsed, add_new};
use super::folder::status_items;
use super::metadata::list_metadata;
use super::{AskedMetadata, Cause, StatusItem};
use crate::limits::{IMAP_LIST_OPTIONS_MAX, IMAP_LIST_PATTERNS_MAX};

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
    /// `METADATA (…)`: RFC 9590
    Metadata(AskedMetadata),
}

/// The arguments of LSUB: RFC 3501 §6.3.9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lsub {
    /// In front of the pattern. Decoded.
    pub reference: String,
    /// A name with `*` and `%`. Decoded.
    pub pattern: String,
}

/// ```abnf
/// lsub = "LSUB" SP mailbox SP list-mailbox
/// ```
pub(in crate::imap) fn lsub(cursor: &mut Cursor) -> Parsed<Lsub> {
    cursor.space()?;
    let reference = cursor.pattern()?;
    cursor.space()?;
    Ok(Lsub { reference, pattern: cursor.pattern()? })
}

/// ```abnf
/// list        = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP "RETURN" SP list-return-opts]
/// mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
/// ```
pub(in crate::imap) fn list(cursor: &mut Cursor) -> Parsed<List> {
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
/// return-option = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" / "MYRIGHTS" / "STATUS" SP "(" status-att *(SP status-att) ")" /
///                 "METADATA" SP entries
/// ```
fn list_return(cursor: &mut Cursor) -> Parsed<ListReturn> {
    let start = cursor.at();
    match cursor.word().as_str() {
        "SUBSCRIBED" => Ok(ListReturn::Subscribed),
        "CHILDREN" => Ok(ListReturn::Children),
        "SPECIAL-USE" => Ok(ListReturn::SpecialUse),
        "MYRIGHTS" => Ok(ListReturn::MyRights),
        "METADATA" => list_metadata(cursor).map(ListReturn::Metadata),
        "STATUS" => {
            cursor.space()?;
            status_items(cursor).map(ListReturn::Status)
        }
        _ => Err(Cause::Expected("return option").at(start)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::super::parse::tests::read;
    use super::*;

    fn listed(text: &str) -> Result<List, Cause> {
        match read(&format!("LIST {text}"))? {
            Command::List(list) => Ok(list),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn list_as_it_always_was() {
        let list = |reference: &str, pattern: &str| List {
            form: ListForm::Basic,
            selection: vec![],
            reference: reference.to_owned(),
            patterns: vec![pattern.to_owned()],
            returns: vec![],
        };
        assert_eq!(listed("\"\" \"\""), Ok(list("", "")));
        assert_eq!(listed("\"\" *"), Ok(list("", "*")));
        assert_eq!(listed("~/Mail/ %"), Ok(list("~/Mail/", "%")));
        assert_eq!(listed("\"\" \"Th&APQ-ng b&AOE-o/*\""), Ok(list("", "Thông báo/*")));
        let lsub = Lsub { reference: String::new(), pattern: "INBOX/%".to_owned() };
        assert_eq!(read("LSUB \"\" INBOX/%"), Ok(Command::Lsub(lsub)));
    }

    #[test]
    fn list_with_options() {
        let list = listed("(subscribed) \"\" \"*\" return (special-use)").ok();
        assert!(list.is_some_and(|list| {
            list.form == ListForm::Extended
                && list.selection == [ListSelection::Subscribed]
                && list.returns == [ListReturn::SpecialUse]
        }));
        let list = listed(
            "(SUBSCRIBED RECURSIVEMATCH) \"\" (\"INBOX\" \"Drafts\" Sent/%) RETURN (CHILDREN STATUS (MESSAGES UIDNEXT) MYRIGHTS)",
        );
        assert!(list.is_ok_and(|list| {
            let status = ListReturn::Status(vec![StatusItem::Messages, StatusItem::UidNext]);
            list.patterns == ["INBOX", "Drafts", "Sent/%"]
                && list.returns == [ListReturn::Children, status, ListReturn::MyRights]
        }));
        assert!(listed("() \"\" * RETURN ()").is_ok_and(|list| list.form == ListForm::Extended));
        assert_eq!(listed("(RECURSIVEMATCH) \"\" *"), Err(Cause::Expected("SUBSCRIBED with RECURSIVEMATCH")));
        assert_eq!(listed("\"\" ()"), Err(Cause::Expected("patterns")));
        let many = vec!["x"; IMAP_LIST_PATTERNS_MAX + 1].join(" ");
        assert_eq!(listed(&format!("\"\" ({many})")), Err(Cause::TooMany("patterns")));
    }
}
