//! `[dns]`: the names that the network needs of this server.

use std::net::IpAddr;

use serde::Deserialize;

use super::value::ListenAddress;
use crate::zone::Policy;

/// `[dns]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dns {
    /// Where the server is, for others; those of `[listen]` where there are none.
    pub addresses: Vec<IpAddr>,
    /// What others are asked to do with mail that is not proved to be the office's.
    pub policy: Policy,
    /// Where questions about the office's own names are answered; nowhere, if empty.
    pub listen: Vec<ListenAddress>,
}
