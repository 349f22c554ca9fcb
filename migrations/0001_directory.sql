-- The directory, its credentials and its audit. Times are Unix seconds (UTC), dates are ISO 8601 text at the office.
-- Rows are known by id for ever; names, addresses, units and states are attributes of them.

-- Rises with every change of the tables below, so that a reader knows whether what it holds is still true.
CREATE TABLE directory (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO directory (only, version) VALUES (1, 0);

-- A personnel decision: the cause of acts. One dated ahead waits here with its acts until its day.
CREATE TABLE decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL CHECK (number <> ''),
    key TEXT NOT NULL CHECK (key <> ''),            -- the number as it is compared: folded, without spaces
    year INTEGER NOT NULL CHECK (year BETWEEN 1 AND 9999),
    dated TEXT NOT NULL CHECK (date(dated) IS dated),
    effective TEXT NOT NULL CHECK (date(effective) IS effective),
    kind TEXT NOT NULL CHECK (kind <> ''),
    issuer TEXT,
    approver TEXT,
    note TEXT,
    acts TEXT NOT NULL CHECK (json_valid(acts)),    -- what it asks for; never holds a password
    state TEXT NOT NULL CHECK (state IN ('waiting', 'applied', 'cancelled')),
    recorded_at INTEGER NOT NULL,
    applied_at INTEGER,
    CHECK ((state = 'applied') = (applied_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX decision_once ON decision (key, year) WHERE state <> 'cancelled';

CREATE TABLE unit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL CHECK (code <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    kind TEXT NOT NULL CHECK (kind IN ('office', 'division', 'centre', 'enforcement', 'notary')),
    place TEXT NOT NULL CHECK (place IN ('lan', 'remote')),
    parent INTEGER REFERENCES unit (id) CHECK (parent <> id),
    head INTEGER REFERENCES staff (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    since TEXT NOT NULL CHECK (date(since) IS since)
) STRICT;
CREATE UNIQUE INDEX unit_code ON unit (code) WHERE state = 'open';

CREATE TABLE staff (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT UNIQUE CHECK (code <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    unit INTEGER NOT NULL REFERENCES unit (id),
    position TEXT CHECK (position <> ''),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'departed')),
    since TEXT NOT NULL CHECK (date(since) IS since)
) STRICT;
CREATE INDEX staff_unit ON staff (unit);

-- The generation rises with every change of password, state or right: what was allowed under an older one has ended.
CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('staff', 'unit', 'department')),
    staff INTEGER REFERENCES staff (id),
    unit INTEGER REFERENCES unit (id),
    quota_bytes INTEGER NOT NULL CHECK (quota_bytes > 0),
    reach TEXT NOT NULL CHECK (reach IN ('province', 'internet')),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'removed')),
    generation INTEGER NOT NULL DEFAULT 1 CHECK (generation > 0),
    opened TEXT NOT NULL CHECK (date(opened) IS opened),
    CHECK ((kind = 'staff') = (staff IS NOT NULL)),
    CHECK ((kind = 'unit') = (unit IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX mailbox_of_staff ON mailbox (staff) WHERE state <> 'removed';
CREATE UNIQUE INDEX mailbox_of_unit ON mailbox (unit) WHERE state <> 'removed';
CREATE UNIQUE INDEX mailbox_of_department ON mailbox (kind) WHERE kind = 'department' AND state <> 'removed';

-- Every address ever given out. One that is no longer live rests until the day its quarantine ends.
CREATE TABLE address (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox INTEGER NOT NULL REFERENCES mailbox (id),
    local TEXT NOT NULL CHECK (local <> ''),
    key TEXT NOT NULL CHECK (key <> ''),            -- the local part as it is compared
    domain TEXT NOT NULL CHECK (domain <> ''),
    kind TEXT NOT NULL CHECK (kind IN ('primary', 'alias', 'provincial')),
    province TEXT CHECK (province IN ('wanted', 'sent', 'registered', 'withdrawal-sent', 'withdrawn')),
    state TEXT NOT NULL CHECK (state IN ('live', 'quarantined')),
    since TEXT NOT NULL CHECK (date(since) IS since),
    until TEXT CHECK (date(until) IS until),
    CHECK ((kind = 'provincial') = (province IS NOT NULL)),
    CHECK ((state = 'quarantined') = (until IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX address_once ON address (domain, key) WHERE state = 'live';
CREATE UNIQUE INDEX address_primary ON address (mailbox) WHERE state = 'live' AND kind = 'primary';
CREATE UNIQUE INDEX address_provincial ON address (mailbox) WHERE state = 'live' AND kind = 'provincial';
CREATE INDEX address_mailbox ON address (mailbox);
CREATE TRIGGER address_rests BEFORE INSERT ON address
WHEN EXISTS (
    SELECT 1 FROM address
    WHERE domain = NEW.domain AND key = NEW.key AND state = 'quarantined' AND mailbox <> NEW.mailbox AND until > NEW.since
)
BEGIN
    SELECT RAISE (ABORT, 'the address is in quarantine');
END;

-- Passwords, as Argon2 strings: one of the person's own for each mailbox, and named ones for devices.
CREATE TABLE credential (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox INTEGER NOT NULL REFERENCES mailbox (id),
    kind TEXT NOT NULL CHECK (kind IN ('own', 'device')),
    name TEXT CHECK (name <> ''),
    hash TEXT NOT NULL CHECK (hash LIKE '$argon2id$%'),
    standing TEXT NOT NULL CHECK (standing IN ('first', 'chosen')),
    set_at INTEGER NOT NULL,
    CHECK ((kind = 'device') = (name IS NOT NULL)),
    UNIQUE (mailbox, kind, name)
) STRICT;
CREATE UNIQUE INDEX credential_own ON credential (mailbox) WHERE kind = 'own';

-- Who did what, when, by which decision. Each digest covers the one before it; the head says how many there are.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL CHECK (actor <> ''),
    what TEXT NOT NULL CHECK (what <> ''),
    subject TEXT NOT NULL CHECK (subject <> ''),
    decision INTEGER REFERENCES decision (id),
    note TEXT,
    before TEXT CHECK (json_valid(before)),
    after TEXT CHECK (json_valid(after)),
    digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE TABLE audit_head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    entries INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
INSERT INTO audit_head (only, entries, digest) VALUES (1, 0, zeroblob(32));
