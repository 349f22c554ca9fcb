//! `province …`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};

use crate::config::Config;
use crate::control::province::{Acknowledged, Answer, Ask, Exported, Form, Listed};
use crate::control::{self, Exit, Failure, Reply, Request};
use crate::directory::Province as State;
use crate::feed::listing::{Line, Listing, Standing, What};
use crate::language::Language;
use crate::limits;

use super::args::Manner;
use super::ask;
use super::new_file::NewFile;
use super::output::Output;
use super::tables::{table, text};

/// `province …`
#[derive(Debug, Subcommand)]
pub enum Province {
    /// Danh sách địa chỉ đăng ký với tỉnh | The list registered with the provincial office
    List,
    /// Lập tệp thay đổi kế tiếp gửi Trung tâm của tỉnh | Make the next change file for the province's Centre
    Export {
        /// Lấy lại mọi tệp sau tệp số N | Every file after number N, written again
        #[arg(long, value_name = "N")]
        since: Option<i64>,
        /// Ghi vào tệp mới | Write to this new file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// jsonl: có chữ ký, cho máy đọc; csv: cho người đọc | jsonl is signed, for programs; csv is for people
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
    /// Đọc trả lời của Trung tâm (JSON Lines hoặc CSV) | Read the Centre's answer (JSON Lines or CSV)
    Acknowledge {
        /// Tệp trả lời | The answer
        file: PathBuf,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// The form of change files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Có chữ ký | Signed
    Jsonl,
    /// Bảng | A table
    Csv,
}

fn manner(manner: &Manner) -> control::Manner {
    if manner.dry_run { control::Manner::Rehearse } else { control::Manner::Apply }
}

/// Asks, and puts what is exported into its file.
pub(super) async fn run(province: Province, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
    let (ask, out) = match province {
        Province::List => (Ask::List, None),
        Province::Export { since, out, format, manner: how } => {
            let form = if format == Format::Csv { Form::Csv } else { Form::Jsonl };
            // Before the file is made: it has a number from then on, and is to be kept.
            let out = out.or_else(|| Some(config.province.target.as_ref()?.join(name(config, format))));
            let out = out.as_deref().map(|path| NewFile::make("--out", path)).transpose()?;
            let (manner, note) = (manner(&how), how.note.map(String::from));
            (Ask::Export { since, form, note, manner }, out)
        }
        Province::Acknowledge { file, manner: how } => {
            let (manner, note) = (manner(&how), how.note.map(String::from));
            (Ask::Acknowledge { text: read(&file)?, note, manner }, None)
        }
    };
    let mut reply = ask::ask(config, output.language, Request::Province(ask)).await?;
    let Reply::Province(Answer::Export(exported)) = &mut reply else { return Ok(output.reply(&reply)) };
    match (exported.text.take(), out) {
        (Some(text), Some(file)) => file.write(&text)?,
        // For other programs as it is; a document holds it as a text.
        (Some(text), None) if !output.json => return Ok(output.write(text.as_bytes())),
        (text, _) => exported.text = text,
    }
    Ok(output.reply(&reply))
}

/// The name of a file that is put beside others.
fn name(config: &Config, format: Format) -> String {
    let suffix = match format {
        Format::Jsonl => "jsonl",
        Format::Csv => "csv",
    };
    format!("{}-{}.{suffix}", config.organisation.domain, config.clock().zoned().strftime("%Y%m%dT%H%M%S%.3f"))
}

fn read(file: &Path) -> Result<String, Failure> {
    let failed = |problem: String| Failure::new(Exit::Input, "answer_file", &format!("{}: {problem}", file.display()));
    let length = std::fs::metadata(file).map_err(|error| failed(error.to_string()))?.len();
    if length > limits::PROVINCE_ANSWER_BYTES_MAX {
        return Err(failed(format!("> {} MiB", limits::PROVINCE_ANSWER_BYTES_MAX >> 20)));
    }
    let octets = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(octets).map_err(|error| failed(error.to_string()))
}

/// An answer, ready to print.
pub(super) fn show(answer: &Answer, language: Language) -> String {
    match answer {
        Answer::List(listed) => list(listed, language),
        Answer::Export(exported) => self::exported(exported, language),
        Answer::Acknowledge(acknowledged) => self::acknowledged(acknowledged, language),
    }
}

fn list(listed: &Listed, language: Language) -> String {
    let headings = match language {
        Language::Vi => ["địa chỉ", "họ và tên", "đơn vị", "tình trạng"],
        Language::En => ["address", "name", "unit", "state"],
    };
    let row = |standing: &Standing| {
        let state = state(standing, language);
        let state = standing.refused.as_ref().map_or_else(|| state.to_owned(), |why| format!("{state}: {why}"));
        let Listing { address, name, unit, .. } = &standing.listing;
        [address.clone(), text(name.as_ref()), text(unit.as_ref()), state]
    };
    table(headings, listed.addresses.iter().map(row))
}

fn state(standing: &Standing, language: Language) -> &'static str {
    match (standing.state, standing.refused.is_some(), language) {
        (_, true, Language::Vi) => "bị từ chối",
        (_, true, Language::En) => "refused",
        (State::Wanted, _, Language::Vi) => "cần đăng ký",
        (State::Sent, _, Language::Vi) => "đã gửi đăng ký",
        (State::Registered, _, Language::Vi) => "đã đăng ký",
        (State::WithdrawalSent, _, Language::Vi) => "đã gửi thu hồi",
        (State::Withdrawn, _, Language::Vi) => "đã thu hồi",
        (state, _, Language::En) => state.as_str(),
    }
}

fn exported(exported: &Exported, language: Language) -> String {
    let (count, files) = (exported.changes.len(), exported.files.len());
    let words = match (exported.dry_run, exported.made, language) {
        (true, _, Language::Vi) => format!("Tệp kế tiếp sẽ có {count} thay đổi; chưa lập:"),
        (true, _, Language::En) => format!("The next file would tell of {count} changes; it was not made:"),
        (_, Some(number), Language::Vi) => {
            format!("Đã lập tệp số {number}: {count} thay đổi. Số tệp xuất ra: {files}.")
        }
        (_, Some(number), Language::En) => format!("Made file {number}: {count} changes. Files handed out: {files}."),
        (_, None, Language::Vi) if files == 0 => "Không có gì mới để báo cho tỉnh; không lập tệp.".to_owned(),
        (_, None, Language::En) if files == 0 => {
            "There is nothing new to tell the province; no file was made.".to_owned()
        }
        (_, None, Language::Vi) => format!("Không có gì mới. Số tệp ghi lại: {files}."),
        (_, None, Language::En) => format!("Nothing new. Files written again: {files}."),
    };
    let table = if exported.dry_run && count > 0 { changes(&exported.changes, language) } else { String::new() };
    format!("{words}\n{table}")
}

fn changes(changes: &[Line], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["thay đổi", "địa chỉ", "họ và tên", "đơn vị", "quyết định"],
        Language::En => ["change", "address", "name", "unit", "decision"],
    };
    let row = |change: &Line| {
        let what = match (change.change, language) {
            (What::Register, Language::Vi) => "đăng ký",
            (What::Update, Language::Vi) => "cập nhật",
            (What::Withdraw, Language::Vi) => "thu hồi",
            (What::Register, Language::En) => "register",
            (What::Update, Language::En) => "update",
            (What::Withdraw, Language::En) => "withdraw",
        };
        let Listing { address, name, unit, .. } = &change.listing;
        let decision = change.decision.as_ref().map(|paper| &paper.number);
        [what.to_owned(), address.clone(), text(name.as_ref()), text(unit.as_ref()), text(decision)]
    };
    table(headings, changes.iter().map(row))
}

fn acknowledged(done: &Acknowledged, language: Language) -> String {
    let Acknowledged { registered, withdrawn, refused, known, .. } = done;
    match (done.dry_run, language) {
        (false, Language::Vi) => {
            format!(
                "Đã ghi nhận: {registered} đăng ký, {withdrawn} thu hồi, {refused} từ chối; {known} dòng đã biết.\n"
            )
        }
        (true, Language::Vi) => {
            format!(
                "Sẽ ghi nhận: {registered} đăng ký, {withdrawn} thu hồi, {refused} từ chối; {known} dòng đã biết.\n"
            )
        }
        (false, Language::En) => {
            format!(
                "Taken over: {registered} registered, {withdrawn} withdrawn, {refused} refused; {known} known lines.\n"
            )
        }
        (true, Language::En) => {
            format!(
                "To be taken over: {registered} registered, {withdrawn} withdrawn, {refused} refused; {known} known.\n"
            )
        }
    }
}
