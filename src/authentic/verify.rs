//! What a message from a server that nobody here knows proves of its senders.

use std::net::{IpAddr, SocketAddr};

use mail_auth::dkim::DkimError;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::headers::HeaderWriter;
use mail_auth::hickory_resolver::net::NetError;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    ArcOutput, ArcResult, AuthenticatedMessage, AuthenticationResults, DkimOutput, DkimResult, DmarcOutput, Error,
    SpfResult,
};

use super::asking::Asking;
use super::field::vouched;
use super::message::{author, has_several_authors, is_related, parse, reduced, retained};
use super::names::Names;
use super::policy::{Policy, Treatment};
use crate::address::{Address, Domain};
use crate::limits;

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
    /// Of what a relay of ours brought: the domains whose signatures hold, and cover the author, the subject and the whole
    /// body; and those that a relay vouches for whose word is taken.
    pub proven: Vec<Domain>,
}

impl Verifier {
    /// One that asks nothing: every message is taken as it is.
    pub fn off(hostname: String, policy: Policy) -> Self {
        Self { hostname, policy, names: None }
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
        let mut verdict = self.find_out(arrival, message).await;
        if let Peer::Trusted(_) = arrival.peer {
            verdict.proven.extend(vouched(message, &self.policy.relays));
        }
        verdict
    }

    async fn find_out(&self, arrival: Arrival<'_>, message: &[u8]) -> Verdict {
        let unchecked = || verdict(&AuthenticationResults::new(&self.hostname), "", Treatment::Take);
        let Some(names) = &self.names else { return unchecked() };
        let reduced = reduced(message);
        let Some(message) = parse(reduced.as_deref().unwrap_or(message)) else { return unchecked() };
        let asking = Asking::new(names.asked().await, limits::AUTHENTIC_IDENTITIES_WAIT_MAX);
        let verdict = match arrival.peer {
            Peer::Trusted(peer) => self.of_relayed(&asking, peer, &message).await,
            Peer::Unknown(peer) => self.of_stranger(&asking, peer.to_canonical(), arrival, &message).await,
        };
        if asking.was_late() {
            names.doubt();
        }
        verdict
    }

    async fn of_relayed(&self, asking: &Asking<'_>, peer: IpAddr, message: &AuthenticatedMessage<'_>) -> Verdict {
        let signed = retained(message, |_| true);
        let (dkim, arc) = tokio::join!(asking.dkim(&signed), asking.arc(message));
        let results = AuthenticationResults::new(&self.hostname);
        let proven = signers(&dkim);
        Verdict { proven, ..verdict(&signatures(results, message, &dkim, &arc, peer), "", Treatment::Take) }
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
        // RFC 9989 §5.3.2: a notice has no sender, and speaks for whoever greeted.
        let (spf, domain) = from.map_or((&helo, hello), |from| (&mail_from, from.domain().as_str()));
        let about = DmarcParameters::new(message, &dkim, domain, spf);
        self.of_author(asking, about, &arc, results).await
    }

    /// What the author's domain says of it.
    async fn of_author(
        &self,
        asking: &Asking<'_>,
        about: DmarcParameters<'_>,
        arc: &ArcOutput<'_>,
        results: AuthenticationResults<'_>,
    ) -> Verdict {
        let author = author(about.message);
        if has_several_authors(about.message) {
            // Which of them a reader is shown is not known, and DMARC leaves such mail to the receiver.
            let treatment = self.policy.quarantine.treat(author);
            return verdict(&results, ";\r\n\tdmarc=permerror (several authors)", treatment);
        }
        if author.is_empty() {
            return verdict(&results, "", Treatment::Take);
        }
        let asking = asking.anew(limits::AUTHENTIC_POLICY_WAIT_MAX);
        match asking.ask(|asked| asked.verify_dmarc(about)).await {
            Some(dmarc) => {
                let treatment = self.treatment(&dmarc, arc);
                verdict(&results.with_dmarc_result(&dmarc), "", treatment)
            }
            None => verdict(&results, ";\r\n\tdmarc=temperror (dns error)", Treatment::Take),
        }
    }

    /// What follows; nothing, where somebody vouches for it whose word is taken.
    fn treatment(&self, dmarc: &DmarcOutput, arc: &ArcOutput<'_>) -> Treatment {
        let sealer = arc.chain().last().filter(|_| *arc.result() == ArcResult::Pass).map(|set| &set.seal.header.d);
        let believed = |sealer: &String| self.policy.sealers.iter().any(|d| d.as_str().eq_ignore_ascii_case(sealer));
        if sealer.is_some_and(believed) {
            return Treatment::Take;
        }
        self.policy.treatment(&dmarc.result(), dmarc.policy(), dmarc.domain())
    }
}

fn verdict(results: &AuthenticationResults<'_>, more: &str, treatment: Treatment) -> Verdict {
    let mut field = results.to_header();
    field.insert_str(field.trim_end().len(), more);
    Verdict { field, treatment, proven: Vec::new() }
}

/// See [`Verdict::proven`]. That the author is covered was asked for before they were looked at.
fn signers(dkim: &[DkimOutput<'_>]) -> Vec<Domain> {
    let holding = dkim.iter().filter(|output| *output.result() == DkimResult::Pass).filter_map(DkimOutput::signature);
    // RFC 6376 §8.2: behind a length anything may be added.
    let whole = holding.filter(|signature| signature.l == 0);
    // What it asks for, and whom: a letter to somebody else is not to be used again.
    let needed = ["subject", "to"];
    let covering = whole
        .filter(|signature| needed.iter().all(|name| signature.h.iter().any(|field| field.eq_ignore_ascii_case(name))));
    covering.filter_map(|signature| Domain::parse(&signature.d).ok()).collect()
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
