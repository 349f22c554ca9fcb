//! Many rows of numbers as one argument of a statement: `json_each` makes them rows again.

use std::fmt::Write;

/// `[[1,2],[3,4]]`, built row by row.
pub(super) struct Json(String);

impl Json {
    pub(super) fn new() -> Self {
        Self("[".to_owned())
    }

    pub(super) fn row(&mut self, numbers: &[i64]) {
        self.0.push_str(if self.0.len() == 1 { "[" } else { ",[" });
        for (i, number) in numbers.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(self.0, "{comma}{number}");
        }
        self.0.push(']');
    }

    pub(super) fn end(mut self) -> String {
        self.0.push(']');
        self.0
    }
}

/// `[1,2,3]`
pub(super) fn list(numbers: impl IntoIterator<Item = i64>) -> String {
    let mut json = "[".to_owned();
    for (i, number) in numbers.into_iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(json, "{comma}{number}");
    }
    json.push(']');
    json
}

/// A length or count as SQL has it.
pub(super) fn sql(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_lists_are_json() {
        let mut rows = Json::new();
        rows.row(&[1, -2]);
        rows.row(&[3, 4]);
        assert_eq!(rows.end(), "[[1,-2],[3,4]]");
        assert_eq!(Json::new().end(), "[]");
        assert_eq!(list([1, 2]), "[1,2]");
    }
}
