//! Why a client does not get what it asked for, apart from its words being malformed: one cause each, no codes.

/// Why a command is refused, though it is well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// EHLO or HELO must come before mail.
    #[error("EHLO first")]
    NoHello,
    /// RCPT or DATA without MAIL.
    #[error("MAIL first")]
    NoSender,
    /// MAIL in a transaction.
    #[error("a transaction is under way; RSET ends it")]
    SecondSender,
    /// DATA without an accepted recipient.
    #[error("no recipient was accepted")]
    NoRecipient,
    /// RCPT or DATA after the first chunk of a message: RFC 3030 §2.
    #[error("the message has begun to come; BDAT goes on, RSET ends it")]
    MessageBegun,
    /// DATA for a message that has octets of any kind: RFC 3030 §3.
    #[error("a message of BODY=BINARYMIME comes by BDAT")]
    BinaryNeedsChunks,
    /// A chunk behind one that was refused.
    #[error("this chunk belongs to a message that was refused")]
    ChunkRefused,
    /// A command line over its limit.
    #[error("line too long")]
    LineTooLong,
    /// A line of a login over its limit.
    #[error("line of the login too long")]
    LoginLineTooLong,
    /// STARTTLS under TLS.
    #[error("TLS is on already")]
    AlreadySecure,
    /// STARTTLS where there is no certificate.
    #[error("TLS is not available")]
    TlsNotOffered,
    /// AUTH on port 25, or where it was not announced.
    #[error("there is no login here")]
    LoginNotOffered,
    /// AUTH twice.
    #[error("logged in already")]
    AlreadyLoggedIn,
    /// AUTH between MAIL and DATA.
    #[error("no login within a transaction")]
    LoginInTransaction,
    /// A login or mail before TLS.
    #[error("STARTTLS first")]
    TlsFirst,
    /// Mail before a login.
    #[error("log in first")]
    LoginFirst,
    /// More recipients than a message may have.
    #[error("too many recipients for one message")]
    TooManyRecipients,
    /// The announced size is over the limit.
    #[error("the message is too large")]
    TooLarge,
    /// An address that is not ASCII in a transaction without SMTPUTF8.
    #[error("an address that is not ASCII needs SMTPUTF8")]
    Utf8NotAnnounced,
    /// A person sends as somebody else.
    #[error("this sender address is not yours")]
    SenderNotOwn,
    /// A stranger sends as one of us.
    #[error("senders of this domain log in first")]
    SenderFromOutside,
    /// The address that a device sends from is nobody's.
    #[error("the address that this device sends from is not in use")]
    DeviceSenderGone,
    /// A device sends to too many in an hour.
    #[error("this device has sent to as many recipients as it may in an hour")]
    DeviceTooMany,
    /// The domain of a recipient is the name of a machine alone.
    #[error("write the whole domain of the recipient")]
    NotQualified,
    /// There is no way to a domain that is not ours.
    #[error("this server sends no mail to that domain")]
    OutsideNotOpen,
    /// A stranger sends to a domain that is not ours.
    #[error("mail is not relayed")]
    RelayDenied,
    /// Nobody has this address.
    #[error("no such recipient here")]
    UnknownRecipient,
    /// Nobody has this address any more.
    #[error("this mailbox is no longer in use")]
    Departed,
    /// The mailbox is suspended.
    #[error("this mailbox takes no mail at present")]
    Suspended,
    /// No memory, or no disk, for another message.
    #[error("no room for a message at this moment")]
    NoRoom,
    /// Something was sent before the reply it has to wait for.
    #[error("you spoke before it was your turn")]
    AheadOfReply,
    /// The first bytes are those of another protocol.
    #[error("this is a mail server")]
    NotSmtp,
    /// [`crate::limits::SMTP_BAD_COMMANDS_MAX`] were reached.
    #[error("too many bad commands")]
    TooManyBadCommands,
    /// The right to be logged in ended.
    #[error("your login has ended")]
    LoginEnded,
    /// A deadline passed.
    #[error("you took too long")]
    TooSlow,
    /// The server stops.
    #[error("the server is stopping")]
    ShuttingDown,
}
