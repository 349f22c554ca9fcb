//! The report goes to the Director by mail, once for each month, with a copy for the Office: all of it in the commit that
//! remembers it in the audit.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::{Month, Report, Reports, html, text, words};
use crate::address::Address;
use crate::audit::{self, Entry, Filter};
use crate::db::{Connection, DbError};
use crate::directory::{Mailbox, MailboxState, Owner, Resolution, Snapshot};
use crate::figure;
use crate::id::MailboxId;
use crate::mime::compose::{ComposeError, Note, Party};
use crate::store::{self, Append, FlagNames, Flags, Prepared, SpecialUse, StoreError};
use crate::workday::MORNING;

/// What the audit calls it.
const SENT: &str = "report.sent";

/// Why a report was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nobody is named in the configuration, and nobody holds the Director's position.
    #[error("nobody is there to get the report: report.recipients is empty, and nobody is the Director")]
    Nobody,
    /// Somebody named in the configuration has no mailbox here.
    #[error("{0} is no mailbox here: see report.recipients")]
    NoMailbox(Address),
    /// The message could not be written.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for SendError {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

/// Whether a report goes out that was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It does.
    Again,
    /// It does not.
    Once,
}

/// Somebody who gets the report.
struct Recipient {
    mailbox: MailboxId,
    address: Address,
    name: String,
}

impl Reports {
    /// The month that is to be told of now, if it was not yet: the one before, from its day on, on a morning on which the
    /// office works. Nothing is told of months before there were figures.
    pub async fn due(&self) -> Result<Option<Month>, DbError> {
        let (now, workdays) = (self.clock.zoned(), &self.settings.workdays);
        let today = now.date();
        let month = Month::of(today).before();
        let day = today.first_of_month().saturating_add((i64::from(self.settings.day) - 1).days());
        if now.time() < MORNING || today < workdays.at_or_after(day) || !workdays.includes(today) {
            return Ok(None);
        }
        let mut reader = self.db.read().await?;
        let told = figure::first_day(&mut reader).await?.is_some_and(|first| first <= month.last());
        Ok(if told && !was_sent(&mut reader, month, self.clock.zone()).await? { Some(month) } else { None })
    }

    /// Sends a report, from the Office; returns whom it went to, nobody where it was sent before.
    pub async fn send(&self, report: &Report, how: Sent, actor: &str) -> Result<Vec<Address>, SendError> {
        let snapshot = self.directory.snapshot();
        let recipients = self.recipients(&snapshot)?;
        let (message, sender) = self.message(report, &recipients, &snapshot)?;
        let message = Arc::new(Prepared::new(message));
        let append = |folder, prefix, flags| Append {
            folder,
            message: Arc::clone(&message),
            prefix,
            flags,
            date: self.clock.now(),
            quota: None,
        };
        let mut copies = Vec::with_capacity(recipients.len() + 1);
        for Recipient { mailbox, address, .. } in &recipients {
            let prefix = format!("Return-Path: <{sender}>\r\nDelivered-To: {address}\r\n").into_bytes();
            copies.push(append(self.store.inbox(*mailbox).await?, prefix, FlagNames::default()));
        }
        if let Some(own) = snapshot.office().and_then(|office| snapshot.of(Owner::Unit(office.id)))
            && let Some(folder) = self.store.folder_for(own.id, SpecialUse::Sent).await?
        {
            copies.push(append(folder, Vec::new(), FlagNames { system: Flags::SEEN, ..FlagNames::default() }));
        }
        let to: Vec<Address> = recipients.into_iter().map(|recipient| recipient.address).collect();
        let entry = entry(report, &to, actor, self.clock.now());
        let (store, month, zone) = (self.store.clone(), report.month, self.clock.zone().clone());
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                if how == Sent::Once && was_sent(tx.connection(), month, &zone).await? {
                    return Ok(false);
                }
                store::append_in(tx, &store, copies).await?;
                audit::append(tx, vec![entry]).await?;
                Ok::<_, StoreError>(true)
            })
        });
        Ok(if written.await? { to } else { Vec::new() })
    }

    /// Whether anybody is there to get a report: before it is made.
    ///
    /// # Errors
    /// [`SendError::Nobody`], [`SendError::NoMailbox`].
    pub fn ready(&self) -> Result<(), SendError> {
        self.recipients(&self.directory.snapshot()).map(drop)
    }

    /// Those named, or the Director.
    fn recipients(&self, snapshot: &Snapshot) -> Result<Vec<Recipient>, SendError> {
        let open = |mailbox: &Mailbox| mailbox.state == MailboxState::Open;
        let recipient = |mailbox: &Mailbox| {
            let address = mailbox.primary().cloned()?;
            let name = match mailbox.owner {
                Owner::Staff(person) => snapshot.staff(person).map(|person| person.name.to_string()),
                Owner::Unit(unit) => snapshot.unit(unit).map(|unit| unit.name.clone()),
                Owner::Department => Some(snapshot.department().name.clone()),
            };
            Some(Recipient { mailbox: mailbox.id, address, name: name.unwrap_or_default() })
        };
        if self.settings.recipients.is_empty() {
            let own = snapshot.directors().into_iter().filter_map(|person| snapshot.of(Owner::Staff(person)));
            let directors: Vec<_> = own.filter(|own| open(own)).filter_map(recipient).collect();
            return if directors.is_empty() { Err(SendError::Nobody) } else { Ok(directors) };
        }
        let named = |address: &Address| {
            let mailbox = match snapshot.resolve(address) {
                Resolution::Mailbox(mailbox) | Resolution::Relocated { mailbox, .. } => snapshot.mailbox(mailbox),
                Resolution::Suspended | Resolution::Departed | Resolution::Unknown | Resolution::Foreign => None,
            };
            mailbox.and_then(recipient).ok_or_else(|| SendError::NoMailbox(address.clone()))
        };
        self.settings.recipients.iter().map(named).collect()
    }

    /// The message, and the address that it is from.
    fn message(
        &self,
        report: &Report,
        recipients: &[Recipient],
        snapshot: &Snapshot,
    ) -> Result<(Vec<u8>, Address), SendError> {
        let office = snapshot.office().and_then(|office| snapshot.of(Owner::Unit(office.id)));
        let own = office.and_then(Mailbox::primary).cloned();
        let postmaster = || Address::new("postmaster", snapshot.department().own.clone()).ok();
        let sender = own.or_else(postmaster).ok_or(SendError::Nobody)?;
        let to: Vec<_> = recipients.iter().map(|to| Party { name: &to.name, address: &to.address }).collect();
        let zone: &TimeZone = self.clock.zone();
        let note = Note {
            from: Party { name: &report.office, address: &sender },
            to: &to,
            subject: &format!("Báo cáo hệ thống thư điện tử {}", words::name(report)),
            text: &text(report, zone),
            html: Some(&html(report, zone)),
            date: &self.clock.zoned(),
            unique: &format!("report-{}.{}", report.month, self.clock.now().as_nanosecond()),
        };
        Ok((note.write()?, sender))
    }
}

/// Whether the whole month was told of: what was sent while it went on was not all of it.
async fn was_sent(connection: &mut Connection, month: Month, zone: &TimeZone) -> Result<bool, DbError> {
    let over = Some(month.seconds(zone).end);
    let filter = Filter { subject: Some(subject(month)), at_most: Some(1), since: over, ..Filter::default() };
    Ok(!audit::list(connection, &filter).await?.is_empty())
}

fn subject(month: Month) -> String {
    format!("report:{month}")
}

fn entry(report: &Report, to: &[Address], actor: &str, at: Timestamp) -> Entry {
    Entry {
        at: at.as_second(),
        actor: actor.to_owned(),
        what: SENT,
        subject: subject(report.month),
        decision: None,
        note: None,
        before: None,
        after: Some(json!({ "to": to })),
    }
}
