"""Whether change.toml speaks of the change at hand: a notice says what changes and why.

The file stays where it is when a change is announced, so its reason may be that of an earlier change, or of a text
that was put back. Which of these it is decides what the legal team is told.
"""

from __future__ import annotations

from publisher.errors import Place, Problem
from publisher.messages import Message, msg
from publisher.register.sources import FOLDER, PolicySource
from publisher.register.versions import Register, Version


def reason_missing(source: PolicySource, previous: Version, register: Register) -> tuple[Problem, ...]:
    """What is missing in change.toml for a change against `previous`; nothing where it gives a reason of its own."""
    say = _Sayings(source, previous)
    waits = register.state(previous) == "upcoming"
    shown = [v for v in register.of(source.policy) if v.public and not v.withdrawn_at]
    used = {v.record.source.get("change", "") for v in shown} - {""}
    if source.change and source.change_fingerprint not in used:
        return (say.amendment_left(),) if source.change.amends else ()
    if waits and any(v.texts == source.texts for v in shown if v is not previous):
        return (say.put_back(),)
    if waits and source.change_fingerprint == previous.record.source.get("change", ""):
        return (say.edited_after(),)
    return (say.old_reason() if source.change else say.no_reason(),)


class _Sayings:
    """The sentences, each with what to do."""

    def __init__(self, source: PolicySource, previous: Version) -> None:
        self._place = Place(path=f"{FOLDER}/{source.policy}/change.toml", policy=source.policy)
        self._title = source.title
        self._previous = previous

    def _problem(self, code: str, message: Message, hint: Message) -> Problem:
        return Problem(code=code, message=message, hint=hint, place=self._place)

    def _write_reason(self) -> Message:
        return msg('Write reason = {{ ko = "…", en = "…" }} into {path}.', path=self._place.path)

    def no_reason(self) -> Problem:
        return self._problem(
            "P116",
            msg(
                "{policy} was changed, but the reason is not given, and readers must be told why.",
                policy=self._title,
            ),
            self._write_reason(),
        )

    def old_reason(self) -> Problem:
        return self._problem(
            "P116",
            msg(
                "{policy}: {path} still gives the reason of an earlier change.",
                policy=self._title,
                path=self._place.path,
            ),
            self._write_reason(),
        )

    def edited_after(self) -> Problem:
        return self._problem(
            "P140",
            msg(
                "{policy}: the text announced for {effective} was edited after it was announced. An announced "
                "text cannot change.",
                policy=self._title,
                effective=self._previous.effective,
            ),
            msg(
                "Undo the edit; or describe it as a change of its own in {path}, and it gets a notice of its own; or "
                'withdraw the notice with withdraw = "{version}".',
                path=self._place.path,
                version=self._previous.id,
            ),
        )

    def put_back(self) -> Problem:
        return self._problem(
            "P145",
            msg(
                "{policy}: the branch holds the former text again, but the text announced for {effective} still takes "
                "effect on that day. Putting a text back does not withdraw a notice.",
                policy=self._title,
                effective=self._previous.effective,
            ),
            msg(
                'To stop it, write the reason and withdraw = "{version}" into {path}. To let it come, put the '
                "announced text back on the branch.",
                path=self._place.path,
                version=self._previous.id,
            ),
        )

    def amendment_left(self) -> Problem:
        return self._problem(
            "P142",
            msg(
                "{policy} was changed, but {path} speaks of postponing or withdrawing an earlier version, not of this "
                "change.",
                policy=self._title,
                path=self._place.path,
            ),
            msg(
                "Put the text back as it is announced or in force; or take withdraw and postpone out of {path} and "
                "write the reason of this change.",
                path=self._place.path,
            ),
        )
