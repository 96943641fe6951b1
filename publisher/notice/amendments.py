"""An announced version put off or taken back: what a person may ask for, and what stands against it.

An announced text never changes, and its date never moves forward. It may be postponed, or withdrawn before it takes
effect. Each version was compared with the one announced before it, so those that wait form a row: their dates stay
in that order, and only the last can be taken out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, msg
from publisher.notice.plan import OnRecord, Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Granted:
    """What of a request is to be done now, and what stands against the rest."""

    withdraw: str = ""
    postpone: Mapping[str, date] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def grant(
    policy: str,
    title: Localized,
    waiting: Sequence[OnRecord],
    known: Mapping[str, str],
    request: Request,
    earliest: Mapping[str, date],
) -> Granted:
    """What of `request` may be done.

    `waiting`: announced versions that are not in force, in the order of their effect. `known`: the state of every
    version by id. `earliest`: the first lawful day of effect by id of those that wait. A request that was met
    already is met for ever: nothing is done again.
    """
    place = Place(path=f"policy_docs/{policy}/change.toml", policy=policy)
    say = _Refusals(title, place)
    if request.withdraw and request.postpone:
        return Granted(problems=(say.both(),))
    if request.withdraw:
        return _withdrawal(say, waiting, known, request)
    if not request.postpone and request.wished and waiting and request.wished != waiting[-1].effective:
        return Granted(problems=(say.only_wished(waiting[-1], request.wished),))
    return _postponement(say, waiting, known, request, earliest)


def _withdrawal(say: _Refusals, waiting: Sequence[OnRecord], known: Mapping[str, str], request: Request) -> Granted:
    wanted = request.withdraw
    ids = [version.id for version in waiting]
    if known.get(wanted) == "withdrawn":
        return Granted()
    if wanted not in ids:
        return Granted(problems=(say.not_waiting(wanted, known),))
    if wanted != ids[-1]:
        return Granted(problems=(say.not_last(wanted, ids[-1]),))
    if request.reason == waiting[-1].reason:
        return Granted(problems=(say.old_reason(wanted),))
    return Granted(withdraw=wanted)


def _postponement(
    say: _Refusals,
    waiting: Sequence[OnRecord],
    known: Mapping[str, str],
    request: Request,
    earliest: Mapping[str, date],
) -> Granted:
    by_id = {version.id: version for version in waiting}
    moved: dict[str, date] = {}
    problems = []
    for wanted, day in request.postpone.items():
        version = by_id.get(wanted)
        if version is None:
            # Put off once, it has taken effect or was withdrawn since: the request is history.
            if known.get(wanted) in {None, "frozen"}:
                problems.append(say.not_waiting(wanted, known))
        elif day == version.effective:
            continue
        elif day < version.effective:
            problems.append(say.not_later(version, day))
        elif day < earliest[wanted]:
            problems.append(say.too_early(version, day, earliest[wanted]))
        elif request.reason == version.reason:
            problems.append(say.old_reason(wanted))
        else:
            moved[wanted] = day
    granted: dict[str, date] = {}
    bound: tuple[str, date] | None = None
    # The last first: so the order holds after each step, and what is refused bounds what stands before it.
    for version in reversed(waiting):
        day = moved.get(version.id, version.effective)
        if version.id in moved and bound and day > bound[1]:
            problems.append(say.out_of_order(version.id, day, *bound))
            day = version.effective
        elif version.id in moved:
            granted[version.id] = day
        bound = version.id, day
    return Granted(postpone=granted, problems=tuple(problems))


@dataclass(frozen=True, slots=True)
class _Refusals:
    """The sentences of a refusal."""

    title: Localized
    place: Place

    def _problem(self, code: str, message: Message, hint: Message) -> Problem:
        return Problem(code=code, message=message, hint=hint, place=self.place)

    def both(self) -> Problem:
        return self._problem(
            "P142",
            msg("{policy}: change.toml asks to postpone and to withdraw at once.", policy=self.title),
            msg("Ask for one of them; the other is a commit of its own."),
        )

    def not_waiting(self, wanted: str, known: Mapping[str, str]) -> Problem:
        if wanted not in known:
            return self._problem(
                "P142",
                msg("{policy}: there is no announced version {version}.", policy=self.title, version=wanted),
                msg("`publisher status` lists the versions by their ids."),
            )
        return self._problem(
            "P142",
            msg(
                "{policy}: version {version} does not wait any more; it can be neither postponed nor withdrawn.",
                policy=self.title,
                version=wanted,
            ),
            msg("What is in force is changed by a new version with a notice of its own."),
        )

    def not_last(self, wanted: str, last: str) -> Problem:
        return self._problem(
            "P144",
            msg(
                "{policy}: version {version} cannot be withdrawn, for version {last} was announced after it and "
                "contains its text.",
                policy=self.title,
                version=wanted,
                last=last,
            ),
            msg("Withdraw {last} first, then {version}.", last=last, version=wanted),
        )

    def old_reason(self, wanted: str) -> Problem:
        return self._problem(
            "P116",
            msg(
                "{policy}: change.toml still gives the reason of version {version} itself. Readers must be told why "
                "it does not come as announced.",
                policy=self.title,
                version=wanted,
            ),
            msg("Write the new reason into {path}, in every language.", path=self.place.path),
        )

    def only_wished(self, version: OnRecord, day: date) -> Problem:
        return self._problem(
            "P143",
            msg(
                "{policy}: effective in change.toml says {day}, but version {version} was announced for {effective}, "
                "and so it stays.",
                policy=self.title,
                day=day,
                version=version.id,
                effective=version.effective,
            ),
            msg(
                'To put it off, write the reason and postpone = {{ "{version}" = "{day}" }} instead.',
                version=version.id,
                day=day.isoformat(),
            ),
        )

    def not_later(self, version: OnRecord, day: date) -> Problem:
        return self._problem(
            "P143",
            msg(
                "{policy}: version {version} was announced for {effective} and cannot take effect on {day} already. "
                "An announced date never moves forward.",
                policy=self.title,
                version=version.id,
                effective=version.effective,
                day=day,
            ),
            msg("Choose a later day; or withdraw the version and announce the change again."),
        )

    def too_early(self, version: OnRecord, day: date, earliest: date) -> Problem:
        return self._problem(
            "P110",
            msg(
                "{policy}: {wanted} is too early for version {version}: its notice ends later. The earliest lawful "
                "date is {earliest}.",
                policy=self.title,
                wanted=day,
                version=version.id,
                earliest=earliest,
            ),
            msg("Postpone it to {earliest} or later.", earliest=earliest),
        )

    def out_of_order(self, first: str, day: date, second: str, after: date) -> Problem:
        return self._problem(
            "P144",
            msg(
                "{policy}: version {version} cannot wait until {day}, for version {second}, announced after it, "
                "contains its text and takes effect on {after}.",
                policy=self.title,
                version=first,
                day=day,
                second=second,
                after=after,
            ),
            msg(
                'Postpone both: postpone = {{ "{version}" = "{day}", "{second}" = "{day}" }}.',
                version=first,
                day=day.isoformat(),
                second=second,
            ),
        )
