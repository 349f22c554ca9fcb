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
//! | 0 words | [`acl`] [`address`] [`name`] [`id`] [`clock`] [`language`] [`limits`] [`network`] [`period`] [`text`] [`utf7`] [`workday`] | pure |
//! | 1 tools | [`db`] [`metrics`] [`mime`] [`net`] [`seal`] [`spool`] [`zone`] | SQL may be written here and on floor 2 |
//! | 2 records | [`directory`] [`store`] [`audit`] [`authentic`] [`credential`] [`duty`] [`figure`] [`incident`] [`queue`] [`reminder`] [`sending`] | each owns its tables, or its files; siblings never import each other |
//! | 3 acts | [`access`] [`archive`] [`delivery`] [`feed`] [`milter`] [`provisioning`] [`remote`] [`report`] [`sharing`] | the only place where several records change in one transaction |
//! | 4 doors | [`smtp`] [`imap`] [`relay`] [`web`] [`dns`] [`control`] | doors never import each other |
//! | 5 house | [`config`] [`server`] [`cli`] | |
//!
//! # Words
//! Each has one meaning, in code, on the command line and in documents.
//!
//! | word | Vietnamese | meaning |
//! |---|---|---|
//! | Staff | cán bộ, công chức | a person of the department; owns one personal mailbox |
//! | Unit | đơn vị | has a head and a mailbox; may be remote (not on the LAN) |
//! | Department | sở | the whole organisation; its mailbox is its leaders' |
//! | Mailbox | hộp thư | of a person, a unit or the department; known by its id for ever, never by its address |
//! | Steward | người quản lý hộp thư | who answers for a unit's or the department's mailbox |
//! | Delegate | người được uỷ quyền | staff given rights on one by its steward, between two dates |
//! | Grant | quyền trên thư mục | what others may do with one folder of a unit's or the department's mailbox, by leave of its steward |
//! | Machine | thiết bị của đơn vị | a scanner, a program: with a password of its own to a unit's or the department's mailbox, bound to networks and a purpose; it stands for nobody |
//! | Folder | thư mục | what IMAP calls a mailbox |
//! | Message | thư | stored mail; an Envelope is an SMTP transaction |
//! | Section | mục | a part of a unit's shared folder, the same for all units |
//! | Duty | nghĩa vụ cập nhật | what a unit must publish in a section, and by when |
//! | Doubt | điều nghi ngờ | why mail that asks to be filed in a section stays in the department's INBOX |
//! | Item | việc | a message in the INBOX of a unit's or the department's mailbox that must be dealt with: open, taken, done |
//! | Trace | dấu vết | what somebody did with an item: fetched, opened, flagged, moved, copied, answered, removed |
//! | Job | việc gửi | a message on its way out, for those recipients that go one way |
//! | Lane | đường gửi | a way out: a route of the configuration, or the servers that DNS names for a domain |
//! | Notice | thư báo | what a sender is told of a message: failed, delayed, relayed, delivered (RFC 3464) |
//! | Zone | vùng tên miền | the names that a network needs of this server, as records of DNS |
//! | Annotation | ghi chú | what somebody noted about a folder, for themselves or for everybody (RFC 5464) |
//! | Decision | quyết định | number, date, kind, effective date: the cause of every act on people and mailboxes |
//! | Request | đề nghị | what a unit or the personnel division asks the Office for; applied as a decision |
//! | Incident | sự cố | a fault or leak that was reported, until it is closed with its outcome |
//! | Figure | số liệu | what was counted or measured on a day |
//! | Report | báo cáo | what the Office tells the Director of a month (R30) |
//! | Step | bước | one planned effect of a decision or act |
//! | Entry | mục nhật ký | one line of the hash-chained audit |
//! | Change | thay đổi | what sessions are told after a commit |
//! | Change file | tệp thay đổi | what the province is told since the file before: numbered, signed, made from the audit alone |
//!
//! # Invariants, each with the test that holds it
//! `hopthu check`, and every test at its end, looks at the data: [`store::check`], [`directory::check`],
//! [`audit::verify`].
//!
//! | | what always holds | test |
//! |---|---|---|
//! | I1 | 250 and OK mean durable | `crash::what_was_acknowledged_survives_kill_9` |
//! | I2 | UIDs are never reused, mod-sequences only grow, UIDVALIDITY has one source | `store_model::the_store_is_what_its_model_is` |
//! | I3 | no Change is seen before its commit | `db::tests::a_refused_operation_is_undone_alone`, `store::tests::a_watch_sees_a_change_when_it_is_durable` |
//! | I4 | every change of the directory has its Entry in the same transaction | `provisioning::tests::every_change_has_its_entry_and_no_entry_a_password`, `decisions_model::five_hundred_decisions_leave_the_department_sound` |
//! | I5 | a decision applies at most once | `decisions::r16_a_decision_dated_ahead_waits_is_done_on_its_day_and_once`, `office::who_is_hired_logs_in_at_once_and_a_decision_applies_once` |
//! | I6 | reply codes live in two files | `architecture::reply_codes_are_written_in_two_files` |
//! | I7 | nobody reads or sends without a right that holds now | `rights::r9_f31_who_is_suspended_is_out_of_everything_in_five_seconds`, and the others of `rights` |
//! | I8 | every wait, line, list and buffer has a named bound | `architecture::every_wait_has_its_name_in_limits` |
//! | I9 | no acknowledged message is ever lost | `crash::what_was_acknowledged_survives_kill_9`, `relay::f2_a_kill_at_any_write_loses_nothing_and_doubles_at_most_what_was_under_way` |
//!
//! # Two walks
//! A message: a line of [`net`] → the grammar and session of [`smtp`] → the [`directory`] snapshot resolves the recipient →
//! DATA → the filters that [`milter`] asks, if there are any → [`authentic`] signs it, or has asked whose it is → [`delivery`] →
//! one write of [`db`] that puts it into the [`store`] → after the commit the folder's watch tells its sessions, then 250 →
//! [`imap`] wakes in IDLE → EXISTS → FETCH → the store reads → out. For somebody elsewhere the same write puts a job into the
//! [`queue`] → [`relay`] finds it due and sends it → [`delivery`] marks it, and tells its sender.
//!
//! A decision: [`cli`] → [`control`] → [`provisioning`] → a draft of the directory → rules plan → steps, or a refusal that
//! names the rule → apply changes the draft → its rows, store, credential, audit in one commit → sessions whose rights ended
//! are cut → [`feed`] folds the audit, and the next change file tells the province. One dated ahead waits in the records
//! until the daemon finds that its day has come.
pub mod access;
pub mod acl;
pub mod address;
pub mod archive;
pub mod audit;
pub mod authentic;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod credential;
pub mod db;
pub mod delivery;
pub mod directory;
pub mod dns;
pub mod duty;
pub mod feed;
pub mod figure;
pub mod id;
pub mod imap;
pub mod incident;
pub mod language;
pub mod limits;
pub mod metrics;
pub mod milter;
pub mod mime;
pub mod name;
pub mod net;
pub mod network;
pub mod period;
pub mod provisioning;
pub mod queue;
pub mod relay;
pub mod reminder;
pub mod remote;
pub mod report;
pub mod seal;
pub mod sending;
pub mod server;
pub mod sharing;
pub mod smtp;
pub mod spool;
pub mod store;
pub mod text;
pub mod utf7;
pub mod web;
pub mod workday;
pub mod zone;
