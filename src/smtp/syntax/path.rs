//! Reverse-paths and forward-paths: RFC 5321 §4.1.2.

use super::PathError;
use crate::address::{Address, Domain};

/// Who is to get the message, as the client wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardPath {
    /// An address.
    Address(Address),
    /// `<Postmaster>` without a domain: whoever that is here (RFC 5321 §4.5.1).
    Postmaster,
}

/// ```abnf
/// Reverse-path = Path / "<>"
/// ```
/// Gives the sender, `None` for the null one, and what follows the path.
pub(super) fn reverse_path(text: &str) -> Result<(Option<Address>, &str), PathError> {
    let (inside, rest) = brackets(text)?;
    let from = if inside.is_empty() { None } else { Some(mailbox(inside)?) };
    Ok((from, rest))
}

/// ```abnf
/// Forward-path = Path / "<Postmaster>"
/// ```
pub(super) fn forward_path(text: &str) -> Result<(ForwardPath, &str), PathError> {
    let (inside, rest) = brackets(text)?;
    if inside.eq_ignore_ascii_case("postmaster") {
        return Ok((ForwardPath::Postmaster, rest));
    }
    Ok((ForwardPath::Address(mailbox(inside)?), rest))
}

/// ```abnf
/// Path = "<" [ A-d-l ":" ] Mailbox ">"
/// ```
/// Gives what is in the brackets, without the spaces that Outlook puts there (hostile B17), and what follows them.
fn brackets(text: &str) -> Result<(&str, &str), PathError> {
    let inside = text.strip_prefix('<').ok_or(PathError::Brackets)?;
    let end = closing(inside).ok_or(PathError::Brackets)?;
    let (inside, rest) = inside.split_at_checked(end).ok_or(PathError::Brackets)?;
    let rest = rest.strip_prefix('>').ok_or(PathError::Brackets)?;
    if rest.is_empty() || rest.starts_with(' ') {
        Ok((inside.trim_matches(' '), rest))
    } else {
        Err(PathError::Brackets)
    }
}

/// Where the `>` is that is not inside quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// ```abnf
/// A-d-l     = At-domain *( "," At-domain )
/// At-domain = "@" Domain
/// ```
/// A source route is checked and forgotten: RFC 5321 appendix C. Mail is never sent along it.
fn mailbox(inside: &str) -> Result<Address, PathError> {
    let Some(route) = inside.strip_prefix('@') else { return Ok(Address::parse(inside)?) };
    let (route, mailbox) = route.split_once(':').ok_or(PathError::Route)?;
    let is_domain = |hop: &str| Domain::parse(hop).is_ok();
    let mut hops = route.split(',').enumerate();
    let well_formed =
        hops.all(|(at, hop)| if at == 0 { is_domain(hop) } else { hop.strip_prefix('@').is_some_and(is_domain) });
    if well_formed { Ok(Address::parse(mailbox)?) } else { Err(PathError::Route) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::address::AddressError;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn paths_that_clients_send() {
        for (text, expected) in [
            ("<a@x.vn>", "a@x.vn"),
            ("< a@x.vn >", "a@x.vn"),
            ("<@one.vn,@two.vn:a@x.vn>", "a@x.vn"),
            ("<\"a>b\"@x.vn>", "\"a>b\"@x.vn"),
            ("<\"a\\\">b\"@x.vn>", "\"a\\\">b\"@x.vn"),
            ("<a@[127.0.0.1]>", "a@[127.0.0.1]"),
        ] {
            assert_eq!(reverse_path(text), Ok((Some(address(expected)), "")), "{text}");
        }
        assert_eq!(reverse_path("<> SIZE=1"), Ok((None, " SIZE=1")));
        assert_eq!(forward_path("<PostMaster>"), Ok((ForwardPath::Postmaster, "")));
    }

    #[test]
    fn paths_that_are_none() {
        let long = format!("<{}@x.vn>", "a".repeat(65));
        let far = format!("<a@{}.vn>", "b".repeat(260));
        for (text, error) in [
            ("a@x.vn", PathError::Brackets),
            ("<a@x.vn", PathError::Brackets),
            ("<a@x.vn>x", PathError::Brackets),
            ("<\"a@x.vn>", PathError::Brackets),
            ("<@one.vn,two.vn:a@x.vn>", PathError::Route),
            ("<@one.vn>", PathError::Route),
            ("<a>", PathError::Address(AddressError::Form)),
            (&long, PathError::Address(AddressError::LocalTooLong)),
            (&far, PathError::Address(AddressError::DomainTooLong)),
        ] {
            assert_eq!(reverse_path(text), Err(error), "{text}");
        }
        assert_eq!(forward_path("<>"), Err(PathError::Address(AddressError::Form)));
    }
}
