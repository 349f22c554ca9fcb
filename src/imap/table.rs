//! The one list of commands and the one list of capabilities: what is read, in which state, what may be told meanwhile,
//! CAPABILITY and the README's list come from here.

use super::syntax::{
    Command, Cursor, Numbers, Parsed, append, fetch, flag, folder, list, message, metadata, multisearch, notify, plain,
    rights, search, sort,
};
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
#[derive(Debug)]
pub struct Row {
    /// As clients write it and the tagged answer names it; in two words where it begins with UID.
    pub name: &'static str,
    /// The states it belongs to.
    pub when: When,
    /// What may be told of the folder before the tagged answer: RFC 9051 §7.5.1.
    pub tell: Tell,
    /// Under which of the capabilities it is offered.
    pub capability: &'static str,
    /// Reads its arguments, from behind its name.
    pub(super) grammar: Grammar,
}

/// Reads the arguments of a command.
type Grammar = fn(&mut Cursor) -> Parsed<Command>;

const fn row(name: &'static str, when: When, tell: Tell, capability: &'static str, grammar: Grammar) -> Row {
    Row { name, when, tell, capability, grammar }
}

/// What both revisions have, and need no capability beside their own.
const BASE: &str = "IMAP4rev1";

use Numbers::{Sequence, Uid};
use Tell::{All, Flags, Own};
use When::{Any, BeforeLogin, LoggedIn, Selected};

/// Every command there is.
///
/// FETCH, also by UID, tells no more than flags: a client that downloads does not act on EXISTS, and would not hear of
/// the message again (Thunderbird 153). STORE and SEARCH by sequence number may not tell EXPUNGE. What goes from a folder
/// while it is opened is told by the command after that.
#[rustfmt::skip]
pub const COMMANDS: &[Row] = &[
    row("CAPABILITY", Any, All, BASE, |_| Ok(Command::Capability)),
    row("NOOP", Any, All, BASE, |_| Ok(Command::Noop)),
    row("LOGOUT", Any, Flags, BASE, |_| Ok(Command::Logout)),
    row("ID", Any, All, "ID", plain::id),
    row("STARTTLS", BeforeLogin, All, "STARTTLS", |_| Ok(Command::StartTls)),
    row("AUTHENTICATE", BeforeLogin, All, "AUTH=PLAIN", plain::authenticate),
    row("LOGIN", BeforeLogin, All, BASE, plain::login),
    row("UNAUTHENTICATE", LoggedIn, All, "UNAUTHENTICATE", |_| Ok(Command::Unauthenticate)),
    row("ENABLE", LoggedIn, All, "ENABLE", plain::enable),
    row("SELECT", LoggedIn, Flags, BASE, |c| folder::select(c).map(Command::Select)),
    row("EXAMINE", LoggedIn, Flags, BASE, |c| folder::select(c).map(Command::Examine)),
    row("CREATE", LoggedIn, All, BASE, |c| folder::create(c).map(Command::Create)),
    row("DELETE", LoggedIn, All, BASE, |c| folder::name(c).map(Command::Delete)),
    row("RENAME", LoggedIn, All, BASE, |c| folder::rename(c).map(Command::Rename)),
    row("SUBSCRIBE", LoggedIn, All, BASE, |c| folder::name(c).map(Command::Subscribe)),
    row("UNSUBSCRIBE", LoggedIn, All, BASE, |c| folder::name(c).map(Command::Unsubscribe)),
    row("LIST", LoggedIn, All, BASE, |c| list::list(c).map(Command::List)),
    row("LSUB", LoggedIn, All, BASE, |c| list::lsub(c).map(Command::Lsub)),
    row("NAMESPACE", LoggedIn, All, "NAMESPACE", |_| Ok(Command::Namespace)),
    row("STATUS", LoggedIn, All, BASE, |c| folder::status(c).map(Command::Status)),
    row("APPEND", LoggedIn, All, BASE, |c| append::append(c).map(Command::Append)),
    row("IDLE", LoggedIn, All, "IDLE", |_| Ok(Command::Idle)),
    row("NOTIFY", LoggedIn, All, "NOTIFY", |c| notify::notify(c).map(Command::Notify)),
    row("CHECK", Selected, All, BASE, |_| Ok(Command::Check)),
    row("CLOSE", Selected, All, BASE, |_| Ok(Command::Close)),
    row("UNSELECT", Selected, All, "UNSELECT", |_| Ok(Command::Unselect)),
    row("EXPUNGE", Selected, Own, BASE, |_| Ok(Command::Expunge(None))),
    row("UID EXPUNGE", Selected, Own, "UIDPLUS", message::uid_expunge),
    row("SEARCH", Selected, Flags, BASE, |c| search::search(c, Sequence).map(Command::Search)),
    row("UID SEARCH", Selected, All, BASE, |c| search::search(c, Uid).map(Command::Search)),
    row("SORT", Selected, Flags, "SORT", |c| sort::sort(c, Sequence).map(Command::Sort)),
    row("UID SORT", Selected, All, "SORT", |c| sort::sort(c, Uid).map(Command::Sort)),
    row("THREAD", Selected, Flags, "THREAD=REFERENCES", |c| sort::thread(c, Sequence).map(Command::Thread)),
    row("UID THREAD", Selected, All, "THREAD=REFERENCES", |c| sort::thread(c, Uid).map(Command::Thread)),
    row("ESEARCH", LoggedIn, All, "MULTISEARCH", |c| multisearch::multi_search(c).map(Command::MultiSearch)),
    row("FETCH", Selected, Flags, BASE, |c| fetch::fetch(c, Sequence).map(Command::Fetch)),
    row("UID FETCH", Selected, Flags, BASE, |c| fetch::fetch(c, Uid).map(Command::Fetch)),
    row("STORE", Selected, Flags, BASE, |c| flag::store(c, Sequence).map(Command::Store)),
    row("UID STORE", Selected, All, BASE, |c| flag::store(c, Uid).map(Command::Store)),
    row("COPY", Selected, All, BASE, |c| message::copy(c, Sequence).map(Command::Copy)),
    row("UID COPY", Selected, All, BASE, |c| message::copy(c, Uid).map(Command::Copy)),
    row("MOVE", Selected, Own, "MOVE", |c| message::copy(c, Sequence).map(Command::Move)),
    row("UID MOVE", Selected, Own, "MOVE", |c| message::copy(c, Uid).map(Command::Move)),
    row("REPLACE", Selected, All, "REPLACE", |c| append::replace(c, Sequence)),
    row("UID REPLACE", Selected, All, "REPLACE", |c| append::replace(c, Uid)),
    row("SETACL", LoggedIn, All, "ACL", |c| rights::set_acl(c).map(Command::SetAcl)),
    row("DELETEACL", LoggedIn, All, "ACL", |c| rights::entry(c).map(Command::DeleteAcl)),
    row("GETACL", LoggedIn, All, "ACL", |c| folder::name(c).map(Command::GetAcl)),
    row("LISTRIGHTS", LoggedIn, All, "ACL", |c| rights::entry(c).map(Command::ListRights)),
    row("MYRIGHTS", LoggedIn, All, "ACL", |c| folder::name(c).map(Command::MyRights)),
    row("GETQUOTA", LoggedIn, All, "QUOTA", |c| rights::quota_root(c).map(Command::GetQuota)),
    row("GETQUOTAROOT", LoggedIn, All, "QUOTA", |c| folder::name(c).map(Command::GetQuotaRoot)),
    row("SETQUOTA", LoggedIn, All, "QUOTA", |c| rights::set_quota(c).map(Command::SetQuota)),
    row("GETMETADATA", LoggedIn, All, "METADATA", |c| metadata::get_metadata(c).map(Command::GetMetadata)),
    row("SETMETADATA", LoggedIn, All, "METADATA", |c| metadata::set_metadata(c).map(Command::SetMetadata)),
    // Whom nobody knows yet is given no memory for it.
    row("COMPRESS", LoggedIn, All, "COMPRESS=DEFLATE", plain::compress),
];

/// Whether among lines that came ahead there is a command that counts messages: until it is done, sequence numbers may
/// not move (RFC 9051 §7.5.1).
pub fn counts(lines: &[u8]) -> bool {
    lines.split(|octet| *octet == b'\n').any(|line| {
        let name = line.split(|octet| *octet == b' ').nth(1).unwrap_or_default().trim_ascii();
        COUNTING.iter().any(|counting| name.eq_ignore_ascii_case(counting.as_bytes()))
    })
}

/// The commands that name messages by sequence number, or answer with them.
const COUNTING: &[&str] = &["FETCH", "STORE", "SEARCH", "COPY", "MOVE"];

/// The row of a command, by its name in any case.
pub fn find(name: &str) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// When CAPABILITY names something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Always,
    /// The connection is not compressed yet.
    Uncompressed,
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
    ("ACL", Shown::Always, "RFC 4314"),
    ("RIGHTS=texk", Shown::Always, "RFC 4314"),
    ("LIST-MYRIGHTS", Shown::Always, "RFC 8440"),
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
    ("SEARCH=FUZZY", Shown::Always, "RFC 6203"),
    ("PARTIAL", Shown::Always, "RFC 9394"),
    ("MULTISEARCH", Shown::Always, "RFC 7377"),
    ("SORT", Shown::Always, "RFC 5256"),
    ("SORT=DISPLAY", Shown::Always, "RFC 5957"),
    ("ESORT", Shown::Always, "RFC 5267"),
    ("THREAD=ORDEREDSUBJECT", Shown::Always, "RFC 5256"),
    ("THREAD=REFERENCES", Shown::Always, "RFC 5256"),
    ("CONDSTORE", Shown::Always, "RFC 7162"),
    ("QRESYNC", Shown::Always, "RFC 7162"),
    ("NOTIFY", Shown::Always, "RFC 5465"),
    ("MULTIAPPEND", Shown::Always, "RFC 3502"),
    ("BINARY", Shown::Always, "RFC 3516"),
    ("OBJECTID", Shown::Always, "RFC 8474"),
    ("SAVEDATE", Shown::Always, "RFC 8514"),
    ("PREVIEW", Shown::Always, "RFC 8970"),
    ("QUOTA", Shown::Always, "RFC 9208"),
    ("QUOTA=RES-STORAGE", Shown::Always, "RFC 9208 §5.1"),
    ("QUOTA=RES-MESSAGE", Shown::Always, "RFC 9208 §5.2"),
    ("METADATA", Shown::Always, "RFC 5464"),
    ("LIST-METADATA", Shown::Always, "RFC 9590"),
    ("CATENATE", Shown::Always, "RFC 4469"),
    ("REPLACE", Shown::Always, "RFC 8508"),
    ("UTF8=ACCEPT", Shown::Always, "RFC 9755"),
    ("UNAUTHENTICATE", Shown::Always, "RFC 8437"),
    ("INPROGRESS", Shown::Always, "RFC 9585"),
    ("COMPRESS=DEFLATE", Shown::Uncompressed, "RFC 4978"),
];

/// What decides on what CAPABILITY shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far the session has come.
    pub stage: Stage,
    /// Whether it is under TLS.
    pub secure: bool,
    /// Whether it is compressed.
    pub compressed: bool,
    /// Whether a password may be sent as the connection is now.
    pub login_allowed: bool,
    /// Octets of the largest message that APPEND takes.
    pub append_max: u64,
}

/// The capabilities, separated by spaces.
pub fn capabilities(standing: Standing) -> String {
    let before = standing.stage == Stage::NotAuthenticated;
    let mut text = String::with_capacity(512);
    for (name, shown, _) in CAPABILITIES {
        let shows = match shown {
            Shown::Always => true,
            Shown::Uncompressed => !standing.compressed,
            // Under the compression it could no longer be put.
            Shown::TlsPossible => before && !standing.secure && !standing.compressed,
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(stage: Stage, secure: bool, login_allowed: bool) -> String {
        capabilities(Standing { stage, secure, compressed: false, login_allowed, append_max: 1000 })
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
    fn every_command_stands_under_a_capability_that_is_announced() {
        for row in COMMANDS {
            assert!(CAPABILITIES.iter().any(|(name, ..)| *name == row.capability), "{}", row.name);
        }
    }

    #[test]
    fn the_readme_lists_what_is_offered() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
        let mut table = "| capability | specification | commands |\n|---|---|---|\n".to_owned();
        table.extend(CAPABILITIES.iter().map(|(name, _, specification)| {
            let commands = COMMANDS.iter().filter(|row| row.capability == *name).map(|row| row.name);
            format!("| `{name}` | {specification} | {} |\n", commands.collect::<Vec<_>>().join(", "))
        }));
        table += "| `APPENDLIMIT` | RFC 7889 |  |\n";
        assert!(readme.contains(&table), "README.md lacks\n{table}");
    }

    #[test]
    fn a_command_is_found_by_its_whole_name() {
        assert_eq!(find("uid fetch").map(|row| row.name), Some("UID FETCH"));
        assert!(find("UID").is_none() && find("").is_none());
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
