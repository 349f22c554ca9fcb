//! `mailbox export`, `mailbox import`, `mailbox restore`: files are read and written here, by whoever gives the command;
//! the daemon need not be able to.

mod bring;
mod export;
mod from_backup;
mod import;
mod migrate;
mod progress;
mod restore;
mod when;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use jiff::tz::TimeZone;

use crate::address::Address;
use crate::archive;
use crate::config::Config;
use crate::control::mail::{Answer, Ask, Told};
use crate::control::{Failure, Reply, Request};
use crate::id::MailboxId;
use crate::language::Language;
use crate::name::Label;
use crate::provisioning::mail::Quota;
use crate::store::{FolderName, LostId};

use super::args::Manner;
use super::ask::{Asking, unexpected};
use super::output::Output;
use when::When;

/// What goes in and out of a mailbox.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Xuất thư ra tệp; chủ hộp thư được báo | Export mail to files; the owner is told
    Export(Export),
    /// Nhập thư từ tệp hoặc từ máy chủ khác | Bring mail in from files or from another server
    Import(Import),
    /// Lấy lại thư đã xoá | Bring deleted mail back
    Restore(Restore),
}

/// `mailbox export`
#[derive(Args, Debug)]
pub struct Export {
    /// Địa chỉ hộp thư | The mailbox's address
    pub address: Address,
    /// Dạng tệp | The form of the files
    #[arg(long, value_name = "mbox|maildir")]
    pub format: Format,
    /// Thư mục mới để ghi vào | New directory to write to
    #[arg(long, value_name = "PATH")]
    pub to: PathBuf,
    /// Chỉ thư mục thư này | This folder only
    #[arg(long, value_name = "NAME", value_parser = folder)]
    pub folder: Option<FolderName>,
    /// Lý do, chủ hộp thư đọc được | Why; the owner reads it
    #[arg(long)]
    pub reason: Label,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// `mailbox import`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["from", "imap"]))]
pub struct Import {
    /// Địa chỉ hộp thư | The mailbox's address
    pub address: Address,
    /// Dạng tệp | The form of the files
    #[arg(long, value_name = "mbox|maildir", requires = "from")]
    pub format: Option<Format>,
    /// Tệp mbox, thư mục các tệp mbox, hoặc Maildir | An mbox file, a directory of them, or a Maildir
    #[arg(long, value_name = "PATH", requires = "format")]
    pub from: Option<PathBuf>,
    /// Máy chủ khác | Another server
    #[arg(long, value_name = "imaps://HOST[:PORT]", requires = "name")]
    pub imap: Option<migrate::Server>,
    /// Tên đăng nhập ở máy chủ ấy | The login there
    #[arg(long, value_name = "LOGIN", requires = "imap")]
    pub name: Option<Label>,
    /// Tệp chứa mật khẩu ở máy chủ ấy; không có thì hỏi | A file with the password there; asked for if not given
    #[arg(long, value_name = "FILE", requires = "imap")]
    pub password_file: Option<PathBuf>,
    /// Chứng thư CA để tin máy chủ ấy, PEM | Certificates to trust the server by, PEM, instead of the system's
    #[arg(long, value_name = "FILE", requires = "imap")]
    pub ca: Option<PathBuf>,
    /// Cho phép đăng nhập không mã hoá | Let the login go in the clear
    #[arg(long, requires = "imap")]
    pub plain: bool,
    /// Đặt vào dưới thư mục này | Put everything into this folder, and folders below it
    #[arg(long, value_name = "NAME", value_parser = folder)]
    pub folder: Option<FolderName>,
    /// Không tính dung lượng | Let the mailbox hold more than its quota
    #[arg(long)]
    pub ignore_quota: bool,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// `mailbox restore`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["list", "message", "since"]).multiple(true))]
pub struct Restore {
    /// Địa chỉ hộp thư | The mailbox's address
    pub address: Address,
    /// Chỉ xem thư nào lấy lại được | Only list what can be brought back
    #[arg(long, conflicts_with = "message")]
    pub list: bool,
    /// Thư có số này trong danh sách | The messages with these numbers of the list
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub message: Option<Vec<LostId>>,
    /// Thư bị xoá từ lúc này: 2026-11-24, "2026-11-24 10:30", hoặc 2h, 3d trước | Deleted since then
    #[arg(long, value_name = "TIME")]
    pub since: Option<When>,
    /// Thư bị xoá trước lúc này | Deleted before then
    #[arg(long, value_name = "TIME")]
    pub until: Option<When>,
    /// Chỉ thư của thư mục này | Of this folder only
    #[arg(long, value_name = "NAME", value_parser = folder)]
    pub folder: Option<FolderName>,
    /// Lấy từ bản sao lưu này; khi ấy TIME là lúc thư đến | From this backup; TIME then is when the message came
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Không tính dung lượng | Let the mailbox hold more than its quota
    #[arg(long)]
    pub ignore_quota: bool,
    /// Every act takes these.
    #[command(flatten)]
    pub manner: Manner,
}

/// How messages lie in files.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// Mỗi thư mục một tệp | A file for each folder
    Mbox,
    /// Mỗi thư một tệp | A file for each message
    Maildir,
}

impl From<Format> for archive::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Mbox => Self::Mbox,
            Format::Maildir => Self::Maildir,
        }
    }
}

/// A folder's name on the command line.
fn folder(text: &str) -> Result<FolderName, String> {
    FolderName::parse(text).map_err(|error| error.to_string())
}

fn quota(ignored: bool) -> Quota {
    if ignored { Quota::Ignored } else { Quota::Kept }
}

/// Does the command.
pub(super) async fn run(mail: Mail, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
    let mut asking = Asking::new(config, output.language);
    let done = match mail {
        Mail::Export(export) => export::run(export, &mut asking, output).await,
        Mail::Import(import) => import::run(import, &mut asking, output).await,
        Mail::Restore(restore) => restore::run(restore, &mut asking, output).await,
    };
    asking.close().await;
    done
}

/// Asks about mail, with messages that go along.
async fn ask(asking: &mut Asking<'_>, ask: Ask, octets: Vec<u8>) -> Result<Answer, Failure> {
    match asking.send(Request::Mail(ask), octets).await? {
        Reply::Mail(answer) => Ok(answer),
        other => Err(unexpected(&other)),
    }
}

/// Which mailbox an address is, and its folders.
async fn folders(asking: &mut Asking<'_>, address: &Address) -> Result<(MailboxId, Vec<archive::Shelf>), Failure> {
    let answer = ask(asking, Ask::Folders(address.clone()), Vec::new()).await?;
    let Told::Folders { mailbox, folders } = answer.told else { return Err(unexpected(&Reply::Mail(answer))) };
    let shelf = |shelf: crate::control::mail::Shelf| {
        let name = FolderName::parse(&shelf.name).ok()?;
        Some(archive::Shelf { id: shelf.id, name, uid_validity: shelf.uid_validity, special_use: shelf.special_use })
    };
    Ok((mailbox, folders.into_iter().filter_map(shelf).collect()))
}

/// The answer for people.
pub(super) fn show(answer: &Answer, language: Language, zone: &TimeZone) -> String {
    match &answer.told {
        Told::Lost { messages } => restore::list(messages, language, zone),
        Told::Restored { restored, messages, dry_run } => {
            restore::restored((*restored, messages), *dry_run, language, zone)
        }
        // Asked on the way to something else, and shown with it.
        _ => String::new(),
    }
}
