//! `mailbox export`: recorded and told to the owner first, then read from the daemon a megabyte at a time.

use std::ops::Range;
use std::path::absolute;
use std::process::ExitCode;

use serde_json::json;
use tokio::sync::Mutex;

use crate::archive::{self, ArchiveError, Contents, Job, Listing, Manifest, Shelf};
use crate::control::mail::{Ask, Place, Told, entries};
use crate::control::{Exit, Failure, Reply};
use crate::id::{BodyId, MailboxId, Uid};
use crate::language::Language;
use crate::provisioning::Act;
use crate::store::Texts;

use super::super::ask::{Asking, unexpected};
use super::super::output::Output;
use super::super::{requests, tables};
use super::{Export, ask, folders, progress};

pub(super) async fn run(export: Export, asking: &mut Asking<'_>, output: &Output) -> Result<ExitCode, Failure> {
    let Export { address, format, to, folder, reason, manner } = export;
    let to = absolute(&to).map_err(|error| failed(&ArchiveError::File { file: to, error }, output.language))?;
    let (mailbox, shelves) = folders(asking, &address).await?;
    // Nobody is told of an export that cannot be.
    if !archive::is_free(&to, mailbox) {
        return Err(failed(&ArchiveError::Taken(to), output.language));
    }
    if let Some(name) = &folder
        && shelves.iter().all(|which| which.name != *name)
    {
        return Err(failed(&ArchiveError::NoSuchFolder(name.clone()), output.language));
    }
    let rehearsed = manner.dry_run;
    let reply = asking.ask(requests::act_on(Act::ExportMailbox { mailbox: address, reason }, manner)).await?;
    if rehearsed {
        return Ok(output.reply(&reply));
    }
    let Reply::Done(_) = reply else { return Err(unexpected(&reply)) };
    let bar = progress::bar(None);
    let contents = Asked { asking: Mutex::new(asking), mailbox, shelves };
    let told = |messages, _| bar.inc(messages);
    let now = jiff::Timestamp::now();
    let job = Job { mailbox, format: format.into(), folder: folder.as_ref(), to: &to, now, progress: &told };
    let written = archive::export(&contents, job).await;
    bar.finish_and_clear();
    let manifest = written.map_err(|error| failed(&error, output.language))?;
    Ok(output.made(&json!({ "to": to, "manifest": manifest }), &shown(&manifest, &to, output.language)))
}

fn shown(manifest: &Manifest, to: &std::path::Path, language: Language) -> String {
    let headings = match language {
        Language::Vi => ["thư mục", "số thư", "byte", "tệp"],
        Language::En => ["folder", "messages", "octets", "file"],
    };
    let row = |folder: &archive::Archived| {
        [folder.folder.clone(), folder.messages.to_string(), folder.bytes.to_string(), folder.directory.clone()]
    };
    let table = tables::table(headings, manifest.folders.iter().map(row));
    let (messages, place) = (manifest.messages, to.display());
    let whole = match language {
        Language::Vi => format!("Đã xuất {messages} thư vào {place}; chủ hộp thư đã được báo.\n"),
        Language::En => format!("Exported {messages} messages to {place}; the owner was told.\n"),
    };
    table + &whole
}

fn failed(error: &ArchiveError, language: Language) -> Failure {
    let (exit, code) = match error {
        ArchiveError::Taken(_) => (Exit::Input, "taken"),
        ArchiveError::NoSuchFolder(_) => (Exit::Input, "folder_unknown"),
        ArchiveError::Vanished { .. } | ArchiveError::Contents(_) => (Exit::System, "mailbox"),
        ArchiveError::File { .. } => (Exit::System, "file"),
    };
    let message = match (error, language) {
        (ArchiveError::Taken(path), Language::Vi) => {
            format!("{} đã có và không phải bản xuất của hộp thư này: hãy chọn thư mục khác", path.display())
        }
        (ArchiveError::NoSuchFolder(name), Language::Vi) => format!("hộp thư không có thư mục {name}"),
        (error, _) => error.to_string(),
    };
    Failure::new(exit, code, &message)
}

/// A mailbox that the daemon, or this process in its place, reads out.
struct Asked<'a, 'c> {
    asking: Mutex<&'a mut Asking<'c>>,
    mailbox: MailboxId,
    shelves: Vec<Shelf>,
}

impl Asked<'_, '_> {
    fn place(&self, which: &Shelf) -> Place {
        Place { mailbox: self.mailbox, folder: which.id }
    }

    async fn told(&self, ask: Ask) -> Result<(Told, Vec<u8>), ArchiveError> {
        let mut asking = self.asking.lock().await;
        let answer = self::ask(&mut asking, ask, Vec::new()).await;
        let answer = answer.map_err(|failure| ArchiveError::Contents(failure.message))?;
        Ok((answer.told, answer.octets))
    }
}

fn strange() -> ArchiveError {
    ArchiveError::Contents("the daemon answered something else".to_owned())
}

impl Contents for Asked<'_, '_> {
    async fn folders(&self) -> Result<Vec<Shelf>, ArchiveError> {
        Ok(self.shelves.clone())
    }

    async fn index(&self, which: &Shelf) -> Result<Listing, ArchiveError> {
        match self.told(Ask::Index(self.place(which))).await? {
            (Told::Index { keywords, entries: rows }, _) => Ok(Listing { entries: entries(&rows), keywords }),
            _ => Err(strange()),
        }
    }

    async fn messages(&self, which: &Shelf, messages: &[(Uid, BodyId)]) -> Result<Texts, ArchiveError> {
        let asked = messages.iter().map(|(uid, body)| (uid.0, *body)).collect();
        match self.told(Ask::Messages(self.place(which), asked)).await? {
            (Told::Octets(ends), octets) => Ok(Texts::from_parts(octets, ends)),
            _ => Err(strange()),
        }
    }

    async fn range(
        &self,
        which: &Shelf,
        (uid, body): (Uid, BodyId),
        range: Range<u64>,
    ) -> Result<Vec<u8>, ArchiveError> {
        match self.told(Ask::Range(self.place(which), (uid.0, body), range)).await? {
            (Told::Octets(_), octets) => Ok(octets),
            _ => Err(strange()),
        }
    }
}
