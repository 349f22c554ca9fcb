//! Heads are told on the morning of a day that something is due, and on the next that it is missing (R7): one message to
//! each, in the commit that remembers what was said.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::schedule::State;
use super::{Duty, Sharing};
use crate::address::Address;
use crate::directory::{Owner, Snapshot};
use crate::id::MailboxId;
use crate::mime::compose::{ComposeError, Note, Party};
use crate::reminder::{self, Reminder, Said};
use crate::store::{self, Append, FlagNames, Prepared, StoreError};
use crate::workday::MORNING;

impl Sharing {
    /// Reminds those who were not reminded yet, on days on which the office works. Returns how many were.
    pub async fn remind(&self) -> Result<usize, StoreError> {
        let now = self.clock.zoned();
        if now.time() < MORNING || !self.settings.workdays.includes(now.date()) {
            return Ok(0);
        }
        let snapshot = self.directory.snapshot();
        let mut told: BTreeMap<MailboxId, Vec<(Duty, Reminder)>> = BTreeMap::new();
        for (duty, reminder) in self.unsaid(&snapshot).await? {
            // The Office answers for units without a head.
            let office = || Some(Owner::Unit(snapshot.office()?.id));
            let head = duty.head.map(Owner::Staff).or_else(office).and_then(|owner| snapshot.of(owner));
            if let Some(mailbox) = head {
                told.entry(mailbox.id).or_default().push((duty, reminder));
            }
        }
        let count = told.len();
        for (mailbox, duties) in told {
            self.tell(&snapshot, mailbox, duties).await?;
        }
        Ok(count)
    }

    async fn unsaid(&self, snapshot: &Snapshot) -> Result<Vec<(Duty, Reminder)>, StoreError> {
        let today = self.clock.today();
        let said = |duty: &Duty| match duty.state {
            State::Open if duty.due == today => Some(Said::Due),
            State::Missing => Some(Said::Missing),
            State::Open | State::OnTime | State::Late => None,
        };
        let due = self.duties().await?.into_iter().filter_map(|duty| {
            let (unit, said) = (snapshot.unit_by_code(&duty.unit)?.id, said(&duty)?);
            let reminder = Reminder { unit, section: duty.section.clone(), due: duty.due, said };
            Some((duty, reminder))
        });
        let due: Vec<(Duty, Reminder)> = due.collect();
        let reminders: Vec<Reminder> = due.iter().map(|(_, reminder)| reminder.clone()).collect();
        let unsaid = reminder::unsaid(&mut *self.db.read().await?, &reminders).await?;
        Ok(due.into_iter().enumerate().filter(|(at, _)| unsaid.contains(at)).map(|(_, due)| due).collect())
    }

    async fn tell(
        &self,
        snapshot: &Snapshot,
        mailbox: MailboxId,
        duties: Vec<(Duty, Reminder)>,
    ) -> Result<(), StoreError> {
        let Some(to) = snapshot.mailbox(mailbox).and_then(|mailbox| mailbox.primary()) else { return Ok(()) };
        let text = match self.text(snapshot, to, &duties) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%error, %to, "a head is not reminded");
                return Ok(());
            }
        };
        let copy = Append {
            folder: self.store.inbox(mailbox).await?,
            message: Arc::new(Prepared::new(text)),
            prefix: format!("Return-Path: <>\r\nDelivered-To: {to}\r\n").into_bytes(),
            flags: FlagNames::default(),
            date: self.clock.now(),
            quota: None,
        };
        let (store, said) = (self.store.clone(), duties.into_iter().map(|(_, reminder)| reminder).collect::<Vec<_>>());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    store::append_in(tx, &store, vec![copy]).await?;
                    Ok(reminder::said(tx, &said).await?)
                })
            })
            .await
    }

    fn text(&self, snapshot: &Snapshot, to: &Address, duties: &[(Duty, Reminder)]) -> Result<Vec<u8>, ComposeError> {
        let lines = |said: Said| {
            let of = duties.iter().filter(|(_, reminder)| reminder.said == said);
            of.fold(String::new(), |mut text, (duty, _)| {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "  - {} / {} ({})", duty.unit_name, duty.section, duty.due.strftime("%d/%m/%Y"));
                text
            })
        };
        let mut text = String::new();
        for (said, vi, en) in [
            (Said::Due, "Hôm nay là hạn cập nhật thư mục dùng chung:", "Due today in the shared folder:"),
            (Said::Missing, "Đã quá hạn mà chưa có nội dung:", "Overdue, and nothing was published:"),
        ] {
            let lines = lines(said);
            if !lines.is_empty() {
                let _ = writeln!(text, "{vi}\n{en}\n{lines}");
            }
        }
        text += "Đưa thư vào đúng mục trong \"Dùng chung\", hoặc gửi đến địa chỉ của mục (hopthu share list).\n\
                 Put a message into the section under \"Dùng chung\", or send it to the section's address.\n";
        let organisation = snapshot.department();
        let postmaster = Address::new("postmaster", organisation.own.clone()).unwrap_or_else(|_| to.clone());
        Note {
            from: Party { name: &organisation.name, address: &postmaster },
            to: &[Party { name: "", address: to }],
            subject: "Nhắc cập nhật thư mục dùng chung / Shared folders: what is due",
            text: &text,
            html: None,
            date: &self.clock.zoned(),
            unique: &format!("duty-{}", self.clock.now().as_nanosecond()),
        }
        .write()
    }
}
