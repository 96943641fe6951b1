"""Where letters are handed over: a mail server, a Maildir, or the memory of a test.

A mailer takes one letter in two steps, and says what became of it; only when nobody answers at all does it raise.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from publisher.errors import Misconfigured, cannot_write
from publisher.files import sync_folder
from publisher.mail.compose import Letter
from publisher.mail.outcomes import Outcome, Permit, State
from publisher.messages import msg
from publisher.workspace import Workspace, mail_server, secret


async def at_will() -> bool:
    """The permit of letters that nobody keeps a record of."""
    return True


class Mailer(Protocol):
    """Where letters are handed over; one at a time."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
        """What became of the letter; None where it may not go out. ServiceAway where nobody answers."""
        ...


class MemoryMailer:
    """Keeps the letters; for tests and for whoever embeds the program."""

    def __init__(self, answer: Callable[[Letter], Outcome] | None = None) -> None:
        self.letters: list[Letter] = []
        self._answer = answer or (lambda _: Outcome(state=State.HANDED_OVER, code=250, reply="kept"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
        if not await permit():
            return None
        outcome = self._answer(letter)
        if outcome.state is State.HANDED_OVER:
            self.letters.append(letter)
        return outcome


class MaildirMailer:
    """Puts each letter into a Maildir, by one rename; the same letter again changes nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __aenter__(self) -> Self:
        try:
            for name in ("tmp", "new", "cur"):
                (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(str(self._folder), error) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
        if not await permit():
            return None
        name = f"{letter.token}.publisher"
        if (self._folder / "cur").exists() and any((self._folder / "cur").glob(f"{name}:*")):
            return Outcome(state=State.HANDED_OVER, code=250, reply="maildir")
        temporary = self._folder / "tmp" / name
        try:
            with temporary.open("wb") as file:
                file.write(letter.data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / "new" / name)
            sync_folder(self._folder / "new")
        except OSError as error:
            raise cannot_write(str(self._folder), error) from error
        return Outcome(state=State.HANDED_OVER, code=250, reply="maildir")


def mailer_factory(workspace: Workspace, environment: Mapping[str, str] = os.environ) -> Callable[[], Mailer]:
    """What makes a mailer as the settings say."""
    server = mail_server(workspace.settings.mail.smtp_url)
    if server.scheme == "maildir":
        return lambda: MaildirMailer(workspace.root / server.path)
    from publisher.mail.smtp import SmtpMailer

    context = ssl.create_default_context()
    variable = workspace.settings.mail.password_env
    password = secret(variable, environment)
    if server.user and password is None:
        raise Misconfigured.of(
            "C503",
            msg(
                "smtp_url names the user {user}, but the variable {name} with the password is empty.",
                user=server.user,
                name=variable,
            ),
            msg("Set {name} in the environment of publisher, or take the user out of smtp_url.", name=variable),
        )
    # The machine's full name by the name server could take seconds, and is nothing that a relay looks at.
    name = socket.gethostname()
    our_name = name if "." in name else workspace.settings.mail.sender.rpartition("@")[2]
    return lambda: SmtpMailer(server, password, context, our_name=our_name)
