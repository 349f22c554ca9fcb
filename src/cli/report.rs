//! `report`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::config::Config;
use crate::control::report::Ask;
use crate::control::{Failure, Reply, Request};
use crate::language::Language;
use crate::report::{self, Month};

use super::ask;
use super::new_file::NewFile;
use super::output::Output;

/// `report`
#[derive(Args, Debug)]
pub struct Report {
    /// Tháng nào, mặc định tháng trước | Which month, the one before if not given
    #[arg(long, value_name = "2026-10")]
    pub month: Option<Month>,
    /// Gửi ngay cho Giám đốc | Send it to the Director now
    #[arg(long)]
    pub send: bool,
    /// Ghi vào tệp mới: HTML nếu tên tệp là .html, còn lại là văn bản | Into a new file: HTML where its name ends so, else text
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Makes the report, and sends or writes it where that is asked for.
pub(super) async fn run(report: Report, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
    let Report { month, send, out } = report;
    let file = NewFile::wanted("--out", out.as_deref())?;
    let ask = if send { Ask::Send(month) } else { Ask::Show(month) };
    let reply = ask::ask(config, output.language, Request::Report(ask)).await?;
    let (Some(file), Reply::Report(answer)) = (file, &reply) else { return Ok(output.reply(&reply)) };
    let is_html = out.as_deref().and_then(Path::extension).is_some_and(|suffix| suffix.eq_ignore_ascii_case("html"));
    let write = if is_html { report::html } else { report::text };
    file.write(&write(&answer.report, &output.zone))?;
    Ok(if output.json { output.reply(&reply) } else { output.print(&sent(&answer.sent_to, output.language)) })
}

/// Whom a report went to, if it went to anybody.
pub(super) fn sent(to: &[crate::address::Address], language: Language) -> String {
    if to.is_empty() {
        return String::new();
    }
    let to = to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match language {
        Language::Vi => format!("Đã gửi cho {to}.\n"),
        Language::En => format!("Sent to {to}.\n"),
    }
}
