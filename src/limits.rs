//! Every bound of the program: its unit is in its name, its source beside it. No wait, line, list or buffer is without one.

use std::time::Duration;

/// RFC 5321 §4.5.3.1.1.
pub const LOCAL_PART_BYTES_MAX: usize = 64;
/// RFC 5321 §4.5.3.1.2.
pub const DOMAIN_BYTES_MAX: usize = 255;

/// A body is stored in pieces of at most this, so that nothing needs one allocation of a whole message.
pub const BODY_PIECE_BYTES_MAX: usize = 256 * 1024;

/// Writes that wait for the writer; past this callers wait to be taken in.
pub const WRITES_WAITING_MAX: usize = 4096;
/// Writes that share one commit: bounds how long the first of them waits for the last.
pub const WRITES_PER_COMMIT_MAX: usize = 256;
/// Connections that read the database at once.
pub const READERS_MAX: u32 = 8;
/// How long a read waits for a connection before it fails.
pub const READER_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long SQLite waits for another process's lock (hostile F15).
pub const DATABASE_BUSY_MAX: Duration = Duration::from_secs(30);
/// Commits after which the checkpointer moves the WAL into the file.
pub const COMMITS_PER_CHECKPOINT: u32 = 100;
/// A WAL longer than this wakes the checkpointer at once.
pub const WAL_BYTES_USUAL: u64 = 16 * 1024 * 1024;
/// A WAL longer than this is reset by the writer itself, which costs the waiting writes some tens of milliseconds.
pub const WAL_BYTES_MAX: u64 = 128 * 1024 * 1024;

// Messages (mime)

/// Containers (multiparts and messages) within each other, far above any real message (hostile B58). Every line that
/// begins with two dashes is compared with the boundaries of all of them.
pub const MIME_DEPTH_MAX: usize = 32;
/// Lines of a message whose structure is looked at, since each may become a header field or a boundary: a longer one
/// is described as a single text. 50 MB of base64 are 700,000 lines.
pub const MIME_LINES_MAX: usize = 1_000_000;
/// Parts of one message; the rest stays in the last one (hostile B58).
pub const MIME_PARTS_MAX: usize = 10_000;
/// What is looked at of one header field: a longer one is cut there (hostile B61).
pub const FIELD_BYTES_MAX: usize = 128 * 1024;
/// How far the end of an encoded word is looked for; RFC 2047 §2 allows 75, mail programs write whole lines of
/// RFC 5322 §2.1.1.
pub const ENCODED_WORD_BYTES_MAX: usize = 998;
/// Addresses of one ENVELOPE, all its fields together (hostile B61, CVE-2024-23184).
pub const ENVELOPE_ADDRESSES_MAX: usize = 2_000;
/// Bytes of one ENVELOPE: what would go beyond is left out.
pub const ENVELOPE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one BODYSTRUCTURE: a message with more is described as one text.
pub const STRUCTURE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Parameters of one Content-Type or Content-Disposition (hostile B64).
pub const MIME_PARAMETERS_MAX: usize = 64;
/// Languages of one Content-Language.
pub const MIME_LANGUAGES_MAX: usize = 16;
/// Characters of a PREVIEW: RFC 8970 §3.1 allows 256 and prefers 200.
pub const PREVIEW_CHARS_MAX: usize = 200;
/// Octets of one text part that are looked at for a PREVIEW.
pub const PREVIEW_TEXT_BYTES_MAX: usize = 8 * 1024;
/// The same of one part of HTML, which begins with its styles.
pub const PREVIEW_HTML_BYTES_MAX: usize = 64 * 1024;
/// Text parts that are looked at for a PREVIEW: most messages say something in the first.
pub const PREVIEW_PARTS_MAX: usize = 3;
/// Text kept of a message for SEARCH, before folding.
pub const SEARCH_TEXT_BYTES_MAX: usize = 1024 * 1024;
/// What is looked at of a subject to find its base (RFC 5256 §2.1), which takes quadratic time.
pub const SUBJECT_BYTES_MAX: usize = 4 * 1024;
/// Ancestors of a message kept for THREAD, the newest (hostile B66).
pub const REFERENCES_MAX: usize = 100;
/// Bytes of a Message-ID: RFC 5322 §2.1.1 has no longer line.
pub const MESSAGE_ID_BYTES_MAX: usize = 998;

// net
/// What a connection that waits reserves for reading: small, because a thousand of them wait.
pub const WIRE_READ_BYTES_MIN: usize = 4 * 1024;
/// What a connection in full flow reserves for reading.
pub const WIRE_READ_BYTES_MAX: usize = 64 * 1024;
/// Output that is gathered before it is written.
pub const WIRE_OUTPUT_BYTES_MAX: usize = 64 * 1024;
/// A line that is too long is thrown away up to here; a peer that goes on is no mail client (hostile B15).
pub const WIRE_DRAIN_BYTES_MAX: usize = 1024 * 1024;
/// How long a peer may take to accept some of what is written to it.
pub const WIRE_WRITE_STALL_MAX: Duration = Duration::from_mins(2);
/// From the first byte of a TLS handshake to its end (hostile B69).
pub const TLS_HANDSHAKE_MAX: Duration = Duration::from_secs(30);
/// A password longer than this costs hashing time and protects nobody (hostile B75).
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// How long accepting rests when the system has no file descriptor left (hostile F9).
pub const ACCEPT_REST: Duration = Duration::from_millis(100);
/// What sessions are given to finish at shutdown, so that all of it takes less than 10 s.
pub const DRAIN_MAX: Duration = Duration::from_secs(8);
/// How long a command or a starting daemon waits for a data directory that another process has: commands take moments, and
/// a daemon that is stopping takes [`DRAIN_MAX`] and what closing the database takes.
pub const LOCK_WAIT_MAX: Duration = Duration::from_secs(12);
/// How often it looks whether the directory is free, or a daemon listens there.
pub const LOCK_RETRY_WAIT: Duration = Duration::from_millis(20);
// Another server, read by IMAP
/// From the first packet to a connection.
pub const REMOTE_CONNECT_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long another server may take to say something: some read a folder through before they answer.
pub const REMOTE_WAIT_MAX: Duration = Duration::from_mins(5);
/// A line of another server: flags and capabilities, names of folders.
pub const REMOTE_LINE_BYTES_MAX: usize = 64 * 1024;
/// Octets of one response besides the message in it.
pub const REMOTE_RESPONSE_BYTES_MAX: usize = 1024 * 1024;
/// Lists within each other in another server's response.
pub const REMOTE_NESTING_MAX: usize = 16;
/// Folders of a mailbox at another server: as many as a mailbox here may have.
pub const REMOTE_FOLDERS_MAX: usize = 5_000;
/// Messages that are asked for at once.
pub const REMOTE_FETCH_MESSAGES_MAX: usize = 256;
/// Times that this is asked for before the first answer is taken.
pub const REMOTE_COMMANDS_MAX: usize = 2;
/// UIDs that are looked up at once.
pub const REMOTE_KNOWN_MAX: usize = 10_000;
/// Compressed octets that are read at a time.
pub const DEFLATE_READ_BYTES: usize = 16 * 1024;
/// How far back a compressed stream may refer: RFC 1951 §2.
pub const INFLATE_WINDOW_BYTES_MAX: usize = 32 * 1024;
/// What is kept of it at first: idle mail programs have sent no more than some commands.
pub const INFLATE_WINDOW_BYTES_MIN: usize = 1024;
/// Compressors kept for those who speak next: 11 MB.
pub const DEFLATERS_SPARE_MAX: usize = 64;
/// After so long without a word a connection gives the memory of its compressor back: commands of one synchronisation follow
/// each other more closely, and so only those who are at it have one.
pub const DEFLATE_REST_AFTER: Duration = Duration::from_secs(1);
// IMAP grammar

/// A line of a command without literals: more than RFC 7162 §4 asks for (8192), as much as other servers take.
pub const IMAP_LINE_BYTES_MAX: usize = 64 * 1024;
/// Lines and literals of one command, messages of APPEND not counted (hostile B37).
pub const IMAP_COMMAND_BYTES_MAX: usize = 256 * 1024;
/// Literals of one command, messages of APPEND included (hostile B37, CVE-2024-34055).
pub const IMAP_LITERALS_PER_COMMAND_MAX: usize = 256;
/// All messages of one APPEND together, unless a single one may be larger (RFC 3502).
pub const IMAP_APPEND_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Parts of one message of CATENATE (RFC 4469): as many as a command may have literals.
pub const IMAP_CATENATE_PARTS_MAX: usize = IMAP_LITERALS_PER_COMMAND_MAX;
/// Characters of a URL that are repeated where it names nothing.
pub const URL_SHOWN_CHARS_MAX: usize = 1000;
/// Octets that a client sent without waiting and that are read only to be thrown away; beyond this the connection is
/// closed (RFC 7888 §4 leaves the choice).
pub const IMAP_DISCARD_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// A tag; clients send less than ten (hostile B33).
pub const IMAP_TAG_BYTES_MAX: usize = 64;
/// A keyword (hostile B52).
pub const IMAP_KEYWORD_BYTES_MAX: usize = 255;
/// Flags named in one list (hostile B52).
pub const IMAP_FLAGS_MAX: usize = 256;
/// Lists or search keys within each other (hostile B37).
pub const IMAP_NESTING_MAX: usize = 100;
/// Search keys of one command (hostile B37).
pub const IMAP_SEARCH_KEYS_MAX: usize = 4_000;
/// Names of header fields in one command, or things asked for in one FETCH.
pub const IMAP_FETCH_ITEMS_MAX: usize = 1_000;
/// Characters of a text that decide on its place in a SORT; equal so far, messages stay in the order of their numbers.
pub const SORT_TEXT_CHARS_MAX: usize = 256;
/// Message-IDs that one THREAD keeps apart, some 60 octets each; what names further ones begins a thread.
pub const THREAD_IDENTIFIERS_MAX: usize = 1_000_000;
/// Messages that one THREAD steps over to see that no thread bites its own tail, where only that can tell: mail that
/// people wrote needs hardly any (hostile B66).
pub const THREAD_STEPS_MAX: usize = 20_000_000;
/// Folders named in one ESEARCH: RFC 7377 names no bound.
pub const IMAP_SEARCH_SOURCES_MAX: usize = 100;
/// Options of one LIST, or items of one STATUS: there are not so many different ones.
pub const IMAP_LIST_OPTIONS_MAX: usize = 32;
/// Patterns of one LIST: RFC 5258 §3 names no bound.
pub const IMAP_LIST_PATTERNS_MAX: usize = 100;
/// Names of one ENABLE: there are not so many different ones.
pub const IMAP_ENABLE_NAMES_MAX: usize = 32;
/// What STORAGE counts in: RFC 9208 §5.1.
pub const QUOTA_UNIT_BYTES: u64 = 1024;
/// How full a mailbox is, in percent, when its people are told (R18).
pub const QUOTA_WARNED_PERCENT: u64 = 90;
/// Groups of one NOTIFY: RFC 5465 §6 has seven kinds.
pub const IMAP_NOTIFY_GROUPS_MAX: usize = 32;
/// Events of one group: RFC 5465 §5 has eight.
pub const IMAP_NOTIFY_EVENTS_MAX: usize = 16;
/// Folders that one group names.
pub const IMAP_NOTIFY_FOLDERS_MAX: usize = 1_000;
/// Folders that one session listens to: as many as a mailbox may have.
pub const IMAP_NOTIFY_HEARD_MAX: usize = 5_000;
/// Resources of one SETQUOTA: RFC 9208 §5 has four.
pub const IMAP_QUOTA_RESOURCES_MAX: usize = 8;
/// Fields of one ID: RFC 2971 §3.3.
pub const IMAP_ID_FIELDS_MAX: usize = 30;
/// Bytes of the name of a field of ID: RFC 2971 §3.3.
pub const IMAP_ID_NAME_BYTES_MAX: usize = 30;
/// Bytes of the value of a field of ID: RFC 2971 §3.3.
pub const IMAP_ID_VALUE_BYTES_MAX: usize = 1024;

// Directory
/// The name of a person or unit, a position, the number of a decision. The longest Vietnamese names on record are under 60 letters of up to 3 octets.
pub const NAME_BYTES_MAX: usize = 256;
/// What somebody tells in their own words: a page.
pub const ACCOUNT_BYTES_MAX: usize = 4096;
/// People of one name who are given addresses by the rule; past this an address is chosen by hand.
pub const NAMESAKES_MAX: u32 = 999;
/// Years of a period that is configured or asked for: the calendar ends with the year 9999.
pub const PERIOD_YEARS_MAX: u32 = 1000;
// Personnel files
/// A file: 20,000 rows of 800 octets.
pub const SHEET_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What is looked at to tell UTF-16 without a mark from UTF-8: the first words of a header.
pub const SHEET_LOOKED_AT_BYTES: usize = 64;
/// Rows: twice the largest office we think of.
pub const SHEET_ROWS_MAX: usize = 20_000;
/// Cells of one row: twice as many as there are columns.
pub const SHEET_COLUMNS_MAX: usize = 64;
/// One cell: the people of a split unit are in one.
pub const SHEET_CELL_BYTES_MAX: usize = 16 * 1024;
/// Octets of a key file: one Ed25519 key takes 120, comments before it may take the rest.
pub const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;
// Audit
/// Octets of the file of exported heads that are read: a line a day takes 200, so this is a thousand years.
pub const AUDIT_HEADS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Entries that are read, or sent over the control socket, at once: some 10 MB.
pub const AUDIT_PAGE_ENTRIES: i64 = 10_000;
/// Octets of an answer of the province's Centre: as many lines of 100 octets and more.
pub const PROVINCE_ANSWER_BYTES_MAX: u64 = 12 * 1024 * 1024;
/// Lines of an answer of the province's Centre: more addresses than a province has.
pub const PROVINCE_ANSWER_LINES_MAX: usize = 100_000;
// Store
/// Octets of a folder's full name.
pub const FOLDER_NAME_BYTES_MAX: usize = 1000;
/// Levels of a folder's name.
pub const FOLDER_LEVELS_MAX: usize = 20;
/// Octets of one annotation: RFC 5464 §4.1 asks for at least 1024.
pub const ANNOTATION_BYTES_MAX: usize = 4 * 1024;
/// Octets of an annotation's name.
pub const ANNOTATION_NAME_BYTES_MAX: usize = 255;
/// Annotations of one folder, or the server, for everybody or for one person: RFC 5464 §4.1 asks for at least 10.
pub const ANNOTATIONS_MAX: usize = 50;
/// Folders whose annotations are in memory at once: some 12 MB where all are as large as they may be.
pub const ANNOTATED_FOLDERS_MAX: usize = 32;
/// Messages of one mailbox: a thousand a day for 27 years. QUOTA=RES-MESSAGE tells it.
pub const MESSAGES_PER_MAILBOX_MAX: u64 = 10_000_000;
/// Folders, and subscriptions, of one mailbox.
pub const FOLDERS_PER_MAILBOX_MAX: i64 = 5000;
/// Keywords of one folder: what is left of 64 bits after the system flags.
pub const KEYWORDS_PER_FOLDER_MAX: usize = 58;
/// Folders whose index stays in memory although no session uses them.
pub const FOLDERS_LOADED_MAX: usize = 256;
/// Octets of messages that one statement writes or reads at once.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Messages whose derived texts one statement reads.
pub const BATCH_MESSAGES_MAX: usize = 512;

// Search index
/// Bodies of a segment of the lowest level, and bodies whose texts are made at once: so many, at most, are looked at one by
/// one because they are in no segment yet.
pub const SEARCH_SEGMENT_BODIES: usize = 128;
/// Octets of texts after which a segment has enough bodies; and octets of bodies that are read at once, unless a single one
/// is larger.
pub const SEARCH_SEGMENT_BYTES: usize = 4 * 1024 * 1024;
/// Segments that become one of the next level: half a million bodies are in 47 segments at most.
pub const SEARCH_SEGMENTS_MERGED: i64 = 16;
/// The highest level: half a million bodies in a segment.
pub const SEARCH_LEVEL_MAX: i64 = 3;
/// Buckets of each segment that one commit of a merge puts together: some megabytes.
pub const SEARCH_BUCKETS_MERGED: i64 = 128;
/// Rows of segments that one statement reads or removes.
pub const SEARCH_ROWS_MAX: usize = 512;
/// Grams of one needle that are looked up; more would hardly leave fewer bodies.
pub const SEARCH_GRAMS_MAX: usize = 12;
/// Bodies that are so few that their texts are looked at without asking for terms.
pub const SEARCH_FEW_BODIES: usize = 32;
/// Texts that one statement looks at.
pub const SEARCH_LOOKED_AT_MAX: usize = 4096;
/// Different needles of one SEARCH that the index is asked for; the messages themselves are asked for the others.
pub const SEARCH_QUESTIONS_MAX: usize = 16;
/// Words of a text that is searched for fuzzily; those beyond are not looked for.
pub const SEARCH_FUZZY_WORDS_MAX: usize = 16;
/// How often the index is looked after where no mail comes in: what failed is tried again.
pub const SEARCH_LOOKS_EVERY: Duration = Duration::from_mins(10);
/// After each step the index rests so many times as long as the step took.
pub const SEARCH_REST: u32 = 1;
// Mail in and out of a mailbox
/// A message that is brought in: more than any mail server lets through; four of them fit into the pieces of a body.
pub const IMPORTED_MESSAGE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Messages of one folder that are brought in by one command: what tells equal ones apart is kept for each.
pub const IMPORTED_FOLDER_MESSAGES_MAX: usize = 2_000_000;
/// Octets of `dovecot-keywords`: 26 words of a line each.
pub const KEYWORD_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Octets of messages that come in by one commit.
pub const IMPORT_BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Batches that are read ahead of the one that is written.
pub const IMPORT_BATCHES_AHEAD: usize = 2;
/// Messages that did not come in and are named; how many more there are is told too.
pub const IMPORT_REFUSED_SHOWN_MAX: usize = 1_000;
/// How often a progress bar moves although nothing was counted.
pub const PROGRESS_TICK: Duration = Duration::from_millis(200);
/// For how many hours an export that was recorded may go on reading.
pub const EXPORT_HOURS_MAX: i64 = 24;

// Archives
/// Octets of a file's name: `NAME_MAX` of Linux.
pub const FILE_NAME_BYTES_MAX: usize = 255;

// server
/// Memory for messages on their way in, of all connections together, in KiB: beyond it senders are told to wait.
pub const IN_FLIGHT_KIB_MAX: usize = 256 * 1024;
/// Connections that the kernel keeps for us until they are accepted; it may have a lower bound of its own.
pub const CONNECTIONS_WAITING_MAX: i32 = 1024;
/// Open sessions of one door: above the 10,000 idle mail programs of the largest office we think of (hostile F28).
pub const SESSIONS_MAX: usize = 12_000;
/// Open sessions of one door from one address: a whole office may sit behind one (hostile F27).
pub const SESSIONS_PER_ADDRESS_MAX: usize = 4_000;

// alarms
/// A certificate that ends sooner than this is an alarm: a month to get another.
pub const CERTIFICATE_WARNING: Duration = Duration::from_hours(720);
/// Less free space than this is an alarm: a day of mail of a large office.
pub const DISK_FREE_BYTES_MIN: u64 = 1 << 30;

/// Names that one alarm tells; how many more there are it tells too.
pub const NAMES_SHOWN_MAX: usize = 5;

// control socket
/// A request: a personnel file of 20,000 rows as decisions, names at their longest (hostile B92). Only the daemon's own
/// user can connect.
pub const CONTROL_REQUEST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A response: a list of everybody or of a long audit.
pub const CONTROL_RESPONSE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Messages behind a request or a response: one message of any size that is brought in, or a batch of usual ones.
pub const CONTROL_OCTETS_MAX: usize = IMPORTED_MESSAGE_BYTES_MAX;
/// From the connection to the whole request.
pub const CONTROL_REQUEST_WAIT_MAX: Duration = Duration::from_secs(10);
/// From the request to the whole response, the act included: hashing first passwords for 10,000 people takes two cores
/// three minutes, busy ones ten.
pub const CONTROL_RESPONSE_WAIT_MAX: Duration = Duration::from_mins(30);
/// Connections to the control socket at once.
pub const CONTROL_CONNECTIONS_MAX: usize = 64;

// web
/// Open connections to the staff page.
pub const WEB_CONNECTIONS_MAX: usize = 1_000;
/// Open connections to the staff page from one address: a whole office may sit behind one.
pub const WEB_CONNECTIONS_PER_ADDRESS_MAX: usize = 200;
/// From a connection to the staff page to its end; browsers connect again without a word.
pub const WEB_CONNECTION_WAIT_MAX: Duration = Duration::from_mins(10);
/// From the head of a request to its whole body.
pub const WEB_BODY_WAIT_MAX: Duration = Duration::from_secs(15);
/// The body of a request: the largest form has three passwords, each octet of them written with three.
pub const WEB_BODY_BYTES_MAX: usize = 16 * 1024;
/// Fields of a form; the largest has five.
pub const WEB_FIELDS_MAX: usize = 16;
/// People signed in on the staff page at once; beyond it those who did nothing for longest are signed out.
pub const WEB_SESSIONS_MAX: usize = 10_000;
/// Browsers in which one person is signed in at once.
pub const WEB_SESSIONS_PER_PERSON_MAX: usize = 5;
/// Signed out after doing nothing (NIST SP 800-63B-4 §2.2.3 allows an hour; screens in an office are seen by others).
pub const WEB_IDLE_MAX: Duration = Duration::from_mins(15);
/// Signed out after this even so: a working day.
pub const WEB_SESSION_MAX: Duration = Duration::from_hours(8);
/// How long a connection may take over the head of a request, or stay between two.
pub const WEB_REQUEST_WAIT_MAX: Duration = Duration::from_secs(30);
/// The head of a request.
pub const WEB_REQUEST_BYTES_MAX: usize = 16 * 1024;
// Delivery
/// A message up to this is parsed where it was received; a larger one on a thread for long work.
pub const PARSED_IN_PLACE_BYTES_MAX: usize = 256 * 1024;
/// Mailboxes whose use is remembered for RCPT.
pub const USAGE_CACHED_MAX: u64 = 10_000;
/// For how many seconds it is remembered.
pub const USAGE_SECONDS_MAX: u64 = 5;

/// How often one person is told that one mailbox is closed: RFC 3834 §2 asks for several days between two answers, and
/// whoever writes each day may have forgotten.
pub const ANSWERED_EVERY: Duration = Duration::from_hours(24);
/// Pairs of a closed mailbox and somebody who was told.
pub const ANSWERED_MAX: u64 = 100_000;
/// Characters of a subject that are repeated in an answer.
pub const ANSWERED_SUBJECT_CHARS_MAX: usize = 200;
/// What people send is counted in steps of so many seconds: an hour ends ten minutes early at most.
pub const SENDING_STEP_SECONDS: i64 = 600;
/// Steps of an hour.
pub const SENDING_STEPS_PER_HOUR: i64 = 6;
/// How long counts of what people send wait to be kept together; a crash forgets no more than this.
pub const SENDING_KEPT_AFTER: Duration = Duration::from_secs(5);
/// A burst of mail is over when nothing was refused for so long, in seconds.
pub const SENDING_BURST_SECONDS: i64 = 3600;
/// The time in which those count to whom a person writes for the first time.
pub const SENDING_DAY_SECONDS: i64 = 24 * 3600;

// Passwords and log-ins
/// Characters of a password, unless configured: NIST SP 800-63B-4 §3.1.1.2 for passwords used alone asks 15, and 8 at least.
pub const PASSWORD_LENGTH_MIN: usize = 10;
/// What must be left of a password when everything is explained that is easily guessed: a letter counts 2, a digit or a
/// sign 1. Five letters beside a name are 26^5 guesses for each name, more than the throttle lets through in a lifetime.
pub const PASSWORD_SURPRISE_MIN: u32 = 10;
/// Digits of a password that has nothing else: 10^16 are as many as Argon2id withstands for years.
pub const PASSWORD_DIGITS_MIN: usize = 16;
/// Characters of a password that are looked at for habits; whoever has more has surprised enough.
pub const PASSWORD_READ_CHARS_MAX: usize = 128;
/// Days after which a first password that nobody changed no longer logs in: a slip may lie in a drawer.
pub const FIRST_PASSWORD_DAYS: u32 = 30;
/// Devices of one mailbox that have a password of their own: each costs a hashing at every wrong log-in.
pub const DEVICES_PER_MAILBOX_MAX: usize = 10;
/// Networks that a machine of a unit may connect from: it is moved within the house, not around the world.
pub const MACHINE_NETWORKS_MAX: usize = 8;
/// Log-ins kept of one mailbox.
pub const LOGINS_KEPT_MAX: u32 = 50;
/// How often log-ins of one mailbox, network, door and device are noted: mail programs log in by the minute.
pub const LOGIN_NOTED_EVERY: Duration = Duration::from_mins(10);
/// Log-ins that wait to be written down; the oldest are forgotten first.
pub const LOGINS_WAITING_MAX: usize = 20_000;
/// How often the log-ins that wait are written down.
pub const LOGINS_WRITTEN_EVERY: Duration = Duration::from_mins(1);
/// Argon2id's memory for one password, KiB (OWASP Password Storage Cheat Sheet).
pub const ARGON2_MEMORY_KIB: u32 = 19_456;
/// Argon2id's passes.
pub const ARGON2_PASSES: u32 = 2;
/// Argon2id's lanes.
pub const ARGON2_LANES: u32 = 1;
/// Log-ins that wait for a turn to hash: some 20 s of waiting on two cores.
pub const HASHES_WAITING_MAX: usize = 1_000;
/// Passwords of one order, or of a personnel file, that wait for a turn at once: enough for every core, and log-ins come
/// between them.
pub const HASHES_OF_ORDERS_MAX: usize = 16;
/// Octets of the name given at a log-in: the longest address (RFC 5321 §4.5.3.1).
pub const LOGIN_NAME_BYTES_MAX: usize = LOCAL_PART_BYTES_MAX + 1 + DOMAIN_BYTES_MAX;
/// How often rights that end by the clock alone are looked at: whoever loses one is out within 5 s (R9).
pub const RIGHTS_LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long a right password is remembered, so that clients that log in often cost no hashing.
pub const LOGIN_REMEMBERED: Duration = Duration::from_mins(10);
/// Right passwords remembered at once.
pub const LOGINS_REMEMBERED_MAX: u64 = 20_000;
/// Names, networks, and pairs of them, whose failed log-ins are counted at once.
pub const THROTTLED_KEYS_MAX: u64 = 100_000;
/// Failed log-ins in a row at one name from one network; NIST SP 800-63B-4 §3.2.2 allows no more than 100.
pub const LOGIN_PAIR_FAILURES_MAX: u32 = 10;
/// How soon one more is let through: 240 guesses an hour.
pub const LOGIN_PAIR_FAILURE_EVERY: Duration = Duration::from_secs(15);
/// Failed log-ins in a row at one name from all networks where its holder never was.
pub const LOGIN_NAME_FAILURES_MAX: u32 = 20;
/// How soon one more is let through.
pub const LOGIN_NAME_FAILURE_EVERY: Duration = Duration::from_secs(30);
/// Failed log-ins in a row from one network, which may be a whole office, at names whose holders never were there.
pub const LOGIN_NETWORK_FAILURES_MAX: u32 = 100;
/// How soon one more is let through.
pub const LOGIN_NETWORK_FAILURE_EVERY: Duration = Duration::from_secs(2);
/// How long a network from which somebody logged in stays known as theirs.
pub const LOGIN_PLACE_KNOWN: Duration = Duration::from_hours(720);
// Store: purge
/// Days that an expunged message stays in the database, out of sight and out of the quota, unless configured.
pub const EXPUNGED_KEPT_DAYS: u32 = 30;
/// Messages that can be brought back and are listed at once: what a person looks through; `--since` names others.
pub const LOST_LISTED_MAX: i64 = 10_000;
/// Items of work that are listed at once: what a person looks through.
pub const ITEMS_LISTED_MAX: i64 = 10_000;
/// Deeds that are listed of one item: the first.
pub const TRACES_LISTED_MAX: i64 = 1_000;
/// Items that somebody is told of each morning, the oldest.
pub const ITEMS_REMINDED_MAX: usize = 100;
/// Working days in which an answer is due, unless configured.
pub const ANSWER_DAYS: usize = 5;
/// Working days that an answer may take: a year.
pub const ANSWER_DAYS_MAX: usize = 250;
/// Items that the record of a hand-over names, the oldest first: two pages. The others are counted.
pub const ITEMS_IN_RECORD_MAX: i64 = 50;
/// Characters that an item keeps of a subject, and of who wrote it.
pub const ITEM_TEXT_CHARS_MAX: usize = 200;
/// How often the daemon looks for expunged messages whose time is over.
pub const UPKEEP_EVERY: Duration = Duration::from_hours(1);
/// An expunged message can be read for at least this long by sessions that have not been told (RFC 9051 §7.5.1); no
/// session lives without a command for longer.
pub const EXPUNGED_KEPT_MIN: Duration = Duration::from_hours(1);
// SMTP
/// A command line with its CRLF: RFC 5321 §4.5.3.1.4.
pub const SMTP_LINE_BYTES_MAX: usize = 512;
/// A command line once EHLO has announced extensions that lengthen it: RFC 1870 §3, RFC 6531 §3.4, RFC 4954 §4.
pub const SMTP_EXTENDED_LINE_BYTES_MAX: usize = 2048;
/// A line of the AUTH exchange: RFC 4954 §4.
pub const SMTP_AUTH_LINE_BYTES_MAX: usize = 12_288;
/// A line of a message without its CRLF: RFC 5322 §2.1.1.
pub const TEXT_LINE_BYTES_MAX: usize = 998;
/// Recipients of one message; RFC 5321 §4.5.3.1.8 asks for at least 100.
pub const SMTP_RECIPIENTS_MAX: usize = 1000;
/// Commands that were refused as malformed or out of order before the session is ended (hostile B30).
pub const SMTP_BAD_COMMANDS_MAX: u32 = 20;
/// `Received` fields of a message that is still taken to be on its way and not in a circle: RFC 5321 §6.3 (hostile B31).
pub const RECEIVED_FIELDS_MAX: usize = 50;
/// What is read and thrown away of a message that is refused already, so that the client hears why.
pub const SMTP_DISCARD_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Waiting for a command: RFC 5321 §4.5.3.2.7.
pub const SMTP_COMMAND_WAIT_MAX: Duration = Duration::from_mins(5);
/// Waiting for the next piece of a message: RFC 5321 §4.5.3.2.5.
pub const SMTP_DATA_WAIT_MAX: Duration = Duration::from_mins(3);
/// Waiting for a whole message: 50 MB over 256 kbit/s take half an hour; a byte every minute is no mail (hostile F27).
pub const SMTP_MESSAGE_WAIT_MAX: Duration = Duration::from_hours(1);
/// Recipients that a scanner or copier sends to in an hour, unless configured: one a minute.
pub const DEVICE_RECIPIENTS_PER_HOUR_USUAL: usize = 60;
/// The most that can be configured: each is remembered for an hour.
pub const DEVICE_RECIPIENTS_PER_HOUR_MAX: usize = 10_000;
/// Memory that a message reserves at a time while it comes in.
pub const SMTP_RESERVE_BYTES: usize = 64 * 1024;
/// How long port 25 listens before it greets: servers do not notice it, and what speaks first is no server (hostile B27).
pub const SMTP_GREETING_PAUSE: Duration = Duration::from_millis(5);
/// How long the last words of a session may take to leave: whoever is cut off is out within 5 s (R9).
pub const SMTP_FAREWELL_MAX: Duration = Duration::from_secs(3);

// Filters
/// Until a filter's machine takes a connection: it is this one, or beside it.
pub const FILTER_CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// Until a filter answers a step, or takes a piece of a message: as Postfix has it (`milter_command_timeout`).
pub const FILTER_REPLY_WAIT_MAX: Duration = Duration::from_secs(30);
/// For one message, unless configured. Whoever sends it waits for ten minutes (RFC 5321 §4.5.3.2.6).
pub const FILTER_PATIENCE: Duration = Duration::from_mins(2);
/// For one message at most: several filters still fit into the time that senders wait.
pub const FILTER_PATIENCE_MAX: Duration = Duration::from_mins(5);
/// For a good-bye, which changes nothing.
pub const FILTER_FAREWELL_MAX: Duration = Duration::from_secs(1);
/// After a filter's first failure nobody waits for it for so long.
pub const FILTER_RETRY_FIRST: Duration = Duration::from_secs(1);
/// After many.
pub const FILTER_RETRY_LONGEST: Duration = Duration::from_mins(1);
/// Filters that look at one message.
pub const FILTERS_MAX: usize = 8;
/// Data of one packet to a filter: `MILTER_CHUNK_SIZE` of libmilter.
pub const FILTER_DATA_BYTES_MAX: usize = 65_535;
/// A packet from a filter: four times what libmilter makes.
pub const FILTER_PACKET_BYTES_MAX: usize = 256 * 1024;
/// Packets from a filter about one message, at its end: a body of 50 MB is 800.
pub const FILTER_REPLIES_MAX: usize = 10_000;
/// Changes of one message's header by one filter.
pub const FILTER_CHANGES_MAX: usize = 256;
/// A header that filters look at: it is copied, and no mail program makes one a tenth as long.
pub const FILTER_HEADER_BYTES_MAX: usize = 1024 * 1024;

// IMAP sessions

/// Ranges in one VANISHED line: up to 11 kB.
pub const VANISHED_RANGES_PER_LINE_MAX: usize = 500;
/// Expunged messages that a client coming back is told one by one, some 400 kB of UIDs; where there are more, it is told
/// all that is not there, which needs no reading.
pub const VANISHED_NAMED_MAX: usize = 50_000;
/// Until somebody logs in (hostile F27).
pub const IMAP_LOGIN_WAIT_MAX: Duration = Duration::from_mins(3);
/// Between two commands, and in IDLE: RFC 9051 §5.4 asks for at least 30 minutes.
pub const IMAP_IDLE_MAX: Duration = Duration::from_mins(31);
/// Until the next piece of a literal has come.
pub const IMAP_LITERAL_STALL_MAX: Duration = Duration::from_mins(2);
/// A connection that was closed is read so long, for a peer that is still sending.
pub const WIRE_LINGER_MAX: Duration = Duration::from_secs(1);
/// For the last words: whoever is cut off is out within 5 s (R9).
pub const IMAP_FAREWELL_MAX: Duration = Duration::from_secs(3);
/// Commands in a row that are none: whoever sends more is no mail client (hostile B26, for IMAP).
pub const IMAP_NONSENSE_MAX: u32 = 50;
/// Failed logins on one connection.
pub const LOGINS_FAILED_PER_CONNECTION_MAX: u32 = 5;
/// Changes of flags that a session made and has not been told of again.
pub const OWN_CHANGES_REMEMBERED_MAX: usize = 64;
/// How long a message waits for other messages to leave memory before it is refused.
pub const IN_FLIGHT_WAIT_MAX: Duration = Duration::from_secs(10);
/// Octets of the messages of one APPEND that are kept in memory until it is whole; the rest is set aside on the disk.
pub const INTAKE_BYTES_MAX: u64 = 1024 * 1024;
/// Disk for messages that are set aside while they come in, of all connections together, in KiB.
pub const SPOOLED_KIB_MAX: usize = 6 * 1024 * 1024;
/// How long a large message that has come waits to be read again: some hundred others are stored in that time.
pub const SPOOL_TURN_WAIT_MAX: Duration = Duration::from_mins(5);
/// How often a client is told that its command is still worked on: RFC 9585 §3 asks for 10 to 15 seconds.
pub const IMAP_PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// Messages of one batch where nothing but the index is asked.
pub const INDEX_BATCH_MESSAGES_MAX: usize = 2048;
// Directory
/// Rows that one statement writes: bounds the JSON that carries them to some hundred kilobytes.
pub const ROWS_PER_STATEMENT_MAX: usize = 1_000;
/// Closed mailboxes that mail is forwarded through, one after the other; more are a circle.
pub const FORWARDS_MAX: usize = 8;
/// How long an administrator may look into a mailbox at a time, minutes: a working day (R20).
pub const OPENING_MINUTES_MAX: u32 = 480;
/// Times that a mailbox is archived before it stays for another day: mail that was on its way when its grace ended makes a
/// second one needed, and none a third.
pub const ARCHIVE_ATTEMPTS_MAX: u32 = 3;
/// Mailboxes that end at one time, before the daemon looks again.
pub const GRACES_AT_ONCE_MAX: usize = 100;
/// How often the daemon looks whether a day has come: of a decision, of a mailbox's end.
pub const DAY_LOOK_EVERY: Duration = Duration::from_secs(1);

// Authentic mail
/// How long a message waits for what DNS says of its senders: a patient person's pause, and far below what a client waits
/// for the answer to its data (RFC 5321 §4.5.3.2.6).
pub const AUTHENTIC_IDENTITIES_WAIT_MAX: Duration = Duration::from_secs(3);
/// How long it waits for what its author's domain asks for. A time of its own, which nobody else's servers can use up.
pub const AUTHENTIC_POLICY_WAIT_MAX: Duration = Duration::from_secs(2);
/// Waiting for one answer of DNS, before it is asked once more.
pub const NAMES_QUERY_WAIT_MAX: Duration = Duration::from_secs(1);
/// How long a resolver may take that is there: it knows the root by heart.
pub const NAMES_PROBE_WAIT_MAX: Duration = Duration::from_secs(1);
/// How often a resolver that does not answer is asked whether it does.
pub const NAMES_PROBE_EVERY: Duration = Duration::from_secs(30);
/// Signatures of a message that are looked at, of its author's domain, and again of others (RFC 6376 §8.4).
pub const DKIM_SIGNATURES_MAX: usize = 8;
/// Fields that a signature may cover: each is looked for among all the others.
pub const DKIM_FIELDS_MAX: usize = 100;
/// A signature's domain, selector or identity: an address is the longest.
pub const DKIM_NAME_BYTES_MAX: usize = 320;
/// Sets of an ARC chain, each with a question to DNS; RFC 8617 §4.2.1 allows 50, real chains have three.
pub const ARC_SETS_MAX: usize = 20;
/// A header in which signatures are looked for: Postfix keeps 100 KiB of one.
pub const AUTHENTIC_HEADER_BYTES_MAX: usize = 128 * 1024;

// Queue and relay
/// After the first failure, unless configured: RFC 5321 §4.5.4.1 asks for 30 minutes where a server is not known to be
/// quicker back; restarts take minutes.
pub const RELAY_RETRY_FIRST: Duration = Duration::from_mins(1);
/// After many failures, unless configured: RFC 5321 §4.5.4.1.
pub const RELAY_RETRY_LONGEST: Duration = Duration::from_mins(30);
/// When a sender is told of a delay, unless configured.
pub const RELAY_WARN_AFTER: Duration = Duration::from_hours(4);
/// When mail is given up, unless configured: RFC 5321 §4.5.4.1.
pub const RELAY_GIVE_UP_AFTER: Duration = Duration::from_hours(120);
/// Connections to one server at a time, unless configured.
pub const RELAY_CONNECTIONS_USUAL: usize = 4;
/// A file that holds one password.
pub const PASSWORD_FILE_BYTES_MAX: u64 = 4096;
/// Waiting for a server's greeting: RFC 5321 §4.5.3.2.1.
pub const RELAY_GREETING_WAIT_MAX: Duration = Duration::from_mins(5);
/// Waiting for the answer to a command: RFC 5321 §4.5.3.2.2 and §4.5.3.2.3.
pub const RELAY_COMMAND_WAIT_MAX: Duration = Duration::from_mins(5);
/// Waiting for the answer to DATA: RFC 5321 §4.5.3.2.4.
pub const RELAY_DATA_COMMAND_WAIT_MAX: Duration = Duration::from_mins(2);
/// Waiting until a server takes the next piece of a message: RFC 5321 §4.5.3.2.5.
pub const RELAY_DATA_WAIT_MAX: Duration = Duration::from_mins(3);
/// Waiting for the answer to a message: RFC 5321 §4.5.3.2.6.
pub const RELAY_DATA_END_WAIT_MAX: Duration = Duration::from_mins(10);
/// Waiting for a good-bye, which changes nothing.
pub const RELAY_QUIT_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a connection waits for more mail before it is closed.
pub const RELAY_IDLE_MAX: Duration = Duration::from_secs(5);
/// A line of an answer: four times what RFC 5321 §4.5.3.1.5 asks for.
pub const RELAY_LINE_BYTES_MAX: usize = 2048;
/// Lines of an answer: EHLO of the most talkative servers has thirty.
pub const RELAY_REPLY_LINES_MAX: usize = 100;
/// Servers and addresses that are tried for one way.
pub const RELAY_HOSTS_MAX: usize = 8;
/// Recipients of one transaction: RFC 5321 §4.5.3.1.8 makes every server take so many.
pub const RELAY_RECIPIENTS_MAX: usize = 100;
/// Ways that mail goes at the same time.
pub const RELAY_LANES_MAX: usize = 50;
/// How often it is looked whether somebody waits for too long.
pub const RELAY_SWEEP_EVERY: Duration = Duration::from_secs(30);
/// How soon the queue is looked at again after the database failed.
pub const RELAY_RETRY_WAIT: Duration = Duration::from_secs(5);
/// What comes back of a message with a notice about it; of a larger one its header.
pub const NOTICE_ORIGINAL_BYTES_MAX: usize = 50 * 1024;
/// Characters of another server's reply that are kept.
pub const RELAY_SAID_CHARS_MAX: usize = 400;
/// Messages of one sender that are held; more stay in the mail program (R21).
pub const HELD_MESSAGES_MAX: i64 = 1_000;
/// Octets of one sender's messages that are held.
pub const HELD_BYTES_MAX: i64 = 1 << 30;
/// ENVID of RFC 3461 §4.4.
pub const ENVID_BYTES_MAX: usize = 100;
/// ORCPT of RFC 3461 §4.2.
pub const ORCPT_BYTES_MAX: usize = 500;
/// Jobs that are read at once, each with up to [`SMTP_RECIPIENTS_MAX`] recipients: some megabytes.
pub const JOBS_TAKEN_MAX: i64 = 16;
/// Ways out that are looked at at once; the others have their turn when these have been served.
pub const LANES_AT_ONCE_MAX: i64 = 10_000;
/// Ways that are known to be down; another takes the place of the one that would be tried first.
pub const LANES_REMEMBERED_MAX: usize = 10_000;
/// Jobs that one list shows.
pub const JOBS_LISTED_MAX: i64 = 1_000;
/// Jobs that one command of the administrator changes at once; more of them need the command again.
pub const JOBS_CHANGED_MAX: i64 = 100_000;

// Report
/// Figures of days before these are ended: three years of months can be compared, at ten rows a day.
pub const FIGURES_KEPT_MONTHS: u32 = 36;
/// On which day of the month the Director is told of the one before, unless configured: duties of its last day are late by then,
/// not missing.
pub const REPORT_DAY: i8 = 3;
/// The last day of the month that may be configured: February has it too.
pub const REPORT_DAY_MAX: i8 = 28;
/// Days after its last one on which a month's term may still be the term of the day: half a month, and the longest holiday.
pub const DUTY_LATER_DAYS_MAX: i32 = 31;
/// Lines that one list of a report shows; the rest is counted.
pub const REPORT_LINES_MAX: usize = 60;
/// Characters of what somebody wrote that a report shows.
pub const REPORT_TEXT_CHARS_MAX: usize = 160;
/// Sections that stand beside each other in the report's table: as many as fit an A4 page.
pub const REPORT_COLUMNS_MAX: usize = 6;

// Names
/// How long others may remember a record: an hour, so that a server that moves is found again the same day.
pub const ZONE_TTL_SECONDS: u32 = 3_600;
/// How long others may remember that something is not there (RFC 2308 §5): minutes, for whoever adds what was missing.
pub const ZONE_NEGATIVE_TTL_SECONDS: u32 = 300;
/// How often a copy of the zone is compared: RFC 1912 §2.2.
pub const ZONE_REFRESH_SECONDS: i32 = 14_400;
/// How soon it is compared again after that failed: RFC 1912 §2.2.
pub const ZONE_RETRY_SECONDS: i32 = 3_600;
/// When a copy that cannot be compared is given up: RFC 1912 §2.2.
pub const ZONE_EXPIRE_SECONDS: i32 = 1_209_600;
/// A string of a TXT record: RFC 1035 §3.3.14.
pub const DNS_STRING_BYTES_MAX: usize = 255;
/// All strings of one: a key of 4096 bits takes 740 octets (RFC 8301 §3.2 wants no more).
pub const ZONE_TEXT_BYTES_MAX: usize = 2_048;
/// An answer over UDP, whatever size the question allows: what IPv6 carries in one piece (RFC 9715 §3).
pub const DNS_DATAGRAM_BYTES_MAX: u16 = 1_232;
/// A question, with the options that resolvers add and the padding of RFC 8467 §4.1.
pub const DNS_QUESTION_BYTES_MAX: usize = 2_048;
/// Records behind a question: OPT (RFC 6891) and a signature (RFC 8945).
pub const DNS_ADDITIONAL_MAX: u8 = 2;
/// From one question of a connection to the whole of the next, and for the answer: RFC 7766 §6.2.3 wants seconds.
pub const DNS_WAIT_MAX: Duration = Duration::from_secs(10);
/// Questions of one connection; a resolver connects again.
pub const DNS_QUESTIONS_MAX: usize = 1_000;
/// Open connections for questions: few answers are too long for UDP.
pub const DNS_CONNECTIONS_MAX: usize = 500;
/// Open connections for questions from one address.
pub const DNS_CONNECTIONS_PER_ADDRESS_MAX: usize = 50;
/// After a datagram that could not be received.
pub const DNS_REST: Duration = Duration::from_millis(10);
/// How often the daemon looks whether its names have changed, such as by a new key.
pub const DNS_LOOK_EVERY: Duration = Duration::from_secs(30);
/// Free ports that are tried until one is free for UDP and TCP alike.
pub const DNS_PORTS_TRIED_MAX: usize = 8;
/// For one answer of the network's resolver when names are checked; it is asked twice.
pub const NAMES_WAIT_MAX: Duration = Duration::from_secs(3);
/// Questions to it at the same time.
pub const NAMES_ASKED_MAX: usize = 8;
/// For one question, whatever servers there are and however often each is asked.
pub const NAMES_QUESTION_WAIT_MAX: Duration = Duration::from_secs(10);
/// For trying one way out, from its name to the good-bye, or the resolver: somebody waits in front of a screen.
pub const PROBE_WAIT_MAX: Duration = Duration::from_secs(10);
// Working days
/// Days that one line of the configuration may name: Tết has up to nine.
pub const HOLIDAY_DAYS_MAX: i32 = 31;
/// Days that are looked at for the next one on which the office works.
pub const WORKDAY_SEARCHED_MAX: usize = 366;
