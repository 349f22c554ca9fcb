"""What Python's mailbox module reads in the Maildir that is the first argument, as JSON."""

import hashlib
import json
import mailbox
import sys


def messages(folder):
    found = []
    for key in sorted(folder.keys()):
        message = folder.get_message(key)
        raw = folder.get_bytes(key)
        found.append({
            "flags": "".join(c for c in message.get_flags() if c.isupper()),
            "date": int(message.get_date()),
            "subject": message["Subject"],
            "bytes": len(raw),
            "sha256": hashlib.sha256(raw).hexdigest(),
        })
    return found


root = mailbox.Maildir(sys.argv[1], factory=None, create=False)
folders = {"": messages(root)}
for name in root.list_folders():
    folders[name] = messages(root.get_folder(name))
print(json.dumps(folders))
