//! What an answer of the Centre changes, decided on what the change files asked for.

use std::collections::BTreeMap;

use super::answer::{Answer, Fault, Numbered, Outcome, Problem};
use super::listing::{Line, What, province};
use super::replay::{Refusal, State};
use crate::audit::ChangeFile;
use crate::directory::Province;

/// A change file and what it said; nothing where its entries were cut from the audit.
#[derive(Clone, Debug)]
pub struct Told {
    /// The file.
    pub file: ChangeFile,
    /// What it said.
    pub changes: Option<Vec<Line>>,
}

/// What an answer changes. Empty where it was read before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Where addresses stand from now on, by their rows.
    pub marks: Vec<(i64, Province)>,
    /// What was refused, by the numbers of the files.
    pub refused: BTreeMap<i64, Vec<Refusal>>,
    /// How many addresses were registered.
    pub registered: usize,
    /// How many lines told nothing new.
    pub known: usize,
}

/// Judges every line; one that is wrong spoils all.
///
/// # Errors
/// Everything that is wrong.
pub fn judge(answers: &Numbered, told: &[Told], state: &State) -> Result<Verdict, Vec<Fault>> {
    let asked = Asked::of(told);
    let mut first: BTreeMap<(i64, i64), (usize, Outcome)> = BTreeMap::new();
    let (mut verdict, mut faults) = (Verdict::default(), Vec::new());
    for (line, answer) in answers {
        let change = match asked.find(answer) {
            Ok(change) => change,
            Err(problem) => {
                faults.push(Fault { line: *line, problem });
                continue;
            }
        };
        match first.insert((answer.file, change.row), (*line, answer.result)) {
            Some((earlier, result)) if result != answer.result => {
                faults.push(Fault { line: *line, problem: Problem::Contradiction(earlier) });
            }
            Some(_) => verdict.known += 1,
            None => verdict.enter(answer, change, &asked, state),
        }
    }
    if faults.is_empty() { Ok(verdict) } else { Err(faults) }
}

/// What the files asked for.
struct Asked<'t> {
    files: BTreeMap<i64, &'t Told>,
    /// The newest file that named a row.
    newest: BTreeMap<i64, i64>,
    /// The newest file that asked for its registration or withdrawal.
    decisive: BTreeMap<i64, i64>,
}

impl<'t> Asked<'t> {
    fn of(told: &'t [Told]) -> Self {
        let files = told.iter().map(|told| (told.file.number, told)).collect();
        Self { files, newest: newest(told), decisive: newest_of(told, |line| line.change != What::Update) }
    }

    /// The line of a change file that an answer is about. Of an address that changed hands there are two.
    fn find(&self, answer: &Answer) -> Result<&'t Line, Problem> {
        let told = self.files.get(&answer.file).ok_or(Problem::FileUnknown(answer.file))?;
        let changes = told.changes.as_ref().ok_or(Problem::FileCut(answer.file))?;
        let name = answer.address.to_string();
        let named = changes.iter().rev().filter(|change| change.listing.address.eq_ignore_ascii_case(&name));
        let fits = |change: &&Line| match answer.result {
            Outcome::Registered => change.change != What::Withdraw,
            Outcome::Withdrawn => change.change == What::Withdraw,
            Outcome::Refused => true,
        };
        let mut fitting = named.clone().filter(fits);
        let unfit = if named.count() == 0 { Problem::AddressUnknown } else { Problem::Unasked };
        fitting.next().ok_or_else(|| unfit(answer.file, answer.address.clone()))
    }
}

/// The newest file that named each row.
pub fn newest(told: &[Told]) -> BTreeMap<i64, i64> {
    newest_of(told, |_| true)
}

fn newest_of(told: &[Told], counts: fn(&Line) -> bool) -> BTreeMap<i64, i64> {
    let lines = |told: &'_ Told| {
        let number = told.file.number;
        let counted = told.changes.iter().flatten().filter(|line| counts(line));
        counted.map(|line| (line.row, number)).collect::<Vec<_>>()
    };
    told.iter().flat_map(lines).collect()
}

impl Verdict {
    /// Whether nothing is to be recorded.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.refused.is_empty()
    }

    fn enter(&mut self, answer: &Answer, change: &Line, asked: &Asked<'_>, state: &State) {
        // A later file asked for something else meanwhile; its own answer counts. One that only said more of the address
        // asked for nothing else: whether the address is there, the earlier answer tells.
        let later = if change.change == What::Update { &asked.newest } else { &asked.decisive };
        let overtaken = later.get(&change.row).is_some_and(|newest| *newest > answer.file);
        let refusal = answer.reason.clone().filter(|_| answer.result == Outcome::Refused);
        let refusal = refusal.map(|reason| Refusal { row: change.row, file: answer.file, reason });
        let mark = next(province(state, change.row), change.change, answer.result);
        let news = refusal.filter(|refusal| state.refusals().get(&change.row) != Some(refusal));
        if overtaken || (mark.is_none() && news.is_none()) {
            self.known += 1;
            return;
        }
        self.registered += usize::from(mark.is_some() && answer.result == Outcome::Registered);
        self.marks.extend(mark.map(|mark| (change.row, mark)));
        if let Some(refusal) = news {
            self.refused.entry(answer.file).or_default().push(refusal);
        }
    }
}

/// Where an address stands after an answer, where that is elsewhere than before.
fn next(now: Option<Province>, asked: What, result: Outcome) -> Option<Province> {
    match (now?, asked, result) {
        (Province::Sent, What::Register, Outcome::Registered)
        | (Province::WithdrawalSent, What::Withdraw, Outcome::Refused) => Some(Province::Registered),
        (Province::Sent, What::Register, Outcome::Refused) => Some(Province::Wanted),
        (Province::WithdrawalSent, What::Withdraw, Outcome::Withdrawn) => Some(Province::Withdrawn),
        _ => None,
    }
}

/// Where the addresses that a change file names stand once it is made.
pub fn sent(changes: &[Line], state: &State) -> Vec<(i64, Province)> {
    let mark = |change: &Line| match change.change {
        What::Register => Some((change.row, Province::Sent)),
        What::Withdraw => Some((change.row, Province::WithdrawalSent)),
        What::Update => None,
    };
    changes.iter().filter_map(mark).filter(|(row, mark)| province(state, *row) != Some(*mark)).collect()
}
