//! ESEARCH: RFC 7377.

use super::cursor::{Cursor, Parsed, add_new};
use super::search::{self, Scores, Search, SearchReturn};
use super::{Cause, MailboxArg, Numbers};
use crate::limits::IMAP_SEARCH_SOURCES_MAX;

/// The arguments of ESEARCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiSearch {
    /// Where to look; `[Selected]` where nothing was said. None twice.
    pub sources: Vec<Source>,
    /// What for.
    pub search: Search,
}

/// Folders to look in: RFC 7377 §2.2, RFC 5465 §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `selected`
    Selected,
    /// `inboxes`: those that mail arrives in
    Inboxes,
    /// `personal`: those of the mailbox that is logged in
    Personal,
    /// `subscribed`
    Subscribed,
    /// `mailboxes`
    Mailbox(MailboxArg),
    /// `subtree`: the folder and all below it
    Subtree(MailboxArg),
    /// `subtree-one`: the folder and those right below it
    SubtreeOne(MailboxArg),
}

/// ```abnf
/// esearch             = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
/// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"
/// ```
/// There are no scope options. SAVE needs the selected folder as the only source: RFC 7377 §2.2.
pub(in crate::imap) fn multi_search(cursor: &mut Cursor) -> Parsed<MultiSearch> {
    cursor.space()?;
    let mut sources = vec![Source::Selected];
    if cursor.take_word("IN") {
        cursor.space()?;
        sources.clear();
        cursor.nonempty_list("sources", IMAP_SEARCH_SOURCES_MAX, |cursor| source(cursor, &mut sources))?;
        cursor.space()?;
    }
    let start = cursor.at();
    let returns = search::returns(cursor)?.unwrap_or_else(|| vec![SearchReturn::All]);
    if returns.contains(&SearchReturn::Save) && sources != [Source::Selected] {
        return Err(Cause::Expected("selected alone with SAVE").at(start));
    }
    let charset = search::optional_charset(cursor, &returns)?;
    let key = search::program(cursor, charset)?;
    let scores = Scores::of(returns.contains(&SearchReturn::Relevancy), &key, cursor)?;
    Ok(MultiSearch { sources, search: Search { numbers: Numbers::Uid, returns: Some(returns), key, scores } })
}

/// ```abnf
/// source-mbox         = filter-mailboxes *(SP filter-mailboxes)
/// filter-mailboxes    = "selected" / "inboxes" / "personal" / "subscribed" /
///                       ("subtree" / "subtree-one" / "mailboxes") SP one-or-more-mailbox
/// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
/// ```
fn source(cursor: &mut Cursor, sources: &mut Vec<Source>) -> Parsed<()> {
    const ALONE: [(&str, Source); 4] = [
        ("SELECTED", Source::Selected),
        ("INBOXES", Source::Inboxes),
        ("PERSONAL", Source::Personal),
        ("SUBSCRIBED", Source::Subscribed),
    ];
    let start = cursor.at();
    let word = cursor.word();
    if let Some((_, source)) = ALONE.into_iter().find(|(name, _)| *name == word) {
        add_new(sources, source);
        return Ok(());
    }
    let of: fn(MailboxArg) -> Source = match word.as_str() {
        "MAILBOXES" => Source::Mailbox,
        "SUBTREE" => Source::Subtree,
        "SUBTREE-ONE" => Source::SubtreeOne,
        _ => return Err(Cause::Expected("source").at(start)),
    };
    cursor.space()?;
    let mailboxes = match cursor.peek() {
        Some(b'(') => cursor.nonempty_list("folders", IMAP_SEARCH_SOURCES_MAX, Cursor::mailbox)?,
        _ => vec![cursor.mailbox()?],
    };
    for mailbox in mailboxes {
        if sources.len() >= IMAP_SEARCH_SOURCES_MAX {
            return cursor.fail(Cause::TooMany("sources"));
        }
        add_new(sources, of(mailbox));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::SearchKey;
    use super::super::command::Command;
    use super::super::parse::tests::{inbox, read};
    use super::*;

    fn searched(arguments: &str) -> Result<MultiSearch, Cause> {
        match read(&format!("ESEARCH {arguments}"))? {
            Command::MultiSearch(search) => Ok(search),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn sources_of_every_kind() {
        let search = searched("IN (selected subtree-one inbox mailboxes (INBOX \"inbox\") personal) UNSEEN").unwrap();
        let sources = [Source::Selected, Source::SubtreeOne(inbox()), Source::Mailbox(inbox()), Source::Personal];
        assert_eq!(search.sources, sources);
        assert_eq!(search.search.returns, Some(vec![SearchReturn::All]));
        let search = searched("in (INBOXES subscribed subtree inbox) return (min count) charset utf-8 all").unwrap();
        assert_eq!(search.sources, [Source::Inboxes, Source::Subscribed, Source::Subtree(inbox())]);
        assert_eq!(search.search.returns, Some(vec![SearchReturn::Min, SearchReturn::Count]));
        assert_eq!(searched("ALL").unwrap().sources, [Source::Selected]);
        assert_eq!(searched("ALL").unwrap().search.key, SearchKey::All);
    }

    #[test]
    fn a_result_is_saved_of_the_selected_folder_alone() {
        assert!(searched("RETURN (SAVE) ALL").is_ok());
        assert!(searched("IN (selected) RETURN (SAVE COUNT) ALL").is_ok());
        for sources in ["selected inboxes", "personal", "mailboxes INBOX"] {
            let refused = searched(&format!("IN ({sources}) RETURN (SAVE) ALL"));
            assert_eq!(refused, Err(Cause::Expected("selected alone with SAVE")), "{sources}");
        }
    }

    #[test]
    fn what_names_no_folders_is_refused() {
        for arguments in [
            "IN () ALL",
            "IN (selected-delayed) ALL",
            "IN (mailboxes) ALL",
            "IN (mailboxes ()) ALL",
            "IN (personal (x)) ALL",
            "IN (personal)",
            "IN personal ALL",
            "",
        ] {
            assert!(searched(arguments).is_err(), "{arguments}");
        }
        let many = (0..IMAP_SEARCH_SOURCES_MAX).map(|n| format!("x{n}")).collect::<Vec<_>>().join(" ");
        assert!(searched(&format!("IN (mailboxes ({many})) ALL")).is_ok());
        let refused = searched(&format!("IN (mailboxes ({many}) mailboxes x) ALL"));
        assert_eq!(refused, Err(Cause::TooMany("sources")));
    }
}
