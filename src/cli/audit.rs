//! `audit …`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::audit::{Listed, Problem, Verified};
use crate::config::Config;
use crate::control::audit::{Answer, Ask};
use crate::control::{Exit, Failure, Reply, Request};
use crate::language::Language;
use crate::name::Label;

use super::new_file::NewFile;
use super::output::{Output, inert};
use super::tables::{moment, table, text};
use super::{args, ask};

/// `audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Xem nhật ký | The entries
    List {
        /// Chỉ n mục cuối | The last n entries only
        #[arg(long, value_name = "N", default_value_t = 100)]
        last: u32,
        /// Về đối tượng này | About this one: staff:12, unit:3, mailbox:7, address:9, decision:4
        #[arg(long, value_name = "KIND:ID")]
        subject: Option<Label>,
        /// Theo quyết định này | By this decision
        #[arg(long, value_name = "NO")]
        decision: Option<Label>,
        /// Từ ngày này | From this day on
        #[arg(long, value_name = "DATE", value_parser = args::date)]
        since: Option<Date>,
    },
    /// Kiểm tra chuỗi băm của nhật ký | Verify the chain of digests
    Verify,
    /// Xuất mọi mục, mỗi mục một dòng JSON | All entries as JSON Lines
    Export {
        /// Chỉ các mục sau mục này | Only those after this entry
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        since: i64,
        /// Ghi vào tệp mới | Write to this new file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

impl Audit {
    pub(super) fn ask(self) -> Ask {
        match self {
            Self::List { last, subject, decision, since } => {
                Ask::List { last, subject: subject.map(String::from), decision, since }
            }
            Self::Verify => Ask::Verify,
            Self::Export { since, .. } => Ask::Page { after: since },
        }
    }
}

/// Asks for page after page, so that an audit of any length passes through the socket.
struct Pages<'c> {
    config: &'c Config,
    language: Language,
    after: i64,
}

impl Pages<'_> {
    /// The next entries; none at the end.
    async fn next(&mut self) -> Result<Vec<Listed>, Failure> {
        let ask = Ask::Page { after: self.after };
        let reply = ask::ask(self.config, self.language, Request::Audit(ask)).await?;
        let Reply::Audit(Answer::List { entries }) = reply else { return Err(ask::unexpected(&reply)) };
        self.after = entries.last().map_or(self.after, |last| last.seq);
        Ok(entries)
    }
}

/// `audit export`: into a file, or to standard output as lines, or there as one document with `--json`.
pub(super) async fn export(
    since: i64,
    out: Option<&Path>,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let mut pages = Pages { config, language: output.language, after: since };
    if let Some(path) = out {
        return into_file(pages, path, output).await;
    }
    let mut all = Vec::new();
    loop {
        let entries = pages.next().await?;
        match (entries.is_empty(), output.json) {
            (true, true) => return Ok(output.document(&json!({ "entries": all }))),
            (true, false) => return Ok(ExitCode::SUCCESS),
            (false, true) => all.extend(entries),
            (false, false) => drop(output.write(inert(&lines(&entries)?).as_bytes())),
        }
    }
}

async fn into_file(mut pages: Pages<'_>, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let mut file = NewFile::make("--out", path)?;
    let mut count = 0;
    loop {
        let entries = pages.next().await?;
        if entries.is_empty() {
            break;
        }
        count += entries.len();
        file.add(&lines(&entries)?)?;
    }
    file.finish()?;
    let shown = path.display();
    let words = match output.language {
        Language::Vi => format!("Đã xuất {count} mục vào {shown}\n"),
        Language::En => format!("Exported {count} entries to {shown}\n"),
    };
    Ok(output.made(&json!({ "out": path, "entries": count, "last": pages.after }), &words))
}

fn lines(entries: &[Listed]) -> Result<String, Failure> {
    let line = |entry| serde_json::to_string(entry).map(|line| line + "\n");
    entries.iter().map(line).collect::<Result<_, _>>().map_err(|e| Failure::new(Exit::System, "json", &e.to_string()))
}

/// An answer, ready to print.
pub(super) fn show(answer: &Answer, language: Language, zone: &TimeZone) -> String {
    match answer {
        Answer::List { entries } => self::entries(entries, language, zone),
        Answer::Verify(verified) => chain(verified, language),
    }
}

pub(super) fn entries(entries: &[Listed], language: Language, zone: &TimeZone) -> String {
    let headings = match language {
        Language::Vi => ["số", "lúc", "người thực hiện", "việc", "đối tượng", "ghi chú"],
        Language::En => ["no", "at", "actor", "what", "subject", "note"],
    };
    let row = |entry: &Listed| {
        let at = moment(Timestamp::from_second(entry.at).unwrap_or_default(), zone);
        let note = text(entry.note.as_ref());
        [entry.seq.to_string(), at, entry.actor.clone(), entry.what.clone(), entry.subject.clone(), note]
    };
    table(headings, entries.iter().map(row))
}

fn chain(verified: &Verified, language: Language) -> String {
    let (entries, heads, head) = (verified.entries, verified.heads, &verified.head);
    if let (Some(place), Some(problem)) = (verified.broken_at, verified.problem) {
        return tampered(place, problem, language);
    }
    let whole = match language {
        Language::Vi => format!("nhật ký nguyên vẹn: {entries} mục; số mã băm ghi hằng ngày đã khớp: {heads}"),
        Language::En => format!("the audit is whole: {entries} entries; heads exported day by day that agree: {heads}"),
    };
    let cut = verified.cut.as_ref().map(|cut| match language {
        Language::Vi => format!("đã cắt đến mục {} vì quá hạn lưu, có chữ ký thay thế", cut.seq),
        Language::En => format!("a signed checkpoint stands for the entries up to {}, past their retention", cut.seq),
    });
    let ends = match language {
        Language::Vi => format!("chuỗi băm kết thúc bằng {head}"),
        Language::En => format!("the chain ends with {head}"),
    };
    [Some(whole), cut, Some(ends)].into_iter().flatten().map(|line| line + "\n").collect()
}

fn tampered(place: i64, problem: Problem, language: Language) -> String {
    let (found, why) = match language {
        Language::Vi => (
            format!("nhật ký đã bị sửa, thấy ở mục {place}"),
            match problem {
                Problem::Chain => "chuỗi băm bị đứt".to_owned(),
                Problem::Checkpoint => "chữ ký thay cho phần đã cắt không phải của cơ quan".to_owned(),
                Problem::HeadForged { line } => format!("dòng {line} của tệp mã băm hằng ngày không phải của cơ quan"),
                Problem::HeadDiffers { line } => format!("khác dòng {line} của tệp mã băm hằng ngày"),
            },
        ),
        Language::En => (
            format!("the audit was tampered with, seen at entry {place}"),
            match problem {
                Problem::Chain => "the chain is broken".to_owned(),
                Problem::Checkpoint => "what stands for the cut entries is not signed by the office's key".to_owned(),
                Problem::HeadForged { line } => {
                    format!("line {line} of the daily heads is not signed by the office's key")
                }
                Problem::HeadDiffers { line } => format!("line {line} of the daily heads says otherwise"),
            },
        ),
    };
    format!("{found}: {why}\n")
}
