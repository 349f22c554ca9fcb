//! `work …`

use clap::Subcommand;
use jiff::tz::TimeZone;

use crate::address::Address;
use crate::control::Request;
use crate::control::work::{Answer, Ask, ItemView, TraceView, Which};
use crate::id::ItemId;
use crate::language::Language;
use crate::store::{Deed, How, Standing};

use super::args::Manner;
use super::tables::{day, detail, moment, rehearsed, table, text};

/// `work …`
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Việc của các đơn vị: thư đến, ai nhận, ai đã xử lý | What units were written, who has it and who dealt with it
    List {
        /// Của một hộp thư | Of one mailbox
        #[arg(long, value_name = "ADDR")]
        mailbox: Option<Address>,
        /// Chỉ việc quá hạn | What is overdue only
        #[arg(long)]
        overdue: bool,
    },
    /// Một việc, và ai đã tải, mở, đánh dấu, chuyển, trả lời thư | One item, and who fetched, opened, flagged, moved and answered it
    Show {
        /// Số | Its number
        #[arg(value_name = "ID")]
        id: i64,
    },
    /// Giao việc cho một người | Give an item to somebody
    Assign {
        /// Số | Its number
        #[arg(value_name = "ID")]
        id: i64,
        /// Người nhận | Who is to deal with it
        #[arg(long, value_name = "WHO")]
        to: String,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Đóng việc đã xử lý bằng cách khác | Close an item that was dealt with in another way
    Close {
        /// Số | Its number
        #[arg(value_name = "ID")]
        id: i64,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// The command as a request.
pub(super) fn request(work: Work) -> Request {
    Request::Work(match work {
        Work::List { mailbox, overdue } => {
            Ask::List { mailbox, which: if overdue { Which::Overdue } else { Which::All } }
        }
        Work::Show { id } => Ask::Show { id: ItemId(id) },
        Work::Assign { id, to, manner } => {
            let (note, manner) = manner.parts();
            Ask::Assign { id: ItemId(id), to, note, manner }
        }
        Work::Close { id, manner } => {
            let (note, manner) = manner.parts();
            Ask::Close { id: ItemId(id), note, manner }
        }
    })
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language, zone: &TimeZone) -> String {
    match answer {
        Answer::List { items } => list(items, language, zone),
        Answer::Show { item, history } => {
            format!("{}\n{}", one(item, language, zone), self::history(history, language, zone))
        }
        Answer::One { item, dry_run: false } => one(item, language, zone),
        Answer::One { item, dry_run: true } => rehearsed(&one(item, language, zone), language),
    }
}

fn list(items: &[ItemView], language: Language, zone: &TimeZone) -> String {
    let headings = match language {
        Language::Vi => ["số", "đến lúc", "tiêu đề", "người gửi", "hạn", "tình trạng", "người nhận", "người xử lý"],
        Language::En => ["no", "came", "subject", "from", "due", "state", "taken by", "done by"],
    };
    let row = |view: &ItemView| {
        [
            view.item.id.to_string(),
            moment(view.item.arrived, zone),
            view.item.subject.clone(),
            view.item.sender.clone(),
            day(view.due, language),
            state(view, language).to_owned(),
            text(view.taken_by_name.as_ref()),
            text(view.done_by_name.as_ref()),
        ]
    };
    table(headings, items.iter().map(row))
}

fn one(view: &ItemView, language: Language, zone: &TimeZone) -> String {
    let labels = match language {
        Language::Vi => [
            "số",
            "hộp thư",
            "tiêu đề",
            "người gửi",
            "đến lúc",
            "hạn",
            "tình trạng",
            "người nhận",
            "nhận lúc",
            "người xử lý",
            "xong lúc",
            "ghi chú",
        ],
        Language::En => [
            "no", "mailbox", "subject", "from", "came", "due", "state", "taken by", "taken at", "done by", "done at",
            "note",
        ],
    };
    let item = &view.item;
    let time = |at: Option<jiff::Timestamp>| text(at.map(|at| moment(at, zone)).as_ref());
    let values = [
        item.id.to_string(),
        text(view.address.as_ref()),
        item.subject.clone(),
        item.sender.clone(),
        moment(item.arrived, zone),
        day(view.due, language),
        state(view, language).to_owned(),
        text(view.taken_by_name.as_ref()),
        time(item.taken_at),
        text(view.done_by_name.as_ref()),
        time(item.done_at),
        text(item.note.as_ref()),
    ];
    detail(labels, values)
}

fn history(history: &[TraceView], language: Language, zone: &TimeZone) -> String {
    let headings = match language {
        Language::Vi => ["lúc", "ai", "việc làm", "cụ thể"],
        Language::En => ["at", "who", "what", "which"],
    };
    let row = |TraceView { trace, name }: &TraceView| {
        [moment(trace.at, zone), text(name.as_ref()), deed(trace.deed, language).to_owned(), trace.detail.clone()]
    };
    table(headings, history.iter().map(row))
}

fn deed(deed: Deed, language: Language) -> &'static str {
    match (deed, language) {
        (Deed::Fetched, Language::Vi) => "tải về",
        (Deed::Opened, Language::Vi) => "mở",
        (Deed::Flagged, Language::Vi) => "đánh dấu",
        (Deed::Moved, Language::Vi) => "chuyển vào",
        (Deed::Copied, Language::Vi) => "sao chép ra ngoài",
        (Deed::Answered, Language::Vi) => "trả lời",
        (Deed::Removed, Language::Vi) => "xoá",
        (Deed::Fetched, Language::En) => "fetched",
        (Deed::Opened, Language::En) => "opened",
        (Deed::Flagged, Language::En) => "flagged",
        (Deed::Moved, Language::En) => "moved to",
        (Deed::Copied, Language::En) => "copied elsewhere",
        (Deed::Answered, Language::En) => "answered",
        (Deed::Removed, Language::En) => "removed",
    }
}

fn state(view: &ItemView, language: Language) -> &'static str {
    match (view.state, view.item.how, language) {
        (Standing::Open, _, Language::Vi) => "chưa nhận",
        (Standing::Taken, _, Language::Vi) => "đã nhận",
        (Standing::Done, Some(How::Answered), Language::Vi) => "đã trả lời",
        (Standing::Done, Some(How::Archived), Language::Vi) => "đã lưu trữ",
        (Standing::Done, Some(How::Removed), Language::Vi) => "đã xoá",
        (Standing::Done, Some(How::Closed), Language::Vi) => "đã đóng",
        (Standing::Done, Some(How::Marked) | None, Language::Vi) => "đã xong",
        (Standing::Open, _, Language::En) => "open",
        (Standing::Taken, _, Language::En) => "taken",
        (Standing::Done, Some(How::Answered), Language::En) => "answered",
        (Standing::Done, Some(How::Archived), Language::En) => "archived",
        (Standing::Done, Some(How::Removed), Language::En) => "removed",
        (Standing::Done, Some(How::Closed), Language::En) => "closed",
        (Standing::Done, Some(How::Marked) | None, Language::En) => "done",
    }
}
