#!/usr/bin/env python3
"""A stand-in for the province's Centre: a reader of change files that shares nothing with the program that writes them.

    stand_in.py apply --state STATE --key KEY [--refuse ADDRESS=REASON]... [--answer FILE] FILE...
    stand_in.py list --state STATE

`apply` takes files in the order of their numbers into the list kept in STATE (empty where it is not there yet), and
stops at the first that is not right, leaving the list as it was. Only the standard library and the `openssl` command.
"""

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

FORMAT, VERSION = "hopthu-province-changes", 1
# RFC 8410: the SubjectPublicKeyInfo of an Ed25519 key is this and its 32 octets.
SPKI = bytes.fromhex("302a300506032b6570032100")


class Wrong(Exception):
    """A file that must not be applied."""


def files_in(octets):
    """The files of a stream: each ends with the line of its signature."""
    lines, begun = octets.splitlines(keepends=True), []
    for line in lines:
        if set(json.loads(line)) == {"signature"}:
            yield b"".join(begun), line
            begun = []
        else:
            begun.append(line)
    if begun:
        raise Wrong("truncated: a file without its signature")


def verify(body, line, key):
    signature = base64.b64decode(json.loads(line)["signature"], validate=True)
    with tempfile.TemporaryDirectory() as place:
        paths = [os.path.join(place, name) for name in ("key", "body", "signature")]
        for path, held in zip(paths, (SPKI + key, body, signature)):
            with open(path, "wb") as file:
                file.write(held)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0], "-rawin"]
        done = subprocess.run(command + ["-in", paths[1], "-sigfile", paths[2]], capture_output=True)
    if done.returncode != 0:
        raise Wrong("signature: the file is not what the department signed")


def checked(state, body, line, key):
    """The changes of a file that is the next one."""
    verify(body, line, key)
    header, *changes = [json.loads(line) for line in body.splitlines()]
    if (header["format"], header["version"]) != (FORMAT, VERSION):
        raise Wrong("format: %s %s" % (header["format"], header["version"]))
    if base64.b64decode(header["public_key"]) != key:
        raise Wrong("key: the file names another one")
    if header["file"] <= state["last"]:
        raise Wrong("repeat: file %d was applied before" % header["file"])
    if header["file"] != state["last"] + 1:
        raise Wrong("gap: file %d comes after file %d" % (header["file"], state["last"]))
    if header["previous"] != state["previous"] or header["audit"]["after"] != state["to"]:
        raise Wrong("chain: file %d does not go on from file %d" % (header["file"], state["last"]))
    if header["changes"] != len(changes):
        raise Wrong("count: %d changes were announced, %d came" % (header["changes"], len(changes)))
    return header, changes


def change(held, told):
    """Applies one line to the list."""
    address, what = told["address"].lower(), told["change"]
    if (what == "register") == (address in held):
        raise Wrong("%s: %s is %s" % (what, address, "there already" if address in held else "not there"))
    if what == "withdraw":
        del held[address]
    elif what in ("register", "update"):
        held[address] = {name: told[name] for name in ("mailbox", "kind", "name", "unit", "position")}
    else:
        raise Wrong("change: %r" % what)


def apply(state, octets, key, refused):
    """Applies a stream of files; what is answered."""
    answers = []
    for body, line in files_in(octets):
        header, changes = checked(state, body, line, key)
        for told in changes:
            answer = {"file": header["file"], "address": told["address"]}
            if told["address"] in refused:
                answer.update(result="refused", reason=refused[told["address"]])
            else:
                change(state["list"], told)
                answer.update(result="withdrawn" if told["change"] == "withdraw" else "registered")
            answers.append(answer)
        state.update(last=header["file"], to=header["audit"]["to"])
        state["previous"] = hashlib.sha256(body + line).hexdigest()
    return answers


def load(path):
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    return {"last": 0, "to": 0, "previous": None, "list": {}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["apply", "list"])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--state", required=True)
    parser.add_argument("--key")
    parser.add_argument("--refuse", action="append", default=[])
    parser.add_argument("--answer")
    arguments = parser.parse_intermixed_args()
    state = load(arguments.state)
    if arguments.command == "apply":
        key = base64.b64decode(arguments.key, validate=True)
        refused = dict(pair.split("=", 1) for pair in arguments.refuse)
        answers = []
        try:
            for path in arguments.files:
                with open(path, "rb") as file:
                    answers += apply(state, file.read(), key, refused)
        except (Wrong, ValueError, KeyError) as wrong:
            sys.exit("%s: %s" % (path, wrong))
        with open(arguments.state, "w", encoding="utf-8") as file:
            json.dump(state, file, ensure_ascii=False)
        if arguments.answer:
            with open(arguments.answer, "w", encoding="utf-8") as file:
                file.writelines(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)
    json.dump(state["list"], sys.stdout, ensure_ascii=False, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
