//! `run/addresses.json`: where the daemon really listens, for people and programs that must find its free ports.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::config::files;
use crate::metrics::Listener;

/// Addresses by listener; those that are closed are not named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses(BTreeMap<&'static str, Vec<SocketAddr>>);

impl Addresses {
    pub(super) fn add(&mut self, listener: Listener, address: SocketAddr) {
        self.0.entry(listener.name()).or_default().push(address);
    }

    /// The first address of a listener.
    pub fn of(&self, listener: Listener) -> Option<SocketAddr> {
        self.0.get(listener.name())?.first().copied()
    }

    /// Writes the file into the data directory.
    pub(super) fn write(&self, data_dir: &Path) -> std::io::Result<()> {
        let path = file(data_dir);
        path.parent().map_or(Ok(()), files::make_directory)?;
        files::write_private(&path, &serde_json::to_vec_pretty(self)?)
    }

    /// Removes the file: nothing listens any more.
    pub(super) fn remove(data_dir: &Path) {
        let _ = std::fs::remove_file(file(data_dir));
    }
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("run/addresses.json")
}

impl Serialize for Addresses {
    /// `{"smtp": "127.0.0.1:20025", …}`; a listener with several addresses has a list.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, addresses)| {
            let value = match addresses.as_slice() {
                [only] => serde_json::json!(only),
                several => serde_json::json!(several),
            };
            (name, value)
        }))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_a_string_and_several_a_list() {
        let mut addresses = Addresses::default();
        addresses.add(Listener::Smtp, "127.0.0.1:20025".parse().unwrap());
        addresses.add(Listener::Imap, "127.0.0.1:143".parse().unwrap());
        addresses.add(Listener::Imap, "[::1]:143".parse().unwrap());
        let written = serde_json::to_string(&addresses).unwrap();
        assert_eq!(written, r#"{"imap":["127.0.0.1:143","[::1]:143"],"smtp":"127.0.0.1:20025"}"#);
    }
}
