-- What each person has seen of what units share (R5). In the folders below the one that is called like the namespace
-- (`directory::SHARED`) `\Seen` is everybody's own; what `state` says of it counts for nobody there.
ALTER TABLE folder ADD COLUMN shared INTEGER
GENERATED ALWAYS AS (name = 'Dùng chung' OR substr(name, 1, 11) = 'Dùng chung/') VIRTUAL;

-- A row stays with its message until that is purged, so that one that is brought back is as it was for everybody.
CREATE TABLE seen (
    folder_id INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    staff_id  INTEGER NOT NULL REFERENCES staff (id),
    uid       INTEGER NOT NULL,
    seen      INTEGER NOT NULL CHECK (seen IN (0, 1)),   -- 0: it was, and is not any more
    modseq    INTEGER NOT NULL,                          -- one of the folder's, told to this person alone
    PRIMARY KEY (folder_id, staff_id, uid)
) STRICT, WITHOUT ROWID;
-- Everybody's of a message that is copied or purged, and all of somebody who leaves.
CREATE INDEX seen_message ON seen (folder_id, uid);
CREATE INDEX seen_staff ON seen (staff_id);

-- What was marked by anybody before is unread for everybody from now on: programs that remember it ask for it again.
UPDATE state SET modseq = (SELECT highest_modseq + 1 FROM folder WHERE id = folder_id)
WHERE flags & 1 AND folder_id IN (SELECT id FROM folder WHERE shared);
UPDATE folder SET highest_modseq = highest_modseq + 1 WHERE shared;

-- What is shared no more, as when its unit is merged into another, is mail of one common `\Seen`: seen by anybody is seen.
CREATE TRIGGER seen_ends AFTER UPDATE OF name ON folder WHEN OLD.shared AND NOT NEW.shared
BEGIN
    UPDATE state SET flags = flags | 1, modseq = NEW.highest_modseq + 1
    WHERE folder_id = NEW.id AND NOT flags & 1 AND uid IN (SELECT uid FROM seen WHERE folder_id = NEW.id AND seen);
    UPDATE folder SET
        highest_modseq = highest_modseq + 1,
        unseen = (SELECT count(*) FROM state WHERE folder_id = NEW.id AND NOT flags & 1)
    WHERE id = NEW.id;
    DELETE FROM seen WHERE folder_id = NEW.id;
END;

DROP VIEW office_folder;
-- The folders of mailboxes that hold work, and what each is to it.
CREATE VIEW office_folder AS
SELECT
    f.id,
    f.mailbox_id,
    CASE
        WHEN f.name = 'INBOX' THEN 'inbox'
        WHEN f.shared THEN 'shared'
        WHEN f.special_use IN ('archive', 'sent') THEN f.special_use
        WHEN f.special_use IN ('junk', 'trash') THEN 'bin'
        ELSE 'other'
    END AS part
FROM folder f CROSS JOIN mailbox b ON b.id = f.mailbox_id
WHERE b.kind <> 'staff';
