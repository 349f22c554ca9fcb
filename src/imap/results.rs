//! What SEARCH, SORT and ESEARCH tell of what was found: RFC 4731, 5182 (SAVE), 5267 §3 (sorted), 9394 (PARTIAL).

use super::lines::count;
use super::places::Message;
use super::syntax::{Numbers, Page, SearchReturn, Tag, print};
use crate::id::ModSeq;
use crate::store::UidRanges;

/// What was found, in the order in which it is told.
pub struct Results {
    /// The messages.
    pub messages: Vec<Message>,
    /// How they are named.
    pub numbers: Numbers,
    /// Whether mod-sequences were asked for, and so are told (RFC 7162 §3.1.5).
    pub asks_mod_seq: bool,
    /// What makes some of them more relevant, where that is asked for.
    pub relevant: Option<Relevant>,
}

/// What makes messages more relevant, each as much: RFC 6203 §4 leaves the choice.
pub struct Relevant(pub Vec<UidRanges>);

impl Relevant {
    /// From 1 to 100, by how many of three things hold.
    pub fn score(&self, message: &Message) -> u32 {
        1 + 33 * count(self.0.iter().filter(|uids| uids.contains(message.entry.uid)).count())
    }
}

impl Results {
    /// The numbers of all.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.messages.iter().map(|message| self.number(message))
    }

    fn number(&self, message: &Message) -> u32 {
        match self.numbers {
            Numbers::Sequence => message.sequence,
            Numbers::Uid => message.entry.uid.0,
        }
    }

    /// The highest mod-sequence, if it is to be told.
    pub fn mod_seq(&self) -> Option<ModSeq> {
        self.highest(self.messages.iter())
    }

    fn highest<'a>(&self, messages: impl Iterator<Item = &'a Message>) -> Option<ModSeq> {
        messages.map(|message| message.entry.modseq).max().filter(|_| self.asks_mod_seq)
    }

    /// Writes an ESEARCH response: RFC 4731 §3.1.
    pub fn extended(&self, out: &mut Vec<u8>, tag: &Tag, folder: Option<print::Folder<'_>>, returns: &[SearchReturn]) {
        let asked = |what: SearchReturn| returns.contains(&what);
        let end = |message: Option<&Message>, what| message.filter(|_| asked(what)).map(|m| self.number(m));
        let of = |messages: &[Message]| messages.iter().map(|message| self.number(message)).collect::<Vec<_>>();
        let all = asked(SearchReturn::All).then(|| of(&self.messages));
        let page = page(returns).map(|page| (page, of(self.on(page))));
        let listed = page.as_ref().map_or(&*self.messages, |(page, _)| self.on(*page));
        let relevant = self.relevant.as_ref().filter(|_| asked(SearchReturn::Relevancy));
        let scores = relevant.map(|relevant| listed.iter().map(|message| relevant.score(message)).collect::<Vec<_>>());
        let answer = print::Esearch {
            tag,
            folder,
            numbers: self.numbers,
            min: end(self.messages.first(), SearchReturn::Min),
            max: end(self.messages.last(), SearchReturn::Max),
            count: asked(SearchReturn::Count).then(|| count(self.messages.len()).into()),
            all: all.as_deref(),
            page: page.as_ref().map(|(page, numbers)| (*page, numbers.as_slice())),
            relevancy: scores.as_deref(),
            mod_seq: self.highest(self.answered(returns).into_iter()),
        };
        print::esearch(out, &answer);
    }

    fn on(&self, page: Page) -> &[Message] {
        self.messages.get(page.range(self.messages.len())).unwrap_or_default()
    }

    /// What `$` stands for from now on.
    pub fn saved(&self, returns: &[SearchReturn]) -> UidRanges {
        let uids = self.answered(returns).into_iter().map(|message| message.entry.uid.0);
        UidRanges::new(uids.map(|uid| uid..=uid).collect())
    }

    /// The messages that the answer is about: all, or where only some are told, those (RFC 5182 §2.4, RFC 9394 §3.2).
    fn answered(&self, returns: &[SearchReturn]) -> Vec<&Message> {
        let asked = |what: SearchReturn| returns.contains(&what);
        let (min, max, page) = (asked(SearchReturn::Min), asked(SearchReturn::Max), page(returns));
        let tells_some = min || max || page.is_some();
        if asked(SearchReturn::All) || asked(SearchReturn::Count) || !tells_some {
            return self.messages.iter().collect();
        }
        let first = self.messages.first().filter(|_| min);
        let last = self.messages.last().filter(|_| max);
        first.into_iter().chain(page.map(|page| self.on(page)).unwrap_or_default()).chain(last).collect()
    }
}

fn page(returns: &[SearchReturn]) -> Option<Page> {
    returns.iter().find_map(|option| match option {
        SearchReturn::Partial(page) => Some(*page),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{BodyId, Uid};
    use crate::imap::syntax::Counted;
    use crate::store::{Entry, Flags};

    fn results(uids: &[u32]) -> Results {
        let message = |&uid: &u32| Message {
            sequence: uid - 10,
            entry: Entry {
                uid: Uid(uid),
                size: 1,
                flags: Flags::default(),
                modseq: ModSeq(u64::from(uid) * 10),
                date: 0,
                body: BodyId(1),
            },
        };
        Results {
            messages: uids.iter().map(message).collect(),
            numbers: Numbers::Uid,
            asks_mod_seq: true,
            relevant: None,
        }
    }

    fn partial(one: u32, other: u32) -> SearchReturn {
        SearchReturn::Partial(Page { counted: Counted::FromFirst, one, other })
    }

    /// RFC 9394 §3.2, table 1; RFC 5182 §2.4, table 1.
    #[test]
    fn what_is_saved_is_what_was_told() {
        use SearchReturn::{All, Count, Max, Min, Save};
        let results = results(&[19, 12, 15, 11, 17]);
        for (returns, saved) in [
            (vec![Save], vec![11, 12, 15, 17, 19]),
            (vec![Save, Min], vec![19]),
            (vec![Save, Max], vec![17]),
            (vec![Save, Min, Max], vec![17, 19]),
            (vec![Save, Min, Count], vec![11, 12, 15, 17, 19]),
            (vec![Save, All, Max], vec![11, 12, 15, 17, 19]),
            (vec![Save, partial(2, 3)], vec![12, 15]),
            (vec![Save, partial(2, 3), Min], vec![12, 15, 19]),
            (vec![Save, Max, partial(2, 3)], vec![12, 15, 17]),
            (vec![Save, Max, partial(4, 9), Min], vec![11, 17, 19]),
            (vec![Save, partial(2, 3), Count], vec![11, 12, 15, 17, 19]),
            (vec![Save, partial(7, 9)], vec![]),
        ] {
            let ranges = results.saved(&returns);
            let uids: Vec<u32> = ranges.as_slice().iter().cloned().flatten().collect();
            assert_eq!(uids, saved, "{returns:?}");
            let highest = results.highest(results.answered(&returns).into_iter());
            assert_eq!(highest, saved.last().map(|uid| ModSeq(u64::from(*uid) * 10)), "{returns:?}");
        }
    }
}
