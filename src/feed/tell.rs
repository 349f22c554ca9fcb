//! Line files are made, and written again: each from the audit, and recorded in it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Fault, Numbered};
use super::file::{self, Header, Range};
use super::judge::{self, Told, Verdict};
use super::listing::{self, Line};
use super::read::{self, FeedError};
use super::replay::State;
use crate::address::Domain;
use crate::audit::{self, ChangeFile, Entry, Filter};
use crate::db::{Connection, Tx};
use crate::directory::Province;
use crate::id::AddressId;
use crate::seal::{SealFile, Signature};

/// What change files are made with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The office's key.
    pub seal: SealFile,
    /// The department's name.
    pub organisation: Arc<str>,
    /// Its own domain.
    pub domain: Domain,
    /// The province's; none: there is nothing to tell.
    pub provincial: Option<Domain>,
}

/// The audit, read to a place, with what every change file up to there said.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The directory at that place.
    pub state: State,
    /// The files that were made.
    pub told: Vec<Told>,
    /// The directory at the last place that a file told of.
    before: State,
}

/// A change file that is being made.
#[derive(Clone, Debug)]
pub struct Made {
    /// What it says.
    pub told: Told,
    /// The whole file.
    pub text: String,
    /// Where the addresses stand once it is handed out.
    pub marks: Vec<(AddressId, Province)>,
}

/// Who does something, when, and what they wish to add.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who.
    pub actor: String,
    /// For the audit.
    pub note: Option<String>,
    /// When.
    pub now: Timestamp,
}

/// What the audit keeps of a file: all that is not in the entries before it.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    header: Header,
    signature: String,
}

impl Replayed {
    /// Reads the audit to its end.
    ///
    /// # Errors
    /// [`FeedError`]
    pub async fn read(connection: &mut Connection) -> Result<Self, FeedError> {
        let mut state = read::start(connection).await?;
        let first = state.last();
        // Before the first file the Centre knew nothing.
        let (mut before, mut told) = (State::default(), Vec::new());
        for file in ChangeFile::after(connection, 0).await? {
            let whole = file.to >= first && (file.after >= first || file.after == 0);
            if file.to >= first {
                state = read::advance(connection, state, Some(file.to)).await?;
            }
            let changes = whole.then(|| listing::changes(&before, &state));
            before.clone_from(&state);
            told.push(Told { file, changes });
        }
        state = read::advance(connection, state, None).await?;
        Ok(Self { state, told, before })
    }

    /// Reads what came meanwhile.
    ///
    /// # Errors
    /// [`FeedError`]
    pub async fn catch_up(self, connection: &mut Connection) -> Result<Self, FeedError> {
        let last = ChangeFile::last(connection).await?;
        if last.as_ref() != self.told.last().map(|told| &told.file) {
            return Self::read(connection).await;
        }
        let state = read::advance(connection, self.state, None).await?;
        Ok(Self { state, ..self })
    }

    /// What the next file would say.
    pub fn untold(&self) -> Vec<Line> {
        listing::changes(&self.before, &self.state)
    }

    /// The number of the newest file.
    pub fn last_number(&self) -> i64 {
        self.told.last().map_or(0, |told| told.file.number)
    }

    /// What an answer of the Centre changes.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn judge(&self, answers: &Numbered) -> Result<Verdict, Vec<Fault>> {
        judge::judge(answers, &self.told, &self.state)
    }
}

impl Feed {
    /// Makes the next file and records it; nothing where there is nothing to say. It may be handed out when the
    /// transaction is durable, and the marks must be made in it.
    ///
    /// # Errors
    /// [`FeedError`]
    pub async fn make(&self, tx: &mut Tx, replayed: &Replayed, act: &Act) -> Result<Option<Made>, FeedError> {
        let Some(provincial) = &self.provincial else { return Ok(None) };
        let changes = replayed.untold();
        if changes.is_empty() {
            return Ok(None);
        }
        let seal = self.seal.open_or_make()?;
        let last = replayed.told.last().map(|told| &told.file);
        // To the second, as the table has it.
        let made_at = act.now.as_second();
        let header = Header {
            format: file::FORMAT.to_owned(),
            version: file::VERSION,
            file: replayed.last_number() + 1,
            previous: last.map(|file| data_encoding::HEXLOWER.encode(&file.digest)),
            organisation: self.organisation.to_string(),
            domain: self.domain.clone(),
            provincial_domain: provincial.clone(),
            made: Timestamp::from_second(made_at).unwrap_or(act.now),
            audit: Range { after: last.map_or(0, |file| file.to), to: replayed.state.last() },
            changes: changes.len(),
            public_key: seal.public().to_string(),
        };
        let body = file::body(&header, &changes)?;
        let signature = seal.sign(body.as_bytes());
        let text = file::sealed(body, &signature)?;
        let made = ChangeFile {
            number: header.file,
            after: header.audit.after,
            to: header.audit.to,
            made_at,
            digest: file::digest_of(&text),
        };
        made.insert(tx).await?;
        let record = Record { header, signature: signature.to_string() };
        audit::append(tx, vec![entry(made.number, "province.export", act, json!(record))]).await?;
        let marks = judge::sent(&changes, &replayed.state).into_iter();
        let marks = marks.map(|(row, mark)| (AddressId(row), mark)).collect();
        Ok(Some(Made { told: Told { file: made, changes: Some(changes) }, text, marks }))
    }

    /// Writes a file again, octet for octet; nothing where its entries were cut from the audit.
    ///
    /// # Errors
    /// [`FeedError::Changed`] where the audit no longer says what it said.
    pub async fn write(connection: &mut Connection, told: &Told) -> Result<Option<String>, FeedError> {
        let Some(changes) = &told.changes else { return Ok(None) };
        let number = told.file.number;
        let subject = Some(format!("change_file:{number}"));
        let entries = audit::list(connection, &Filter { subject, ..Filter::default() }).await?;
        let records = entries.into_iter().filter_map(|entry| serde_json::from_value(entry.after?).ok());
        let record: Option<Record> = records.into_iter().next();
        let record = record.ok_or(FeedError::Changed(number))?;
        let signature = Signature::parse(&record.signature).ok_or(FeedError::Changed(number))?;
        let text = file::sealed(file::body(&record.header, changes)?, &signature)?;
        let same = file::digest_of(&text) == told.file.digest;
        if same { Ok(Some(text)) } else { Err(FeedError::Changed(number)) }
    }

    /// Records what an answer of the Centre said; the marks must be made in the same transaction.
    ///
    /// # Errors
    /// [`FeedError`]
    pub async fn acknowledge(tx: &mut Tx, verdict: &Verdict, act: &Act) -> Result<(), FeedError> {
        let refused = verdict.refused.iter();
        let entries = refused.map(|(file, rows)| entry(*file, "province.acknowledge", act, json!({ "refused": rows })));
        audit::append(tx, entries.collect()).await?;
        Ok(())
    }
}

fn entry(file: i64, what: &'static str, act: &Act, after: serde_json::Value) -> Entry {
    Entry {
        at: act.now.as_second(),
        actor: act.actor.clone(),
        what,
        subject: format!("change_file:{file}"),
        decision: None,
        note: act.note.clone(),
        before: None,
        after: Some(after),
    }
}
