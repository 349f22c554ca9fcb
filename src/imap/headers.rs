//! Goes through what the store keeps of many messages: their headers, their dates.

use super::Services;
use super::places::Message;
use super::refusal::{Refusal, Stop};
use crate::id::{BodyId, FolderId};
use crate::limits;

/// Takes the messages one after the other into `state`, each with its header block, on a blocking thread; while one
/// batch is taken in, the next is read.
pub(super) async fn fold<S: Send + 'static>(
    services: &Services,
    folder: FolderId,
    messages: &[Message],
    mut state: S,
    step: fn(&mut S, &Message, &[u8]),
) -> Result<S, Stop> {
    let mut batches = messages.chunks(limits::BATCH_MESSAGES_MAX).map(<[Message]>::to_vec);
    let Some(mut batch) = batches.next() else { return Ok(state) };
    let mut headers = read(services, folder, &batch).await?;
    loop {
        let taken_in = tokio::task::spawn_blocking(move || {
            for (message, header) in batch.iter().zip(headers.iter()) {
                step(&mut state, message, header);
            }
            state
        });
        let next = match batches.next() {
            Some(batch) => Some((read(services, folder, &batch).await?, batch)),
            None => None,
        };
        state = taken_in.await.map_err(|_| Refusal::Broken)?;
        match next {
            Some(next) => (headers, batch) = next,
            None => return Ok(state),
        }
    }
}

async fn read(services: &Services, folder: FolderId, batch: &[Message]) -> Result<crate::store::Texts, Stop> {
    let wanted: Vec<_> = batch.iter().map(|m| (m.entry.uid, m.entry.body)).collect();
    Ok(services.store.headers(folder, &wanted).await?)
}

/// When each of the messages was sent: the Date field, or else the internal date (RFC 5256 §2.2, hostile B65).
pub(super) async fn sent(services: &Services, messages: &[Message]) -> Result<Vec<i64>, Stop> {
    let mut sent = Vec::with_capacity(messages.len());
    for batch in messages.chunks(limits::INDEX_BATCH_MESSAGES_MAX) {
        let bodies: Vec<BodyId> = batch.iter().map(|m| m.entry.body).collect();
        let dates = services.store.sent(&bodies).await?;
        sent.extend(batch.iter().zip(dates).map(|(message, date)| date.unwrap_or(message.entry.date)));
    }
    Ok(sent)
}
