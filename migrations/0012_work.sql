-- What came into the INBOX of a unit's or the department's mailbox and must be dealt with (R26): an item follows its
-- message through the folders of the mailbox, and stays when the message is gone.
CREATE TABLE item (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id),
    body_id    INTEGER NOT NULL,                 -- with variant: the message, in whatever folder; a number that is never reused
    variant    INTEGER NOT NULL,
    reference  INTEGER,                          -- its Message-ID, as thread_reference has it
    sender     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    arrived    INTEGER NOT NULL,
    taken_at   INTEGER,
    taken_by   INTEGER REFERENCES staff (id),    -- none: nobody who is known
    done_at    INTEGER,
    done_by    INTEGER REFERENCES staff (id),
    how        TEXT    CHECK (how IN ('answered', 'marked', 'archived', 'removed', 'closed')),
    note       TEXT,
    CHECK (taken_by IS NULL OR taken_at IS NOT NULL),
    CHECK (done_by IS NULL OR done_at IS NOT NULL),
    CHECK ((done_at IS NULL) = (how IS NULL)),
    UNIQUE (mailbox_id, body_id, variant)
) STRICT;
CREATE INDEX item_undone ON item (mailbox_id, reference) WHERE done_at IS NULL;

-- The day on which somebody was last told what is overdue in a mailbox.
CREATE TABLE item_reminder (
    mailbox_id INTEGER PRIMARY KEY REFERENCES mailbox (id),
    day        TEXT NOT NULL CHECK (date(day) IS day)
) STRICT;

-- The folders of mailboxes that hold work, and what each is to it.
CREATE VIEW office_folder AS
SELECT
    f.id,
    f.mailbox_id,
    CASE
        WHEN f.name = 'INBOX' THEN 'inbox'
        WHEN f.special_use IN ('archive', 'sent') THEN f.special_use
        WHEN f.special_use IN ('junk', 'trash') THEN 'bin'
        ELSE 'other'
    END AS part
FROM folder f CROSS JOIN mailbox b ON b.id = f.mailbox_id
WHERE b.kind <> 'staff';
