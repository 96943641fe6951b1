"""What a tick leaves that found nothing to do, so that the next ones may be quiet."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from publisher.errors import PublisherError
from publisher.files import write_file
from publisher.messages import Message, in_every_language, msg
from publisher.run.engine import Engine
from publisher.run.observe import Observation
from publisher.run.quiet import FILE, SCHEMA, look, program_files, still_quiet, tip
from publisher.workspace import SETTINGS_FILE, parse_settings

#: Everything is looked at in full at the latest after this time.
LONGEST: Final = timedelta(hours=24)


def seen(engine: Engine) -> dict[str, Any] | None:
    """What a quiet tick would look at, as it is now; None where it does not tell plainly."""
    settings = engine.workspace.settings
    if engine.git_dir is None:
        return None
    branches = [settings.git.ref, settings.git.record]
    return look(str(engine.workspace.root), str(engine.git_dir), branches, settings.site.output, engine.program)


def quiet(engine: Engine) -> dict[str, Any] | None:
    """Whether there is nothing to do, for a process that ticks again and again; else None (see `quiet.still_quiet`)."""
    if engine.git_dir is None:
        return None
    return still_quiet(str(engine.workspace.root), engine.clock(), str(engine.git_dir), engine.program)


def rest(engine: Engine, observation: Observation, before: dict[str, Any] | None) -> None:
    """Leave what was seen `before` the observation, where nothing has changed since and nothing is wrong or due."""
    if engine.git_dir is None or before is None or before != seen(engine):
        return
    plan, rules = observation.plan, observation.rules
    at_work = observation.problems or plan.due()
    unlike = (
        tip(str(engine.git_dir), engine.workspace.settings.git.ref) != observation.commit
        or engine.program != program_files()
        or not _settings_as_on_disk(engine)
    )
    if at_work or unlike:
        return
    following = min((s.at for s in plan.steps), default=None)
    tomorrow = rules.start_of(rules.day_of(plan.now) + timedelta(days=1))
    until = min(m for m in (following, tomorrow, plan.now + LONGEST) if m)
    left = {
        "schema": SCHEMA,
        "looked": _text(plan.now),
        "until": _text(until),
        "next": _text(following) if following else None,
        "words": _lines([*coming_words(observation), msg("Nothing is due.")]),
        "seen": before,
    }
    write_file(engine.workspace.state / FILE, json.dumps(left, ensure_ascii=False).encode("utf-8"), mode=0o600)


def coming_words(observation: Observation) -> list[Message]:
    """A line for each announced version that waits for its day."""
    return [
        msg(
            "{policy}: version {version} takes effect at 00:00 on {effective} ({zone})",
            policy=policy.policy,
            version=policy.version,
            effective=policy.effective,
            zone=str(observation.rules.zone),
        )
        for policy in observation.plan.policies
        if policy.state == "announced" and policy.effective
    ]


def _settings_as_on_disk(engine: Engine) -> bool:
    """Whether the settings that this process works with are those that stand in the file."""
    try:
        return parse_settings((engine.workspace.root / SETTINGS_FILE).read_bytes()) == engine.workspace.settings
    except (OSError, PublisherError):
        return False


def _lines(messages: list[Message]) -> dict[str, list[str]]:
    said = [in_every_language(message) for message in messages]
    return {language: [words[language] for words in said] for language in said[0]}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
