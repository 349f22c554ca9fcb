//! Commands on the session: ID, AUTHENTICATE, LOGIN, ENABLE, COMPRESS (RFC 2971, RFC 9051 §6.2, RFC 5161, RFC 4978).

use super::cursor::{Cursor, Parsed};
use super::{Authenticate, Cause, Command, Credentials, Secret};
use crate::limits::{IMAP_ENABLE_NAMES_MAX, IMAP_ID_FIELDS_MAX, IMAP_ID_NAME_BYTES_MAX, IMAP_ID_VALUE_BYTES_MAX};

/// ```abnf
/// id       = "ID" SP id-params-list
/// id-params-list = "(" *(string SP nstring SP) ")" / nil
/// ```
pub(in crate::imap) fn id(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    if cursor.take_word("NIL") {
        return Ok(Command::Id(Vec::new()));
    }
    let fields = cursor.list("ID fields", IMAP_ID_FIELDS_MAX, |cursor| {
        let name = cursor.string()?.into_owned();
        cursor.space()?;
        let value = cursor.nstring()?;
        let lossy = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        if name.len() > IMAP_ID_NAME_BYTES_MAX {
            return cursor.fail(Cause::TooMany("octets in the name of an ID field"));
        }
        if value.as_ref().is_some_and(|value| value.len() > IMAP_ID_VALUE_BYTES_MAX) {
            return cursor.fail(Cause::TooMany("octets in an ID field"));
        }
        Ok((lossy(&name), value.map(|value| lossy(&value))))
    })?;
    Ok(Command::Id(fields))
}

/// ```abnf
/// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]
/// initial-resp = base64 / "="
/// ```
pub(in crate::imap) fn authenticate(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    let mechanism = cursor.atom("mechanism")?.to_ascii_uppercase();
    let mut initial = None;
    if cursor.take(b' ') {
        // Whether it is base64 is found out where the client's other answers are decoded.
        let response = cursor.atom("initial response")?;
        initial = Some(Secret(if response == "=" { String::new() } else { response }));
    }
    Ok(Command::Authenticate(Authenticate { mechanism, initial }))
}

/// ```abnf
/// login = "LOGIN" SP userid SP password
/// ```
pub(in crate::imap) fn login(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    let name = cursor.utf8()?;
    cursor.space()?;
    Ok(Command::Login(Credentials { name, password: Secret(cursor.utf8()?) }))
}

/// ```abnf
/// enable = "ENABLE" 1*(SP capability)
/// ```
pub(in crate::imap) fn enable(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    let names = cursor.spaced("capabilities", IMAP_ENABLE_NAMES_MAX, |cursor| cursor.atom("capability"))?;
    Ok(Command::Enable(names.into_iter().map(|name| name.to_ascii_uppercase()).collect()))
}

/// ```abnf
/// compress = "COMPRESS" SP "DEFLATE"
/// ```
pub(in crate::imap) fn compress(cursor: &mut Cursor) -> Parsed<Command> {
    cursor.space()?;
    cursor.one_of("DEFLATE", &[("DEFLATE", ())])?;
    Ok(Command::Compress)
}
