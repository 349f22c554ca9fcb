//! Conversations that nothing but their subject holds together: RFC 5256 §3, step 5 of REFERENCES.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::forest::{Forest, Node};
use crate::mime;

/// The subject of a message, as far as threads are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Of the base subject; `None` where that is empty, which puts nothing together.
    base: Option<u64>,
    /// Whether the message says that it answers or forwards another.
    is_reply: bool,
}

impl Subject {
    /// From a message's header, told apart by this hash.
    pub(super) fn of(header: &mime::Thread, hasher: &RandomState) -> Self {
        let base = (!header.subject.is_empty()).then(|| hasher.hash_one(&header.subject));
        Self { base, is_reply: header.is_reply }
    }
}

/// Puts threads with the same base subject together. Children of dummies are sorted, and so are the roots.
pub(super) fn merge(forest: &mut Forest, subject: impl Fn(Node) -> Option<Subject>) {
    // 5.B.i: a dummy's subject is that of its first child.
    let of = |forest: &Forest, node: Node| {
        let Subject { base, is_reply } = subject(forest.speaker(node))?;
        Some((base?, is_reply && forest.number(node).is_some()))
    };
    let mut table = table(forest, of);
    let mut gone = HashSet::new();
    let mut made = Vec::new();
    for current in forest.roots().to_vec() {
        let Some((base, is_reply)) = of(forest, current).filter(|_| !gone.contains(&current)) else { continue };
        let Some(first) = table.get(&base).copied().filter(|first| *first != current) else { continue };
        let is_dummy = |node| forest.number(node).is_none();
        let first_is_reply = of(forest, first).is_some_and(|(_, is_reply)| is_reply);
        gone.insert(current);
        match (is_dummy(first), is_dummy(current)) {
            (true, true) => {
                let children = forest.take_children(current);
                forest.adopt(first, children);
            }
            (true, false) => forest.adopt(first, [current]),
            (false, _) if is_reply && !first_is_reply => forest.adopt(first, [current]),
            (false, _) => {
                let dummy = forest.plant(None);
                forest.adopt(dummy, [first, current]);
                gone.insert(first);
                made.push(dummy);
                table.insert(base, dummy);
            }
        }
    }
    let left = forest.roots().iter().copied().chain(made).filter(|node| !gone.contains(node)).collect();
    forest.set_roots(left);
}

/// 5.A and 5.B: with which thread those of the same subject are put together.
fn table(forest: &Forest, of: impl Fn(&Forest, Node) -> Option<(u64, bool)>) -> HashMap<u64, Node> {
    let mut table: HashMap<u64, (Node, bool)> = HashMap::new();
    for &current in forest.roots() {
        let Some((base, is_reply)) = of(forest, current) else { continue };
        let is_dummy = |node| forest.number(node).is_none();
        match table.get(&base) {
            Some((first, _)) if is_dummy(*first) => {}
            Some((_, first_is_reply)) if !is_dummy(current) && (!first_is_reply || is_reply) => {}
            Some(_) | None => {
                table.insert(base, (current, is_reply));
            }
        }
    }
    table.into_iter().map(|(base, (node, _))| (base, node)).collect()
}
