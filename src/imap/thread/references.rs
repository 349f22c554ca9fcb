//! THREAD=REFERENCES: RFC 5256 §3, whose steps 1 to 6 are named below.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::Threading;
use super::forest::{Forest, Node};
use super::subjects::{self, Subject};
use crate::limits;
use crate::mime;

/// Puts together what names each other in References and In-Reply-To, and then what has the same base subject.
///
/// Messages are linked as they are added, so that no list of references is kept. Message-IDs and subjects are told apart
/// by a hash of 64 bits with a secret key: a million of them are different with all the certainty there is in a machine.
#[derive(Debug)]
pub struct References {
    hasher: RandomState,
    messages: Vec<Message>,
    by_id: HashMap<u64, Node>,
    steps_left: usize,
}

/// A message, or a dummy for one that is only named.
#[derive(Clone, Copy, Debug)]
struct Message {
    /// `None`: a dummy.
    real: Option<Real>,
    parent: Option<Node>,
    children: u32,
    /// Towards the message that stands for all that were ever linked with this one.
    joined: Node,
}

#[derive(Clone, Copy, Debug)]
struct Real {
    number: u32,
    sent: i64,
    subject: Subject,
}

impl Default for References {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            messages: Vec::new(),
            by_id: HashMap::new(),
            steps_left: limits::THREAD_STEPS_MAX,
        }
    }
}

impl Threading for References {
    /// Step 1.
    fn add(&mut self, number: u32, sent: i64, header: &mime::Thread) {
        let subject = Subject::of(header, &self.hasher);
        let own = self.own(header.message_id.as_deref(), Real { number, sent, subject });
        let mut last = None;
        for id in &header.references {
            let Some(named) = self.named(id) else { continue };
            // 1.A: what has a parent keeps it.
            if let Some(last) = last
                && self.parent(named).is_none()
            {
                self.link(last, named);
            }
            last = Some(named);
        }
        // 1.B: what the message says of itself counts more than what others say.
        if self.parent(own) != last {
            self.unlink(own);
            if let Some(last) = last {
                self.link(last, own);
            }
        }
    }

    /// Steps 2 to 6.
    fn finish(self) -> Forest {
        let mut forest = self.pruned();
        let key = |node: Node| self.messages.get(node).and_then(|m| m.real).map(|real| (real.sent, real.number));
        forest.sort_by_key(key);
        subjects::merge(&mut forest, |node| self.messages.get(node).and_then(|m| m.real).map(|real| real.subject));
        forest.sort_by_key(key);
        forest
    }
}

impl References {
    /// The place of a message. One without an ID, or with that of an earlier message, has none by which others name it.
    fn own(&mut self, id: Option<&str>, real: Real) -> Node {
        let next = self.messages.len();
        let place = match id.map(|id| self.hasher.hash_one(id)) {
            Some(id) => *self.by_id.entry(id).or_insert(next),
            None => next,
        };
        match self.messages.get_mut(place) {
            Some(Message { real: dummy @ None, .. }) => {
                *dummy = Some(real);
                place
            }
            Some(_) | None => self.push(Some(real)),
        }
    }

    /// The message with this ID, or a dummy for it.
    fn named(&mut self, id: &str) -> Option<Node> {
        let id = self.hasher.hash_one(id);
        if let Some(known) = self.by_id.get(&id) {
            return Some(*known);
        }
        if self.by_id.len() >= limits::THREAD_IDENTIFIERS_MAX {
            return None;
        }
        let dummy = self.push(None);
        self.by_id.insert(id, dummy);
        Some(dummy)
    }

    fn push(&mut self, real: Option<Real>) -> Node {
        let joined = self.messages.len();
        self.messages.push(Message { real, parent: None, children: 0, joined });
        joined
    }

    fn parent(&self, node: Node) -> Option<Node> {
        self.messages.get(node)?.parent
    }

    /// Makes a message the child of another, unless that would make it an ancestor of itself.
    fn link(&mut self, parent: Node, child: Node) {
        if parent == child || self.is_below(parent, child) {
            return;
        }
        let (one, other) = (self.joined(parent), self.joined(child));
        if let Some(message) = self.messages.get_mut(other) {
            message.joined = one;
        }
        if let Some(message) = self.messages.get_mut(child) {
            message.parent = Some(parent);
        }
        if let Some(message) = self.messages.get_mut(parent) {
            message.children += 1;
        }
    }

    fn unlink(&mut self, child: Node) {
        let parent = self.messages.get_mut(child).and_then(|message| message.parent.take());
        if let Some(parent) = parent.and_then(|parent| self.messages.get_mut(parent)) {
            parent.children -= 1;
        }
    }

    /// Whether a message is a descendant of another. Where neither has children nor the two were ever linked is told
    /// at once; otherwise all above the message is gone through, until the steps allowed are used up: then yes.
    fn is_below(&mut self, node: Node, above: Node) -> bool {
        if self.messages.get(above).is_some_and(|m| m.children == 0) || self.joined(node) != self.joined(above) {
            return false;
        }
        let mut at = node;
        while let Some(parent) = self.parent(at) {
            if parent == above || self.steps_left == 0 {
                return true;
            }
            self.steps_left -= 1;
            at = parent;
        }
        false
    }

    /// What stands for all that a message was ever linked with.
    fn joined(&mut self, node: Node) -> Node {
        let next = |messages: &[Message], node: Node| messages.get(node).map_or(node, |message| message.joined);
        let mut at = node;
        loop {
            let further = next(&self.messages, next(&self.messages, at));
            match self.messages.get_mut(at) {
                Some(message) if message.joined != at => message.joined = further,
                _ => return at,
            }
            at = further;
        }
    }

    /// Steps 2 and 3: trees without dummies, but for such as hold several messages together that nothing else does.
    fn pruned(&self) -> Forest {
        let mut forest = Forest::default();
        for message in &self.messages {
            forest.plant(message.real.map(|real| real.number));
        }
        let standing = self.standing();
        let mut roots = Vec::new();
        for (node, message) in self.messages.iter().enumerate().filter(|(_, message)| message.real.is_some()) {
            match message.parent.and_then(|parent| standing.get(parent).copied()) {
                Some(parent) => forest.adopt(parent, [node]),
                None => roots.push(node),
            }
        }
        for (node, _) in self.messages.iter().enumerate().filter(|(_, message)| message.real.is_none()) {
            match forest.children(node) {
                [] => {}
                [_] => roots.extend(forest.take_children(node)),
                _ => roots.push(node),
            }
        }
        forest.set_roots(roots);
        forest
    }

    /// For each message what its children are children of: itself; for a dummy, the message next above it, or where
    /// there is none, the dummy that is topmost.
    fn standing(&self) -> Vec<Node> {
        let mut standing: Vec<Option<Node>> =
            self.messages.iter().enumerate().map(|(n, m)| m.real.map(|_| n)).collect();
        let mut path = Vec::new();
        for start in 0..self.messages.len() {
            let mut at = start;
            let found = loop {
                match (standing.get(at).copied().flatten(), self.parent(at)) {
                    (Some(known), _) => break known,
                    (None, None) => break at,
                    (None, Some(parent)) => {
                        path.push(at);
                        at = parent;
                    }
                }
            };
            for node in path.drain(..).chain([at]) {
                if let Some(place) = standing.get_mut(node) {
                    *place = Some(found);
                }
            }
        }
        standing.into_iter().enumerate().map(|(node, found)| found.unwrap_or(node)).collect()
    }
}
