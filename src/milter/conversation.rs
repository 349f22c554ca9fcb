//! What is said to a filter about one message, and what it answers.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tracing::warn;

use super::connection::{Connection, Failure, Next, Stop};
use super::draft::{Draft, Form, Replaced};
use super::settings::Filter;
use super::subject::{self, Subject};
use super::syntax::{self, Change, Reply, Step};
use crate::limits;

/// What a filter thinks of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opinion {
    Pass,
    /// Somebody is to judge, for this reason. What it would throw away silently is held too: in an office no mail is lost.
    Hold(String),
    Refuse(Option<String>),
    Later(Option<String>),
}

/// The room for a body that a filter makes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room<'a> {
    pub(super) memory: &'a Arc<Semaphore>,
    pub(super) octets_max: usize,
}

/// What a filter asked for.
#[derive(Debug, Default)]
struct Asked {
    changes: Vec<Change>,
    body: Option<Replaced>,
    quarantine: Option<String>,
}

/// Finds out whether a filter answers.
pub(super) async fn probe(filter: &Filter) -> Result<(), Failure> {
    Connection::open(filter).await?.close(&[syntax::QUIT]).await;
    Ok(())
}

/// Tells a filter about a message and does what it asks for, all of it or, where it fails on the way, nothing.
pub(super) async fn ask(
    filter: &Filter,
    subject: &Subject<'_>,
    draft: &mut Draft<'_>,
    room: Room<'_>,
) -> Result<Opinion, Failure> {
    let mut connection = Connection::open(filter).await?;
    match tell(&mut connection, subject, draft).await {
        Ok(()) => {}
        Err(Stop::Decided(opinion)) => {
            connection.close(&[syntax::ABORT, syntax::QUIT]).await;
            return Ok(opinion);
        }
        Err(Stop::Failed(failure)) => return Err(failure),
    }
    let (opinion, asked) = hear(&mut connection, filter, subject.id, room).await?;
    let form = if connection.terms.has_leading_space() { Form::WithSpace } else { Form::Plain };
    connection.close(&[syntax::QUIT]).await;
    if opinion != Opinion::Pass {
        return Ok(opinion);
    }
    for change in &asked.changes {
        draft.apply(change, form)?;
    }
    if let Some(body) = asked.body {
        draft.replace_body(body);
    }
    Ok(asked.quarantine.map_or(Opinion::Pass, Opinion::Hold))
}

/// Says everything up to the message's end, of which nothing is copied but its fields, one at a time.
async fn tell(connection: &mut Connection, subject: &Subject<'_>, draft: &Draft<'_>) -> Result<(), Stop> {
    connection.say(Step::Connect, &subject.macros(Step::Connect), &subject.connect()).await?;
    connection.say(Step::Hello, &subject.macros(Step::Hello), &subject.hello()).await?;
    connection.say(Step::Sender, &subject.macros(Step::Sender), &subject::sender(subject.from)).await?;
    for to in &subject.to {
        connection.say(Step::Recipient, &subject::recipient_macro(to), &subject::recipient(to)).await?;
    }
    connection.say(Step::Data, &subject.macros(Step::Data), &[]).await?;
    let leading_space = connection.terms.has_leading_space();
    for field in draft.fields() {
        let data = subject::field(&field, leading_space, limits::FILTER_DATA_BYTES_MAX);
        connection.say(Step::Field, &[], &data).await?;
    }
    connection.say(Step::EndOfHeader, &subject.macros(Step::EndOfHeader), &[]).await?;
    for piece in draft.body().chunks(limits::FILTER_DATA_BYTES_MAX) {
        if connection.say(Step::Body, &[], piece).await? == Next::Skip {
            break;
        }
    }
    connection.begin(Step::End, &subject.macros(Step::End), &[]).await?;
    Ok(())
}

/// Hears what a filter says at the end: what is to change, and last what it thinks.
async fn hear(
    connection: &mut Connection,
    filter: &Filter,
    id: &str,
    room: Room<'_>,
) -> Result<(Opinion, Asked), Failure> {
    let mut asked = Asked::default();
    for _ in 0..limits::FILTER_REPLIES_MAX {
        match connection.reply(Step::End, filter.patience).await? {
            Reply::Progress => {}
            Reply::Unoffered(what) => {
                warn!(%id, filter = filter.name, %what, "a filter asked for a change that is not done here");
            }
            Reply::Quarantine(why) => asked.quarantine = Some(why),
            Reply::Body(piece) => asked.body.get_or_insert_default().push(&piece, room.memory, room.octets_max)?,
            Reply::Change(change) if asked.changes.len() < limits::FILTER_CHANGES_MAX => asked.changes.push(change),
            Reply::Change(_) => break,
            reply => {
                return match Stop::of(Step::End, reply) {
                    Stop::Decided(opinion) => Ok((opinion, asked)),
                    Stop::Failed(failure) => Err(failure),
                };
            }
        }
    }
    Err(Failure::Changes)
}
