"""A relay (smtplib) and readers (imaplib) of what units file.

Reads one JSON object from standard input and writes one.

relay: {"act", "port", "from", "to", "message"} -> {"code", "text"}
send:  {"act", "port", "certificate", "login", "from", "to", "message"} -> the same, logged in
read:  {"act", "port", "certificate", "login", "folder"} -> {"messages"}, the folder's name in modified UTF-7
"""

import imaplib
import json
import smtplib
import ssl
import sys


def trusting(certificate):
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    return context


def give(smtp, sender, to, message):
    smtp.ehlo("relay.daklak.gov.vn")
    try:
        assert smtp.sendmail(sender, to, message.encode(), mail_options=["BODY=8BITMIME", "SMTPUTF8"]) == {}
    except smtplib.SMTPResponseException as refused:
        return {"code": refused.smtp_code, "text": refused.smtp_error.decode()}
    return {"code": 250, "text": ""}


def relay(setup):
    with smtplib.SMTP("127.0.0.1", setup["port"], timeout=30) as smtp:
        return give(smtp, setup["from"], setup["to"], setup["message"])


def send(setup):
    context = trusting(setup["certificate"])
    with smtplib.SMTP_SSL("127.0.0.1", setup["port"], context=context, timeout=30) as smtp:
        smtp.login(*setup["login"])
        return give(smtp, setup["from"], setup["to"], setup["message"])


def read(setup):
    context = trusting(setup["certificate"])
    with imaplib.IMAP4_SSL("127.0.0.1", setup["port"], ssl_context=context, timeout=30) as imap:
        imap.login(*setup["login"])
        state, answer = imap.select('"%s"' % setup["folder"], readonly=True)
        assert state == "OK", answer
        state, answer = imap.fetch("1:*", "(BODY.PEEK[])")
        assert state == "OK", answer
        return {"messages": [part[1].decode() for part in answer if isinstance(part, tuple)]}


setup = json.load(sys.stdin)
json.dump({"relay": relay, "send": send, "read": read}[setup["act"]](setup), sys.stdout)
