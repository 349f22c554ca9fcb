//! Parameters of MAIL and RCPT: RFC 5321 §4.1.2, RFC 1870, RFC 6152, RFC 6531, RFC 4954 §5.

use super::{Mail, SyntaxError};

/// ```abnf
/// Mail-parameters  = esmtp-param *(SP esmtp-param)
/// ```
pub(super) fn mail(text: &str, into: &mut Mail) -> Result<(), SyntaxError> {
    each(text, |keyword, value| {
        match keyword {
            "SIZE" => into.size = Some(size(value)?),
            "BODY" => body(value)?,
            "SMTPUTF8" if value.is_none() => into.smtputf8 = true,
            "AUTH" => on_behalf(value)?,
            "SMTPUTF8" => return Err(SyntaxError::ParameterValue),
            _ => return Err(SyntaxError::UnknownParameter),
        }
        Ok(())
    })
}

/// RCPT has no parameters until an extension that brings some is offered.
pub(super) fn rcpt(text: &str) -> Result<(), SyntaxError> {
    each(text, |_, _| Err(SyntaxError::UnknownParameter))
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
/// body-value = "7BIT" / "8BITMIME"
/// ```
/// RFC 6152. Nothing depends on which: every byte is kept as it came.
fn body(value: Option<&str>) -> Result<(), SyntaxError> {
    let known = value.is_some_and(|v| v.eq_ignore_ascii_case("7BIT") || v.eq_ignore_ascii_case("8BITMIME"));
    if known { Ok(()) } else { Err(SyntaxError::ParameterValue) }
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
