//! `backup`: a copy of the whole database, as one state of it is, while everything goes on.

use std::path::{Path, PathBuf};

use crate::figure::Figure;

use super::execute::Services;
use super::failure::{Exit, Failure};
use super::reply::{BackupView, Reply};

/// Copies under another name, and gives the copy its own when it is on the disk.
pub(super) async fn run(to: PathBuf, services: &Services) -> Result<Reply, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::new(Exit::System, "backup", &format!("{}: {error}", to.display()));
    if to.symlink_metadata().is_ok() {
        return Err(Failure::new(Exit::Input, "taken", &format!("{}: File exists", to.display())));
    }
    let mut part = to.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    // What was cut short before is nobody's.
    let _ = std::fs::remove_file(&part);
    let copied = services.provisioning.db.copy_to(&part).await;
    let named =
        copied.map_err(|error| failed(&error)).and_then(|()| publish(&part, &to).map_err(|error| failed(&error)));
    if named.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    let bytes = named?;
    if let Err(error) = services.reports.count(Figure::Backups).await {
        tracing::warn!(%error, "a backup that was made is not counted");
    }
    Ok(Reply::Backup { backup: BackupView { to, bytes } })
}

fn publish(part: &Path, to: &Path) -> std::io::Result<u64> {
    std::fs::rename(part, to)?;
    if let Some(parent) = to.parent() {
        std::fs::File::open(parent)?.sync_all()?;
    }
    Ok(std::fs::metadata(to)?.len())
}
