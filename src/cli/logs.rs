//! Logs go to standard error: text on a terminal, one JSON object a line otherwise.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

/// What is logged where `HOPTHU_LOG` does not say otherwise.
const USUAL: &str = "info,sqlx=warn";

/// Starts logging; once for each process.
pub(super) fn start() {
    let wished = std::env::var("HOPTHU_LOG").ok().and_then(|targets| targets.parse::<Targets>().ok());
    let targets = wished.or_else(|| USUAL.parse().ok()).unwrap_or_default();
    let lines = fmt::layer().with_writer(stderr);
    let lines = if stderr().is_terminal() { lines.boxed() } else { lines.json().flatten_event(true).boxed() };
    // A second start in one process keeps the first.
    let _ = registry().with(lines.with_filter(targets)).try_init();
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panic")));
}
