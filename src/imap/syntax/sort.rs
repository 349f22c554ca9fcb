//! SORT and THREAD: RFC 5256, RFC 5957 (DISPLAYFROM, DISPLAYTO), RFC 5267 §3 (RETURN).

use super::Numbers;
use super::cursor::{Cursor, Parsed};
use super::search::{self, Scores, Search, SearchKey, SearchReturn};
use crate::limits::IMAP_FETCH_ITEMS_MAX;

/// The arguments of SORT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What is sorted, and what is told of it.
    pub search: Search,
    /// By what, the first being decisive; none twice, for the second time would decide nothing.
    pub criteria: Vec<Criterion>,
}

/// One thing to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// What is compared.
    pub key: SortKey,
    /// Which comes first.
    pub direction: Direction,
}

/// Which way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The least first.
    Rising,
    /// `REVERSE`
    Falling,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// `ARRIVAL`: the internal date
    Arrival,
    /// `CC`
    Cc,
    /// `DATE`: the Date field, or else the internal date
    Date,
    /// `DISPLAYFROM`
    DisplayFrom,
    /// `DISPLAYTO`
    DisplayTo,
    /// `FROM`
    From,
    /// `RELEVANCY`: the most relevant first (RFC 6203 §5)
    Relevancy,
    /// `SIZE`
    Size,
    /// `SUBJECT`: the base subject
    Subject,
    /// `TO`
    To,
}

/// The arguments of THREAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Which messages; it has no RETURN.
    pub search: Search,
    /// How messages are put together.
    pub algorithm: Algorithm,
}

/// How THREAD puts messages together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `ORDEREDSUBJECT`
    OrderedSubject,
    /// `REFERENCES`
    References,
}

/// ```abnf
/// sort            = "SORT" [search-return-opts] SP sort-criteria SP search-criteria
/// sort-criteria   = "(" sort-criterion *(SP sort-criterion) ")"
/// search-criteria = charset 1*(SP search-key)
/// ```
pub(in crate::imap) fn sort(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Sort> {
    cursor.space()?;
    let returns = search::returns(cursor)?;
    let mut criteria: Vec<Criterion> = Vec::new();
    cursor.nonempty_list("sort criteria", IMAP_FETCH_ITEMS_MAX, |cursor| {
        let new = criterion(cursor)?;
        if criteria.iter().all(|known| known.key != new.key) {
            criteria.push(new);
        }
        Ok(())
    })?;
    let key = search_criteria(cursor, returns.as_deref().unwrap_or_default())?;
    let told = returns.as_ref().is_some_and(|returns| returns.contains(&SearchReturn::Relevancy));
    let sorted = criteria.iter().any(|criterion| criterion.key == SortKey::Relevancy);
    let scores = Scores::of(told || sorted, &key, cursor)?;
    Ok(Sort { search: Search { numbers, returns, key, scores }, criteria })
}

/// ```abnf
/// sort-criterion = ["REVERSE" SP] sort-key
/// sort-key = "ARRIVAL" / "CC" / "DATE" / "FROM" / "SIZE" / "SUBJECT" / "TO" / "DISPLAYFROM" / "DISPLAYTO" / "RELEVANCY"
/// ```
fn criterion(cursor: &mut Cursor) -> Parsed<Criterion> {
    const KEYS: &[(&str, SortKey)] = &[
        ("ARRIVAL", SortKey::Arrival),
        ("CC", SortKey::Cc),
        ("DATE", SortKey::Date),
        ("DISPLAYFROM", SortKey::DisplayFrom),
        ("DISPLAYTO", SortKey::DisplayTo),
        ("FROM", SortKey::From),
        ("RELEVANCY", SortKey::Relevancy),
        ("SIZE", SortKey::Size),
        ("SUBJECT", SortKey::Subject),
        ("TO", SortKey::To),
    ];
    let direction = if cursor.take_word("REVERSE") {
        cursor.space()?;
        Direction::Falling
    } else {
        Direction::Rising
    };
    Ok(Criterion { key: cursor.one_of("sort key", KEYS)?, direction })
}

/// ```abnf
/// thread     = "THREAD" SP thread-alg SP search-criteria
/// thread-alg = "ORDEREDSUBJECT" / "REFERENCES"
/// ```
pub(in crate::imap) fn thread(cursor: &mut Cursor, numbers: Numbers) -> Parsed<Thread> {
    const ALGORITHMS: &[(&str, Algorithm)] =
        &[("ORDEREDSUBJECT", Algorithm::OrderedSubject), ("REFERENCES", Algorithm::References)];
    cursor.space()?;
    let algorithm = cursor.one_of("threading algorithm", ALGORITHMS)?;
    let search = Search { numbers, returns: None, key: search_criteria(cursor, &[])?, scores: Scores::Unwanted };
    Ok(Thread { search, algorithm })
}

fn search_criteria(cursor: &mut Cursor, returns: &[SearchReturn]) -> Parsed<SearchKey> {
    cursor.space()?;
    let charset = search::charset(cursor, returns)?;
    cursor.space()?;
    search::program(cursor, charset)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::command::Command;
    use super::super::parse::tests::read;
    use super::super::{Cause, Counted, Page};
    use super::*;

    fn sorted(arguments: &str) -> Result<Sort, Cause> {
        match read(&format!("UID SORT {arguments}"))? {
            Command::Sort(sort) => Ok(sort),
            other => unreachable!("{other:?}"),
        }
    }

    fn threaded(arguments: &str) -> Result<Thread, Cause> {
        match read(&format!("THREAD {arguments}"))? {
            Command::Thread(thread) => Ok(thread),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn the_examples_of_the_rfcs() {
        let rising = |key| Criterion { key, direction: Direction::Rising };
        let falling = |key| Criterion { key, direction: Direction::Falling };
        let sort = sorted("(SUBJECT REVERSE DATE) UTF-8 ALL").unwrap();
        assert_eq!(sort.criteria, [rising(SortKey::Subject), falling(SortKey::Date)]);
        let search = Search { numbers: Numbers::Uid, returns: None, key: SearchKey::All, scores: Scores::Unwanted };
        assert_eq!(sort.search, search);
        let sort = sorted("RETURN (COUNT PARTIAL 1:500) (reverse date) \"US-ASCII\" UNDELETED").unwrap();
        let page = Page { counted: Counted::FromFirst, one: 1, other: 500 };
        assert_eq!(sort.search.returns, Some(vec![SearchReturn::Count, SearchReturn::Partial(page)]));
        assert_eq!(sorted("RETURN () (DISPLAYFROM) UTF-8 ALL").unwrap().criteria, [rising(SortKey::DisplayFrom)]);
        assert_eq!(threaded("references UTF-8 SINCE 5-MAR-2000").unwrap().algorithm, Algorithm::References);
        assert_eq!(threaded("ORDEREDSUBJECT UTF-8 ALL").unwrap().search.numbers, Numbers::Sequence);
    }

    #[test]
    fn a_key_decides_once() {
        let sort = sorted("(SUBJECT REVERSE SUBJECT DATE SUBJECT) UTF-8 ALL").unwrap();
        assert_eq!(sort.criteria.iter().map(|c| c.key).collect::<Vec<_>>(), [SortKey::Subject, SortKey::Date]);
    }

    #[test]
    fn what_is_no_sort_is_refused() {
        for arguments in [
            "() UTF-8 ALL",
            "(DATE) UTF-8",
            "(DATE) ALL",
            "DATE UTF-8 ALL",
            "(REVERSE) UTF-8 ALL",
            "(BCC) UTF-8 ALL",
            "",
        ] {
            assert!(sorted(arguments).is_err(), "{arguments}");
        }
        assert_eq!(sorted("(DATE) X-BOGUS ALL"), Err(Cause::Charset));
        assert_eq!(threaded("REFS UTF-8 ALL"), Err(Cause::Expected("threading algorithm")));
    }
}
