//! What is answered: the only place of this door with response codes and words for people.
//!
//! Refusals come with their cause and are given a condition, a code (RFC 9051 §7.1, RFC 5530) and a text here. Texts
//! of NO and BYE are shown to people by their mail clients, so they are in the office's language; those of OK and BAD
//! are for protocol logs.

use std::borrow::Cow;
use std::io::Write;
use std::num::NonZero;

use super::refusal::{Farewell, Refusal};
use super::syntax::{Cause, SyntaxError};
use super::table::Stage;
use super::view::Access;
use crate::access::LoginRefusal;
use crate::db::DbError;
use crate::id::{FolderId, ModSeq, Uid};
use crate::language::Language;
use crate::limits;
use crate::net::sasl::SaslError;
use crate::provisioning::Failure;
use crate::store::{FolderNameError, StoreError, UidRanges};

/// What is said to a client when too many are connected, before the connection is closed.
pub const TURNED_AWAY: &[u8] = b"* BYE [UNAVAILABLE] Too many connections\r\n";

/// How a command went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing more to say.
    Plainly,
    /// Logged in; what the server can do from here on.
    LoggedIn(String),
    /// UNAUTHENTICATE; what the server can do from here on.
    LoggedOut(String),
    /// SELECT or EXAMINE.
    Opened(Access),
    /// APPEND: where the messages are (RFC 4315 §3).
    Appended {
        /// Of the folder.
        uid_validity: u32,
        /// In the order of the command.
        uids: UidRanges,
    },
    /// COPY: which message became which.
    Copied(CopyUid),
    /// CREATE: which folder it is (RFC 8474 §4.1).
    Created(FolderId),
    /// GETMETADATA: octets of the largest value that was left out (RFC 5464 §4.2.1).
    LongEntries(u64),
    /// Messages went; up to which change the client now knows everything (RFC 7162 §3.2.7).
    Settled(ModSeq),
    /// STORE with UNCHANGEDSINCE: the numbers of the messages that had changed (RFC 7162 §3.1.3).
    Unmet(UidRanges),
}

/// COPYUID: RFC 4315 §3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyUid {
    /// Of the target.
    pub uid_validity: u32,
    /// The messages copied, ascending.
    pub from: UidRanges,
    /// What they became, in the same order.
    pub to: UidRanges,
}

/// Untagged OK responses that say something of the folder being opened: RFC 9051 §6.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<'a> {
    /// The folder selected before is closed: what follows is about the new one.
    Closed,
    /// Flags that can be kept, as a list in parentheses.
    PermanentFlags(&'a str),
    /// The sequence number of the first message without `\Seen`; only RFC 3501.
    Unseen(u32),
    /// The folder's validity.
    UidValidity(u32),
    /// The next UID.
    UidNext(Uid),
    /// RFC 7162 §3.1.2.1.
    HighestModSeq(ModSeq),
    /// RFC 8474 §4.2.
    MailboxId(FolderId),
}

/// The greeting of a new connection: RFC 9051 §7.1.
pub fn greeting(out: &mut Vec<u8>, capabilities: &str, hostname: &str) {
    line(out, "*", "OK", &format!("CAPABILITY {capabilities}"), &format!("{hostname} ready"));
}

/// The answer that ends a command.
pub fn tagged(out: &mut Vec<u8>, tag: &str, name: &str, result: &Result<Done, Refusal>, language: Language) {
    match result {
        Ok(done) => line(out, tag, "OK", &done_code(done), &format!("{name} completed")),
        Err(refusal) => {
            let Answer { condition, code, text } = answer(refusal, language);
            line(out, tag, condition, &code, &text);
        }
    }
}

/// Said once, behind the login: RFC 9051 §7.1 has mail programs show it (R10).
pub fn first_password(out: &mut Vec<u8>, page: Option<&str>, language: Language) {
    let text = match (language, page) {
        (Language::Vi, Some(page)) => {
            format!("Mật khẩu này là mật khẩu cấp lần đầu. Hãy đổi mật khẩu tại {page} trước khi gửi thư.")
        }
        (Language::Vi, None) => {
            "Mật khẩu này là mật khẩu cấp lần đầu. Hãy liên hệ Văn phòng để đổi mật khẩu trước khi gửi thư.".to_owned()
        }
        (Language::En, Some(page)) => {
            format!("This is your first password. Change it at {page} before you send mail.")
        }
        (Language::En, None) => {
            "This is your first password. Ask the Office to have it changed before you send mail.".to_owned()
        }
    };
    line(out, "*", "OK", "ALERT", &text);
}

/// The answer to what is no command: untagged where there is no tag.
pub fn refused(out: &mut Vec<u8>, tag: Option<&str>, refusal: &Refusal, language: Language) {
    let Answer { condition, code, text } = answer(refusal, language);
    match tag {
        Some(tag) => line(out, tag, condition, &code, &text),
        // RFC 9051 §7.1.3: an untagged NO would be a warning.
        None => line(out, "*", "BAD", &code, &text),
    }
}

/// Something about the folder being opened.
pub fn fact(out: &mut Vec<u8>, fact: Fact<'_>) {
    let (code, text) = match fact {
        Fact::Closed => ("CLOSED".to_owned(), "Previous folder closed"),
        Fact::PermanentFlags(flags) => (format!("PERMANENTFLAGS {flags}"), "Flags that are kept"),
        Fact::Unseen(sequence) => (format!("UNSEEN {sequence}"), "First unseen message"),
        Fact::UidValidity(validity) => (format!("UIDVALIDITY {validity}"), "UIDs valid"),
        Fact::UidNext(uid) => (format!("UIDNEXT {uid}"), "Next UID"),
        Fact::MailboxId(folder) => (mailbox_id(folder), "Folder's id"),
        Fact::HighestModSeq(modseq) => (format!("HIGHESTMODSEQ {modseq}"), "Highest mod-sequence"),
    };
    line(out, "*", "OK", &code, text);
}

/// Which message became which, before MOVE tells that they are gone: RFC 6851 §4.3.
pub fn moved(out: &mut Vec<u8>, copied: &CopyUid) {
    line(out, "*", "OK", &copy_uid(copied), "Moved");
}

/// A folder's id, as a response code and as STATUS has it: RFC 8474 §4. The same for ever, whatever the folder is called.
pub fn mailbox_id(folder: FolderId) -> String {
    format!("MAILBOXID (F{folder})")
}

/// The mailbox will be full soon: RFC 9208 §4.3.1.
pub fn nearly_full(out: &mut Vec<u8>, percent: u64, language: Language) {
    let text = match language {
        Language::Vi => {
            format!("Hộp thư đã dùng {percent}% dung lượng. Hãy xoá bớt thư hoặc chuyển thư cũ vào kho lưu trữ.")
        }
        Language::En => format!("The mailbox is {percent}% full. Delete some mail, or put old mail into an archive."),
    };
    line(out, "*", "NO", "OVERQUOTA", &text);
}

/// What NOTIFY asked for is not told any more: RFC 5465 §5.8.
pub fn no_more_notified(out: &mut Vec<u8>) {
    line(out, "*", "OK", "NOTIFICATIONOVERFLOW", "No more notifications");
}

/// Where the new message is, before REPLACE tells that the old one is gone: RFC 8508 §3.
pub fn replaced(out: &mut Vec<u8>, uid_validity: u32, uid: Uid) {
    line(out, "*", "OK", &format!("APPENDUID {uid_validity} {uid}"), "Replacement stored");
}

/// A command is still worked on: RFC 9585 §4.
pub fn in_progress(out: &mut Vec<u8>, tag: &str, done: u64, goal: Option<NonZero<u64>>) {
    let state = match goal {
        Some(goal) => format!("{} {goal}", done.min(goal.get())),
        None => "NIL NIL".to_owned(),
    };
    // A tag has neither quotes nor backslashes.
    line(out, "*", "OK", &format!("INPROGRESS (\"{tag}\" {state})"), "Still working");
}

/// The server waits for more of the command: RFC 9051 §7.6.
pub fn go_on(out: &mut Vec<u8>, challenge: &str) {
    out.extend_from_slice(b"+ ");
    out.extend_from_slice(challenge.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The server waits for a literal.
pub fn ready_for_literal(out: &mut Vec<u8>) {
    go_on(out, "Ready for the literal");
}

/// IDLE has begun.
pub fn idling(out: &mut Vec<u8>) {
    go_on(out, "idling");
}

/// The last words.
pub fn bye(out: &mut Vec<u8>, farewell: Farewell, language: Language) {
    let say = |vi, en| in_language(language, vi, en);
    let (code, text) = match farewell {
        Farewell::Asked => ("", "Logging out"),
        Farewell::RightsEnded => (
            "",
            say(
                "Quyền đăng nhập đã thay đổi. Hãy đăng nhập lại hoặc liên hệ Văn phòng.",
                "Your right to log in has changed. Log in again, or ask the Office.",
            ),
        ),
        Farewell::Draining => {
            ("UNAVAILABLE", say("Máy chủ thư đang khởi động lại.", "The mail server is being restarted."))
        }
        Farewell::Idle => ("", say("Đã lâu không có lệnh nào.", "Nothing was asked for a long time.")),
        Farewell::LoginsFailed => ("", say("Đăng nhập sai quá nhiều lần.", "Too many logins failed.")),
        Farewell::Nonsense => ("", "Too many commands that are none"),
        Farewell::OutOfStep => ("TOOBIG", "Literal too big to be skipped"),
        Farewell::FolderGone => ("", say("Thư mục đang mở đã bị xoá.", "The open folder was deleted.")),
    };
    line(out, "*", "BYE", code, text);
}

fn done_code(done: &Done) -> Cow<'static, str> {
    match done {
        Done::Plainly => "".into(),
        Done::LoggedIn(capabilities) | Done::LoggedOut(capabilities) => format!("CAPABILITY {capabilities}").into(),
        Done::Opened(Access::ReadWrite) => "READ-WRITE".into(),
        Done::Opened(Access::ReadOnly) => "READ-ONLY".into(),
        Done::Appended { uid_validity, uids } => format!("APPENDUID {uid_validity} {}", set(uids)).into(),
        Done::Copied(copied) => copy_uid(copied).into(),
        Done::Created(folder) => mailbox_id(*folder).into(),
        Done::LongEntries(octets) => format!("METADATA LONGENTRIES {octets}").into(),
        Done::Settled(modseq) => format!("HIGHESTMODSEQ {modseq}").into(),
        Done::Unmet(numbers) => format!("MODIFIED {}", set(numbers)).into(),
    }
}

fn copy_uid(copied: &CopyUid) -> String {
    format!("COPYUID {} {} {}", copied.uid_validity, set(&copied.from), set(&copied.to))
}

/// RFC 9051 §9 "uid-set".
fn set(numbers: &UidRanges) -> String {
    let range = |r: &std::ops::RangeInclusive<u32>| match (r.start(), r.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}:{last}"),
    };
    numbers.as_slice().iter().map(range).collect::<Vec<_>>().join(",")
}

/// What a refusal is answered with.
struct Answer {
    condition: &'static str,
    code: Cow<'static, str>,
    text: Cow<'static, str>,
}

const fn no(code: &'static str, text: &'static str) -> Answer {
    Answer { condition: "NO", code: Cow::Borrowed(code), text: Cow::Borrowed(text) }
}

const fn bad(text: &'static str) -> Answer {
    Answer { condition: "BAD", code: Cow::Borrowed(""), text: Cow::Borrowed(text) }
}

fn answer(refusal: &Refusal, language: Language) -> Answer {
    let say = |vi, en| in_language(language, vi, en);
    match refusal {
        Refusal::Syntax(error) => syntax(error, language),
        Refusal::NotEnabled => bad("ENABLE QRESYNC first"),
        Refusal::OutOfState(Stage::NotAuthenticated) => bad("Log in first"),
        Refusal::OutOfState(Stage::Authenticated) => bad("Not in this state; perhaps no folder is selected"),
        Refusal::OutOfState(Stage::Selected) => bad("Not in this state"),
        Refusal::NeedsTls => no(
            "PRIVACYREQUIRED",
            say(
                "Hãy bật kết nối mã hoá (STARTTLS hoặc SSL/TLS) trước khi đăng nhập.",
                "Turn on encryption (STARTTLS or SSL/TLS) before logging in.",
            ),
        ),
        Refusal::SecureAlready => bad("TLS is active already"),
        Refusal::CompressedAlready => {
            no("COMPRESSIONACTIVE", say("Kết nối đã được nén.", "The connection is compressed already."))
        }
        Refusal::UnknownMechanism => no("", say("Không có cách đăng nhập này.", "There is no such login method.")),
        Refusal::Sasl(error) => sasl(*error, language),
        Refusal::Login(error) => login(error, language),
        Refusal::FolderName(error) => folder_name(*error, language),
        Refusal::NoTarget => no("TRYCREATE", no_such_folder(language)),
        Refusal::SpecialUse => {
            no("USEATTR", say("Thư mục không thể có công dụng này.", "No folder can be given this use."))
        }
        Refusal::NoQuotaRoot => no("NONEXISTENT", say("Không có hạn mức này.", "There is no such quota root.")),
        Refusal::QuotaIsFixed => {
            no("NOPERM", say("Hạn mức hộp thư do Văn phòng quy định.", "The Office sets what a mailbox may hold."))
        }
        Refusal::EntryIsFixed => no("NOPERM", say("Không thể sửa mục này.", "This entry cannot be changed.")),
        Refusal::NoPrivateEntries => {
            no("METADATA NOPRIVATE", say("Không ghi được mục riêng ở đây.", "No private entries can be kept here."))
        }
        Refusal::Store(error) => store(error, language),
        Refusal::ReadOnly => {
            no("READ-ONLY", say("Thư mục đang mở chỉ để đọc.", "The folder is open for reading only."))
        }
        Refusal::NoPermission => no("NOPERM", no_permission(language)),
        Refusal::OtherMailbox => no(
            "CANNOT",
            say(
                "Không thể chuyển thư mục sang hộp thư khác. Hãy chuyển thư trong thư mục.",
                "A folder cannot go to another mailbox. Move the messages in it.",
            ),
        ),
        Refusal::UnknownRight => bad("No such right"),
        Refusal::UnknownIdentifier => no(
            "CANNOT",
            say("Không có người hoặc đơn vị nào mang tên này.", "There is no person or unit of this name."),
        ),
        Refusal::Act(failure) => act(failure, language),
        Refusal::NoSuchMessage => bad("No message has this number"),
        Refusal::NoSuchUid => no("NONEXISTENT", say("Không còn thư này.", "There is no such message.")),
        Refusal::BadUrl(url) => Answer {
            condition: "NO",
            code: format!("BADURL {}", shown_url(url)).into(),
            text: say("Không có phần thư được trích dẫn.", "The quoted part of a message is not there.").into(),
        },
        Refusal::TooBig => no("TOOBIG", too_big(language)),
        Refusal::UnknownEncoding => {
            no("UNKNOWN-CTE", say("Không rõ cách mã hoá của phần này.", "The encoding of this part is not known."))
        }
        Refusal::UnknownEvent => no(
            "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)",
            say("Máy chủ không báo được loại sự kiện này.", "The server cannot tell of this kind of event."),
        ),
        Refusal::TooMuchToHear => no(
            "NOTIFICATIONOVERFLOW",
            say("Quá nhiều thư mục cần theo dõi.", "There are too many folders to be told of."),
        ),
        Refusal::Busy => no("UNAVAILABLE", busy(language)),
        // Its room is bounded and it is written in full at once: what fails then is the disk.
        Refusal::Aside(_) => db(&DbError::Full, language),
        Refusal::NotDone => bad("Expected DONE"),
        Refusal::Broken => no("SERVERBUG", say("Máy chủ gặp lỗi.", "The server made a mistake.")),
    }
}

/// Causes of [`Cause`] that are no mere mistake of the client's are told by a code.
fn syntax(error: &SyntaxError, language: Language) -> Answer {
    let say = |vi, en| in_language(language, vi, en);
    match error.cause {
        Cause::FlagLimit => no("LIMIT", say("Nhãn quá dài hoặc quá nhiều.", "Too long or too many tags.")),
        Cause::MailboxName => no("CANNOT", say("Tên thư mục không hợp lệ.", "This is not a valid folder name.")),
        Cause::SpecialUse => {
            no("USEATTR", say("Thư mục không thể có công dụng này.", "No folder can be given this use."))
        }
        Cause::Charset | Cause::CharsetOfSaved => {
            no("BADCHARSET (US-ASCII UTF-8)", say("Không rõ bảng mã này.", "This charset is not known."))
        }
        Cause::MessageTooBig => no("TOOBIG", too_big(language)),
        Cause::Nesting | Cause::TooMany(_) | Cause::CommandTooLong => {
            Answer { condition: "BAD", code: "LIMIT".into(), text: error.to_string().into() }
        }
        Cause::Tag
        | Cause::TagTooLong
        | Cause::UnknownCommand
        | Cause::Expected(_)
        | Cause::Trailing
        | Cause::Nul
        | Cause::Number
        | Cause::Date
        | Cause::Flag
        | Cause::CharsetNamed
        | Cause::Encoding
        | Cause::LiteralSize => Answer { condition: "BAD", code: "".into(), text: error.to_string().into() },
    }
}

/// A client's URL as it may stand in a response code; RFC 4469 §5 leaves out `]`.
fn shown_url(url: &str) -> String {
    let shown = url.chars().take(limits::URL_SHOWN_CHARS_MAX);
    let shown: String = shown.map(|c| if c.is_ascii_graphic() && c != ']' { c } else { '?' }).collect();
    if shown.is_empty() { "?".to_owned() } else { shown }
}

fn sasl(error: SaslError, language: Language) -> Answer {
    match error {
        SaslError::Cancelled => bad("Cancelled"),
        SaslError::Base64 => bad("Not base64"),
        SaslError::Form => bad("Not a response of this mechanism"),
        SaslError::Impossible => no("AUTHENTICATIONFAILED", login_failed(language)),
    }
}

/// One public answer for every login that failed (hostile B76).
fn login(error: &LoginRefusal, language: Language) -> Answer {
    match error {
        LoginRefusal::Wrong
        | LoginRefusal::Malformed
        | LoginRefusal::Throttled
        | LoginRefusal::Suspended
        | LoginRefusal::Departed
        | LoginRefusal::Expired
        | LoginRefusal::OpeningElsewhere
        | LoginRefusal::MachineElsewhere
        | LoginRefusal::MachinePurpose => no("AUTHENTICATIONFAILED", login_failed(language)),
        LoginRefusal::AuthzidNotAllowed => no("AUTHORIZATIONFAILED", login_failed(language)),
        LoginRefusal::Busy(_) => no("UNAVAILABLE", busy(language)),
        LoginRefusal::Database(error) => db(error, language),
    }
}

fn folder_name(error: FolderNameError, language: Language) -> Answer {
    let say = |vi, en| in_language(language, vi, en);
    let text = match error {
        FolderNameError::Empty => say("Tên thư mục có một cấp để trống.", "A level of the folder name is empty."),
        FolderNameError::TooLong => say("Tên thư mục quá dài.", "The folder name is too long."),
        FolderNameError::TooDeep => say("Thư mục có quá nhiều cấp.", "The folder has too many levels."),
        FolderNameError::Character => {
            say("Tên thư mục có ký tự không được phép.", "The folder name holds a character that is not allowed.")
        }
    };
    no("CANNOT", text)
}

/// What does not exist and what may not be seen are one answer (hostile B46).
fn store(error: &StoreError, language: Language) -> Answer {
    let say = |vi, en| in_language(language, vi, en);
    match error {
        StoreError::NoSuchFolder => no("NONEXISTENT", no_such_folder(language)),
        StoreError::AlreadyExists => {
            no("ALREADYEXISTS", say("Đã có thư mục mang tên này.", "There is a folder of this name already."))
        }
        StoreError::IsInbox => no("CANNOT", say("Không thể xoá hộp thư đến.", "The inbox cannot be deleted.")),
        StoreError::IntoItself => {
            no("CANNOT", say("Không thể chuyển thư mục vào chính nó.", "A folder cannot be moved into itself."))
        }
        StoreError::HasChildren => {
            no("HASCHILDREN", say("Hãy xoá các thư mục con trước.", "Delete the folders in it first."))
        }
        StoreError::NotSelectable => {
            no("NONEXISTENT", say("Thư mục này chỉ chứa các thư mục con.", "This folder only holds other folders."))
        }
        StoreError::MessageGone => {
            no("EXPUNGEISSUED", say("Có thư đã bị xoá ở nơi khác.", "A message was deleted elsewhere meanwhile."))
        }
        StoreError::OverQuota => no("OVERQUOTA", say("Hộp thư đã đầy.", "The mailbox is full.")),
        StoreError::TooManyKeywords => {
            no("LIMIT", say("Thư mục đã có quá nhiều nhãn.", "The folder has too many tags already."))
        }
        StoreError::TooManyFolders => {
            no("LIMIT", say("Hộp thư đã có quá nhiều thư mục.", "The mailbox has too many folders already."))
        }
        StoreError::UseTaken => {
            no("USEATTR", say("Thư mục khác đã có công dụng này.", "Another folder has this use already."))
        }
        StoreError::AnnotationTooLong => {
            no(METADATA_MAXSIZE, say("Nội dung ghi chú quá dài.", "The value of the entry is too long."))
        }
        StoreError::TooManyAnnotations => {
            no("METADATA TOOMANY", say("Đã có quá nhiều ghi chú.", "There are too many entries already."))
        }
        StoreError::Name(error) => folder_name(*error, language),
        StoreError::FolderFull => {
            no("LIMIT", say("Thư mục không nhận thêm thư được nữa.", "The folder cannot take any more messages."))
        }
        StoreError::Db(error) => db(error, language),
    }
}

/// RFC 5464 §4.3; a test holds it to the bound.
const METADATA_MAXSIZE: &str = "METADATA MAXSIZE 4096";

fn db(error: &DbError, language: Language) -> Answer {
    let say = |vi, en| in_language(language, vi, en);
    match error {
        DbError::Full => no("UNAVAILABLE", say("Máy chủ thư đã hết chỗ lưu trữ.", "The mail server's disk is full.")),
        DbError::ReadOnly | DbError::Busy | DbError::Closed => no(
            "UNAVAILABLE",
            say("Máy chủ thư tạm thời chưa làm được việc này.", "The mail server cannot do this at the moment."),
        ),
        DbError::Io(_) | DbError::Damaged(_) | DbError::Unfit(_) | DbError::Other(_) => no(
            "SERVERBUG",
            say("Máy chủ thư gặp lỗi, hãy báo Văn phòng.", "The mail server has failed; please tell the Office."),
        ),
    }
}

/// What the office's rules say, in their own words.
fn act(failure: &Failure, language: Language) -> Answer {
    match failure {
        Failure::Refused(refusal) => Answer { text: refusal.message(language).into(), ..no("CANNOT", "") },
        Failure::Ended => no("NOPERM", no_permission(language)),
        Failure::Db(error) | Failure::Store(StoreError::Db(error)) => db(error, language),
        _ => no("SERVERBUG", in_language(language, "Máy chủ gặp lỗi.", "The server made a mistake.")),
    }
}

fn no_permission(language: Language) -> &'static str {
    in_language(language, "Bạn không có quyền làm việc này.", "You have no right to do this.")
}

fn no_such_folder(language: Language) -> &'static str {
    in_language(language, "Không có thư mục này.", "There is no such folder.")
}

fn too_big(language: Language) -> &'static str {
    in_language(language, "Thư quá lớn.", "The message is too big.")
}

fn busy(language: Language) -> &'static str {
    in_language(
        language,
        "Máy chủ đang bận, hãy thử lại sau ít phút.",
        "The server is busy, try again in a few minutes.",
    )
}

fn login_failed(language: Language) -> &'static str {
    in_language(language, "Sai tên đăng nhập hoặc mật khẩu.", "Wrong name or password.")
}

fn in_language(language: Language, vi: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// `tag condition [code] text`: RFC 9051 §7.
fn line(out: &mut Vec<u8>, tag: &str, condition: &str, code: &str, text: &str) {
    let written = if code.is_empty() {
        write!(out, "{tag} {condition} {text}\r\n")
    } else {
        write!(out, "{tag} {condition} [{code}] {text}\r\n")
    };
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_annotation_is_the_one_that_is_told() {
        assert_eq!(METADATA_MAXSIZE, format!("METADATA MAXSIZE {}", crate::limits::ANNOTATION_BYTES_MAX));
    }
}
