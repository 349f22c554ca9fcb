-- What decisions and people's own acts leave behind: grace after a departure, delegations, requests, incidents, the
-- province's change files, openings by an administrator, log-ins, and the point from which the audit is kept.

-- Rows from before the audit told rows are entered into it once, as they are; a new directory has none.
ALTER TABLE directory ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));
UPDATE directory SET told = 1 WHERE version = 0;

-- Whom a waiting decision's acts name, by id: a name or an address may be somebody else's when its day comes.
ALTER TABLE decision ADD COLUMN pins TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(pins));
CREATE INDEX decision_waiting ON decision (effective, id) WHERE state = 'waiting';

-- A closed mailbox keeps its mail until a day; what becomes of new mail meanwhile, and whose address goes with it.
ALTER TABLE mailbox ADD COLUMN until TEXT CHECK (date(until) IS until);
ALTER TABLE mailbox ADD COLUMN treatment TEXT CHECK (treatment IN ('reply', 'forward', 'refuse'));
ALTER TABLE mailbox ADD COLUMN target TEXT CHECK (target <> '');

-- A merged unit's provincial address leads to the unit that took it over, beside that unit's own.
DROP INDEX address_provincial;

-- A file of ten thousand people asks as often whether an address rests.
CREATE INDEX address_resting ON address (domain, key) WHERE state = 'quarantined';

-- Whoever had an address may have it again; anybody else waits until its quarantine ends (R3).
DROP TRIGGER address_rests;
CREATE TRIGGER address_rests BEFORE INSERT ON address
WHEN EXISTS (
    SELECT 1 FROM address old JOIN mailbox had ON had.id = old.mailbox, mailbox gets
    WHERE old.domain = NEW.domain AND old.key = NEW.key AND old.state = 'quarantined' AND old.until > NEW.since
    AND gets.id = NEW.mailbox AND gets.id <> had.id AND (had.staff IS NULL OR gets.staff IS NOT had.staff)
)
BEGIN
    SELECT RAISE (ABORT, 'the address is in quarantine');
END;

-- What a steward allows somebody to do with a unit's or the department's mailbox, between two days (R23, R25).
CREATE TABLE delegation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox INTEGER NOT NULL REFERENCES mailbox (id),
    staff INTEGER NOT NULL REFERENCES staff (id),
    rights TEXT NOT NULL CHECK (rights <> ''),      -- of read, process, send; parted by commas
    since TEXT NOT NULL CHECK (date(since) IS since),
    until TEXT CHECK (date(until) IS until),        -- the last day; none: until revoked
    state TEXT NOT NULL CHECK (state IN ('live', 'ended'))
) STRICT;
CREATE UNIQUE INDEX delegation_once ON delegation (mailbox, staff) WHERE state = 'live';

-- Passwords: a person's own, named ones for devices, and those that open a mailbox to an administrator for a while (R20).
ALTER TABLE credential RENAME TO credential_before;
CREATE TABLE credential (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox INTEGER NOT NULL REFERENCES mailbox (id),
    kind TEXT NOT NULL CHECK (kind IN ('own', 'device', 'opened')),
    name TEXT CHECK (name <> ''),                   -- of the device; for an opening, who opened
    hash TEXT NOT NULL CHECK (hash LIKE '$argon2id$%'),
    standing TEXT NOT NULL CHECK (standing IN ('first', 'chosen')),
    set_at INTEGER NOT NULL,
    until INTEGER,                                  -- the second at which it ends; only an opening has one
    last_used INTEGER,
    CHECK ((kind = 'own') = (name IS NULL)),
    CHECK ((kind = 'opened') = (until IS NOT NULL))
) STRICT;
INSERT INTO credential (id, mailbox, kind, name, hash, standing, set_at)
    SELECT id, mailbox, kind, name, hash, standing, set_at FROM credential_before;
DROP TABLE credential_before;
CREATE UNIQUE INDEX credential_own ON credential (mailbox) WHERE kind = 'own';
CREATE UNIQUE INDEX credential_device ON credential (mailbox, name) WHERE kind = 'device';
CREATE INDEX credential_mailbox ON credential (mailbox);

-- The last times somebody logged in to a mailbox, and from where.
CREATE TABLE login (
    mailbox INTEGER NOT NULL REFERENCES mailbox (id),
    at INTEGER NOT NULL,
    door TEXT NOT NULL CHECK (door <> ''),
    peer TEXT NOT NULL CHECK (peer <> ''),
    device TEXT,                                    -- the device's name, where its password was used
    PRIMARY KEY (mailbox, at, door, peer)
) STRICT, WITHOUT ROWID;

-- To how many recipients each person sent lately, in steps of ten minutes since 1970 (R21).
CREATE TABLE sending (
    staff INTEGER NOT NULL REFERENCES staff (id),
    step INTEGER NOT NULL,
    recipients INTEGER NOT NULL CHECK (recipients >= 0),
    PRIMARY KEY (staff, step)
) STRICT, WITHOUT ROWID;

-- What a unit or the personnel division asks for; the Office approves or rejects it, and it is applied by a decision (R12).
CREATE TABLE request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    filed_at INTEGER NOT NULL,
    filed_by TEXT NOT NULL CHECK (filed_by <> ''),
    unit INTEGER REFERENCES unit (id),
    act TEXT NOT NULL CHECK (json_valid(act)),
    reason TEXT,
    state TEXT NOT NULL CHECK (state IN ('filed', 'approved', 'rejected', 'applied')),
    decided_at INTEGER,
    decided_by TEXT,
    answer TEXT,
    decision INTEGER REFERENCES decision (id),
    CHECK ((state = 'filed') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((state = 'applied') = (decision IS NOT NULL))
) STRICT;

-- Faults and leaks that were reported to the Office (R17, R22).
CREATE TABLE incident (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    reporter TEXT NOT NULL CHECK (reporter <> ''),
    kind TEXT NOT NULL CHECK (kind IN ('fault', 'leak')),
    mailbox INTEGER REFERENCES mailbox (id),        -- the one concerned, where one is
    text TEXT NOT NULL CHECK (text <> ''),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    closed_at INTEGER,
    closed_by TEXT,
    outcome TEXT,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL))
) STRICT;

-- The province's change files: each tells of the audit's entries after one place up to another (R4).
CREATE TABLE change_file (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    after_seq INTEGER NOT NULL,
    to_seq INTEGER NOT NULL CHECK (to_seq >= after_seq),
    made_at INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32) -- SHA-256 of the whole file
) STRICT;

-- Entries of the audit older than the configured retention are cut; this is what stands in their place.
CREATE TABLE audit_checkpoint (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seq INTEGER NOT NULL CHECK (seq > 0),           -- the last entry that was cut
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    cut_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (json_valid(state)),  -- the directory as those entries left it
    signature BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;
