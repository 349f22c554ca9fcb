//! What the daemon does on its day: decisions that waited for it, mail to units that is overdue, and mailboxes whose grace
//! is over (R15, R16, R26).

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::civil::Time;
use tokio_util::sync::CancellationToken;

use crate::archive::{self, ArchiveError};
use crate::config::files;
use crate::control::Services;
use crate::directory::Mailbox;
use crate::id::MailboxId;
use crate::limits;
use crate::provisioning::{Due, Failure, Provisioning};
use crate::sharing::Sharing;
use crate::store::Volume;

/// From when on people are told what is overdue: they find it when they come.
const MORNING: Time = Time::constant(7, 30, 0, 0);

/// Looks at the start, when an hour or half of one begins at the office, and whenever the directory has changed: what was refused before
/// may be allowed then, and what the disk failed for may be written.
pub(super) async fn run(services: Arc<ArcSwap<Services>>, drain: CancellationToken) {
    let mut looks = tokio::time::interval(limits::DAY_LOOK_EVERY);
    let mut seen = None;
    loop {
        tokio::select! {
            () = drain.cancelled() => return,
            _ = looks.tick() => {}
        }
        let services = services.load_full();
        let provisioning = &services.provisioning;
        let at = provisioning.clock.zoned();
        let now = (at.date(), at.hour(), at.minute() / 30, provisioning.directory.snapshot().version());
        if seen == Some(now) {
            continue;
        }
        seen = Some(now);
        decisions(provisioning).await;
        for mailbox in provisioning.graces_over() {
            end(provisioning, mailbox, &services.archives).await;
        }
        shares(&services.sharing).await;
        if at.time() >= MORNING {
            work(provisioning).await;
        }
    }
}

/// New units get their sections, and heads hear what is due.
async fn shares(sharing: &Sharing) {
    match sharing.make().await {
        Ok(0) => {}
        Ok(made) => tracing::info!(made, "sections of shared folders made"),
        Err(error) => tracing::error!(%error, "sections of shared folders are still missing"),
    }
    match sharing.remind().await {
        Ok(0) => {}
        Ok(heads) => tracing::info!(heads, "reminded of what is due"),
        Err(error) => tracing::error!(%error, "heads are not reminded of what is due yet"),
    }
}

/// Stewards hear what is overdue.
async fn work(provisioning: &Provisioning) {
    match provisioning.remind().await {
        Ok(0) => {}
        Ok(mailboxes) => tracing::info!(mailboxes, "people told what is overdue"),
        Err(error) => tracing::error!(%error, "people are not told what is overdue"),
    }
}

async fn decisions(provisioning: &Provisioning) {
    match provisioning.apply_due().await {
        Ok(outcomes) => outcomes.iter().for_each(told),
        Err(error) => tracing::error!(%error, "decisions that are due wait on"),
    }
}

fn told(due: &Due) {
    let number = &due.recorded.decision.number;
    match &due.outcome {
        Ok(_) => tracing::info!(%number, "decision applied on its day"),
        Err(Failure::Refused(refusal)) => tracing::warn!(%number, %refusal, "a decision that is due is refused"),
        Err(error) => tracing::error!(%number, %error, "a decision that is due waits on"),
    }
}

/// Archives a mailbox, then removes it: whatever stops in between leaves it there, to be archived again (hostile F4). So
/// does mail that was on its way when the grace ended; there is none after it.
async fn end(provisioning: &Provisioning, mailbox: MailboxId, archives: &Path) {
    for _ in 0..limits::ARCHIVE_ATTEMPTS_MAX {
        let (archive, kept) = match archived(provisioning, mailbox, archives).await {
            Ok(written) => written,
            Err(error) => {
                tracing::error!(%mailbox, %error, "a mailbox whose grace is over cannot be archived, and stays");
                return;
            }
        };
        match provisioning.end_grace(mailbox, &archive, kept).await {
            Ok(_) => return tracing::info!(%mailbox, archive, "a mailbox whose grace is over is removed"),
            Err(Failure::Arrived) => tracing::info!(%mailbox, "mail came in behind an archive, which is written again"),
            Err(error) => {
                tracing::error!(%mailbox, %error, "a mailbox whose grace is over stays for now");
                return;
            }
        }
    }
    tracing::error!(%mailbox, "a mailbox whose grace is over gets mail, and stays for now");
}

/// Writes what a mailbox holds beside the archives of others; returns what the audit says of it, and how much it was.
async fn archived(
    provisioning: &Provisioning,
    mailbox: MailboxId,
    archives: &Path,
) -> Result<(String, Volume), ArchiveError> {
    let snapshot = provisioning.directory.snapshot();
    let shown = snapshot.mailbox(mailbox).map(Mailbox::shown).unwrap_or_default();
    // An address may have several holders in time; an id has one mailbox for ever.
    let to = archives.join(format!("{shown}-{mailbox}"));
    files::make_directory(archives).map_err(|error| ArchiveError::File { file: archives.to_owned(), error })?;
    let manifest = archive::write(&provisioning.store, mailbox, &to, provisioning.clock.now()).await?;
    let kept = Volume { messages: manifest.messages, bytes: manifest.bytes };
    Ok((format!("{}: {} messages, {} octets", to.display(), kept.messages, kept.bytes), kept))
}
