//! `mailbox import`: from files, or from another server.

use std::path::absolute;
use std::process::ExitCode;

use crate::archive::found::{self, Event, FoundError};
use crate::control::{Exit, Failure};
use crate::language::Language;

use super::super::ask::Asking;
use super::super::output::Output;
use super::bring::Bringing;
use super::{Import, migrate};

pub(super) async fn run(import: Import, asking: &mut Asking<'_>, output: &Output) -> Result<ExitCode, Failure> {
    let (Some(path), Some(format)) = (&import.from, import.format) else {
        return migrate::run(import, asking, output).await;
    };
    let unreadable = |error| failed(&FoundError::Unreadable { path: path.clone(), error }, output.language);
    let path = absolute(path).map_err(unreadable)?;
    std::fs::metadata(&path).map_err(unreadable)?;
    let mut bringing = Bringing::begin(&import, path.display().to_string(), asking, output).await?;
    let (mut events, reading) = found::read(format.into(), path);
    while let Some(event) = events.recv().await {
        match event {
            Event::Batch(batch) => {
                let source = format!("files {}", batch.folder);
                bringing.batch(&source, batch).await?;
            }
            Event::Refused(refused) => bringing.refuse(refused),
        }
    }
    let ended = reading.await.map_err(|error| Failure::new(Exit::System, "reading", &error.to_string()))?;
    ended.map_err(|error| failed(&error, output.language))?;
    bringing.end(output).await
}

fn failed(error: &FoundError, language: Language) -> Failure {
    let message = match (error, language) {
        (FoundError::NoMaildir(path), Language::Vi) => {
            format!(
                "{}: không phải Maildir: không có cur và new, cũng không có thư mục con .TÊN nào có",
                path.display()
            )
        }
        (FoundError::Unnamed(path), Language::Vi) => {
            format!("{}: tên tệp không thể là tên thư mục thư; hãy ghi --folder", path.display())
        }
        (error, _) => error.to_string(),
    };
    Failure::new(Exit::Input, "from", &message)
}
