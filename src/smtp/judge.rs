//! Who may send, and who is there to receive: the questions of the session that the directory answers.

use super::connection::Connection;
use super::refusal::Refusal;
use super::reply::Reply;
use super::standing::Standing;
use super::syntax::{ForwardPath, Mail};
use crate::access::Login;
use crate::address::Address;
use crate::delivery::Destination;
use crate::directory::{Owner, Resolution};
use crate::queue::{Lane, RecipientDsn};

impl Connection<'_> {
    /// People send as themselves (R19), or with the null sender, as receipts do. Strangers never send as one of us.
    pub(super) fn judge_sender(&self, mail: &Mail) -> Result<(), Reply> {
        let services = &self.door.services;
        let kibibytes = mail.size.unwrap_or(0) / 1024;
        if usize::try_from(kibibytes).unwrap_or(usize::MAX) > services.in_flight.available_permits() {
            return Err(Refusal::NoRoom.into());
        }
        match self.standing() {
            Standing::Person(login) => self.judge_person(login, mail.from.as_ref()),
            Standing::Device(device) => self.judge_device(device, mail.from.as_ref()),
            Standing::List | Standing::Stranger if mail.from.as_ref().is_some_and(|from| self.is_own(from)) => {
                Err(Refusal::SenderFromOutside.into())
            }
            Standing::Trusted | Standing::List | Standing::Stranger => Ok(()),
        }
    }

    fn judge_person(&self, login: &Login, from: Option<&Address>) -> Result<(), Reply> {
        let services = &self.door.services;
        if login.must_change_password() {
            return Err(Reply::first_password(services.settings.page.as_deref()));
        }
        if from.is_some_and(|from| !services.access.may_send_as(login, from)) {
            return Err(Refusal::SenderNotOwn.into());
        }
        Ok(())
    }

    fn is_own(&self, address: &Address) -> bool {
        self.door.services.directory.snapshot().resolve(address) != Resolution::Foreign
    }

    /// Answers RCPT.
    pub(super) async fn recipient(&mut self, path: ForwardPath, dsn: RecipientDsn) -> Reply {
        let address = match path {
            ForwardPath::Address(address) => address,
            ForwardPath::Postmaster => {
                let own = self.door.services.directory.snapshot().department().own.clone();
                let Ok(address) = Address::new("postmaster", own) else { return Refusal::UnknownRecipient.into() };
                address
            }
        };
        let found = self.judge_recipient(&address).await;
        let found = found.and_then(|found| Ok(self.count_recipient().map(|()| found)?));
        self.session.recipient(address, dsn, found)
    }

    async fn judge_recipient(&self, address: &Address) -> Result<Destination, Reply> {
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
            Resolution::Foreign => return self.judge_foreigner(address).map(Destination::Out),
        };
        let announced = self.session.transaction().and_then(|transaction| transaction.mail.size).unwrap_or(0);
        services.delivery.admit(mailbox, announced).await?;
        Ok(Destination::Mailbox(mailbox))
    }

    /// The way out, for those who may send there: people and devices as far as their mailbox may (R27), and machines of
    /// networks that are trusted with it, in the name of one of us.
    fn judge_foreigner(&self, address: &Address) -> Result<Lane, Reply> {
        let services = &self.door.services;
        let from = self.session.transaction().and_then(|transaction| transaction.mail.from.as_ref());
        let (is_ours, may) = match self.standing() {
            Standing::Person(login) => (true, services.access.may_write_to(Some(login), from, address.domain())),
            Standing::Device(_) => (true, services.access.may_write_to(None, from, address.domain())),
            Standing::Trusted | Standing::List | Standing::Stranger => (false, self.may_send_out(from)),
        };
        match (is_ours, may) {
            (true, _) if !address.domain().is_qualified() => Err(Refusal::NotQualified.into()),
            (true, false) => Err(Reply::province_only(self.office().as_ref())),
            (false, false) => Err(Refusal::RelayDenied.into()),
            (_, true) => services.delivery.lane(from, address).ok_or_else(|| Refusal::OutsideNotOpen.into()),
        }
    }

    pub(super) fn may_send_out(&self, from: Option<&Address>) -> bool {
        let trusted = self.door.services.settings.sends_out.iter().any(|network| network.contains(self.peer.ip()));
        trusted && from.is_some_and(|from| self.is_own(from))
    }

    /// Whom to ask.
    fn office(&self) -> Option<Address> {
        let snapshot = self.door.services.directory.snapshot();
        let office = Owner::Unit(snapshot.office()?.id);
        snapshot.of(office)?.primary().cloned()
    }
}
