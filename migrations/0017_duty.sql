-- By when a unit publishes in a section, where that is not the configuration's day (R6).
CREATE TABLE duty (
    unit    INTEGER NOT NULL REFERENCES unit (id),
    section TEXT    NOT NULL CHECK (section <> ''),
    due     TEXT    NOT NULL CHECK (due <> ''),      -- as in the configuration, or 'none'
    since   TEXT    NOT NULL CHECK (since <> ''),    -- the day it was set
    PRIMARY KEY (unit, section, since)               -- the last one holds; what was owed by those before stays as it was
) STRICT, WITHOUT ROWID;
