//! What senders ask to be told of: the parameters of RFC 3461.

/// NOTIFY of a recipient (RFC 3461 §4.1): which events the sender is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify(u8);

/// RET (RFC 3461 §4.3): how much of the message comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// All of it, within our bound.
    Full,
    /// The header.
    Headers,
}

/// What MAIL said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvelopeDsn {
    /// RET.
    pub ret: Option<Return>,
    /// ENVID, still as xtext, which is printable ASCII.
    pub envid: Option<String>,
}

/// What RCPT said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientDsn {
    /// NOTIFY; failures and delays where there is none.
    pub notify: Option<Notify>,
    /// ORCPT: `type;xtext`.
    pub orcpt: Option<String>,
}

impl Notify {
    /// Of no event.
    pub const NEVER: Self = Self(0);
    /// Of the delivery.
    pub const SUCCESS: Self = Self(1);
    /// Of a failure.
    pub const FAILURE: Self = Self(2);
    /// Of a delay.
    pub const DELAY: Self = Self(4);

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// As a parameter's value.
    pub fn words(self) -> String {
        let words = [(Self::SUCCESS, "SUCCESS"), (Self::FAILURE, "FAILURE"), (Self::DELAY, "DELAY")];
        let words: Vec<_> = words.iter().filter(|(bit, _)| self.has(*bit)).map(|(_, word)| *word).collect();
        if words.is_empty() { "NEVER".to_owned() } else { words.join(",") }
    }

    pub(super) fn to_sql(self) -> i64 {
        i64::from(self.0)
    }

    pub(super) fn from_sql(bits: i64) -> Self {
        Self(u8::try_from(bits & 7).unwrap_or(0))
    }
}

impl Return {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Headers => "hdrs",
        }
    }

    pub(super) fn of(code: &str) -> Self {
        if code == "hdrs" { Self::Headers } else { Self::Full }
    }

    /// As a parameter's value.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        }
    }
}

impl RecipientDsn {
    /// Whether the sender wants to hear of the delivery.
    pub fn wants_success(&self) -> bool {
        self.notify.is_some_and(|notify| notify.has(Notify::SUCCESS))
    }

    /// Whether the sender wants to hear of a failure; who says nothing does.
    pub fn wants_failure(&self) -> bool {
        self.notify.is_none_or(|notify| notify.has(Notify::FAILURE))
    }

    /// Whether the sender wants to hear of a delay; who says nothing does.
    pub fn wants_delay(&self) -> bool {
        self.notify.is_none_or(|notify| notify.has(Notify::DELAY))
    }
}
