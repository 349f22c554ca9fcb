//! Every SMTP reply with its code (RFC 5321 §4.2) and status (RFC 3463): nowhere else are there any.

use std::borrow::Cow;
use std::fmt::Display;

use super::authentic::Disowned;
use super::data::DataFault;
use super::header::HeaderFault;
use super::refusal::Refusal;
use super::syntax::{SyntaxError, VERBS};
use crate::access::{Bound, LoginRefusal, Withheld};
use crate::address::Address;
use crate::db::DbError;
use crate::delivery::DeliveryError;
use crate::milter::Rejected;
use crate::net::sasl::SaslError;
use crate::store::StoreError;

/// What is said to a client, complete with its line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply(Cow<'static, str>);

/// Accepts a command that changes nothing worth a word.
pub const OK: Reply = fixed("250 2.0.0 OK\r\n");
/// Accepts MAIL.
pub const SENDER_OK: Reply = fixed("250 2.1.0 Sender OK\r\n");
/// Accepts RCPT.
pub const RECIPIENT_OK: Reply = fixed("250 2.1.5 Recipient OK\r\n");
/// Answers VRFY without telling who is here: RFC 5321 §7.3.
pub const VRFY: Reply = fixed("252 2.1.5 Send some mail, and it will be delivered if it can\r\n");
/// Asks for the message.
pub const GO_AHEAD: Reply = fixed("354 Send the message, and end it with a line that holds a dot only\r\n");
/// Accepts a chunk that others follow.
pub const CHUNK_OK: Reply = fixed("250 2.0.0 Chunk received\r\n");
/// The handshake may begin.
pub const START_TLS: Reply = fixed("220 2.0.0 Begin the TLS handshake\r\n");
/// Accepts a login.
pub const LOGGED_IN: Reply = fixed("235 2.7.0 Logged in\r\n");
/// Answers QUIT.
pub const BYE: Reply = fixed("221 2.0.0 Bye\r\n");
/// What a peer hears that the gate does not admit.
pub const TURNED_AWAY: &[u8] = b"421 4.7.0 Too many connections; try again later\r\n";

const fn fixed(text: &'static str) -> Reply {
    Reply(Cow::Borrowed(text))
}

impl Reply {
    fn new(code: u16, status: &str, text: impl Display) -> Self {
        Self(Cow::Owned(format!("{code} {status} {text}\r\n")))
    }

    /// What goes over the wire.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The first words to a client.
    pub fn greeting(hostname: &str) -> Self {
        Self(Cow::Owned(format!("220 {hostname} ESMTP hopthu\r\n")))
    }

    /// Answers HELO.
    pub fn hello(hostname: &str) -> Self {
        Self(Cow::Owned(format!("250 {hostname}\r\n")))
    }

    /// Answers EHLO with the extensions, one a line.
    pub fn extensions(hostname: &str, extensions: &[String]) -> Self {
        let mut text = String::new();
        let lines = std::iter::once(hostname).chain(extensions.iter().map(String::as_str));
        for (at, line) in lines.enumerate() {
            let mark = if at == extensions.len() { ' ' } else { '-' };
            text.push_str("250");
            text.push(mark);
            text.push_str(line);
            text.push_str("\r\n");
        }
        Self(Cow::Owned(text))
    }

    /// Answers HELP with the table of commands.
    pub fn help() -> Self {
        let lines: Vec<String> = VERBS.iter().map(|verb| format!("214-2.0.0 {}\r\n", verb.syntax)).collect();
        Self(Cow::Owned(lines.concat() + "214 2.0.0 See RFC 5321\r\n"))
    }

    /// Asks for the next response of a login: RFC 4954 §4.
    pub fn challenge(base64: &str) -> Self {
        Self(Cow::Owned(format!("334 {base64}\r\n")))
    }

    /// Refuses mail of somebody who still has the password that was issued (R10). Mail programs show it as it is, and
    /// without SMTPUTF8 it is ASCII.
    pub fn first_password(page: Option<&str>) -> Self {
        let (status, code) = ("5.7.1", 550);
        match page {
            Some(page) => Self::new(
                code,
                status,
                format_args!("Hay doi mat khau cap lan dau tai {page} / Change your first password at {page}"),
            ),
            None => Self::new(
                code,
                status,
                "Hay lien he Van phong de doi mat khau cap lan dau / Ask the Office to change your first password",
            ),
        }
    }

    /// Refuses mail to the Internet from a mailbox that may not write there, and says whom to ask (R27).
    pub fn province_only(office: Option<&Address>) -> Self {
        let office = office.filter(|office| office.is_ascii()).map(|office| format!(" <{office}>")).unwrap_or_default();
        Self::new(
            550,
            "5.7.1",
            format_args!(
                "Hop thu nay chi duoc gui thu trong tinh, hay lien he Van phong{office} / \
                 This mailbox may write within the province only; ask the Office{office}"
            ),
        )
    }

    /// Refuses a device's mail in another name than its own.
    pub fn device_sender(sender: &Address) -> Self {
        Self::new(550, "5.7.1", DeviceSends(sender))
    }

    /// Refuses a device's mail for its header.
    pub fn device_header(fault: HeaderFault, sender: &Address) -> Self {
        Self::new(550, "5.7.1", format_args!("{fault}; {}", DeviceSends(sender)))
    }

    /// Refuses mail for somebody who has left, and names whoever took over: RFC 5321 §3.4.
    pub fn relocated(successor: Option<&Address>) -> Self {
        match successor.filter(|successor| successor.is_ascii()) {
            Some(successor) => {
                Self::new(551, "5.1.6", format_args!("This mailbox is no longer in use; please try <{successor}>"))
            }
            None => Refusal::Departed.into(),
        }
    }

    /// The message is in the store and will not be lost; `id` finds it in the log.
    pub fn accepted(id: &str) -> Self {
        Self::new(250, "2.0.0", format_args!("Accepted as {id}"))
    }

    /// Whether the command was carried out, or is being.
    pub fn is_success(&self) -> bool {
        self.0.starts_with(['2', '3'])
    }

    /// The code, for logs.
    pub fn code(&self) -> &str {
        self.0.get(..3).unwrap_or_default()
    }
}

/// Read by whoever sets the device up, on its small screen.
struct DeviceSends<'a>(&'a Address);

impl Display for DeviceSends<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Thiet bi nay chi duoc gui tu <{0}> / This device sends from <{0}> only", self.0)
    }
}

impl From<SyntaxError> for Reply {
    fn from(error: SyntaxError) -> Self {
        let (code, status) = match error {
            SyntaxError::Unknown => (500, "5.5.2"),
            SyntaxError::NotImplemented => (502, "5.5.1"),
            SyntaxError::Http => (521, "5.5.2"),
            SyntaxError::Arguments(_)
            | SyntaxError::Chunk
            | SyntaxError::Characters
            | SyntaxError::RepeatedParameter
            | SyntaxError::ParameterValue => (501, "5.5.4"),
            SyntaxError::Sender(_) => (501, "5.1.7"),
            SyntaxError::Recipient(_) => (501, "5.1.3"),
            SyntaxError::UnknownParameter => (555, "5.5.4"),
            SyntaxError::Mechanism => (504, "5.5.4"),
        };
        Self::new(code, status, error)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let (code, status) = match refusal {
            Refusal::NoHello
            | Refusal::NoSender
            | Refusal::SecondSender
            | Refusal::NoRecipient
            | Refusal::MessageBegun
            | Refusal::BinaryNeedsChunks
            | Refusal::ChunkRefused
            | Refusal::AlreadySecure
            | Refusal::AlreadyLoggedIn
            | Refusal::LoginInTransaction => (503, "5.5.1"),
            Refusal::LineTooLong => (500, "5.5.2"),
            Refusal::LoginLineTooLong => (500, "5.5.6"),
            Refusal::TlsNotOffered | Refusal::LoginNotOffered => (502, "5.5.1"),
            Refusal::TlsFirst | Refusal::LoginFirst => (530, "5.7.0"),
            Refusal::TooManyRecipients => (452, "4.5.3"),
            Refusal::TooLarge => (552, "5.3.4"),
            Refusal::Utf8NotAnnounced => (553, "5.6.7"),
            Refusal::SenderNotOwn => (553, "5.7.1"),
            Refusal::SenderFromOutside | Refusal::OutsideNotOpen | Refusal::DeviceSenderGone => (550, "5.7.1"),
            Refusal::DeviceTooMany => (450, "4.7.1"),
            Refusal::NotQualified => (554, "5.1.2"),
            Refusal::RelayDenied => (554, "5.7.1"),
            Refusal::UnknownRecipient => (550, "5.1.1"),
            Refusal::Departed => (550, "5.1.6"),
            Refusal::Suspended => (550, "5.2.1"),
            Refusal::NoRoom => (452, "4.3.1"),
            Refusal::AheadOfReply => (554, "5.5.1"),
            Refusal::NotSmtp => (521, "5.5.2"),
            Refusal::TooManyBadCommands | Refusal::LoginEnded => (421, "4.7.0"),
            Refusal::TooSlow => (421, "4.4.2"),
            Refusal::ShuttingDown => (421, "4.3.2"),
        };
        Self::new(code, status, refusal)
    }
}

impl From<DataFault> for Reply {
    fn from(fault: DataFault) -> Self {
        let (code, status) = match fault {
            DataFault::LineEnd => (550, "5.5.2"),
            DataFault::Nul => (550, "5.6.0"),
            DataFault::TooLarge => (552, "5.3.4"),
            DataFault::NoRoom => (452, "4.3.1"),
        };
        Self::new(code, status, fault)
    }
}

impl From<HeaderFault> for Reply {
    fn from(fault: HeaderFault) -> Self {
        let (code, status) = match fault {
            HeaderFault::Loop => (554, "5.4.6"),
            HeaderFault::Malformed | HeaderFault::Unclear(_) | HeaderFault::LongLine => (550, "5.6.0"),
            HeaderFault::NotQualified(_) => (554, "5.1.3"),
            HeaderFault::Repeated(_)
            | HeaderFault::Several(_)
            | HeaderFault::NotOwn(_)
            | HeaderFault::InsideFromOutside => (550, "5.7.1"),
        };
        Self::new(code, status, fault)
    }
}

impl From<Disowned> for Reply {
    fn from(Disowned(domain): Disowned) -> Self {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let domain: String = domain.chars().filter(|c| is_name(*c)).collect();
        Self::new(
            550,
            "5.7.1",
            format_args!("{domain}, the domain in From, asks to refuse what it neither sent nor signed (DMARC)"),
        )
    }
}

impl From<SaslError> for Reply {
    fn from(error: SaslError) -> Self {
        let (code, status) = match error {
            SaslError::Cancelled => (501, "5.7.0"),
            SaslError::Base64 | SaslError::Form => (501, "5.5.2"),
            SaslError::Impossible => return refused_login(),
        };
        Self::new(code, status, error)
    }
}

impl From<LoginRefusal> for Reply {
    fn from(refusal: LoginRefusal) -> Self {
        match refusal {
            LoginRefusal::Wrong
            | LoginRefusal::Malformed
            | LoginRefusal::Throttled
            | LoginRefusal::Suspended
            | LoginRefusal::Departed
            | LoginRefusal::Expired
            | LoginRefusal::AuthzidNotAllowed
            | LoginRefusal::OpeningElsewhere
            | LoginRefusal::MachineElsewhere
            | LoginRefusal::MachinePurpose => refused_login(),
            LoginRefusal::Busy(_) | LoginRefusal::Database(_) => {
                Self::new(454, "4.7.0", "nobody can log in at this moment; try again later")
            }
        }
    }
}

/// The one answer to every login that fails, so that nobody learns which part of it was wrong (hostile B76).
fn refused_login() -> Reply {
    fixed("535 5.7.8 Name or password not accepted\r\n")
}

impl From<Withheld> for Reply {
    fn from(withheld: Withheld) -> Self {
        let (vi, en, max) = match withheld {
            Withheld::Enough(Bound::Hour(max)) => ("moi gio", "an hour", max),
            Withheld::Enough(Bound::Day(max)) => ("moi ngay", "a day", max),
            Withheld::Enough(Bound::Strangers(max)) => ("moi ben ngoai moi ngay", "new to you a day", max),
            Withheld::Database(error) => return StoreError::from(error).into(),
        };
        Self::new(
            452,
            "4.7.28",
            format_args!(
                "Chi duoc gui den {max} nguoi nhan {vi}, gui lai sau hoac lien he Van phong / \
                 You may send to {max} recipients {en}; try again later, or ask the Office"
            ),
        )
    }
}

impl From<Rejected> for Reply {
    fn from(rejected: Rejected) -> Self {
        let (code, status) = match rejected {
            Rejected::ForGood(_) => (550, "5.7.1"),
            Rejected::ForNow(_) => (451, "4.7.1"),
            Rejected::Header => (552, "5.3.4"),
        };
        Self::new(code, status, rejected)
    }
}

impl From<DeliveryError> for Reply {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::OverQuota => Self::new(452, "4.2.2", "the mailbox is full"),
            // Asked again, RCPT tells which one, and who took over.
            DeliveryError::Over => Self::new(450, "4.2.1", "a mailbox was closed meanwhile; try again"),
            DeliveryError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Reply {
    fn from(error: StoreError) -> Self {
        let (code, status) = match error {
            StoreError::OverQuota => (452, "4.2.2"),
            StoreError::Db(DbError::Full) => (452, "4.3.1"),
            StoreError::Db(DbError::Closed) => return Refusal::ShuttingDown.into(),
            StoreError::NoSuchFolder
            | StoreError::AlreadyExists
            | StoreError::IsInbox
            | StoreError::IntoItself
            | StoreError::HasChildren
            | StoreError::NotSelectable
            | StoreError::MessageGone
            | StoreError::TooManyKeywords
            | StoreError::TooManyFolders
            | StoreError::UseTaken
            | StoreError::AnnotationTooLong
            | StoreError::TooManyAnnotations
            | StoreError::Name(_)
            | StoreError::FolderFull
            | StoreError::Db(
                DbError::ReadOnly
                | DbError::Busy
                | DbError::Io(_)
                | DbError::Damaged(_)
                | DbError::Unfit(_)
                | DbError::Other(_),
            ) => (451, "4.3.0"),
        };
        // The cause is for the log: a client can do nothing about it but come again.
        Self::new(code, status, "the message could not be stored; try again later")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_reply_are_marked_as_continued_except_the_last() {
        let reply = Reply::extensions("mail.x.vn", &["PIPELINING".into(), "SIZE 5".into()]);
        assert_eq!(reply.as_bytes(), b"250-mail.x.vn\r\n250-PIPELINING\r\n250 SIZE 5\r\n");
        assert_eq!(Reply::extensions("h", &[]).as_bytes(), b"250 h\r\n");
    }

    #[test]
    fn a_refusal_is_said_with_its_cause() {
        assert_eq!(Reply::from(Refusal::NoSender).as_bytes(), b"503 5.5.1 MAIL first\r\n");
        assert!(!Reply::from(DataFault::NoRoom).is_success());
        assert!(OK.is_success() && GO_AHEAD.is_success());
    }
}
