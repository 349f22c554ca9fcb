//! Mail addresses: made in one place, compared in one form.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::text::{fold, nfc};

/// A domain in lower case and A-labels (RFC 5891), or an address literal in brackets (RFC 5321 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

/// `local@domain`, as it was spelled; equal to every spelling that differs in case or normal form only.
///
/// Local parts of hosted domains are compared without regard to case, as users expect (RFC 5321 §2.4 leaves this to
/// the host).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    local: String,
    domain: Domain,
    key: String,
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@`, or nothing on one side of it.
    #[error("an address has the form local@domain")]
    Form,
    /// RFC 5321 §4.5.3.1.1.
    #[error("the part before @ is longer than {} octets", limits::LOCAL_PART_BYTES_MAX)]
    LocalTooLong,
    /// RFC 5321 §4.5.3.1.2.
    #[error("the domain is longer than {} octets", limits::DOMAIN_BYTES_MAX)]
    DomainTooLong,
    /// A control or other character that no local part may hold.
    #[error("the part before @ holds a character that is not allowed")]
    LocalCharacter,
    /// Not a host name of RFC 1123 nor an address literal.
    #[error("the domain is not a host name")]
    Domain,
}

impl Domain {
    /// Reads a domain; an internationalised one becomes A-labels.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > limits::DOMAIN_BYTES_MAX {
            return Err(AddressError::DomainTooLong);
        }
        if let Some(literal) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
            let known = address.parse::<std::net::IpAddr>().is_ok();
            return if known { Ok(Self(text.to_ascii_lowercase())) } else { Err(AddressError::Domain) };
        }
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| AddressError::Domain)?;
        if ascii.is_empty() || ascii.len() > limits::DOMAIN_BYTES_MAX {
            return Err(AddressError::Domain);
        }
        Ok(Self(ascii))
    }

    /// Whether it is a part of another domain: `xa.daklak.gov.vn` of `daklak.gov.vn`.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.strip_suffix(&other.0).is_some_and(|rest| rest.ends_with('.'))
    }

    /// Whether it is a whole domain, or an address literal, and no name of a machine alone (RFC 6409 §4.2).
    pub fn is_qualified(&self) -> bool {
        self.0.contains(['.', '['])
    }

    /// The domain in A-labels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Address {
    /// Reads `local@domain`; a quoted local part is kept without its quotes (RFC 5321 §4.1.2).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Form)?;
        let domain = Domain::parse(domain)?;
        match local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
            Some(quoted) => Self::new(&unescape(quoted)?, domain),
            None if local.chars().all(is_atext_or_dot) && !has_stray_dot(local) => Self::new(local, domain),
            None => Err(AddressError::LocalCharacter),
        }
    }

    /// Joins a local part, given without quotes, and a domain.
    pub fn new(local: &str, domain: Domain) -> Result<Self, AddressError> {
        let local = nfc(local);
        if local.is_empty() {
            return Err(AddressError::Form);
        }
        if local.len() > limits::LOCAL_PART_BYTES_MAX {
            return Err(AddressError::LocalTooLong);
        }
        if local.chars().any(char::is_control) {
            return Err(AddressError::LocalCharacter);
        }
        let key = local.to_lowercase();
        Ok(Self { local, domain, key })
    }

    /// The part before `@`, as spelled, without quotes.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part before `@` in the form in which addresses are compared.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part after `@`.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The same address without its sub-address (`name+tag@` becomes `name@`), and the tag: RFC 5233.
    pub fn without_tag(&self) -> Option<(Self, &str)> {
        let (base, tag) = self.local.split_once('+')?;
        Some((Self::new(base, self.domain.clone()).ok()?, tag))
    }

    /// Whether the address needs SMTPUTF8 (RFC 6531 §3.3).
    pub fn is_ascii(&self) -> bool {
        self.local.is_ascii()
    }
}

/// `atext` of RFC 5322 §3.2.3, with the UTF-8 of RFC 6531 §3.3, and the dot between atoms.
fn is_atext_or_dot(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || (!c.is_ascii() && !c.is_control())
}

fn has_stray_dot(local: &str) -> bool {
    local.starts_with('.') || local.ends_with('.') || local.contains("..")
}

/// `*QcontentSMTP` of RFC 5321 §4.1.2, backslashes removed.
fn unescape(quoted: &str) -> Result<String, AddressError> {
    let mut local = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => local.push(chars.next().ok_or(AddressError::LocalCharacter)?),
            '"' => return Err(AddressError::LocalCharacter),
            c => local.push(c),
        }
    }
    Ok(local)
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.domain == other.domain
    }
}

impl Eq for Address {}

impl std::hash::Hash for Address {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
        self.domain.hash(state);
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.local.chars().all(is_atext_or_dot) && !has_stray_dot(&self.local) {
            write!(f, "{}@{}", self.local, self.domain)
        } else {
            let escaped = self.local.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "\"{escaped}\"@{}", self.domain)
        }
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl std::str::FromStr for Domain {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl TryFrom<String> for Domain {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

/// A local part made from a folded name; `None` where nothing usable remains.
pub fn local_part_of(text: &str) -> Option<String> {
    let local: String = fold(text).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    (!local.is_empty()).then_some(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_equal() {
        let a = Address::parse("DaoNT@Daklak.DOJ.gov.vn").unwrap();
        assert_eq!(a, Address::parse("daont@daklak.doj.gov.vn").unwrap());
        assert_eq!(a.to_string(), "DaoNT@daklak.doj.gov.vn");
    }

    #[test]
    fn quoted_local_parts_keep_their_meaning() {
        let a = Address::parse(r#""a b\"c"@x.vn"#).unwrap();
        assert_eq!(a.local(), "a b\"c");
        assert_eq!(a.to_string(), r#""a b\"c"@x.vn"#);
        assert_eq!(Address::parse(r#""ab"@x.vn"#).unwrap(), Address::parse("ab@x.vn").unwrap());
    }

    #[test]
    fn what_is_not_an_address_is_refused_with_its_cause() {
        let long = format!("{}@x.vn", "a".repeat(65));
        for (text, cause) in [
            ("a", AddressError::Form),
            ("@x.vn", AddressError::Form),
            ("a b@x.vn", AddressError::LocalCharacter),
            (".a@x.vn", AddressError::LocalCharacter),
            ("\"a\r\nb\"@x.vn", AddressError::LocalCharacter),
            ("a@", AddressError::Domain),
            ("a@x y.vn", AddressError::Domain),
            (long.as_str(), AddressError::LocalTooLong),
        ] {
            assert_eq!(Address::parse(text), Err(cause), "{text:?}");
        }
    }

    #[test]
    fn a_sub_address_is_split_at_the_first_plus() {
        let a = Address::parse("van-phong+chuong.trinh+x@y.vn").unwrap();
        let (base, tag) = a.without_tag().unwrap();
        assert_eq!((base.to_string().as_str(), tag), ("van-phong@y.vn", "chuong.trinh+x"));
    }
}
