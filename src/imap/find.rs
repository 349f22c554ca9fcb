//! Finding messages: what of a folder a condition holds for.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::OwnedSemaphorePermit;

use super::Services;
use super::condition::{Condition, Needs, Text};
use super::places::{Message, Places, Walk};
use super::refusal::{Refusal, Stop};
use crate::id::FolderId;
use crate::limits;
use crate::store::{Entry, Index, Texts};

/// The messages of a folder, of those a client was `told` of, that the condition holds for as they are in `newest`;
/// ascending.
pub(super) async fn find(
    services: &Services,
    folder: FolderId,
    told: Arc<Index>,
    newest: Arc<Index>,
    condition: Condition,
) -> Result<Vec<Message>, Stop> {
    let all = Places::all(told.len());
    let scan = Scan { services, folder, condition: Arc::new(condition), zone: services.clock.zone().clone() };
    scan.run(Walk::new(told, newest, all)).await
}

/// A walk through a folder that keeps what the condition holds for.
struct Scan<'a> {
    services: &'a Services,
    folder: FolderId,
    condition: Arc<Condition>,
    zone: TimeZone,
}

impl Scan<'_> {
    async fn run(&self, mut walk: Walk) -> Result<Vec<Message>, Stop> {
        let needs = self.condition.needs();
        let mut found = Vec::new();
        loop {
            let batch = walk.batch(limits::INDEX_BATCH_MESSAGES_MAX, u64::MAX);
            if batch.is_empty() {
                return Ok(found);
            }
            let (mut doubtful, before) = (Vec::new(), found.len());
            for message in batch {
                match self.condition.by_index(message.place(), &message.entry) {
                    Some(true) => found.push(message),
                    Some(false) => {}
                    None => doubtful.push(message),
                }
            }
            if !doubtful.is_empty() {
                self.read(doubtful, needs, &mut found).await?;
                if let Some(new) = found.get_mut(before..) {
                    new.sort_unstable_by_key(|message| message.sequence);
                }
            }
            // The index is walked in memory: other sessions get their turn.
            tokio::task::yield_now().await;
        }
    }

    /// Reads the messages in doubt; while one batch is judged on a blocking thread, the next is read.
    async fn read(&self, doubtful: Vec<Message>, needs: Needs, found: &mut Vec<Message>) -> Result<(), Stop> {
        let mut judging = None;
        for batch in batches(doubtful, needs) {
            let held = match batch.first().filter(|m| needs == Needs::Message && m.is_large()) {
                Some(large) => Some(self.services.hold(large.entry.size.into()).await?),
                None => None,
            };
            let texts = self.texts(&batch, needs).await?;
            if let Some(judged) = judging.replace(self.judge(batch, texts, held)) {
                found.extend(judged.await.map_err(|_| Refusal::Broken)?);
            }
        }
        if let Some(judged) = judging {
            found.extend(judged.await.map_err(|_| Refusal::Broken)?);
        }
        Ok(())
    }

    async fn texts(&self, batch: &[Message], needs: Needs) -> Result<Texts, Refusal> {
        let wanted: Vec<_> = batch.iter().map(|m| (m.entry.uid, m.entry.body)).collect();
        Ok(match needs {
            Needs::Nothing | Needs::Header => self.services.store.headers(self.folder, &wanted).await?,
            Needs::Message => self.services.store.messages(self.folder, &wanted).await?,
        })
    }

    /// `held`: memory for the texts, until they are judged.
    fn judge(
        &self,
        batch: Vec<Message>,
        texts: Texts,
        held: Option<OwnedSemaphorePermit>,
    ) -> tokio::task::JoinHandle<Vec<Message>> {
        let (condition, zone) = (self.condition.clone(), self.zone.clone());
        tokio::task::spawn_blocking(move || {
            let _held = held;
            let holds = |(message, raw): &(Message, &[u8])| {
                condition.by_text(message.place(), &message.entry, &Text::new(raw, &zone))
            };
            batch.into_iter().zip(texts.iter()).filter(holds).map(|(message, _)| message).collect()
        })
    }
}

/// Batches that one statement reads in bounded memory.
fn batches(messages: Vec<Message>, needs: Needs) -> Vec<Vec<Message>> {
    let bytes_of = |entry: &Entry| match needs {
        Needs::Nothing | Needs::Header => 0,
        Needs::Message => u64::from(entry.size),
    };
    let mut batches: Vec<Vec<Message>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = bytes_of(&message.entry);
        match batches.last_mut() {
            Some(batch)
                if batch.len() < limits::BATCH_MESSAGES_MAX && bytes + size <= limits::BATCH_BYTES_MAX as u64 =>
            {
                bytes += size;
                batch.push(message);
            }
            _ => {
                bytes = size;
                batches.push(vec![message]);
            }
        }
    }
    batches
}
