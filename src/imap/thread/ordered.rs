//! THREAD=ORDEREDSUBJECT: RFC 5256 §3.

use std::hash::{BuildHasher, RandomState};

use super::{Forest, Threading};
use crate::mime;

/// Puts together what has the same base subject: the earliest of it, and below that all others. Subjects are told apart
/// by a hash, as in [`super::References`].
#[derive(Debug, Default)]
pub struct OrderedSubject {
    hasher: RandomState,
    messages: Vec<Message>,
}

/// Compared by subject, date, number; in which order subjects are makes no difference in the end.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    subject: u64,
    sent: i64,
    number: u32,
}

impl Threading for OrderedSubject {
    fn add(&mut self, number: u32, sent: i64, header: &mime::Thread) {
        self.messages.push(Message { subject: self.hasher.hash_one(&header.subject), sent, number });
    }

    fn finish(mut self) -> Forest {
        self.messages.sort_unstable();
        let mut forest = Forest::default();
        for message in &self.messages {
            forest.plant(Some(message.number));
        }
        let mut roots: Vec<usize> = Vec::new();
        for (node, message) in self.messages.iter().enumerate() {
            let root = roots.last().copied();
            match root.filter(|root| self.messages.get(*root).is_some_and(|first| first.subject == message.subject)) {
                Some(root) => forest.adopt(root, [node]),
                None => roots.push(node),
            }
        }
        forest.set_roots(roots);
        forest.sort_by_key(|node| self.messages.get(node).map(|message| (message.sent, message.number)));
        forest
    }
}
