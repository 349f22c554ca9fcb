//! hopthu (hộp thư, "mailbox"): a mail server with a built-in directory, for public offices.
//!
//! One daemon, one SQLite file, one command line. SMTP and IMAP are doors; behind them a directory of staff, units
//! and the department decides who owns, manages or may use which mailbox; provisioning turns a personnel decision
//! into a plan of steps and applies it in one transaction, with its audit entry.
//!
//! # Floors
//! A file imports only lower floors or its own folder; `tests/suite/architecture.rs` holds this.
//!
//! | floor | modules | rule |
//! |---|---|---|
//! | 0 words | [`address`] [`name`] [`id`] [`clock`] [`language`] [`limits`] [`network`] [`text`] | pure |
//! | 1 tools | [`db`] [`metrics`] [`mime`] [`net`] | SQL may be written here and on floor 2 |
//! | 2 records | [`directory`] [`store`] [`audit`] [`credential`] | each owns its tables; siblings never import each other |
//! | 3 acts | [`access`] [`delivery`] [`provisioning`] | the only place where several records change in one transaction |
//! | 4 doors | [`smtp`] [`imap`] [`web`] [`control`] | doors never import each other |
//! | 5 house | [`config`] [`server`] [`cli`] | |
pub mod access;
pub mod address;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod credential;
pub mod db;
pub mod delivery;
pub mod directory;
pub mod id;
pub mod imap;
pub mod language;
pub mod limits;
pub mod metrics;
pub mod mime;
pub mod name;
pub mod net;
pub mod network;
pub mod provisioning;
pub mod server;
pub mod smtp;
pub mod store;
pub mod text;
pub mod web;
