-- Mail that was expunged can be brought back while it is kept, and mail that is brought in from elsewhere comes in once.

-- What an expunged message was marked with, and what became of it: it is gone, it was moved, or it was brought back since.
ALTER TABLE expunged ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;
ALTER TABLE expunged ADD COLUMN fate TEXT NOT NULL DEFAULT 'gone' CHECK (fate IN ('gone', 'moved', 'restored'));

-- What a deleted folder was, while messages of it are kept.
CREATE TABLE deleted_folder (
    id          INTEGER PRIMARY KEY,             -- the folder's
    mailbox_id  INTEGER NOT NULL REFERENCES mailbox (id),
    name        TEXT    NOT NULL,
    special_use TEXT,
    keywords    TEXT    NOT NULL,                -- in the order of their bits, parted by spaces
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX deleted_folder_mailbox ON deleted_folder (mailbox_id);

-- A folder elsewhere that messages were brought in from, and which of them are in: written in the same commit as they are.
CREATE TABLE import_source (
    id         INTEGER PRIMARY KEY,
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id),
    name       TEXT    NOT NULL,
    UNIQUE (mailbox_id, name)
) STRICT;
CREATE TABLE imported (
    source INTEGER NOT NULL REFERENCES import_source (id) ON DELETE CASCADE,
    key    TEXT    NOT NULL,                     -- what the message is known by there
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
