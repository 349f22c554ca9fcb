//! Mail to `suco@` reports a fault: beside being in the Office's mailbox it is among the incidents (P7, R22).

use tracing::{error, info};

use super::connection::Connection;
use super::session::Transaction;
use crate::access::Login;
use crate::incident::Kind;
use crate::mime::fields;
use crate::name::{Account, Label};
use crate::provisioning::incidents::Reported;
use crate::provisioning::{By, Manner};
use crate::text::printable;

impl Connection<'_> {
    /// What a message says of a fault, if it is one: its subject. Strangers' mail is only delivered, for the list is the
    /// office's own.
    pub(super) fn fault(&self, transaction: &Transaction, header: &[u8]) -> Option<Account> {
        self.session.login()?;
        let snapshot = self.door.services.directory.snapshot();
        transaction.recipients.iter().find(|recipient| snapshot.hears_faults(&recipient.address))?;
        let subject = fields(header).find(|field| field.is("Subject")).map(|field| printable(&field.text()));
        // What is too long, or nothing, is to be read in the message.
        let told = subject.and_then(|subject| Account::parse(&subject).ok());
        told.or_else(|| Account::parse("Xem thư gửi suco@").ok())
    }

    /// Enters the report of a message that is delivered. If that fails, the message is there all the same.
    pub(super) async fn report(&self, login: &Login, text: Account, id: &str) {
        let Ok(reporter) = Label::parse(&login.name) else { return };
        let by = By { actor: login.address.to_string(), note: None, manner: Manner::Apply };
        let fault = Reported { reporter, kind: Kind::Fault, mailbox: None, text };
        match self.door.services.provisioning.report_incident(fault, by).await {
            Ok(incident) => info!(%id, incident = incident.id.0, "a fault was reported by mail"),
            Err(cause) => error!(%id, %cause, "a fault that was reported by mail is not among the incidents"),
        }
    }
}
