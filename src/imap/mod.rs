//! IMAP: RFC 9051 and RFC 3501.
pub mod syntax;
pub mod utf7;
