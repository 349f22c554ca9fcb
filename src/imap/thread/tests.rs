#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::format_collect)]

use proptest::prelude::*;

use super::{OrderedSubject, References, Threading};
use crate::mime;

/// The line for messages given as `(Message-ID, References, Subject)`, sent one minute after the other.
fn threaded<T: Threading + Default>(messages: &[(&str, &str, &str)]) -> String {
    let header = |&(id, references, subject): &(&str, &str, &str)| {
        let bracket = |ids: &str| ids.split_whitespace().map(|id| format!("<{id}>")).collect::<String>();
        let ids = format!("Message-ID: {}\r\nReferences: {}\r\n", bracket(id), bracket(references));
        mime::thread(format!("{ids}Subject: {subject}\r\n\r\n").as_bytes())
    };
    printed::<T>(messages.iter().map(header).enumerate().map(|(n, header)| (i64::try_from(n).unwrap() * 60, header)))
}

fn printed<T: Threading + Default>(messages: impl IntoIterator<Item = (i64, mime::Thread)>) -> String {
    let mut threading = T::default();
    for (number, (sent, header)) in (1..).zip(messages) {
        threading.add(number, sent, &header);
    }
    let mut out = Vec::new();
    threading.finish().print(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn replies_are_below_what_they_answer() {
    let threads = threaded::<References>(&[
        ("a", "", "Họp"),
        ("b", "a", "Re: Họp"),
        ("c", "a b", "Re: Họp"),
        ("d", "a", "Re: Họp"),
        ("e", "", "Khác"),
    ]);
    assert_eq!(threads, "(1 (2 3)(4))(5)");
}

#[test]
fn what_is_not_there_holds_its_answers_together() {
    // Nobody has "x": two answers are siblings, one alone stands by itself.
    assert_eq!(threaded::<References>(&[("b", "x", "1"), ("c", "x", "2")]), "((1)(2))");
    assert_eq!(threaded::<References>(&[("b", "x", "1"), ("c", "y", "2")]), "(1)(2)");
    // Below a message that is there, it leaves no trace.
    assert_eq!(threaded::<References>(&[("a", "", "1"), ("c", "a x", "2"), ("d", "a x", "3")]), "(1 (2)(3))");
    // Nor does a row of such that are not there.
    assert_eq!(threaded::<References>(&[("c", "x y z", "1"), ("d", "x y", "2"), ("e", "x", "3")]), "((1)(2)(3))");
}

#[test]
fn the_answer_may_come_first() {
    assert_eq!(threaded::<References>(&[("c", "a b", "3"), ("b", "a", "2"), ("a", "", "1")]), "(3 2 1)");
}

#[test]
fn a_message_knows_its_parent_best() {
    // The second names c as child of a; c itself says that it answers b.
    let threads = threaded::<References>(&[("a", "", "1"), ("d", "a c", "2"), ("b", "a", "3"), ("c", "a b", "4")]);
    assert_eq!(threads, "(1 3 4 2)");
    // One that names nobody is nobody's child.
    assert_eq!(threaded::<References>(&[("a", "", "1"), ("c", "a b", "2"), ("b", "", "3")]), "(1)(3 2)");
}

#[test]
fn no_message_is_its_own_ancestor() {
    assert_eq!(threaded::<References>(&[("a", "b", "1"), ("b", "a", "2")]), "(2 1)");
    assert_eq!(threaded::<References>(&[("a", "c", "1"), ("b", "a", "2"), ("c", "b", "3")]), "(3 1 2)");
    assert_eq!(threaded::<References>(&[("a", "a", "1"), ("b", "b a b", "2")]), "(1 2)");
}

#[test]
fn an_id_names_the_first_that_has_it() {
    let threads =
        threaded::<References>(&[("a", "", "1"), ("a", "", "2"), ("b", "a", "3"), ("a", "b", "4"), ("", "", "5")]);
    assert_eq!(threads, "(1 3 4)(2)(5)");
}

#[test]
fn threads_of_one_subject_are_one() {
    // A reply without References is below what it answers.
    assert_eq!(threaded::<References>(&[("a", "", "Họp"), ("b", "", "Re: Họp")]), "(1 2)");
    assert_eq!(threaded::<References>(&[("b", "", "Fwd: Họp"), ("a", "", "HỌP")]), "(2 1)");
    // Two of the same kind are siblings.
    assert_eq!(threaded::<References>(&[("a", "", "Họp"), ("b", "", "Họp"), ("c", "", "Họp")]), "((1)(2)(3))");
    assert_eq!(threaded::<References>(&[("a", "", "Re: Họp"), ("b", "", "Re: Họp")]), "((1)(2))");
    // A dummy takes up what has its subject, another dummy too.
    let threads = [("a", "x", "Họp"), ("b", "x", "Họp"), ("c", "", "Họp"), ("d", "y", "Họp"), ("e", "y", "Họp")];
    assert_eq!(threaded::<References>(&threads), "((1)(2)(3)(4)(5))");
    // Nothing is no subject.
    assert_eq!(threaded::<References>(&[("a", "", ""), ("b", "", "Re: ")]), "(1)(2)");
}

#[test]
fn siblings_are_in_the_order_in_which_they_were_sent() {
    let header = |id: &str, parent: &str| mime::Thread {
        subject: id.to_owned(),
        message_id: Some(id.to_owned()),
        references: parent.split_whitespace().map(str::to_owned).collect(),
        is_reply: false,
    };
    let messages = [
        (50, header("a", "")),
        (40, header("b", "x")),
        (30, header("c", "x")),
        (20, header("d", "a")),
        (10, header("e", "a")),
    ];
    assert_eq!(printed::<References>(messages), "((3)(2))(1 (5)(4))");
    let same = [(0, header("a", "")), (0, header("c", "a")), (0, header("b", "a"))];
    assert_eq!(printed::<References>(same), "(1 (2)(3))");
}

#[test]
fn subjects_alone_make_two_levels() {
    let threads = threaded::<OrderedSubject>(&[
        ("a", "", "Họp"),
        ("b", "a", "Khác"),
        ("c", "", "Re: Họp"),
        ("d", "c", "Re: Re: họp"),
        ("e", "", ""),
    ]);
    assert_eq!(threads, "(1 (3)(4))(2)(5)");
    assert_eq!(threaded::<OrderedSubject>(&[("a", "", "x"), ("b", "", "Re: x")]), "(1 2)");
    assert_eq!(threaded::<OrderedSubject>(&[]), "");
}

/// A message that answers all before it, of which it names the last ten.
fn link(n: usize) -> mime::Thread {
    let first = n.saturating_sub(10);
    let references = (first..n).map(|n| n.to_string()).collect();
    mime::Thread { subject: "x".to_owned(), is_reply: n > 0, message_id: Some(n.to_string()), references }
}

#[test]
fn a_hundred_thousand_replies_are_one_thread_in_whatever_order_they_came() {
    const LENGTH: usize = 100_000;
    let chain = |order: &dyn Fn(usize) -> usize| {
        let began = std::time::Instant::now();
        let sent = |n: usize| i64::try_from(n).unwrap();
        let threads = printed::<References>((0..LENGTH).map(|n| (sent(order(n)), link(order(n)))));
        assert!(!threads[1..].contains('('), "it is more than one");
        assert_eq!(threads.split(' ').count(), LENGTH);
        assert!(began.elapsed().as_secs() < 60);
    };
    chain(&|n| n);
    chain(&|n| LENGTH - 1 - n);
    // 7 and 100,000 have no divisor in common: each place comes once.
    chain(&|n| n * 70_007 % LENGTH);
}

#[test]
fn what_is_made_to_be_slow_ends() {
    // A deep thread, and then messages that ask again and again whether its end is below its beginning.
    let deep = (0..30_000).map(link);
    let asking = (0..30_000_usize).map(|n| mime::Thread {
        subject: String::new(),
        is_reply: false,
        message_id: Some("0".to_owned()),
        references: vec!["29999".to_owned(), "0".to_owned(), format!("x{n}")],
    });
    let began = std::time::Instant::now();
    let threads = printed::<References>(deep.chain(asking).map(|header| (0, header)));
    assert!(threads.starts_with("(1 (2 3 "));
    assert!(began.elapsed().as_secs() < 60);
}

/// The rules of RFC 5256 word by word, on a few messages.
mod by_the_letter {
    use std::collections::BTreeMap;

    use crate::mime;

    #[derive(Clone, Debug, Default)]
    struct Tree {
        real: Option<(u32, i64)>,
        subject: String,
        is_reply: bool,
        children: Vec<Tree>,
    }

    impl Tree {
        fn is_dummy(&self) -> bool {
            self.real.is_none()
        }

        fn thread_subject(&self) -> &str {
            if self.is_dummy() { &self.children[0].subject } else { &self.subject }
        }

        fn date(&self) -> (i64, u32) {
            let (number, sent) = self.real.unwrap_or_else(|| self.children[0].real.unwrap());
            (sent, number)
        }

        fn sort(&mut self) {
            self.children.iter_mut().for_each(Tree::sort);
            self.children.sort_by_key(Tree::date);
        }

        fn pruned(mut self) -> Vec<Tree> {
            self.children = std::mem::take(&mut self.children).into_iter().flat_map(Tree::pruned).collect();
            if self.is_dummy() { self.children } else { vec![self] }
        }

        fn print(&self) -> String {
            let own = self.real.map(|(number, _)| number.to_string());
            let below = match self.children.as_slice() {
                [] => None,
                [only] => Some(only.print()),
                several => Some(several.iter().map(|child| format!("({})", child.print())).collect()),
            };
            own.into_iter().chain(below).collect::<Vec<_>>().join(" ")
        }
    }

    /// What hangs below an ID.
    fn grown(
        id: &str,
        parents: &BTreeMap<String, Option<String>>,
        real: &BTreeMap<String, (u32, i64, mime::Thread)>,
    ) -> Tree {
        let below = parents.iter().filter(|(_, parent)| parent.as_deref() == Some(id));
        let children = below.map(|(child, _)| grown(child, parents, real)).collect();
        match real.get(id) {
            Some((number, sent, header)) => Tree {
                real: Some((*number, *sent)),
                subject: header.subject.clone(),
                is_reply: header.is_reply,
                children,
            },
            None => Tree { children, ..Tree::default() },
        }
    }

    pub(super) fn references(messages: &[(i64, mime::Thread)]) -> String {
        let mut parents: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut real: BTreeMap<String, (u32, i64, mime::Thread)> = BTreeMap::new();
        let is_below = |parents: &BTreeMap<String, Option<String>>, id: &str, above: &str| {
            std::iter::successors(Some(id.to_owned()), |id| parents[id].clone()).any(|id| id == above)
        };
        for (number, (sent, header)) in (1..).zip(messages) {
            let unique = format!("unique {number}");
            let id = header.message_id.clone().filter(|id| !real.contains_key(id)).unwrap_or(unique);
            real.insert(id.clone(), (number, *sent, header.clone()));
            for id in header.references.iter().chain([&id]) {
                parents.entry(id.clone()).or_insert(None);
            }
            for pair in header.references.windows(2) {
                if parents[&pair[1]].is_none() && !is_below(&parents, &pair[0], &pair[1]) {
                    parents.insert(pair[1].clone(), Some(pair[0].clone()));
                }
            }
            let last = header.references.last().cloned();
            if parents[&id] != last {
                parents.insert(id.clone(), None);
                if let Some(last) = last.filter(|last| !is_below(&parents, last, &id)) {
                    parents.insert(id.clone(), Some(last));
                }
            }
        }
        let top = parents.iter().filter(|(_, parent)| parent.is_none());
        let mut roots: Vec<Tree> = Vec::new();
        for tree in top.map(|(id, _)| grown(id, &parents, &real)) {
            if !tree.is_dummy() {
                roots.extend(tree.pruned());
                continue;
            }
            let children: Vec<_> = tree.children.into_iter().flat_map(Tree::pruned).collect();
            if children.len() > 1 {
                roots.push(Tree { children, ..Tree::default() });
            } else {
                roots.extend(children);
            }
        }
        let mut root = Tree { children: roots, ..Tree::default() };
        root.sort();
        let mut root = merged(root);
        root.sort();
        root.children.iter().map(|thread| format!("({})", thread.print())).collect()
    }

    fn merged(root: Tree) -> Tree {
        let mut table: BTreeMap<String, usize> = BTreeMap::new();
        for (place, current) in root.children.iter().enumerate() {
            let subject = current.thread_subject().to_owned();
            if subject.is_empty() {
                continue;
            }
            match table.get(&subject).map(|place| &root.children[*place]) {
                None => drop(table.insert(subject, place)),
                Some(held) if !held.is_dummy() && (current.is_dummy() || held.is_reply && !current.is_reply) => {
                    table.insert(subject, place);
                }
                Some(_) => {}
            }
        }
        let mut threads: Vec<Option<Tree>> = root.children.into_iter().map(Some).collect();
        for place in 0..threads.len() {
            let Some(current) = threads[place].clone() else { continue };
            let Some(&held) = table.get(current.thread_subject()).filter(|held| **held != place) else { continue };
            threads[place] = None;
            let first = threads[held].clone().unwrap();
            if first.is_dummy() && current.is_dummy() {
                threads[held].as_mut().unwrap().children.extend(current.children);
            } else if first.is_dummy() || current.is_reply && !first.is_reply {
                threads[held].as_mut().unwrap().children.push(current);
            } else {
                threads[held] = Some(Tree { children: vec![first, current], ..Tree::default() });
            }
        }
        Tree { children: threads.into_iter().flatten().collect(), ..Tree::default() }
    }
}

fn mail() -> impl Strategy<Value = Vec<(i64, mime::Thread)>> {
    let id = || "[a-h]";
    let message =
        (0..5i64, proptest::option::weighted(0.9, id()), proptest::collection::vec(id(), 0..4), "[xy]?", any::<bool>());
    let message = message.prop_map(|(sent, message_id, mut references, subject, is_reply)| {
        let mut seen = Vec::new();
        references.retain(|id| {
            let new = !seen.contains(id) && Some(id) != message_id.as_ref();
            seen.push(id.clone());
            new
        });
        (sent, mime::Thread { subject, is_reply, message_id, references })
    });
    proptest::collection::vec(message, 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn references_are_followed_to_the_letter(messages in mail()) {
        prop_assert_eq!(printed::<References>(messages.clone()), by_the_letter::references(&messages));
    }

    #[test]
    fn every_message_is_in_one_thread(messages in mail()) {
        for threads in [printed::<References>(messages.clone()), printed::<OrderedSubject>(messages.clone())] {
            let mut numbers: Vec<usize> = threads.split(['(', ')', ' ']).filter_map(|n| n.parse().ok()).collect();
            numbers.sort_unstable();
            prop_assert_eq!(numbers, (1..=messages.len()).collect::<Vec<_>>(), "{}", threads);
        }
    }
}
