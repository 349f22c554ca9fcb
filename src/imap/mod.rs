//! IMAP: RFC 9051 and RFC 3501.
pub mod pattern;
pub mod section;
pub mod syntax;
pub mod utf7;
