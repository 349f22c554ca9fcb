//! Which filters there are, as the configuration says.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// A filter and how much it is trusted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What it is called in the log, in alarms and in messages that it did not see.
    pub name: String,
    /// Where it listens.
    pub place: Place,
    /// What becomes of a message that it cannot look at.
    pub on_failure: OnFailure,
    /// Which mail it looks at.
    pub directions: Vec<Direction>,
    /// How long it may take over one message.
    pub patience: Duration,
}

/// Where a filter listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `127.0.0.1:11332`
    Tcp(SocketAddr),
    /// `unix:/run/clamav/clamav-milter.ctl`
    Unix(PathBuf),
}

/// What becomes of a message that a filter cannot look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It stays with its sender, who tries again: no virus comes in because the filter was down.
    #[default]
    Tempfail,
    /// It comes in with a field that names the filter.
    Accept,
}

/// Which mail a filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// What other servers and devices bring.
    Incoming,
    /// What our people send.
    Submission,
}

/// The text is no place of a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no place of a filter; write it as in 127.0.0.1:11332 or unix:/run/filter.sock")]
pub struct PlaceError(String);

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        match text.strip_prefix("unix:") {
            Some(path) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(_) => Err(PlaceError(text.to_owned())),
            None => text.parse().map(Self::Tcp).map_err(|_| PlaceError(text.to_owned())),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_an_address_with_a_port_or_a_socket() {
        for text in ["127.0.0.1:11332", "[::1]:7357", "unix:/run/clamav/clamav-milter.ctl"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for text in ["", "127.0.0.1", "unix:", "unix:run/x", "inet:11332@localhost"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
