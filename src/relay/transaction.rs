//! One message to one server: envelope, data, and what is answered about each recipient (RFC 5321 §3.3, RFC 2920).

use super::connection::Connection;
use super::syntax::Reply;
use super::trouble::Lost;
use crate::limits;
use crate::queue::{Fate, Job, Reason, Recipient};
use crate::store::Store;

/// The server waits for the message: RFC 5321 §4.3.2.
const GO_AHEAD: u16 = 354;

/// How a transaction ended.
pub(super) enum Ended {
    /// With an answer for everybody.
    Told(Vec<(i64, Fate)>),
    /// Without: the connection is lost, and nobody has the message.
    Lost(Lost),
    /// Without, after all of the message was sent: nobody knows who has it.
    Unclear(Lost),
}

/// Sends a job's message to some of its recipients.
pub(super) async fn send(connection: &mut Connection, job: &Job, recipients: &[Recipient], store: &Store) -> Ended {
    if let Some(reason) = unfit(connection, job, recipients) {
        return Ended::Told(recipients.iter().map(|r| (r.place, Fate::Failed(reason.clone()))).collect());
    }
    connection.used += 1;
    let (mut fates, accepted) = match envelope(connection, job, recipients).await {
        Err(lost) => return Ended::Lost(lost),
        Ok(Answered::Refused(fates)) => {
            connection.unfinished = true;
            return Ended::Told(fates);
        }
        Ok(Answered::Go { fates, accepted }) => (fates, accepted),
    };
    let fate = match data(connection, job, store, &accepted).await {
        Ok(said) => judged(&said, &connection.host),
        // 421 says that the message was not taken.
        Err((Stage::Sent, Lost::Ended(said))) => Fate::Deferred(said.reason(&connection.host)),
        Err((Stage::Sent, lost)) if !accepted.is_empty() => return Ended::Unclear(lost),
        Err((_, lost)) => return Ended::Lost(lost),
    };
    fates.extend(accepted.into_iter().map(|place| (place, fate.clone())));
    Ended::Told(fates)
}

/// Why the server cannot take the message, by its own word. Text is not recoded: signatures would not survive it.
fn unfit(connection: &Connection, job: &Job, recipients: &[Recipient]) -> Option<Reason> {
    let (features, host) = (&connection.features, &connection.host);
    if features.size_max.is_some_and(|max| job.size > max) {
        return Some(Reason::own("5.3.4", format!("{host} takes no message of {} octets", job.size)));
    }
    if needs_utf8(job, recipients) && !features.utf8 {
        return Some(Reason::own("5.6.7", format!("{host} takes no addresses that are not ASCII (SMTPUTF8)")));
    }
    let eight_bit = job.form.eight_bit && !features.eight_bit;
    eight_bit.then(|| Reason::own("5.6.3", format!("{host} takes no text of eight bits (8BITMIME)")))
}

/// Whether the header, or an address, is not ASCII (RFC 6531 §3.4).
fn needs_utf8(job: &Job, recipients: &[Recipient]) -> bool {
    job.form.utf8 || recipients.iter().any(|recipient| !recipient.address.is_ascii())
}

/// What was answered before the message.
enum Answered {
    /// It is not to be sent; why, for everybody.
    Refused(Vec<(i64, Fate)>),
    /// It is to be sent.
    Go {
        /// Of those who were refused.
        fates: Vec<(i64, Fate)>,
        /// Places of the others.
        accepted: Vec<i64>,
    },
}

async fn envelope(connection: &mut Connection, job: &Job, recipients: &[Recipient]) -> Result<Answered, Lost> {
    let reset = std::mem::take(&mut connection.unfinished);
    let pipelining = connection.features.pipelining;
    let mail = mail(connection, job, recipients);
    let mut lines: Vec<String> = Vec::with_capacity(recipients.len() + 3);
    lines.extend(reset.then(|| "RSET".to_owned()));
    lines.push(mail);
    lines.extend(recipients.iter().map(|recipient| rcpt(connection, recipient)));
    lines.push("DATA".to_owned());
    let mut replies: Vec<Reply> = Vec::with_capacity(lines.len());
    if pipelining {
        for line in &lines {
            connection.queue(line);
        }
        connection.flush().await?;
    }
    let (first, last) = (usize::from(reset), lines.len() - 1);
    for (at, line) in lines.iter().enumerate() {
        let wait = if at == last { limits::RELAY_DATA_COMMAND_WAIT_MAX } else { limits::RELAY_COMMAND_WAIT_MAX };
        if !pipelining {
            let refused = replies.get(first).is_some_and(|said| !said.is_success());
            let nobody = at == last && !replies.iter().skip(first + 1).any(Reply::is_success);
            if refused || nobody {
                break;
            }
            connection.queue(line);
        }
        replies.push(connection.reply(wait).await?);
    }
    Ok(answered(&replies, first, recipients, &connection.host))
}

/// Who was accepted, and what of the others.
fn answered(replies: &[Reply], first: usize, recipients: &[Recipient], host: &str) -> Answered {
    let sender = replies.get(first).filter(|said| !said.is_success());
    let data = replies.get(first + 1 + recipients.len());
    let (mut fates, mut accepted) = (Vec::new(), Vec::new());
    for (at, recipient) in recipients.iter().enumerate() {
        match sender.or_else(|| replies.get(first + 1 + at)) {
            Some(said) if said.is_success() => accepted.push(recipient.place),
            Some(said) => fates.push((recipient.place, judged(said, host))),
            None => fates.push((recipient.place, deferred_untold(host))),
        }
    }
    if data.is_some_and(|said| said.code == GO_AHEAD) {
        return Answered::Go { fates, accepted };
    }
    let fate = data.filter(|said| !said.is_success()).map_or_else(|| deferred_untold(host), |said| judged(said, host));
    fates.extend(accepted.into_iter().map(|place| (place, fate.clone())));
    Answered::Refused(fates)
}

/// What an answer means for those whom it is about.
fn judged(said: &Reply, host: &str) -> Fate {
    let reason = said.reason(host);
    match said.code {
        200..=299 => Fate::Relayed(reason),
        500..=599 => Fate::Failed(reason),
        _ => Fate::Deferred(reason),
    }
}

fn deferred_untold(host: &str) -> Fate {
    Fate::Deferred(Reason::own("4.5.0", format!("{host} did not say what becomes of this recipient")))
}

/// ```abnf
/// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
/// ```
fn mail(connection: &Connection, job: &Job, recipients: &[Recipient]) -> String {
    let features = &connection.features;
    let from = job.from.as_ref().map(ToString::to_string).unwrap_or_default();
    let (ret, envid) = (job.dsn.ret.filter(|_| features.dsn), job.dsn.envid.as_ref().filter(|_| features.dsn));
    let parameters = [
        features.size.then(|| format!(" SIZE={}", job.size)),
        job.form.eight_bit.then(|| " BODY=8BITMIME".to_owned()),
        needs_utf8(job, recipients).then(|| " SMTPUTF8".to_owned()),
        ret.map(|ret| format!(" RET={}", ret.word())),
        envid.map(|id| format!(" ENVID={id}")),
    ];
    format!("MAIL FROM:<{from}>{}", parameters.into_iter().flatten().collect::<String>())
}

/// ```abnf
/// rcpt = "RCPT TO:" Forward-path [SP Rcpt-parameters] CRLF
/// ```
fn rcpt(connection: &Connection, recipient: &Recipient) -> String {
    let mut line = format!("RCPT TO:<{}>", recipient.address);
    if connection.features.dsn {
        line += &recipient.dsn.notify.map(|notify| format!(" NOTIFY={}", notify.words())).unwrap_or_default();
        line += &recipient.dsn.orcpt.as_ref().map(|original| format!(" ORCPT={original}")).unwrap_or_default();
    }
    line
}

/// How far a message has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Sending,
    /// Its end was sent.
    Sent,
}

/// The message, piece by piece, and the answer to it. Where nobody was accepted and the server waits for a message all
/// the same, it gets an empty one (RFC 2920 §3.1).
async fn data(connection: &mut Connection, job: &Job, store: &Store, accepted: &[i64]) -> Result<Reply, (Stage, Lost)> {
    let mut stuffing = Stuffing::default();
    let sending = async {
        let mut from = 0;
        while !accepted.is_empty() {
            let pieces = store.pieces(job.body, from).await.map_err(Lost::Store)?;
            if pieces.is_empty() {
                break;
            }
            from += i64::try_from(pieces.len()).unwrap_or(i64::MAX);
            for piece in &pieces {
                connection.send(&stuffing.stuff(piece)).await?;
            }
        }
        connection.send(stuffing.end()).await
    };
    sending.await.map_err(|lost| (Stage::Sending, lost))?;
    connection.reply(limits::RELAY_DATA_END_WAIT_MAX).await.map_err(|lost| (Stage::Sent, lost))
}

/// Dots at the beginnings of lines are doubled, wherever the pieces are cut: RFC 5321 §4.5.2.
#[derive(Debug)]
struct Stuffing {
    /// The last two octets.
    last: [u8; 2],
}

impl Default for Stuffing {
    fn default() -> Self {
        Self { last: *b"\r\n" }
    }
}

impl Stuffing {
    fn stuff<'a>(&mut self, piece: &'a [u8]) -> std::borrow::Cow<'a, [u8]> {
        let mut stuffed: Vec<u8> = Vec::new();
        let mut copied = 0;
        for at in memchr::memchr_iter(b'.', piece) {
            if self.before(piece, at) == *b"\r\n" {
                stuffed.extend_from_slice(piece.get(copied..at).unwrap_or_default());
                stuffed.push(b'.');
                copied = at;
            }
        }
        self.last = self.before(piece, piece.len());
        if stuffed.is_empty() {
            return piece.into();
        }
        stuffed.extend_from_slice(piece.get(copied..).unwrap_or_default());
        stuffed.into()
    }

    /// The two octets before a place in a piece.
    fn before(&self, piece: &[u8], at: usize) -> [u8; 2] {
        let [_, last] = self.last;
        match piece.get(..at) {
            Some([.., a, b]) => [*a, *b],
            Some([only]) => [last, *only],
            Some([]) | None => self.last,
        }
    }

    /// What ends the data.
    fn end(&self) -> &'static [u8] {
        if self.last == *b"\r\n" { b".\r\n" } else { b"\r\n.\r\n" }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_wherever_the_message_is_cut() {
        let message = b".a\r\n..\r\nb.c\r\n.\r\n\r\n.d\r.\n.e";
        let expected = b"..a\r\n...\r\nb.c\r\n..\r\n\r\n..d\r.\n.e\r\n.\r\n";
        for first in 0..=message.len() {
            for second in first..=message.len() {
                let mut stuffing = Stuffing::default();
                let mut sent = Vec::new();
                for piece in [&message[..first], &message[first..second], &message[second..]] {
                    sent.extend_from_slice(&stuffing.stuff(piece));
                }
                sent.extend_from_slice(stuffing.end());
                assert_eq!(sent, expected, "{first} {second}");
            }
        }
        assert_eq!(Stuffing::default().end(), b".\r\n");
    }

    #[test]
    fn each_recipient_has_an_answer_of_its_own() {
        let reply = |code| Reply { code, lines: vec![String::new()] };
        let recipient = |place| Recipient {
            place,
            address: crate::address::Address::parse("a@x.vn").unwrap(),
            dsn: crate::queue::RecipientDsn::default(),
            last: None,
        };
        let three = [recipient(0), recipient(1), recipient(2)];
        let fates = |codes: &[u16]| {
            let replies: Vec<_> = codes.iter().map(|code| reply(*code)).collect();
            let (fates, _) = match answered(&replies, 0, &three, "h") {
                Answered::Refused(fates) => (fates, vec![]),
                Answered::Go { fates, accepted } => (fates, accepted),
            };
            let letter = |place| match fates.iter().find(|(of, _)| *of == place) {
                Some((_, Fate::Failed(_))) => 'f',
                Some((_, Fate::Deferred(_))) => 'd',
                Some((_, Fate::Relayed(_))) => 'r',
                None => 'a',
            };
            (0..3).map(letter).collect::<String>()
        };
        assert_eq!(fates(&[250, 250, 450, 550, 354]), "adf");
        assert_eq!(fates(&[250, 250, 450, 550, 451]), "ddf");
        assert_eq!(fates(&[250, 250, 450, 550, 554]), "fdf");
        assert_eq!(fates(&[451]), "ddd");
        assert_eq!(fates(&[550, 503, 503, 503, 503]), "fff");
        assert_eq!(fates(&[250, 450, 450, 450]), "ddd");
    }
}
