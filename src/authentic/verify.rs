//! What a message from a server that nobody here knows proves of its senders.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use mail_auth::arc::ArcError;
use mail_auth::crypto::Algorithm;
use mail_auth::dkim::{DkimError, Signature};
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::headers::HeaderWriter;
use mail_auth::hickory_resolver::net::NetError;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    ArcOutput, ArcResult, AuthenticatedMessage, AuthenticationResults, DkimOutput, DkimResult, DmarcOutput,
    DmarcResult, DnsError, Error, MessageAuthenticator, SpfOutput, SpfResult,
};
use memchr::memmem;
use tokio::time::{Instant, timeout_at};

use super::names::Names;
use super::policy::{Policy, Treatment};
use crate::address::Address;
use crate::limits;
use crate::mime::fields;

/// Looks at what comes in.
pub struct Verifier {
    hostname: String,
    policy: Policy,
    /// Nothing where checks are off, or there is no DNS to ask.
    names: Option<Names>,
}

/// How a message came.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// From where.
    pub peer: Peer,
    /// What the peer calls itself.
    pub hello: &'a str,
    /// The reverse path.
    pub from: Option<&'a Address>,
}

/// Who brings a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Anybody.
    Unknown(IpAddr),
    /// A relay of ours. It is not the author's server, so that SPF says nothing, nor does DMARC without it; what is signed
    /// is verified, and leads to nothing: whatever is to be refused, the relay has refused.
    Trusted(IpAddr),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The `Authentication-Results` field, with its line end.
    pub field: String,
    /// What becomes of the message.
    pub treatment: Treatment,
}

/// Questions to DNS that must be answered by a moment.
struct Asking<'a> {
    asked: Option<&'a MessageAuthenticator>,
    until: Instant,
    late: AtomicBool,
}

impl<'a> Asking<'a> {
    /// The answer; nothing where there is none in time, or nobody to ask.
    async fn ask<T, F: Future<Output = T>>(&self, question: impl FnOnce(&'a MessageAuthenticator) -> F) -> Option<T> {
        let answer = timeout_at(self.until, question(self.asked?)).await;
        self.late.fetch_or(answer.is_err(), Ordering::Relaxed);
        answer.ok()
    }

    async fn spf(&self, identity: SpfParameters<'_>) -> SpfOutput {
        let output = self.ask(|asked| asked.verify_spf(identity)).await;
        output.unwrap_or_else(|| SpfOutput::new(String::new()).with_result(SpfResult::TempError))
    }

    /// The results of those signatures that `message` still has; none of those that were taken out.
    async fn dkim<'x>(&self, message: &'x AuthenticatedMessage<'x>) -> Vec<DkimOutput<'x>> {
        if message.dkim_signatures().is_empty() {
            return Vec::new();
        }
        let outputs = self.ask(|asked| asked.verify_dkim(message)).await.unwrap_or_else(|| {
            let late = |signature| DkimOutput::from(DkimResult::TempError(late())).with_signature(signature);
            message.dkim_signatures().iter().map(|signature| late(&signature.header)).collect()
        });
        outputs.into_iter().filter(|output| output.signature().is_some()).collect()
    }

    async fn arc<'x>(&self, message: &'x AuthenticatedMessage<'x>) -> ArcOutput<'x> {
        let signatures = message.arc_message_signatures();
        if signatures.len() > limits::ARC_SETS_MAX
            || signatures.iter().any(|signature| signature.header.h.len() > limits::DKIM_FIELDS_MAX)
        {
            return ArcOutput::from(ArcResult::Fail(Error::Arc(ArcError::ChainTooLong)));
        }
        if signatures.is_empty() && !message.has_arc_errors() {
            return ArcOutput::default();
        }
        let output = self.ask(|asked| asked.verify_arc(message)).await;
        output.unwrap_or_else(|| ArcOutput::from(ArcResult::TempError(late())))
    }
}

fn late() -> Error {
    Error::Dns(DnsError::Resolver(String::new()))
}

impl Verifier {
    /// One that asks nothing: every message is taken as it is.
    pub fn off(hostname: String) -> Self {
        Self { hostname, policy: Policy::default(), names: None }
    }

    /// One that asks these DNS servers, or those of the system where there are none.
    ///
    /// # Errors
    /// The system names none.
    pub fn new(hostname: String, policy: Policy, servers: &[SocketAddr]) -> Result<Self, NetError> {
        Ok(Self { hostname, policy, names: Some(Names::new(servers)?) })
    }

    /// Looks at a message, trace fields of our own not yet on top. Waits for DNS within the bounds of [`limits`], and not at
    /// all where it does not answer: what could not be found out is said, and the message taken.
    pub async fn check(&self, arrival: Arrival<'_>, message: &[u8]) -> Verdict {
        let unchecked = || verdict(&AuthenticationResults::new(&self.hostname), "", Treatment::Take);
        let Some(names) = &self.names else { return unchecked() };
        let reduced = reduced(message);
        let Some(message) = parse(reduced.as_deref().unwrap_or(message)) else { return unchecked() };
        let until = Instant::now() + limits::AUTHENTIC_IDENTITIES_WAIT_MAX;
        let asking = Asking { asked: names.asked().await, until, late: AtomicBool::new(false) };
        let verdict = match arrival.peer {
            Peer::Trusted(peer) => self.of_relayed(&asking, peer, &message).await,
            Peer::Unknown(peer) => self.of_stranger(&asking, peer.to_canonical(), arrival, &message).await,
        };
        if asking.late.into_inner() {
            names.doubt();
        }
        verdict
    }

    async fn of_relayed(&self, asking: &Asking<'_>, peer: IpAddr, message: &AuthenticatedMessage<'_>) -> Verdict {
        let signed = retained(message, |_| true);
        let (dkim, arc) = tokio::join!(asking.dkim(&signed), asking.arc(message));
        let results = AuthenticationResults::new(&self.hostname);
        verdict(&signatures(results, message, &dkim, &arc, peer), "", Treatment::Take)
    }

    async fn of_stranger(
        &self,
        asking: &Asking<'_>,
        peer: IpAddr,
        Arrival { hello, from, .. }: Arrival<'_>,
        message: &AuthenticatedMessage<'_>,
    ) -> Verdict {
        let author = author(message);
        // Apart, so that no signature of somebody else takes the time of those that DMARC is about.
        let own = retained(message, |signature| is_related(&signature.d, author));
        let others = retained(message, |signature| !is_related(&signature.d, author));
        let sender = from.map(ToString::to_string).unwrap_or_default();
        let greeted = SpfParameters::helo(peer, hello, &self.hostname);
        let sent = SpfParameters::mail_from(peer, hello, &self.hostname, &sender);
        let (helo, mail_from, mut dkim, of_others, arc) = tokio::join!(
            asking.spf(greeted),
            asking.spf(sent),
            asking.dkim(&own),
            asking.dkim(&others),
            asking.arc(message)
        );
        dkim.extend(of_others);
        let mut results = AuthenticationResults::new(&self.hostname);
        if from.is_none() || helo.result() != SpfResult::None {
            results.set_spf_result(&helo, &greeted);
        }
        if from.is_some() {
            results.set_spf_result(&mail_from, &sent);
        }
        let results = signatures(results, message, &dkim, &arc, peer);
        if has_several_authors(message) {
            // Which of them a reader is shown is not known: RFC 9989 leaves such mail to the receiver.
            let treatment = self.policy.quarantine.treat(author);
            return verdict(&results, ";\r\n\tdmarc=permerror (several authors)", treatment);
        }
        if author.is_empty() {
            return verdict(&results, "", Treatment::Take);
        }
        let until = Instant::now() + limits::AUTHENTIC_POLICY_WAIT_MAX;
        let policy = Asking { asked: asking.asked, until, late: AtomicBool::new(false) };
        let domain = from.map_or(hello, |from| from.domain().as_str());
        let spf = if from.is_some() { &mail_from } else { &helo };
        let about = DmarcParameters::new(message, &dkim, domain, spf);
        let dmarc = policy.ask(|asked| asked.verify_dmarc(about)).await;
        asking.late.fetch_or(policy.late.into_inner(), Ordering::Relaxed);
        let Some(dmarc) = dmarc else {
            return verdict(&results, ";\r\n\tdmarc=temperror (dns error)", Treatment::Take);
        };
        let treatment = self.treatment(&dmarc, &arc);
        verdict(&results.with_dmarc_result(&dmarc), "", treatment)
    }

    /// What follows; nothing, where somebody vouches for it whose word is taken.
    fn treatment(&self, dmarc: &DmarcOutput, arc: &ArcOutput<'_>) -> Treatment {
        let result: DmarcResult = dmarc.result();
        let sealer = arc.chain().last().filter(|_| *arc.result() == ArcResult::Pass).map(|set| &set.seal.header.d);
        let believed = |sealer: &String| self.policy.sealers.iter().any(|d| d.as_str().eq_ignore_ascii_case(sealer));
        if sealer.is_some_and(believed) {
            return Treatment::Take;
        }
        self.policy.treatment(&result, dmarc.policy(), dmarc.domain())
    }
}

fn verdict(results: &AuthenticationResults<'_>, more: &str, treatment: Treatment) -> Verdict {
    let mut field = results.to_header();
    field.insert_str(field.trim_end().len(), more);
    Verdict { field, treatment }
}

/// Of a message whose header is too large to be looked at, its authors, and a signature that is none: so the results say that
/// it may be signed. Nothing for any other.
fn reduced(message: &[u8]) -> Option<Vec<u8>> {
    let beginning = message.get(..=limits::AUTHENTIC_HEADER_BYTES_MAX)?;
    if memmem::find(beginning, b"\r\n\r\n").is_some() {
        return None;
    }
    let authors = fields(message).filter(|field| field.is("From")).flat_map(|field| field.raw);
    let authors = authors.copied().take(limits::AUTHENTIC_HEADER_BYTES_MAX);
    Some(b"DKIM-Signature: not read\r\n".iter().copied().chain(authors).chain(*b"\r\n").collect())
}

/// Hashing the body of what is large does not hold up the other connections.
fn parse(message: &[u8]) -> Option<AuthenticatedMessage<'_>> {
    if message.len() <= limits::PARSED_IN_PLACE_BYTES_MAX {
        return AuthenticatedMessage::parse(message);
    }
    tokio::task::block_in_place(|| AuthenticatedMessage::parse(message))
}

/// The message with those of its signatures only that are meant, and may be looked at.
fn retained<'x>(message: &AuthenticatedMessage<'x>, meant: impl Fn(&Signature) -> bool) -> AuthenticatedMessage<'x> {
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
fn is_related(domain: &str, author: &str) -> bool {
    let (short, long) = if domain.len() < author.len() { (domain, author) } else { (author, domain) };
    let rest = long.len().checked_sub(short.len()).and_then(|at| long.split_at_checked(at));
    !short.is_empty()
        && rest.is_some_and(|(rest, end)| end.eq_ignore_ascii_case(short) && (rest.is_empty() || rest.ends_with('.')))
}

/// The domain of the first author; nothing where there is none that DNS could know.
fn author<'m>(message: &'m AuthenticatedMessage<'_>) -> &'m str {
    let domain = message.first_from_address().rsplit_once('@').map_or("", |(_, domain)| domain);
    if domain.len() > limits::DOMAIN_BYTES_MAX { "" } else { domain }
}

fn has_several_authors(message: &AuthenticatedMessage<'_>) -> bool {
    let mut domains = message.from_addresses().iter().filter_map(|address| Some(address.rsplit_once('@')?.1));
    let first = domains.next();
    domains.any(|domain| Some(domain) != first)
}

/// What DKIM and ARC found, into the field.
fn signatures<'h>(
    mut results: AuthenticationResults<'h>,
    message: &AuthenticatedMessage<'_>,
    dkim: &[DkimOutput<'_>],
    arc: &ArcOutput<'_>,
    peer: IpAddr,
) -> AuthenticationResults<'h> {
    results.set_dkim_results(dkim, message.first_from_address());
    if dkim.is_empty() {
        let is_signed = message.has_dkim_errors() || !message.dkim_signatures().is_empty();
        let result = if is_signed {
            DkimResult::Neutral(Error::Dkim(DkimError::UnsupportedAlgorithm))
        } else {
            DkimResult::None
        };
        results.set_dkim_result(&result.into(), "");
    }
    if *arc.result() != ArcResult::None {
        results.set_arc_result(arc, peer);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

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
