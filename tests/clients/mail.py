"""Sends with smtplib and reads with imaplib, as the library's documentation shows.

Reads one JSON object from standard input: host, the ports submission, submissions, imap and imaps, the certificate's
path, and two people as [address, password]. Ends with an exception where anything is not as it must be.
"""

import hashlib
import imaplib
import json
import smtplib
import ssl
import sys
import time
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, default

SUBJECT = "Báo cáo tuần của Phòng Công chứng số 1: đã hoàn thành"
ATTACHMENT = bytes(range(256)) * 40


def letter(sender, recipient, subject):
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message.set_content("Kính gửi đồng chí,\n\n. một dòng bắt đầu bằng dấu chấm\n..hai dấu chấm\n")
    message.add_attachment(ATTACHMENT, maintype="application", subtype="octet-stream", filename="số liệu.bin")
    return message


def send(setup, context):
    (sender, password), (recipient, _) = setup["people"]
    with smtplib.SMTP_SSL(setup["host"], setup["submissions"], context=context, timeout=30) as smtp:
        smtp.login(sender, password)
        assert smtp.send_message(letter(sender, recipient, SUBJECT)) == {}
    with smtplib.SMTP(setup["host"], setup["submission"], timeout=30) as smtp:
        smtp.starttls(context=context)
        smtp.login(sender, password)
        assert smtp.send_message(letter(sender, recipient, "thư thứ hai")) == {}
        try:
            smtp.sendmail(recipient, [recipient], b"Subject: x\r\n\r\nx\r\n")
        except smtplib.SMTPSenderRefused as refused:
            assert refused.smtp_code == 553, refused
        else:
            raise AssertionError("sent under another person's address")


def ok(answer):
    state, data = answer
    assert state == "OK", answer
    return data


def read(setup, context):
    _, (recipient, password) = setup["people"]
    with imaplib.IMAP4_SSL(setup["host"], setup["imaps"], ssl_context=context, timeout=30) as imap:
        ok(imap.login(recipient, password))
        ok(imap.select("INBOX"))
        imap.literal = "phòng công chứng".encode()
        [found] = ok(imap.uid("SEARCH", "CHARSET", "UTF-8", "SUBJECT"))
        [uid] = found.split()
        data = ok(imap.uid("FETCH", uid, "(RFC822.SIZE BODY.PEEK[])"))
        raw = data[0][1]
        size = int(data[0][0].split(b"RFC822.SIZE ")[1].split()[0])
        assert size == len(raw), (size, len(raw))
        message = BytesParser(policy=default).parsebytes(raw)
        assert str(make_header(decode_header(message["Subject"]))) == SUBJECT
        [attachment] = message.iter_attachments()
        assert attachment.get_filename() == "số liệu.bin"
        assert attachment.get_content() == ATTACHMENT
        text = message.get_body().get_content()
        assert "\n. một dòng" in text.replace("\r", "") and "\n..hai" in text.replace("\r", ""), text
        manage(imap, uid)
    with imaplib.IMAP4(setup["host"], setup["imap"], timeout=30) as imap:
        try:
            imap.login(recipient, password)
        except imaplib.IMAP4.error as refused:
            assert b"PRIVACYREQUIRED" in str(refused).encode(), refused
        else:
            raise AssertionError("logged in without TLS")
        ok(imap.starttls(ssl_context=context))
        ok(imap.login(recipient, password))


def manage(imap, uid):
    """Folders, flags, copies: each command that imaplib has."""
    assert b"UIDPLUS" in ok(imap.capability())[0]
    folder = '"C&APQ-ng v&AQM-n &AREevw-n"'
    ok(imap.create(folder))
    ok(imap.subscribe(folder))
    ok(imap.uid("COPY", uid, folder))
    ok(imap.uid("STORE", uid, "+FLAGS", r"(\Flagged $Viec)"))
    ok(imap.append(folder, r"(\Seen)", imaplib.Time2Internaldate(time.time()), b"Subject: x\r\n\r\nx\r\n"))
    assert b"MESSAGES 2 UNSEEN 1" in ok(imap.status(folder, "(MESSAGES UNSEEN)"))[0]
    assert any(b"&AREevw-" in line for line in ok(imap.list()))
    assert any(b"&AREevw-" in line for line in ok(imap.lsub()))
    ok(imap.select(folder))
    assert ok(imap.search(None, "ALL")) == [b"1 2"]
    ok(imap.store("1", "+FLAGS", r"(\Deleted)"))
    assert ok(imap.expunge()) == [b"1"]
    ok(imap.check())
    ok(imap.noop())
    ok(imap.close())
    ok(imap.rename(folder, "Kho"))
    ok(imap.delete("Kho"))
    ok(imap.select("INBOX", readonly=True))
    assert imap.store("1", "+FLAGS", r"(\Seen)")[0] == "NO"


def others(setup, context):
    """What is in the namespaces of units: found, filled, moved, its rights given; news of it in IDLE."""
    _, (recipient, password) = setup["people"]
    (reader, reader_password), _ = setup["people"]
    with imaplib.IMAP4_SSL(setup["host"], setup["imaps"], ssl_context=context, timeout=60) as imap:
        ok(imap.login(recipient, password))
        assert ok(imap.namespace())[0] == b'(("" "/")) (("&ARABoQ-n v&Hss-/" "/")) (("D&APk-ng chung/" "/"))'
        units = [line.split(b' "/" ')[1] for line in ok(imap.list('""', '"&ARABoQ-n v&Hss-/*"'))]
        [inbox] = [name.decode() for name in units if name.endswith(b'/INBOX"')]
        unit = inbox.split("/")[1]
        shared = f'"D&APk-ng chung/{unit}/Th&APQ-ng b&AOE-o"'
        ok(imap.create(shared))
        assert b"lrswipkxtea" in ok(imap.myrights(shared))[0]
        ok(imap.setacl(shared, reader, "lrswte"))
        assert reader.encode() + b" lrsw" in ok(imap.getacl(shared))[0]
        large = letter(recipient, reader, "tệp lớn")
        large.add_attachment(bytes(range(256)) * 40_000, maintype="application", subtype="zip", filename="lớn.zip")
        large = large.as_bytes()
        ok(imap.append(shared, r"(\Flagged)", None, large))
        ok(imap.append(inbox, "", None, b"Subject: don thu\r\n\r\nx\r\n"))
        ok(imap.select(shared))
        data = ok(imap.uid("FETCH", "1", "(FLAGS BODY.PEEK[])"))
        assert hashlib.sha256(data[0][1]).digest() == hashlib.sha256(large).digest()
        assert rb"\Flagged" in data[0][0] + data[1]
        with imaplib.IMAP4_SSL(setup["host"], setup["imaps"], ssl_context=context, timeout=60) as other:
            ok(other.login(reader, reader_password))
            ok(other.select(shared))
            idle(imap, lambda: ok(other.uid("STORE", "1", "+FLAGS", r"($Xem)")), b"$Xem")
            idle(imap, lambda: ok(other.uid("MOVE", "1", "Archive")), b"1 EXPUNGE")
            assert other.uid("COPY", "1", "Khong-co")[0] == "NO"
            assert other.append(shared, "", None, b"Subject: x\r\n\r\n")[0] == "OK"
        ok(imap.deleteacl(shared, reader))
        ok(imap.select(inbox))
        [found] = ok(imap.uid("SEARCH", "SUBJECT", '"don thu"'))
        ok(imap.uid("MOVE", found.decode(), "Archive"))
        ok(imap.select("Archive"))
        assert ok(imap.search(None, "SUBJECT", '"don thu"')) == [b"1"]
        ok(imap.delete(shared))


def idle(imap, act, told):
    """IDLE by hand: imaplib has none before Python 3.14."""
    imap.send(b"i IDLE\r\n")
    assert imap.readline().startswith(b"+")
    act()
    while told not in imap.readline():
        pass
    imap.send(b"DONE\r\n")
    while not imap.readline().startswith(b"i OK"):
        pass


if __name__ == "__main__":
    given = json.load(sys.stdin)
    trust = ssl.create_default_context(cafile=given["certificate"])
    send(given, trust)
    read(given, trust)
    others(given, trust)
