//! SELECT, EXAMINE, CLOSE, UNSELECT: RFC 9051 §6.3.2, §6.3.3, §6.4.1, §6.4.2.

use std::sync::Arc;

use super::resync;
use crate::acl::Acl;
use crate::id::{ModSeq, Uid};
use crate::imap::connection::Connection;
use crate::imap::lines;
use crate::imap::locate::{self, Located, Opened};
use crate::imap::refusal::Stop;
use crate::imap::reply::{self, Done, Fact};
use crate::imap::session::{CondStore, Gone, Revision, Selected};
use crate::imap::syntax::{Select, SelectParameter};
use crate::imap::view::{Access, View};
use crate::limits;
use crate::store::{Flags, Folder, Index, StoreError, UidRanges};

/// Who has none of these opens a folder for reading only: RFC 4314 §5.2.
const CHANGES: Acl = Acl::SEEN.and(Acl::WRITE).and(Acl::INSERT).and(Acl::DELETE_MESSAGES).and(Acl::EXPUNGE);

/// Opens a folder: for reading only, where there is no right to more (RFC 9051 §6.3.2). The one before is closed even if
/// this fails.
pub(super) async fn open(c: &mut Connection, args: &Select, access: Access) -> Result<Done, Stop> {
    let mut known = None;
    for parameter in &args.parameters {
        match parameter {
            SelectParameter::CondStore => c.session.cond_store = CondStore::On,
            SelectParameter::QResync(remembered) => {
                resync::enabled(c)?;
                known = Some(remembered);
            }
        }
    }
    let mut out = Vec::new();
    if leave(c).await.is_some() {
        reply::fact(&mut out, Fact::Closed);
        c.wire.queue(&out);
    }
    let located = locate::folder(c, &args.mailbox, Acl::READ).await?;
    let (folder, store) = (&located.folder, c.store()?);
    if !folder.selectable {
        return Err(StoreError::NotSelectable.into());
    }
    let access = if located.acl.meets(CHANGES) { access } else { Access::ReadOnly };
    let claimed = match access {
        Access::ReadWrite if folder.counters.recent > 0 => Some(store.claim_recent(folder.id).await?),
        Access::ReadWrite | Access::ReadOnly => None,
    };
    let watch = store.watch_own(folder).await?;
    let index = watch.index();
    let recent_from = claimed.unwrap_or_else(|| first_recent(&index, folder));
    let view = View::new(folder.id, access, index.clone(), recent_from);
    let facts = Facts { located: &located, index: &index, view: &view, revision: c.session.revision };
    out.clear();
    facts.print(&mut out);
    if c.session.revision == Revision::Two {
        super::list::line(&mut out, &located.shown, args.mailbox.written(), c.session.dialect());
    }
    c.wire.queue(&out);
    let opened = Opened { location: located.location(), folder: folder.id };
    let mailbox = folder.mailbox;
    c.session.select(Selected { opened, view, watch, saved: UidRanges::default() });
    // Of a folder that was made anew the client knows nothing (RFC 7162 §3.2.5.1).
    if let Some(known) = known.filter(|known| known.uid_validity == folder.uid_validity) {
        resync::resync(c, known).await?;
    }
    // How full another's mailbox is, is for its own people to know.
    if mailbox == c.session.login()?.mailbox {
        super::quota::warn(c, mailbox).await?;
    }
    Ok(Done::Opened(access))
}

/// The recent messages are the last ones.
pub(super) fn first_recent(index: &Index, folder: &Folder) -> Uid {
    let recent = usize::try_from(folder.counters.recent).unwrap_or(usize::MAX);
    let place = index.len().saturating_sub(recent);
    index.entry(place).map_or(index.uid_next(), |entry| entry.uid)
}

/// What is said of a folder when it is opened.
struct Facts<'a> {
    located: &'a Located,
    index: &'a Arc<Index>,
    view: &'a View,
    revision: Revision,
}

impl Facts<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        lines::flags(out, self.index);
        lines::numbered(out, lines::count(self.index.len()), "EXISTS");
        if self.revision == Revision::One {
            lines::numbered(out, self.view.recent(self.index), "RECENT");
            if let Some(place) = self.first_unseen() {
                reply::fact(out, Fact::Unseen(lines::count(place + 1)));
            }
        }
        reply::fact(out, Fact::PermanentFlags(&self.permanent_flags()));
        reply::fact(out, Fact::UidValidity(self.located.folder.uid_validity));
        reply::fact(out, Fact::UidNext(self.index.uid_next()));
        reply::fact(out, Fact::HighestModSeq(self.index.highest_modseq()));
        reply::fact(out, Fact::MailboxId(self.located.folder.id));
    }

    fn first_unseen(&self) -> Option<usize> {
        if self.located.folder.counters.unseen == 0 {
            return None;
        }
        self.index.iter().find(|(_, entry)| !entry.flags.contains(Flags::SEEN)).map(|(place, _)| place)
    }

    fn permanent_flags(&self) -> String {
        let mut list = Vec::new();
        let keywords = self.index.keywords();
        let permitted = locate::permitted(self.located.acl);
        let room = permitted.contains(Flags::KEYWORDS) && keywords.names().len() < limits::KEYWORDS_PER_FOLDER_MAX;
        match self.view.access() {
            Access::ReadWrite => lines::flag_list(&mut list, permitted, keywords, room.then_some("\\*")),
            Access::ReadOnly => list.extend_from_slice(b"()"),
        }
        String::from_utf8_lossy(&list).into_owned()
    }
}

/// Closes the folder that is selected, if one is. What came while it was open counts as told.
pub(super) async fn leave(c: &mut Connection) -> Option<Selected> {
    let selected = c.session.unselect()?;
    if selected.view.access() == Access::ReadWrite && selected.view.told_newcomers() {
        // Should this fail, another session is told of the messages as recent once more (RFC 3501 §2.3.2).
        if let Err(error) = c.services.store.claim_recent(selected.view.folder()).await {
            tracing::debug!(%error, "recent messages not claimed");
        }
    }
    Some(selected)
}

/// Expunges without telling, and closes: RFC 9051 §6.4.1.
pub(super) async fn close(c: &mut Connection) -> Result<Done, Stop> {
    let may_expunge = c.session.acl()?.includes(Acl::EXPUNGE);
    let Some(selected) = leave(c).await else { return Ok(Done::Plainly) };
    if selected.view.access() == Access::ReadOnly || !may_expunge {
        return Ok(Done::Plainly);
    }
    let removed = c.store()?.expunge(selected.view.folder(), None).await?;
    let settled = selected.view.settled();
    Ok(match removed.modseq {
        Some(modseq) if c.session.gone == Gone::Vanished => {
            // RFC 7162 §3.2.8: of what others did meanwhile the client was not told.
            let next = ModSeq(settled.0.saturating_add(1));
            Done::Settled(if modseq == next { modseq } else { settled })
        }
        _ => Done::Plainly,
    })
}

/// Closes: RFC 9051 §6.4.2.
pub(super) async fn unselect(c: &mut Connection) -> Result<Done, Stop> {
    leave(c).await;
    Ok(Done::Plainly)
}
