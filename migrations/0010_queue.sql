-- Mail on its way out: a job is one message for those recipients that go one way. It ends with the last of them.
CREATE TABLE job (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    body_id   INTEGER NOT NULL REFERENCES body (id),
    size      INTEGER NOT NULL,                      -- octets of the body
    name      TEXT    NOT NULL CHECK (name <> ''),   -- as the log calls the message
    sender    TEXT    NOT NULL,                      -- nothing: the null sender
    mailbox   INTEGER REFERENCES mailbox (id),       -- of whoever sent it, if they were logged in
    lane      TEXT    NOT NULL CHECK (lane <> ''),   -- the way it goes: local, route:NAME, mx:DOMAIN
    eight_bit INTEGER NOT NULL,                      -- it holds octets above 127 (RFC 6152)
    utf8      INTEGER NOT NULL,                      -- it needs SMTPUTF8 (RFC 6531)
    ret       TEXT    CHECK (ret IN ('full', 'hdrs')),  -- RFC 3461 §4.3
    envid     TEXT,                                  -- RFC 3461 §4.4, as xtext
    accepted  INTEGER NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('waiting', 'held')),
    held_for  TEXT    CHECK (held_for IN ('burst', 'administrator', 'unclear')),
    attempts  INTEGER NOT NULL DEFAULT 0,
    next      INTEGER NOT NULL,                      -- not before
    unclear   INTEGER NOT NULL DEFAULT 0,            -- times that the answer to the whole message was lost
    warned    INTEGER NOT NULL DEFAULT 0,            -- whether the sender was told of the delay
    CHECK ((state = 'held') = (held_for IS NOT NULL))
) STRICT;
CREATE INDEX job_waiting ON job (lane, next) WHERE state = 'waiting';
CREATE INDEX job_held ON job (mailbox) WHERE state = 'held';
CREATE INDEX job_age ON job (warned, accepted) WHERE state = 'waiting';
CREATE INDEX job_body ON job (body_id);

CREATE TABLE job_recipient (
    job     INTEGER NOT NULL REFERENCES job (id),
    place   INTEGER NOT NULL,                        -- in the order in which they were named
    address TEXT    NOT NULL CHECK (address <> ''),
    notify  INTEGER,                                 -- RFC 3461 §4.1: 0 never, else 1 success + 2 failure + 4 delay
    orcpt   TEXT,                                    -- RFC 3461 §4.2, as xtext
    state   TEXT    NOT NULL CHECK (state IN ('waiting', 'relayed', 'failed')),
    status  TEXT,                                    -- RFC 3463, of the last attempt
    reply   TEXT,                                    -- what was said then
    host    TEXT,                                    -- by which server; none: our own words
    PRIMARY KEY (job, place)
) STRICT, WITHOUT ROWID;
