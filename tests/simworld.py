"""A small workspace on a simulated clock, made thousands of times: tiny texts, plain pages, a mail server that obeys."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Self

from publisher.errors import Locked, PublisherError, ServiceAway
from publisher.mail.compose import Letter
from publisher.mail.outcomes import Outcome, Permit, State
from publisher.messages import msg
from publisher.register.repository import MemoryTexts
from publisher.run.engine import Engine
from publisher.run.tick import Report, tick
from publisher.workspace import Workspace, parse_settings
from tests.faults import Crash, Fault, Faults

START = datetime.fromisoformat("2026-11-20T09:00+09:00")
SETTINGS = """
[site]
base_url = "https://policies.example.com"
organisation = { ko = "예시", en = "Example" }
contact = "privacy@example.com"
[mail]
from = "privacy@example.com"
connections = 1
[clock]
simulated = true
"""
#: What the invariants read on a page, without the rest, which other tests look at: it is made ten times as fast.
PLAIN = {
    "home": "{% for p in policies %}{{ p.title }} {{ p.life.notice.effective | say }} {% for d in p.upcoming %}"
    "{{ d | say }} {% endfor %}{% endfor %}",
    "notices": "{% for life, line in notices %}{{ life.notice.heading() | say }}{% endfor %}",
    "notice": "{{ notice.heading() | say }}\n{{ notice.moment() | say }}\n{{ notice.level_in_words() | say }}\n"
    "{% if life.state == 'withdrawn' %}withdrawn{% endif %}",
    "text": "{{ title }} SHA-256 {{ fingerprint }}\n{% for c in clauses %}{{ c.html }}{% endfor %}",
    "history": "{% for r in rows %}{{ r.version.id }} {{ r.life.notice.effective | say }} {{ r.life.state }}\n{% endfor %}",
    "comparison": "{{ old.id }} {{ new.id }} {{ changes | length }}",
    "languages": "ko en",
    "404": "404",
    "verify": "verify",
    "mail/notice.html": "<p>{{ notice.heading() | say }}</p>",
    "mail/notice.txt": "{{ notice.heading() | say }}\n{{ notice.moment() | say }}\n{{ notice.level_in_words() | say }}\n"
    "{{ full(to.notice(language, notice.id)) }}\n{{ head }}\n",
    "mail/amendment.html": "<p>{{ amendment.heading() | say }}</p>",
    "mail/amendment.txt": "{{ amendment.heading() | say }}\n/notices/{{ amendment.id }}/\n{{ head }}\n",
}
REASON = 'reason = {{ ko = "{n}번째로 바뀌었습니다.", en = "It has changed, number {n}." }}\n'
TITLES = {
    "privacy": ("privacy", "개인정보 처리방침", "Privacy Policy"),
    "partners": ("annex", "업체", "Partners"),
    "terms": ("terms", "이용약관", "Terms"),
}


@dataclass(frozen=True)
class Wording:
    """What a policy says, as far as the simulation changes it."""

    years: int = 5
    telephone: int = 10
    spaced: bool = False
    only_english: bool = False
    broken: bool = False

    def text(self, name: str, language: str) -> bytes:
        korean = language == "ko"
        title = TITLES[name][1 if korean else 2]
        gap = "\n" if self.spaced else ""
        kept = (
            f"주문 기록을 {self.years}년간 보관합니다." if korean else f"We keep order records for {self.years} years."
        )
        call = "전화" if korean else "Call"
        more = (
            ""
            if korean or not self.only_english
            else "## Photographs {#photographs}\n\nWe keep photographs for ever.\n\n"
        )
        return (
            f"# {title} {{#{name}}}\n\n## {'기록' if korean else 'Records'} {{#records}}\n\n{gap}{kept}\n\n{more}"
            f"## {'연락처' if korean else 'Contact'} {{#contact}}\n\n{call} +82-2-555-01{self.telephone:02d}.\n"
        ).encode()


@dataclass
class Server:
    """A mail server; `mode` says how it answers. Keeps what it took: who, which Message-ID, when, and the words."""

    world: World
    mode: str = "up"
    taken: list[Taken] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        if self.mode == "down":
            raise self._away()
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    @staticmethod
    def _away() -> PublisherError:
        return ServiceAway.of("S210", msg("The mail server {host}:{port:id} could not be used: {reason}.",
                                          host="127.0.0.1", port=25, reason="refused"))  # fmt: skip

    async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
        if not await permit():
            return None
        self.world.meet_rival()
        self.world.faults.strike("mail")
        match self.mode:
            case "down" | "gone":
                raise self._away()
            case "550":
                return Outcome(state=State.FAILED, code=550, reply="no such user")
            case "451":
                return Outcome(state=State.DEFERRED, code=451, reply="later")
        dropped = self.mode == "dropped after the dot"
        self.taken.append(Taken.of(letter, self.world.now, self.world.ticks, dropped))
        self.world.faults.strike("mail")
        if dropped:
            return Outcome(state=State.UNCERTAIN, reply="SMTPServerDisconnected")
        return Outcome(state=State.HANDED_OVER, code=250, reply="taken")


@dataclass(frozen=True)
class Taken:
    """A letter that the server took."""

    address: str
    message_id: str
    notice: str
    words: str
    subject: str
    at: datetime
    #: number of the tick in which it was handed over
    tick: int
    #: the connection dropped before we heard that it was taken
    unsure: bool

    @classmethod
    def of(cls, letter: Letter, at: datetime, number: int, unsure: bool) -> Taken:
        message = message_from_bytes(letter.data, policy=policy.default)
        body = message.get_body(("plain",))
        words = body.get_content() if body else ""
        notice = words.partition("/notices/")[2].partition("/")[0]
        identity, subject = str(message["Message-ID"]), str(message["Subject"])
        return cls(letter.recipient, identity, notice, words, subject, at, number, unsure)


class World:
    """A workspace, its clock, its texts, its mail server, and what was seen of it so far."""

    def __init__(self, faults: Faults, root: Path, *, plain: bool = True) -> None:
        self.faults = faults
        self.root = root
        self.workspace = Workspace(root=root, settings=parse_settings(SETTINGS.encode()))
        self.now = START
        #: the latest moment that the clock ever showed
        self.high = START
        #: how far the clock moves whenever it is looked at
        self.drift = timedelta()
        self.ticks = 0
        self.wordings = {"privacy": Wording(), "partners": Wording()}
        self.changes: dict[str, str] = {}
        self.commits = 1
        #: somebody pushed another history over the branch
        self.rewritten = False
        self.server = Server(self)
        self.rival = False
        self.people: dict[str, str] = {}
        #: letters of a tick that was disturbed: the last one may have been in flight
        self.disturbed: set[int] = set()
        template = root.with_name(f"template-{'plain' if plain else 'real'}")
        if not template.exists():
            self._create(plain)
            shutil.copytree(root, template, symlinks=True)
        else:
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(template, root, symlinks=True)
        self.people = {"u1": "hana@example.com", "u2": "ann@example.org", "u3": ""}

    def _create(self, plain: bool) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        if plain:
            for name, words in PLAIN.items():
                file = self.root / "site" / "templates" / f"{name}.j2"
                file = file if name.endswith(".txt") else file.with_name(
                    file.name if ".html" in name else f"{name}.html.j2")  # fmt: skip
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(words + "\n", "utf-8")
        self.join("u1", "hana@example.com", "ko")
        self.join("u2", "ann@example.org", "en")
        self.join("u3", "", "en")
        self.tick()

    # texts

    def texts(self) -> MemoryTexts:
        files: dict[str, bytes] = {}
        for name, wording in self.wordings.items():
            kind, korean, english = TITLES[name]
            about = f'kind = "{kind}"\ntitle = {{ ko = "{korean}", en = "{english}" }}\n'
            about += 'basis = { retention = "law", contact = "law" }\n'
            if name == "privacy":
                about = 'includes = ["partners"]\n' + about
            if wording.broken:
                about += 'efective = "?"\n'
            folder = f"policy_docs/{name}"
            files[f"{folder}/policy.toml"] = about.encode()
            for language in ("ko", "en"):
                files[f"{folder}/{language}.md"] = wording.text(name, language)
            if name in self.changes:
                files[f"{folder}/change.toml"] = self.changes[name].encode()
        earlier = frozenset() if self.rewritten else frozenset(f"{n:040x}" for n in range(self.commits))
        return MemoryTexts(files, commit="f" * 40 if self.rewritten else f"{self.commits:040x}", earlier=earlier)

    def commit(self, name: str, change: str | None = None, **wording: Any) -> None:
        """Commit other words for a policy, with a reason of their own unless `change` is given."""
        self.commits += 1
        self.wordings[name] = replace(self.wordings.get(name, Wording()), **wording)
        if change is None:
            change = REASON.format(n=self.commits)
        self.changes[name] = change

    # people

    def _with_database(self, work: Callable[[Any], None]) -> None:
        from publisher.mail.database import open_database

        database = open_database(self.workspace)
        try:
            work(database)
        finally:
            database.dispose()

    def join(self, who: str, address: str, language: str) -> None:
        from publisher.mail.importing import import_recipients
        from publisher.mail.vault import open_vault

        file = self.root / "list.csv"
        file.write_text(f"id,email,name,language\n{who},{address},,{language}\n", "utf-8")
        self._with_database(lambda d: import_recipients(d, open_vault(self.workspace), file, ("ko", "en")) and None)
        self.people[who] = address

    def forget(self, who: str) -> None:
        from publisher.mail.erasing import forget

        self._with_database(lambda d: forget(d, who) and None)
        self.people.pop(who, None)

    # the engine

    def clock(self) -> datetime:
        self.now += self.drift
        self.high = max(self.high, self.now)
        return self.now

    def engine(self) -> Engine:
        more = {}
        if "second_clock" in {f.name for f in dataclasses.fields(Engine)}:
            more["second_clock"] = lambda: self.now
        return Engine(
            workspace=self.workspace, clock=self.clock, texts=lambda: nullcontext(self.texts()),
            mailers=lambda: self.server, on_step=lambda _: self.meet_rival(), **more,
        )  # fmt: skip

    def meet_rival(self) -> None:
        """A second engine comes along while the first is at work: it must be turned away."""
        if self.rival and self.faults.fault.kind == "none":
            try:
                tick(self.engine())
            except Locked:
                self.faults.seen["rival turned away"] += 1
                return
            raise AssertionError("a second engine worked beside the first")

    def tick(self, fault: Fault | None = None, on_fault: Callable[[], None] = lambda: None) -> Report | None:
        """One tick; None where it ended by a fault, in a crash or in one of our own errors."""
        self.ticks += 1
        with self.faults.armed(self.root, fault or Fault(), on_fault):
            try:
                return tick(self.engine())
            except PublisherError:
                if not fault or not self.faults.struck:
                    raise
            except Crash:
                pass
            except BaseExceptionGroup as group:
                rest = group.split(Crash)[1]
                if rest:
                    raise rest from None
            self.disturbed.add(self.ticks)
            return None
