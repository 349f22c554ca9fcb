//! SASL PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), the server's side, without a socket.

use std::fmt;

use data_encoding::BASE64;

use crate::limits;
use crate::text::nfc;

/// What a person claims to be, and the proof. Not checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whom the person wants to act as, if not as themselves.
    pub authzid: Option<String>,
    /// The name that goes with the password; NFC.
    pub authcid: String,
    /// The password in the form of RFC 8265 §4.2 (`OpaqueString`).
    pub password: String,
}

/// Never shows the password, so that no log does.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("authzid", &self.authzid)
            .field("authcid", &self.authcid)
            .finish_non_exhaustive()
    }
}

/// Why an exchange ended without credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaslError {
    /// The client sent `*`.
    #[error("the client gave up")]
    Cancelled,
    /// Not base64.
    #[error("the response is not base64")]
    Base64,
    /// Not `[authzid] NUL authcid NUL passwd`.
    #[error("the response has not the form of the mechanism")]
    Form,
    /// Right in form, but a name or password that nobody can have: empty, not text, with controls, or over
    /// [`limits::PASSWORD_BYTES_MAX`].
    #[error("nobody has such a name or password")]
    Impossible,
}

/// A mechanism that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// What Outlook and scanners use.
    Login,
}

/// Every mechanism with its name: the one list from which they are announced and found.
pub const MECHANISMS: &[(&str, Mechanism)] = &[("PLAIN", Mechanism::Plain), ("LOGIN", Mechanism::Login)];

/// How far an exchange has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The one response of PLAIN is awaited.
    Plain,
    /// LOGIN's name is awaited.
    LoginName,
    /// LOGIN's password is awaited.
    LoginPassword {
        /// The name that came before it.
        name: String,
    },
}

/// What a response led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Another response is needed.
    Ask(Exchange),
    /// The client has said everything.
    Done(Credentials),
}

impl Mechanism {
    /// Finds a mechanism by its name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        MECHANISMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, mechanism)| *mechanism)
    }

    /// Begins an exchange.
    pub fn start(self) -> Exchange {
        match self {
            Self::Plain => Exchange::Plain,
            Self::Login => Exchange::LoginName,
        }
    }
}

impl Exchange {
    /// The challenge, in base64.
    pub fn challenge(&self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::LoginName => "VXNlcm5hbWU6",
            Self::LoginPassword { .. } => "UGFzc3dvcmQ6",
        }
    }

    /// Takes a response line; `=` is an empty one (RFC 4954 §4).
    ///
    /// # Errors
    /// See [`SaslError`]; the exchange is over then.
    pub fn answer(self, line: &[u8]) -> Result<Turn, SaslError> {
        let response = match line {
            b"*" => return Err(SaslError::Cancelled),
            b"=" => Vec::new(),
            line => BASE64.decode(line).map_err(|_| SaslError::Base64)?,
        };
        match self {
            Self::Plain => plain(&response).map(Turn::Done),
            Self::LoginName => Ok(Turn::Ask(Self::LoginPassword { name: identity(&response)? })),
            Self::LoginPassword { name } => {
                Ok(Turn::Done(Credentials { authzid: None, authcid: name, password: password(&response)? }))
            }
        }
    }
}

/// ```abnf
/// message = [authzid] UTF8NUL authcid UTF8NUL passwd
/// ```
/// RFC 4616 §2. Takes the message after base64.
pub fn plain(message: &[u8]) -> Result<Credentials, SaslError> {
    let mut fields = message.split(|byte| *byte == 0);
    let (Some(acting), Some(name), Some(secret), None) = (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(SaslError::Form);
    };
    let authzid = if acting.is_empty() { None } else { Some(identity(acting)?) };
    Ok(Credentials { authzid, authcid: identity(name)?, password: password(secret)? })
}

/// A name as it is compared: NFC, no controls.
fn identity(bytes: &[u8]) -> Result<String, SaslError> {
    text(bytes).map(nfc)
}

/// A password as RFC 8265 §4.2.2 enforces it: spaces of other scripts become the ASCII one, then NFC.
pub fn password(bytes: &[u8]) -> Result<String, SaslError> {
    let spaced: String = text(bytes)?.chars().map(|c| if is_other_space(c) { ' ' } else { c }).collect();
    Ok(nfc(&spaced))
}

/// `Zs` of Unicode, except the ASCII space.
fn is_other_space(c: char) -> bool {
    matches!(c, '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

fn text(bytes: &[u8]) -> Result<&str, SaslError> {
    if bytes.is_empty() || bytes.len() > limits::PASSWORD_BYTES_MAX {
        return Err(SaslError::Impossible);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SaslError::Impossible)?;
    if text.chars().any(char::is_control) { Err(SaslError::Impossible) } else { Ok(text) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn done(turn: Result<Turn, SaslError>) -> Credentials {
        match turn {
            Ok(Turn::Done(credentials)) => credentials,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn plain_gives_three_fields_and_composes_the_password() {
        let message = BASE64.encode("\0binhdx@x.vn\0Đa\u{302}\u{301}t\u{a0}1".as_bytes());
        let got = done(Exchange::Plain.answer(message.as_bytes()));
        assert_eq!((got.authzid, got.authcid.as_str(), got.password.as_str()), (None, "binhdx@x.vn", "Đất 1"));
        assert_eq!(plain(b"boss\0me\0pw").unwrap().authzid.as_deref(), Some("boss"));
    }

    #[test]
    fn login_asks_for_name_then_password() {
        let start = Mechanism::named("login").unwrap().start();
        assert_eq!(BASE64.decode(start.challenge().as_bytes()).unwrap(), b"Username:");
        let Ok(Turn::Ask(next)) = start.answer(b"bWU=") else { unreachable!() };
        assert_eq!(BASE64.decode(next.challenge().as_bytes()).unwrap(), b"Password:");
        let got = done(next.answer(b"cHc="));
        assert_eq!((got.authcid.as_str(), got.password.as_str()), ("me", "pw"));
    }

    #[test]
    fn malformed_and_impossible_are_told_apart() {
        for (message, error) in [
            (&b"no nul"[..], SaslError::Form),
            (b"\0a\0b\0c", SaslError::Form),
            (b"\0a\0", SaslError::Impossible),
            (b"\0\0b", SaslError::Impossible),
            (b"\0a\tb\0c", SaslError::Impossible),
            (b"\0a\0\xff", SaslError::Impossible),
        ] {
            assert_eq!(plain(message), Err(error), "{message:?}");
        }
        assert_eq!(Exchange::Plain.answer(b"*"), Err(SaslError::Cancelled));
        assert_eq!(Exchange::Plain.answer(b"%%%"), Err(SaslError::Base64));
        assert_eq!(Exchange::Plain.answer(b"="), Err(SaslError::Form));
        let long = [b"\0a\0".as_slice(), &[b'x'; limits::PASSWORD_BYTES_MAX + 1]].concat();
        assert_eq!(plain(&long), Err(SaslError::Impossible));
    }

    #[test]
    fn a_password_is_never_shown() {
        assert!(!format!("{:?}", plain(b"\0me\0secret").unwrap()).contains("secret"));
    }
}
