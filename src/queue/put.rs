//! Jobs enter the queue: in the transaction that accepts their message.

use jiff::Timestamp;

use super::{EnvelopeDsn, HeldFor, Lane, RecipientDsn};
use crate::address::Address;
use crate::db::{DbError, Tx};
use crate::id::{BodyId, MailboxId};

/// What a message needs of the servers that it passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// It holds octets above 127: RFC 6152.
    pub eight_bit: bool,
    /// Its header or its sender is not ASCII: RFC 6531. Recipients say so themselves.
    pub utf8: bool,
}

/// A message for recipients that go one way.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// As the log calls it.
    pub name: String,
    /// The reverse path; `None` is the null sender.
    pub from: Option<Address>,
    /// The mailbox of whoever was logged in.
    pub mailbox: Option<MailboxId>,
    /// The way.
    pub lane: Lane,
    /// What it needs.
    pub form: Form,
    /// What MAIL asked for.
    pub dsn: EnvelopeDsn,
    /// Whether it waits for the administrator.
    pub held: Option<HeldFor>,
    /// One at least.
    pub recipients: Vec<NewRecipient>,
}

/// Somebody to whom it goes.
#[derive(Clone, Debug)]
pub struct NewRecipient {
    /// Where.
    pub address: Address,
    /// What RCPT asked for.
    pub dsn: RecipientDsn,
}

/// Writes jobs for a body of so many octets, which is in the store already. They are to be tried at once.
pub async fn put(tx: &mut Tx, (body, size): (BodyId, usize), jobs: &[NewJob], now: Timestamp) -> Result<(), DbError> {
    let mut recipients = Vec::new();
    for job in jobs {
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO job (body_id, size, name, sender, mailbox, lane, eight_bit, utf8, ret, envid, accepted, next, \
                              state, held_for) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13) RETURNING id",
        )
        .bind(body)
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .bind(&job.name)
        .bind(job.from.as_ref().map(ToString::to_string).unwrap_or_default())
        .bind(job.mailbox)
        .bind(job.lane.to_string())
        .bind(job.form.eight_bit)
        .bind(job.form.utf8)
        .bind(job.dsn.ret.map(super::Return::code))
        .bind(job.dsn.envid.as_deref())
        .bind(now.as_second())
        .bind(if job.held.is_some() { "held" } else { "waiting" })
        .bind(job.held.map(HeldFor::code))
        .fetch_one(tx.connection())
        .await?;
        for (place, recipient) in job.recipients.iter().enumerate() {
            let notify = recipient.dsn.notify.map(super::NotifyOn::to_sql);
            recipients.push((id, place, recipient.address.to_string(), notify, recipient.dsn.orcpt.as_deref()));
        }
    }
    sqlx::query(
        "INSERT INTO job_recipient (job, place, address, notify, orcpt, state) \
         SELECT value->>0, value->>1, value->>2, value->>3, value->>4, 'waiting' FROM json_each(?)",
    )
    .bind(serde_json::json!(recipients).to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}
