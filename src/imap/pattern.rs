//! The wildcards of LIST: RFC 9051 §6.3.9.

/// A pattern: `*` stands for anything, `%` for anything without the separator `/`.
#[derive(Clone, Debug)]
pub struct Pattern {
    tokens: Vec<Token>,
    /// No shorter name can match. Kept, so that a long pattern costs nothing per folder.
    octets: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Octet(u8),
    /// `%`
    Level,
    /// `*`
    All,
}

impl Pattern {
    /// From the two arguments of LIST, decoded: the reference stands in front of the pattern.
    pub fn new(reference: &str, pattern: &str) -> Self {
        let mut tokens = Vec::with_capacity(reference.len() + pattern.len());
        for octet in reference.bytes().chain(pattern.bytes()) {
            let token = match octet {
                b'*' => Token::All,
                b'%' => Token::Level,
                other => Token::Octet(other),
            };
            // Wildcards in a row are as good as the strongest of them.
            match (tokens.last(), token) {
                (Some(Token::All), Token::All | Token::Level) | (Some(Token::Level), Token::Level) => {}
                (Some(Token::Level), Token::All) => {
                    tokens.pop();
                    tokens.push(token);
                }
                _ => tokens.push(token),
            }
        }
        let octets = tokens.iter().filter(|token| matches!(token, Token::Octet(_))).count();
        Self { tokens, octets }
    }

    /// Whether names that begin so may be meant, or a beginning of this one.
    pub fn may_begin(&self, beginning: &str) -> bool {
        let literal = self.tokens.iter().map_while(|token| match token {
            Token::Octet(octet) => Some(*octet),
            Token::Level | Token::All => None,
        });
        literal.zip(beginning.bytes()).all(|(one, other)| one == other)
    }

    /// Whether a folder's name is meant. Takes at most the product of both lengths in steps, whatever the wildcards
    /// (hostile B57a): it follows all ways through the pattern at once.
    pub fn matches(&self, name: &str) -> bool {
        if self.octets > name.len() {
            return false;
        }
        // INBOX is the same in any case: RFC 9051 §5.1.
        let inbox = if name == "INBOX" || name.starts_with("INBOX/") { "INBOX".len() } else { 0 };
        let mut ways = Ways::start(&self.tokens);
        for (place, octet) in name.bytes().enumerate() {
            ways.advance(&self.tokens, false, |token| match token {
                Token::Octet(expected) if place < inbox => expected.eq_ignore_ascii_case(&octet),
                Token::Octet(expected) => expected == octet,
                Token::Level => octet != b'/',
                Token::All => true,
            });
        }
        ways.ended
    }
}

/// How far a pattern may have come.
struct Ways {
    /// For each token, whether it may be the next.
    next: Vec<bool>,
    /// Whether the pattern may be at its end.
    ended: bool,
}

impl Ways {
    fn start(tokens: &[Token]) -> Self {
        let mut ways = Self { next: vec![false; tokens.len()], ended: false };
        ways.advance(tokens, true, |_| false);
        ways
    }

    /// Takes one octet. `entered`: whether the first token is reached from before it, as it is at the start only.
    fn advance(&mut self, tokens: &[Token], mut entered: bool, accepts: impl Fn(Token) -> bool) {
        for (&token, next) in tokens.iter().zip(&mut self.next) {
            let taken = *next && accepts(token);
            let wildcard = !matches!(token, Token::Octet(_));
            // A wildcard stays where it is when it takes an octet, and may be passed over without one.
            *next = entered || (wildcard && taken);
            entered = if wildcard { *next } else { taken };
        }
        self.ended = entered;
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;
    use crate::limits::FOLDER_NAME_BYTES_MAX;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new("", pattern).matches(name)
    }

    #[test]
    fn what_cannot_be_meant_need_not_be_looked_at() {
        for (pattern, may) in [("*", true), ("Đơn vị/*", true), ("Đ%", true), ("Dùng*", false), ("INBOX", false)]
        {
            assert_eq!(Pattern::new("", pattern).may_begin("Đơn vị/Văn phòng"), may, "{pattern}");
        }
    }

    #[test]
    fn the_wildcards_stop_where_they_should() {
        for (pattern, name) in [
            ("*", "a/b/c"),
            ("%", "a"),
            ("a/%", "a/b"),
            ("a*", "a"),
            ("a*c", "a/b/c"),
            ("%/%", "a/b"),
            ("*b", "a/b"),
            ("Công v%n", "Công văn"),
            ("", ""),
            ("%%*", "a/b"),
            ("*%", "a/b"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("%", "a/b"),
            ("a/%", "a"),
            ("a%", "a/b"),
            ("%/%", "a/b/c"),
            ("", "a"),
            ("a", "A"),
            ("a*b", "a/bc"),
            ("ab", "a"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        assert!(Pattern::new("Trash/", "%").matches("Trash/x"));
    }

    #[test]
    fn inbox_is_found_in_any_case() {
        for pattern in ["inbox", "InBoX", "inb%", "*box", "%"] {
            assert!(matches(pattern, "INBOX"), "{pattern}");
        }
        assert!(matches("inbox/%", "INBOX/x"));
        assert!(!matches("inbox/X", "INBOX/x"));
        assert!(!matches("inboxes", "INBOXES"));
    }

    #[test]
    fn no_pattern_takes_long() {
        let started = Instant::now();
        let name = "a".repeat(FOLDER_NAME_BYTES_MAX);
        assert!(matches(&"%*".repeat(10_000), &name));
        for wildcard in ['%', '*'] {
            let octets = format!("{wildcard}a").repeat(FOLDER_NAME_BYTES_MAX / 2);
            assert!(matches(&octets, &name));
            assert!(!matches(&format!("{octets}b"), &name));
        }
        // Far below anything exponential, far above what a busy machine takes without optimisation.
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    /// By the definition.
    fn defined(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, _) => name.is_empty(),
            (Some((b'*', rest)), Some((_, shorter))) => defined(rest, name) || defined(pattern, shorter),
            (Some((b'%', rest)), Some((octet, shorter))) => {
                defined(rest, name) || (*octet != b'/' && defined(pattern, shorter))
            }
            (Some((b'*' | b'%', rest)), None) => defined(rest, name),
            (Some((expected, rest)), Some((octet, shorter))) => expected == octet && defined(rest, shorter),
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_means_what_is_defined(pattern in "[ab/%*]{0,7}", name in "[ab/]{0,7}") {
            prop_assert_eq!(matches(&pattern, &name), defined(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
