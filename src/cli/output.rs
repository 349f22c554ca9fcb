//! What is printed: tables and sentences for people, or one JSON document.

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::control::{self, Checks, Exit, Failure, Reply};
use crate::language::Language;
use crate::text::printable;

use super::{hr, tables, usage};

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(match exit {
        Exit::Refused => 1,
        Exit::Input => 2,
        Exit::System => 3,
    })
}

/// How answers are shown.
pub(super) struct Output {
    pub(super) json: bool,
    pub(super) language: Language,
    /// In which times are shown.
    pub(super) zone: TimeZone,
}

impl Output {
    /// Shows an answer; one that tells of something wrong ends the program with 1.
    pub(super) fn reply(&self, reply: &Reply) -> ExitCode {
        let shown = if self.json {
            match reply.document() {
                Ok(document) => self.document(&document),
                Err(error) => self.failure(&Failure::new(Exit::System, "json", &error.to_string())),
            }
        } else {
            self.print(&tables::show(reply, self.language, &self.zone))
        };
        match reply {
            Reply::Checks(Checks { ok: false, .. }) => code(Exit::Refused),
            Reply::Dns(control::dns::Answer::Check(compared)) if !compared.ok => code(Exit::Refused),
            Reply::Audit(control::audit::Answer::Verify(verified)) if !verified.ok => code(Exit::Refused),
            _ => shown,
        }
    }

    /// Shows why something was not done.
    pub(super) fn failure(&self, failure: &Failure) -> ExitCode {
        if self.json {
            self.document(&json!({ "error": failure }));
        } else {
            let rule = failure.rule.as_ref().map(|rule| format!(" [{rule}]")).unwrap_or_default();
            let _ = writeln!(std::io::stderr(), "hopthu: {}{rule}", failure.message);
            if !failure.faults.is_empty() {
                let _ = write!(std::io::stderr(), "{}", hr::faults(&failure.faults, self.language));
            }
            if !failure.candidates.is_empty() {
                let _ = write!(std::io::stderr(), "{}", tables::people(&failure.candidates, self.language));
            }
        }
        code(failure.exit)
    }

    /// Shows what is wrong with the command line, or the help that was asked for.
    pub(super) fn usage(&self, usage: &clap::Error) -> ExitCode {
        if matches!(usage.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            let _ = usage.print();
            return ExitCode::SUCCESS;
        }
        if usage.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !self.json {
            let _ = usage.print();
            return ExitCode::from(2);
        }
        let code = self.failure(&Failure::new(Exit::Input, "usage", &usage::message(usage, self.language)));
        if !self.json {
            let _ = write!(std::io::stderr(), "\n{}", usage::advice(usage, self.language));
        }
        code
    }

    /// Shows what was made: as a document for scripts, or in words.
    pub(super) fn made(&self, document: &Value, words: &str) -> ExitCode {
        if self.json { self.document(document) } else { self.print(words) }
    }

    /// Prints words in which nothing acts on a terminal.
    pub(super) fn print(&self, words: &str) -> ExitCode {
        let lines: String = words.lines().map(|line| printable(line) + "\n").collect();
        self.write(lines.as_bytes())
    }

    pub(super) fn document(&self, document: &Value) -> ExitCode {
        self.write(inert(&format!("{document:#}\n")).as_bytes())
    }

    /// Writes what is meant for other programs, as it is.
    pub(super) fn write(&self, octets: &[u8]) -> ExitCode {
        let mut out = std::io::stdout().lock();
        match out.write_all(octets).and_then(|()| out.flush()) {
            Ok(()) => ExitCode::SUCCESS,
            // Whoever reads us has read enough: `hopthu staff list | head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => self.failure(&Failure::new(Exit::System, "output", &error.to_string())),
        }
    }
}

/// JSON in which nothing acts on a terminal: what it leaves as it is, is escaped in its own way.
pub(super) fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        let shown = printable(c.encode_utf8(&mut [0; 4]));
        if c == '\n' || !shown.starts_with("\\u") {
            text.push(c);
        } else {
            text.extend(["\\u", &format!("{:04x}", u32::from(c))]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_stay_json_whatever_is_in_them() {
        let document = json!({ "name": "a\u{202e}b\u{9b}\\ Đào\n\t\u{7f}" });
        let text = inert(&format!("{document:#}\n"));
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(document));
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    }
}
