//! `dns …`

use std::fmt::Write;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};

use crate::config::Config;
use crate::control::dns::{Answer, Ask, Compared, NameState, NameView, RecordView, ZoneView};
use crate::control::{Failure, Reply, Request};
use crate::language::Language;
use crate::zone::Purpose;

use super::ask::ask;
use super::output::Output;

/// `dns …`
#[derive(Debug, Subcommand)]
pub enum Dns {
    /// In các bản ghi mà mạng cần | Print the records that the network needs
    Zone {
        /// Dạng tệp vùng của BIND, hoặc bảng | A zone file of BIND, or a table
        #[arg(long, default_value = "bind")]
        format: Form,
    },
    /// So với những gì máy chủ DNS trả lời | Compare with what the network's DNS answers
    Check,
}

/// How a zone is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Tệp vùng của BIND | A zone file of BIND
    Bind,
    /// Bảng, để nhập tay | A table, for those who type it in
    Table,
}

/// Asks, and prints the answer.
pub(super) async fn run(dns: Dns, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
    let (asked, form) = match dns {
        Dns::Zone { format } => (Ask::Zone, format),
        Dns::Check => (Ask::Check, Form::Bind),
    };
    let reply = ask(config, output.language, Request::Dns(asked)).await?;
    match (&reply, form) {
        (Reply::Dns(Answer::Zone(zone)), Form::Table) if !output.json => {
            Ok(output.print(&columns(zone, output.language)))
        }
        _ => Ok(output.reply(&reply)),
    }
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language) -> String {
    match answer {
        Answer::Zone(zone) => bind(zone, language),
        Answer::Check(compared) => names(compared, language),
    }
}

/// In columns, but no line is broken: keys are copied from here.
fn columns(zone: &ZoneView, language: Language) -> String {
    let (name, kind, data) = match language {
        Language::Vi => ("TÊN", "LOẠI", "GIÁ TRỊ"),
        Language::En => ("NAME", "TYPE", "DATA"),
    };
    let records = || zone.records.iter().chain(&zone.elsewhere);
    let width = records().map(|record| record.name.len()).max().unwrap_or_default();
    let rows = records().map(|record| (record.name.as_str(), record.kind.as_str(), record.data.as_str()));
    let line = |(name, kind, data)| format!("{name:<width$}  {kind:<5}  {data}\n");
    std::iter::once((name, kind, data)).chain(rows).map(line).collect()
}

/// RFC 1035 §5.1: every line whole, so that each can be copied alone.
fn bind(zone: &ZoneView, language: Language) -> String {
    let mut text = String::new();
    let mut last = None;
    for record in &zone.records {
        if last.replace(record.purpose) != Some(record.purpose) {
            let _ = writeln!(text, "; {}", remark(record.purpose, language));
        }
        let _ = writeln!(text, "{}", line(record));
    }
    if !zone.elsewhere.is_empty() {
        let _ = writeln!(text, "; {}", elsewhere(language));
    }
    for record in &zone.elsewhere {
        let _ = writeln!(text, "; {}", line(record));
    }
    text
}

fn line(record: &RecordView) -> String {
    format!("{} {} IN {} {}", record.name, record.ttl, record.kind, record.data)
}

fn remark(purpose: Purpose, language: Language) -> &'static str {
    match (purpose, language) {
        (Purpose::Zone, Language::Vi) => "vùng: nếu máy chủ DNS là máy khác, ghi tên máy ấy ở SOA và NS",
        (Purpose::Zone, Language::En) => {
            "the zone: where another machine is the DNS server, its name goes into SOA and NS"
        }
        (Purpose::Address, Language::Vi) => "địa chỉ của máy chủ thư",
        (Purpose::Address, Language::En) => "where the mail server is",
        (Purpose::Mail, Language::Vi) => "thư gửi tới tên miền",
        (Purpose::Mail, Language::En) => "mail for the domain",
        (Purpose::Clients, Language::Vi) => {
            "phần mềm thư tự tìm máy chủ (RFC 6186, RFC 8314); đích \".\": không có dịch vụ này"
        }
        (Purpose::Clients, Language::En) => {
            "mail programs find their server (RFC 6186, RFC 8314); the target \".\": there is no such service"
        }
        (Purpose::Senders, Language::Vi) => {
            "ai được gửi thư của tên miền (SPF): máy chủ này, và máy nào chuyển tiếp thư của ta ra ngoài theo [relay]"
        }
        (Purpose::Senders, Language::En) => {
            "who sends the domain's mail (SPF): this server, and by [relay] whoever hands our mail on to others"
        }
        (Purpose::Keys, Language::Vi) => "khoá công khai của chữ ký thư (DKIM)",
        (Purpose::Keys, Language::En) => "public keys of the signatures in mail (DKIM)",
        (Purpose::Policy, Language::Vi) => "xử lý thư mạo danh (DMARC); báo cáo gửi về postmaster",
        (Purpose::Policy, Language::En) => {
            "what becomes of mail that only says it is ours (DMARC); reports go to postmaster"
        }
        (Purpose::Reverse, Language::Vi) => "tra ngược địa chỉ",
        (Purpose::Reverse, Language::En) => "whose the addresses are",
    }
}

fn elsewhere(language: Language) -> &'static str {
    match language {
        Language::Vi => "thuộc vùng khác (tra ngược địa chỉ, tên ngoài tên miền); ghi vào vùng ấy:",
        Language::En => "belongs into other zones (addresses to names, names outside the domain); write it there:",
    }
}

fn names(compared: &Compared, language: Language) -> String {
    let mut text: String = compared.names.iter().map(|name| compared_line(name, language) + "\n").collect();
    let wrong = compared.names.iter().filter(|name| name.state != NameState::Ok && name.required).count();
    let _ = match (wrong, language) {
        (0, Language::Vi) => writeln!(text, "mọi bản ghi cần thiết đều đúng"),
        (0, Language::En) => writeln!(text, "everything that is needed is right"),
        (wrong, Language::Vi) => writeln!(text, "{wrong} bản ghi chưa đúng; \"hopthu dns zone\" in bản ghi đúng"),
        (wrong, Language::En) => writeln!(text, "not right: {wrong}; \"hopthu dns zone\" prints what would be"),
    };
    text
}

fn compared_line(name: &NameView, language: Language) -> String {
    let NameView { name: whose, kind, state, required, right, there, error } = name;
    let (right, there) = (right.join(", "), there.join(", "));
    let mark = match (state, required) {
        (NameState::Ok, _) => "✓",
        (_, true) => "✗",
        (_, false) => "!",
    };
    let found = match (state, language) {
        (NameState::Ok, _) => there,
        (NameState::Missing, Language::Vi) => format!("thiếu; đúng ra là {right}"),
        (NameState::Missing, Language::En) => format!("missing; right would be {right}"),
        (NameState::Different, Language::Vi) => format!("khác: đang là {there}; đúng ra là {right}"),
        (NameState::Different, Language::En) => format!("different: there is {there}; right would be {right}"),
        (NameState::Unanswered, Language::Vi) => {
            format!("không được trả lời: {}", error.as_deref().unwrap_or_default())
        }
        (NameState::Unanswered, Language::En) => format!("no answer: {}", error.as_deref().unwrap_or_default()),
    };
    format!("{mark} {whose} {kind}: {found}")
}
