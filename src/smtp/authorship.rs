//! In whose name a message may speak: people and devices in their own (R19), and nobody outside in one of ours.

use mail_parser::HeaderForm;

use super::connection::Connection;
use super::header::{self, HeaderFault};
use super::reply::Reply;
use super::session::Transaction;
use super::standing::{Device, Standing};
use super::submission::{self, Completion};
use crate::access::Login;
use crate::address::Address;
use crate::directory::Resolution;
use crate::id::MailboxId;
use crate::mime::compose::Party;
use crate::mime::{Field, fields};

/// A header that stands in the place of the one that came.
pub(super) struct Header {
    /// What it is now; with the blank line where there was none.
    pub(super) text: Vec<u8>,
    /// Octets of the one that came.
    pub(super) old: usize,
    /// The mailbox that the message is from, if it is not the sender's own.
    pub(super) spoken_for: Option<MailboxId>,
}

impl Connection<'_> {
    /// Refuses a message that speaks for others. What people and devices send is completed (RFC 6409 §8).
    pub(super) fn check_author(
        &self,
        transaction: &Transaction,
        message: &[u8],
        id: &str,
    ) -> Result<Option<Header>, Reply> {
        match self.standing() {
            Standing::Person(login) => {
                let from = transaction.mail.from.as_ref().unwrap_or(&login.address);
                Ok(Some(self.of_person(login, from, message, id)?))
            }
            Standing::Device(device) => {
                let header = self.of_device(device, message, id);
                header.map(Some).map_err(|fault| Reply::device_header(fault, &device.sender))
            }
            Standing::Trusted | Standing::List => Ok(None),
            Standing::Stranger => Ok(self.check_stranger(header::block(message)).map(|()| None)?),
        }
    }

    fn of_person(&self, login: &Login, from: &Address, message: &[u8], id: &str) -> Result<Header, HeaderFault> {
        let access = &self.door.services.access;
        let header = header::strict_block(message)?;
        let named = submission::check(header, |address| access.may_send_as(login, address))?;
        let spoken_for = access.spoken_for(login, named.from.as_ref().unwrap_or(from));
        // Sender is a person, whoever else they may speak for.
        if named.sender.is_some_and(|sender| access.spoken_for(login, &sender).is_some()) {
            return Err(HeaderFault::NotOwn("Sender"));
        }
        let person = login.person();
        let sender = spoken_for.map(|_| Party { name: &login.name, address: &person });
        let text = self.completed((message, header), from, sender, id);
        Ok(Header { text, old: header.len(), spoken_for })
    }

    fn of_device(&self, device: &Device, message: &[u8], id: &str) -> Result<Header, HeaderFault> {
        let header = header::strict_block(message)?;
        submission::check(header, |address| *address == device.sender)?;
        let text = self.completed((message, header), &device.sender, None, id);
        Ok(Header { text, old: header.len(), spoken_for: None })
    }

    fn completed(&self, of: (&[u8], &[u8]), from: &Address, sender: Option<Party<'_>>, id: &str) -> Vec<u8> {
        let services = &self.door.services;
        let (date, hostname) = (&services.clock.zoned(), services.settings.hostname.as_str());
        let (message, header) = of;
        Completion { from, sender, date, id, hostname }.of(message, header)
    }

    /// Whoever reads a message believes its From, whatever was said before it.
    fn check_stranger(&self, header: &[u8]) -> Result<(), HeaderFault> {
        let snapshot = self.door.services.directory.snapshot();
        let is_own = |address: &Address| snapshot.resolve(address) != Resolution::Foreign;
        let inside = fields(header).filter(|field| field.is("From")).any(|field| named(&field).iter().any(is_own));
        if inside { Err(HeaderFault::InsideFromOutside) } else { Ok(()) }
    }
}

/// Every address that a reader could take a field to name.
pub(super) fn named(field: &Field<'_>) -> Vec<Address> {
    let parsed = HeaderForm::Addresses.parse(field.value);
    let seen = parsed.value().as_address().into_iter().flat_map(|list| list.mailboxes());
    let seen = seen.filter_map(|mailbox| Address::parse(mailbox.address()?.trim()).ok());
    let unfolded = field.unfolded();
    let text = String::from_utf8_lossy(&unfolded);
    let bracketed = text.split('<').skip(1).filter_map(|rest| Address::parse(rest.split('>').next()?.trim()).ok());
    let alone = Address::parse(text.trim()).ok();
    seen.chain(bracketed).chain(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_a_reader_could_see_is_found() {
        for text in [
            "a@x.vn",
            "Boss <a@x.vn>",
            "b@y.vn, a@x.vn",
            "\"b@y.vn\" < A@x.vn >",
            "Team: a@x.vn, b@y.vn;",
            "<b@y.vn> <a@x.vn>",
            "b@y.vn (x) <a@x.vn>",
            "Boss\r\n <a@x.vn>",
        ] {
            let line = format!("From: {text}\r\n");
            let found: Vec<_> = fields(line.as_bytes()).flat_map(|field| named(&field)).collect();
            assert!(found.iter().any(|address| address.key() == "a"), "{text}: {found:?}");
        }
        let line = b"From: \"a@x.vn\" <b@y.vn>\r\n";
        let found: Vec<_> = fields(line).flat_map(|field| named(&field)).collect();
        assert!(found.iter().all(|address| address.key() == "b"), "a display name proves nothing: {found:?}");
    }
}
