//! Questions to DNS about one message, each with an answer in time, or with the one that there was none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mail_auth::arc::ArcError;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    ArcOutput, ArcResult, AuthenticatedMessage, DkimOutput, DkimResult, DnsError, Error, MessageAuthenticator,
    SpfOutput, SpfResult,
};
use tokio::time::{Instant, timeout_at};

use crate::limits;

/// Questions to DNS that must be answered by a moment.
pub(super) struct Asking<'a> {
    asked: Option<&'a MessageAuthenticator>,
    until: Instant,
    late: Arc<AtomicBool>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(asked: Option<&'a MessageAuthenticator>, wait: Duration) -> Self {
        Self { asked, until: Instant::now() + wait, late: Arc::default() }
    }

    /// The same with a time of its own.
    pub(super) fn anew(&self, wait: Duration) -> Self {
        Self { asked: self.asked, until: Instant::now() + wait, late: self.late.clone() }
    }

    /// Whether an answer did not come in time.
    pub(super) fn was_late(&self) -> bool {
        self.late.load(Ordering::Relaxed)
    }

    /// The answer; nothing where there is none in time, or nobody to ask.
    pub(super) async fn ask<T, F: Future<Output = T>>(
        &self,
        question: impl FnOnce(&'a MessageAuthenticator) -> F,
    ) -> Option<T> {
        let answer = timeout_at(self.until, question(self.asked?)).await;
        self.late.fetch_or(answer.is_err(), Ordering::Relaxed);
        answer.ok()
    }

    pub(super) async fn spf(&self, identity: SpfParameters<'_>) -> SpfOutput {
        let output = self.ask(|asked| asked.verify_spf(identity)).await;
        output.unwrap_or_else(|| SpfOutput::new(String::new()).with_result(SpfResult::TempError))
    }

    /// The results of those signatures that `message` still has; none of those that were taken out.
    pub(super) async fn dkim<'x>(&self, message: &'x AuthenticatedMessage<'x>) -> Vec<DkimOutput<'x>> {
        if message.dkim_signatures().is_empty() {
            return Vec::new();
        }
        let outputs = self.ask(|asked| asked.verify_dkim(message)).await.unwrap_or_else(|| {
            let late = |signature| DkimOutput::from(DkimResult::TempError(late())).with_signature(signature);
            message.dkim_signatures().iter().map(|signature| late(&signature.header)).collect()
        });
        outputs.into_iter().filter(|output| output.signature().is_some()).collect()
    }

    pub(super) async fn arc<'x>(&self, message: &'x AuthenticatedMessage<'x>) -> ArcOutput<'x> {
        let signatures = message.arc_message_signatures();
        if signatures.len() > limits::ARC_SETS_MAX
            || signatures.iter().any(|signature| signature.header.h.len() > limits::DKIM_FIELDS_MAX)
        {
            return ArcOutput::from(ArcResult::Fail(Error::Arc(ArcError::ChainTooLong)));
        }
        if signatures.is_empty() && !message.has_arc_errors() {
            return ArcOutput::default();
        }
        let output = self.ask(|asked| asked.verify_arc(message)).await;
        output.unwrap_or_else(|| ArcOutput::from(ArcResult::TempError(late())))
    }
}

fn late() -> Error {
    Error::Dns(DnsError::Resolver(String::new()))
}
