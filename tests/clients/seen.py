"""Reads in a shared folder as one person on two devices, and looks as another.

Reads the same JSON object as mail.py, with `folder` besides: a folder with three messages that the first person has read
none of. Afterwards they have read the first. Ends with an exception where anything is not as it must be.
"""

import imaplib
import json
import re
import ssl
import sys


def ok(answer):
    state, data = answer
    assert state == "OK", answer
    return data


def open_folder(person):
    imap = imaplib.IMAP4_SSL(setup["host"], setup["imaps"], ssl_context=context, timeout=30)
    ok(imap.login(*person))
    ok(imap.select(f'"{setup["folder"]}"'))
    return imap


def unseen(imap):
    [found] = ok(imap.search(None, "UNSEEN"))
    return found.split()


setup = json.load(sys.stdin)
context = ssl.create_default_context(cafile=setup["certificate"])
reader, other = setup["people"]
office, phone, theirs = open_folder(reader), open_folder(reader), open_folder(other)
assert not office.is_readonly
assert office.response("PERMANENTFLAGS") == ("PERMANENTFLAGS", [rb"(\Seen)"])
[rights] = ok(office.myrights(f'"{setup["folder"]}"'))
assert rights.endswith(b" lrs"), rights
before = unseen(theirs)
assert unseen(phone) == [b"1", b"2", b"3"]
phone.send(b"i IDLE\r\n")
assert phone.readline().startswith(b"+")
ok(office.fetch("1", "(RFC822)"))
told = phone.readline()
assert re.fullmatch(rb"\* 1 FETCH \(FLAGS \(\\Seen( \\Recent)?\)\)\r\n", told), told
phone.send(b"DONE\r\n")
assert phone.readline().startswith(b"i OK")
phone.shutdown()
assert unseen(office) == [b"2", b"3"]
ok(theirs.noop())
assert theirs.response("FETCH") == ("FETCH", [None]), "another is told what somebody read"
assert unseen(theirs) == before
state, [refused] = office.store("1", "+FLAGS", r"(\Flagged)")
assert state == "NO" and refused.startswith(b"[NOPERM]"), refused
office.logout()
theirs.logout()
