-- What SEARCH looks at: derived from the bodies, and made anew whenever the way of deriving it changes.

-- How far the index has come: every body up to this one has its texts here.
CREATE TABLE search_state (
    version INTEGER NOT NULL,                    -- of what follows; what an older one left is not used
    texts   INTEGER NOT NULL
) STRICT;
INSERT INTO search_state VALUES (0, 0);

-- The decoded and folded texts of a body. A body whose texts depend on more than itself has none: it is read whole.
CREATE TABLE search_text (
    body_id    INTEGER PRIMARY KEY REFERENCES body (id) ON DELETE CASCADE,
    subject    BLOB,
    sender     BLOB,                             -- From
    recipients BLOB,                             -- To
    cc         BLOB,
    bcc        BLOB,
    prefix     BLOB,                             -- of all copies together
    header     BLOB,
    body       BLOB
) STRICT;

CREATE INDEX search_textless ON search_text (body_id) WHERE header IS NULL;

-- The terms of bodies that were stored one after the other, in one segment. Small segments become large ones.
CREATE TABLE search_segment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    level      INTEGER NOT NULL,
    first_body INTEGER NOT NULL,
    last_body  INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('making', 'ready', 'ended')),
    made       INTEGER NOT NULL DEFAULT 0        -- buckets of the smaller segments that are in it
) STRICT;

-- id = search_segment.id * 1048576 + bucket: the terms of a segment whose hash leads there.
CREATE TABLE search_term (
    id      INTEGER PRIMARY KEY,
    entries BLOB NOT NULL
) STRICT;
