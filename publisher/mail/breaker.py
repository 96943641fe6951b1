"""When a mailing is stopped because the mail server refuses, and when it is tried again.

Twenty refusals or letters of unknown fate in a row, or more than 5 % of the last thousand, stop it (S225): a share,
never a number, which would be wrong for ten thousand recipients and for ten million. What the server refuses us, not a
recipient, stops it at once. A later run then sends one letter as a probe; while probes are refused too, the next one
waits longer. The state is a small record that outlives the run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from publisher.errors import PublisherError, ServiceAway
from publisher.mail.outcomes import Outcome, State
from publisher.messages import Message, msg
from publisher.records import instant, instant_text

#: In a row; as a share; of how many; and from how many on a share says something.
IN_A_ROW: Final = 20
SHARE: Final = 0.05
WINDOW: Final = 1000
ENOUGH: Final = 200
#: Minutes until the next probe.
PROBES: Final = (1, 5, 15, 60)
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_ALL: Final = (1 << WINDOW) - 1


class Gate(StrEnum):
    """Whether letters may go."""

    OPEN = "open"
    #: one letter may go, and its outcome decides
    PROBE = "probe"
    SHUT = "shut"


class Why(StrEnum):
    """What stopped a mailing."""

    NOTHING = ""
    ROW = "row"
    SHARE = "share"
    #: the server refuses us, whoever the recipient
    POLICY = "policy"


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """What is known of the outcomes of a mailing, and whether it is stopped."""

    #: bad outcomes in a row
    row: int = 0
    #: the last outcomes, newest in the lowest bit, 1 for a bad one; and how many they are
    bits: int = 0
    seen: int = 0
    #: share above which it stops; a person may allow more, for a list that is known to be old
    limit: float = SHARE
    why: Why = Why.NOTHING
    #: not before then is a probe sent
    probe_at: datetime | None = None
    #: probes that were refused, one after another
    probes: int = 0
    #: code and words of the reply that stopped it, and how many were bad then; of the words no more than their
    #: enhanced status code (RFC 3463) outlives the run, for they may name a person
    code: int = 0
    reply: str = ""
    count: int = 0

    def gate(self, now: datetime) -> Gate:
        """Whether letters may go at `now`."""
        if self.probe_at is None:
            return Gate.OPEN
        return Gate.PROBE if now >= self.probe_at else Gate.SHUT

    def counted(self, outcome: Outcome, now: datetime) -> Breaker:
        """After one more outcome. While it is shut, what was still under way changes nothing."""
        if self.probe_at is not None:
            return self if now < self.probe_at else self._probed(outcome, now)
        if outcome.refuses_us:
            return self._stopped(Why.POLICY, outcome, now, 1)
        bad = outcome.state in (State.FAILED, State.UNCERTAIN)
        if not bad and outcome.state is not State.HANDED_OVER:
            return self  # put off, or no address: says nothing about the server
        if not bad and not self.row and not self.bits and self.seen == WINDOW:
            return self  # all is well, and was: nothing changes with one more
        row = self.row + 1 if bad else 0
        # A list may be old; but twenty in a row that do not exist are no list.
        bits = (self.bits << 1 | (bad and not outcome.unusable)) & _ALL
        seen = min(self.seen + 1, WINDOW)
        after = Breaker(row=row, bits=bits, seen=seen, limit=self.limit)
        if row >= IN_A_ROW:
            return after._stopped(Why.ROW, outcome, now, row)
        if bad and seen >= ENOUGH and bits.bit_count() > self.limit * seen:
            return after._stopped(Why.SHARE, outcome, now, bits.bit_count())
        return after

    def _stopped(self, why: Why, outcome: Outcome, now: datetime, count: int) -> Breaker:
        return replace(
            self,
            why=why,
            probe_at=now + timedelta(minutes=PROBES[0]),
            probes=0,
            code=outcome.code,
            reply=outcome.reply,
            count=count,
        )

    def _probed(self, outcome: Outcome, now: datetime) -> Breaker:
        if outcome.state is State.HANDED_OVER:
            return Breaker(limit=self.limit)
        refused = outcome.refuses_us or outcome.state in (State.FAILED, State.UNCERTAIN)
        probes = self.probes + refused
        wait = PROBES[min(probes, len(PROBES) - 1)]
        return replace(self, probes=probes, probe_at=now + timedelta(minutes=wait))

    def resumed(self, limit: float | None = None) -> Breaker:
        """A person lets it go on; with a `limit` (a share) of bad outcomes that may be expected of this list."""
        return Breaker(limit=self.limit if limit is None else limit)

    def error(self) -> PublisherError:
        """Why it is stopped (S225); ValueError where it is not."""
        if self.why is Why.NOTHING:
            raise ValueError("the mailing is not stopped")
        return ServiceAway.of("S225", self._message(), self._hint())

    def _message(self) -> Message:
        reply = self.reply or (str(self.code) if self.code else "–")
        if self.why is Why.POLICY:
            return msg("The mail server refuses all mail from us: {reply}.", reply=reply)
        if self.why is Why.ROW:
            return msg("The mail server refused {count} mails in a row: {reply}.", count=self.count, reply=reply)
        return msg(
            "Of the last {seen} mails {count} were refused or lost: {reply}.",
            seen=self.seen,
            count=self.count,
            reply=reply,
        )

    def _hint(self) -> Message:
        if self.why is Why.SHARE:
            return msg(
                "Mailing is stopped, so that no more addresses are burned; one mail after another is sent to see "
                "whether it goes again. Where the list is known to be old, let it go on with `publisher mail resume`."
            )
        return msg(
            "Mailing is stopped, so that no more addresses are burned; one mail after another is sent to see whether "
            "it goes again. Ask the operator of the mail server, then run `publisher mail resume`."
        )

    def as_json(self) -> dict[str, Any]:
        """For the table of mailings."""
        status = _STATUS.match(self.reply)
        return {
            "row": self.row,
            "bits": f"{self.bits:x}",
            "seen": self.seen,
            "limit": self.limit,
            "why": self.why.value,
            "probe_at": instant_text(self.probe_at) if self.probe_at else None,
            "probes": self.probes,
            "code": self.code,
            "reply": status.group() if status else "",
            "count": self.count,
        }

    @classmethod
    def of(cls, value: Mapping[str, Any] | None) -> Breaker:
        """What was stored; a new one where nothing was, or it cannot be read: the next refusals stop it again."""
        if not value:
            return cls()
        try:
            return cls(
                row=int(value["row"]),
                bits=int(value["bits"], 16) & _ALL,
                seen=min(int(value["seen"]), WINDOW),
                limit=float(value["limit"]),
                why=Why(value["why"]),
                probe_at=instant(value["probe_at"]) if value["probe_at"] else None,
                probes=int(value["probes"]),
                code=int(value["code"]),
                reply=str(value["reply"]),
                count=int(value["count"]),
            )
        except (KeyError, TypeError, ValueError):
            return cls()
