-- What the heads of units were reminded of, so that nobody is twice (R7).
CREATE TABLE reminder (
    unit    INTEGER NOT NULL REFERENCES unit (id),
    section TEXT    NOT NULL CHECK (section <> ''),
    due     TEXT    NOT NULL CHECK (due <> ''),      -- the day
    said    TEXT    NOT NULL CHECK (said IN ('due', 'missing')),
    PRIMARY KEY (unit, section, due, said)
) STRICT, WITHOUT ROWID;
