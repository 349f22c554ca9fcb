//! `backup` and `restore`: the whole installation's data in one file, and back.

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::Config;
use crate::config::files;
use crate::control::{BackupView, Checked, Checks, Exit, Failure, Reply, Request};
use crate::db::{Db, DbError};
use crate::language::Language;
use crate::server::database;
use crate::{audit, directory, store};

use super::ask;
use super::output::Output;

/// `backup`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Backup {
    /// Tệp mới, do máy chủ ghi | New file, written by the daemon
    #[arg(required = true, value_name = "TO")]
    pub to: Option<PathBuf>,
    /// With a file that is there.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// `backup …`
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Kiểm tra một bản sao lưu | Verify a backup
    Verify {
        /// Tệp | The file
        file: PathBuf,
    },
}

/// `restore`
#[derive(Args, Debug)]
pub struct Restore {
    /// Bản sao lưu | The backup
    #[arg(value_name = "FROM")]
    pub from: PathBuf,
    /// Thư mục dữ liệu mới | New data directory
    #[arg(long)]
    pub dir: PathBuf,
}

/// Does `backup`.
pub(super) async fn backup(backup: Backup, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
    match (backup.verb, backup.to) {
        (Some(Verb::Verify { file }), _) => Ok(output.reply(&Reply::Checks(verified(&file).await?))),
        (None, Some(to)) => {
            let to = absolute(&to).map_err(|error| unreadable(&to, &error))?;
            Ok(output.reply(&ask::ask(config, output.language, Request::Backup(to)).await?))
        }
        (None, None) => Err(Failure::new(Exit::Input, "usage", "backup TO | backup verify FILE")),
    }
}

/// Puts a backup, once it is verified, into a directory that has no data yet.
pub(super) async fn restore(restore: &Restore, output: &Output) -> Result<ExitCode, Failure> {
    let Restore { from, dir } = restore;
    let checks = verified(from).await?;
    if !checks.ok {
        return Ok(output.reply(&Reply::Checks(checks)));
    }
    let to = database(dir);
    if to.exists() {
        let message = match output.language {
            Language::Vi => format!("{} đã có dữ liệu: hãy chọn thư mục khác", dir.display()),
            Language::En => format!("{} holds data already: choose another directory", dir.display()),
        };
        return Err(Failure::new(Exit::Refused, "taken", &message));
    }
    let part = to.with_extension("part");
    let copy = || {
        files::make_directory(dir)?;
        let _ = fs::remove_file(&part);
        files::write_private(&part, b"")?;
        fs::copy(from, &part)?;
        fs::set_permissions(&part, std::os::unix::fs::PermissionsExt::from_mode(files::FILE_MODE))?;
        fs::File::open(&part)?.sync_all()?;
        fs::rename(&part, &to)?;
        fs::File::open(dir)?.sync_all()
    };
    copy().map_err(|error: std::io::Error| {
        Failure::new(Exit::System, "restore", &format!("{}: {error}", dir.display()))
    })?;
    let place = dir.display();
    let words = match output.language {
        Language::Vi => {
            format!("Đã khôi phục vào {place}. Đặt server.data_dir trong cấu hình thành thư mục này rồi serve.\n")
        }
        Language::En => format!("Restored into {place}. Set server.data_dir to it in the configuration, then serve.\n"),
    };
    Ok(output.made(&json!({ "dir": dir, "database": to }), &words))
}

/// Everything that must hold of a database, of a backup.
async fn verified(file: &Path) -> Result<Checks, Failure> {
    fs::metadata(file).map_err(|error| unreadable(file, &error))?;
    let unfit = |error: DbError| Failure::new(Exit::Input, "backup_unfit", &error.to_string());
    let db = Db::open_copy(file).await.map_err(unfit)?;
    let checks = async {
        let damage = db.damage().await?;
        let mut reader = db.read().await?;
        let found = store::check(&mut reader).await?.iter().map(|v| format!("{}: {}", v.rule, v.place)).collect();
        let people = directory::check(&mut reader).await?.iter().map(|v| format!("{v:?}")).collect();
        let audit = audit::verify(&mut reader).await?;
        let chain = audit.broken_at.map(|place| format!("{place}")).into_iter().collect();
        Ok::<_, DbError>([("database", damage), ("store", found), ("directory", people), ("audit", chain)])
    };
    let checks = checks.await;
    db.close().await;
    let checked = |(name, wrong): (&'static str, Vec<String>)| {
        Checked::new(name, if wrong.is_empty() { Ok("ok".to_owned()) } else { Err(wrong.join("; ")) })
    };
    Ok(checks.map_err(unfit)?.into_iter().map(checked).collect())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Input, "file", &format!("{}: {error}", path.display()))
}

/// What was written, for people.
pub(super) fn show(backup: &BackupView, language: Language) -> String {
    let (place, megabytes) = (backup.to.display(), backup.bytes >> 20);
    match language {
        Language::Vi => format!("Đã sao lưu vào {place} ({megabytes} MB).\n"),
        Language::En => format!("Backed up to {place} ({megabytes} MB).\n"),
    }
}
