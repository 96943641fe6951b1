"""The promises P1-P9, checked from outside: by the files, the site, the database and what the mail server took."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from publisher.register.store import VersionStore
from publisher.website.publish import changed_files
from tests.oracle import day_in_seoul, earliest, midnight_in_seoul
from tests.simworld import Taken, Wording, World

WEEKDAYS = {"en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "ko": list("월화수목금토일")}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
FINAL = {"handed_over", "failed", "bounced", "no_address"}


def in_words(day: date, language: str) -> str:
    """A day as pages and mails write it."""
    weekday = WEEKDAYS[language][day.weekday()]
    if language == "ko":
        return f"{day.year}년 {day.month}월 {day.day}일 ({weekday})"
    return f"{weekday} {day.day} {MONTHS[day.month - 1]} {day.year}"


@dataclass
class Seen:
    """What was seen at the last look."""

    journal: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)
    site: str = ""
    mailings: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """A version as the journal tells it."""

    policy: str
    id: str
    record: dict[str, Any]
    announced: datetime | None
    in_force: datetime | None
    notified: datetime | None
    withdrawn: datetime | None
    effective: date
    #: every day of effect that was ever announced for it
    days: frozenset[date] = frozenset()
    #: postponements and a withdrawal that its readers were told of, and how many of these mailings ended
    amended: int = 0
    told: int = 0

    @property
    def notice(self) -> str:
        return f"{self.policy}-{self.id}"


class Invariants:
    """Compares a world with what it was, and with what it may be."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen = Seen()
        self.versions = world.workspace.versions
        self.output = world.workspace.output
        self.look()

    def look(self) -> None:
        """Check all that holds at any moment, also between a crash and the next tick."""
        self.nothing_lost()
        told = self.told()
        self.never_early(told)
        self.both_languages(told)
        self.site_whole()
        self.site_not_early(told)
        self.letters(told)
        assert not self.world.faults.careless, f"renamed before it was flushed: {self.world.faults.careless}"

    def nothing_lost(self) -> None:
        """P2: the journal only grows, and what stands in a version's folder never changes."""
        journal = self.versions / "journal.jsonl"
        data = journal.read_bytes() if journal.exists() else b""
        assert data.startswith(self.seen.journal), "P2: the journal lost or changed a line"
        files = {
            str(f.relative_to(self.versions)): f.read_bytes()
            for folder in self.versions.glob("[!.]*/*") if folder.is_dir()
            for f in folder.iterdir()
        }  # fmt: skip
        for name, before in self.seen.files.items():
            assert files.get(name) == before, f"P2: {name} was changed or is gone"
        self.seen.journal, self.seen.files = data, files

    def told(self) -> list[Told]:
        entries = [json.loads(line) for line in self.seen.journal.splitlines()]
        found = []
        for frozen in (e for e in entries if e["event"] in {"frozen", "recorded"}):
            about = [e for e in entries if (e["policy"], e["version"]) == (frozen["policy"], frozen["version"])]
            last = {e["event"]: e for e in about}
            moments = {k: datetime.fromisoformat(e["at"]) for k, e in last.items()}
            name = f"{frozen['policy']}/{frozen['version']}/version.json"
            content = self.seen.files.get(name) or (self.versions / ".staging" / name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == frozen["data"]["digest"], f"P9: {name}"
            record = json.loads(content)
            postponed = [e["data"]["effective"] for e in about if e["event"] == "postponed"]
            withdrawn = "withdrawn" in moments and "announced" in moments
            days = frozenset(date.fromisoformat(day) for day in [record["effective"], *postponed])
            found.append(
                Told(
                    frozen["policy"], frozen["version"], record, moments.get("announced"), moments.get("in_force"),
                    moments.get("notified"), moments.get("withdrawn"),
                    date.fromisoformat([record["effective"], *postponed][-1]), days,
                    len(postponed) + withdrawn, sum(e["event"] == "amendment_notified" for e in about),
                )
            )  # fmt: skip
        return found

    def never_early(self, told: list[Told]) -> None:
        """P1 and P11: dates by the oracle, from the moments that the mail server saw."""
        for version in told:
            if version.announced is None or not version.record["previous"]:
                continue
            days = self.days_owed(version, told)
            assert version.record["days"] >= days, f"P11: {version.notice} gives {version.record['days']}, not {days}"
            first = earliest(day_in_seoul(version.announced), days)
            assert version.effective >= first, f"P1: {version.notice} announced for {version.effective}, not {first}"
            if version.in_force:
                assert version.in_force >= midnight_in_seoul(version.effective), f"P1: {version.notice} early"
                assert version.notified, f"P1: {version.notice} in force before everyone was told"
                handed = [t.at for t in self.world.server.taken
                          if t.notice == version.notice and t.at <= version.notified]  # fmt: skip
                last = max([*handed, version.announced])
                first = earliest(day_in_seoul(last), days)
                assert version.effective >= first, f"P1: {version.notice} in force {version.effective}, not {first}"
            assert not (version.withdrawn and version.in_force), f"{version.notice} withdrawn and in force"

    def days_owed(self, version: Told, told: list[Told]) -> int:
        """What the simulation's own wordings say: other years are significant, another telephone is minor."""
        before = next(v for v in told if (v.policy, v.id) == (version.policy, version.record["previous"]))
        old, new = self.wording(before), self.wording(version)
        return 14 if old.years != new.years else 7

    def wording(self, version: Told) -> Wording:
        text = self.text(version, "en").decode()
        years, phone = re.search(r"for (\d+) years", text), re.search(r"555-01(\d\d)", text)
        assert years
        assert phone
        return Wording(years=int(years[1]), telephone=int(phone[1]), only_english="photographs" in text)

    def text(self, version: Told, language: str) -> bytes:
        name = f"{version.policy}/{version.id}/{language}.md"
        return self.seen.files.get(name) or (self.versions / ".staging" / name).read_bytes()

    def both_languages(self, told: list[Told]) -> None:
        """P7: each version in both languages, and they say the same."""
        for version in told:
            english, korean = self.text(version, "en").decode(), self.text(version, "ko").decode()
            assert re.findall(r"(\d+)(?:년| years)", english + korean)[::2] == re.findall(
                r"(\d+)(?:년| years)", english + korean)[1::2], f"P7: {version.notice}"  # fmt: skip
            assert "photographs" not in english, f"P7: {version.notice} says more in English"

    def site_whole(self) -> None:
        """P5: what a visitor reads is one build, entirely."""
        changed = changed_files(self.output)
        assert not changed, f"P5: the site is torn: {changed[:3]}"

    def site_not_early(self, told: list[Told]) -> None:
        """P1 as a visitor sees it: no page shows as the text in force what is not due yet."""
        by_text = {hashlib.sha256(self.text(v, "en")).hexdigest(): v for v in told}
        for page in (self.output / "en").glob("*/index.html"):
            shown = re.search(r"SHA-256 (?:sha256:)?([0-9a-f]{64})", page.read_text("utf-8"))
            version = by_text.get(shown[1]) if shown else None
            if shown:
                assert version, f"P9: {page} shows a text that is on no record"
            same = [v for v in told if version and self.text(v, "en") == self.text(version, "en")]
            assert not version or any(
                not v.record["previous"] or midnight_in_seoul(v.effective) <= self.world.high for v in same
            ), f"P1: {page} shows {version.notice} early"

    def letters(self, told: list[Told]) -> None:
        """P4: one Message-ID a person and notice, and one letter more at most for each that was in flight."""
        taken = self.world.server.taken
        of: defaultdict[str, list[Taken]] = defaultdict(list)
        for one in taken:
            of[one.message_id].append(one)
        assert len({(t.notice, t.subject, t.address) for t in taken}) == len(of), "P4: another Message-ID"
        last_of_tick = {t.tick: t for t in taken}
        for copies in of.values():
            assert len({t.address for t in copies}) == 1, "P4: two people have one Message-ID"
            in_flight = sum(
                t.unsure or (
                    t.tick in self.world.disturbed and last_of_tick[t.tick] is t) for t in copies)  # fmt: skip
            assert len(copies) <= 1 + in_flight, f"P4: {len(copies)} copies, {in_flight} in flight"
        for one in taken:
            version = next(v for v in told if v.notice == one.notice.partition("-amendment-")[0])
            assert version.announced, "a mail before the announcement"
            # a notice that was amended since told the day of its time
            assert any(d.isoformat() in one.subject for d in version.days), f"P8: {one.subject} and {version.days}"
            if not version.amended:
                assert "-amendment-" not in one.notice, f"a mail of {one.notice}, which nobody asked for"

    def mailings(self) -> dict[str, dict[str, str]]:
        with sqlite3.connect(self.world.root / "var" / "publisher.db") as database:
            rows = database.execute("SELECT notice, recipient, state FROM deliveries").fetchall()
        database.close()
        found: dict[str, dict[str, str]] = {}
        for notice, recipient, state in rows:
            found.setdefault(notice, {})[recipient] = state
        return found

    def frozen_lists(self) -> None:
        """P3: the list of a mailing is everyone at its beginning; nobody leaves it but by being erased."""
        for notice, rows in self.mailings().items():
            known = {r for r in rows if not r.startswith("erased-")}
            if notice not in self.seen.mailings:
                assert known == set(self.world.people), f"P3: {notice} is for {known}, not all"
                self.seen.mailings[notice] = known
            assert known == self.seen.mailings[notice], f"P3: somebody is missing from {notice}"

    def erased(self, who: str) -> None:
        for listed in self.seen.mailings.values():
            listed.discard(who)

    def everyone_has_an_outcome(self, told: list[Told]) -> None:
        """P3 at the end, when the mail server has been up for long enough."""
        mailings = self.mailings()
        for version in told:
            if version.announced and version.record["previous"]:
                assert version.told == version.amended, f"P3: a mailing of {version.notice} amended never ended"
                for number in range(1, version.amended + 1):
                    amended = mailings[f"{version.notice}-amendment-{number}"]
                    assert set(amended.values()) <= FINAL, f"P3: {Counter(amended.values())}"
                states = mailings.get(version.notice, {})
                assert version.notified, f"P3: the mailing of {version.notice} never ended"
                assert set(states.values()) <= FINAL, f"P3: {Counter(states.values())}"
                took = {t.address for t in self.world.server.taken if t.notice == version.notice}
                for who, state in states.items():
                    if state == "handed_over" and who in self.world.people:
                        assert self.world.people[who] in took, f"P3: {who} never got {version.notice}"

    def agree(self, told: list[Told]) -> None:
        """P8: page, feed, calendar and register name one date; only after a tick that was not disturbed."""
        link = str(self.output.readlink())
        if link == self.seen.site:
            return
        self.seen.site = link
        for language in ("en", "ko"):
            root = self.output / language
            calendar = (root / "calendar.ics").read_text("utf-8").replace("\r\n ", "")
            feed = (root / "feed.json").read_text("utf-8")
            atom = (root / "feed.atom").read_text("utf-8")
            for version in (v for v in told if v.announced and v.record["previous"]):
                words = in_words(version.effective, language)
                page = (root / "notices" / version.notice / "index.html").read_text("utf-8")
                event = next(e for e in calendar.split("BEGIN:VEVENT") if f"UID:{version.notice}@" in e)
                assert words in page, f"P8: the page of {version.notice} does not name {words}"
                assert f"DTSTART;VALUE=DATE:{version.effective:%Y%m%d}" in event, f"P8: calendar of {version.notice}"
                assert f"/notices/{version.notice}/" in feed, f"P8: feed of {version.notice}"
                assert words in feed, f"P8: feed of {version.notice}"
                assert words in atom, f"P8: feed of {version.notice}"

    def flip(self, random_: random.Random, scratch: Path) -> str:
        """P9: one byte of a record is changed in a copy, and it is found; the file."""
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(self.versions, scratch)
        files = sorted(f for f in scratch.rglob("*") if f.is_file() and ".staging" not in f.parts)
        file = random_.choice(files)
        data = bytearray(file.read_bytes())
        at = random_.randrange(len(data))
        data[at] ^= 1 << random_.randrange(8)
        file.write_bytes(data)
        name = str(file.relative_to(scratch))
        assert VersionStore(scratch).verify(), f"P9: byte {at} of {name} was changed, and nobody noticed"
        return name
