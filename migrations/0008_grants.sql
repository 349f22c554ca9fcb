-- What the steward of a unit's or the department's mailbox lets others do with one of its folders (RFC 4314, R5).
-- Neither a person nor a unit: everybody.
CREATE TABLE "grant" (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox INTEGER NOT NULL REFERENCES mailbox (id),
    folder  INTEGER NOT NULL,                        -- stays when the folder goes; its id is never given again
    staff   INTEGER REFERENCES staff (id),
    unit    INTEGER REFERENCES unit (id),
    rights  TEXT    NOT NULL CHECK (rights <> ''),   -- letters of RFC 4314
    state   TEXT    NOT NULL CHECK (state IN ('live', 'ended')),
    CHECK (staff IS NULL OR unit IS NULL)
) STRICT;
CREATE UNIQUE INDEX grant_once ON "grant" (folder, coalesce(staff, 0), coalesce(unit, 0)) WHERE state = 'live';

-- Folders of other mailboxes that somebody does not want to see among those subscribed to; all others are.
CREATE TABLE hidden (
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id),
    folder_id  INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    PRIMARY KEY (mailbox_id, folder_id)
) STRICT, WITHOUT ROWID;
