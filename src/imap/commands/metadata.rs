//! GETMETADATA, SETMETADATA: RFC 5464; their answer in LIST: RFC 9590; the special use of a folder: RFC 6154 §4.

use std::collections::HashMap;

use crate::acl::Acl;
use crate::id::{FolderId, StaffId};
use crate::imap::connection::Connection;
use crate::imap::locate::{self, Located};
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::Done;
use crate::imap::syntax::{
    AskedMetadata, Audience, Depth, Dialect, EntryName, GetMetadata, MailboxArg, SetMetadata, print,
};
use crate::imap::tell;
use crate::store::{Annotation, Folder, Note, SpecialUse, Store};

/// Whom to ask about the server, as a URI (RFC 5464 §3.2.1.1).
const ADMIN: &str = "/admin";
/// What a folder is for (RFC 6154 §4).
const SPECIAL_USE: &str = "/specialuse";

/// Tells what is noted about a folder or the server.
pub(super) async fn get(c: &mut Connection, args: GetMetadata) -> Result<Done, Stop> {
    let staff = c.session.login()?.staff();
    let store = &c.services.store;
    let (name, notes) = match folder_of(c, &args.mailbox).await? {
        Some(located) => {
            let mut notes = store.annotations(&[located.folder.id], staff).await?;
            notes.extend(use_of(&located.folder));
            (located.shown, notes)
        }
        None => (String::new(), of_server(c, staff).await?),
    };
    let answer = Answer::of(&args.asked, &notes);
    let mut out = Vec::new();
    answer.print(&mut out, &name, c.session.dialect());
    tell::send_full(c, &mut out).await?;
    c.wire.queue(&out);
    Ok(answer.longest_left_out.map_or(Done::Plainly, Done::LongEntries))
}

/// Whoever sees a folder and has one of these sees what is noted about it, and notes something: RFC 5464 §3.3.
const TOUCHES: Acl = Acl::READ.and(Acl::SEEN).and(Acl::WRITE).and(Acl::INSERT);

/// The folder that is meant; `None` for the server.
async fn folder_of(c: &Connection, name: &MailboxArg) -> Result<Option<Located>, Refusal> {
    if name.as_str().is_empty() {
        return Ok(None);
    }
    let located = locate::folder(c, name, Acl::LOOKUP).await?;
    if located.acl.meets(TOUCHES) { Ok(Some(located)) } else { Err(Refusal::NoPermission) }
}

async fn of_server(c: &Connection, staff: Option<StaffId>) -> Result<Vec<Annotation>, Stop> {
    let mut notes = match staff {
        Some(staff) => c.services.store.server_annotations(staff).await?,
        None => Vec::new(),
    };
    // Whoever answers for the server reads this address (RFC 5321 §4.5.1).
    let admin = format!("mailto:postmaster@{}", c.services.directory.snapshot().department().own);
    notes.push(Annotation { folder: None, owner: None, entry: ADMIN.to_owned(), value: admin.into_bytes() });
    Ok(notes)
}

/// A folder's use as an annotation; the value is private by its name, and the same for all who see the folder.
fn use_of(folder: &Folder) -> Option<Annotation> {
    let value = folder.special_use?.attribute().as_bytes().to_vec();
    Some(Annotation { folder: Some(folder.id), owner: Some(StaffId(0)), entry: SPECIAL_USE.to_owned(), value })
}

/// What is told of one folder.
struct Answer<'a> {
    told: Vec<(Audience, &'a str, Option<&'a [u8]>)>,
    /// Octets of the largest value that was left out.
    longest_left_out: Option<u64>,
}

impl<'a> Answer<'a> {
    /// An entry asked for by its own name alone is told even where it is not there: as NIL.
    fn of(asked: &'a AskedMetadata, notes: &'a [Annotation]) -> Self {
        let mut answer = Answer { told: Vec::new(), longest_left_out: None };
        for entry in &asked.entries {
            let matching = notes.iter().filter(|note| is_meant(entry, asked.depth, note));
            let before = answer.told.len();
            let mut found = false;
            for note in matching {
                found = true;
                let size = note.value.len() as u64;
                if asked.size_max.is_some_and(|max| size > max) {
                    answer.longest_left_out = answer.longest_left_out.max(Some(size));
                } else if !answer.told.iter().any(|(whose, name, _)| (*whose, *name) == (audience(note), &*note.entry))
                {
                    answer.told.push((audience(note), &note.entry, Some(&note.value)));
                }
            }
            if !found && asked.depth == Depth::This && answer.told.len() == before {
                answer.told.push((entry.audience, &entry.path, None));
            }
        }
        answer
    }

    /// `* METADATA folder (entry value …)`; nothing where there is nothing to tell.
    fn print(&self, out: &mut Vec<u8>, folder: &str, dialect: Dialect) {
        if self.told.is_empty() {
            return;
        }
        out.extend_from_slice(b"* METADATA ");
        print::mailbox(out, folder, dialect);
        out.extend_from_slice(b" (");
        print::spaced(out, &self.told, |out, (audience, path, value)| {
            print::astring(out, [audience.prefix(), path].concat().as_bytes());
            out.push(b' ');
            match value {
                Some(value) if memchr::memchr(0, value).is_some() => print::binary(out, value),
                value => print::nstring(out, *value),
            }
        });
        out.extend_from_slice(b")\r\n");
    }
}

fn audience(note: &Annotation) -> Audience {
    if note.owner.is_some() { Audience::Private } else { Audience::Shared }
}

fn is_meant(asked: &EntryName, depth: Depth, note: &Annotation) -> bool {
    if asked.audience != audience(note) {
        return false;
    }
    match (note.entry.strip_prefix(&asked.path), depth) {
        (Some(""), _) => true,
        (Some(below), Depth::Children) => below.strip_prefix('/').is_some_and(|below| !below.contains('/')),
        (Some(below), Depth::All) => below.starts_with('/'),
        (Some(_), Depth::This) | (None, _) => false,
    }
}

/// What is noted about the folders of a LIST.
#[derive(Default)]
pub(super) struct Listed(HashMap<FolderId, Vec<Annotation>>);

impl Listed {
    /// Of so few folders that it fits in memory.
    pub(super) async fn of(store: &Store, all: &[&Located], staff: Option<StaffId>) -> Result<Self, Stop> {
        let folders = || all.iter().filter(|located| located.acl.meets(TOUCHES)).map(|located| &located.folder);
        let ids: Vec<FolderId> = folders().map(|folder| folder.id).collect();
        let mut listed: HashMap<FolderId, Vec<Annotation>> = HashMap::new();
        for note in store.annotations(&ids, staff).await? {
            if let Some(folder) = note.folder {
                listed.entry(folder).or_default().push(note);
            }
        }
        for folder in folders() {
            listed.entry(folder.id).or_default().extend(use_of(folder));
        }
        Ok(Self(listed))
    }

    pub(super) fn print(&self, out: &mut Vec<u8>, asked: &AskedMetadata, located: &Located, dialect: Dialect) {
        // Only of folders about which something may be known.
        if let Some(notes) = self.0.get(&located.folder.id) {
            Answer::of(asked, notes).print(out, &located.shown, dialect);
        }
    }
}

/// Notes something about a folder or the server, all or nothing.
pub(super) async fn set(c: &mut Connection, args: SetMetadata) -> Result<Done, Stop> {
    let located = folder_of(c, &args.mailbox).await?;
    let (staff, own) = (c.session.login()?.staff(), c.session.login()?.mailbox);
    let may = |right| located.as_ref().is_some_and(|located| located.acl.includes(right));
    let mut notes = Vec::with_capacity(args.values.len());
    let mut special_use = None;
    for (EntryName { audience, path }, value) in args.values {
        if path.is_empty() {
            return Err(Refusal::EntryIsFixed.into());
        }
        let is_use = located.is_some() && audience == Audience::Private && path == SPECIAL_USE;
        match audience {
            // Of the server nobody here changes what everybody sees.
            Audience::Shared if located.is_none() => return Err(Refusal::EntryIsFixed.into()),
            Audience::Shared if !may(Acl::WRITE) => return Err(Refusal::NoPermission.into()),
            _ if is_use && !may(Acl::CREATE) => return Err(Refusal::NoPermission.into()),
            _ if is_use => {
                if located.as_ref().is_some_and(|located| located.folder.mailbox != own) {
                    return Err(Refusal::SpecialUse.into());
                }
                special_use = Some(parse_use(value.as_deref())?);
                continue;
            }
            Audience::Private if staff.is_none() => return Err(Refusal::NoPrivateEntries.into()),
            Audience::Private | Audience::Shared => {}
        }
        let owner = staff.filter(|_| audience == Audience::Private);
        notes.push(Note { owner, entry: path, value });
    }
    c.services.store.annotate(located.map(|located| located.folder.id), notes, special_use).await?;
    Ok(Done::Plainly)
}

/// One use, or none: NIL or an empty value takes it away.
fn parse_use(value: Option<&[u8]>) -> Result<Option<SpecialUse>, Refusal> {
    let text = std::str::from_utf8(value.unwrap_or_default()).map_err(|_| Refusal::SpecialUse)?.trim();
    if text.is_empty() {
        return Ok(None);
    }
    SpecialUse::from_attribute(text).map(Some).ok_or(Refusal::SpecialUse)
}
