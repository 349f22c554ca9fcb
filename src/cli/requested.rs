//! `request …`

use std::ffi::OsString;
use std::iter;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::config::Config;
use crate::control::requested::{Answer, Ask, RequestView, Verdict};
use crate::control::{self, Exit, Failure, SlipForm};
use crate::directory::request::RequestState;
use crate::id::RequestId;
use crate::language::Language;
use crate::name::{Account, Label};
use crate::provisioning::Act;

use super::args::{Cli, Command, Installed, Mailboxes, Manner, Staff, date};
use super::requests;
use super::tables::{detail, moment, rehearsed, table, text};
use super::usage;

/// `request …`
#[derive(Debug, Subcommand)]
pub enum Request {
    /// Lập đề nghị: sau -- là một lệnh không có quyết định | File a request: after -- an act's command, without decision
    File {
        /// Đơn vị đề nghị | The unit that asks
        #[arg(long, value_name = "CODE", required_unless_present = "personnel", conflicts_with = "personnel")]
        unit: Option<String>,
        /// Bộ phận tổ chức cán bộ đề nghị | The personnel division asks
        #[arg(long)]
        personnel: bool,
        /// Người đề nghị | Who asks
        #[arg(long, value_name = "NAME")]
        by: Label,
        /// Lý do | Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<Account>,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
        /// Việc đề nghị, thí dụ: staff transfer CB007 --to to-chuc | What, such as: staff transfer CB007 --to to-chuc
        #[arg(last = true, required = true, value_name = "ACT")]
        act: Vec<OsString>,
    },
    /// Danh sách đề nghị | All requests
    List,
    /// Một đề nghị | One request
    Show {
        /// Số | Its number
        #[arg(value_name = "N")]
        id: i64,
    },
    /// Chấp thuận | Approve a request
    Approve {
        /// Số | Its number
        #[arg(value_name = "N")]
        id: i64,
        /// Người chấp thuận | Who approves it
        #[arg(long, value_name = "NAME")]
        by: Label,
        /// Lý do | Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<Account>,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Từ chối | Reject a request
    Reject {
        /// Số | Its number
        #[arg(value_name = "N")]
        id: i64,
        /// Người từ chối | Who rejects it
        #[arg(long, value_name = "NAME")]
        by: Label,
        /// Lý do | Why
        #[arg(long, value_name = "TEXT")]
        reason: Account,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Thực hiện đề nghị đã chấp thuận, theo quyết định | Apply an approved request, by decision
    Apply {
        /// Số | Its number
        #[arg(value_name = "N")]
        id: i64,
        /// The decision.
        #[command(flatten)]
        paper: Paper,
        /// Ghi phiếu cấp hộp thư vào tệp | Write the slip to this file
        #[arg(long, value_name = "FILE")]
        slip: Option<PathBuf>,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// The decision by which a request is applied; who approved it is in the request.
#[derive(Args, Debug)]
pub struct Paper {
    /// Số quyết định | Number of the decision
    #[arg(long = "decision", value_name = "NO")]
    pub number: Label,
    /// Ngày ký | The day it was issued
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub dated: Date,
    /// Ngày có hiệu lực, mặc định ngày ký | The day from which it holds, that of issue if not given
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub effective: Option<Date>,
}

/// The command as a request to the daemon.
pub(super) fn request(request: Request, config: &Config, language: Language) -> Result<control::Request, Failure> {
    Ok(control::Request::Requested(match request {
        Request::File { unit, by, reason, act, manner, .. } => {
            let act = Box::new(asked_for(act, config, language)?);
            let (note, manner) = manner.parts();
            Ask::File { by, unit, act, reason, note, manner }
        }
        Request::List => Ask::List,
        Request::Show { id } => Ask::Show(RequestId(id)),
        Request::Approve { id, by, reason, manner } => answer(id, by, Verdict::Approve, reason, manner),
        Request::Reject { id, by, reason, manner } => answer(id, by, Verdict::Reject, Some(reason), manner),
        Request::Apply { id, paper, slip, manner } => {
            let (note, manner) = manner.parts();
            let Paper { number, dated, effective } = paper;
            let slip = slip.as_deref().map_or(SlipForm::Text, requests::form);
            Ask::Apply { id: RequestId(id), number, dated, effective, note, manner, slip }
        }
    }))
}

fn answer(id: i64, by: Label, verdict: Verdict, reason: Option<Account>, manner: Manner) -> Ask {
    let (note, manner) = manner.parts();
    Ask::Answer { id: RequestId(id), by, verdict, reason, note, manner }
}

/// The act of a command line as the table of commands has it; its decision is yet to come.
fn asked_for(words: Vec<OsString>, config: &Config, language: Language) -> Result<Act, Failure> {
    let wrong = |message: &str| Failure::new(Exit::Input, "request_act", message);
    let parsed = Cli::try_parse_from(iter::once(OsString::from("hopthu")).chain(words))
        .map_err(|error| wrong(&usage::message(&error, language)))?;
    let request = match parsed.command {
        // Passwords are no matter of requests, and would be asked for here.
        Command::Installed(Installed::Staff(Staff::Passwd { .. })) => None,
        Command::Installed(Installed::Staff(staff)) => Some(requests::staff(staff, config, language)?),
        Command::Installed(Installed::Unit(unit)) => Some(requests::unit(unit)),
        Command::Installed(Installed::Mailbox(Mailboxes::Mailbox(mailbox))) => Some(requests::mailbox(mailbox)),
        _ => None,
    };
    match request {
        Some(control::Request::Act(asked)) if asked.decision.is_none() && asked.act.is_of_personnel() => Ok(asked.act),
        _ => Err(wrong(match language {
            Language::Vi => "sau -- phải là một việc về cán bộ hoặc đơn vị, không ghi quyết định",
            Language::En => "what follows -- must be an act on people or units, without a decision",
        })),
    }
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language, zone: &TimeZone) -> String {
    match answer {
        Answer::List { requests } => list(requests, language, zone),
        Answer::One { request, dry_run: false } => one(request, language, zone),
        Answer::One { request, dry_run: true } => rehearsed(&one(request, language, zone), language),
    }
}

fn list(requests: &[RequestView], language: Language, zone: &TimeZone) -> String {
    let headings = match language {
        Language::Vi => ["số", "lúc", "người đề nghị", "đơn vị", "việc", "tình trạng"],
        Language::En => ["no", "at", "who asks", "unit", "what", "state"],
    };
    let row = |request: &RequestView| {
        [
            request.id.to_string(),
            time(request.filed_at, zone),
            request.filed_by.clone(),
            text(request.unit.as_ref()),
            outline(&request.act),
            standing(request.state, language).to_owned(),
        ]
    };
    table(headings, requests.iter().map(row))
}

fn one(request: &RequestView, language: Language, zone: &TimeZone) -> String {
    let labels = match language {
        Language::Vi => [
            "số",
            "lúc",
            "người đề nghị",
            "đơn vị",
            "việc",
            "lý do",
            "tình trạng",
            "trả lời lúc",
            "người trả lời",
            "lý do trả lời",
        ],
        Language::En => {
            ["no", "at", "who asks", "unit", "what", "why", "state", "answered at", "answered by", "why so"]
        }
    };
    let values = [
        request.id.to_string(),
        time(request.filed_at, zone),
        request.filed_by.clone(),
        text(request.unit.as_ref()),
        outline(&request.act),
        text(request.reason.as_ref()),
        standing(request.state, language).to_owned(),
        text(request.decided_at.map(|at| time(at, zone)).as_ref()),
        text(request.decided_by.as_ref()),
        text(request.answer.as_ref()),
    ];
    detail(labels, values)
}

/// An act in one line: its name and what somebody filled in.
fn outline(act: &Value) -> String {
    let named = serde_json::from_value::<Act>(act.clone()).map_or("-", |act| act.what());
    let usual = ["act", "first_password", "reach", "registration"];
    let filled = act.as_object().into_iter().flatten().filter(|(key, _)| !usual.contains(&key.as_str()));
    let told = filled.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    iter::once(named.to_owned()).chain(told).collect::<Vec<_>>().join(" ")
}

fn time(at: i64, zone: &TimeZone) -> String {
    moment(Timestamp::from_second(at).unwrap_or_default(), zone)
}

fn standing(state: RequestState, language: Language) -> &'static str {
    match (state, language) {
        (RequestState::Filed, Language::Vi) => "chờ duyệt",
        (RequestState::Approved, Language::Vi) => "đã chấp thuận",
        (RequestState::Rejected, Language::Vi) => "đã từ chối",
        (RequestState::Applied, Language::Vi) => "đã thực hiện",
        (state, Language::En) => state.as_str(),
    }
}
