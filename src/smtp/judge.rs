//! Who may send, and who is there to receive: the questions of the session that the directory answers.

use super::connection::Connection;
use super::refusal::Refusal;
use super::reply::Reply;
use super::syntax::{ForwardPath, Mail};
use crate::address::Address;
use crate::directory::Resolution;
use crate::id::MailboxId;

impl Connection<'_> {
    /// People send as themselves (R19), or with the null sender, as receipts do. Strangers never send as one of us.
    pub(super) fn judge_sender(&self, mail: &Mail) -> Result<(), Refusal> {
        let services = &self.door.services;
        let kibibytes = mail.size.unwrap_or(0) / 1024;
        if usize::try_from(kibibytes).unwrap_or(usize::MAX) > services.in_flight.available_permits() {
            return Err(Refusal::NoRoom);
        }
        let Some(from) = &mail.from else { return Ok(()) };
        match self.session.login() {
            Some(login) if services.access.may_send_as(login, from) => Ok(()),
            Some(_) => Err(Refusal::SenderNotOwn),
            None if self.is_trusted() => Ok(()),
            None if services.directory.snapshot().resolve(from) == Resolution::Foreign => Ok(()),
            None => Err(Refusal::SenderFromOutside),
        }
    }

    fn is_trusted(&self) -> bool {
        self.door.services.settings.trusted.iter().any(|network| network.contains(self.peer.ip()))
    }

    /// Answers RCPT.
    pub(super) async fn recipient(&mut self, path: ForwardPath) -> Reply {
        let address = match path {
            ForwardPath::Address(address) => address,
            ForwardPath::Postmaster => {
                let own = self.door.services.directory.snapshot().department().own.clone();
                let Ok(address) = Address::new("postmaster", own) else { return Refusal::UnknownRecipient.into() };
                address
            }
        };
        let found = self.judge_recipient(&address).await;
        self.session.recipient(address, found)
    }

    async fn judge_recipient(&self, address: &Address) -> Result<MailboxId, Reply> {
        let services = &self.door.services;
        let mailbox = match services.directory.snapshot().resolve(address) {
            Resolution::Mailbox(mailbox) => mailbox,
            Resolution::Suspended => return Err(Refusal::Suspended.into()),
            Resolution::Relocated { .. } | Resolution::Departed | Resolution::Unknown => {
                return Err(Refusal::UnknownRecipient.into());
            }
            Resolution::Foreign if self.session.login().is_some() => return Err(Refusal::OutsideNotOpen.into()),
            Resolution::Foreign => return Err(Refusal::RelayDenied.into()),
        };
        let announced = self.session.transaction().and_then(|transaction| transaction.mail.size).unwrap_or(0);
        services.delivery.admit(mailbox, announced).await?;
        Ok(mailbox)
    }
}
