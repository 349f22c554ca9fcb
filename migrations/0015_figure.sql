-- What the monthly report shows of each day (R30): counted in the transactions that it tells of. A day without any row is one
-- of which nothing is known.
CREATE TABLE figure (
    day   TEXT    NOT NULL CHECK (date(day) IS day),
    name  TEXT    NOT NULL CHECK (name <> ''),
    value INTEGER NOT NULL CHECK (value >= 0),
    PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;
