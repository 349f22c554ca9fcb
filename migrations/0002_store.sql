-- Folders, messages and bodies. Rows that change often (folder counters, state) are narrow and apart from rows that
-- never change (body, piece, message).

-- UIDVALIDITY comes from here alone: it only grows, whatever the clock does (RFC 9051 §2.3.1.1).
CREATE TABLE uid_validity (last INTEGER NOT NULL) STRICT;
INSERT INTO uid_validity VALUES (0);

CREATE TABLE folder (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox_id     INTEGER NOT NULL REFERENCES mailbox (id),
    name           TEXT    NOT NULL,             -- full name, NFC, levels separated by '/', INBOX in capitals
    special_use    TEXT    CHECK (special_use IN ('archive', 'drafts', 'junk', 'sent', 'trash')),
    selectable     INTEGER NOT NULL DEFAULT 1,   -- 0: deleted while it had children (RFC 9051 §6.3.5)
    uid_validity   INTEGER NOT NULL,
    uid_next       INTEGER NOT NULL DEFAULT 1,
    highest_modseq INTEGER NOT NULL DEFAULT 1,
    recent_from    INTEGER NOT NULL DEFAULT 1,   -- the first UID no session has been told of (RFC 3501 §2.3.2)
    messages       INTEGER NOT NULL DEFAULT 0,
    unseen         INTEGER NOT NULL DEFAULT 0,
    deleted        INTEGER NOT NULL DEFAULT 0,
    bytes          INTEGER NOT NULL DEFAULT 0,
    UNIQUE (mailbox_id, name)
) STRICT;

-- What a person's clients subscribed to; a name may be subscribed that does not exist (RFC 9051 §6.3.7).
CREATE TABLE subscription (
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id),
    name       TEXT    NOT NULL,
    PRIMARY KEY (mailbox_id, name)
) STRICT, WITHOUT ROWID;

-- The keywords of a folder and the bit each has in state.flags.
CREATE TABLE keyword (
    folder_id INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    bit       INTEGER NOT NULL,
    name      TEXT    NOT NULL COLLATE NOCASE,
    PRIMARY KEY (folder_id, bit),
    UNIQUE (folder_id, name)
) STRICT, WITHOUT ROWID;

-- The bytes of a message and what is derived from them, shared by every folder that holds it.
CREATE TABLE body (
    id              INTEGER PRIMARY KEY,
    digest          BLOB    NOT NULL,            -- SHA-256 of the bytes
    size            INTEGER NOT NULL,
    header_size     INTEGER NOT NULL,            -- up to and including the blank line
    summary_version INTEGER NOT NULL,            -- of what follows; an older one is derived again
    envelope        BLOB    NOT NULL,            -- IMAP text, ready to send
    structure       BLOB    NOT NULL,
    basic_structure BLOB    NOT NULL,
    sent            INTEGER                      -- the Date field
) STRICT;

-- piece.id = body.id * 4096 + n: the header block first, then the rest, each piece of at most 256 KiB.
CREATE TABLE piece (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

CREATE TABLE message (
    folder_id     INTEGER NOT NULL,
    uid           INTEGER NOT NULL,
    body_id       INTEGER NOT NULL REFERENCES body (id),
    prefix        BLOB    NOT NULL,              -- header lines of this copy alone: Return-Path, Delivered-To
    size          INTEGER NOT NULL,              -- prefix and body
    internal_date INTEGER NOT NULL,
    saved         INTEGER NOT NULL,
    PRIMARY KEY (folder_id, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_body ON message (body_id);

-- Messages that are there: one row each, in step with message.
CREATE TABLE state (
    folder_id INTEGER NOT NULL,
    uid       INTEGER NOT NULL,
    flags     INTEGER NOT NULL,
    modseq    INTEGER NOT NULL,
    PRIMARY KEY (folder_id, uid)
) STRICT, WITHOUT ROWID;

-- Messages that were expunged. Their message rows stay for the grace period, so that a session that has not been told
-- can still read them (RFC 9051 §7.5.1) and a client can learn of them later (RFC 7162 §3.2).
CREATE TABLE expunged (
    folder_id INTEGER NOT NULL,
    uid       INTEGER NOT NULL,
    modseq    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (folder_id, uid)
) STRICT, WITHOUT ROWID;
