//! Mail that no person wrote to be answered.

use super::field::{Field, fields};

/// Words of Precedence that mail to many bears, though no standard has them: RFC 3834 §2.
const TO_MANY: [&str; 3] = ["bulk", "junk", "list"];

/// Whether a program wrote the message, or sent it to a list: RFC 3834 §2 forbids to answer such mail by a program.
pub fn is_automatic(header: &[u8]) -> bool {
    fields(header).any(|field| {
        let value = field.unfolded();
        let word = value.split(|byte| matches!(byte, b';' | b'(')).next().unwrap_or_default().trim_ascii();
        let is = |other: &&str| word.eq_ignore_ascii_case(other.as_bytes());
        match &field {
            field if field.is("Auto-Submitted") => !is(&"no"),
            field if field.is("Precedence") => TO_MANY.iter().any(is),
            field => is_of_a_list(field),
        }
    })
}

/// `List-Id`, `List-Unsubscribe`, …: RFC 2369, RFC 2919.
fn is_of_a_list(field: &Field<'_>) -> bool {
    field.name.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case(b"List-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_and_lists_send_is_automatic() {
        for (header, automatic) in [
            ("Subject: x\r\n", false),
            ("Auto-Submitted: no\r\n", false),
            ("auto-submitted: auto-replied\r\n", true),
            ("Auto-Submitted: No (a person)\r\n", false),
            ("Auto-Submitted:\r\n auto-generated; x=y\r\n", true),
            ("Precedence: BULK\r\n", true),
            ("Precedence: first-class\r\n", false),
            ("List-Id: <x.y>\r\n", true),
            ("Listing: x\r\n", false),
            ("Subject: x\r\n\r\nList-Id: <x.y>\r\n", false),
        ] {
            assert_eq!(is_automatic(header.as_bytes()), automatic, "{header}");
        }
    }
}
