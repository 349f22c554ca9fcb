//! Bringing messages into an order: RFC 5256 §3, RFC 5957.

use std::cmp::Ordering;

use super::Services;
use super::headers;
use super::places::Message;
use super::refusal::{Refusal, Stop};
use super::results::Results;
use super::syntax::{Criterion, Direction, SortKey};
use crate::id::FolderId;
use crate::mime::{SortText, Sortable};
use crate::text::order_key;

/// Sorts messages of a folder, which come in the order of their numbers; messages that the criteria call equal stay so.
pub(super) async fn sort(
    services: &Services,
    folder: FolderId,
    found: Results,
    criteria: &[Criterion],
) -> Result<Results, Stop> {
    let Results { messages, .. } = &found;
    let mut columns = Vec::with_capacity(criteria.len());
    let texts: Vec<SortText> = criteria.iter().filter_map(|criterion| text_of(criterion.key)).collect();
    let mut texts = read_texts(services, folder, messages, texts).await?.into_iter();
    for criterion in criteria {
        let values = match criterion.key {
            SortKey::Arrival => Values::Numbers(messages.iter().map(|m| m.entry.date).collect()),
            SortKey::Relevancy => {
                let score = |m| found.relevant.as_ref().map_or(0, |relevant| relevant.score(m));
                Values::Numbers(messages.iter().map(|m| -i64::from(score(m))).collect())
            }
            SortKey::Size => Values::Numbers(messages.iter().map(|m| m.entry.size.into()).collect()),
            SortKey::Date => Values::Numbers(headers::sent(services, messages).await?),
            _ => Values::Texts(texts.next().unwrap_or_default()),
        };
        columns.push(Column { values, direction: criterion.direction });
    }
    // Hundreds of thousands of comparisons are no work for a thread that others wait for.
    let sorted = tokio::task::spawn_blocking(move || {
        let order = order(found.messages.len(), &columns).into_iter();
        let messages = order.filter_map(|place| found.messages.get(place).copied()).collect();
        Results { messages, ..found }
    });
    Ok(sorted.await.map_err(|_| Refusal::Broken)?)
}

fn text_of(key: SortKey) -> Option<SortText> {
    match key {
        SortKey::Arrival | SortKey::Date | SortKey::Relevancy | SortKey::Size => None,
        SortKey::Cc => Some(SortText::Cc),
        SortKey::DisplayFrom => Some(SortText::DisplayFrom),
        SortKey::DisplayTo => Some(SortText::DisplayTo),
        SortKey::From => Some(SortText::From),
        SortKey::Subject => Some(SortText::Subject),
        SortKey::To => Some(SortText::To),
    }
}

/// The keys of texts, a list for each text, in the order of the messages.
type Texts = Vec<(SortText, Vec<Vec<u8>>)>;

async fn read_texts(
    services: &Services,
    folder: FolderId,
    messages: &[Message],
    texts: Vec<SortText>,
) -> Result<Vec<Vec<Vec<u8>>>, Stop> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let columns: Texts = texts.into_iter().map(|text| (text, Vec::with_capacity(messages.len()))).collect();
    let columns = headers::fold(services, folder, messages, columns, |columns, _, header| {
        let header = Sortable::of(header);
        for (text, keys) in columns {
            keys.push(order_key(&header.text(*text)));
        }
    });
    Ok(columns.await?.into_iter().map(|(_, keys)| keys).collect())
}

/// What one criterion compares, a value for each message.
#[derive(Debug)]
struct Column {
    values: Values,
    direction: Direction,
}

#[derive(Debug)]
enum Values {
    Numbers(Vec<i64>),
    /// Keys of [`order_key`].
    Texts(Vec<Vec<u8>>),
}

impl Column {
    fn compare(&self, one: usize, other: usize) -> Ordering {
        let rising = match &self.values {
            Values::Numbers(numbers) => numbers.get(one).cmp(&numbers.get(other)),
            Values::Texts(texts) => texts.get(one).cmp(&texts.get(other)),
        };
        match self.direction {
            Direction::Rising => rising,
            Direction::Falling => rising.reverse(),
        }
    }
}

/// Places of `len` messages in order.
fn order(len: usize, columns: &[Column]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    // A stable sort: RFC 5256 §3 has the sequence number decide last, also behind REVERSE.
    order.sort_by(|one, other| {
        columns.iter().fold(Ordering::Equal, |so_far, column| so_far.then_with(|| column.compare(*one, *other)))
    });
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns() -> impl Strategy<Value = (usize, Vec<Column>)> {
        (0..40_usize).prop_flat_map(|len| {
            let numbers = proptest::collection::vec(-3i64..3, len).prop_map(Values::Numbers);
            let texts = proptest::collection::vec(proptest::collection::vec(0u8..3, 0..3), len).prop_map(Values::Texts);
            let direction = prop_oneof![Just(Direction::Rising), Just(Direction::Falling)];
            let column = (prop_oneof![numbers, texts], direction);
            let column = column.prop_map(|(values, direction)| Column { values, direction });
            (Just(len), proptest::collection::vec(column, 1..4))
        })
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_picking_the_least_again_and_again((len, columns) in columns()) {
            let mut left: Vec<usize> = (0..len).collect();
            let mut picked = Vec::new();
            while !left.is_empty() {
                let before = |one: usize, other: usize| {
                    let decided = columns.iter().map(|column| column.compare(one, other)).find(|o| *o != Ordering::Equal);
                    decided.unwrap_or(one.cmp(&other)) == Ordering::Less
                };
                let least = left.iter().copied().find(|one| left.iter().all(|other| one == other || before(*one, *other)));
                let least = least.unwrap_or(usize::MAX);
                left.retain(|place| *place != least);
                picked.push(least);
            }
            prop_assert_eq!(order(len, &columns), picked);
        }
    }
}
