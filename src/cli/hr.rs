//! `hr …`: the personnel office's file (R11).

use std::fs::{DirBuilder, File};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::Config;
use crate::control::hr::{Answer, Ask, DecisionOutcome, RowOutcome, SlipView};
use crate::control::{self, Exit, Failure, FaultView, Reply, Request};
use crate::directory::DecisionState;
use crate::language::Language;
use crate::limits;
use crate::name::Label;
use crate::provisioning::sheet::{self, Encoding, Fault, Sheet};
use crate::text::printable;

use super::args::Manner;
use super::ask;
use super::new_file::NewFile;
use super::output::Output;
use super::tables::{day, table};

/// `hr …`
#[derive(Debug, Subcommand)]
pub enum Hr {
    /// Đọc tệp, in kế hoạch, không thay đổi gì | Read the file, print the plan, change nothing
    Plan(Input),
    /// Thực hiện cả tệp, hoặc không dòng nào | Apply the whole file, or nothing of it
    Apply {
        /// The file.
        #[command(flatten)]
        input: Input,
        /// Cấp mật khẩu và ghi phiếu vào thư mục này; không có: cấp sau | Issue passwords, slips into DIR; else later
        #[arg(long, value_name = "DIR")]
        slips: Option<PathBuf>,
        /// Every act takes these.
        #[command(flatten)]
        manner: Manner,
    },
}

/// A file.
#[derive(Args, Debug)]
pub struct Input {
    /// Tệp CSV: UTF-8 hoặc UTF-16 | CSV file: UTF-8 or UTF-16
    pub file: PathBuf,
    /// Mã ký tự, nếu không phải Unicode | Its encoding, if it is not Unicode
    #[arg(long, value_name = "windows-1258", value_parser = encoding)]
    pub encoding: Option<Encoding>,
    /// Người của Văn phòng đã chấp thuận | Who at the Office approved it
    #[arg(long, value_name = "NAME")]
    pub approver: Option<Label>,
}

fn encoding(name: &str) -> Result<Encoding, String> {
    let known = || Encoding::NAMED.map(|(name, _)| name).join(" | ");
    Encoding::named(name).ok_or_else(known)
}

/// Plans or applies a file.
pub(super) async fn run(hr: Hr, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
    let (input, slips, manner) = match hr {
        Hr::Plan(input) => (input, None, Manner { dry_run: true, note: None }),
        Hr::Apply { input, slips, manner } => (input, slips, manner),
    };
    let sheet = read(&input, output.language)?;
    let place = slips.filter(|_| !manner.dry_run);
    if let Some(place) = &place {
        make(place)?;
    }
    let request = Request::Hr(Box::new(Ask {
        decisions: sheet.planned.clone(),
        slips: place.is_some(),
        approver: input.approver,
        note: manner.note.map(String::from),
        manner: if manner.dry_run { control::Manner::Rehearse } else { control::Manner::Apply },
    }));
    let mut reply = ask::ask(config, output.language, request).await.map_err(|failure| placed(failure, &sheet))?;
    let written = match (&mut reply, place) {
        // They are in their files, and nowhere else.
        (Reply::Hr(answer), Some(place)) => write(&place, std::mem::take(&mut answer.slips), output.language),
        _ => Ok(()),
    };
    let shown = output.reply(&reply);
    written.map(|()| shown)
}

/// Reads the file; everything that is wrong with it is told at once.
fn read(input: &Input, language: Language) -> Result<Sheet, Failure> {
    let name = input.file.display();
    let unreadable = |error: std::io::Error| Failure::new(Exit::Input, "file", &format!("{name}: {error}"));
    let most = u64::try_from(limits::SHEET_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut octets = Vec::new();
    File::open(&input.file).and_then(|file| file.take(most).read_to_end(&mut octets)).map_err(unreadable)?;
    sheet::read(&octets, input.encoding.unwrap_or_default()).map_err(|faults| {
        let message = match language {
            Language::Vi => format!("{name} có {} chỗ sai, nên không dòng nào được thực hiện", faults.len()),
            Language::En => format!("{name} is wrong in {} places, so nothing of it was done", faults.len()),
        };
        let faults = faults.iter().map(|fault| view(fault, language)).collect();
        Failure { faults, ..Failure::new(Exit::Input, "file_wrong", &message) }
    })
}

fn view(fault: &Fault, language: Language) -> FaultView {
    let place = fault.place.as_ref();
    FaultView {
        line: fault.line,
        column: place.map(|place| place.number),
        header: place.and_then(|place| place.header.as_deref()).map(printable),
        code: fault.code().to_owned(),
        rule: None,
        message: printable(&fault.message(language)),
        word: None,
    }
}

/// Puts the columns to what was refused: the daemon knows the words of the file, not their places.
fn placed(mut failure: Failure, sheet: &Sheet) -> Failure {
    for fault in &mut failure.faults {
        let place = fault.word.take().and_then(|word| sheet.place(fault.line, &word));
        fault.column = place.as_ref().map(|place| place.number);
        fault.header = place.and_then(|place| place.header);
    }
    failure
}

/// The directory for slips, which only we may enter.
fn make(place: &Path) -> Result<(), Failure> {
    match DirBuilder::new().mode(0o700).create(place) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Failure::new(Exit::Input, "slips", &format!("--slips {}: {error}", place.display())))
        }
        _ => Ok(()),
    }
}

/// A file for each slip. Those that cannot be written are named, so that their people are issued others.
fn write(place: &Path, slips: Vec<SlipView>, language: Language) -> Result<(), Failure> {
    let mut lost = Vec::new();
    for slip in slips {
        let file = place.join(format!("{}.txt", slip.address));
        if NewFile::make("--slips", &file).and_then(|file| file.write(&slip.text)).is_err() {
            lost.push(slip.address.to_string());
        }
    }
    if lost.is_empty() {
        return Ok(());
    }
    let (place, lost) = (place.display(), lost.join(", "));
    let message = match language {
        Language::Vi => format!("không ghi được phiếu vào {place}; hãy cấp lại bằng \"staff passwd\" cho: {lost}"),
        Language::En => format!("slips could not be written to {place}; issue others with \"staff passwd\" to: {lost}"),
    };
    Err(Failure::new(Exit::System, "slips", &message))
}

/// The answer for people: decision by decision, what each row changes.
pub(super) fn show(answer: &Answer, language: Language) -> String {
    let mut text = match (answer.already_applied, answer.dry_run, language) {
        (true, _, Language::Vi) => "Đã thực hiện từ trước, không có gì thay đổi.\n".to_owned(),
        (true, _, Language::En) => "Already applied; nothing changes.\n".to_owned(),
        (false, true, Language::Vi) => "Kế hoạch, chưa thực hiện:\n".to_owned(),
        (false, true, Language::En) => "The plan; nothing was done:\n".to_owned(),
        (false, false, Language::Vi) => "Đã thực hiện:\n".to_owned(),
        (false, false, Language::En) => "Done:\n".to_owned(),
    };
    for decision in &answer.decisions {
        text.push('\n');
        text.push_str(&heading(decision, answer.dry_run, language));
        if !decision.already {
            text.push_str(&rows(&decision.rows, language));
        }
    }
    text
}

fn heading(decision: &DecisionOutcome, dry_run: bool, language: Language) -> String {
    let standing = match (decision.already, decision.state, dry_run, language) {
        (true, Some(DecisionState::Waiting), _, Language::Vi) => ": đã nhập từ trước, đang chờ hiệu lực",
        (true, Some(DecisionState::Waiting), _, Language::En) => ": entered before, waits for its day",
        (true, _, _, Language::Vi) => ": đã thực hiện từ trước",
        (true, _, _, Language::En) => ": already applied",
        (false, Some(DecisionState::Waiting), _, Language::Vi) => ": chờ đến ngày hiệu lực",
        (false, Some(DecisionState::Waiting), _, Language::En) => ": waits for its day",
        (false, ..) => "",
    };
    let (number, dated, effective) =
        (&decision.number, day(decision.dated, language), day(decision.effective, language));
    match language {
        Language::Vi => format!("Quyết định {number} ngày {dated}, hiệu lực {effective}{standing}\n"),
        Language::En => format!("Decision {number} of {dated}, effective {effective}{standing}\n"),
    }
}

fn rows(rows: &[RowOutcome], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["dòng", "ai, đơn vị", "thay đổi"],
        Language::En => ["line", "who, unit", "what changes"],
    };
    let row = |row: &RowOutcome| [row.line.to_string(), row.subject.clone(), row.changes.join("\n")];
    table(headings, rows.iter().map(row))
}

/// What is wrong with a file, a line for each place.
pub(super) fn faults(faults: &[FaultView], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["dòng", "cột", "sai"],
        Language::En => ["line", "column", "what is wrong"],
    };
    let row = |fault: &FaultView| {
        let column = match (fault.column, &fault.header) {
            (Some(number), Some(header)) => format!("{number} {header}"),
            (Some(number), None) => number.to_string(),
            (None, _) => "-".to_owned(),
        };
        let rule = fault.rule.as_ref().map(|rule| format!(" [{rule}]")).unwrap_or_default();
        [fault.line.to_string(), column, format!("{}{rule}", fault.message)]
    };
    table(headings, faults.iter().map(row))
}
