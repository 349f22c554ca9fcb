//! A mailbox at another server, read by IMAP: its folders, and in each the messages that are asked for. Nothing is changed
//! there: folders are examined, and bodies peeked at.

mod connection;
pub mod syntax;

use jiff::Timestamp;

use crate::credential::Secret;
use crate::limits;
use crate::net::WireError;
use crate::net::outward::{Trust, TrustError};
use crate::store::{FolderName, FolderNameError};
use crate::utf7;
use connection::Connection;
use syntax::{SyntaxError, Value};

/// Where a server is, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, which its certificate must have.
    pub host: String,
    /// The port.
    pub port: u16,
    /// TLS from the first octet.
    pub tls: bool,
    /// No TLS at all.
    pub plain: bool,
}

/// Who reads there.
#[derive(Clone, Debug)]
pub struct Login {
    /// The login's name.
    pub name: String,
    /// Its password.
    pub password: Secret,
}

/// Why another server's mailbox cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nothing tells whom to trust.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The connection.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The server has no TLS.
    #[error("the server offers no TLS")]
    NoTls,
    /// The server said no.
    #[error("{command}: the server said: {said}")]
    Refused {
        /// To what.
        command: &'static str,
        /// Its words.
        said: String,
    },
    /// The server says what IMAP does not know.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The server says more than can be heard.
    #[error("the server's response is too long")]
    TooMuch,
}

/// A mailbox at another server.
pub struct Remote {
    connection: Connection,
}

/// A folder there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its name as the server has it.
    pub raw: Vec<u8>,
    /// Its name here.
    pub name: Result<FolderName, FolderNameError>,
    /// What it is for: the attribute of RFC 6154 §2.
    pub special_use: Option<String>,
}

/// A message there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub uid: u32,
    /// Its octets, as the server says.
    pub size: u32,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its number.
    pub uid: u32,
    /// Flags as the server spells them.
    pub flags: Vec<String>,
    /// INTERNALDATE, Unix seconds.
    pub date: i64,
    /// The message.
    pub bytes: Vec<u8>,
}

impl Remote {
    /// Connects and logs in.
    pub async fn open(target: &Target, trust: &Trust, login: &Login) -> Result<Self, RemoteError> {
        Ok(Self { connection: Connection::open(target, trust, login).await? })
    }

    /// The folders of the login's own mailbox that hold messages, INBOX first.
    pub async fn folders(&mut self) -> Result<Vec<Folder>, RemoteError> {
        let spaces = if self.connection.can("NAMESPACE") {
            Namespaces::of(&self.connection.ask("NAMESPACE", b"NAMESPACE").await?)
        } else {
            Namespaces::default()
        };
        // RFC 6154 §3: a server need not tell uses unless it is asked.
        let returning = self.connection.can("SPECIAL-USE") && self.connection.can("LIST-EXTENDED");
        let command = if returning { &b"LIST \"\" \"*\" RETURN (SPECIAL-USE)"[..] } else { b"LIST \"\" \"*\"" };
        let listed = self.connection.ask("LIST", command).await?;
        let mut folders: Vec<_> = listed.iter().filter_map(|values| folder(values, &spaces)).collect();
        if folders.len() > limits::REMOTE_FOLDERS_MAX {
            return Err(RemoteError::TooMuch);
        }
        folders.sort_by_key(|folder| !folder.name.as_ref().is_ok_and(FolderName::is_inbox));
        Ok(folders)
    }

    /// Opens a folder for reading; its UIDVALIDITY.
    pub async fn examine(&mut self, folder: &Folder) -> Result<u32, RemoteError> {
        let heard = self.connection.ask_about("EXAMINE", &[&folder.raw]).await?;
        let validity = heard.iter().find_map(|values| {
            let text = String::from_utf8_lossy(values.get(1)?.text()?).into_owned();
            let (_, rest) = text.split_once("[UIDVALIDITY ")?;
            rest.split(']').next()?.parse().ok()
        });
        validity.ok_or(RemoteError::Syntax(SyntaxError))
    }

    /// The messages of the folder that is open, by their numbers.
    pub async fn list(&mut self) -> Result<Vec<Listed>, RemoteError> {
        let mut listed = Vec::new();
        self.connection.send(b"UID FETCH 1:* (UID RFC822.SIZE)").await?;
        let heard = |values: Vec<Value>| {
            if listed.len() >= limits::IMPORTED_FOLDER_MESSAGES_MAX {
                return Err(RemoteError::TooMuch);
            }
            if let Some(items) = items(&values)
                && let (Some(uid), Some(size)) = (item(items, "UID"), item(items, "RFC822.SIZE"))
                && let (Some(uid), Some(size)) = (uid.number(), size.number())
            {
                listed.push(Listed { uid, size });
            }
            Ok(())
        };
        self.connection.take("UID FETCH", heard).await?;
        listed.sort_unstable_by_key(|message| message.uid);
        listed.dedup_by_key(|message| message.uid);
        Ok(listed)
    }

    /// Asks for some messages; several may be asked for before the first are taken.
    pub async fn ask(&mut self, messages: &[Listed]) -> Result<(), RemoteError> {
        let set = set(messages);
        self.connection.send(format!("UID FETCH {set} (UID FLAGS INTERNALDATE BODY.PEEK[])").as_bytes()).await
    }

    /// The messages that were asked for, as far as they are still there, and perhaps some that were asked for next.
    pub async fn take(&mut self) -> Result<Vec<Fetched>, RemoteError> {
        let mut fetched = Vec::new();
        let heard = |values: Vec<Value>| {
            fetched.extend(message(values));
            let most = limits::REMOTE_FETCH_MESSAGES_MAX * limits::REMOTE_COMMANDS_MAX;
            if fetched.len() > most { Err(RemoteError::TooMuch) } else { Ok(()) }
        };
        self.connection.take("UID FETCH", heard).await?;
        fetched.sort_unstable_by_key(|message| message.uid);
        Ok(fetched)
    }

    /// Logs out.
    pub async fn close(self) {
        self.connection.close().await;
    }
}

/// `1:3,7`
fn set(messages: &[Listed]) -> String {
    let mut parts = Vec::new();
    for run in messages.chunk_by(|a, b| a.uid.checked_add(1) == Some(b.uid)) {
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            let (first, last) = (first.uid, last.uid);
            parts.push(if first == last { first.to_string() } else { format!("{first}:{last}") });
        }
    }
    parts.join(",")
}

/// The items of a FETCH response.
fn items(values: &[Value]) -> Option<&[Value]> {
    match values {
        [_, fetch, list] if fetch.is("FETCH") => Some(list.members()),
        _ => None,
    }
}

fn item<'v>(items: &'v [Value], name: &str) -> Option<&'v Value> {
    items.chunks_exact(2).find_map(|pair| pair.first().filter(|key| key.is(name)).and(pair.get(1)))
}

/// A message of a FETCH response; its octets are not copied.
fn message(values: Vec<Value>) -> Option<Fetched> {
    let (uid, flags, date) = {
        let items = items(&values)?;
        let flags = item(items, "FLAGS").map(Value::members).unwrap_or_default();
        let flags = flags.iter().filter_map(Value::text).map(|flag| String::from_utf8_lossy(flag).into_owned());
        (item(items, "UID")?.number()?, flags.collect(), date(item(items, "INTERNALDATE")?.text()?)?)
    };
    let Some(Value::List(items)) = values.into_iter().nth(2) else { return None };
    let mut items = items.into_iter().skip_while(|key| !key.is("BODY[]"));
    match items.nth(1) {
        Some(Value::Text(bytes)) => Some(Fetched { uid, flags, date, bytes }),
        _ => None,
    }
}

/// ```abnf
/// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
/// ```
fn date(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text).ok().map(Timestamp::as_second)
}

/// Whose folders begin with what: RFC 2342.
#[derive(Default)]
struct Namespaces {
    own: Vec<Vec<u8>>,
    others: Vec<Vec<u8>>,
}

impl Namespaces {
    fn of(heard: &[Vec<Value>]) -> Self {
        let Some([_, own, others @ ..]) =
            heard.iter().map(Vec::as_slice).find(|v| v.first().is_some_and(|v| v.is("NAMESPACE")))
        else {
            return Self::default();
        };
        let prefixes = |space: &Value| -> Vec<Vec<u8>> {
            let prefix = |entry: &Value| entry.members().first()?.text().map(<[u8]>::to_vec);
            space.members().iter().filter_map(prefix).filter(|prefix| !prefix.is_empty()).collect()
        };
        Self { own: prefixes(own), others: others.iter().flat_map(prefixes).collect() }
    }
}

/// Folders that show messages of other folders once more.
const VIRTUAL: [&str; 2] = ["\\Flagged", "\\Important"];

/// A folder of a LIST response that holds messages of the login's own.
fn folder(values: &[Value], spaces: &Namespaces) -> Option<Folder> {
    let [list, attributes, delimiter, name, ..] = values else { return None };
    let has = |flag: &str| attributes.members().iter().any(|known| known.is(flag));
    if !list.is("LIST") || has("\\Noselect") || has("\\NonExistent") || VIRTUAL.iter().any(|flag| has(flag)) {
        return None;
    }
    let raw = name.text()?.to_vec();
    if spaces.others.iter().any(|prefix| raw.starts_with(prefix)) {
        return None;
    }
    let used = attributes.members().iter().filter_map(Value::text);
    let used = used.map(|flag| String::from_utf8_lossy(flag).into_owned());
    let special_use = used.into_iter().find(|flag| crate::store::SpecialUse::from_attribute(flag).is_some());
    let delimiter = match delimiter {
        Value::Text(text) => std::str::from_utf8(text).ok().and_then(|text| text.chars().next()),
        _ => None,
    };
    // INBOX may be named with the prefix that folders below it have.
    let own = spaces.own.iter().find_map(|prefix| raw.strip_prefix(prefix.as_slice())).filter(|own| !own.is_empty());
    let name = named(own.unwrap_or(&raw), delimiter);
    Some(Folder { raw, name, special_use })
}

/// A name there as a name here: decoded, its levels parted by `/`. What cannot be in a name here becomes `_`.
fn named(raw: &[u8], delimiter: Option<char>) -> Result<FolderName, FolderNameError> {
    let name = utf7::decode(raw).unwrap_or_else(|_| String::from_utf8_lossy(raw).into_owned());
    let level = |level: &str| level.replace(|c: char| matches!(c, '/' | '*' | '%') || c.is_control(), "_");
    match delimiter {
        Some(delimiter) => FolderName::parse(&name.split(delimiter).map(level).collect::<Vec<_>>().join("/")),
        None => FolderName::parse(&level(&name)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::syntax::Piece;
    use super::*;

    fn response(line: &str) -> Vec<Value> {
        syntax::read(vec![Piece::Text(line.into())]).unwrap()
    }

    #[test]
    fn folders_have_names_of_ours_whatever_parts_their_levels() {
        let spaces = Namespaces::of(&[response("NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) NIL")]);
        let name = |line: &str| folder(&response(line), &spaces).map(|folder| folder.name.unwrap().to_string());
        for (line, name_here) in [
            ("LIST (\\HasChildren) \".\" INBOX", Some("INBOX")),
            ("LIST (\\Sent) \".\" \"INBOX.C&APQ-ng v&AQM-n.2026/1\"", Some("Công văn/2026_1")),
            ("LIST () \"/\" \"a/b\"", Some("a/b")),
            ("LIST (\\Noselect) \".\" \"INBOX.x\"", None),
            ("LIST () \".\" \"user.hoa\"", None),
            ("LIST (\\Flagged) \"/\" Starred", None),
        ] {
            assert_eq!(name(line).as_deref(), name_here, "{line}");
        }
    }

    #[test]
    fn messages_are_asked_for_in_runs() {
        let listed = [1, 2, 3, 7, 9, 10].map(|uid| Listed { uid, size: 1 });
        assert_eq!(set(&listed), "1:3,7,9:10");
    }

    #[test]
    fn dates_are_read_to_the_second() {
        assert_eq!(date(b"17-Jul-1996 02:44:25 -0700"), Some(837_596_665));
        assert_eq!(date(b" 7-Feb-1994 22:43:04 +0530"), Some(760_641_184));
    }
}
