//! NOTIFY: RFC 5465 §8.

use super::cursor::{Cursor, Parsed};
use super::fetch;
use super::{Cause, FetchItem, MailboxArg};
use crate::limits::{IMAP_FETCH_ITEMS_MAX, IMAP_NOTIFY_EVENTS_MAX, IMAP_NOTIFY_FOLDERS_MAX, IMAP_NOTIFY_GROUPS_MAX};

/// The arguments of NOTIFY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notify {
    /// `NONE`
    None,
    /// `SET`
    Set {
        /// Whether the folders' numbers are told at once.
        status: NotifyStatus,
        /// What is to be told of which folders; of a folder the first counts that names it.
        groups: Vec<EventGroup>,
    },
}

/// Whether NOTIFY is answered with STATUS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyStatus {
    /// `STATUS`
    Now,
    /// Not before something happens.
    Later,
}

/// What is to be told of some folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// Which folders.
    pub folders: FolderFilter,
    /// What of them; none for `NONE`.
    pub events: Vec<Event>,
}

/// Folders that NOTIFY is about: RFC 5465 §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderFilter {
    /// `selected`: what goes is told at once.
    Selected,
    /// `selected-delayed`: what goes is told when a command allows it.
    SelectedDelayed,
    /// `inboxes`
    Inboxes,
    /// `personal`
    Personal,
    /// `subscribed`
    Subscribed,
    /// `subtree`: these and all below them.
    Subtree(Vec<MailboxArg>),
    /// `mailboxes`: these.
    Mailboxes(Vec<MailboxArg>),
}

/// What may happen: RFC 5465 §5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `MessageNew`, with what is to be fetched of the message.
    MessageNew(Vec<FetchItem>),
    /// `MessageExpunge`
    MessageExpunge,
    /// `FlagChange`
    FlagChange,
    /// `MailboxName`
    MailboxName,
    /// `SubscriptionChange`
    SubscriptionChange,
    /// An event that this server does not tell.
    Other,
}

/// ```abnf
/// notify       = "NOTIFY" SP ("SET" [SP "STATUS"] SP event-groups / "NONE")
/// event-groups = event-group *(SP event-group)
/// ```
pub(in crate::imap) fn notify(cursor: &mut Cursor) -> Parsed<Notify> {
    cursor.space()?;
    if cursor.take_word("NONE") {
        return Ok(Notify::None);
    }
    cursor.one_of("SET or NONE", &[("SET", ())])?;
    cursor.space()?;
    let mut status = NotifyStatus::Later;
    if cursor.take_word("STATUS") {
        status = NotifyStatus::Now;
        cursor.space()?;
    }
    let groups = cursor.spaced("event groups", IMAP_NOTIFY_GROUPS_MAX, event_group)?;
    Ok(Notify::Set { status, groups })
}

/// ```abnf
/// event-group = "(" filter-mailboxes SP events ")"
/// ```
/// Who is told of messages that come is told of those that go, and the other way round; who is told of flags is told of
/// both (RFC 5465 §5).
fn event_group(cursor: &mut Cursor) -> Parsed<EventGroup> {
    let start = cursor.at();
    cursor.need(b'(', "(")?;
    let folders = filter(cursor)?;
    cursor.space()?;
    let events = events(cursor)?;
    cursor.need(b')', ")")?;
    let has = |event: fn(&Event) -> bool| events.iter().any(event);
    let (comes, goes) = (has(|e| matches!(e, Event::MessageNew(_))), has(|e| *e == Event::MessageExpunge));
    if comes != goes || (has(|e| *e == Event::FlagChange) && !comes) {
        return Err(Cause::Expected("MessageNew with MessageExpunge").at(start));
    }
    let selected = matches!(folders, FolderFilter::Selected | FolderFilter::SelectedDelayed);
    if selected && has(|e| matches!(e, Event::MailboxName | Event::SubscriptionChange)) {
        return Err(Cause::Expected("events of messages").at(start));
    }
    if !selected && has(|e| matches!(e, Event::MessageNew(items) if !items.is_empty())) {
        return Err(Cause::Expected("what to fetch with selected only").at(start));
    }
    Ok(EventGroup { folders, events })
}

/// ```abnf
/// filter-mailboxes    = "selected" / "selected-delayed" / "inboxes" / "personal" / "subscribed" /
///                       ("subtree" / "mailboxes") SP one-or-more-mailbox
/// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
/// ```
fn filter(cursor: &mut Cursor) -> Parsed<FolderFilter> {
    let start = cursor.at();
    Ok(match cursor.word().as_str() {
        "SELECTED" => FolderFilter::Selected,
        "SELECTED-DELAYED" => FolderFilter::SelectedDelayed,
        "INBOXES" => FolderFilter::Inboxes,
        "PERSONAL" => FolderFilter::Personal,
        "SUBSCRIBED" => FolderFilter::Subscribed,
        "SUBTREE" => FolderFilter::Subtree(folders(cursor)?),
        "MAILBOXES" => FolderFilter::Mailboxes(folders(cursor)?),
        _ => return Err(Cause::Expected("folders").at(start)),
    })
}

fn folders(cursor: &mut Cursor) -> Parsed<Vec<MailboxArg>> {
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        return cursor.nonempty_list("folders", IMAP_NOTIFY_FOLDERS_MAX, Cursor::mailbox);
    }
    Ok(vec![cursor.mailbox()?])
}

/// ```abnf
/// events = "(" event *(SP event) ")" / "NONE"
/// ```
fn events(cursor: &mut Cursor) -> Parsed<Vec<Event>> {
    if cursor.take_word("NONE") {
        return Ok(Vec::new());
    }
    cursor.nonempty_list("events", IMAP_NOTIFY_EVENTS_MAX, event)
}

/// ```abnf
/// event     = "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"] / "MessageExpunge" / "FlagChange" / "MailboxName" /
///             "SubscriptionChange" / event-ext
/// event-ext = atom
/// ```
fn event(cursor: &mut Cursor) -> Parsed<Event> {
    Ok(match cursor.atom("event")?.to_ascii_uppercase().as_str() {
        "MESSAGENEW" if cursor.list_follows() => Event::MessageNew(fetch_items(cursor)?),
        "MESSAGENEW" => Event::MessageNew(Vec::new()),
        "MESSAGEEXPUNGE" => Event::MessageExpunge,
        "FLAGCHANGE" => Event::FlagChange,
        "MAILBOXNAME" => Event::MailboxName,
        "SUBSCRIPTIONCHANGE" => Event::SubscriptionChange,
        _ => Event::Other,
    })
}

fn fetch_items(cursor: &mut Cursor) -> Parsed<Vec<FetchItem>> {
    cursor.space()?;
    cursor.nonempty_list("fetch items", IMAP_FETCH_ITEMS_MAX, fetch::item)
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::super::parse::tests::{inbox, read};
    use super::*;

    fn groups(text: &str) -> Result<Vec<EventGroup>, Cause> {
        match read(&format!("NOTIFY SET {text}"))? {
            Command::Notify(Notify::Set { groups, .. }) => Ok(groups),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn events_are_asked_for_as_the_rfc_spells_them() {
        assert_eq!(read("NOTIFY NONE"), Ok(Command::Notify(Notify::None)));
        let messages = || vec![Event::MessageNew(vec![]), Event::MessageExpunge];
        let fetched = Event::MessageNew(vec![FetchItem::Uid, FetchItem::Flags]);
        assert_eq!(
            groups(
                "(selected (MessageNew (uid flags) MessageExpunge FlagChange)) (subtree (INBOX INBOX) (MailboxName))"
            ),
            Ok(vec![
                EventGroup {
                    folders: FolderFilter::Selected,
                    events: vec![fetched, Event::MessageExpunge, Event::FlagChange]
                },
                EventGroup { folders: FolderFilter::Subtree(vec![inbox(), inbox()]), events: vec![Event::MailboxName] },
            ])
        );
        let personal = EventGroup { folders: FolderFilter::Personal, events: messages() };
        let (status, groups) = (NotifyStatus::Now, vec![personal]);
        let set = Ok(Command::Notify(Notify::Set { status, groups }));
        assert_eq!(read("NOTIFY SET STATUS (personal (messagenew messageexpunge))"), set);
        let none = EventGroup { folders: FolderFilter::Mailboxes(vec![inbox()]), events: vec![] };
        assert_eq!(super::tests::groups("(mailboxes INBOX NONE)"), Ok(vec![none]));
        assert!(super::tests::groups("(personal (AnnotationChange X-Frob))").is_ok());
    }

    #[test]
    fn events_that_do_not_go_together_are_refused() {
        for (text, cause) in [
            ("(selected (MessageNew))", "MessageNew with MessageExpunge"),
            ("(personal (MessageExpunge))", "MessageNew with MessageExpunge"),
            ("(personal (FlagChange))", "MessageNew with MessageExpunge"),
            ("(selected (MailboxName))", "events of messages"),
            ("(inboxes (MessageNew (UID) MessageExpunge))", "what to fetch with selected only"),
            ("(everything NONE)", "folders"),
            ("(personal ())", "events"),
        ] {
            assert_eq!(groups(text), Err(Cause::Expected(cause)), "{text}");
        }
        assert_eq!(groups(""), Err(Cause::Expected("(")));
        let many = "(inboxes NONE) ".repeat(IMAP_NOTIFY_GROUPS_MAX + 1);
        assert_eq!(groups(many.trim_end()), Err(Cause::TooMany("event groups")));
    }
}
