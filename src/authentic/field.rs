//! `Authentication-Results` fields that claim to be this server's (RFC 8601 §5): whoever wrote them, they are taken out.

use crate::address::Domain;
use crate::mime::fields;

/// A header without the fields that claim this server's name; nothing where there are none.
pub fn without_claims(header: &[u8], hostname: &str) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut copied = 0;
    let mut read = fields(header);
    while let Some(field) = read.next() {
        if field.is("Authentication-Results") && claims(field.value, hostname) {
            let end = header.len() - read.remaining();
            kept.extend_from_slice(header.get(copied..end - field.raw.len()).unwrap_or_default());
            copied = end;
        }
    }
    if copied == 0 {
        return None;
    }
    kept.extend_from_slice(header.get(copied..).unwrap_or_default());
    Some(kept)
}

/// The domains that these servers vouch for in the results that they wrote: of the author, by DMARC, or of a signature.
///
/// ```abnf
/// authres-payload = authserv-id [version] 1*(";" methodspec *propspec)   ; RFC 8601 §2.2
/// ```
/// Comments are skipped. What is quoted, or has white space around its `=`, proves nothing.
pub(super) fn vouched(header: &[u8], servers: &[Domain]) -> Vec<Domain> {
    if servers.is_empty() {
        return Vec::new();
    }
    let written = fields(header).filter(|field| field.is("Authentication-Results"));
    let results = written.filter_map(|field| plain(&field.unfolded()));
    let of_server = |results: String| {
        let (id, results) = results.split_once(';')?;
        let id = Domain::parse(id.split_whitespace().next()?).ok()?;
        servers.contains(&id).then(|| results.split(';').filter_map(proven).collect::<Vec<_>>())
    };
    results.filter_map(of_server).flatten().collect()
}

/// The domain that one result proves.
fn proven(result: &str) -> Option<Domain> {
    let mut words = result.split_whitespace();
    let property = match words.next()?.to_ascii_lowercase().as_str() {
        "dmarc=pass" => "header.from=",
        "dkim=pass" => "header.d=",
        _ => return None,
    };
    let mut named = words.filter_map(|word| word.strip_prefix(property));
    let (domain, None) = (named.next()?, named.next()) else { return None };
    Domain::parse(domain).ok()
}

/// A value without its comments; nothing where one does not end, or something is quoted or escaped.
fn plain(value: &[u8]) -> Option<String> {
    let (mut depth, mut kept) = (0_usize, String::new());
    for c in std::str::from_utf8(value).ok()?.chars() {
        match c {
            '"' | '\\' => return None,
            '(' => depth += 1,
            ')' => {
                depth = depth.checked_sub(1)?;
                kept.push(' ');
            }
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    (depth == 0).then_some(kept)
}

/// ```abnf
/// authres-payload = [CFWS] authserv-id [ [CFWS] authres-version ] …
/// authserv-id     = value                ; RFC 2045 §5.1: a token or a quoted string
/// ```
/// What cannot be read is taken for a claim: another reader may understand it.
fn claims(value: &[u8], hostname: &str) -> bool {
    let Some(value) = after_comments(value) else { return true };
    let id: Vec<u8> = match value.split_first() {
        Some((b'"', quoted)) => {
            let mut escaped = false;
            let inner = quoted.iter().take_while(|byte| {
                let ends = **byte == b'"' && !escaped;
                escaped = **byte == b'\\' && !escaped;
                !ends
            });
            inner.copied().filter(|byte| *byte != b'\\').collect()
        }
        _ => value.iter().copied().take_while(|byte| byte.is_ascii_graphic() && !b";(".contains(byte)).collect(),
    };
    let id = id.strip_suffix(b".").unwrap_or(&id).trim_ascii();
    id.is_empty() || id.eq_ignore_ascii_case(hostname.as_bytes())
}

/// What follows white space and comments; nothing where a comment does not end.
fn after_comments(value: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, byte) in value.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if depth > 0 => escaped = true,
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            byte if depth == 0 && !byte.is_ascii_whitespace() => return value.get(at..),
            _ => {}
        }
    }
    (depth == 0).then_some(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_found_however_it_is_written() {
        for value in [
            " mail.x.vn; dkim=pass",
            "\r\n\tMAIL.x.VN 1; spf=pass",
            " (a (b\\)) c) mail.x.vn; none",
            " \"mail.x.vn\"; none",
            " \"mail\\.x.vn\"; none",
            "mail.x.vn.;none",
            " mail.x.vn(c); none",
            "",
            " (never",
        ] {
            assert!(claims(value.as_bytes(), "mail.x.vn"), "{value}");
        }
        for value in [" mail.y.vn; dkim=pass header.d=mail.x.vn", " x.mail.x.vn; none", " (mail.x.vn) y.vn; none"] {
            assert!(!claims(value.as_bytes(), "mail.x.vn"), "{value}");
        }
    }

    #[test]
    fn a_server_vouches_in_its_own_name_for_what_it_says_passed() {
        let relays: Vec<Domain> = Domain::parse("mx.y.vn").into_iter().collect();
        let vouched = |value: &str| {
            let header = format!("Authentication-Results: {value}\r\nSubject: x\r\n");
            vouched(header.as_bytes(), &relays).iter().map(|domain| domain.as_str().to_owned()).collect::<Vec<_>>()
        };
        for value in [
            "mx.y.vn; dmarc=pass header.from=x.vn",
            "MX.y.vn 1; spf=fail smtp.mailfrom=z.vn;\r\n\tDKIM=pass (good (really)) header.d=X.vn header.s=a",
            "mx.y.vn (me); dkim=pass(2048 bit) header.i=@z.vn header.d=x.vn; dmarc=fail header.from=z.vn",
        ] {
            assert_eq!(vouched(value), ["x.vn"], "{value}");
        }
        for value in [
            "mx.z.vn; dmarc=pass header.from=x.vn",
            "mx.y.vn; dmarc=fail header.from=x.vn",
            "mx.y.vn; dmarc=passed header.from=x.vn",
            "mx.y.vn; spf=pass smtp.mailfrom=x.vn",
            "mx.y.vn; dkim=fail reason=\"; dmarc=pass header.from=x.vn\"",
            "mx.y.vn; dkim=fail (; dmarc=pass header.from=x.vn)",
            "mx.y.vn; dkim=fail (\\) ; dmarc=pass header.from=x.vn",
            "mx.y.vn; dkim=pass header.d=x.vn header.d=z.vn",
            "mx.y.vn; dmarc=pass (header.from=x.vn",
            "mx.y.vn",
            "",
        ] {
            assert_eq!(vouched(value), [""; 0], "{value}");
        }
    }

    #[test]
    fn only_claims_are_taken_out() {
        let header = b"A: b\r\nno field\r\nauthentication-results : x.vn; dkim=pass\r\n\theader.d=y\r\nC: d\r\n\
            Authentication-Results: y.vn; none\r\nAuthentication-Results: x.vn; none\r\n";
        let expected = b"A: b\r\nno field\r\nC: d\r\nAuthentication-Results: y.vn; none\r\n";
        assert_eq!(without_claims(header, "x.vn").as_deref(), Some(&expected[..]));
        assert_eq!(without_claims(expected, "x.vn"), None);
    }
}
