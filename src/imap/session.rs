//! The state of a session, without a socket: who has logged in, what is selected, what was switched on.

use super::locate::Opened;
use super::notify::Notifying;
use super::places::Places;
use super::refusal::{Farewell, Refusal};
use super::syntax::{Dialect, Messages, Numbers};
use super::table::{Row, Stage};
use super::view::{Access, View};
use crate::access::Login;
use crate::acl::Acl;
use crate::limits;
use crate::store::{Listener, UidRanges, Watch};

/// How far a session has come, with what it has there: RFC 9051 §3.
#[derive(Debug)]
pub enum State {
    /// Nobody has logged in.
    NotAuthenticated,
    /// Somebody has.
    Authenticated(Login),
    /// A folder is selected.
    Selected(Login, Box<Selected>),
}

/// The folder that is selected.
#[derive(Debug)]
pub struct Selected {
    /// Where it lies.
    pub opened: Opened,
    /// What the client was told of it.
    pub view: View,
    /// What it is now.
    pub watch: Watch,
    /// What the last SEARCH with SAVE found: RFC 5182.
    pub saved: UidRanges,
}

impl Selected {
    /// A command is to show messages as they are now.
    pub fn look(&mut self) {
        self.view.look(self.watch.index());
    }

    /// The messages a command names.
    pub fn places(&self, numbers: Numbers, messages: &Messages) -> Result<Places, Refusal> {
        match messages {
            Messages::Set(set) => Places::resolve(set, numbers, self.view.told()),
            Messages::Saved => Ok(Places::of_uids(&self.saved, self.view.told())),
        }
    }
}

/// Which protocol the client speaks: RFC 9051 §6.3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revision {
    /// `IMAP4rev1`, RFC 3501.
    #[default]
    One,
    /// `IMAP4rev2`, RFC 9051, after ENABLE.
    Two,
}

/// Whether mod-sequences are told: RFC 7162 §3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CondStore {
    /// Not until the client uses them.
    #[default]
    Off,
    /// In every FETCH that tells flags.
    On,
}

/// Whether the session was told that its mailbox is nearly full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuotaTold {
    /// Not yet.
    #[default]
    No,
    /// Once, which is enough.
    Yes,
}

/// How a client is told that messages are gone: RFC 7162 §3.2.10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gone {
    /// `EXPUNGE`, by sequence number.
    #[default]
    Expunge,
    /// `VANISHED`, by UID, after ENABLE QRESYNC.
    Vanished,
}

/// Whether IDLE is in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Idle {
    Yes,
    No,
}

/// What a session may be woken by.
#[derive(Debug)]
pub struct Events<'a> {
    /// Changes of the open folder.
    pub watch: Option<&'a mut Watch>,
    /// What NOTIFY asked for.
    pub listener: Option<&'a Listener>,
}

/// Whether the client reads UTF-8 everywhere: RFC 9755.
///
/// Messages with UTF-8 in their headers are sent as they are to all clients, of what RFC 9755 §7 leaves open: the mail
/// programs that people have read them, and one that looks otherwise to every program would break signatures and what the
/// programs keep. For the same reason APPEND takes such headers from everybody, although RFC 9755 §4 has them refused from
/// whoever did not enable this: mail from before that standard, which had them too, is moved here and must not be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Utf8 {
    /// Names are in modified UTF-7, unless the revision is the second.
    #[default]
    Off,
    /// After `ENABLE UTF8=ACCEPT`.
    Accept,
}

/// One client's session.
#[derive(Debug)]
pub struct Session {
    state: State,
    /// `IMAP4rev1` or `IMAP4rev2`.
    pub revision: Revision,
    /// Whether mod-sequences are told.
    pub cond_store: CondStore,
    /// Whether it was told that its mailbox is nearly full.
    pub quota_told: QuotaTold,
    /// How messages that are gone are told.
    pub gone: Gone,
    /// What is told unasked, where the client has chosen.
    pub notify: Option<Box<Notifying>>,
    /// Whether the client reads UTF-8.
    pub utf8: Utf8,
    logins_failed: u32,
    nonsense: u32,
}

impl Session {
    /// A session of which nothing is known.
    pub fn new() -> Self {
        Self {
            state: State::NotAuthenticated,
            revision: Revision::One,
            cond_store: CondStore::Off,
            quota_told: QuotaTold::No,
            gone: Gone::Expunge,
            notify: None,
            utf8: Utf8::Off,
            logins_failed: 0,
            nonsense: 0,
        }
    }

    /// How far it has come.
    pub fn stage(&self) -> Stage {
        match &self.state {
            State::NotAuthenticated => Stage::NotAuthenticated,
            State::Authenticated(_) => Stage::Authenticated,
            State::Selected(..) => Stage::Selected,
        }
    }

    /// How folder names are written.
    pub fn dialect(&self) -> Dialect {
        match (self.utf8, self.revision) {
            (Utf8::Accept, _) => Dialect::Utf8Accept,
            (Utf8::Off, Revision::Two) => Dialect::Utf8,
            (Utf8::Off, Revision::One) => Dialect::Utf7,
        }
    }

    /// Whether a command may be given now.
    pub fn admits(&self, row: &Row) -> Result<(), Refusal> {
        if row.when.allows(self.stage()) { Ok(()) } else { Err(Refusal::OutOfState(self.stage())) }
    }

    /// Who is logged in.
    pub fn login(&self) -> Result<&Login, Refusal> {
        match &self.state {
            State::NotAuthenticated => Err(Refusal::OutOfState(Stage::NotAuthenticated)),
            State::Authenticated(login) | State::Selected(login, _) => Ok(login),
        }
    }

    /// The folder that is selected.
    pub fn selected(&self) -> Result<&Selected, Refusal> {
        match &self.state {
            State::Selected(_, selected) => Ok(selected),
            State::NotAuthenticated | State::Authenticated(_) => Err(Refusal::OutOfState(self.stage())),
        }
    }

    /// The folder that is selected, to be told of.
    pub fn selected_mut(&mut self) -> Result<&mut Selected, Refusal> {
        let stage = self.stage();
        match &mut self.state {
            State::Selected(_, selected) => Ok(selected),
            State::NotAuthenticated | State::Authenticated(_) => Err(Refusal::OutOfState(stage)),
        }
    }

    /// What a session waits for beside its client: news of the folder that is open and of others, as far as the client
    /// wants them while no command is in hand, or IDLE is.
    pub fn events(&mut self, idle: Idle) -> Events<'_> {
        let notify = self.notify.as_deref();
        let tells = notify.map_or(idle == Idle::Yes, |notify| notify.between_commands().is_some());
        let watch = match &mut self.state {
            State::Selected(_, selected) if tells => Some(&mut selected.watch),
            State::NotAuthenticated | State::Authenticated(_) | State::Selected(..) => None,
        };
        Events { watch, listener: notify.map(Notifying::listener) }
    }

    /// What may be done now with the folder that is selected.
    pub fn acl(&self) -> Result<Acl, Refusal> {
        Ok(self.selected()?.opened.acl(self.login()?))
    }

    /// A search whose result was to be saved was answered NO: RFC 9051 §6.4.4.1.
    pub fn forget_saved(&mut self) {
        if let State::Selected(_, selected) = &mut self.state {
            selected.saved = UidRanges::default();
        }
    }

    /// The folder that is selected, if it may be changed so.
    pub fn writable(&self, needs: Acl) -> Result<&Selected, Refusal> {
        let selected = self.selected()?;
        if !self.acl()?.includes(needs) {
            return Err(Refusal::NoPermission);
        }
        match selected.view.access() {
            Access::ReadWrite => Ok(selected),
            Access::ReadOnly => Err(Refusal::ReadOnly),
        }
    }

    /// Somebody logged in.
    pub fn logged_in(&mut self, login: Login) {
        self.state = State::Authenticated(login);
    }

    /// Whoever was logged in no longer is, and nothing of theirs is left: RFC 8437 §2. What was tried in vain still counts.
    pub fn log_out(&mut self) {
        *self = Self { logins_failed: self.logins_failed, nonsense: self.nonsense, ..Self::new() };
    }

    /// A folder was selected; the one before is closed.
    pub fn select(&mut self, selected: Selected) {
        self.state = match std::mem::replace(&mut self.state, State::NotAuthenticated) {
            State::Authenticated(login) | State::Selected(login, _) => State::Selected(login, Box::new(selected)),
            State::NotAuthenticated => State::NotAuthenticated,
        };
    }

    /// Closes the folder, if one is selected.
    pub fn unselect(&mut self) -> Option<Selected> {
        match std::mem::replace(&mut self.state, State::NotAuthenticated) {
            State::Selected(login, selected) => {
                self.state = State::Authenticated(login);
                Some(*selected)
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    /// A login failed.
    pub fn login_failed(&mut self) {
        self.logins_failed += 1;
    }

    /// Something came that is no command.
    pub fn nonsense(&mut self) {
        self.nonsense += 1;
    }

    /// A command came that is one.
    pub fn sense(&mut self) {
        self.nonsense = 0;
    }

    /// Why the session ends after what the client did, if it does.
    pub fn tired(&self) -> Option<Farewell> {
        if self.logins_failed >= limits::LOGINS_FAILED_PER_CONNECTION_MAX {
            Some(Farewell::LoginsFailed)
        } else if self.nonsense >= limits::IMAP_NONSENSE_MAX {
            Some(Farewell::Nonsense)
        } else {
            None
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::imap::table;

    #[test]
    fn nothing_of_a_mailbox_is_open_before_login() {
        let mut session = Session::new();
        let admits = |name| session.admits(table::find(name).unwrap());
        assert!(matches!(admits("IDLE"), Err(Refusal::OutOfState(_))));
        assert!(matches!(admits("UID EXPUNGE"), Err(Refusal::OutOfState(_))));
        assert!(admits("STARTTLS").is_ok());
        assert!(session.login().is_err() && session.selected().is_err() && session.unselect().is_none());
    }

    #[test]
    fn patience_ends() {
        let mut session = Session::new();
        for _ in 0..limits::LOGINS_FAILED_PER_CONNECTION_MAX {
            assert_eq!(session.tired(), None);
            session.login_failed();
        }
        assert_eq!(session.tired(), Some(Farewell::LoginsFailed));
        let mut session = Session::new();
        for _ in 1..limits::IMAP_NONSENSE_MAX {
            session.nonsense();
        }
        session.sense();
        session.nonsense();
        assert_eq!(session.tired(), None);
    }
}
