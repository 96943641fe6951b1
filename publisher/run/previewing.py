"""Letters before they go out: written to files, or mailed to oneself. Nothing is put on record by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from secrets import token_hex

from publisher.errors import Problem, WrongUsage, cannot_write
from publisher.mail.compose import Composer, Letter
from publisher.mail.mailers import at_will
from publisher.mail.outcomes import Outcome
from publisher.mail.readers import Reader
from publisher.messages import msg
from publisher.notice.promotion import promotion
from publisher.run.engine import Engine
from publisher.run.letters import TOKEN, pending_composer, somebody
from publisher.run.mailing import composer_of
from publisher.run.observe import Observation, observe


@dataclass(frozen=True, slots=True)
class Preview:
    """Files that were written, and what to look at in the words."""

    files: tuple[Path, ...]
    remarks: tuple[Problem, ...]


def preview(engine: Engine, notice: str, languages: Sequence[str], folder: Path) -> Preview:
    """Write what each kind of reader would get, as .eml, .txt and .html.

    `notice`: an announced notice or an amendment of one, by its id; or a policy, whose pending change is announced
    next. Raises WrongUsage (S262) where there is neither.
    """
    composer = _composer(engine, notice)
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for language in languages:
            for reader in Reader:
                letter = composer.letter(somebody(language, reader), TOKEN)
                for suffix, data in _forms(letter).items():
                    file = folder / f"{notice}-{language}-{reader}{suffix}"
                    file.write_bytes(data)
                    files.append(file)
    except OSError as error:
        raise cannot_write(str(folder), error) from error
    return Preview(files=tuple(files), remarks=tuple(promotion(composer.notice)))


def send_test(engine: Engine, notice: str, languages: Sequence[str], reader: Reader, address: str) -> list[Outcome]:
    """Hand the letters over to `address` as the mailing would, each marked as a test; their outcomes.

    Every one has a Message-ID of its own, so that none is taken for another, nor for the notice.
    """
    composer = replace(_composer(engine, notice), test=True)
    letters = [
        composer.letter(replace(somebody(language, reader), address=address), f"test-{token_hex(8)}")
        for language in languages
    ]
    return asyncio.run(_hand_over(engine, letters))


async def _hand_over(engine: Engine, letters: Sequence[Letter]) -> list[Outcome]:
    async with engine.mailers() as mailer:
        outcomes = [await mailer.hand_over(letter, at_will) for letter in letters]
        return [outcome for outcome in outcomes if outcome]


def _composer(engine: Engine, notice: str) -> Composer:
    with engine.texts() as texts:
        observation = observe(engine.workspace, texts, engine.clock())
    found = composer_of(engine.workspace, observation, notice) or _pending(engine, observation, notice)
    if found is None:
        raise WrongUsage.of(
            "S262",
            msg("There is no notice {notice}, and no policy of that name with a change to announce.", notice=notice),
            msg("`publisher plan` says what is pending, `publisher mail status` which notices were mailed."),
        )
    return found


def _pending(engine: Engine, observation: Observation, name: str) -> Composer | None:
    """Of the change that is announced next: of the policy `name`, or under the id that its notice will have."""
    for plan in observation.plan.policies:
        found = pending_composer(engine.workspace, observation, plan, engine.clock())
        if found and name in (plan.policy, found[0]):
            return found[1]
    return None


def _forms(letter: Letter) -> dict[str, bytes]:
    """The whole message, its plain text and its HTML."""
    parsed = message_from_bytes(letter.data, policy=policy.default)
    parts = [part for part in parsed.walk() if isinstance(part, EmailMessage) and not part.is_multipart()]
    text, html = (part.get_content().replace("\r\n", "\n").encode("utf-8") for part in parts)
    return {".eml": letter.data, ".txt": text, ".html": html}
