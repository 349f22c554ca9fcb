//! A message put together from text and from what is here already: CATENATE, RFC 4469.

use crate::acl::Acl;
use crate::id::{BodyId, FolderId, Uid};
use crate::imap::connection::Connection;
use crate::imap::intake::{Incoming, Intake};
use crate::imap::locate;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::section::{Opened, Source};
use crate::imap::syntax::{CatPart, MessageUrl, Partial, Section};
use crate::limits;
use crate::spool::Contents;
use crate::store::StoreError;

/// Puts the parts of a message together, in bounded memory.
pub(super) async fn assemble(c: &mut Connection, parts: Vec<CatPart>) -> Result<Contents, Stop> {
    let mut sources = Vec::with_capacity(parts.len());
    for part in parts {
        sources.push(match part {
            CatPart::Text(text) => Piece::Text(text),
            CatPart::Url(url) => Piece::Quoted(find(c, &url).await?, url),
        });
    }
    let most = sources.iter().map(Piece::most).sum();
    let max = c.services.settings.message_bytes_max as u64;
    let mut message = Assembly { left: max, incoming: begin(c, most).await? };
    for source in sources {
        match source {
            Piece::Text(text) => message.text(c, &text).await?,
            Piece::Quoted(quoted, url) => message.quote(c, &quoted, &url).await?,
        }
    }
    Ok(intake(c)?.end(message.incoming).await?)
}

/// A part, found.
enum Piece {
    Text(Contents),
    Quoted(Quoted, String),
}

impl Piece {
    /// Octets that it has at most.
    fn most(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Quoted(quoted, _) => quoted.partial.map_or(quoted.size, |partial| partial.length.min(quoted.size)),
        }
    }
}

/// What a URL names.
struct Quoted {
    folder: FolderId,
    message: (Uid, BodyId),
    size: u64,
    section: Option<Section>,
    partial: Option<Partial>,
}

/// Looks for what a URL names within the session's reach.
async fn find(c: &Connection, text: &str) -> Result<Quoted, Stop> {
    let bad = || Refusal::BadUrl(text.to_owned());
    let url = MessageUrl::parse(text).ok_or_else(bad)?;
    let (folder, validity) = match (&url.mailbox, c.session.selected()) {
        (Some(name), _) => match locate::folder(c, name, Acl::READ).await.map(|located| located.folder) {
            Ok(folder) if folder.selectable => (folder.id, Some(folder.uid_validity)),
            Ok(_) | Err(Refusal::Store(StoreError::NoSuchFolder) | Refusal::NoPermission | Refusal::FolderName(_)) => {
                return Err(bad().into());
            }
            Err(refusal) => return Err(refusal.into()),
        },
        (None, Ok(selected)) => (selected.view.folder(), None),
        (None, Err(_)) => return Err(bad().into()),
    };
    if url.uid_validity.is_some_and(|asked| validity.is_some_and(|is| is != asked)) {
        return Err(bad().into());
    }
    let watch = c.services.store.watch(folder).await?;
    let index = watch.index();
    let entry = index.position(Uid(url.uid)).and_then(|place| index.entry(place)).ok_or_else(bad)?;
    let section = url.section.filter(|section| section.source() != Source::Message);
    Ok(Quoted { folder, message: (entry.uid, entry.body), size: entry.size.into(), section, partial: url.partial })
}

/// A message as far as it is together.
struct Assembly {
    /// Octets that it may still have.
    left: u64,
    incoming: Incoming,
}

impl Assembly {
    async fn push(&mut self, c: &mut Connection, octets: &[u8]) -> Result<(), Stop> {
        self.left = self.left.checked_sub(octets.len() as u64).ok_or(Refusal::TooBig)?;
        Ok(intake(c)?.push(&mut self.incoming, octets).await?)
    }

    async fn text(&mut self, c: &mut Connection, text: &Contents) -> Result<(), Stop> {
        let mut start = 0;
        while start < text.len() {
            let end = text.len().min(start + limits::BATCH_BYTES_MAX);
            let mut piece = Vec::new();
            text.read(start..end, &mut piece).map_err(Refusal::from)?;
            self.push(c, &piece).await?;
            start = end;
        }
        Ok(())
    }

    async fn quote(&mut self, c: &mut Connection, quoted: &Quoted, url: &str) -> Result<(), Stop> {
        let Quoted { folder, message, size, section, partial } = quoted;
        let store = c.services.store.clone();
        if let Some(section) = section {
            let _held = c.services.hold(*size).await?;
            let raw = store.message(*folder, *message, *size).await?;
            let opened = Opened::new(&raw);
            let found = tokio::task::block_in_place(|| opened.section(section));
            let found = found.ok_or_else(|| Refusal::BadUrl(url.to_owned()))?;
            let octets = opened.octets(&found);
            return self.push(c, partial.map_or(octets, |partial| partial.of(octets))).await;
        }
        let mut range = partial.map_or(0..*size, |partial| partial.range(*size));
        while !range.is_empty() {
            let end = range.end.min(range.start + limits::BATCH_BYTES_MAX as u64);
            let piece = store.range(*folder, *message, range.start..end).await?;
            if piece.len() as u64 != end - range.start {
                return Err(Refusal::BadUrl(url.to_owned()).into());
            }
            self.push(c, &piece).await?;
            range.start = end;
        }
        Ok(())
    }
}

fn intake(c: &mut Connection) -> Result<&mut Intake, Refusal> {
    c.intake.as_mut().map_err(|_| Refusal::Busy)
}

async fn begin(c: &mut Connection, most: u64) -> Result<Incoming, Refusal> {
    let services = c.services.clone();
    let max = services.settings.message_bytes_max as u64;
    intake(c)?.begin(&services, most.min(max)).await
}
