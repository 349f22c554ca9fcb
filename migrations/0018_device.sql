-- A device of a unit's or the department's mailbox is bound: where it connects from, what for, by which doors (R23).
-- None of this is said of a person's own devices.
ALTER TABLE credential ADD COLUMN networks TEXT CHECK (json_valid(networks));
ALTER TABLE credential ADD COLUMN purpose TEXT CHECK (purpose <> '');
ALTER TABLE credential ADD COLUMN doors TEXT CHECK (
    doors IN ('send', 'read', 'both') AND kind = 'device' AND networks IS NOT NULL AND purpose IS NOT NULL
    OR doors IS NULL AND networks IS NULL AND purpose IS NULL
);
