//! What a report says, before it is text or HTML: both are written from it, so that neither says anything else.

/// A report in words.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Who reports: the organisation, and its Office.
    pub(super) from: [String; 2],
    /// The day it was made.
    pub(super) dated: String,
    /// What it is about.
    pub(super) subject: String,
    /// Whom it is for.
    pub(super) to: String,
    /// Which time it tells of.
    pub(super) basis: String,
    /// In their order.
    pub(super) sections: Vec<Section>,
    /// Below everything.
    pub(super) closing: String,
}

/// A part with a heading.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug)]
pub(super) enum Block {
    Line(String),
    List(Vec<String>),
    /// Labels with what is known of each.
    Facts(Vec<(&'static str, String)>),
    Table(Table),
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) heading: String,
    pub(super) side: Side,
    /// Hundredths of the page's width.
    pub(super) share: usize,
}

/// Where the words of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) weight: Weight,
    /// A bar beside the text.
    pub(super) bar: Option<Bar>,
}

/// Whether somebody should look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Plain,
    Strong,
}

impl Weight {
    /// Strong where it is to be seen first.
    pub(super) fn when(matters: bool) -> Self {
        if matters { Self::Strong } else { Self::Plain }
    }
}

/// A part of the longest bar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub(super) value: u64,
    pub(super) longest: u64,
}

impl Bar {
    /// Its length, where the longest has so many; something is never nothing.
    pub(super) fn length(self, longest: u64) -> usize {
        let scaled = u128::from(self.value) * u128::from(longest) / u128::from(self.longest.max(1));
        let least = u128::from(self.value > 0);
        usize::try_from(scaled.max(least).min(u128::from(longest))).unwrap_or_default()
    }
}

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Plain, bar: None }
    }

    pub(super) fn strong(text: impl Into<String>) -> Self {
        Self { weight: Weight::Strong, ..Self::plain(text) }
    }

    pub(super) fn of(weight: Weight, text: impl Into<String>) -> Self {
        Self { weight, ..Self::plain(text) }
    }

    pub(super) fn bar(text: impl Into<String>, bar: Bar) -> Self {
        Self { bar: Some(bar), ..Self::plain(text) }
    }
}

impl Column {
    pub(super) fn left(heading: impl Into<String>, share: usize) -> Self {
        Self { heading: heading.into(), side: Side::Left, share }
    }

    pub(super) fn right(heading: impl Into<String>, share: usize) -> Self {
        Self { heading: heading.into(), side: Side::Right, share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_never_nothing_and_nothing_is_longer_than_the_longest() {
        let length = |value, longest| Bar { value, longest }.length(100);
        assert_eq!(
            [length(0, 9), length(1, 1000), length(500, 1000), length(9, 9), length(3, 0)],
            [0, 1, 50, 100, 100]
        );
        assert_eq!(length(u64::MAX, u64::MAX), 100);
    }
}
