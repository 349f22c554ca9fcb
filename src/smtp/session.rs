//! What may be said when: a client's commands change the state here, and the connection does what comes out of it.
//!
//! Plain functions only. Whether a sender or recipient is accepted depends on the directory, so the session asks
//! ([`Action::Sender`], [`Action::Recipient`]) and is told.

use crate::address::Address;
use crate::delivery::{Destination, Recipient};
use crate::limits;
use crate::net::sasl::{Exchange, MECHANISMS};
use crate::queue::RecipientDsn;

use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::syntax::{self, Body, Chunk, ChunkPlace, ClientName, Command, ForwardPath, Mail, SyntaxError};

/// What a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Port 25: other servers bring mail for our people.
    Relay,
    /// Port 587: our people send, after STARTTLS and a login (RFC 6409).
    Submission,
    /// Port 465: the same, under TLS from the first byte (RFC 8314).
    Submissions,
}

/// Whether somebody on the way can read what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Yes.
    Clear,
    /// Yes, but the administrator allows logins from that network all the same.
    ClearAllowed,
    /// No.
    Tls,
}

/// What holds for a connection from its beginning.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What the listener is for.
    pub kind: Kind,
    /// How safe the connection is now.
    pub security: Security,
    /// Whether there is a certificate to offer STARTTLS with.
    pub can_secure: bool,
    /// The largest message that is taken, in bytes.
    pub message_bytes_max: usize,
    /// Recipients that one message may have.
    pub recipients_max: usize,
}

/// What is said, and what then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The session goes on.
    Say(Reply),
    /// The connection is closed.
    HangUp(Reply),
}

/// What the connection is to do.
#[derive(Debug)]
pub enum Action<M> {
    /// Nothing but answer.
    Answer(Answer),
    /// Find out whether this sender is allowed, then [`Session::sender`].
    Sender(Mail),
    /// Find out who that is, then [`Session::recipient`].
    Recipient(ForwardPath, RecipientDsn),
    /// Say 354 and receive the message of this transaction, which is over with that.
    Receive(Transaction),
    /// Take so many octets off the connection, and then say what became of them.
    Chunk(Chunk, ChunkOf<M>),
    /// Say 220, make the handshake, then [`Session::secured`].
    StartTls,
    /// Carry the exchange through from the initial response, then [`Session::logged_in`].
    Login(Exchange, Option<String>),
}

/// What a chunk belongs to.
#[derive(Debug)]
pub enum ChunkOf<M> {
    /// The message of this transaction, of which it is the beginning.
    Beginning(Transaction),
    /// The message of which this has come.
    Rest(M),
    /// Nothing: it is thrown away, and this is answered (RFC 3030 §2).
    Nothing(Answer),
}

/// One message's envelope while it is being said: RSET drops exactly this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The arguments of MAIL.
    pub mail: Mail,
    /// Those that were accepted, each with the address by which the client named it.
    pub recipients: Vec<Recipient>,
}

/// How the client greeted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What it calls itself.
    pub name: ClientName,
    /// Whether it knows extensions (EHLO).
    pub extended: bool,
}

#[derive(Debug)]
enum State<M> {
    Connected,
    Greeted(Hello),
    Sending(Hello, Transaction),
    /// A part of the message has come.
    Collecting(Hello, M),
    /// A chunk was refused; those that were sent behind it are still coming.
    Discarding(Hello),
}

/// A connection's session; `L` is what a login gives, `M` what has come of a message that comes in chunks.
#[derive(Debug)]
pub struct Session<L, M> {
    hostname: String,
    terms: Terms,
    state: State<M>,
    login: Option<L>,
    bad_commands: u32,
}

impl<L, M> Session<L, M> {
    /// A session in which nothing was said yet.
    pub fn new(hostname: String, terms: Terms) -> Self {
        Self { hostname, terms, state: State::Connected, login: None, bad_commands: 0 }
    }

    /// The first words to the client.
    pub fn greeting(&self) -> Reply {
        Reply::greeting(&self.hostname)
    }

    /// Who is logged in.
    pub fn login(&self) -> Option<&L> {
        self.login.as_ref()
    }

    /// How the client greeted, if it did.
    pub fn hello(&self) -> Option<&Hello> {
        match &self.state {
            State::Connected => None,
            State::Greeted(hello)
            | State::Sending(hello, _)
            | State::Collecting(hello, _)
            | State::Discarding(hello) => Some(hello),
        }
    }

    /// The envelope so far, between MAIL and DATA.
    pub fn transaction(&self) -> Option<&Transaction> {
        match &self.state {
            State::Sending(_, transaction) => Some(transaction),
            State::Connected | State::Greeted(_) | State::Collecting(..) | State::Discarding(_) => None,
        }
    }

    /// What has come of the message so far, between two chunks.
    pub fn collecting(&self) -> Option<&M> {
        match &self.state {
            State::Collecting(_, message) => Some(message),
            State::Connected | State::Greeted(_) | State::Sending(..) | State::Discarding(_) => None,
        }
    }

    /// What holds for the connection now.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Takes a line, without its CRLF.
    pub fn command(&mut self, line: &[u8]) -> Action<M> {
        let action = if line.len() + 2 > self.line_bytes_max(line) {
            Err(Refusal::LineTooLong.into())
        } else {
            syntax::command(line).map_err(Reply::from).and_then(|command| {
                self.check_utf8(line, &command)?;
                Ok(self.act(command)?)
            })
        };
        action.unwrap_or_else(|reply| Action::Answer(self.bad(reply)))
    }

    /// Answers a command that is malformed, out of order or too long; the last one of too many ends the session.
    pub fn bad(&mut self, reply: Reply) -> Answer {
        self.bad_commands += 1;
        if reply == SyntaxError::Http.into() || reply == SyntaxError::Chunk.into() {
            Answer::HangUp(reply)
        } else if self.bad_commands >= limits::SMTP_BAD_COMMANDS_MAX {
            Answer::HangUp(Refusal::TooManyBadCommands.into())
        } else {
            Answer::Say(reply)
        }
    }

    /// Answers a line that is longer than any command; only a login is nearly as long.
    pub fn endless_line(&mut self) -> Answer {
        let refusal = if self.offers_login() { Refusal::LoginLineTooLong } else { Refusal::LineTooLong };
        self.bad(refusal.into())
    }

    /// The longest line that may come now; what extensions add holds once they were announced.
    fn line_bytes_max(&self, line: &[u8]) -> usize {
        match self.hello() {
            Some(hello) if hello.extended && syntax::is_auth(line) => limits::SMTP_AUTH_LINE_BYTES_MAX,
            Some(hello) if hello.extended => limits::SMTP_EXTENDED_LINE_BYTES_MAX,
            _ => limits::SMTP_LINE_BYTES_MAX,
        }
    }

    /// Addresses that are not ASCII come in a transaction of which MAIL says so: RFC 6531 §3.4 (hostile B25).
    fn check_utf8(&self, line: &[u8], command: &Command) -> Result<(), Refusal> {
        let announced = match command {
            Command::Mail(mail) => mail.smtputf8,
            Command::Rcpt(..) => self.transaction().is_none_or(|transaction| transaction.mail.smtputf8),
            _ => true,
        };
        if announced || line.is_ascii() { Ok(()) } else { Err(Refusal::Utf8NotAnnounced) }
    }

    fn act(&mut self, command: Command) -> Result<Action<M>, Refusal> {
        let action = match command {
            Command::Helo(name) => say(self.greeted(Hello { name, extended: false })),
            Command::Ehlo(name) => say(self.greeted(Hello { name, extended: true })),
            Command::Mail(mail) => self.mail(mail)?,
            Command::Rcpt(recipient, dsn) => self.rcpt(recipient, dsn)?,
            Command::Data => Action::Receive(self.data()?),
            Command::Bdat(chunk) => Action::Chunk(chunk, self.chunk(chunk.place)),
            Command::Rset => {
                self.end_transaction();
                say(reply::OK)
            }
            Command::Noop => say(reply::OK),
            Command::Vrfy => say(reply::VRFY),
            Command::Help => say(Reply::help()),
            Command::Quit => Action::Answer(Answer::HangUp(reply::BYE)),
            Command::StartTls => self.start_tls()?,
            Command::Auth(mechanism, initial) => {
                self.may_log_in()?;
                Action::Login(mechanism.start(), initial)
            }
        };
        Ok(action)
    }

    /// EHLO in a session is RSET too: RFC 5321 §4.1.4.
    fn greeted(&mut self, hello: Hello) -> Reply {
        let extended = hello.extended;
        self.state = State::Greeted(hello);
        if extended { Reply::extensions(&self.hostname, &self.extensions()) } else { Reply::hello(&self.hostname) }
    }

    /// The extensions that hold now: the one list, from which EHLO is answered.
    fn extensions(&self) -> Vec<String> {
        let names = || MECHANISMS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
        let list = [
            Some("PIPELINING".to_owned()),
            Some(format!("SIZE {}", self.terms.message_bytes_max)),
            Some("8BITMIME".to_owned()),
            Some("SMTPUTF8".to_owned()),
            Some("CHUNKING".to_owned()),
            Some("BINARYMIME".to_owned()),
            Some("DSN".to_owned()),
            Some("ENHANCEDSTATUSCODES".to_owned()),
            self.offers_tls().then(|| "STARTTLS".to_owned()),
            self.offers_login().then(|| format!("AUTH {}", names())),
            Some(format!("LIMITS RCPTMAX={}", self.terms.recipients_max)),
        ];
        list.into_iter().flatten().collect()
    }

    fn offers_tls(&self) -> bool {
        self.terms.can_secure && self.terms.security != Security::Tls
    }

    fn offers_login(&self) -> bool {
        self.terms.kind != Kind::Relay && self.terms.security != Security::Clear && self.login.is_none()
    }

    fn end_transaction(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Connected) {
            State::Sending(hello, _) | State::Collecting(hello, _) | State::Discarding(hello) => State::Greeted(hello),
            other => other,
        };
    }

    fn mail(&self, mail: Mail) -> Result<Action<M>, Refusal> {
        match &self.state {
            State::Connected => return Err(Refusal::NoHello),
            State::Sending(..) | State::Collecting(..) => return Err(Refusal::SecondSender),
            State::Greeted(_) | State::Discarding(_) => {}
        }
        if self.terms.kind != Kind::Relay && self.login.is_none() {
            return Err(if self.offers_login() { Refusal::LoginFirst } else { Refusal::TlsFirst });
        }
        Ok(Action::Sender(mail))
    }

    /// Begins the transaction if the sender is allowed. What size and spelling ask for is checked here, for everybody.
    pub fn sender(&mut self, mail: Mail, allowed: Result<(), Reply>) -> Reply {
        let message_bytes_max = u64::try_from(self.terms.message_bytes_max).unwrap_or(u64::MAX);
        if mail.size.is_some_and(|size| size > message_bytes_max) {
            return Refusal::TooLarge.into();
        }
        if let Err(refusal) = allowed {
            return refusal;
        }
        self.state = match std::mem::replace(&mut self.state, State::Connected) {
            State::Greeted(hello) | State::Discarding(hello) => {
                State::Sending(hello, Transaction { mail, recipients: Vec::new() })
            }
            other => other,
        };
        reply::SENDER_OK
    }

    fn rcpt(&self, recipient: ForwardPath, dsn: RecipientDsn) -> Result<Action<M>, Refusal> {
        match &self.state {
            State::Connected => Err(Refusal::NoHello),
            State::Greeted(_) | State::Discarding(_) => Err(Refusal::NoSender),
            State::Collecting(..) => Err(Refusal::MessageBegun),
            State::Sending(..) => Ok(Action::Recipient(recipient, dsn)),
        }
    }

    /// Adds the recipient if mail for it is taken. One that is named twice counts twice and gets one copy.
    pub fn recipient(&mut self, address: Address, dsn: RecipientDsn, found: Result<Destination, Reply>) -> Reply {
        let State::Sending(_, transaction) = &mut self.state else { return Refusal::NoSender.into() };
        if transaction.recipients.len() >= self.terms.recipients_max {
            return Refusal::TooManyRecipients.into();
        }
        match found {
            Err(refusal) => return refusal,
            Ok(destination) => transaction.recipients.push(Recipient { destination, address, dsn }),
        }
        reply::RECIPIENT_OK
    }

    fn data(&mut self) -> Result<Transaction, Refusal> {
        match &self.state {
            State::Sending(_, transaction) if transaction.recipients.is_empty() => return Err(Refusal::NoRecipient),
            State::Sending(_, transaction) if transaction.mail.body == Body::Binary => {
                return Err(Refusal::BinaryNeedsChunks);
            }
            State::Sending(..) => {}
            State::Collecting(..) => return Err(Refusal::MessageBegun),
            State::Greeted(_) | State::Discarding(_) => return Err(Refusal::NoSender),
            State::Connected => return Err(Refusal::NoHello),
        }
        match std::mem::replace(&mut self.state, State::Connected) {
            State::Sending(hello, transaction) => {
                self.state = State::Greeted(hello);
                Ok(transaction)
            }
            other => {
                self.state = other;
                Err(Refusal::NoSender)
            }
        }
    }

    /// What a chunk belongs to. Until [`Session::collected`] says that it was taken it counts as refused.
    fn chunk(&mut self, place: ChunkPlace) -> ChunkOf<M> {
        match std::mem::replace(&mut self.state, State::Connected) {
            State::Sending(hello, transaction) if !transaction.recipients.is_empty() => {
                self.state = State::Discarding(hello);
                ChunkOf::Beginning(transaction)
            }
            State::Collecting(hello, message) => {
                self.state = State::Discarding(hello);
                ChunkOf::Rest(message)
            }
            // These were on their way already: that is no fault of the client's (RFC 3030 §2).
            State::Discarding(hello) => {
                self.state = if place == ChunkPlace::Last { State::Greeted(hello) } else { State::Discarding(hello) };
                ChunkOf::Nothing(Answer::Say(Refusal::ChunkRefused.into()))
            }
            sending @ State::Sending(..) => {
                self.state = sending;
                ChunkOf::Nothing(Answer::Say(Refusal::NoRecipient.into()))
            }
            other => {
                let refusal = if matches!(other, State::Connected) { Refusal::NoHello } else { Refusal::NoSender };
                self.state = other;
                ChunkOf::Nothing(self.bad(refusal.into()))
            }
        }
    }

    /// After a chunk that was taken, and that others follow.
    pub fn collected(&mut self, message: M) {
        self.state = match std::mem::replace(&mut self.state, State::Connected) {
            State::Discarding(hello) => State::Collecting(hello, message),
            other => other,
        };
    }

    /// After the last chunk, whatever became of the message.
    pub fn collected_all(&mut self) {
        self.end_transaction();
    }

    fn start_tls(&self) -> Result<Action<M>, Refusal> {
        match self.terms.security {
            Security::Tls => Err(Refusal::AlreadySecure),
            Security::Clear | Security::ClearAllowed if !self.terms.can_secure => Err(Refusal::TlsNotOffered),
            Security::Clear | Security::ClearAllowed => Ok(Action::StartTls),
        }
    }

    /// After the handshake: nothing that was said in clear is remembered, RFC 3207 §4.2 (hostile B13).
    pub fn secured(&mut self) {
        self.terms.security = Security::Tls;
        self.state = State::Connected;
        self.login = None;
    }

    fn may_log_in(&self) -> Result<(), Refusal> {
        match &self.state {
            _ if self.terms.kind == Kind::Relay => Err(Refusal::LoginNotOffered),
            _ if self.login.is_some() => Err(Refusal::AlreadyLoggedIn),
            State::Connected => Err(Refusal::NoHello),
            State::Sending(..) | State::Collecting(..) => Err(Refusal::LoginInTransaction),
            State::Greeted(hello) | State::Discarding(hello) if !hello.extended => Err(Refusal::NoHello),
            State::Greeted(_) | State::Discarding(_) if self.terms.security == Security::Clear => {
                Err(Refusal::TlsFirst)
            }
            State::Greeted(_) | State::Discarding(_) => Ok(()),
        }
    }

    /// After a login that was accepted.
    pub fn logged_in(&mut self, login: L) -> Reply {
        self.login = Some(login);
        reply::LOGGED_IN
    }
}

fn say<M>(reply: Reply) -> Action<M> {
    Action::Answer(Answer::Say(reply))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::id::MailboxId;

    fn session(kind: Kind, security: Security) -> Session<&'static str, ()> {
        let can_secure = kind != Kind::Submissions;
        let terms = Terms { kind, security, can_secure, message_bytes_max: 1000, recipients_max: 2 };
        Session::new("mail.x.vn".into(), terms)
    }

    /// Says lines; senders and recipients are all accepted. The codes that came back.
    fn answers(session: &mut Session<&'static str, ()>, lines: &[&str]) -> Vec<String> {
        let answer = |session: &mut Session<_, ()>, line: &str| match session.command(line.as_bytes()) {
            Action::Answer(Answer::Say(reply)) | Action::Chunk(_, ChunkOf::Nothing(Answer::Say(reply))) => {
                reply.code().to_owned()
            }
            Action::Answer(Answer::HangUp(reply)) | Action::Chunk(_, ChunkOf::Nothing(Answer::HangUp(reply))) => {
                format!("{} and close", reply.code())
            }
            Action::Sender(mail) => session.sender(mail, Ok(())).code().to_owned(),
            Action::Recipient(ForwardPath::Address(address), dsn) => {
                session.recipient(address, dsn, Ok(Destination::Mailbox(MailboxId(1)))).code().to_owned()
            }
            Action::Recipient(ForwardPath::Postmaster, _) => "postmaster".into(),
            Action::Receive(_) => "354".into(),
            Action::Chunk(Chunk { place: ChunkPlace::Last, .. }, _) => {
                session.collected_all();
                "250".into()
            }
            // One of nine octets is refused.
            Action::Chunk(Chunk { size: 9, .. }, _) => "550".into(),
            Action::Chunk(..) => {
                session.collected(());
                "250".into()
            }
            Action::StartTls => {
                session.secured();
                "220".into()
            }
            Action::Login(..) => session.logged_in("me").code().to_owned(),
        };
        lines.iter().map(|line| answer(session, line)).collect()
    }

    #[test]
    fn commands_out_of_order_change_nothing() {
        let mut s = session(Kind::Relay, Security::Clear);
        let lines = ["MAIL FROM:<>", "RCPT TO:<a@x.vn>", "DATA", "EHLO c", "RCPT TO:<a@x.vn>", "DATA"];
        assert_eq!(answers(&mut s, &lines), ["503", "503", "503", "250", "503", "503"]);
        let lines = ["MAIL FROM:<>", "MAIL FROM:<b@y.vn>", "DATA", "RCPT TO:<a@x.vn>", "DATA", "DATA"];
        assert_eq!(answers(&mut s, &lines), ["250", "503", "503", "250", "354", "503"]);
    }

    #[test]
    fn chunks_belong_to_a_transaction_and_keep_it() {
        let mut s = session(Kind::Relay, Security::Clear);
        let begin = ["MAIL FROM:<>", "BDAT 1 LAST", "RCPT TO:<a@x.vn>"];
        assert_eq!(answers(&mut s, &["BDAT 1", "EHLO c", "BDAT 1 LAST"]), ["503", "250", "503"]);
        assert_eq!(answers(&mut s, &begin), ["250", "503", "250"]);
        let within = ["BDAT 1", "DATA", "RCPT TO:<a@x.vn>", "MAIL FROM:<>", "BDAT 0 LAST", "BDAT 1 LAST", "DATA"];
        assert_eq!(answers(&mut s, &within), ["250", "503", "503", "503", "250", "503", "503"]);
        assert_eq!(answers(&mut s, &begin), ["250", "503", "250"]);
        let refused = ["BDAT 9", "BDAT 1", "DATA", "BDAT 1 LAST", "MAIL FROM:<>", "RSET"];
        assert_eq!(answers(&mut s, &refused), ["550", "503", "503", "503", "250", "250"]);
        assert_eq!(answers(&mut s, &begin), ["250", "503", "250"]);
        assert_eq!(answers(&mut s, &["BDAT 1", "RSET", "BDAT 1 LAST"]), ["250", "250", "503"]);
        assert_eq!(answers(&mut s, &["BDAT x"]), ["501 and close"]);
    }

    #[test]
    fn what_is_binary_does_not_come_by_data() {
        let mut s = session(Kind::Relay, Security::Clear);
        let lines = ["EHLO c", "MAIL FROM:<> BODY=BINARYMIME", "RCPT TO:<a@x.vn>", "DATA", "BDAT 1 LAST"];
        assert_eq!(answers(&mut s, &lines), ["250", "250", "250", "503", "250"]);
    }

    #[test]
    fn rset_and_ehlo_end_a_transaction() {
        for ending in ["RSET", "EHLO c", "HELO c"] {
            let mut s = session(Kind::Relay, Security::Clear);
            let lines = ["EHLO c", "MAIL FROM:<>", "RCPT TO:<a@x.vn>", ending, "RCPT TO:<a@x.vn>", "MAIL FROM:<>"];
            assert_eq!(answers(&mut s, &lines), ["250", "250", "250", "250", "503", "250"]);
        }
    }

    #[test]
    fn nothing_said_in_clear_is_remembered_under_tls() {
        let mut s = session(Kind::Submission, Security::ClearAllowed);
        let lines = ["EHLO c", "AUTH PLAIN", "MAIL FROM:<>", "STARTTLS", "RCPT TO:<a@x.vn>", "MAIL FROM:<>"];
        assert_eq!(answers(&mut s, &lines), ["250", "235", "250", "220", "503", "503"]);
        assert!(s.login().is_none() && s.hello().is_none());
        assert_eq!(answers(&mut s, &["EHLO c", "STARTTLS", "STARTTLS x"]), ["250", "503", "501"]);
    }

    #[test]
    fn people_log_in_once_under_tls_and_outside_of_transactions() {
        let mut s = session(Kind::Submission, Security::Clear);
        assert_eq!(answers(&mut s, &["EHLO c", "AUTH PLAIN", "MAIL FROM:<>"]), ["250", "530", "530"]);
        let lines = ["STARTTLS", "EHLO c", "MAIL FROM:<>", "AUTH LOGIN", "AUTH LOGIN", "MAIL FROM:<>"];
        assert_eq!(answers(&mut s, &lines), ["220", "250", "530", "235", "503", "250"]);
        let mut s = session(Kind::Relay, Security::Tls);
        assert_eq!(answers(&mut s, &["EHLO c", "AUTH PLAIN"]), ["250", "502"]);
    }

    #[test]
    fn only_what_works_now_is_offered() {
        let list = |kind, security| session(kind, security).extensions().join(",");
        let always = "PIPELINING,SIZE 1000,8BITMIME,SMTPUTF8,CHUNKING,BINARYMIME,DSN,ENHANCEDSTATUSCODES";
        let limits = "LIMITS RCPTMAX=2";
        assert_eq!(list(Kind::Relay, Security::Clear), format!("{always},STARTTLS,{limits}"));
        assert_eq!(list(Kind::Submission, Security::Clear), format!("{always},STARTTLS,{limits}"));
        assert_eq!(list(Kind::Submission, Security::Tls), format!("{always},AUTH PLAIN LOGIN,{limits}"));
        assert_eq!(list(Kind::Submissions, Security::Tls), format!("{always},AUTH PLAIN LOGIN,{limits}"));
    }

    #[test]
    fn size_spelling_and_number_of_recipients_are_bounded() {
        let mut s = session(Kind::Relay, Security::Clear);
        let lines = ["EHLO c", "MAIL FROM:<> SIZE=1001", "MAIL FROM:<đ@x.vn>", "MAIL FROM:<> SIZE=1000"];
        assert_eq!(answers(&mut s, &lines), ["250", "552", "553", "250"]);
        let lines = ["RCPT TO:<đ@x.vn>", "RCPT TO:<a@x.vn>", "RCPT TO:<a@x.vn>", "RCPT TO:<a@x.vn>"];
        assert_eq!(answers(&mut s, &lines), ["553", "250", "250", "452"]);
    }

    #[test]
    fn lines_may_be_as_long_as_what_was_announced_needs() {
        let mut s = session(Kind::Submission, Security::Tls);
        let long = |command: &str, total: usize| format!("{command} {}", "x".repeat(total - command.len() - 3));
        let (short, noop, auth) = (long("NOOP", 513), long("NOOP", 2049), long("AUTH PLAIN", 12_288));
        assert_eq!(answers(&mut s, &[&short, "EHLO c", &short, &noop, &auth]), ["500", "250", "250", "500", "235"]);
    }

    #[test]
    fn the_twentieth_bad_command_and_http_end_the_session() {
        let mut s = session(Kind::Relay, Security::Clear);
        let said = answers(&mut s, &["DEBUG"; 20]);
        assert_eq!(said.iter().filter(|answer| *answer == "500").count(), 19);
        assert_eq!(said.last().map(String::as_str), Some("421 and close"));
        let mut s = session(Kind::Relay, Security::Clear);
        assert_eq!(answers(&mut s, &["GET / HTTP/1.1"]), ["521 and close"]);
    }
}
