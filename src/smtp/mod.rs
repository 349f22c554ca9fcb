//! The SMTP door: mail in from other servers (port 25) and from our people (ports 587 and 465).
//!
//! A line goes from the wire through [`syntax`] to [`session`], which says what is to be done; `connection` does it
//! and answers with [`reply`], where all codes are.

pub mod authentic;
pub mod author;
mod authorship;
mod chunk;
mod connection;
pub mod data;
mod door;
pub mod fault;
mod filter;
mod header;
mod incoming;
mod judge;
mod origin;
mod plain;
mod receive;
pub mod received;
pub mod refusal;
pub mod reply;
pub mod session;
mod standing;
pub mod submission;
pub mod syntax;
#[cfg(test)]
mod tests;

pub use door::{Door, Services, Settings};
pub use received::SenderTrace;
pub use session::Kind;
pub use standing::{Device, Devices};
