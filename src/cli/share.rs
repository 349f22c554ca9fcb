//! `share …`

use clap::Subcommand;
use jiff::tz::TimeZone;

use crate::control::Request;
use crate::control::share::{Answer, Ask, DutyView};
use crate::language::Language;
use crate::sharing::Shelf;
use crate::sharing::schedule::State;

use super::tables::{day, moment, table, text};

/// `share …`
#[derive(Debug, Subcommand)]
pub enum Share {
    /// Các mục trong thư mục dùng chung của từng đơn vị | The sections of every unit's shared folder
    List,
    /// Nghĩa vụ cập nhật | What is due
    #[command(subcommand)]
    Duty(Duty),
    /// Mục đã quá hạn mà chưa có gì | What is overdue
    Overdue,
}

/// `share duty …`
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Duty {
    /// Kỳ này và kỳ trước của từng mục | Each section's term of today and the one before
    List,
}

/// The command as a request.
pub(super) fn request(share: &Share) -> Request {
    Request::Share(match share {
        Share::List => Ask::List,
        Share::Duty(Duty::List) => Ask::Duties,
        Share::Overdue => Ask::Overdue,
    })
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language, zone: &TimeZone) -> String {
    match answer {
        Answer::List { shelves } => list(shelves, language),
        Answer::Duties { duties } => self::duties(duties, language, zone),
    }
}

fn list(shelves: &[Shelf], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["đơn vị", "mục", "ghi trong địa chỉ", "số thư"],
        Language::En => ["unit", "section", "in addresses", "messages"],
    };
    let row = |shelf: &Shelf| {
        [
            shelf.unit_name.clone(),
            shelf.section.clone(),
            format!("{}+{}@", shelf.unit, shelf.tag),
            shelf.messages.to_string(),
        ]
    };
    table(headings, shelves.iter().map(row))
}

fn duties(duties: &[DutyView], language: Language, zone: &TimeZone) -> String {
    let headings = match language {
        Language::Vi => ["đơn vị", "mục", "hạn", "tình trạng", "đăng lúc", "người đăng", "trưởng đơn vị"],
        Language::En => ["unit", "section", "due", "state", "published", "by", "head"],
    };
    let row = |DutyView { duty, head_name }: &DutyView| {
        let published = duty.published.as_ref();
        [
            duty.unit_name.clone(),
            duty.section.clone(),
            day(duty.due, language),
            state(duty.state, language).to_owned(),
            published.map_or_else(|| "-".to_owned(), |published| moment(published.at, zone)),
            text(published.map(|published| &published.by)),
            text(head_name.as_ref()),
        ]
    };
    table(headings, duties.iter().map(row))
}

fn state(state: State, language: Language) -> &'static str {
    match (state, language) {
        (State::OnTime, Language::Vi) => "đúng hạn",
        (State::Late, Language::Vi) => "trễ",
        (State::Open, Language::Vi) => "chưa đến hạn",
        (State::Missing, Language::Vi) => "thiếu",
        (State::OnTime, Language::En) => "on time",
        (State::Late, Language::En) => "late",
        (State::Open, Language::En) => "not due yet",
        (State::Missing, Language::En) => "missing",
    }
}
