//! Some of many results: RFC 9394.

use std::ops::Range;

use super::cursor::{Cursor, Parsed};

/// `PARTIAL`: places in a list of results, counted from 1; both ends belong to it, in either order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where counting begins.
    pub counted: Counted,
    /// One end, as it was written.
    pub one: u32,
    /// The other.
    pub other: u32,
}

/// From which end of the list places are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// `1:100`
    FromFirst,
    /// `-1:-100`
    FromLast,
}

impl Page {
    /// The places meant, counted from 0, where there are `len` results; none, where it lies beyond them.
    pub fn range(self, len: usize) -> Range<usize> {
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let (near, far) = (place(self.one.min(self.other)) - 1, place(self.one.max(self.other)));
        match self.counted {
            Counted::FromFirst => near.min(len)..far.min(len),
            Counted::FromLast => len.saturating_sub(far)..len.saturating_sub(near),
        }
    }
}

/// ```abnf
/// partial-range       = partial-range-first / partial-range-last
/// partial-range-first = nz-number ":" nz-number
/// partial-range-last  = MINUS nz-number ":" MINUS nz-number
/// ```
pub(super) fn page(cursor: &mut Cursor) -> Parsed<Page> {
    let counted = if cursor.peek() == Some(b'-') { Counted::FromLast } else { Counted::FromFirst };
    let end = |cursor: &mut Cursor| {
        if counted == Counted::FromLast {
            cursor.need(b'-', "-")?;
        }
        cursor.nonzero32()
    };
    let one = end(cursor)?;
    cursor.need(b':', ":")?;
    Ok(Page { counted, one, other: end(cursor)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_at_the_ends_of_the_list() {
        let range = |counted, one, other, len| Page { counted, one, other }.range(len);
        for (one, other, len, first, last) in [
            (1, 3, 5, 0..3, 2..5),
            (3, 1, 5, 0..3, 2..5),
            (4, 9, 5, 3..5, 0..2),
            (6, 9, 5, 5..5, 0..0),
            (1, u32::MAX, 0, 0..0, 0..0),
            (u32::MAX, u32::MAX, 5, 5..5, 0..0),
        ] {
            assert_eq!(range(Counted::FromFirst, one, other, len), first, "{one}:{other} of {len}");
            assert_eq!(range(Counted::FromLast, one, other, len), last, "-{one}:-{other} of {len}");
        }
    }
}
