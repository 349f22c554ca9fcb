"""An independent signer and verifier (dkimpy). Reads one JSON document, writes one.

verify: {"message", "records"} -> {"signatures": [[algorithm, holds], ...], "arc": result}
sign:   {"message", "domain", "algorithms"} -> {"message", "records"}
seal:   {"message", "domain", "results"} -> {"message", "records"}, as a list does that changes the subject
"""
import base64, json, re, subprocess, sys

import dkim
import nacl.signing

HEADERS = [b"from", b"to", b"subject", b"date"]


def asked(records):
    return lambda name, timeout=5: records.get(name.decode().rstrip("."), "").encode() or None


def rsa():
    private = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True).stdout
    return private, "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()


def ed25519():
    key = nacl.signing.SigningKey.generate()
    return base64.b64encode(bytes(key)), "v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(key.verify_key)).decode()


def verify(message, records):
    found = []
    signatures = re.findall(rb"(?ms)^DKIM-Signature:.*?a=([a-z0-9-]+)", message.split(b"\r\n\r\n")[0])
    for index, algorithm in enumerate(signatures):
        try:
            holds = dkim.DKIM(message).verify(idx=index, dnsfunc=asked(records))
        except dkim.DKIMException:
            holds = False
        found.append([algorithm.decode(), holds])
    arc, _, _ = dkim.arc_verify(message, dnsfunc=asked(records))
    return {"signatures": found, "arc": arc.decode()}


def sign(message, domain, algorithms):
    records = {}
    for algorithm in algorithms:
        private, record = rsa() if algorithm == "rsa-sha256" else ed25519()
        selector = algorithm.split("-")[0]
        records[f"{selector}._domainkey.{domain}"] = record
        signed = dkim.sign(message, selector.encode(), domain.encode(), private, include_headers=HEADERS,
                           canonicalize=(b"relaxed", b"relaxed"), signature_algorithm=algorithm.encode())
        message = signed + message
    return {"message": message.decode(), "records": records}


def seal(message, domain, results):
    private, record = rsa()
    changed = b"Authentication-Results: " + results.encode() + b"\r\n" + message.replace(b"Subject: ", b"Subject: [list] ")
    sealed = dkim.arc_sign(changed, b"arc", domain.encode(), private, domain.encode(), include_headers=HEADERS)
    return {"message": (b"".join(sealed) + changed).decode(), "records": {f"arc._domainkey.{domain}": record}}


document = json.load(sys.stdin)
act, message = document.pop("act"), document.pop("message").encode()
json.dump({"verify": verify, "sign": sign, "seal": seal}[act](message, **document), sys.stdout)
