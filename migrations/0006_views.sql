-- What clients that were away are told of (RFC 7162 §3.2): `expunged` names every message that went from the folder at a
-- mod-sequence above `expunged_since`; of those before, some may have ended since. A folder from before this is known to
-- be complete where each of its numbers is still there.
ALTER TABLE folder ADD COLUMN expunged_since INTEGER NOT NULL DEFAULT 0;
UPDATE folder SET expunged_since = highest_modseq
WHERE uid_next - 1 <> (SELECT count(*) FROM message m WHERE m.folder_id = folder.id);

CREATE INDEX expunged_modseq ON expunged (folder_id, modseq);
