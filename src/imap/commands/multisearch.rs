//! ESEARCH: RFC 7377.

use super::{search, select};
use crate::imap::connection::Connection;
use crate::imap::refusal::Stop;
use crate::imap::reply::Done;
use crate::imap::results::Results;
use crate::imap::syntax::{MultiSearch, Search, SearchReturn, Source, Tag, print};
use crate::limits;
use crate::store::{Folder, FolderName, StoreError, UidRanges};

/// Finds messages in several folders, and tells of each folder where there are some.
pub(super) async fn multi_search(c: &mut Connection, tag: &Tag, args: MultiSearch) -> Result<Done, Stop> {
    let MultiSearch { sources, search } = args;
    let returns = search.returns.as_deref().unwrap_or(&[SearchReturn::All]);
    for folder in folders(c, &sources).await? {
        let Some(results) = results(c, &folder, &search).await? else { continue };
        if returns.contains(&SearchReturn::Save) {
            c.session.selected_mut()?.saved = results.saved(returns);
        }
        if results.messages.is_empty() || returns == [SearchReturn::Save] {
            continue;
        }
        let (name, dialect, uid_validity) = (folder.name.as_str(), c.session.dialect(), folder.uid_validity);
        let mut out = Vec::new();
        results.extended(&mut out, tag, Some(print::Folder { name, dialect, uid_validity }), returns);
        c.wire.send(&out, limits::WIRE_WRITE_STALL_MAX).await?;
    }
    Ok(Done::Plainly)
}

/// The folders that are meant, each once, by name: no more than a mailbox may have. Such as do not exist are passed over.
async fn folders(c: &Connection, sources: &[Source]) -> Result<Vec<Folder>, Stop> {
    let selected = if sources.contains(&Source::Selected) { Some(c.session.selected()?.view.folder()) } else { None };
    let mailbox = c.session.login()?.mailbox;
    let store = &c.services.store;
    let subscribed =
        if sources.contains(&Source::Subscribed) { store.subscriptions(mailbox).await? } else { Vec::new() };
    let mut folders = store.folders(mailbox).await?;
    folders.retain(|folder| {
        let named = || sources.iter().any(|source| names(source, &folder.name, &subscribed));
        folder.selectable && (selected == Some(folder.id) || named())
    });
    Ok(folders)
}

/// Whether a source names a folder; which one is selected, no name tells.
fn names(source: &Source, name: &FolderName, subscribed: &[FolderName]) -> bool {
    let below = |root: &str| match root {
        "" => Some(name.as_str()),
        root => name.as_str().strip_prefix(root)?.strip_prefix('/'),
    };
    match source {
        Source::Selected => false,
        Source::Inboxes => name.is_inbox(),
        Source::Personal => true,
        Source::Subscribed => subscribed.contains(name),
        Source::Mailbox(mailbox) => name.as_str() == mailbox.as_str(),
        Source::Subtree(root) => name.as_str() == root.as_str() || below(root.as_str()).is_some(),
        Source::SubtreeOne(root) => {
            name.as_str() == root.as_str() || below(root.as_str()).is_some_and(|rest| !rest.contains('/'))
        }
    }
}

/// What a folder holds for a search key: of the selected one, of what the client was told; of others, of what is there
/// now. `None`, if the folder is gone.
async fn results(c: &mut Connection, folder: &Folder, search: &Search) -> Result<Option<Results>, Stop> {
    if c.session.selected().is_ok_and(|selected| selected.view.folder() == folder.id) {
        return search::results(c, search).await.map(Some);
    }
    let watch = match c.services.store.watch(folder.id).await {
        Ok(watch) => watch,
        Err(StoreError::NoSuchFolder) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let index = watch.index();
    let recent_from = select::first_recent(&index, folder);
    let seen = search::Seen { folder: folder.id, told: index.clone(), index, saved: UidRanges::default(), recent_from };
    search::results_in(c, seen, search).await.map(Some)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::imap::syntax::{Dialect, MailboxArg};

    #[test]
    fn a_source_names_folders() {
        let all = ["Công việc", "Công việc/2025", "Công việc/2025/Quý 1", "Công việc khác", "INBOX", "INBOX/Cũ"]
            .map(|name| FolderName::parse(name).unwrap());
        let arg = |name: &str| MailboxArg::decode(name.as_bytes(), Dialect::Utf8).unwrap();
        for (source, expected) in [
            (Source::Selected, &[][..]),
            (Source::Inboxes, &["INBOX"]),
            (Source::Subscribed, &["Công việc khác"]),
            (Source::Mailbox(arg("inbox")), &["INBOX"]),
            (Source::Mailbox(arg("Không có")), &[]),
            (Source::Subtree(arg("Công việc")), &["Công việc", "Công việc/2025", "Công việc/2025/Quý 1"]),
            (Source::SubtreeOne(arg("Công việc")), &["Công việc", "Công việc/2025"]),
            (Source::SubtreeOne(arg("")), &["Công việc", "Công việc khác", "INBOX"]),
        ] {
            let subscribed = [all[3].clone()];
            let named: Vec<_> =
                all.iter().filter(|name| names(&source, name, &subscribed)).map(FolderName::as_str).collect();
            assert_eq!(named, expected, "{source:?}");
        }
        assert!(all.iter().all(|name| names(&Source::Personal, name, &[])));
        assert!(all.iter().all(|name| names(&Source::Subtree(arg("")), name, &[])));
    }
}
