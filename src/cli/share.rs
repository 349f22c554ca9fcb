//! `share …`

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;

use crate::acl::Acl;
use crate::control::Request;
use crate::control::share::{self, Answer, Ask, DutyView};
use crate::language::Language;
use crate::sharing::schedule::{Due, State};
use crate::sharing::{OwnDay, Shelf};

use super::args::Manner;
use super::tables::{day, moment, rehearsed, table, text};

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
    /// Mở một mục cho người khác | Open a section to others
    Grant {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// Người, mã đơn vị, hoặc anyone | A person, the code of a unit, or anyone
        #[arg(long, value_name = "WHO")]
        to: String,
        /// Quyền, theo RFC 4314; thay quyền đã cho trước đó | Rights of RFC 4314, in the place of what was granted before
        #[arg(long, value_name = "RIGHTS")]
        rights: Acl,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Thôi mở một mục cho người khác | End what was granted
    Revoke {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// Người, mã đơn vị, hoặc anyone | A person, the code of a unit, or anyone
        #[arg(long, value_name = "WHO")]
        to: String,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// A section of a unit.
#[derive(Debug, Args)]
pub struct Place {
    /// Mã đơn vị | The unit's code
    #[arg(value_name = "UNIT")]
    unit: String,
    /// Mục | The section
    #[arg(value_name = "SECTION")]
    section: String,
}

/// `share duty …`
#[derive(Debug, Subcommand)]
pub enum Duty {
    /// Kỳ này và kỳ trước của từng mục | Each section's term of today and the one before
    List,
    /// Đặt hạn riêng cho một mục của đơn vị | Give a unit a day of its own for a section
    Set {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// Thứ (monday), ngày trong tháng (25), hoặc none | A day of the week (monday), of the month (25), or none
        #[arg(long, value_name = "DAY")]
        due: Due,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// The command as a request.
pub(super) fn request(share: Share) -> Request {
    let grant = |place: Place, to, rights, manner: Manner| {
        let (note, manner) = manner.parts();
        Ask::Grant { place: place.into(), to, rights, note, manner }
    };
    Request::Share(match share {
        Share::List => Ask::List,
        Share::Duty(Duty::List) => Ask::Duties,
        Share::Duty(Duty::Set { place, due, manner }) => {
            let (note, manner) = manner.parts();
            Ask::SetDuty { place: place.into(), due, note, manner }
        }
        Share::Overdue => Ask::Overdue,
        Share::Grant { place, to, rights, manner } => grant(place, to, rights, manner),
        Share::Revoke { place, to, manner } => grant(place, to, Acl::NONE, manner),
    })
}

impl From<Place> for share::Place {
    fn from(Place { unit, section }: Place) -> Self {
        Self { unit, section }
    }
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language, zone: &TimeZone) -> String {
    match answer {
        Answer::List { shelves } => list(shelves, language),
        Answer::Duties { duties, own } if own.is_empty() => self::duties(duties, language, zone),
        Answer::Duties { duties, own } => {
            format!("{}\n{}", self::duties(duties, language, zone), own_days(own, language))
        }
        Answer::Set { own, dry_run: false } => own_days(std::slice::from_ref(own), language),
        Answer::Set { own, dry_run: true } => rehearsed(&own_days(std::slice::from_ref(own), language), language),
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

fn own_days(days: &[OwnDay], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["đơn vị", "mục", "hạn riêng", "từ ngày"],
        Language::En => ["unit", "section", "own day", "since"],
    };
    let row =
        |own: &OwnDay| [own.unit_name.clone(), own.section.clone(), own.due.to_string(), day(own.since, language)];
    table(headings, days.iter().map(row))
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
