//! ESEARCH: RFC 7377.

use std::collections::HashSet;

use super::list::Subscribed;
use super::{search, select};
use crate::access::Location;
use crate::acl::Acl;
use crate::imap::connection::Connection;
use crate::imap::locate::{self, Located, Opened};
use crate::imap::progress::Progress;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::results::Results;
use crate::imap::syntax::{Dialect, MailboxArg, MultiSearch, Search, SearchReturn, Source, Tag, print};
use crate::limits;
use crate::store::{Folder, StoreError, UidRanges};

/// Finds messages in several folders, and tells of each folder where there are some.
pub(super) async fn multi_search(c: &mut Connection, tag: &Tag, args: MultiSearch) -> Result<Done, Stop> {
    let MultiSearch { sources, search } = args;
    let returns = search.returns.as_deref().unwrap_or(&[SearchReturn::All]);
    for Located { folder, shown, .. } in folders(c, &sources).await? {
        let Some(results) = results(c, tag, &folder, &search).await? else { continue };
        if returns.contains(&SearchReturn::Save) {
            c.session.selected_mut()?.saved = results.saved(returns);
        }
        if results.messages.is_empty() || returns == [SearchReturn::Save] {
            continue;
        }
        let (dialect, uid_validity) = (c.session.dialect(), folder.uid_validity);
        let mut out = Vec::new();
        results.extended(&mut out, tag, Some(print::Folder { name: &shown, dialect, uid_validity }), returns);
        c.wire.send(&out, limits::WIRE_WRITE_STALL_MAX).await?;
    }
    Ok(Done::Plainly)
}

/// The folders that are meant and may be read, each once. Those that are not there, or not to be seen, are passed over
/// (RFC 7377 §2.2); such as are named need not be among those that LIST names.
async fn folders(c: &Connection, sources: &[Source]) -> Result<Vec<Located>, Stop> {
    let selected = if sources.contains(&Source::Selected) { Some(c.session.selected()?.opened.clone()) } else { None };
    let mailbox = c.session.login()?.mailbox;
    let is_personal = |source: &Source| matches!(source, Source::Personal | Source::Inboxes);
    let personal_only = sources.iter().all(is_personal);
    let visible = locate::visible_where(c, |beginning| beginning.is_empty() || !personal_only).await?;
    let subscribed =
        if sources.contains(&Source::Subscribed) { Subscribed::read(c).await? } else { Subscribed::default() };
    let subscribed: HashSet<&str> = subscribed.names(&visible).collect();
    let meant = |located: &&Located| {
        let own = located.folder.mailbox == mailbox;
        let named = |source| (own || !is_personal(source)) && names(source, &located.shown, &subscribed);
        selected.as_ref().is_some_and(|opened| opened.folder == located.folder.id) || sources.iter().any(named)
    };
    let mut folders: Vec<Located> = visible.iter().filter(meant).cloned().collect();
    let shown = selected.as_ref().and_then(|opened| shown(c, opened));
    for name in sources.iter().filter_map(root).chain(shown.as_ref()) {
        match locate::folder(c, name, Acl::READ).await {
            Ok(located) => folders.push(located),
            Err(Refusal::Store(StoreError::NoSuchFolder) | Refusal::NoPermission | Refusal::FolderName(_)) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let mut seen = HashSet::new();
    folders.retain(|located| {
        let readable = located.folder.selectable && located.acl.includes(Acl::READ);
        readable && seen.insert(located.folder.id)
    });
    Ok(folders)
}

/// What the selected folder is called.
fn shown(c: &Connection, opened: &Opened) -> Option<MailboxArg> {
    let Location { mailbox, name } = &opened.location;
    let reach = c.session.login().ok()?.reach();
    let shown = reach.iter().filter(|reached| reached.mailbox == *mailbox).find_map(|reached| reached.shown(name))?;
    MailboxArg::decode(shown.as_bytes(), Dialect::Utf8).ok()
}

/// The folder that a source names.
fn root(source: &Source) -> Option<&MailboxArg> {
    match source {
        Source::Mailbox(name) | Source::Subtree(name) | Source::SubtreeOne(name) => Some(name),
        Source::Selected | Source::Inboxes | Source::Personal | Source::Subscribed => None,
    }
}

/// Whether a source names a folder; which one is selected, no name tells.
fn names(source: &Source, name: &str, subscribed: &HashSet<&str>) -> bool {
    let below = |root: &str| match root {
        "" => Some(name),
        root => name.strip_prefix(root)?.strip_prefix('/'),
    };
    match source {
        Source::Selected => false,
        Source::Inboxes => name == "INBOX",
        Source::Personal => true,
        Source::Subscribed => subscribed.contains(name),
        Source::Mailbox(mailbox) => name == mailbox.as_str(),
        Source::Subtree(root) => name == root.as_str() || below(root.as_str()).is_some(),
        Source::SubtreeOne(root) => {
            name == root.as_str() || below(root.as_str()).is_some_and(|rest| !rest.contains('/'))
        }
    }
}

/// What a folder holds for a search: of the selected one, of what the client was told; of others, of what is there
/// now. `None`, if the folder is gone.
async fn results(c: &mut Connection, tag: &Tag, folder: &Folder, search: &Search) -> Result<Option<Results>, Stop> {
    if c.session.selected().is_ok_and(|selected| selected.view.folder() == folder.id) {
        return search::results(c, tag, search).await.map(Some);
    }
    let watch = match c.store()?.watch_own(folder).await {
        Ok(watch) => watch,
        Err(StoreError::NoSuchFolder) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let index = watch.index();
    let recent_from = select::first_recent(&index, folder);
    let seen = search::Seen { folder: folder.id, told: index.clone(), index, saved: UidRanges::default(), recent_from };
    // How much all folders come to, nobody knows yet.
    search::results_in(c, (tag, &Progress::default()), seen, search).await.map(Some)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_folders() {
        let all = ["Công việc", "Công việc/2025", "Công việc/2025/Quý 1", "Công việc khác", "INBOX", "INBOX/Cũ"];
        let subscribed = HashSet::from(["Công việc khác"]);
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
            (Source::Subtree(arg("")), &all),
            (Source::Personal, &all),
        ] {
            let named: Vec<_> = all.into_iter().filter(|name| names(&source, name, &subscribed)).collect();
            assert_eq!(named, expected, "{source:?}");
        }
    }
}
