//! What a row may decide, in the words of decisions, and which columns each kind reads.

use super::columns::{Column, word_key};
use crate::directory::DecisionKind;
use crate::language::Language;
use crate::provisioning::DepartReason;

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "KINDS tells what each is")]
pub enum Kind {
    Hire,
    Reinstate,
    Transfer,
    Promote,
    Rename,
    Suspend,
    Resume,
    /// For the reason given, or the one in its column.
    Depart(Option<DepartReason>),
    CreateUnit,
    RenameUnit,
    MergeUnit,
    SplitUnit,
    CloseUnit,
    AppointHead,
}

/// A kind with its words and columns.
#[derive(Clone, Copy, Debug)]
pub struct NamedKind {
    /// Which.
    pub kind: Kind,
    /// Its word in Vietnamese.
    pub vi: &'static str,
    /// Its word in English.
    pub en: &'static str,
    /// Other words for it.
    pub others: &'static [&'static str],
    /// Columns that must be filled; [`Column::Who`] may be the staff code or the name instead.
    pub needs: &'static [Column],
    /// Columns that may be filled.
    pub takes: &'static [Column],
}

/// All kinds: reading, messages and the manual know them from here.
pub const KINDS: [NamedKind; 19] = {
    const fn kind(
        kind: Kind,
        (vi, en): (&'static str, &'static str),
        others: &'static [&'static str],
        needs: &'static [Column],
        takes: &'static [Column],
    ) -> NamedKind {
        NamedKind { kind, vi, en, others, needs, takes }
    }
    use Column::{
        Address, HandoverTo, Name, NewCode, NewName, Parent, Place, Position, Reason, Staff, StaffCode, To, Unit,
        UnitKind, UnitName, Who,
    };
    use DepartReason::{Die, Dismiss, MoveOut, Resign, Retire};
    const LEAVES: &[Column] = &[HandoverTo];
    [
        kind(Kind::Hire, ("tuyển dụng", "hire"), &["tiếp nhận"], &[Name, Unit], &[StaffCode, Position, Address]),
        kind(Kind::Reinstate, ("tiếp nhận lại", "reinstate"), &["trở lại"], &[Who], &[Unit, Position]),
        kind(
            Kind::Transfer,
            ("điều động", "transfer"),
            &["luân chuyển", "thuyên chuyển"],
            &[Who, To],
            &[Position, HandoverTo],
        ),
        kind(Kind::Promote, ("bổ nhiệm", "promote"), &["bổ nhiệm lại"], &[Who, Position], &[]),
        kind(Kind::Rename, ("đổi tên", "rename"), &["cải chính họ tên"], &[Who, NewName], &[Address]),
        kind(Kind::Suspend, ("tạm đình chỉ", "suspend"), &["đình chỉ", "tạm ngừng"], &[Who], &[]),
        kind(Kind::Resume, ("trở lại làm việc", "resume"), &["hết đình chỉ", "hết tạm ngừng"], &[Who], &[]),
        kind(Kind::Depart(None), ("rời cơ quan", "depart"), &[], &[Who, Reason], LEAVES),
        kind(Kind::Depart(Some(Retire)), ("nghỉ hưu", "retire"), &["hưu trí"], &[Who], LEAVES),
        kind(Kind::Depart(Some(Resign)), ("thôi việc", "resign"), &["nghỉ việc"], &[Who], LEAVES),
        kind(Kind::Depart(Some(MoveOut)), ("chuyển công tác", "move-out"), &["chuyển đi"], &[Who], LEAVES),
        kind(Kind::Depart(Some(Dismiss)), ("buộc thôi việc", "dismiss"), &["sa thải"], &[Who], LEAVES),
        kind(Kind::Depart(Some(Die)), ("từ trần", "die"), &["qua đời"], &[Who], LEAVES),
        kind(
            Kind::CreateUnit,
            ("thành lập đơn vị", "unit create"),
            &["lập đơn vị"],
            &[Unit, UnitName, UnitKind],
            &[Place, Parent],
        ),
        kind(Kind::RenameUnit, ("đổi tên đơn vị", "unit rename"), &[], &[Unit], &[NewName, NewCode]),
        kind(Kind::MergeUnit, ("sáp nhập đơn vị", "unit merge"), &["sáp nhập"], &[Unit, To], &[]),
        kind(
            Kind::SplitUnit,
            ("chia tách đơn vị", "unit split"),
            &["tách đơn vị"],
            &[Unit, NewCode, UnitName, UnitKind],
            &[Place, Parent, Staff],
        ),
        kind(Kind::CloseUnit, ("giải thể đơn vị", "unit close"), &["giải thể"], &[Unit], &[]),
        kind(
            Kind::AppointHead,
            ("bổ nhiệm thủ trưởng", "appoint"),
            &["bổ nhiệm trưởng đơn vị", "giao phụ trách đơn vị"],
            &[Who, Unit],
            &[],
        ),
    ]
};

impl NamedKind {
    /// The kind of a word of a file.
    pub(super) fn of(word: &str) -> Option<&'static Self> {
        static ALL: &[NamedKind] = &KINDS;
        let key = word_key(word);
        let is = |name: &str| word_key(name) == key;
        ALL.iter().find(|named| is(named.vi) || is(named.en) || named.others.iter().any(|other| is(other)))
    }

    /// The kind of a decision with such acts, as the records know it.
    pub(super) fn decision(&self) -> DecisionKind {
        let word = match self.kind {
            Kind::Hire => "staff.hire",
            Kind::Reinstate => "staff.reinstate",
            Kind::Transfer => "staff.transfer",
            Kind::Promote => "staff.promote",
            Kind::Rename => "staff.rename",
            Kind::Suspend => "staff.suspend",
            Kind::Resume => "staff.resume",
            Kind::Depart(_) => "staff.depart",
            Kind::CreateUnit => "unit.create",
            Kind::RenameUnit => "unit.rename",
            Kind::MergeUnit => "unit.merge",
            Kind::SplitUnit => "unit.split",
            Kind::CloseUnit => "unit.close",
            Kind::AppointHead => "unit.appoint",
        };
        DecisionKind(word.to_owned())
    }

    /// Its word in messages.
    pub fn name(&self, language: Language) -> &'static str {
        match language {
            Language::Vi => self.vi,
            Language::En => self.en,
        }
    }
}

impl Kind {
    /// The reason of a departure, in the words of its kinds.
    pub(super) fn reason(word: &str) -> Option<DepartReason> {
        match NamedKind::of(word)?.kind {
            Self::Depart(reason) => reason,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_one_kind() {
        for named in KINDS {
            for word in [named.vi, named.en].iter().chain(named.others) {
                for written in [(*word).to_owned(), word.to_uppercase(), crate::text::fold(word)] {
                    assert_eq!(NamedKind::of(&written).map(|found| found.kind), Some(named.kind), "{written}");
                }
            }
        }
        assert_eq!(Kind::reason("Nghỉ hưu"), Some(DepartReason::Retire));
        assert_eq!(Kind::reason("điều động"), None);
    }
}
