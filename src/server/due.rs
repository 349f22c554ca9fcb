//! What the daemon does on its day: decisions that waited for it, and mailboxes whose grace is over (R15, R16).

use std::path::Path;

use super::look::Looks;
use crate::archive::{self, ArchiveError};
use crate::config::files;
use crate::directory::Mailbox;
use crate::id::MailboxId;
use crate::limits;
use crate::provisioning::{Due, Failure, Provisioning};
use crate::store::Volume;

/// Looks until the daemon drains: what was refused before may be allowed then, and what the disk failed for may be written.
pub(super) async fn run(mut looks: Looks) {
    while let Some(services) = looks.next().await {
        decisions(&services.provisioning).await;
        for mailbox in services.provisioning.graces_over() {
            end(&services.provisioning, mailbox, &services.archives).await;
        }
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
