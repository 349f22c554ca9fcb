//! What a client knows of a folder from what it was told, and whether that can be.

use std::collections::BTreeSet;

/// A message as far as the client knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    pub uid: Option<u32>,
    pub flags: Option<BTreeSet<String>>,
    pub modseq: Option<u64>,
}

/// What may be said while a command is in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Messages may go.
    Move,
    /// The client counts messages: none may go.
    Stay,
}

#[derive(Debug, Default)]
pub struct Model {
    pub slots: Vec<Slot>,
    pub uid_validity: u32,
    /// From where the client would ask for what it missed.
    pub synced: u64,
    /// The highest mod-sequence told by the command in hand, and what HIGHESTMODSEQ said meanwhile.
    told: u64,
    bound: Option<u64>,
    highest: u64,
    /// While a folder is opened again: EXISTS, before VANISHED (EARLIER) has made room.
    opening: Option<usize>,
}

type Told = Result<(), String>;

impl Model {
    /// The folder is opened: what is not known from before is forgotten by the caller.
    pub fn opens(&mut self) {
        (self.opening, self.highest) = (Some(0), 0);
    }

    /// The folder is open: what the client kept must fit into what there is.
    pub fn opened(&mut self) -> Told {
        self.settle()?;
        self.opening = None;
        Ok(())
    }

    fn settle(&mut self) -> Told {
        let Some(exists) = self.opening else { return Ok(()) };
        if self.slots.len() > exists {
            return Err(format!("{} messages were not said to be gone", self.slots.len() - exists));
        }
        self.slots.resize(exists, Slot::default());
        Ok(())
    }

    /// An untagged line.
    pub fn hear(&mut self, line: &str, numbers: Numbers) -> Told {
        let rest = line.strip_prefix("* ").ok_or("not untagged")?;
        if let Some(modseq) = between(rest, "[HIGHESTMODSEQ ", "]") {
            return self.hear_highest(modseq.parse().map_err(|_| "no number")?);
        }
        if let Some(validity) = between(rest, "[UIDVALIDITY ", "]") {
            self.uid_validity = validity.parse().map_err(|_| "no number")?;
        } else if let Some(uids) = rest.strip_prefix("VANISHED (EARLIER) ") {
            return self.hear_earlier(&set(uids));
        } else if let Some(uids) = rest.strip_prefix("VANISHED ") {
            return if numbers == Numbers::Stay { Err("not now".into()) } else { self.hear_vanished(&set(uids)) };
        }
        let mut words = rest.splitn(3, ' ');
        let Some(number) = words.next().and_then(|word| word.parse::<usize>().ok()) else { return Ok(()) };
        match words.next() {
            Some("EXISTS") => self.hear_exists(number),
            Some("EXPUNGE") if numbers == Numbers::Stay => Err("not now".into()),
            Some("EXPUNGE") if (1..=self.slots.len()).contains(&number) => {
                self.slots.remove(number - 1);
                Ok(())
            }
            Some("FETCH") => self.hear_fetch(number, words.next().unwrap_or_default()),
            Some("RECENT") => Ok(()),
            _ => Err("out of range, or unknown".into()),
        }
    }

    fn hear_highest(&mut self, modseq: u64) -> Told {
        if modseq < self.highest {
            return Err(format!("it was {} before", self.highest));
        }
        (self.highest, self.bound) = (modseq, Some(modseq));
        Ok(())
    }

    fn hear_exists(&mut self, number: usize) -> Told {
        match &mut self.opening {
            Some(exists) => *exists = number,
            None if number < self.slots.len() => return Err(format!("there are {}", self.slots.len())),
            None => self.slots.resize(number, Slot::default()),
        }
        Ok(())
    }

    fn hear_earlier(&mut self, uids: &[(u32, u32)]) -> Told {
        let gone = |uid: u32| uids.iter().any(|(first, last)| (*first..=*last).contains(&uid));
        if self.opening.is_some() {
            self.slots.retain(|slot| slot.uid.is_none_or(|uid| !gone(uid)));
        } else if let Some(slot) = self.slots.iter().find(|slot| slot.uid.is_some_and(gone)) {
            return Err(format!("{slot:?} is still counted"));
        }
        Ok(())
    }

    fn hear_vanished(&mut self, uids: &[(u32, u32)]) -> Told {
        for uid in uids.iter().flat_map(|(first, last)| *first..=*last) {
            let known = self.slots.iter().position(|slot| slot.uid == Some(uid));
            let after = self.slots.iter().position(|slot| slot.uid.is_some_and(|known| known > uid));
            // One of which the client knows no more than that it came.
            let unknown = after.unwrap_or(self.slots.len()).checked_sub(1);
            let unknown = unknown.filter(|place| self.slots[*place].uid.is_none());
            let place = known.or(unknown).ok_or(format!("there is no {uid}"))?;
            self.slots.remove(place);
        }
        Ok(())
    }

    fn hear_fetch(&mut self, number: usize, items: &str) -> Told {
        self.settle()?;
        let slot = number.checked_sub(1).and_then(|place| self.slots.get_mut(place)).ok_or("out of range")?;
        if let Some(uid) = between(items, "UID ", " )") {
            let uid: u32 = uid.parse().map_err(|_| "no number")?;
            if slot.uid.is_some_and(|known| known != uid) {
                return Err(format!("it is {slot:?}"));
            }
            slot.uid = Some(uid);
        }
        let before = slot.modseq;
        if let Some(modseq) = between(items, "MODSEQ (", ")") {
            let modseq: u64 = modseq.parse().map_err(|_| "no number")?;
            if before.is_some_and(|known| known > modseq) {
                return Err(format!("it goes back: {slot:?}"));
            }
            slot.modseq = Some(modseq);
            self.told = self.told.max(modseq);
        }
        if let Some(flags) = between(items, "FLAGS (", ")") {
            slot.flags = Some(flags.split(' ').filter(|f| !f.is_empty() && *f != "\\Recent").map(Into::into).collect());
        }
        let uids: Vec<u32> = self.slots.iter().filter_map(|slot| slot.uid).collect();
        if uids.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err("UIDs do not ascend".into()) }
    }

    /// The tagged answer: from where the client would ask for what it missed (RFC 7162 §3.2).
    pub fn answered(&mut self, line: &str) -> Told {
        if let Some(modseq) = between(line, "[HIGHESTMODSEQ ", "]") {
            self.hear_highest(modseq.parse().map_err(|_| "no number")?)?;
        }
        self.synced = match self.bound.take() {
            Some(bound) => bound,
            None => self.synced.max(self.told),
        };
        self.told = 0;
        Ok(())
    }

    /// The UIDs that are known, as a set; none is `None`.
    pub fn known(&self) -> Option<String> {
        let uids: Vec<String> = self.slots.iter().filter_map(|slot| slot.uid).map(|uid| uid.to_string()).collect();
        (!uids.is_empty()).then(|| uids.join(","))
    }
}

/// What stands between two marks, the second any of some characters.
pub fn between<'a>(text: &'a str, before: &str, ends: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.find(|c| ends.contains(c)).map(|end| &rest[..end])
}

/// `1:3,7` as ranges.
pub fn set(text: &str) -> Vec<(u32, u32)> {
    text.split(',')
        .map(|range| {
            let (first, last) = range.split_once(':').unwrap_or((range, range));
            (first.parse().unwrap(), last.parse().unwrap())
        })
        .collect()
}
