//! NOTIFY: RFC 5465; and what is told by it while no command is in hand.

use super::list::{self, Subscribed};
use super::status::Items;
use crate::acl::Acl;
use crate::imap::connection::Connection;
use crate::imap::listing::{Listed, Names, Selection};
use crate::imap::locate::{self, Located};
use crate::imap::notify::{Known, NameNews, Notifying};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::{self, Done};
use crate::imap::session::CondStore;
use crate::imap::syntax::{Event, Notify, NotifyStatus, StatusItem};
use crate::imap::tell;
use crate::limits;
use crate::store;

/// Chooses what is told unasked from now on.
pub(super) async fn notify(c: &mut Connection, args: Notify) -> Result<Done, Stop> {
    let (status, groups) = match args {
        Notify::None => (NotifyStatus::Later, Vec::new()),
        Notify::Set { status, groups } => (status, groups),
    };
    if groups.iter().any(|group| group.events.contains(&Event::Other)) {
        return Err(Refusal::UnknownEvent.into());
    }
    let mut notifying = Notifying::new(groups, c.store()?.listen());
    look_around(c, &mut notifying).await?;
    let heard: Vec<Located> = notifying.heard().cloned().collect();
    c.session.notify = Some(Box::new(notifying));
    if status == NotifyStatus::Now {
        say_status(c, heard).await?;
    }
    Ok(Done::Plainly)
}

/// What may be seen now, and what of it is news.
struct Around {
    folders: Vec<Located>,
    subscribed: Subscribed,
    news: Vec<NameNews>,
}

/// Brings up to date to what a session listens. It listens to names before it reads them: none is missed in between.
async fn look_around(c: &Connection, notifying: &mut Notifying) -> Result<Around, Refusal> {
    let login = c.session.login()?;
    notifying.attend_names(login.reach().iter().map(|reached| reached.mailbox).collect());
    let (folders, subscribed) = (locate::visible(c).await?, Subscribed::read(c).await?);
    if folders.len() > limits::IMAP_NOTIFY_HEARD_MAX {
        return Err(Refusal::TooMuchToHear);
    }
    let news = notifying.move_on(Known::new(login.mailbox, &folders, subscribed.names(&folders)));
    Ok(Around { folders, subscribed, news })
}

/// Tells what was heard of folders that are not open. Where that cannot be done, the client is told that it will hear no
/// more (RFC 5465 §5.8).
pub(in crate::imap) async fn heard(c: &mut Connection) -> Result<(), Stop> {
    let Some(mut notifying) = c.session.notify.take() else { return Ok(()) };
    match told(c, &mut notifying).await {
        Err(Stop::Refused(_)) => {
            let mut text = Vec::new();
            reply::no_more_notified(&mut text);
            c.wire.queue(&text);
            Ok(())
        }
        told => {
            c.session.notify = Some(notifying);
            told
        }
    }
}

async fn told(c: &mut Connection, notifying: &mut Notifying) -> Result<(), Stop> {
    let heard = notifying.listener().take();
    if heard.names == store::Names::Changed {
        let around = look_around(c, notifying).await?;
        say_names(c, &around).await?;
    }
    let folders = heard.folders.iter().filter_map(|(id, happened)| notifying.telling(*id, *happened));
    let folders: Vec<Located> = folders.cloned().collect();
    if folders.is_empty() { Ok(()) } else { say_status(c, folders).await }
}

async fn say_names(c: &mut Connection, around: &Around) -> Result<(), Stop> {
    let roots = locate::roots(c)?;
    let names = Names::new(&around.folders, &roots, around.subscribed.names(&around.folders));
    let dialect = c.session.dialect();
    let mut out = Vec::new();
    for news in &around.news {
        let listed = Listed { old_name: news.old_name.as_deref(), ..names.listed(&news.name, true, false) };
        list::print_listed(&mut out, &listed, dialect, true, Selection::default());
        tell::send_full(c, &mut out).await?;
    }
    c.wire.queue(&out);
    Ok(())
}

/// Numbers of folders as they are now, of those that may still be read; of the open one the messages themselves are told.
async fn say_status(c: &mut Connection, folders: Vec<Located>) -> Result<(), Stop> {
    let mut items = vec![StatusItem::Messages, StatusItem::UidNext, StatusItem::UidValidity, StatusItem::Unseen];
    if c.session.cond_store == CondStore::On {
        items.push(StatusItem::HighestModSeq);
    }
    let items = Items::new(c, &items);
    let open = c.session.selected().ok().map(|selected| selected.view.folder());
    let ids: Vec<_> = folders.iter().map(|located| located.folder.id).filter(|id| Some(*id) != open).collect();
    let now = c.store()?.folders_by_id(&ids).await?;
    let mut out = Vec::new();
    for folder in now.into_iter().filter(|folder| folder.selectable) {
        let Some(known) = folders.iter().find(|located| located.folder.id == folder.id) else { continue };
        let located = Located { folder, ..known.clone() };
        // The right may have ended since (invariant I7).
        if c.session.login()?.acl(&located.location(), Some(located.folder.id)).includes(Acl::READ) {
            items.print(&mut out, &located);
        }
        tell::send_full(c, &mut out).await?;
    }
    c.wire.queue(&out);
    Ok(())
}
