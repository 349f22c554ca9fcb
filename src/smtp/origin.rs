//! What is known of who wrote a message: whoever logged in, or whom a relay of ours brought it from and what is proven of that.

use super::author;
use super::authorship::named;
use super::connection::Connection;
use super::standing::Standing;
use crate::address::Address;
use crate::authentic::Verdict;
use crate::delivery::{Origin, Proof};
use crate::mime::{Field, fields};

impl Connection<'_> {
    /// What is known of who wrote the message of this header; `from` is its reverse path.
    pub(super) fn origin(&self, from: Option<&Address>, header: &[u8], verdict: Option<&Verdict>) -> Origin {
        let proof = match (self.standing(), from, verdict) {
            (Standing::Person(_), ..) => Proof::Login,
            (Standing::Trusted, Some(from), Some(verdict)) if is_proven(from, header, verdict) => Proof::Proven,
            (Standing::Trusted, ..) => Proof::Relayed,
            (Standing::Device(_) | Standing::List | Standing::Stranger, ..) => Proof::Stranger,
        };
        let all = |name: &str| -> Vec<Address> {
            fields(header).filter(|field| field.is(name)).flat_map(|field| named(&field)).collect()
        };
        Origin { authors: all("From"), addressees: all("To"), proof }
    }
}

/// Whether the domain of the reverse path answers for a message whose From shows that address and nothing else. A second From, To
/// or Subject is another message to some reader, whatever was signed (RFC 6376 §8.15).
fn is_proven(from: &Address, header: &[u8], verdict: &Verdict) -> bool {
    let one = |name: &str| {
        let mut found = fields(header).filter(|field| field.is(name));
        found.next().filter(|_| found.next().is_none())
    };
    let shows = |field: &Field<'_>| author::check(field, "From", |address| address == from).is_ok();
    one("From").is_some_and(|field| shows(&field))
        && one("Subject").is_some()
        && one("To").is_some()
        && verdict.proven.contains(from.domain())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::authentic::Treatment;

    #[test]
    fn what_is_proven_is_one_author_of_the_signing_domain_and_one_subject() {
        let from = Address::parse("a@x.vn").unwrap();
        let signed_by = |domain: &str| Verdict {
            field: String::new(),
            treatment: Treatment::Take,
            proven: vec![domain.parse().unwrap()],
        };
        let well = "From: Phòng A <a@x.vn>\r\nTo: s@x.vn\r\nSubject: s\r\n";
        assert!(is_proven(&from, well.as_bytes(), &signed_by("x.vn")));
        for domain in ["vn", "b.x.vn", "y.vn"] {
            assert!(!is_proven(&from, well.as_bytes(), &signed_by(domain)), "{domain}");
        }
        for header in [
            "From: a@x.vn\r\n",
            "From: b@x.vn\r\nSubject: s\r\n",
            "From: \"b@x.vn\" <a@x.vn>\r\nSubject: s\r\n",
            "From: a@x.vn, b@x.vn\r\nSubject: s\r\n",
            "From: a@x.vn\r\nFrom: a@x.vn\r\nSubject: s\r\n",
            "Subject: t\r\nFrom: a@x.vn\r\nSubject: s\r\n",
            "To: t@x.vn\r\nFrom: a@x.vn\r\nSubject: s\r\n",
        ] {
            let header = format!("To: s@x.vn\r\n{header}");
            assert!(!is_proven(&from, header.as_bytes(), &signed_by("x.vn")), "{header}");
        }
    }
}
