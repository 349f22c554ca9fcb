-- What people did with the mail of units and of the department (R23): an item's history, by person. Each thing is kept as it
-- was first done, so that a message has no more rows than there are people, folders and flags.
CREATE TABLE trace (
    item_id  INTEGER NOT NULL REFERENCES item (id),
    staff_id INTEGER NOT NULL REFERENCES staff (id),
    deed     TEXT    NOT NULL CHECK (deed IN ('fetched', 'opened', 'flagged', 'moved', 'copied', 'answered', 'removed')),
    detail   TEXT    NOT NULL DEFAULT '',                -- the flags, or the folder
    at       INTEGER NOT NULL,
    PRIMARY KEY (item_id, staff_id, deed, detail)
) STRICT, WITHOUT ROWID;

-- Items by the Message-ID that an answer names, whether they are done or not.
CREATE INDEX item_reference ON item (mailbox_id, reference) WHERE reference IS NOT NULL;
