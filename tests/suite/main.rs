//! The tests of the whole program, in one binary so that it is linked once.
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs
)]

mod architecture;
mod archive;
mod audit;
mod authentic;
mod browser;
mod centre;
mod chunks;
mod clamav;
mod client;
mod clients;
mod commands;
mod crash;
mod days;
mod decisions;
mod decisions_model;
mod desk;
mod devices;
mod dovecot;
mod filing;
mod filter;
mod filters;
mod folder_rights;
mod handover;
mod handover_clients;
mod harness;
mod hostile;
mod hostile_imap;
mod hostile_mime;
mod hostile_smtp;
mod house;
mod http;
mod mailbox_io;
mod matrix;
mod names;
mod office;
mod personnel;
mod postfix;
mod process;
mod province;
mod reader;
mod relay;
mod report;
mod rights;
mod rspamd;
mod scripted;
mod search_crash;
mod search_model;
mod seen;
mod sharing;
mod source;
mod store_model;
mod syncing;
mod transcripts;
mod trusted;
mod views;
mod web;
mod webdriver;
mod wire;
mod work;
mod zone;
