//! What a client is to this server, by login, certificate or address, and what it may do for that.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::connection::Connection;
use super::refusal::Refusal;
use super::reply::Reply;
use crate::access::{Login, Who};
use crate::address::Address;
use crate::directory::Resolution;
use crate::limits;
use crate::network::Network;

/// What a client is.
#[derive(Clone, Copy)]
pub(super) enum Standing<'a> {
    /// Somebody who is logged in.
    Person(&'a Login),
    /// A machine of the office that sends in one name.
    Device(&'a Device),
    /// A server that may bring mail of our own people.
    Trusted,
    /// A server that sends on what our people wrote to a list.
    List,
    /// Anybody else.
    Stranger,
}

/// A machine that sends without a login, from one address (`[[relay.device]]`).
#[derive(Clone, Debug)]
pub struct Device {
    /// What it is called in the log.
    pub name: String,
    /// Where it connects from.
    pub networks: Vec<Network>,
    /// The one address that it sends from.
    pub sender: Address,
    /// Recipients that it may send to in an hour.
    pub hourly_limit: usize,
}

/// When devices sent to their last recipients, by name; a reload does not make it forget. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Devices(Arc<Mutex<HashMap<String, VecDeque<Timestamp>>>>);

impl Devices {
    /// Counts one more recipient, if there may be one more in this hour.
    fn charge(&self, (name, hourly_limit): (&str, usize), now: Timestamp) -> Result<(), Refusal> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Of devices that are configured no longer nothing is left after an hour.
        all.retain(|_, sent| {
            while sent.front().is_some_and(|at| now.duration_since(*at) >= SignedDuration::from_hours(1)) {
                sent.pop_front();
            }
            !sent.is_empty()
        });
        let sent = all.entry(name.to_owned()).or_default();
        if sent.len() >= hourly_limit {
            return Err(Refusal::DeviceTooMany);
        }
        sent.push_back(now);
        Ok(())
    }
}

impl Connection<'_> {
    /// What the client is now.
    pub(super) fn standing(&self) -> Standing<'_> {
        let (settings, peer) = (&self.door.services.settings, self.peer.ip());
        let is_in = |networks: &[Network]| networks.iter().any(|network| network.contains(peer));
        if let Some(login) = self.session.login() {
            return Standing::Person(login);
        }
        match settings.devices.iter().find(|device| is_in(&device.networks)) {
            Some(device) => Standing::Device(device),
            None if self.is_known || is_in(&settings.trusted) => Standing::Trusted,
            None if is_in(&settings.lists) => Standing::List,
            None => Standing::Stranger,
        }
    }

    /// A device sends as one of us, and as nobody else.
    pub(super) fn judge_device(&self, device: &Device, from: Option<&Address>) -> Result<(), Reply> {
        if from != Some(&device.sender) {
            return Err(Reply::device_sender(&device.sender));
        }
        let here = self.door.services.directory.snapshot().resolve(&device.sender);
        if matches!(here, Resolution::Mailbox(_)) { Ok(()) } else { Err(Refusal::DeviceSenderGone.into()) }
    }

    /// Counts a recipient whose mail would be taken.
    pub(super) fn count_recipient(&self) -> Result<(), Refusal> {
        match self.standing() {
            Standing::Device(device) => self.charge_device(&device.name, device.hourly_limit),
            // A person's recipients are counted when the message is there (R21); a machine is nobody of the staff.
            Standing::Person(login) if matches!(login.who, Who::Machine(_)) => {
                self.charge_device(&login.actor(), limits::DEVICE_RECIPIENTS_PER_HOUR_USUAL)
            }
            Standing::Person(_) | Standing::Trusted | Standing::List | Standing::Stranger => Ok(()),
        }
    }

    fn charge_device(&self, device: &str, hourly_limit: usize) -> Result<(), Refusal> {
        let services = &self.door.services;
        services.devices.charge((device, hourly_limit), services.clock.now()).inspect_err(|_| {
            tracing::warn!(%device, peer = %self.peer, "a device sends to more than it may");
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_a_device_is_any_hour() {
        let device = Device {
            name: "a".into(),
            networks: Vec::new(),
            sender: Address::parse("a@x.vn").unwrap(),
            hourly_limit: 2,
        };
        let other = Device { name: "b".into(), ..device.clone() };
        let devices = Devices::default();
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let sent = |device: &Device, minutes| devices.charge((&device.name, device.hourly_limit), at(minutes)).is_ok();
        assert_eq!([sent(&device, 0), sent(&device, 50), sent(&device, 59)], [true, true, false]);
        assert!(sent(&other, 59));
        assert_eq!([sent(&device, 60), sent(&device, 61), sent(&device, 110)], [true, false, true]);
        assert_eq!(devices.0.lock().unwrap().len(), 2);
        assert!(sent(&other, 300));
        assert_eq!(devices.0.lock().unwrap().len(), 1, "nothing is kept of who sends no more");
    }
}
