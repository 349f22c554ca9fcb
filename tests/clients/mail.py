"""Sends with smtplib and reads with imaplib, as the library's documentation shows.

Reads one JSON object from standard input: host, the ports submission, submissions, imap and imaps, the certificate's
path, and two people as [address, password]. Ends with an exception where anything is not as it must be.
"""

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


if __name__ == "__main__":
    given = json.load(sys.stdin)
    trust = ssl.create_default_context(cafile=given["certificate"])
    send(given, trust)
    read(given, trust)
