"""A mail program that compresses (RFC 4978): Python's imaplib with zlib between it and the socket.

Reads what the tests tell it on standard input: where the server is and who logs in.
"""

import imaplib
import json
import ssl
import sys
import zlib

imaplib.Commands["COMPRESS"] = ("AUTH", "SELECTED")


class Compressing(imaplib.IMAP4_SSL):
    """Compresses what is sent and inflates what is read, once the server agreed."""

    deflater = None

    def compress(self):
        typ, answer = self._simple_command("COMPRESS", "DEFLATE")
        assert typ == "OK", answer
        self.deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.inflater = zlib.decompressobj(-15)
        self.came = b""

    def send(self, data):
        if self.deflater is None:
            return super().send(data)
        return super().send(self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH))

    def more(self):
        octets = self.sock.recv(65536)
        assert octets, "the server closed"
        self.came += self.inflater.decompress(octets)

    def read(self, size):
        if self.deflater is None:
            return super().read(size)
        while len(self.came) < size:
            self.more()
        taken, self.came = self.came[:size], self.came[size:]
        return taken

    def readline(self):
        if self.deflater is None:
            return super().readline()
        while b"\n" not in self.came:
            self.more()
        return self.read(self.came.index(b"\n") + 1)


def main():
    setup = json.load(sys.stdin)
    context = ssl.create_default_context(cafile=setup["certificate"])
    imap = Compressing(setup["host"], setup["imaps"], ssl_context=context)
    imap.login(*setup["person"])
    assert "COMPRESS=DEFLATE" in imap.capabilities
    imap.compress()
    for size in (0, 1, 70_000, setup["large"]):
        line = b"".join(b"%08d" % (n * 2654435761 % 10**8) for n in range(9)) + b"\r\n"
        message = b"Subject: %d\r\n\r\n" % size + line * (size // len(line))
        typ, answer = imap.append("Drafts", None, None, message)
        assert typ == "OK", answer
        imap.select("Drafts")
        typ, answer = imap.fetch("*", "(BODY.PEEK[])")
        assert typ == "OK" and answer[0][1] == message, (size, len(answer[0][1]))
    typ, answer = imap.uid("SEARCH", "SUBJECT", "70000")
    assert typ == "OK" and len(answer[0].split()) == 1, answer
    assert imap.logout()[0] == "BYE"


main()
