"""How a mailing stands, as lines of the log."""

from __future__ import annotations

import logging
from collections.abc import Callable

from publisher.mail.progress import Progress, Reporter
from publisher.notice.calendar import Rules
from publisher.notice.risk import last_day_of
from publisher.register.versions import Version
from publisher.run.log import Line, write_line
from publisher.run.risks import announced


def progress_line(progress: Progress) -> Line:
    """A line for a collector of logs and for a person; a warning (S285) where it goes too slowly."""
    problem = progress.problem()
    return Line(
        event="mailing",
        level=logging.WARNING if problem else logging.INFO,
        code=problem.code if problem else "",
        more=progress.fields(),
        message=progress.message(),
    )


def reporter(
    notice: str, version: Version, rules: Rules, say: Callable[[Progress], None] | None = None, *, every: float = 60.0
) -> Reporter:
    """What the sending of `notice` tells its counts to; it says them into the log once a minute, or to `say`."""

    def log(progress: Progress) -> None:
        write_line(progress_line(progress))

    return Reporter(notice, last_day_of(announced(version), rules), rules, say or log, every=every)
