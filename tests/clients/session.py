"""A session of Python's imaplib or smtplib that does what it is told, so that others can work beside it.

The first line of standard input is a JSON object: kind ("imap" or "smtp"), host, port, certificate, address, password.
Every further line is a JSON array: a method's name and its arguments, of which {"bytes": "…"} stands for bytes. Each is
answered by one line: what the method returned, or {"error": "…"}.
"""

import imaplib
import json
import smtplib
import ssl
import sys


def connect(setup):
    context = ssl.create_default_context(cafile=setup["certificate"])
    context.check_hostname = False
    if setup["kind"] == "imap":
        session = imaplib.IMAP4_SSL(setup["host"], setup["port"], ssl_context=context, timeout=30)
    else:
        session = smtplib.SMTP_SSL(setup["host"], setup["port"], context=context, timeout=30)
    session.login(setup["address"], setup["password"])
    return session


def given(argument):
    return argument["bytes"].encode() if isinstance(argument, dict) else argument


def plain(value):
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return {str(key): plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def main():
    session = connect(json.loads(sys.stdin.readline()))
    print(json.dumps("connected"), flush=True)
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        try:
            answer = plain(getattr(session, method)(*map(given, arguments)))
        except (imaplib.IMAP4.error, smtplib.SMTPException, OSError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
