//! `mailbox import --imap`
use std::process::ExitCode;
use std::str::FromStr;
use crate::control::{Exit, Failure};
use super::super::ask::Asking;
use super::super::output::Output;
use super::Import;
/// Another server.
#[derive(Clone, Debug)]
pub struct Server(String);
impl FromStr for Server { type Err = String; fn from_str(t: &str) -> Result<Self, String> { Ok(Self(t.to_owned())) } }
pub(super) async fn run(_import: Import, _asking: &mut Asking<'_>, _output: &Output) -> Result<ExitCode, Failure> {
    Err(Failure::new(Exit::System, "x", "x"))
}
