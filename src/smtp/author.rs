//! Who a field says a message is from, read so strictly that no reader can understand it otherwise (hostile B79-B81).
//!
//! Mail programs are lenient, each in its own way: what one of them shows as the boss, another takes for a comment. A
//! person's own program writes plain fields, so whatever is not plain is refused.

use mail_parser::{Address as Shown, HeaderForm};

use super::header::HeaderFault;
use crate::address::Address;
use crate::mime::Field;

/// The one address of a From, Sender or Resent-From field.
///
/// # Errors
/// [`HeaderFault::Several`] for a list, [`HeaderFault::Unclear`] for groups, routes, whatever is not well formed, and for
/// what two readers take differently, [`HeaderFault::NotOwn`] for an address or a display name that shows somebody else's.
pub fn check(field: &Field<'_>, name: &'static str, owns: impl Fn(&Address) -> bool) -> Result<Address, HeaderFault> {
    let value = std::str::from_utf8(field.value).map_err(|_| HeaderFault::Unclear(name))?;
    let address = mailbox(value).map_err(|shape| match shape {
        Shape::List => HeaderFault::Several(name),
        Shape::Other => HeaderFault::Unclear(name),
    })?;
    if !is_seen_by_others(field.value, &address) {
        return Err(HeaderFault::Unclear(name));
    }
    let shown = field.text();
    if shown.matches(['<', '>']).count() > value.matches(['<', '>']).count() {
        return Err(HeaderFault::Unclear(name));
    }
    let is_bracket = |c: char| c.is_whitespace() || "<>()[]\"',;:".contains(c);
    let others = shown.split(is_bracket).filter_map(|word| Address::parse(word).ok()).any(|seen| !owns(&seen));
    if others || !owns(&address) { Err(HeaderFault::NotOwn(name)) } else { Ok(address) }
}

/// What a field is instead of one mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    List,
    Other,
}

/// Whether the library that shows messages elsewhere in this server finds the same address and no other.
fn is_seen_by_others(value: &[u8], address: &Address) -> bool {
    let parsed = HeaderForm::Addresses.parse(value);
    let Some(list) = parsed.value().as_address() else { return false };
    let mut seen = list.iter();
    match (seen.next(), seen.next()) {
        (Some(Shown::Mailbox(one)), None) => {
            one.address().and_then(|text| Address::parse(text).ok()).as_ref() == Some(address)
        }
        _ => false,
    }
}

/// ```abnf
/// mailbox      = name-addr / addr-spec
/// name-addr    = [display-name] angle-addr
/// angle-addr   = [CFWS] "<" addr-spec ">" [CFWS]
/// display-name = phrase
/// ```
/// RFC 5322 §3.4, with the dots in phrases of §4.1. Comments are skipped.
fn mailbox(value: &str) -> Result<Address, Shape> {
    let mut words = String::new();
    let mut angle: Option<String> = None;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' => comment(&mut chars)?,
            '<' if angle.is_none() => angle = Some(addr_spec(&mut chars)?),
            ',' => return Err(Shape::List),
            '<' | '>' | ')' | '[' | ']' | ':' | ';' | '\\' => return Err(Shape::Other),
            c if c.is_whitespace() => words.push(' '),
            _ if angle.is_some() => return Err(Shape::Other),
            '"' => quoted(&mut chars, &mut words)?,
            c => words.push(c),
        }
    }
    let text = angle.unwrap_or(words);
    Address::parse(text.trim()).map_err(|_| Shape::Other)
}

/// What is between the angle brackets, the first of which was read.
fn addr_spec(chars: &mut std::str::Chars<'_>) -> Result<String, Shape> {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '>' => return Ok(text),
            '"' => quoted(chars, &mut text)?,
            '<' | '(' | ')' | ',' => return Err(Shape::Other),
            c => text.push(c),
        }
    }
    Err(Shape::Other)
}

/// ```abnf
/// quoted-string = DQUOTE *qcontent DQUOTE
/// ```
/// Keeps the quotes, for [`Address::parse`].
fn quoted(chars: &mut std::str::Chars<'_>, into: &mut String) -> Result<(), Shape> {
    into.push('"');
    while let Some(c) = chars.next() {
        into.push(c);
        match c {
            '"' => return Ok(()),
            '\\' => into.push(chars.next().ok_or(Shape::Other)?),
            _ => {}
        }
    }
    Err(Shape::Other)
}

/// ```abnf
/// comment = "(" *(ctext / quoted-pair / comment) ")"
/// ```
fn comment(chars: &mut std::str::Chars<'_>) -> Result<(), Shape> {
    let mut depth = 1_usize;
    while let Some(c) = chars.next() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Ok(()),
            ')' => depth -= 1,
            '\\' => _ = chars.next().ok_or(Shape::Other)?,
            _ => {}
        }
    }
    Err(Shape::Other)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::mime::fields;
    use proptest::prelude::*;

    fn judge(value: &str) -> Result<(), HeaderFault> {
        let me = Address::parse("me@x.vn").unwrap();
        let text = format!("From: {value}\r\n");
        let field = fields(text.as_bytes()).next().unwrap();
        check(&field, "From", |address| *address == me).map(drop)
    }

    #[test]
    fn plain_fields_of_ones_own_pass() {
        for value in [
            "me@x.vn",
            "<me@x.vn>",
            "Đỗ Xuân Bình <me@x.vn>",
            "=?utf-8?B?xJDhu5cgWHXDom4gQsOsbmg=?= <ME@x.vn>",
            "\"Binh, Do Xuan\" <me@x.vn>",
            "\"me@x.vn\" <me@x.vn>",
            "Binh X. Do\r\n <me@x.vn>",
            "me@x.vn (Binh (office))",
        ] {
            assert_eq!(judge(value), Ok(()), "{value}");
        }
    }

    #[test]
    fn whatever_could_show_somebody_else_is_refused() {
        for (value, fault) in [
            ("boss@x.vn", HeaderFault::NotOwn("From")),
            ("boss@x.vn, me@x.vn", HeaderFault::Several("From")),
            ("me@x.vn, me@x.vn", HeaderFault::Several("From")),
            ("\"boss@x.vn\" <me@x.vn>", HeaderFault::NotOwn("From")),
            ("me@x.vn (boss@x.vn)", HeaderFault::NotOwn("From")),
            ("=?utf-8?Q?Boss_<boss@x.vn>?= <me@x.vn>", HeaderFault::Unclear("From")),
            ("=?utf-8?B?Qm9zcyA8Ym9zc0B4LnZuPg==?= <me@x.vn>", HeaderFault::Unclear("From")),
            ("Team: me@x.vn;", HeaderFault::Unclear("From")),
            ("<@y.vn:me@x.vn>", HeaderFault::Unclear("From")),
            ("<me@x.vn> <boss@x.vn>", HeaderFault::Unclear("From")),
            ("<me@x.vn> boss", HeaderFault::Unclear("From")),
            ("<me@x.vn", HeaderFault::Unclear("From")),
            ("boss@x.vn me@x.vn", HeaderFault::Unclear("From")),
            ("\"boss@x.vn <me@x.vn>", HeaderFault::Unclear("From")),
            ("(boss@x.vn <me@x.vn>", HeaderFault::Unclear("From")),
            ("", HeaderFault::Unclear("From")),
            ("Boss", HeaderFault::Unclear("From")),
        ] {
            assert_eq!(judge(value), Err(fault), "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_field_makes_the_check_panic(value in "[ -~À-ỹ]{0,60}") {
            let _ = judge(&value);
        }
    }
}
