#!/usr/bin/env python3
"""Check the records of a publisher of policies. / 약관·처리방침 게시 기록을 확인합니다.

    python3 verify.py                        what lies beside this file
    python3 verify.py FOLDER | PACK.zip      a folder of records, or an evidence pack
    python3 verify.py https://example.com/verify/
    python3 verify.py ... --head HASH        the hash that a mail or a page carries must be in the journal

One file; it needs Python 3.8 or newer and nothing else, and `ssh-keygen` only for signatures. It writes nothing, runs
nothing of what it reads, and asks the network only for an address that it was given. Read it before you run it.

Exit status: 0 everything that could be checked holds, 1 something does not, 2 it could not be read.

What is checked:
* journal.jsonl: each line is canonical JSON {seq, at, event, policy, version, data, prev, hash}; `hash` is the SHA-256
  of the line without `hash`, `prev` is the `hash` of the line before. So no line can be changed, taken out or put in
  without changing every hash after it, the ones in people's mailboxes too.
* versions/POLICY/VERSION/: the SHA-256 of version.json is the `digest` of the last journal line that has one for this
  version; version.json holds the SHA-256 of each text; `pdf` in that line holds the SHA-256 of each PDF, where there
  are any.
* heads/NUMBER.txt and .sig: the hash of line NUMBER, signed with an SSH key named in allowed_signers.
* recipients.jsonl (in evidence packs): the receipts of a mailing are the leaves of a Merkle tree (RFC 6962), whose root
  stands in the journal. person.json: one person's receipt, opened with its salt.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib

MOST = 64 * 1024 * 1024  # bytes of one file
MOST_OF_ALL = 4 * 1024 * 1024 * 1024  # bytes in all
MOST_SHOWN = 20  # findings of one kind
POLICY = re.compile(r"[a-z][a-z0-9-]{0,63}")
VERSION = re.compile(r"[0-9]{8}(-[0-9]{1,4})?")
LANGUAGE = re.compile(r"[a-z]{2,3}")
DIGEST = re.compile(r"[0-9a-f]{64}")
HEAD = re.compile(r"(?:sha256:)?([0-9a-f]{16,64})")
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
#: A version is public from one of these events on.
PUBLIC = ("recorded", "announced", "withdrawn")
KEYS = {"seq", "at", "event", "policy", "version", "data", "prev", "hash"}


class Unreadable(Exception):
    """What was to be checked cannot be read at all."""


# -- where the records are ---------------------------------------------------------------------------------------


class Source:
    """Files by their names: a folder, a zip, or addresses below a URL. A name never leads out of it."""

    def __init__(self):
        self.left = MOST_OF_ALL

    def read(self, name):
        """The bytes of the file, or None where there is none."""
        if not SAFE.fullmatch(name) or ".." in name.split("/"):
            raise Unreadable(say("The name {0} is not allowed.", "{0}: 쓸 수 없는 이름입니다.", shown(name)))
        data = self._read(name)
        if data is not None:
            self.left -= len(data)
            if len(data) > MOST or self.left < 0:
                raise Unreadable(say("{0} is too large.", "{0} 파일이 너무 큽니다.", shown(name)))
        return data

    def lines(self, name):
        """The lines of a file that may be too large to be held at once."""
        return (self.read(name) or b"").splitlines(True)

    def heads(self):
        """The names of the signed heads."""
        listed = (self.read("files.txt") or b"").decode("ascii", "replace").split("\n")
        return sorted(n for n in listed if re.fullmatch(r"heads/[0-9]{6,12}\.txt", n))


class Folder(Source):
    def __init__(self, root):
        super().__init__()
        self.root = os.path.realpath(root)
        self.inside = ""
        if not os.path.exists(os.path.join(root, "journal.jsonl")):
            for inside in ("verify", "versions"):  # a site, a workspace
                if os.path.exists(os.path.join(root, inside, "journal.jsonl")):
                    self.root = os.path.realpath(os.path.join(root, inside))
                    break
        # In a workspace the policies stand beside the journal.
        self.flat = not os.path.isdir(os.path.join(self.root, "versions"))

    def lines(self, name):
        path = os.path.realpath(os.path.join(self.root, name))
        if os.path.dirname(path) != self.root or not os.path.isfile(path):
            return
        with open(path, "rb") as file:
            for line in iter(lambda: file.readline(1 << 20), b""):
                yield line

    def _read(self, name):
        if self.flat and name.startswith("versions/"):
            name = name[len("versions/") :]
        path = os.path.realpath(os.path.join(self.root, *name.split("/")))
        if self.flat and name == "allowed_signers" and not os.path.exists(path):
            path = os.path.realpath(os.path.join(self.root, "..", name))
        elif os.path.commonpath([self.root, path]) != self.root:
            raise Unreadable(say("{0} leads out of the folder.", "{0}: 폴더 밖을 가리킵니다.", shown(name)))
        try:
            if not os.path.isfile(path):
                return None
            with open(path, "rb") as file:
                return file.read(MOST + 1)
        except OSError as error:
            raise Unreadable("%s: %s" % (shown(name), error.strerror))

    def heads(self):
        folder = os.path.join(self.root, "heads")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return sorted("heads/" + n for n in names if re.fullmatch(r"[0-9]{6,12}\.txt", n))


#: What reading a damaged zip can raise.
DAMAGED = (OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)


class Zip(Source):
    def __init__(self, path):
        super().__init__()
        try:
            self.zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise Unreadable("%s: %s" % (shown(path), error))
        names = self.zip.namelist()
        if len(names) != len(set(names)):
            raise Unreadable(say("A name stands twice in the pack.", "같은 이름의 파일이 두 번 들어 있습니다."))

    def _read(self, name):
        try:
            info = self.zip.getinfo(name)
        except KeyError:
            return None
        try:
            with self.zip.open(info) as file:
                return file.read(MOST + 1)
        except DAMAGED as error:
            raise Unreadable("%s: %s" % (shown(name), error))

    def lines(self, name):
        if name not in self.zip.namelist():
            return
        try:
            with self.zip.open(name) as file:
                for line in iter(lambda: file.readline(1 << 20), b""):
                    self.left -= len(line)
                    if self.left < 0:
                        raise Unreadable(say("{0} is too large.", "{0} 파일이 너무 큽니다.", shown(name)))
                    yield line
        except DAMAGED as error:
            raise Unreadable("%s: %s" % (shown(name), error))

    def heads(self):
        return sorted(n for n in self.zip.namelist() if re.fullmatch(r"heads/[0-9]{6,12}\.txt", n))


class NoElsewhere(urllib.request.HTTPRedirectHandler):
    """A record that is somewhere else is not the record that was asked for."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        return None


class Url(Source):
    def __init__(self, url):
        super().__init__()
        self.url = url if url.endswith("/") else url + "/"
        self.opener = urllib.request.build_opener(NoElsewhere)

    def _read(self, name):
        try:
            with self.opener.open(self.url + name, timeout=30) as answer:
                return answer.read(MOST + 1)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (404, 410):
                return None
            raise Unreadable("%s%s: HTTP %d" % (self.url, name, error.code))
        except (OSError, ValueError) as error:
            raise Unreadable("%s%s: %s" % (self.url, name, error))


def open_source(what):
    if re.match(r"https?://", what):
        return Url(what)
    if os.path.isdir(what):
        return Folder(what)
    if os.path.isfile(what):
        return Zip(what)
    raise Unreadable(say("There is no {0}.", "{0}: 찾을 수 없습니다.", shown(what)))


# -- what is said ------------------------------------------------------------------------------------------------

KOREAN = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "").startswith("ko")


def say(english, korean, *values):
    return (korean if KOREAN else english).format(*values)


def shown(words):
    """Words of the records without anything that could drive a terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(words))[:200]


class Report:
    def __init__(self):
        self.broken = 0

    def holds(self, words):
        print("  " + say("holds", "확인됨") + "   " + words)

    def note(self, words):
        print("  -       " + words)

    def wrong(self, words):
        self.broken += 1
        if self.broken <= MOST_SHOWN:
            print("  " + say("BROKEN", "어긋남") + "  " + words)


# -- the journal -------------------------------------------------------------------------------------------------


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def once(pairs):
    """A JSON object in which no key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def parse(data):
    """A JSON value, with one reading only; ValueError otherwise."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=once)
    except RecursionError:
        raise ValueError("too deep")


def read_journal(data, report):
    """The lines that hang together from the first on."""
    entries = []
    lines = data.split(b"\n")
    if lines.pop() != b"":
        report.wrong(say("The last line of the journal is torn.", "저널의 마지막 줄이 끊겨 있습니다."))
    for number, line in enumerate(lines, 1):
        try:
            entry = parse(line)
            whole = isinstance(entry, dict) and set(entry) == KEYS and isinstance(entry["data"], dict)
            unsigned = {k: v for k, v in entry.items() if k != "hash"} if whole else {}
            fits = (
                whole
                and canonical(entry) == line
                and entry["hash"] == sha256(canonical(unsigned))
                and entry["prev"] == (entries[-1]["hash"] if entries else "0" * 64)
                and entry["seq"] == number
                and all(isinstance(entry[k], str) for k in ("at", "event", "policy", "version"))
            )
        except ValueError:
            fits = False
        if not fits:
            since = shown(entries[-1]["at"]) if entries else say("the beginning", "처음")
            report.wrong(
                say(
                    "Line {0} of the journal does not follow from the line before it: it, or what stands before it, "
                    "was changed. Nothing after the line of {1} can be trusted.",
                    "저널 {0}번째 줄이 앞줄과 이어지지 않습니다. 그 줄이나 앞의 내용이 바뀌었습니다. {1} 이후의 기록은 "
                    "믿을 수 없습니다.",
                    number,
                    since,
                )
            )
            return entries
        entries.append(entry)
    if entries:
        report.holds(
            say(
                "The journal: {0} lines, each follows from the one before, up to {1} of {2}.",
                "저널: {0}줄이 모두 앞줄과 이어집니다. 마지막 줄은 {1}({2})입니다.",
                len(entries),
                entries[-1]["hash"],
                shown(entries[-1]["at"]),
            )
        )
    else:
        report.wrong(say("The journal is empty.", "저널이 비어 있습니다."))
    return entries


def check_head(entries, head, report):
    for entry in entries:
        if entry["hash"].startswith(head):
            report.holds(
                say(
                    "The hash {0} is that of line {1} ({2}, {3} {4}): everything up to there is as it was when it was "
                    "given out.",
                    "해시 {0}: {1}번째 줄({2}, {3} {4})의 해시입니다. 그 줄까지의 기록은 해시를 알렸을 때와 같습니다.",
                    head,
                    entry["seq"],
                    shown(entry["event"]),
                    shown(entry["policy"]),
                    shown(entry["version"]),
                )
            )
            return
    report.wrong(
        say(
            "No line of the journal has the hash {0}: the journal was cut or rewritten after it was given out "
            "(or the hash was not copied whole).",
            "해시 {0}: 저널에 없습니다. 이 해시를 알린 뒤에 저널이 잘리거나 다시 쓰였습니다(또는 해시를 잘못 옮겨 "
            "적었습니다).",
            head,
        )
    )


# -- versions ----------------------------------------------------------------------------------------------------


def check_versions(source, entries, report, pack):
    """`pack`: the versions that an evidence pack has to hold; None where all that are public have to be there."""
    digests, public = {}, set()
    for entry in entries:
        key = (entry["policy"], entry["version"])
        if "digest" in entry["data"]:
            digests[key] = entry
        if entry["event"] in PUBLIC:
            public.add(key)
    good = texts = pdfs = waiting = 0
    for key, entry in digests.items():
        policy, version = key
        if not (POLICY.fullmatch(policy) and VERSION.fullmatch(version)):
            report.wrong(
                say("{0} is no name of a version.", "{0}: 버전 이름이 아닙니다.", shown(policy + "/" + version))
            )
            continue
        if pack is not None and key not in pack:
            continue
        folder = "versions/%s/%s/" % key
        record = source.read(folder + "version.json")
        since = (entry["seq"], shown(entry["at"]))
        if record is None and key not in public:
            waiting += 1  # its fingerprint is fixed already; its text is shown when it is announced
            continue
        if record is None:
            report.wrong(
                say(
                    "{0} is missing; line {1} of {2} names it.",
                    "{0}: 없습니다. {1}번째 줄({2})에 적혀 있습니다.",
                    folder + "version.json",
                    *since,
                )
            )
            continue
        if sha256(record) != entry["data"]["digest"]:
            report.wrong(changed(folder + "version.json", since))
            continue
        try:
            wanted = dict(parse(record)["texts"])
        except (ValueError, KeyError, TypeError):
            report.wrong(changed(folder + "version.json", since))
            continue
        whole = True
        copies = dict(entry["data"].get("pdf", {}))
        for language, kind, digest in sorted(
            [(str(k), ".md", v) for k, v in wanted.items()] + [(str(k), ".pdf", v) for k, v in copies.items()]
        ):
            name = folder + language + kind
            data = source.read(name) if LANGUAGE.fullmatch(language) else None
            if data is None or sha256(data) != digest:
                whole = False
                report.wrong(changed(name, since))
            else:
                texts += kind == ".md"
                pdfs += kind == ".pdf"
        good += whole
    if good:
        report.holds(
            say(
                "{0} versions, {1} texts: each as it was recorded.",
                "버전 {0}개, 본문 {1}개: 기록된 그대로입니다.",
                good,
                texts,
            )
        )
    if pdfs:
        report.holds(say("{0} PDFs: each as it was recorded.", "PDF {0}개: 기록된 그대로입니다.", pdfs))
    if waiting:
        report.note(
            say(
                "Fixed in the journal, but not announced yet: {0}.",
                "저널에 지문만 남기고 아직 공지하지 않은 버전이 {0}개 있습니다.",
                waiting,
            )
        )


def changed(name, since):
    return say(
        "{0} is missing or was changed after line {1} of the journal was written on {2}.",
        "{0}: 없거나, 저널 {1}번째 줄({2})을 쓴 뒤에 바뀌었습니다.",
        name,
        *since,
    )


# -- signatures --------------------------------------------------------------------------------------------------


def check_heads(source, entries, report):
    names = source.heads()
    signers = source.read("allowed_signers")
    if not names:
        report.note(say("There are no signed heads here.", "서명된 저널 해시가 없습니다."))
        return
    program = shutil.which("ssh-keygen")
    if signers is None or program is None:
        missing = "allowed_signers" if signers is None else "ssh-keygen"
        report.note(
            say(
                "The {0} signatures were NOT checked: {1} is not there.",
                "서명 {0}개는 확인하지 못했습니다. {1} 파일 또는 프로그램이 없습니다.",
                len(names),
                missing,
            )
        )
        program = None
    good = 0
    for name in names:
        text = source.read(name) or b""
        lines = text.split(b"\n")
        try:
            number, digest = int(lines[1]), base64.b64decode(lines[2], validate=True).hex()
        except (ValueError, IndexError):
            number, digest = 0, ""
        if not 1 <= number <= len(entries) or entries[number - 1]["hash"] != digest:
            report.wrong(
                say(
                    "{0} is no head of this journal: it was signed for another one, or the journal was rewritten.",
                    "{0}: 이 저널의 해시가 아닙니다. 다른 저널에 서명했거나 저널이 다시 쓰였습니다.",
                    name,
                )
            )
            continue
        signature = source.read(name[:-4] + ".sig") or source.read(name + ".sig")
        if signature is None:
            report.wrong(say("{0} has no signature.", "{0}: 서명이 없습니다.", name))
        elif program:
            who = signed_by(program, text, signature, signers, entries[number - 1]["at"])
            if who:
                good += 1
            else:
                report.wrong(
                    say(
                        "The signature of {0} is not by a key that held on {1}.",
                        "{0}: 서명이 {1} 당시 유효한 키의 것이 아닙니다.",
                        name,
                        shown(entries[number - 1]["at"]),
                    )
                )
    if good:
        report.holds(
            say(
                "{0} signed heads. Whether the keys in allowed_signers are the company's, ask it in another way.",
                "서명된 저널 해시 {0}개. allowed_signers의 키가 그 회사의 것인지는 다른 경로로 확인하십시오.",
                good,
            )
        )


def signed_by(program, text, signature, signers, at):
    """Whose signature it is; "" where nobody's who was allowed at that time."""
    moment = re.sub(r"[^0-9]", "", at)[:14]
    environment = {"TZ": "UTC", "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, data in (("signers", signers), ("signature", signature)):
            paths[name] = os.path.join(folder, name)
            with open(paths[name], "wb") as file:
                file.write(data)

        def ask(*arguments):
            command = [program, "-Y", *arguments, "-Overify-time=" + moment, "-s", paths["signature"]]
            ended = subprocess.run(
                [*command, "-f", paths["signers"]],
                check=False,
                input=text,
                env=environment,
                timeout=60,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            return ended.stdout.decode("utf-8", "replace") if ended.returncode == 0 else ""

        for who in ask("find-principals").split("\n"):
            if who and not who.startswith("-") and ask("verify", "-n", "publisher-head", "-I", who):
                return who
    return ""


# -- receipts ----------------------------------------------------------------------------------------------------


def leaf_of(content):
    return hashlib.sha256(b"\x00" + content).digest()


class Tree:
    """The Merkle tree of RFC 6962, leaf by leaf."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def add(self, leaf):
        self.peaks.append(leaf)
        self.size += 1
        size = self.size
        while size % 2 == 0:
            right = self.peaks.pop()
            self.peaks[-1] = hashlib.sha256(b"\x01" + self.peaks[-1] + right).digest()
            size //= 2

    def root(self):
        if not self.peaks:
            return hashlib.sha256(b"").hexdigest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = hashlib.sha256(b"\x01" + peak + root).digest()
        return root.hex()


def included(leaf, index, size, proof, root):
    """RFC 9162, section 2.1.3.2."""
    last = size - 1
    for sibling in proof:
        if last == 0:
            return False
        if index % 2 or index == last:
            leaf = hashlib.sha256(b"\x01" + sibling + leaf).digest()
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            leaf = hashlib.sha256(b"\x01" + leaf + sibling).digest()
        index, last = index // 2, last // 2
    return last == 0 and leaf.hex() == root


class Mailing:
    def __init__(self):
        self.tree, self.outcomes, self.erased, self.last = Tree(), {}, 0, b""


def check_receipts(source, said, report):
    """`said`: the journal lines that end a mailing of this notice, by the id of the mailing."""
    found = {}
    for number, line in enumerate(source.lines("recipients.jsonl"), 1):
        try:
            row = parse(line)
            leaf = bytes.fromhex(row["leaf"])
            mailing = found.setdefault(row["mailing"], Mailing())
            if "content" in row:
                if leaf_of(canonical(row["content"])) != leaf or row["content"]["notice"] != row["mailing"]:
                    raise ValueError("another leaf")
                outcome = row["content"]["outcome"]
                mailing.outcomes[outcome] = mailing.outcomes.get(outcome, 0) + 1
            else:
                mailing.erased += 1
            if leaf <= mailing.last:
                raise ValueError("not in order")
        except (ValueError, KeyError, TypeError, AttributeError):
            words = ("Line {0} of recipients.jsonl was changed.", "recipients.jsonl {0}번째 줄이 바뀌었습니다.")
            report.wrong(say(*words, number))
            continue
        mailing.last = leaf
        mailing.tree.add(leaf)
    for name, entry in said.items():
        mailing = found.pop(name, Mailing())
        data, counts = entry["data"], mailing.outcomes
        open_ = {k: v - counts.get(k, 0) for k, v in data["outcomes"].items()}
        fits = (
            (mailing.tree.size, mailing.tree.root()) == (data["leaves"], data["root"])
            and set(counts) <= set(open_)
            and min(open_.values(), default=0) >= 0
            and sum(open_.values()) == mailing.erased
        )
        if fits:
            report.holds(
                say(
                    "{0}: {1} receipts have the root that line {2} of {3} names ({4} of them closed or erased).",
                    "{0}: 수신 기록 {1}건의 루트가 저널 {2}번째 줄({3})과 같습니다(그중 {4}건은 가렸거나 지운 기록).",
                    shown(name),
                    data["leaves"],
                    entry["seq"],
                    shown(entry["at"]),
                    mailing.erased,
                )
            )
        else:
            report.wrong(
                say(
                    "{0}: the receipts are not those of line {1} of the journal of {2}: some were changed, added or "
                    "taken out.",
                    "{0}: 수신 기록이 저널 {1}번째 줄({2})과 다릅니다. 바뀌었거나 더하거나 뺀 것이 있습니다.",
                    shown(name),
                    entry["seq"],
                    shown(entry["at"]),
                )
            )
    for name in found:
        report.wrong(say("No line of the journal knows the mailing {0}.", "저널에 없는 발송입니다: {0}", shown(name)))


def keyed(salt, words):
    return hmac.new(salt, words.encode("utf-8"), hashlib.sha256).hexdigest()


def check_person(data, said, report):
    """One person's receipts, opened."""
    try:
        person = parse(data)
        for row in person["rows"]:
            entry = said[row["mailing"]]
            salt, content = bytes.fromhex(row["salt"]), row["content"]
            proof = [bytes.fromhex(h) for h in row["proof"]]
            fits = (
                content["notice"] == row["mailing"]
                and content["who"] == keyed(salt, row["address"] + row["mailing"])
                and content["reply"] == (keyed(salt, row["reply"]) if row["reply"] else "")
                and 0 <= row["index"] < entry["data"]["leaves"]
                and included(
                    leaf_of(canonical(content)), row["index"], entry["data"]["leaves"], proof, entry["data"]["root"]
                )
            )
            if not fits:
                raise ValueError("does not fit")
            report.holds(
                say(
                    "person.json: {0}: {1} (code {2}) at {3}, for this very address.",
                    "person.json: {0}: 바로 이 주소에 대한 기록입니다. 결과 {1}(코드 {2}), {3}.",
                    shown(row["mailing"]),
                    shown(content["outcome"]),
                    content["code"],
                    shown(content["at"]),
                )
            )
    except (ValueError, KeyError, TypeError, AttributeError):
        report.wrong(
            say(
                "person.json does not fit the journal: it was changed, or is of another notice.",
                "person.json: 저널과 맞지 않습니다. 바뀌었거나 다른 공지의 것입니다.",
            )
        )


def check_pack(source, evidence, entries, report):
    """What an evidence pack says of its notice, against the journal; the versions that it has to hold."""
    pack, said = set(), {}
    try:
        facts = parse(evidence)
        policy, version = facts["policy"], facts["version"]
        pack = {(policy, v) for v in (version, facts["previous"]) if v}
        life = [e for e in entries if (e["policy"], e["version"]) == (policy, version)]
        if facts["head"] != (entries[-1]["hash"] if entries else ""):
            raise ValueError("another head")
        if facts["events"] != life or not life:
            raise ValueError("other events")
        said = {e["data"]["notice"]: e for e in life if "root" in e["data"] and "notice" in e["data"]}
        record = parse(source.read("versions/%s/%s/version.json" % (policy, version)) or b"")
        for name, value in facts["decision"].items():
            if record.get(name, {}) != value:
                raise ValueError(name)
        if parse(source.read("live-checks.json") or b"") != [e for e in life if e["event"] == "live_checked"]:
            raise ValueError("live checks")
        findings = parse(source.read("findings.json") or b"")
        if findings != record["findings"]:
            raise ValueError("findings")
        report.holds(
            say(
                "evidence.json, findings.json and live-checks.json say of {0} what the journal and the version say.",
                "evidence.json·findings.json·live-checks.json: {0}에 관한 내용이 저널·버전 기록과 같습니다.",
                shown(facts["notice"]),
            )
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        report.wrong(
            say(
                "evidence.json, findings.json or live-checks.json was changed: it does not say what the journal and "
                "the version say.",
                "evidence.json·findings.json·live-checks.json 가운데 바뀐 것이 있습니다. 저널·버전 기록과 내용이 "
                "다릅니다.",
            )
        )
    return pack, said


# -- all of it ---------------------------------------------------------------------------------------------------


def check(source, head):
    """Print what holds and what does not; how many things do not."""
    report = Report()
    journal = source.read("journal.jsonl")
    if journal is None:
        raise Unreadable(say("There is no journal.jsonl there.", "journal.jsonl이 없습니다."))
    entries = read_journal(journal, report)
    if head:
        check_head(entries, head, report)
    evidence = source.read("evidence.json")
    pack, said = check_pack(source, evidence, entries, report) if evidence is not None else (None, {})
    check_versions(source, entries, report, pack)
    check_heads(source, entries, report)
    if evidence is not None:
        check_receipts(source, said, report)
        person = source.read("person.json")
        if person is not None:
            check_person(person, said, report)
        report.note(
            say(
                "Redline pages, deliveries.json and README are made for reading; they are not proved by themselves.",
                "비교 페이지·deliveries.json·README는 읽기 위한 자료로, 그 자체가 증명되지는 않습니다.",
            )
        )
    if report.broken > MOST_SHOWN:
        report.note(say("… {0} findings in all.", "… 모두 {0}건입니다.", report.broken))
    return report.broken


NOT_PROVED = (
    (
        "that anyone read a notice, or that a mailbox took it in and kept it",
        "공지를 실제로 읽었다는 것, 메일함이 메일을 받아 보관했다는 것",
    ),
    ("that the company's clock was right", "회사 서버의 시계가 맞았다는 것"),
    (
        "that the company did not write the whole journal anew: compare it with a hash that somebody was given "
        "(--head)",
        "회사가 저널 전체를 다시 쓰지 않았다는 것: 받아 둔 해시와 비교하십시오(--head)",
    ),
    ("that nobody else had the signing key", "서명 키를 다른 사람이 갖지 않았다는 것"),
)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="verify.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", default=os.path.dirname(os.path.abspath(__file__)), metavar="FOLDER|ZIP|URL")
    parser.add_argument("--head", default="", metavar="HASH")
    asked = parser.parse_args(arguments)
    head = HEAD.fullmatch(asked.head.strip().lower())
    if asked.head and not head:
        print(
            say(
                "--head needs 16 to 64 digits and letters from a to f.",
                "--head에는 해시의 앞 16자리 이상(최대 64자리)을 넣으십시오.",
            ),
            file=sys.stderr,
        )
        return 2
    try:
        broken = check(open_source(asked.what), head.group(1) if head else "")
    except (ValueError, KeyError, TypeError, AttributeError):  # hangs together, but is nothing a publisher writes
        print("  " + say("BROKEN  these are no records of a publisher", "어긋남  게시 프로그램의 기록 형식이 아닙니다"))
        broken = 1
    except Unreadable as error:
        print(say("It cannot be checked: {0}", "확인할 수 없습니다: {0}", shown(error)), file=sys.stderr)
        return 2
    print()
    if broken:
        print(say("NOT everything holds.", "어긋나는 것이 있습니다."))
    else:
        print(say("Everything that was checked holds.", "확인한 것은 모두 맞습니다."))
    print(say("This does not prove:", "이것으로 증명되지 않는 것:"))
    for english, korean in NOT_PROVED:
        print("  - " + say(english, korean))
    return 1 if broken else 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(main())
