-- To whom outside each person has written: how many somebody writes to for the first time in a day is bounded (R21).
CREATE TABLE correspondent (
    staff   INTEGER NOT NULL REFERENCES staff (id),
    address TEXT    NOT NULL CHECK (address <> ''),
    since   INTEGER NOT NULL,                        -- the first time
    PRIMARY KEY (staff, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX correspondent_since ON correspondent (staff, since);
