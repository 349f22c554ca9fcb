//! What servers answer: bytes in, values out (RFC 5321 §4.2, §4.1.1.1). No socket, no state.

use crate::limits;
use crate::queue::{Reason, Recipient};
use crate::text::printable;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 559.
    pub code: u16,
    /// Its lines, without the code: printable, and not too much of them.
    pub lines: Vec<String>,
}

/// A line of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The code.
    pub code: u16,
    /// Whether another line follows.
    pub more: bool,
    /// What is behind the code.
    pub text: &'a [u8],
}

/// What a server says it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a line of the answer to EHLO, there or not")]
pub struct Features {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870: the largest message; `None` where there is no bound, or none is told.
    pub size_max: Option<u64>,
    /// Whether it wants to know a message's size.
    pub size: bool,
    /// RFC 6152.
    pub eight_bit: bool,
    /// RFC 6531.
    pub utf8: bool,
    /// RFC 3461.
    pub dsn: bool,
    /// RFC 3207.
    pub start_tls: bool,
    /// RFC 4954: PLAIN.
    pub plain: bool,
    /// LOGIN, which no RFC has.
    pub login: bool,
    /// RFC 9422.
    pub limits: Limits,
}

/// What a server takes at most, by its own word (RFC 9422 §4); `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Transactions on one connection: MAILMAX.
    pub mails: Option<u32>,
    /// Recipients of a transaction: RCPTMAX.
    pub recipients: Option<usize>,
    /// Domains of recipients of a transaction: RCPTDOMAINMAX.
    pub domains: Option<usize>,
}

impl Limits {
    /// ```abnf
    /// limits-param       = limit-name-value 0*[SP limit-name-value]
    /// limit-name-value   = limit-name ["=" limit-value]
    /// ```
    /// A limit that is not known, or no number above zero, says nothing (RFC 9422 §3).
    fn read(parameters: &str) -> Self {
        let of = |name: &str| {
            let mut values = parameters.split(' ').filter_map(|limit| limit.strip_prefix(name)?.strip_prefix('='));
            values.find_map(|value| value.parse::<u32>().ok().filter(|max| *max > 0))
        };
        let many = |name| of(name).map(|max| usize::try_from(max).unwrap_or(usize::MAX));
        Self { mails: of("MAILMAX"), recipients: many("RCPTMAX"), domains: many("RCPTDOMAINMAX") }
    }
}

impl Features {
    /// The first of the recipients, as many as may be in one transaction. Those who need SMTPUTF8 are apart from the others
    /// where the server does not have it, so that it is only they who fail (RFC 6531 §3.2).
    pub fn together<'r>(&self, recipients: &'r [Recipient]) -> &'r [Recipient] {
        let most = self.limits.recipients.unwrap_or(usize::MAX).min(limits::RELAY_RECIPIENTS_MAX);
        let mut domains = Vec::new();
        let mut count = 0;
        for recipient in recipients.iter().take(most) {
            let first = recipients.first().is_some_and(|first| first.address.is_ascii());
            if !self.utf8 && recipient.address.is_ascii() != first {
                break;
            }
            let domain = recipient.address.domain();
            if !domains.contains(&domain) {
                domains.push(domain);
            }
            if self.limits.domains.is_some_and(|max| domains.len() > max) {
                break;
            }
            count += 1;
        }
        recipients.get(..count).unwrap_or(recipients)
    }
}

/// ```abnf
/// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
/// Reply-code = %x32-35 %x30-35 %x30-39
/// ```
/// The line comes without its CRLF.
pub fn line(bytes: &[u8]) -> Option<Line<'_>> {
    let (digits, rest) = bytes.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok().filter(|code| (200..=559).contains(code))?;
    match rest.split_first() {
        None => Some(Line { code, more: false, text: b"" }),
        Some((b' ', text)) => Some(Line { code, more: false, text }),
        Some((b'-', text)) => Some(Line { code, more: true, text }),
        Some(_) => None,
    }
}

/// Text that can be kept, shown and put into a notice.
pub fn kept(text: &[u8]) -> String {
    printable(&String::from_utf8_lossy(text)).chars().take(limits::RELAY_SAID_CHARS_MAX).collect()
}

impl Reply {
    /// Whether the command was done.
    pub fn is_success(&self) -> bool {
        self.code < 300
    }

    /// Whether the same may be asked again later.
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// As a reason, its status that of RFC 2034 if the server gives one that fits.
    pub fn reason(&self, host: &str) -> Reason {
        // What is neither success nor refusal is no answer to mail: it may be another time.
        let class = if (300..400).contains(&self.code) { 4 } else { self.code / 100 };
        let first = self.lines.first().map_or("", String::as_str);
        let status = first.split(' ').next().filter(|word| is_status(word, class));
        let status = status.map_or_else(|| format!("{class}.0.0"), str::to_owned);
        let text: String =
            format!("{} {}", self.code, self.lines.join(" ")).chars().take(limits::RELAY_SAID_CHARS_MAX).collect();
        Reason { status, text: text.trim_end().to_owned(), host: Some(host.to_owned()) }
    }

    /// ```abnf
    /// ehlo-line    = ehlo-keyword *( SP ehlo-param )
    /// ```
    /// The first line is the greeting.
    pub fn features(&self) -> Features {
        let mut features = Features::default();
        for line in self.lines.iter().skip(1) {
            let upper = line.to_ascii_uppercase();
            // `AUTH=LOGIN` is what some servers say beside `AUTH LOGIN`.
            let mut words = upper.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("PIPELINING") => features.pipelining = true,
                Some("SIZE") => {
                    features.size = true;
                    features.size_max = words.next().and_then(|max| max.parse().ok()).filter(|max| *max > 0);
                }
                Some("8BITMIME") => features.eight_bit = true,
                Some("SMTPUTF8") => features.utf8 = true,
                Some("DSN") => features.dsn = true,
                Some("STARTTLS") => features.start_tls = true,
                Some("AUTH") => words.for_each(|mechanism| match mechanism {
                    "PLAIN" => features.plain = true,
                    "LOGIN" => features.login = true,
                    _ => {}
                }),
                Some("LIMITS") => features.limits = Limits::read(&upper),
                Some(_) | None => {}
            }
        }
        features
    }
}

/// ```abnf
/// status-code = class "." subject "." detail
/// ```
/// RFC 3463 §2, and of the class that the reply's code has.
fn is_status(word: &str, class: u16) -> bool {
    let number = |part: &str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = word.split('.');
    parts.next().is_some_and(|first| first == class.to_string()) && parts.clone().count() == 2 && parts.all(number)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reply(code: u16, lines: &[&str]) -> Reply {
        Reply { code, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    #[test]
    fn lines_are_a_code_and_text_or_nothing() {
        assert_eq!(line(b"250-a b"), Some(Line { code: 250, more: true, text: b"a b" }));
        assert_eq!(line(b"250 "), Some(Line { code: 250, more: false, text: b"" }));
        assert_eq!(line(b"354"), Some(Line { code: 354, more: false, text: b"" }));
        for garbage in ["", "25", "999 x", "2x0 y", "250_x", "+25 x", "HTTP/1.1 200 OK", "199 x", "600 x"] {
            assert_eq!(line(garbage.as_bytes()), None, "{garbage}");
        }
    }

    #[test]
    fn a_status_is_taken_if_it_fits_the_code() {
        let status = |code, text: &str| reply(code, &[text]).reason("h").status;
        assert_eq!(status(550, "5.1.1 no such user"), "5.1.1");
        assert_eq!(status(450, "5.1.1 no such user"), "4.0.0");
        assert_eq!(status(550, "5.1 no"), "5.0.0");
        assert_eq!(reply(550, &["5.1.1 no", "5.1.1 really"]).reason("h").text, "550 5.1.1 no 5.1.1 really");
    }

    #[test]
    fn features_are_read_in_any_case() {
        let said =
            reply(250, &["h greets", "pipelining", "SIZE 1000", "AUTH=LOGIN PLAIN", "LIMITS MAILMAX=5 RCPTMAX=7"]);
        let expected = Features {
            pipelining: true,
            size: true,
            size_max: Some(1000),
            plain: true,
            login: true,
            limits: Limits { mails: Some(5), recipients: Some(7), domains: None },
            ..Features::default()
        };
        assert_eq!(said.features(), expected);
        assert_eq!(reply(250, &["PIPELINING"]).features(), Features::default());
        assert_eq!(reply(250, &["h", "SIZE 0"]).features().size_max, None);
    }

    #[test]
    fn limits_that_say_nothing_are_none() {
        let limits = |text: &str| reply(250, &["h", text]).features().limits;
        let expected = Limits { mails: None, recipients: Some(3), domains: Some(1) };
        assert_eq!(limits("LIMITS MAILMAX=0 RCPTDOMAINMAX=1 X=2 rcptmax=3"), expected);
        assert_eq!(limits("LIMITS MAILMAX RCPTMAX=x RCPTDOMAINMAX=99999999999"), Limits::default());
    }

    #[test]
    fn recipients_are_together_as_far_as_the_server_takes_them() {
        let all: Vec<Recipient> = ["a@x.vn", "b@x.vn", "c@y.vn", "đ@y.vn"]
            .iter()
            .zip(0..)
            .map(|(address, place)| Recipient {
                place,
                address: crate::address::Address::parse(address).unwrap(),
                dsn: crate::queue::RecipientDsn::default(),
                last: None,
            })
            .collect();
        let count = |utf8, limits| Features { utf8, limits, ..Features::default() }.together(&all).len();
        assert_eq!((count(true, Limits::default()), count(false, Limits::default())), (4, 3));
        assert_eq!(count(true, Limits { domains: Some(1), ..Limits::default() }), 2);
        assert_eq!(count(true, Limits { recipients: Some(1), ..Limits::default() }), 1);
    }

    #[test]
    fn what_a_server_says_can_be_shown() {
        assert!(!kept(b"a\x1b[31m\xff\r\nb").contains(['\u{1b}', '\r', '\n']));
        assert_eq!(kept(&vec![b'x'; 10_000]).len(), limits::RELAY_SAID_CHARS_MAX);
    }
}
