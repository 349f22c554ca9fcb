//! What the daemon counts while it works, for `/metrics` (OpenMetrics text) and `status`. Counters are atomic; cloning shares them.

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The listeners at which sessions begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listener {
    /// Port 25.
    Smtp,
    /// Port 587.
    Submission,
    /// Port 465.
    Submissions,
    /// Port 143.
    Imap,
    /// Port 993.
    Imaps,
    /// The staff page.
    Https,
    /// `/metrics` and `/health`.
    Metrics,
    /// Questions about the office's own names.
    Dns,
}

impl Listener {
    /// Every listener, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Smtp,
        Self::Submission,
        Self::Submissions,
        Self::Imap,
        Self::Imaps,
        Self::Https,
        Self::Metrics,
        Self::Dns,
    ];

    /// The name in `[listen]` (of [`Self::Dns`] the section itself), in `addresses.json`, and for socket activation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Submission => "submission",
            Self::Submissions => "submissions",
            Self::Imap => "imap",
            Self::Imaps => "imaps",
            Self::Https => "https",
            Self::Metrics => "metrics",
            Self::Dns => "dns",
        }
    }
}

impl EncodeLabelValue for Listener {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
        self.name().encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AtListener {
    listener: Listener,
}

/// All counters of one daemon.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    sessions: Family<AtListener, Gauge>,
    /// Sessions that ended in a panic; anything but zero is a mistake of ours.
    pub panics: Counter,
    /// Messages acknowledged at the SMTP listeners.
    pub messages_accepted: Counter,
    /// Messages refused after their recipients were accepted.
    pub messages_refused: Counter,
    /// Recipients elsewhere whose mail the next server took.
    pub relayed: Counter,
    /// Recipients elsewhere who were put off.
    pub deferred: Counter,
    /// Recipients elsewhere who were given up.
    pub failed: Counter,
    /// Messages that the next server got whole and did not answer: sent once more, some of them are there twice.
    pub unclear: Counter,
    /// Logins refused, for whatever cause.
    pub logins_failed: Counter,
}

impl Metrics {
    /// Sessions now open at a listener.
    pub fn sessions(&self, listener: Listener) -> Gauge {
        self.sessions.get_or_create_owned(&AtListener { listener })
    }

    /// The counters in the text format that Prometheus reads; `wal_bytes` is measured by the caller at this moment.
    pub fn text(&self, wal_bytes: u64) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("hopthu");
        registry.register("sessions", "Sessions now open", self.sessions.clone());
        registry.register("panics", "Sessions ended by a panic", self.panics.clone());
        registry.register("messages_accepted", "Messages acknowledged", self.messages_accepted.clone());
        registry.register("messages_refused", "Messages refused", self.messages_refused.clone());
        registry.register("relayed", "Recipients elsewhere whose mail was taken", self.relayed.clone());
        registry.register("deferred", "Recipients elsewhere who were put off", self.deferred.clone());
        registry.register("failed", "Recipients elsewhere who were given up", self.failed.clone());
        registry.register("unclear", "Messages that were sent whole and not answered", self.unclear.clone());
        registry.register("logins_failed", "Logins refused", self.logins_failed.clone());
        let wal: Gauge = Gauge::default();
        wal.set(i64::try_from(wal_bytes).unwrap_or(i64::MAX));
        registry.register("wal_bytes", "Length of the database's write-ahead log", wal);
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_what_is_counted() {
        let metrics = Metrics::default();
        metrics.sessions(Listener::Imap).inc();
        metrics.messages_accepted.inc();
        let text = metrics.text(4096).unwrap();
        for line in
            ["hopthu_sessions{listener=\"imap\"} 1", "hopthu_messages_accepted_total 1", "hopthu_wal_bytes 4096"]
        {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}
