//! Parameters of MAIL and RCPT: RFC 5321 §4.1.2, RFC 1870, RFC 6152, RFC 6531, RFC 4954 §5, RFC 3461 §4.

use super::{Body, Mail, SyntaxError};
use crate::limits;
use crate::queue::{NotifyOn, RecipientDsn, Return};

/// ```abnf
/// Mail-parameters  = esmtp-param *(SP esmtp-param)
/// ```
pub(super) fn mail(text: &str, into: &mut Mail) -> Result<(), SyntaxError> {
    each(text, |keyword, value| {
        match keyword {
            "SIZE" => into.size = Some(size(value)?),
            "BODY" => into.body = body(value)?,
            "SMTPUTF8" if value.is_none() => into.smtputf8 = true,
            "AUTH" => on_behalf(value)?,
            "RET" => into.dsn.ret = Some(ret(value)?),
            "ENVID" => into.dsn.envid = Some(plain_xtext(value, limits::ENVID_BYTES_MAX)?.to_owned()),
            "SMTPUTF8" => return Err(SyntaxError::ParameterValue),
            _ => return Err(SyntaxError::UnknownParameter),
        }
        Ok(())
    })
}

/// ```abnf
/// Rcpt-parameters  = esmtp-param *(SP esmtp-param)
/// ```
pub(super) fn rcpt(text: &str) -> Result<RecipientDsn, SyntaxError> {
    let mut dsn = RecipientDsn::default();
    each(text, |keyword, value| {
        match keyword {
            "NOTIFY" => dsn.notify = Some(notify(value)?),
            "ORCPT" => dsn.orcpt = Some(original(value)?),
            _ => return Err(SyntaxError::UnknownParameter),
        }
        Ok(())
    })?;
    Ok(dsn)
}

/// ```abnf
/// esmtp-param   = esmtp-keyword ["=" esmtp-value]
/// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
/// esmtp-value   = 1*(%d33-60 / %d62-126)
/// ```
/// Calls `take` with each keyword, in upper case, and its value.
fn each(text: &str, mut take: impl FnMut(&str, Option<&str>) -> Result<(), SyntaxError>) -> Result<(), SyntaxError> {
    let mut seen: Vec<String> = Vec::new();
    for parameter in text.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (keyword, value) = match parameter.split_once('=') {
            Some((keyword, value)) => (keyword, Some(value)),
            None => (parameter, None),
        };
        let named = keyword.starts_with(|c: char| c.is_ascii_alphanumeric())
            && keyword.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !named || value.is_some_and(|value| value.is_empty() || value.contains(['=', '\t'])) {
            return Err(SyntaxError::ParameterValue);
        }
        let keyword = keyword.to_ascii_uppercase();
        if seen.contains(&keyword) {
            return Err(SyntaxError::RepeatedParameter);
        }
        take(&keyword, value)?;
        seen.push(keyword);
    }
    Ok(())
}

/// ```abnf
/// size-value = 1*20DIGIT
/// ```
/// RFC 1870 §3. Twenty digits can exceed 64 bits: that is a bad value, never a small one (hostile B23).
fn size(value: Option<&str>) -> Result<u64, SyntaxError> {
    let value = value.filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    value.and_then(|value| value.parse().ok()).ok_or(SyntaxError::ParameterValue)
}

/// ```abnf
/// body-value = "7BIT" / "8BITMIME" / "BINARYMIME"
/// ```
/// RFC 6152, RFC 3030 §3.
fn body(value: Option<&str>) -> Result<Body, SyntaxError> {
    match value.map(str::to_ascii_uppercase).as_deref() {
        Some("7BIT" | "8BITMIME") => Ok(Body::Text),
        Some("BINARYMIME") => Ok(Body::Binary),
        _ => Err(SyntaxError::ParameterValue),
    }
}

/// ```abnf
/// auth-value = xtext / "<>"
/// ```
/// RFC 4954 §5: who submitted the message, as another server claims. Nobody is trusted with that here.
fn on_behalf(value: Option<&str>) -> Result<(), SyntaxError> {
    let value = value.ok_or(SyntaxError::ParameterValue)?;
    let decoded = xtext(value).and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded {
        Some(text) if !text.chars().any(char::is_control) => Ok(()),
        _ => Err(SyntaxError::ParameterValue),
    }
}

/// ```abnf
/// ret-value = "FULL" / "HDRS"
/// ```
/// RFC 3461 §4.3.
fn ret(value: Option<&str>) -> Result<Return, SyntaxError> {
    match value {
        Some(word) if word.eq_ignore_ascii_case("FULL") => Ok(Return::Full),
        Some(word) if word.eq_ignore_ascii_case("HDRS") => Ok(Return::Headers),
        _ => Err(SyntaxError::ParameterValue),
    }
}

/// ```abnf
/// notify-esmtp-value = "NEVER" / 1#notify-list-element
/// notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"
/// ```
/// RFC 3461 §4.1.
fn notify(value: Option<&str>) -> Result<NotifyOn, SyntaxError> {
    let value = value.ok_or(SyntaxError::ParameterValue)?;
    if value.eq_ignore_ascii_case("NEVER") {
        return Ok(NotifyOn::NEVER);
    }
    value.split(',').try_fold(NotifyOn::NEVER, |all, word| match word.to_ascii_uppercase().as_str() {
        "SUCCESS" => Ok(all.and(NotifyOn::SUCCESS)),
        "FAILURE" => Ok(all.and(NotifyOn::FAILURE)),
        "DELAY" => Ok(all.and(NotifyOn::DELAY)),
        _ => Err(SyntaxError::ParameterValue),
    })
}

/// ```abnf
/// original-recipient-address = addr-type ";" xtext
/// ```
/// RFC 3461 §4.2, with the utf-8 addresses of RFC 6533 §3.
fn original(value: Option<&str>) -> Result<String, SyntaxError> {
    let (kind, address) = value.and_then(|value| value.split_once(';')).ok_or(SyntaxError::ParameterValue)?;
    let atom = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !atom || address.is_empty() {
        return Err(SyntaxError::ParameterValue);
    }
    if kind.eq_ignore_ascii_case("utf-8") {
        return Ok(format!("{kind};{}", utf8_address(address)?));
    }
    let address = plain_xtext(Some(address), limits::ORCPT_BYTES_MAX)?;
    Ok(format!("{kind};{address}"))
}

/// ```abnf
/// utf-8-enc-addr      = utf-8-addr-xtext / utf-8-addr-unitext / utf-8-address
/// utf-8-addr-xtext    = 1*(QCHAR / EmbeddedUnicodeChar)
/// utf-8-addr-unitext  = 1*(QUCHAR / EmbeddedUnicodeChar)
/// EmbeddedUnicodeChar = "\x" "{" HEXPOINT "}"
/// ```
/// RFC 6533 §3. Gives the first form, which every server on the way takes.
fn utf8_address(value: &str) -> Result<String, SyntaxError> {
    let embedded = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\x{{{:X}}}", u32::from(c)) };
    let ascii: String = value.chars().map(embedded).collect();
    let is_point = |rest: &str| {
        let (digits, _) = rest.strip_prefix("x{")?.split_once('}')?;
        let point = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
        (digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && !point.is_control()).then_some(())
    };
    if ascii.split('\\').skip(1).any(|rest| is_point(rest).is_none()) {
        return Err(SyntaxError::ParameterValue);
    }
    plain_xtext(Some(&ascii), limits::ORCPT_BYTES_MAX).map(str::to_owned)
}

/// xtext of a length that stands for no control characters, as it was sent: nothing is to break out of a notice.
fn plain_xtext(value: Option<&str>, max: usize) -> Result<&str, SyntaxError> {
    let value = value.filter(|value| value.len() <= max).ok_or(SyntaxError::ParameterValue)?;
    match xtext(value) {
        Some(decoded) if !decoded.iter().any(u8::is_ascii_control) => Ok(value),
        _ => Err(SyntaxError::ParameterValue),
    }
}

/// ```abnf
/// xtext   = *( xchar / hexchar )
/// xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
/// hexchar = "+" 2(%x30-39 / %x41-46)
/// ```
/// RFC 3461 §4.
fn xtext(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => {
                let (digits, after) = rest.split_at_checked(2)?;
                decoded.push(data_encoding::HEXUPPER.decode(digits).ok()?.first().copied()?);
                rest = after;
            }
            b'!'..=b'~' if *first != b'=' => decoded.push(*first),
            _ => return None,
        }
    }
    Some(decoded)
}
