"""Alarms: the legal team is called when a date, a mailing or a record is at risk, once for each matter; never else.

A matter is a code with the version it concerns. It is over when a tick no longer finds it. Which matters were told
to whom is remembered in `var/alarms.json`; where that is lost, an alarm is repeated, no more. An alarm that cannot be
handed over is tried again at the next tick, and never keeps the engine from its work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from publisher.errors import IntegrityBroken, Locked, Place, Problem, PublisherError, ServiceAway
from publisher.files import write_file
from publisher.messages import Localized, msg
from publisher.notice.calendar import ClockStart, Rules
from publisher.notice.risk import slack
from publisher.records import fingerprint, instant, instant_text, readable_json
from publisher.register.holidays import rules_of
from publisher.register.store import VersionStore
from publisher.register.versions import Register, Version
from publisher.run.engine import Engine
from publisher.run.log import without_replies
from publisher.run.risks import announced, not_reached, outcomes, risks

if TYPE_CHECKING:
    from publisher.run.tick import Report

SCHEMA: Final = "publisher/alarms/v1"
FILE: Final = "alarms.json"
#: A version that comes into force later than this after its moment was late.
LATE: Final = timedelta(hours=1)
#: For so long a version that came into force late is a matter.
LATELY: Final = timedelta(days=7)
#: The clock is not trusted, and nothing irreversible is done.
HELD: Final = frozenset({"C531", "C550"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """Something that a person has to be called for."""

    problem: Problem
    policy: str = ""
    version: str = ""
    #: how long it may last before it is one
    patience: timedelta = timedelta(0)

    @property
    def key(self) -> str:
        return " ".join((self.problem.code, self.policy, self.version)).strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What is remembered of a matter: since when it lasts, and the fingerprints of the addresses that were told."""

    since: datetime
    to: frozenset[str] = frozenset()


def sound(engine: Engine, ended: Report | Exception) -> None:
    """Tell of what is at risk after a tick that ended with `ended`; raises nothing."""
    if isinstance(ended, Locked) or not engine.workspace.settings.alarms.to:
        return
    try:
        _sound(engine, ended)
    except PublisherError as error:
        engine.on_alarm(error.problems[0], error)
    except Exception as error:  # an alarm is no reason to stop, not even where it is a defect of ours
        failure = _not_sent("–", type(error).__name__)
        engine.on_alarm(failure.problems[0], failure)


def _sound(engine: Engine, ended: Report | Exception) -> None:
    from publisher.mail.alarm import hand_over_alarm

    now = engine.clock()
    found = list(matters(engine, ended, now))
    file = engine.workspace.state / FILE
    before = read_memory(file)
    memory = remembered(before, found, now, all_known=not isinstance(ended, Exception))
    if memory != before:
        write_memory(file, memory)
    for matter in found:
        known = memory[matter.key]
        if now - known.since < matter.patience:
            continue
        for address in engine.workspace.settings.alarms.to:
            if fingerprint(address.encode()) in known.to:
                continue
            refused = hand_over_alarm(
                engine.workspace, engine.mailers, matter.problem, address, known.since, matter.key
            )
            if refused is not None:
                engine.on_alarm(matter.problem, _not_sent(matter.problem.code, refused))
                continue
            known = replace(known, to=known.to | {fingerprint(address.encode())})
            memory = {**memory, matter.key: known}
            write_memory(file, memory)
            engine.on_alarm(matter.problem, None)


def matters(engine: Engine, ended: Report | Exception, now: datetime) -> Iterator[Matter]:
    """What a person has to be called for after a tick; each matter once."""
    problems = _problems(ended)
    if isinstance(ended, IntegrityBroken):
        yield from (Matter(problem=p) for p in {p.code: p for p in problems if p.code.startswith("V4")}.values())
    for problem in {p.code: p for p in problems if p.code == "S225"}.values():
        yield Matter(problem=without_replies(problem))
    register = _register(engine, ended)
    if register is None:
        return
    rules = rules_of(engine.workspace.settings.notice)
    at_risk = risks(register, rules, now, partial(outcomes, engine.workspace))
    for risk in at_risk:
        if risk.alarming:
            yield Matter(problem=risk.problem(), policy=risk.announced.policy, version=risk.announced.version)
    waiting = [v for v in register.versions if register.state(v) == "upcoming"]
    unmailed = [v for v in waiting if not v.first and not v.notified_at]
    yield from _away(unmailed, problems, rules)
    yield from _held([*unmailed, *(v for v in waiting if rules.start_of(v.effective) <= now)], problems)
    for version in waiting:
        if unreached := not_reached(version):
            there = replace(unreached, place=Place(policy=version.policy))
            yield Matter(problem=there, policy=version.policy, version=version.id)
    unlawful = {(r.announced.policy, r.announced.version) for r in at_risk}
    late = [v for v in register.versions if _is_late(v, register, rules, now)]
    yield from (_late(v, rules) for v in late if (v.policy, v.id) not in unlawful)


def _problems(ended: Report | Exception) -> list[Problem]:
    if isinstance(ended, Exception):
        return list(ended.problems) if isinstance(ended, PublisherError) else []
    return [p for error in ended.errors for p in error.problems]


def _register(engine: Engine, ended: Report | Exception) -> Register | None:
    """The register; None where the records do not hold."""
    if not isinstance(ended, Exception):
        return ended.observation.register
    try:
        return VersionStore(engine.workspace.versions).load()
    except PublisherError:
        return None


def _away(unmailed: Sequence[Version], problems: Sequence[Problem], rules: Rules) -> Iterator[Matter]:
    """The mail server is away, and that for longer than half the time that the mailing has."""
    if not unmailed or rules.clock_starts is not ClockStart.SITE_AND_MAIL:
        return
    for problem in [p for p in problems if p.code == "S210"][:1]:
        patience = min(slack(announced(v), rules) for v in unmailed) / 2
        yield Matter(
            problem=Problem(
                code="S223",
                message=msg(
                    "The mail server has been away for longer than half of the time that a notice has for its mails: "
                    "{what}",
                    what=without_replies(problem).message,
                ),
                hint=msg(
                    "Nothing is lost yet. Ask the operator of the mail server; `publisher plan` says by when the "
                    "mails have to be out."
                ),
            ),
            patience=patience,
        )


def _held(endangered: Sequence[Version], problems: Sequence[Problem]) -> Iterator[Matter]:
    """The clock is not trusted while a date depends on it."""
    for problem in [p for p in problems if p.code in HELD][:1]:
        for version in {(v.policy, v.id): v for v in endangered}.values():
            yield Matter(problem=problem, policy=version.policy, version=version.id)


def _is_late(version: Version, register: Register, rules: Rules, now: datetime) -> bool:
    """Whether it came into force, or is waiting to, more than an hour after its moment."""
    if version.record.history or not version.announced_at or version.first or version.withdrawn_at:
        return False
    done = version.in_force_at
    if done and (now - done > LATELY or register.state(version) != "in_force"):
        return False
    mailed = version.notified_at or rules.clock_starts is ClockStart.SITE
    return bool(mailed) and (done or now) - rules.start_of(version.effective) > LATE


def _late(version: Version, rules: Rules) -> Matter:
    title, effective = Localized.of(version.record.title), version.effective
    message = (
        msg(
            "{policy}: the version of {effective} was put in force on the site only at {done}.",
            policy=title,
            effective=effective,
            done=version.in_force_at.astimezone(rules.zone),
        )
        if version.in_force_at
        else msg(
            "{policy}: the version of {effective} should be in force, and the site does not show it yet.",
            policy=title,
            effective=effective,
        )
    )
    hint = msg("Find out why publisher was not running, or could not do it: `publisher tick` says so.")
    problem = Problem(code="S224", message=message, hint=hint, place=Place(policy=version.policy))
    return Matter(problem=problem, policy=version.policy, version=version.id)


def _not_sent(code: str, reason: str) -> PublisherError:
    return ServiceAway.of(
        "C557",
        msg("The alarm {code} could not be sent: {reason}.", code=code, reason=reason),
        msg(
            "It is tried again at the next tick. Look at the mail server, and at `publisher plan` for what is at risk."
        ),
    )


# -- what was told ----------------------------------------------------------------------------------------------


def remembered(
    memory: Mapping[str, Told], found: Sequence[Matter], now: datetime, *, all_known: bool
) -> dict[str, Told]:
    """The memory after a tick: new matters begin, those that are over are forgotten.

    `all_known`: whether a matter that was not found is over; after a tick that failed that is not known.
    """
    keys = [m.key for m in found]
    kept = {key: told for key, told in memory.items() if key in keys or not all_known}
    return {**kept, **{key: Told(since=now) for key in keys if key not in kept}}


def read_memory(file: Path) -> dict[str, Told]:
    """What was told; nothing where the file is missing or damaged, for then an alarm is only repeated."""
    try:
        raw: Any = json.loads(file.read_bytes())
        if raw["schema"] != SCHEMA:
            return {}
        return {
            str(key): Told(since=instant(value["since"]), to=frozenset(map(str, value["to"])))
            for key, value in raw["matters"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_memory(file: Path, memory: Mapping[str, Told]) -> None:
    found = {key: {"since": instant_text(told.since), "to": sorted(told.to)} for key, told in memory.items()}
    write_file(file, readable_json({"schema": SCHEMA, "matters": found}), mode=0o600)
