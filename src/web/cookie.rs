//! Cookies: read from a request (RFC 6265 §5.4), and made so that no other page, port or script comes near them.

use axum::http::{HeaderMap, HeaderValue, header};

/// The cookies of the staff page. `__Host-` binds each to this host, to TLS and to the whole path (RFC 6265bis §4.1.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Who is signed in.
    Session,
    /// A browser that has been shown the form to sign in.
    Visitor,
    /// The language that was chosen.
    Language,
}

/// How long a chosen language is remembered, in seconds: a year.
const LANGUAGE_SECONDS: u32 = 31_536_000;

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-session",
            Self::Visitor => "__Host-visitor",
            Self::Language => "__Host-language",
        }
    }

    /// Its value in a request; none where it is not there, or there twice.
    pub(super) fn of(self, headers: &HeaderMap) -> Option<&str> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name()).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }

    /// The header that sets it. The value is one of ours: letters, digits, `-` and `_`.
    pub(super) fn set(self, value: &str) -> Option<HeaderValue> {
        let lifetime = match self {
            // Gone with the browser.
            Self::Session | Self::Visitor => String::new(),
            Self::Language => format!("; Max-Age={LANGUAGE_SECONDS}"),
        };
        self.header(value, &lifetime)
    }

    /// The header that removes it.
    pub(super) fn remove(self) -> Option<HeaderValue> {
        self.header("", "; Max-Age=0")
    }

    fn header(self, value: &str, lifetime: &str) -> Option<HeaderValue> {
        let name = self.name();
        HeaderValue::try_from(format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{lifetime}")).ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_not_where_it_is_there_twice() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; __Host-session=x-1;c".parse().unwrap());
        assert_eq!(Cookie::Session.of(&headers), Some("x-1"));
        assert_eq!(Cookie::Visitor.of(&headers), None);
        headers.append(header::COOKIE, "__Host-session=y".parse().unwrap());
        assert_eq!(Cookie::Session.of(&headers), None);
    }

    #[test]
    fn cookies_are_bound_to_this_host_and_hidden_from_scripts() {
        let set = Cookie::Session.set("x").unwrap();
        assert_eq!(set, "__Host-session=x; Path=/; Secure; HttpOnly; SameSite=Strict");
        assert_eq!(Cookie::Session.set("a\r\nb"), None);
    }
}
