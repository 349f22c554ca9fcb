//! The SMTP door: mail in from other servers (port 25) and from our people (ports 587 and 465).
//!
//! A line goes from the wire through [`syntax`] to [`session`], which says what is to be done; [`connection`] does it
//! and answers with [`reply`], where all codes are.

pub mod author;
pub mod data;
pub mod header;
pub mod received;
pub mod reply;
pub mod session;
pub mod submission;
pub mod syntax;
