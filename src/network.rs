//! Networks: which peers a rule of the configuration speaks of.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// An address prefix, `10.1.0.0/16` or `fd00::/8`; a lone address is a network of one (RFC 4632 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

/// Why a text is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Not an address, or not a number after the slash.
    #[error("a network is written as an address and a prefix length, as in 10.1.0.0/16 or fd00::/8")]
    Form,
    /// More bits than the address has.
    #[error("the prefix length is at most {0} here")]
    Prefix(u8),
    /// Probably not what was meant: `10.1.2.3/16`.
    #[error("bits are set beyond the prefix; write the network's own address")]
    HostBits,
}

impl Network {
    /// Reads `address/prefix`, or an address alone.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| NetworkError::Form)?)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| NetworkError::Form)?;
        let longest = length(base);
        let network = Self { base, prefix: prefix.unwrap_or(longest) };
        if network.prefix > longest {
            return Err(NetworkError::Prefix(longest));
        }
        if bits(base) & !network.mask() != 0 {
            return Err(NetworkError::HostBits);
        }
        Ok(network)
    }

    /// Whether the peer is in the network; an IPv4 peer seen through an IPv6 socket counts as IPv4.
    pub fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_ipv4() == self.base.is_ipv4() && bits(peer) & self.mask() == bits(self.base)
    }

    /// Whether every address of its family is in it.
    pub fn is_everything(&self) -> bool {
        self.prefix == 0
    }

    fn mask(&self) -> u128 {
        let host_bits = u32::from(length(self.base) - self.prefix);
        u128::MAX.checked_shl(host_bits).unwrap_or(0)
    }
}

fn length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        Self::parse(&text)
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_in_its_network_only() {
        for (network, peer, inside) in [
            ("10.1.0.0/16", "10.1.255.7", true),
            ("10.1.0.0/16", "10.2.0.1", false),
            ("10.1.0.0/16", "::ffff:10.1.0.9", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("192.168.1.5", "192.168.1.5", true),
            ("192.168.1.5", "192.168.1.4", false),
            ("fd00::/8", "fdff::1", true),
        ] {
            let contains = Network::parse(network).unwrap().contains(peer.parse().unwrap());
            assert_eq!(contains, inside, "{peer} in {network}");
        }
    }

    #[test]
    fn what_is_not_a_network_is_refused_with_its_cause() {
        for (text, cause) in [
            ("10.1.0.0/33", NetworkError::Prefix(32)),
            ("10.1.2.3/16", NetworkError::HostBits),
            ("10.1", NetworkError::Form),
            ("10.1.0.0/x", NetworkError::Form),
            ("", NetworkError::Form),
        ] {
            assert_eq!(Network::parse(text), Err(cause), "{text:?}");
        }
    }
}
