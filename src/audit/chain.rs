//! What a digest covers: every field, each with its length, after the digest of the entry before.

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 over an entry and all before it; zeros before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest([u8; 32]);

/// The fields of an entry as they are stored.
pub(super) struct Link<'a> {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) actor: &'a str,
    pub(super) what: &'a str,
    pub(super) subject: &'a str,
    pub(super) decision: Option<i64>,
    pub(super) note: Option<&'a str>,
    pub(super) before: Option<&'a str>,
    pub(super) after: Option<&'a str>,
}

impl Digest {
    /// What the first entry stands on.
    pub(super) const START: Self = Self([0; 32]);

    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

impl Link<'_> {
    /// The digest of this entry after the one given.
    pub(super) fn digest(&self, previous: &Digest) -> Digest {
        let mut context = Context::new(&SHA256);
        context.update(&previous.0);
        let decision = self.decision.map(i64::to_le_bytes);
        let numbers = [self.seq.to_le_bytes(), self.at.to_le_bytes()];
        let fields: [Option<&[u8]>; 9] = [
            Some(&numbers[0]),
            Some(&numbers[1]),
            Some(self.actor.as_bytes()),
            Some(self.what.as_bytes()),
            Some(self.subject.as_bytes()),
            decision.as_ref().map(<[u8; 8]>::as_slice),
            self.note.map(str::as_bytes),
            self.before.map(str::as_bytes),
            self.after.map(str::as_bytes),
        ];
        for field in fields {
            // Lengths keep fields apart; nothing and an empty text differ.
            let length = field.map_or(u64::MAX, |octets| octets.len() as u64);
            context.update(&length.to_le_bytes());
            context.update(field.unwrap_or_default());
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        Digest(digest)
    }
}
