//! The one list of commands and the one list of capabilities: dispatch, state checks and CAPABILITY come from here.

use super::syntax::{Command, Numbers};
use super::view::Tell;

/// In which state of the session a command may be given: RFC 9051 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In every state.
    Any,
    /// Before the login only.
    BeforeLogin,
    /// After it.
    LoggedIn,
    /// With a folder selected.
    Selected,
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has logged in.
    NotAuthenticated,
    /// Somebody has.
    Authenticated,
    /// A folder is selected.
    Selected,
}

impl When {
    /// Whether the state allows it.
    pub fn allows(self, stage: Stage) -> bool {
        match self {
            Self::Any => true,
            Self::BeforeLogin => stage == Stage::NotAuthenticated,
            Self::LoggedIn => stage != Stage::NotAuthenticated,
            Self::Selected => stage == Stage::Selected,
        }
    }
}

/// What the door knows of a command before it does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// As the tagged answer names it.
    pub name: &'static str,
    /// The states it belongs to.
    pub when: When,
    /// What may be told of the folder before the tagged answer: RFC 9051 §7.5.1.
    pub tell: Tell,
    /// Whether this server does it.
    pub offer: Offer,
    /// Whether it changes what is in the mailbox.
    pub effect: Effect,
}

/// What a command is to the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It leaves it as it is; or does so where the folder is open for reading only.
    Reads,
    /// It changes it, which needs the right to.
    Changes,
}

/// Whether a command of the grammar is done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It is.
    Done,
    /// Its capability is not offered: it is answered as a command that does not exist.
    Unknown,
}

const fn row(name: &'static str, when: When, tell: Tell) -> Row {
    Row { name, when, tell, offer: Offer::Done, effect: Effect::Reads }
}

const fn change(name: &'static str, when: When, tell: Tell) -> Row {
    Row { effect: Effect::Changes, ..row(name, when, tell) }
}

const fn unknown(name: &'static str) -> Row {
    Row { offer: Offer::Unknown, ..row(name, When::Any, Tell::Flags) }
}

/// The row of a command.
///
/// FETCH, also by UID, tells no more than flags: a client that downloads does not act on EXISTS, and would not hear of
/// the message again (Thunderbird 153). STORE and SEARCH by sequence number may not tell EXPUNGE.
pub fn of(command: &Command) -> Row {
    use Tell::{All, Flags};
    use When::{Any, BeforeLogin, LoggedIn, Selected};
    match command {
        Command::Capability => row("CAPABILITY", Any, All),
        Command::Noop => row("NOOP", Any, All),
        Command::Logout => row("LOGOUT", Any, Flags),
        Command::Id(_) => row("ID", Any, All),
        Command::StartTls => row("STARTTLS", BeforeLogin, All),
        Command::Authenticate(_) => row("AUTHENTICATE", BeforeLogin, All),
        Command::Login(_) => row("LOGIN", BeforeLogin, All),
        Command::Enable(_) => row("ENABLE", LoggedIn, All),
        Command::Select(_) => row("SELECT", LoggedIn, All),
        Command::Examine(_) => row("EXAMINE", LoggedIn, All),
        Command::Create(_) => change("CREATE", LoggedIn, All),
        Command::Delete(_) => change("DELETE", LoggedIn, All),
        Command::Rename(_) => change("RENAME", LoggedIn, All),
        Command::Subscribe(_) => change("SUBSCRIBE", LoggedIn, All),
        Command::Unsubscribe(_) => change("UNSUBSCRIBE", LoggedIn, All),
        Command::List(_) => row("LIST", LoggedIn, All),
        Command::Lsub(_) => row("LSUB", LoggedIn, All),
        Command::Namespace => row("NAMESPACE", LoggedIn, All),
        Command::Status(_) => row("STATUS", LoggedIn, All),
        Command::Append(_) => change("APPEND", LoggedIn, All),
        Command::Idle => row("IDLE", LoggedIn, All),
        Command::Check => row("CHECK", Selected, All),
        Command::Close => row("CLOSE", Selected, All),
        Command::Unselect => row("UNSELECT", Selected, All),
        Command::Expunge(None) => change("EXPUNGE", Selected, All),
        Command::Expunge(Some(_)) => change("UID EXPUNGE", Selected, All),
        Command::Search(search) => match search.numbers {
            Numbers::Sequence => row("SEARCH", Selected, Flags),
            Numbers::Uid => row("UID SEARCH", Selected, All),
        },
        Command::Fetch(fetch) => match fetch.numbers {
            Numbers::Sequence => row("FETCH", Selected, Flags),
            Numbers::Uid => row("UID FETCH", Selected, Flags),
        },
        Command::Store(store) => match store.numbers {
            Numbers::Sequence => change("STORE", Selected, Flags),
            Numbers::Uid => change("UID STORE", Selected, All),
        },
        Command::Copy(copy) => match copy.numbers {
            Numbers::Sequence => change("COPY", Selected, All),
            Numbers::Uid => change("UID COPY", Selected, All),
        },
        Command::Move(copy) => match copy.numbers {
            Numbers::Sequence => change("MOVE", Selected, All),
            Numbers::Uid => change("UID MOVE", Selected, All),
        },
        Command::SetAcl(_) => unknown("SETACL"),
        Command::DeleteAcl(_) => unknown("DELETEACL"),
        Command::GetAcl(_) => unknown("GETACL"),
        Command::ListRights(_) => unknown("LISTRIGHTS"),
        Command::MyRights(_) => unknown("MYRIGHTS"),
        Command::GetQuota(_) => unknown("GETQUOTA"),
        Command::GetQuotaRoot(_) => unknown("GETQUOTAROOT"),
        Command::SetQuota(_) => unknown("SETQUOTA"),
        Command::Compress => unknown("COMPRESS"),
    }
}

/// When CAPABILITY names something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Always,
    /// Nobody has logged in, and the connection is in clear.
    TlsPossible,
    /// Nobody has logged in, and may not do so in clear.
    LoginForbidden,
    /// Nobody has logged in, and may do so.
    LoginAllowed,
}

/// Everything that is offered, each with its RFC. What a login is needed for is named before it too: simple clients ask
/// once (Python's imaplib).
const CAPABILITIES: &[(&str, Shown, &str)] = &[
    ("IMAP4rev1", Shown::Always, "RFC 3501"),
    ("IMAP4rev2", Shown::Always, "RFC 9051"),
    ("STARTTLS", Shown::TlsPossible, "RFC 9051 §6.2.1"),
    ("LOGINDISABLED", Shown::LoginForbidden, "RFC 9051 §6.2.3"),
    ("AUTH=PLAIN", Shown::LoginAllowed, "RFC 4616"),
    ("SASL-IR", Shown::Always, "RFC 4959"),
    ("LITERAL+", Shown::Always, "RFC 7888"),
    ("ENABLE", Shown::Always, "RFC 5161"),
    ("ID", Shown::Always, "RFC 2971"),
    ("IDLE", Shown::Always, "RFC 2177"),
    ("NAMESPACE", Shown::Always, "RFC 2342"),
    ("CHILDREN", Shown::Always, "RFC 3348"),
    ("UIDPLUS", Shown::Always, "RFC 4315"),
    ("MOVE", Shown::Always, "RFC 6851"),
    ("UNSELECT", Shown::Always, "RFC 3691"),
    ("SPECIAL-USE", Shown::Always, "RFC 6154"),
    ("CREATE-SPECIAL-USE", Shown::Always, "RFC 6154"),
    ("LIST-EXTENDED", Shown::Always, "RFC 5258"),
    ("LIST-STATUS", Shown::Always, "RFC 5819"),
    ("STATUS=SIZE", Shown::Always, "RFC 8438"),
    ("ESEARCH", Shown::Always, "RFC 4731"),
    ("SEARCHRES", Shown::Always, "RFC 5182"),
    ("WITHIN", Shown::Always, "RFC 5032"),
    ("CONDSTORE", Shown::Always, "RFC 7162"),
    ("MULTIAPPEND", Shown::Always, "RFC 3502"),
    ("BINARY", Shown::Always, "RFC 3516"),
];

/// What decides on what CAPABILITY shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far the session has come.
    pub stage: Stage,
    /// Whether it is under TLS.
    pub secure: bool,
    /// Whether a password may be sent as the connection is now.
    pub login_allowed: bool,
    /// Octets of the largest message that APPEND takes.
    pub append_max: u64,
}

/// The capabilities, separated by spaces.
pub fn capabilities(standing: Standing) -> String {
    let before = standing.stage == Stage::NotAuthenticated;
    let mut text = String::with_capacity(384);
    for (name, shown, _) in CAPABILITIES {
        let shows = match shown {
            Shown::Always => true,
            Shown::TlsPossible => before && !standing.secure,
            Shown::LoginForbidden => before && !standing.login_allowed,
            Shown::LoginAllowed => before && standing.login_allowed,
        };
        if shows {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(name);
        }
    }
    // RFC 7889: the same for every folder.
    text.push_str(" APPENDLIMIT=");
    text.push_str(&standing.append_max.to_string());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stage: Stage, secure: bool, login_allowed: bool) -> String {
        capabilities(Standing { stage, secure, login_allowed, append_max: 1000 })
    }

    fn names(shown: &str, name: &str) -> bool {
        shown.split(' ').any(|n| n == name)
    }

    #[test]
    fn a_password_is_not_invited_in_clear() {
        let clear = shown(Stage::NotAuthenticated, false, false);
        assert!(names(&clear, "STARTTLS") && names(&clear, "LOGINDISABLED") && !names(&clear, "AUTH=PLAIN"));
        let secure = shown(Stage::NotAuthenticated, true, true);
        assert!(!names(&secure, "STARTTLS") && !names(&secure, "LOGINDISABLED") && names(&secure, "AUTH=PLAIN"));
        let trusted = shown(Stage::NotAuthenticated, false, true);
        assert!(names(&trusted, "STARTTLS") && !names(&trusted, "LOGINDISABLED") && names(&trusted, "AUTH=PLAIN"));
    }

    #[test]
    fn after_login_nothing_of_the_login_is_named() {
        let after = shown(Stage::Authenticated, true, true);
        assert!(names(&after, "APPENDLIMIT=1000") && names(&after, "MOVE"));
        assert!(!after.contains("AUTH=") && !after.contains("STARTTLS") && !after.contains("LOGINDISABLED"));
    }

    #[test]
    fn commands_belong_to_states() {
        for (when, allowed) in [
            (When::Any, [true, true, true]),
            (When::BeforeLogin, [true, false, false]),
            (When::LoggedIn, [false, true, true]),
            (When::Selected, [false, false, true]),
        ] {
            let stages = [Stage::NotAuthenticated, Stage::Authenticated, Stage::Selected];
            assert_eq!(stages.map(|stage| when.allows(stage)), allowed, "{when:?}");
        }
    }
}
