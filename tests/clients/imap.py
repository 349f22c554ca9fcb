"""Drives the IMAP door with every method of imaplib, which reads the answers by a grammar of its own.

Reads the same JSON object as mail.py. Ends with an exception where anything is not as it must be.
"""

import imaplib
import json
import re
import ssl
import sys

FOLDER = "K&AOo- ho&AaE-ch"
OTHER = "L&AbA-u tr&Hu8-"


def ok(answer):
    state, data = answer
    assert state == "OK", answer
    return data


def message(number, subject, parent=None):
    references = f"References: <{parent}@x>\r\n" if parent else ""
    return (
        f"From: {subject} <nguoi{number}@example.vn>\r\nTo: binhdx@example.vn\r\nSubject: {subject}\r\n"
        f"Date: Mon, {number:02} Nov 2026 08:00:00 +0700\r\nMessage-ID: <{number}@x>\r\n{references}\r\nThư {number}.\r\n"
    ).encode()


def quoted(name):
    return f'"{name}"'


def folders(imap):
    ok(imap.create(quoted(FOLDER)))
    ok(imap.create(quoted(f"{FOLDER}/2026")))
    ok(imap.rename(quoted(f"{FOLDER}/2026"), quoted(OTHER)))
    names = [line.decode() for line in ok(imap.list())]
    assert all(re.fullmatch(r'\((\\\w+ ?)*\) "/" (\S+|"[^"]*")', line) for line in names), names
    assert any(line.endswith(quoted(OTHER)) for line in names), names
    ok(imap.subscribe(quoted(FOLDER)))
    assert any(line.endswith(quoted(FOLDER).encode()) for line in ok(imap.lsub()))
    ok(imap.unsubscribe(quoted(FOLDER)))
    [status] = ok(imap.status(quoted(FOLDER), "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT)"))
    assert re.search(rb"\(MESSAGES 0 UIDNEXT 1 UIDVALIDITY \d+ UNSEEN 0 RECENT 0\)$", status), status
    [namespace] = ok(imap.namespace())
    assert namespace.startswith(b'(("" "/")'), namespace


def fill(imap):
    date = '"02-Nov-2026 08:00:00 +0700"'
    for number, subject, parent in [(1, "Xuan", None), (2, "An", 1), (3, "Binh", 1), (4, "Re: An", 9)]:
        ok(imap.append(quoted(FOLDER), r"(\Flagged)" if number == 2 else None, date, message(number, subject, parent)))
    assert ok(imap.select(quoted(FOLDER))) == [b"4"]
    assert imap.response("UIDVALIDITY")[1][0].isdigit()


def ask(imap):
    assert ok(imap.search(None, "FLAGGED")) == [b"2"]
    assert ok(imap.search(None, "SUBJECT", "khong-co")) == [b""]
    assert ok(imap.sort("(SUBJECT)", "UTF-8", "ALL")) == [b"2 4 3 1"]
    assert ok(imap.sort("(REVERSE DATE)", "UTF-8", "UNFLAGGED")) == [b"4 3 1"]
    assert ok(imap.uid("SORT", "(DISPLAYFROM)", "UTF-8", "ALL")) == [b"2 3 4 1"]
    assert ok(imap.thread("REFERENCES", "UTF-8", "ALL")) == [b"(1 (2)(3))(4)"]
    assert ok(imap.thread("ORDEREDSUBJECT", "UTF-8", "ALL")) == [b"(1)(2 4)(3)"]
    assert ok(imap.uid("THREAD", "REFERENCES", "UTF-8", "2:4")) == [b"((2)(3)(4))"]
    [(head, header), end] = ok(imap.fetch("1", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    assert header == b"Subject: Xuan\r\n\r\n" and end == b")", (head, header, end)
    [envelope] = ok(imap.fetch("3", "(ENVELOPE)"))
    assert b'"Binh" ((' in envelope, envelope
    dates = [imaplib.Internaldate2tuple(line) for line in ok(imap.fetch("1:*", "INTERNALDATE"))]
    assert len(dates) == 4 and all(dates), dates


def change(imap):
    assert imaplib.ParseFlags(ok(imap.store("1", "+FLAGS", r"(\Seen \Deleted $Viec)"))[0])
    ok(imap.copy("2:3", quoted(OTHER)))
    ok(imap.uid("MOVE", "4", quoted(OTHER)))
    # The message that MOVE took away is told with those of EXPUNGE: imaplib gathers them.
    assert ok(imap.expunge()) == [b"4", b"1"]
    assert ok(imap.search(None, "ALL")) == [b"1 2"]
    ok(imap.noop())
    ok(imap.check())
    assert ok(imap.recent())[0] is not None
    ok(imap.unselect())
    assert ok(imap.select(quoted(OTHER), readonly=True)) == [b"3"]
    state, _ = imap.store("1", "+FLAGS", r"\Seen")
    assert state == "NO", state
    ok(imap.close())
    ok(imap.delete(quoted(OTHER)))
    state, [words] = imap.status(quoted(OTHER), "(MESSAGES)")
    assert state == "NO" and b"[NONEXISTENT]" in words, words


setup = json.load(sys.stdin)
context = ssl.create_default_context(cafile=setup["certificate"])
with imaplib.IMAP4_SSL(setup["host"], setup["imaps"], ssl_context=context, timeout=30) as imap:
    address, password = setup["people"][0]
    ok(imap.authenticate("PLAIN", lambda _: f"\0{address}\0{password}".encode()))
    capabilities = ok(imap.capability())[0].decode().split()
    assert {"IMAP4rev1", "SORT", "THREAD=REFERENCES", "ESORT", "PARTIAL", "MULTISEARCH"} <= set(capabilities), capabilities
    folders(imap)
    fill(imap)
    ask(imap)
    change(imap)
