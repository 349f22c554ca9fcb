//! The directory, folded from the audit: each entry holds the columns of one row that it changed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::audit::Listed;
use crate::id::DecisionId;

/// Subjects of entries that change rows of the directory; all others tell of something else.
const ROWS: [&str; 6] = ["staff", "unit", "mailbox", "address", "delegation", "grant"];

/// What an entry that holds a whole row of an older release is called: it replaces what earlier ones said of the row.
pub(super) const ADOPTED: &str = "directory.adopted";

/// The directory as the entries up to one place left it. Empty before the first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    last: i64,
    rows: BTreeMap<String, Row>,
    papers: BTreeMap<i64, Paper>,
    refusals: BTreeMap<i64, Refusal>,
}

/// The columns of a row.
pub type Row = BTreeMap<String, Cell>;

/// A column's value and what made it so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// What it is now.
    #[serde(rename = "v")]
    pub value: Value,
    /// Which entry made it so,
    #[serde(rename = "s")]
    pub seq: i64,
    /// and by which decision.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
}

/// A decision as far as others are told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Its number.
    pub number: String,
    /// The day it was issued.
    pub dated: Date,
}

/// What the province's Centre last refused about an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The row of the address.
    pub row: i64,
    /// The change file that asked.
    pub file: i64,
    /// The Centre's reason.
    pub reason: String,
}

/// An entry that does not follow the one before it: something is missing between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {found} of the audit comes where {expected} was expected; hopthu audit verify tells more")]
pub struct Gap {
    /// Which one should have come.
    pub expected: i64,
    /// Which one came.
    pub found: i64,
}

impl State {
    /// What a checkpoint holds; its place is `seq`.
    ///
    /// # Errors
    /// Where the text is no state, or one of another place.
    pub fn read(text: &str, seq: i64) -> Result<Self, serde_json::Error> {
        let state: Self = serde_json::from_str(text)?;
        let fits = state.last == seq;
        fits.then_some(state).ok_or_else(|| serde::de::Error::custom("the checkpoint's state is of another place"))
    }

    /// As a checkpoint holds it.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The last entry that was folded in; 0 before the first.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// Folds the next entry in.
    ///
    /// # Errors
    /// [`Gap`] where it is not the next one; then nothing has changed.
    pub fn fold(&mut self, entry: &Listed) -> Result<(), Gap> {
        if entry.seq != self.last + 1 {
            return Err(Gap { expected: self.last + 1, found: entry.seq });
        }
        self.last = entry.seq;
        match entry.subject.split_once(':') {
            Some(("decision", id)) => self.note_paper(id, entry.after.as_ref()),
            Some(("change_file", _)) => refused(entry.after.as_ref(), &mut self.refusals),
            Some((kind, _)) if ROWS.contains(&kind) => self.merge(entry),
            _ => {}
        }
        Ok(())
    }

    fn merge(&mut self, entry: &Listed) {
        let Some(Value::Object(after)) = &entry.after else {
            // Nothing where something was: the row has ended.
            if entry.before.is_some() {
                self.rows.remove(&entry.subject);
            }
            return;
        };
        if entry.what == ADOPTED {
            self.rows.remove(&entry.subject);
        }
        let row = self.rows.entry(entry.subject.clone()).or_default();
        for (column, value) in after {
            let cell = Cell { value: value.clone(), seq: entry.seq, decision: entry.decision };
            row.insert(column.clone(), cell);
        }
    }

    fn note_paper(&mut self, id: &str, after: Option<&Value>) {
        let decision = after.and_then(|after| after.get("decision"));
        let paper = decision.and_then(|decision| Paper::deserialize(decision).ok());
        if let (Ok(id), Some(paper)) = (id.parse(), paper) {
            self.papers.insert(id, paper);
        }
    }

    /// What the Centre last refused, by the rows of the addresses; whether a later file asked again is not known here.
    pub fn refusals(&self) -> &BTreeMap<i64, Refusal> {
        &self.refusals
    }

    /// The row of a subject, `staff:12`.
    pub fn row(&self, kind: &str, id: i64) -> Option<&Row> {
        self.rows.get(&format!("{kind}:{id}"))
    }

    /// All rows of a kind by their ids.
    pub fn rows<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = (i64, &'s Row)> {
        let of = move |(subject, row): (&String, &'s Row)| {
            let (name, id) = subject.split_once(':')?;
            Some((id.parse().ok()?, row)).filter(|_| name == kind)
        };
        self.rows.iter().filter_map(of)
    }

    /// A decision.
    pub fn paper(&self, id: DecisionId) -> Option<&Paper> {
        self.papers.get(&id.0)
    }

    /// Every row as an object of its columns, by subject: to be compared with the directory's own.
    pub fn plain(&self) -> BTreeMap<&str, Map<String, Value>> {
        let columns = |row: &Row| row.iter().map(|(column, cell)| (column.clone(), cell.value.clone())).collect();
        self.rows.iter().map(|(subject, row)| (subject.as_str(), columns(row))).collect()
    }
}

/// Notes what an acknowledgement's entry says was refused.
pub(super) fn refused(after: Option<&Value>, refusals: &mut BTreeMap<i64, Refusal>) {
    let refused = after.and_then(|after| after.get("refused"));
    let refused: Vec<Refusal> = refused.and_then(|list| Vec::deserialize(list).ok()).unwrap_or_default();
    refusals.extend(refused.into_iter().map(|refusal| (refusal.row, refusal)));
}

/// A column that holds a text.
pub(super) fn text<'r>(row: &'r Row, column: &str) -> Option<&'r str> {
    row.get(column)?.value.as_str()
}

/// A column that holds a row's id.
pub(super) fn id(row: &Row, column: &str) -> Option<i64> {
    row.get(column)?.value.as_i64()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// An entry of a history that a test makes up.
    pub(in crate::feed) fn entry(seq: i64, subject: &str, decision: Option<i64>, after: Value) -> Listed {
        Listed {
            seq,
            at: 1_800_000_000 + seq,
            actor: "root".to_owned(),
            what: "x".to_owned(),
            subject: subject.to_owned(),
            decision: decision.map(DecisionId),
            note: None,
            before: after.is_null().then(|| json!({})),
            after: Some(after).filter(|after| !after.is_null()),
            digest: String::new(),
        }
    }

    #[test]
    fn rows_are_merged_ended_and_kept_with_their_cause() {
        let mut state = State::default();
        for entry in [
            entry(1, "decision:4", None, json!({"decision": {"number": "4/QĐ", "dated": "2026-11-02", "kind": "x"}})),
            entry(2, "staff:1", Some(4), json!({"id": 1, "name": "Đỗ Xuân Bình", "code": null})),
            entry(3, "staff:1", None, json!({"name": "Đỗ Thanh Bình"})),
            entry(4, "unit:7", None, json!({"id": 7})),
            entry(5, "unit:7", None, Value::Null),
            entry(6, "credential:9", None, json!({"standing": "first"})),
        ] {
            state.fold(&entry).unwrap();
        }
        let expected = json!({"staff:1": {"id": 1, "name": "Đỗ Thanh Bình", "code": null}});
        assert_eq!(json!(state.plain()), expected);
        let row = state.row("staff", 1).unwrap();
        assert_eq!((row["id"].seq, row["id"].decision, row["name"].seq), (2, Some(DecisionId(4)), 3));
        assert_eq!(state.paper(DecisionId(4)).unwrap().number, "4/QĐ");
        assert_eq!(state.rows("staff").map(|(id, _)| id).collect::<Vec<_>>(), [1]);
        let again = State::read(&state.write().unwrap(), 6).unwrap();
        assert_eq!(again, state);
        assert!(State::read(&state.write().unwrap(), 5).is_err());
    }

    #[test]
    fn a_missing_entry_is_noticed() {
        let mut state = State::default();
        let gap = state.fold(&entry(2, "staff:1", None, json!({}))).unwrap_err();
        assert_eq!((gap, state), (Gap { expected: 1, found: 2 }, State::default()));
    }
}
