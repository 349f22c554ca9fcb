"""Reads the monthly report with imaplib, and looks whether both of its forms say the same.

Reads one JSON object from standard input: host, the port imaps, the certificate's path, the Director as [address, password],
who it must be from, and the message as curl read it, in base64. Ends with an exception where anything is not as it must be.
"""

import base64
import html
import imaplib
import json
import re
import ssl
import sys
from email.parser import BytesParser
from email.policy import default


def words(text):
    return set(re.findall(r"[^\s█]{2,}", text.lower()))


def main():
    setup = json.load(sys.stdin)
    context = ssl.create_default_context(cafile=setup["certificate"])
    context.check_hostname = False
    with imaplib.IMAP4_SSL(setup["host"], setup["imaps"], ssl_context=context, timeout=30) as imap:
        imap.login(*setup["person"])
        imap.select("INBOX", readonly=True)
        imap.literal = "Báo cáo hệ thống thư điện tử tháng 11 năm 2026".encode()
        state, [found] = imap.uid("SEARCH", "CHARSET", "UTF-8", "SUBJECT")
        assert state == "OK" and len(found.split()) == 1, (state, found)
        state, fetched = imap.uid("FETCH", found.decode(), "(BODY.PEEK[])")
        octets = fetched[0][1]
    assert octets == base64.b64decode(setup["curl"]), "both programs read the same octets"
    message = BytesParser(policy=default).parsebytes(octets)
    assert message["Return-Path"] == "<" + setup["from"] + ">", message["Return-Path"]
    assert setup["from"] in message["From"] and setup["person"][0] in message["To"], (message["From"], message["To"])
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    text, page = (part.get_content() for part in message.iter_parts())
    assert "ĐIỂM CẦN CHÚ Ý" in text and "Điểm cần chú ý" in page
    seen = html.unescape(re.sub(r"<[^>]*>", " ", page.split("<body", 1)[1].split(">", 1)[1]))
    assert words(text) <= words(seen), words(text) - words(seen)


main()
