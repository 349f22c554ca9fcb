//! Who may send, and who is there to receive: the questions of the session that the directory answers.

use super::connection::Connection;
use super::refusal::Refusal;
use super::reply::Reply;
use super::syntax::{ForwardPath, Mail};
use crate::access::Withheld;
use crate::address::Address;
use crate::directory::Resolution;
use crate::id::MailboxId;

impl Connection<'_> {
    /// People send as themselves (R19), or with the null sender, as receipts do. Strangers never send as one of us.
    pub(super) async fn judge_sender(&self, mail: &Mail) -> Result<(), Reply> {
        let services = &self.door.services;
        let kibibytes = mail.size.unwrap_or(0) / 1024;
        if usize::try_from(kibibytes).unwrap_or(usize::MAX) > services.in_flight.available_permits() {
            return Err(Refusal::NoRoom.into());
        }
        let Some(login) = self.session.login() else { return Ok(self.judge_stranger(mail.from.as_ref())?) };
        if login.must_change_password() {
            return Err(Reply::first_password(services.settings.page.as_deref()));
        }
        if mail.from.as_ref().is_some_and(|from| !services.access.may_send_as(login, from)) {
            return Err(Refusal::SenderNotOwn.into());
        }
        Ok(services.access.may_send_to(login, 1, services.settings.allowance).await?)
    }

    fn judge_stranger(&self, from: Option<&Address>) -> Result<(), Refusal> {
        let own = |from| self.door.services.directory.snapshot().resolve(from) != Resolution::Foreign;
        if from.is_some_and(own) && !self.is_trusted() { Err(Refusal::SenderFromOutside) } else { Ok(()) }
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
            // Whoever writes from here gets an answer; others hear it now, and there is nothing to keep.
            Resolution::Relocated { mailbox, successor } => {
                if self.session.login().is_none() || services.delivery.is_over(mailbox) {
                    return Err(Reply::relocated(successor.as_ref()));
                }
                mailbox
            }
            Resolution::Departed => return Err(Refusal::Departed.into()),
            Resolution::Unknown => return Err(Refusal::UnknownRecipient.into()),
            Resolution::Foreign if self.session.login().is_some() => return Err(Refusal::OutsideNotOpen.into()),
            Resolution::Foreign => return Err(Refusal::RelayDenied.into()),
        };
        self.judge_number().await?;
        let announced = self.session.transaction().and_then(|transaction| transaction.mail.size).unwrap_or(0);
        services.delivery.admit(mailbox, announced).await?;
        Ok(mailbox)
    }

    /// Whether a person may send to one more than those accepted so far (R21).
    async fn judge_number(&self) -> Result<(), Withheld> {
        let Some(login) = self.session.login() else { return Ok(()) };
        let accepted = self.session.transaction().map_or(0, |transaction| transaction.recipients.len());
        let wanted = u32::try_from(accepted).unwrap_or(u32::MAX).saturating_add(1);
        let services = &self.door.services;
        services.access.may_send_to(login, wanted, services.settings.allowance).await
    }
}
