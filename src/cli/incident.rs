//! `incident …`

use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::address::Address;
use crate::control::Request;
use crate::control::incident::{Answer, Ask, IncidentView};
use crate::id::IncidentId;
use crate::incident::{Kind, State};
use crate::language::Language;
use crate::name::{Account, Label};

use super::args::Manner;
use super::tables::{detail, moment, rehearsed, table, text};

/// `incident …`
#[derive(Debug, Subcommand)]
pub enum Incident {
    /// Báo sự cố | Report a fault or a leak
    Report {
        /// Việc gì đã xảy ra | What happened
        #[arg(long)]
        text: Account,
        /// Người báo, mặc định người gõ lệnh | Who tells of it, the caller if not given
        #[arg(long, value_name = "WHO")]
        by: Option<Label>,
        /// Lỗi hay lộ thông tin | A fault or a leak
        #[arg(long, default_value = "fault", value_name = "fault|leak", value_parser = kind)]
        kind: Kind,
        /// Hộp thư liên quan | The mailbox concerned
        #[arg(long, value_name = "ADDR")]
        mailbox: Option<Address>,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Danh sách sự cố chưa đóng | Incidents that are open
    List {
        /// Cả những sự cố đã đóng | The closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Đóng sự cố | Close an incident
    Close {
        /// Số | Its number
        #[arg(value_name = "N")]
        id: i64,
        /// Kết quả xử lý | How it ended
        #[arg(long)]
        outcome: Account,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

fn kind(word: &str) -> Result<Kind, String> {
    match word {
        "fault" => Ok(Kind::Fault),
        "leak" => Ok(Kind::Leak),
        _ => Err("fault | leak".to_owned()),
    }
}

/// The command as a request.
pub(super) fn request(incident: Incident) -> Request {
    Request::Incident(match incident {
        Incident::Report { text, by, kind, mailbox, manner } => {
            let (note, manner) = manner.parts();
            Ask::Report { text, by, kind, mailbox, note, manner }
        }
        Incident::List { all } => Ask::List { all },
        Incident::Close { id, outcome, manner } => {
            let (note, manner) = manner.parts();
            Ask::Close { id: IncidentId(id), outcome, note, manner }
        }
    })
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language, zone: &TimeZone) -> String {
    match answer {
        Answer::List { incidents } => list(incidents, language, zone),
        Answer::One { incident, dry_run: false } => one(incident, language, zone),
        Answer::One { incident, dry_run: true } => rehearsed(&one(incident, language, zone), language),
    }
}

fn list(incidents: &[IncidentView], language: Language, zone: &TimeZone) -> String {
    let headings = match language {
        Language::Vi => ["số", "lúc", "người báo", "loại", "việc", "tình trạng"],
        Language::En => ["no", "at", "reporter", "kind", "what", "state"],
    };
    let row = |IncidentView { incident, .. }: &IncidentView| {
        let (sort, standing) =
            (sort(incident.kind, language).to_owned(), standing(incident.state, language).to_owned());
        [
            incident.id.to_string(),
            time(incident.at, zone),
            incident.reporter.clone(),
            sort,
            incident.text.replace('\n', " "),
            standing,
        ]
    };
    table(headings, incidents.iter().map(row))
}

fn one(IncidentView { incident, address }: &IncidentView, language: Language, zone: &TimeZone) -> String {
    let labels = match language {
        Language::Vi => {
            ["số", "lúc", "người báo", "loại", "hộp thư", "việc", "tình trạng", "đóng bởi", "đóng lúc", "kết quả"]
        }
        Language::En => {
            ["no", "at", "reporter", "kind", "mailbox", "what", "state", "closed by", "closed at", "outcome"]
        }
    };
    let values = [
        incident.id.to_string(),
        time(incident.at, zone),
        incident.reporter.clone(),
        sort(incident.kind, language).to_owned(),
        text(address.as_ref()),
        incident.text.clone(),
        standing(incident.state, language).to_owned(),
        text(incident.closed_by.as_ref()),
        text(incident.closed_at.map(|at| time(at, zone)).as_ref()),
        text(incident.outcome.as_ref()),
    ];
    detail(labels, values)
}

fn time(at: i64, zone: &TimeZone) -> String {
    moment(Timestamp::from_second(at).unwrap_or_default(), zone)
}

fn sort(kind: Kind, language: Language) -> &'static str {
    match (kind, language) {
        (Kind::Fault, Language::Vi) => "lỗi",
        (Kind::Leak, Language::Vi) => "lộ thông tin",
        (Kind::Fault, Language::En) => "fault",
        (Kind::Leak, Language::En) => "leak",
    }
}

fn standing(state: State, language: Language) -> &'static str {
    match (state, language) {
        (State::Open, Language::Vi) => "chưa đóng",
        (State::Closed, Language::Vi) => "đã đóng",
        (State::Open, Language::En) => "open",
        (State::Closed, Language::En) => "closed",
    }
}
