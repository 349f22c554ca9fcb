-- Ids that clients keep of folders, messages and conversations (RFC 8474), the beginning of a message's text (RFC 8970),
-- and what people note about folders (RFC 5464).

-- A body goes to several mailboxes with other lines on top in each: which of these a message has. Copies keep it.
ALTER TABLE message ADD COLUMN variant INTEGER NOT NULL DEFAULT 0;
UPDATE message SET variant = v.n FROM (
    SELECT folder_id, uid, dense_rank() OVER (PARTITION BY body_id ORDER BY prefix) - 1 AS n FROM message
    WHERE body_id IN (SELECT body_id FROM message GROUP BY body_id HAVING min(prefix) <> max(prefix))
) v WHERE (message.folder_id, message.uid) = (v.folder_id, v.uid) AND v.n > 0;

-- The conversation a message belongs to, named by the body it began with; none until somebody asks.
ALTER TABLE message ADD COLUMN thread INTEGER;

-- Message-IDs that conversations of a mailbox have named, as the first 64 bits of their SHA-256.
CREATE TABLE thread_reference (
    mailbox_id INTEGER NOT NULL REFERENCES mailbox (id),
    reference  INTEGER NOT NULL,
    thread     INTEGER NOT NULL,
    PRIMARY KEY (mailbox_id, reference)
) STRICT, WITHOUT ROWID;

-- No id of a body is given twice, also after the body is gone.
CREATE TABLE last_body (id INTEGER NOT NULL) STRICT;
INSERT INTO last_body SELECT coalesce(max(id), 0) FROM body;

-- IMAP text, ready to send; none where the body is older than this column, until somebody asks.
ALTER TABLE body ADD COLUMN preview BLOB;

-- Annotations of folders and of the server, for everybody or for one person.
CREATE TABLE annotation (
    folder_id INTEGER REFERENCES folder (id) ON DELETE CASCADE, -- none: of the server
    staff_id  INTEGER REFERENCES staff (id),                    -- none: for everybody who may see the folder
    entry     TEXT    NOT NULL,                                 -- without /private or /shared, in lower case
    value     BLOB    NOT NULL,
    CHECK (folder_id IS NOT NULL OR staff_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX annotation_once ON annotation (coalesce(folder_id, 0), coalesce(staff_id, 0), entry);
CREATE INDEX annotation_folder ON annotation (folder_id);
CREATE INDEX annotation_staff ON annotation (staff_id);
