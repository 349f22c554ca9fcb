//! Mail to the department that is to be filed in a section of a unit that is not on the network (P4.2, R8): whether it is, and
//! if not, why. Plain functions of what is known.

use super::{Filing, Tagged};
use crate::address::Address;
use crate::directory::{MailboxState, Owner, Place, Resolution, Snapshot, Unit, UnitState};
use crate::id::MailboxId;
use crate::text::{fold, slug};

/// What is known of who wrote a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Every address that a reader could take its From to name.
    pub authors: Vec<Address>,
    /// Every address that its To names; of a Cc nobody knows who wrote it.
    pub addressees: Vec<Address>,
    /// What its authors are worth.
    pub proof: Proof,
}

/// What proves who wrote a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: it did not come over a relay of ours.
    #[default]
    Stranger,
    /// Nothing, though a relay of ours brought it.
    Relayed,
    /// A relay of ours brought it, From and the reverse path are one address, and its domain answers for it.
    Proven,
    /// Somebody logged in, who may send as its author.
    Login,
}

/// What becomes of a message to the department.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan<'a> {
    /// It goes into a section of a unit.
    Filed(&'a Unit, &'a Tagged),
    /// It asks for that, and goes into the department's INBOX with a note.
    Doubtful(Doubt),
    /// It asks for nothing of the kind.
    Ordinary,
}

/// Why a message is not filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It names no section that there is.
    UnknownSection,
    /// It names more than one.
    SeveralSections,
    /// It is from no unit's address.
    NoUnit,
    /// The unit is closed.
    Closed,
    /// The unit is on the network, and puts its mail there itself.
    OnNetwork,
    /// It did not come over a relay of ours.
    NotRelayed,
    /// From and the reverse path are not one address.
    Differs,
    /// The domain of its author does not answer for it.
    Unsigned,
    /// Its author sent it to somebody else, or to another section.
    Diverted,
    /// The address is not in use at the unit, or not registered with the province.
    Unregistered,
    /// A filter or its author's domain says that it is unwanted.
    Unwanted,
    /// The unit has no such folder.
    NoFolder,
    /// The unit's mailbox is full.
    NoRoom,
}

/// What a message says that may be filed.
pub(super) struct Letter<'a> {
    /// The sub-addresses of the department that it is for.
    pub(super) sub_addresses: Vec<&'a str>,
    /// Its subject, cut.
    pub(super) subject: &'a str,
    /// Whether it was written to them.
    pub(super) addressing: Addressing,
    /// Whether a program wrote it.
    pub(super) writer: Writer,
    /// The reverse path.
    pub(super) from: Option<&'a Address>,
    pub(super) origin: &'a Origin,
    /// The mailbox in whose name it is sent by whoever is logged in.
    pub(super) speaker: Option<MailboxId>,
    /// Where it would go otherwise.
    pub(super) filing: Filing,
}

/// Whether To names the department's addresses that a message came to. What came over a relay is proven by a signature, and
/// whoever has a signed letter can send it once more, to whom they like (RFC 6376 §8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addressing {
    /// They do.
    Named,
    /// They do not.
    Diverted,
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// A person.
    Person,
    /// A program.
    Program,
}

/// The beginning of a subject: what is in brackets there, and whether it is an answer or passed on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Beginning {
    tags: Vec<String>,
    is_reply: bool,
}

/// Decides.
pub(super) fn plan<'a>(letter: &Letter<'_>, sections: &'a [Tagged], snapshot: &'a Snapshot) -> Plan<'a> {
    let Beginning { mut tags, is_reply } = beginning(letter.subject);
    tags.extend(letter.sub_addresses.iter().map(|tag| slug(tag)));
    let mut named: Vec<&Tagged> = sections.iter().filter(|section| tags.contains(&section.tag)).collect();
    let unit = letter.unit(snapshot);
    let is_remote = unit.is_some_and(|unit| unit.place == Place::Remote);
    // What others say of a section, or a program of theirs, is no attempt to file.
    let is_talk = is_reply || letter.writer == Writer::Program || letter.filing == Filing::Junk;
    match (named.pop(), named.pop(), unit) {
        (None, ..) if is_remote && !tags.is_empty() => Plan::Doubtful(Doubt::UnknownSection),
        (None, ..) => Plan::Ordinary,
        _ if is_talk && !is_remote => Plan::Ordinary,
        (.., None) => Plan::Doubtful(Doubt::NoUnit),
        (_, Some(_), _) => Plan::Doubtful(Doubt::SeveralSections),
        (Some(section), None, Some(unit)) => match letter.doubt(unit, snapshot) {
            Some(doubt) => Plan::Doubtful(doubt),
            None => Plan::Filed(unit, section),
        },
    }
}

impl Letter<'_> {
    /// The unit that it claims to be from.
    fn unit<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Unit> {
        let of = |mailbox: MailboxId| match snapshot.mailbox(mailbox)?.owner {
            Owner::Unit(unit) => snapshot.unit(unit),
            Owner::Staff(_) | Owner::Department => None,
        };
        if self.origin.proof == Proof::Login {
            return self.speaker.and_then(of);
        }
        let claimed = self.origin.authors.iter().chain(self.from);
        claimed.filter_map(|address| snapshot.known(address)).find_map(|known| of(known.mailbox))
    }

    /// What speaks against filing it as this unit's.
    fn doubt(&self, unit: &Unit, snapshot: &Snapshot) -> Option<Doubt> {
        let open = snapshot.of(Owner::Unit(unit.id)).filter(|mailbox| mailbox.state == MailboxState::Open);
        let Some(mailbox) = open.filter(|_| unit.state == UnitState::Open) else { return Some(Doubt::Closed) };
        let leads_there = |address: &Address| snapshot.resolve(address) == Resolution::Mailbox(mailbox.id);
        match (unit.place, self.origin.proof) {
            (Place::Lan, _) => Some(Doubt::OnNetwork),
            (Place::Remote, Proof::Stranger) => Some(Doubt::NotRelayed),
            (Place::Remote, Proof::Relayed) if self.origin.authors.iter().any(|author| Some(author) != self.from) => {
                Some(Doubt::Differs)
            }
            (Place::Remote, Proof::Relayed) => Some(Doubt::Unsigned),
            (Place::Remote, Proof::Proven) if !self.from.is_some_and(leads_there) => Some(Doubt::Unregistered),
            (Place::Remote, Proof::Proven) if self.addressing == Addressing::Diverted => Some(Doubt::Diverted),
            (Place::Remote, Proof::Proven | Proof::Login) => (self.filing == Filing::Junk).then_some(Doubt::Unwanted),
        }
    }
}

/// What mail programs put before a subject that is answered or passed on, folded.
const MARKS: [&str; 7] = ["re", "fwd", "fw", "tra loi", "tl", "chuyen tiep", "ct"];

/// ```abnf
/// beginning = *(mark *WSP [counter] *WSP ":" / "[" tag "]" / WSP)   ; marks and tags in any case, with diacritics or without
/// counter   = "[" 1*DIGIT "]" / "(" 1*DIGIT ")"                     ; as some programs count answers
/// ```
fn beginning(subject: &str) -> Beginning {
    let folded = fold(subject);
    let mut rest = folded.trim_start();
    let mut found = Beginning::default();
    loop {
        if let Some(after) = MARKS.iter().find_map(|mark| after_mark(rest.strip_prefix(mark)?)) {
            (found.is_reply, rest) = (true, after);
        } else if let Some((tag, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            found.tags.extend(Some(slug(tag)).filter(|tag| !tag.is_empty()));
            rest = after.trim_start();
        } else {
            return found;
        }
    }
}

/// What follows the counter and the colon of a mark.
fn after_mark(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    let counted = rest.strip_prefix(['[', '(']).map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let rest = counted.and_then(|rest| rest.strip_prefix([']', ')'])).unwrap_or(rest);
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn begins(subject: &str) -> (Vec<String>, bool) {
        let Beginning { tags, is_reply } = beginning(subject);
        (tags, is_reply)
    }

    #[test]
    fn a_tag_stands_at_the_beginning_behind_marks_of_answers_and_other_tags() {
        for (subject, tags, is_reply) in [
            ("[Kết quả tuần] 48", &["ket-qua-tuan"][..], false),
            ("  [ KET  QUA TUAN ]", &["ket-qua-tuan"], false),
            ("RE: Fwd: [Ke\u{302}\u{301}t qua\u{309} tua\u{302}\u{300}n]", &["ket-qua-tuan"], true),
            ("Re[2]: FW : Trả lời: Chuyển tiếp: TL (3): [a]", &["a"], true),
            ("[Khẩn][a] Re: [b] x [c]", &["khan", "a", "b"], true),
            ("［Ảnh］ x", &["anh"], false),
            ("Kết quả tuần [a]", &[], false),
            ("Report: [a]", &[], false),
            ("Re [a]", &[], false),
            ("[a", &[], false),
            ("[…] x", &[], false),
            ("", &[], false),
        ] {
            assert_eq!(begins(subject), (tags.iter().map(|tag| (*tag).to_owned()).collect(), is_reply), "{subject}");
        }
    }

    #[test]
    fn hostile_subjects_end() {
        for piece in ["[", "]", "[]", "[a]", "re:", "re[", "re[1", "re[1]:", "re(1]", ":", "\u{300}"] {
            beginning(&piece.repeat(20_000));
        }
    }
}
