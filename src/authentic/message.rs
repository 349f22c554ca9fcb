//! A message as the checks see it: within bounds, whatever it holds.

use mail_auth::AuthenticatedMessage;
use mail_auth::crypto::Algorithm;
use mail_auth::dkim::{DkimError, Signature};
use mail_parser::HeaderForm;
use memchr::memmem;

use crate::address::Domain;
use crate::limits;
use crate::mime::fields;

/// Of a message whose header is too large to be looked at, its authors, and a signature that is none: so the results say that
/// it may be signed. Nothing for any other.
pub(super) fn reduced(message: &[u8]) -> Option<Vec<u8>> {
    let beginning = message.get(..=limits::AUTHENTIC_HEADER_BYTES_MAX)?;
    if memmem::find(beginning, b"\r\n\r\n").is_some() {
        return None;
    }
    let authors = fields(message).filter(|field| field.is("From")).flat_map(|field| field.raw);
    let authors = authors.copied().take(limits::AUTHENTIC_HEADER_BYTES_MAX);
    Some(b"DKIM-Signature: not read\r\n".iter().copied().chain(authors).chain(*b"\r\n").collect())
}

/// Hashing the body of what is large does not hold up the other connections.
pub(super) fn parse(message: &[u8]) -> Option<AuthenticatedMessage<'_>> {
    if message.len() <= limits::PARSED_IN_PLACE_BYTES_MAX {
        return AuthenticatedMessage::parse(message);
    }
    tokio::task::block_in_place(|| AuthenticatedMessage::parse(message))
}

/// The message with those of its signatures only that are meant, and may be looked at.
pub(super) fn retained<'x>(
    message: &AuthenticatedMessage<'x>,
    meant: impl Fn(&Signature) -> bool,
) -> AuthenticatedMessage<'x> {
    let mut retained = message.clone();
    let mut count = 0;
    retained.retain_dkim_signatures(|signature| {
        let is_meant = meant(signature) && is_acceptable(signature);
        count += usize::from(is_meant);
        let taken = is_meant && count <= limits::DKIM_SIGNATURES_MAX;
        if taken { Ok(()) } else { Err(DkimError::UnsupportedAlgorithm) }
    });
    retained
}

/// Whether a signature is worth looking at: it covers the author (RFC 6376 §5.4), with an algorithm that is not broken
/// (RFC 8301 §3.1), and within the bounds.
fn is_acceptable(signature: &Signature) -> bool {
    let names = [&signature.d, &signature.s, &signature.i];
    signature.a != Algorithm::RsaSha1
        && signature.h.len() <= limits::DKIM_FIELDS_MAX
        && signature.h.iter().any(|name| name.eq_ignore_ascii_case("from"))
        && names.iter().all(|name| name.len() <= limits::DKIM_NAME_BYTES_MAX)
}

/// Whether a signature may speak for the author: its domain is the author's, above it, or below it.
pub(super) fn is_related(domain: &str, author: &str) -> bool {
    let (short, long) = if domain.len() < author.len() { (domain, author) } else { (author, domain) };
    let rest = long.len().checked_sub(short.len()).and_then(|at| long.split_at_checked(at));
    !short.is_empty()
        && rest.is_some_and(|(rest, end)| end.eq_ignore_ascii_case(short) && (rest.is_empty() || rest.ends_with('.')))
}

/// The domain of the first author; nothing where there is none that DNS could know.
pub(super) fn author<'m>(message: &'m AuthenticatedMessage<'_>) -> &'m str {
    let domain = message.first_from_address().rsplit_once('@').map_or("", |(_, domain)| domain);
    if domain.len() > limits::DOMAIN_BYTES_MAX { "" } else { domain }
}

pub(super) fn has_several_authors(message: &AuthenticatedMessage<'_>) -> bool {
    let mut domains = message.from_addresses().iter().filter_map(|address| Some(address.rsplit_once('@')?.1));
    let first = domains.next();
    domains.any(|domain| Some(domain) != first)
}

/// The domain of the one author that a message of ours has.
pub(super) fn author_domain(message: &[u8]) -> Option<Domain> {
    let mut authors = fields(message).filter(|field| field.is("From"));
    let (author, None) = (authors.next()?, authors.next()) else { return None };
    let parsed = HeaderForm::Addresses.parse(author.value);
    let mut addresses = parsed.value().as_address()?.mailboxes().filter_map(|mailbox| mailbox.address());
    let (address, None) = (addresses.next()?, addresses.next()) else { return None };
    Domain::parse(address.rsplit_once('@')?.1).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What headers that are looked at are made of, and what they are not.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let words = [
            "DKIM-Signature: v=1; a=rsa-sha256; d=x.vn; s=s; h=From; bh=AA==; b=AA==\r\n",
            "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x; s=s; b=AA==\r\n",
            "ARC-Message-Signature: i=1; ",
            "ARC-Authentication-Results: i=1; x\r\n",
            "Authentication-Results: ",
            "From: ",
            "a@x.vn",
            "@",
            "<",
            "(",
            "\"",
            "\\",
            ";",
            ":",
            "h=",
            "l=18446744073709551616",
            "c=simple/relaxed",
            "\r\n",
            "\r\n ",
            "\n",
        ];
        let words = proptest::sample::select(words.map(|word| word.as_bytes().to_vec()).to_vec());
        prop_oneof![4 => words, 1 => proptest::collection::vec(any::<u8>(), 0..9)]
    }

    proptest! {
        #[test]
        fn no_message_breaks_what_looks_at_it(pieces in proptest::collection::vec(piece(), 0..60)) {
            let octets = pieces.concat();
            let _ = author_domain(&octets);
            if let Some(message) = parse(&octets) {
                let own = retained(&message, |signature| is_related(&signature.d, author(&message)));
                prop_assert!(own.dkim_signatures().len() <= limits::DKIM_SIGNATURES_MAX);
                let _ = (own.canonicalized_dkim_headers(), has_several_authors(&message));
            }
            if let Some(kept) = crate::authentic::without_claims(&octets, "x.vn") {
                prop_assert!(kept.len() < octets.len());
                prop_assert_eq!(crate::authentic::without_claims(&kept, "x.vn"), None, "nothing is left to be taken out");
            }
        }
    }

    #[test]
    fn of_a_header_that_is_too_large_the_authors_are_left() {
        let long = "X: y\r\n".repeat(30_000);
        let message = format!("{long}From: a@x.vn\r\nDKIM-Signature: v=1\r\n\r\nbody");
        let reduced = reduced(message.as_bytes()).unwrap_or_default();
        let read =
            AuthenticatedMessage::parse(&reduced).map(|m| (m.first_from_address().to_owned(), m.has_dkim_errors()));
        assert_eq!(read, Some(("a@x.vn".to_owned(), true)));
        assert_eq!(super::reduced(format!("From: a@x.vn\r\n\r\n{long}").as_bytes()), None);
    }

    #[test]
    fn a_signature_is_related_to_its_author_by_whole_labels() {
        for (domain, author) in [("x.vn", "x.vn"), ("X.vn", "a.x.vn"), ("a.b.x.vn", "x.vn")] {
            assert!(is_related(domain, author), "{domain} {author}");
        }
        for (domain, author) in [("x.vn", "ax.vn"), ("", "x.vn"), ("x.vn", ""), ("y.vn", "x.vn")] {
            assert!(!is_related(domain, author), "{domain} {author}");
        }
    }
}
