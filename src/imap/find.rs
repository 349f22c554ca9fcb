//! Finding messages: what of a folder a condition holds for.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::OwnedSemaphorePermit;

use super::Services;
use super::condition::{Answers, Condition, Known, Needs, Text};
use super::places::{Message, Places, Walk};
use super::progress::Progress;
use super::refusal::{Refusal, Stop};
use crate::id::FolderId;
use crate::limits;
use crate::store::{Entry, Index, Question, Texts};

/// The messages of a folder, of those a client was `told` of, that the condition holds for as they are in `newest`;
/// ascending.
pub(super) async fn find(
    services: &Services,
    folder: FolderId,
    told: Arc<Index>,
    newest: Arc<Index>,
    condition: Condition,
    progress: &Progress,
) -> Result<Vec<Message>, Stop> {
    let questions = condition.questions().into();
    let zone = services.clock.zone().clone();
    let find = Find { services, folder, condition: condition.into(), questions, zone, progress };
    let all = Places::all(told.len());
    find.run(Walk::new(told, newest, all)).await
}

/// A condition on its way through a folder.
struct Find<'a> {
    services: &'a Services,
    folder: FolderId,
    condition: Arc<Condition>,
    questions: Arc<[Question]>,
    zone: TimeZone,
    /// How many messages are decided.
    progress: &'a Progress,
}

/// A message that the folder's index does not decide about, and what is known of its texts.
#[derive(Clone, Copy)]
struct Doubt {
    message: Message,
    answers: Answers,
}

impl Find<'_> {
    async fn run(&self, mut walk: Walk) -> Result<Vec<Message>, Stop> {
        let (mut found, mut doubts) = (Vec::new(), Vec::new());
        loop {
            let batch = walk.batch(limits::INDEX_BATCH_MESSAGES_MAX, u64::MAX);
            if batch.is_empty() {
                break;
            }
            let batch = batch.into_iter().map(|message| Doubt { message, answers: Answers::default() });
            self.decide(batch, &mut found, &mut doubts);
            // The index is walked in memory: other sessions get their turn.
            tokio::task::yield_now().await;
        }
        if doubts.is_empty() {
            return Ok(found);
        }
        if !self.questions.is_empty() {
            self.ask(&mut doubts).await?;
            self.decide(std::mem::take(&mut doubts).into_iter(), &mut found, &mut doubts);
        }
        let of_message = |doubt: &Doubt| self.condition.needs(self.known(doubt.answers)) == Needs::Message;
        let (whole, headers) = doubts.into_iter().partition(of_message);
        self.read(headers, Needs::Header, &mut found).await?;
        self.read(whole, Needs::Message, &mut found).await?;
        found.sort_unstable_by_key(|message| message.sequence);
        Ok(found)
    }

    fn known(&self, answers: Answers) -> Known<'_> {
        Known::new(&self.questions, answers)
    }

    fn decide(&self, messages: impl Iterator<Item = Doubt>, found: &mut Vec<Message>, doubts: &mut Vec<Doubt>) {
        let mut decided = 0;
        for doubt in messages {
            let Doubt { message, answers } = doubt;
            decided += 1;
            match self.condition.by_index(message.place(), &message.entry, self.known(answers)) {
                Some(true) => found.push(message),
                Some(false) => {}
                None => {
                    decided -= 1;
                    doubts.push(doubt);
                }
            }
        }
        self.progress.done(decided);
    }

    /// Asks the store's index of texts.
    async fn ask(&self, doubts: &mut [Doubt]) -> Result<(), Refusal> {
        let messages: Vec<_> = doubts.iter().map(|d| (d.message.entry.uid, d.message.entry.body)).collect();
        let answers = self.services.store.search(self.folder, &self.questions, &messages).await?;
        for (question, answers) in answers.into_iter().enumerate() {
            for (doubt, answer) in doubts.iter_mut().zip(answers) {
                doubt.answers.note(question, answer);
            }
        }
        Ok(())
    }

    /// Reads the messages in doubt; while one batch is judged on a blocking thread, the next is read.
    async fn read(&self, doubts: Vec<Doubt>, needs: Needs, found: &mut Vec<Message>) -> Result<(), Stop> {
        let mut judging = None;
        for batch in batches(doubts, needs) {
            let held = match batch.first().filter(|d| needs == Needs::Message && d.message.is_large()) {
                Some(large) => Some(self.services.hold(large.message.entry.size.into()).await?),
                None => None,
            };
            let texts = self.texts(&batch, needs).await?;
            self.progress.done(batch.len());
            if let Some(judged) = judging.replace(self.judge(batch, texts, held)) {
                found.extend(judged.await.map_err(|_| Refusal::Broken)?);
            }
        }
        if let Some(judged) = judging {
            found.extend(judged.await.map_err(|_| Refusal::Broken)?);
        }
        Ok(())
    }

    async fn texts(&self, batch: &[Doubt], needs: Needs) -> Result<Texts, Refusal> {
        let wanted: Vec<_> = batch.iter().map(|d| (d.message.entry.uid, d.message.entry.body)).collect();
        Ok(match needs {
            Needs::Nothing | Needs::Header => self.services.store.headers(self.folder, &wanted).await?,
            Needs::Message => self.services.store.messages(self.folder, &wanted).await?,
        })
    }

    /// `held`: memory for the texts, until they are judged.
    fn judge(
        &self,
        batch: Vec<Doubt>,
        texts: Texts,
        held: Option<OwnedSemaphorePermit>,
    ) -> tokio::task::JoinHandle<Vec<Message>> {
        let (condition, questions, zone) = (self.condition.clone(), self.questions.clone(), self.zone.clone());
        tokio::task::spawn_blocking(move || {
            let _held = held;
            let holds = |(Doubt { message, answers }, raw): &(Doubt, &[u8])| {
                let known = Known::new(&questions, *answers);
                condition.by_text(message.place(), &message.entry, known, &Text::new(raw, &zone))
            };
            batch.into_iter().zip(texts.iter()).filter(holds).map(|(doubt, _)| doubt.message).collect()
        })
    }
}

/// Batches that one statement reads in bounded memory.
fn batches(doubts: Vec<Doubt>, needs: Needs) -> Vec<Vec<Doubt>> {
    let bytes_of = |entry: &Entry| match needs {
        Needs::Nothing | Needs::Header => 0,
        Needs::Message => u64::from(entry.size),
    };
    let mut batches: Vec<Vec<Doubt>> = Vec::new();
    let mut bytes = 0;
    for doubt in doubts {
        let size = bytes_of(&doubt.message.entry);
        match batches.last_mut() {
            Some(batch)
                if batch.len() < limits::BATCH_MESSAGES_MAX && bytes + size <= limits::BATCH_BYTES_MAX as u64 =>
            {
                bytes += size;
                batch.push(doubt);
            }
            _ => {
                bytes = size;
                batches.push(vec![doubt]);
            }
        }
    }
    batches
}
