//! How far long work has come: a bar on a terminal, nothing otherwise.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::limits;

/// A bar for so many messages; for as many as come where nobody knows.
pub(super) fn bar(messages: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match messages {
        Some(messages) => (ProgressBar::new(messages), "{bar:40} {human_pos}/{human_len} {per_sec} {eta}"),
        None => (ProgressBar::no_length(), "{spinner} {human_pos} {per_sec} {msg}"),
    };
    bar.enable_steady_tick(limits::PROGRESS_TICK);
    // A template that does not fit leaves the plain bar.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
