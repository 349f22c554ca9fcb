//! `queue …`

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::address::Address;
use crate::control::Request;
use crate::control::queue::{Act, Answer, Ask, DownView};
use crate::id::JobId;
use crate::language::Language;
use crate::queue::{HeldFor, Listed, ListedRecipient, Selection};

use super::args::Manner;
use super::tables::{detail, moment, table, text};

/// `queue …`
#[derive(Debug, Subcommand)]
pub enum Queue {
    /// Thư chờ gửi đi | Mail on its way out
    List {
        /// Which.
        #[command(flatten)]
        which: Which,
    },
    /// Một thư và những người nhận còn chờ | One of them, and whom it is for
    Show {
        /// Số | Its number
        #[arg(value_name = "N")]
        id: i64,
    },
    /// Thử gửi lại ngay | Try again at once
    Retry {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Giữ lại, không gửi | Hold back
    Hold {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Cho gửi tiếp thư đang giữ | Let go of what is held
    Release {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Chuyển sang đường gửi khác | Send by another route
    Reroute {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// Tên đường gửi trong cấu hình | The name of a route of the configuration
        #[arg(long, value_name = "ROUTE")]
        to: String,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Bỏ, không gửi và không báo ai | Drop it: it is not sent, and nobody is told
    Drop {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// Which jobs: those that agree with everything that is given.
#[derive(Args, Debug)]
pub struct Which {
    /// Số của các thư | Their numbers
    #[arg(value_name = "N")]
    ids: Vec<i64>,
    /// Của người gửi này | Of this sender
    #[arg(long, value_name = "ADDR")]
    from: Option<Address>,
    /// Theo đường này: route:TÊN, mx:TÊN-MIỀN, local | On this way: route:NAME, mx:DOMAIN, local
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
    /// Đang bị giữ | Those that are held
    #[arg(long)]
    held: bool,
    /// Tất cả | All of them
    #[arg(long)]
    all: bool,
}

impl Which {
    fn selection(self) -> Selection {
        let jobs = self.ids.into_iter().map(JobId).collect();
        Selection { jobs, from: self.from, lane: self.lane, held: self.held.then_some(true), all: self.all }
    }

    /// A list of no choice is the whole.
    fn listed(self) -> Selection {
        let selection = self.selection();
        if selection == Selection::default() { Selection { all: true, ..selection } } else { selection }
    }
}

/// The command as a request.
pub(super) fn request(queue: Queue) -> Request {
    let change = |act, which: Which, manner: Manner| {
        let (note, manner) = manner.parts();
        Ask::Change { act, selection: which.selection(), note, manner }
    };
    Request::Queue(match queue {
        Queue::List { which } => Ask::List(which.listed()),
        Queue::Show { id } => Ask::Show(JobId(id)),
        Queue::Retry { which, manner } => change(Act::Retry, which, manner),
        Queue::Hold { which, manner } => change(Act::Hold, which, manner),
        Queue::Release { which, manner } => change(Act::Release, which, manner),
        Queue::Reroute { which, to, manner } => change(Act::Reroute(to), which, manner),
        Queue::Drop { which, manner } => change(Act::Drop, which, manner),
    })
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language, zone: &TimeZone) -> String {
    match answer {
        Answer::List { jobs, down } => list(jobs, language, zone) + &troubles(down, language, zone),
        Answer::Show { job, recipients } => one(job, language, zone) + "\n" + &people(recipients, language),
        Answer::Changed { meant, changed, dry_run } => done(*meant, *changed, *dry_run, language),
    }
}

fn done(meant: usize, changed: u64, dry_run: bool, language: Language) -> String {
    match (language, dry_run) {
        (Language::Vi, false) => format!("{changed} thư đã thay đổi, trong {meant} thư được chọn\n"),
        (Language::En, false) => format!("{changed} changed, of {meant} that were meant\n"),
        (Language::Vi, true) => format!("{meant} thư được chọn; chưa thay đổi gì\n"),
        (Language::En, true) => format!("{meant} are meant; nothing was changed\n"),
    }
}

fn list(jobs: &[Listed], language: Language, zone: &TimeZone) -> String {
    let headings = match language {
        Language::Vi => ["số", "lúc", "người gửi", "đường", "người nhận", "tình trạng", "trả lời cuối"],
        Language::En => ["no", "at", "sender", "way", "recipients", "state", "last answer"],
    };
    let row = |job: &Listed| {
        [
            job.id.to_string(),
            time(job.accepted, zone),
            sender(&job.from),
            job.lane.clone(),
            job.recipients.to_string(),
            standing(job, language, zone),
            text(job.reply.as_ref()),
        ]
    };
    table(headings, jobs.iter().map(row))
}

fn troubles(down: &[DownView], language: Language, zone: &TimeZone) -> String {
    let line = |view: &DownView| {
        let DownView { lane, reason, .. } = view;
        let (since, next) = (moment(view.since, zone), moment(view.next, zone));
        match language {
            Language::Vi => format!("{lane} không gửi được từ {since}, thử lại lúc {next}: {reason}\n"),
            Language::En => format!("{lane} is down since {since}, tried again at {next}: {reason}\n"),
        }
    };
    down.iter().map(line).collect()
}

fn one(job: &Listed, language: Language, zone: &TimeZone) -> String {
    let labels = match language {
        Language::Vi => ["số", "thư", "lúc", "người gửi", "đường", "dung lượng", "tình trạng", "số lần thử"],
        Language::En => ["no", "message", "at", "sender", "way", "octets", "state", "attempts"],
    };
    let values = [
        job.id.to_string(),
        job.name.clone(),
        time(job.accepted, zone),
        sender(&job.from),
        job.lane.clone(),
        job.size.to_string(),
        standing(job, language, zone),
        job.attempts.to_string(),
    ];
    detail(labels, values)
}

fn people(recipients: &[ListedRecipient], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["người nhận", "tình trạng", "mã", "trả lời", "máy chủ"],
        Language::En => ["recipient", "state", "status", "answer", "server"],
    };
    let row = |recipient: &ListedRecipient| {
        let state = match (recipient.state.as_str(), language) {
            ("relayed", Language::Vi) => "đã chuyển",
            ("failed", Language::Vi) => "không gửi được",
            (_, Language::Vi) => "đang chờ",
            (state, Language::En) => state,
        };
        let ListedRecipient { address, status, reply, host, .. } = recipient;
        [address.clone(), state.to_owned(), text(status.as_ref()), text(reply.as_ref()), text(host.as_ref())]
    };
    table(headings, recipients.iter().map(row))
}

fn standing(job: &Listed, language: Language, zone: &TimeZone) -> String {
    let next = || time(job.next, zone);
    match (job.held, language) {
        (Some(HeldFor::Burst), Language::Vi) => "giữ: gửi quá nhiều".to_owned(),
        (Some(HeldFor::Burst), Language::En) => "held: too much was sent".to_owned(),
        (Some(HeldFor::Administrator), Language::Vi) => "giữ: quản trị".to_owned(),
        (Some(HeldFor::Administrator), Language::En) => "held: administrator".to_owned(),
        (Some(HeldFor::Unclear), Language::Vi) => "giữ: không rõ đã tới".to_owned(),
        (Some(HeldFor::Unclear), Language::En) => "held: may have arrived".to_owned(),
        (None, Language::Vi) => format!("chờ đến {}", next()),
        (None, Language::En) => format!("waits until {}", next()),
    }
}

fn sender(from: &str) -> String {
    if from.is_empty() { "<>".to_owned() } else { from.to_owned() }
}

fn time(at: i64, zone: &TimeZone) -> String {
    moment(Timestamp::from_second(at).unwrap_or_default(), zone)
}
