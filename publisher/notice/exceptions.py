"""Exceptions from what the rules would do: which are allowed, what each needs, and how readers are told of them.

Raising a level needs a reason; lowering it, and an effect before the notice has ended, also the approval of people
who did not write the change (`notice/approvals.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from publisher.changes.constructs import LONGEST, constructs
from publisher.changes.lexicon import Lexicon
from publisher.changes.model import NO_EDIT, Change, Direction, Finding, Level
from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, msg, msg_n
from publisher.texts.facts import facts
from publisher.texts.figures import ENGLISH_NUMBER, NUMBER
from publisher.texts.languages import LANGUAGE_NAMES

#: A reason for an exception has to say something.
SHORTEST_REASON: Final = 20
#: The notice rule itself, and whole sections that go.
_GRAVE: Final = frozenset({"R20", "R27"})
_FIGURES: Final = frozenset({"period", "threshold", "age", "amount", "percent", "number"})
_NUMBER_WORD: Final = re.compile(rf"\b{ENGLISH_NUMBER}\b", re.IGNORECASE)
#: Where one of these stands in the passage, before or after, it may be attached to other words now.
_DENIALS: Final = ("negation", "without", "denial", "exception", "only")
#: Where these come or go, what is certain, owed or possible is another.
_MODALITY: Final = ("possibility", "duty", "effort", "discretion")


def enough(reason: str) -> bool:
    """Whether a reason is long enough to tell anyone why; blanks do not count twice."""
    return len(" ".join(reason.split())) >= SHORTEST_REASON


def too_short(what: Message, place: Place) -> Problem:
    """P133 for a reason that says nothing."""
    return Problem(
        code="P133",
        place=place,
        message=msg("The reason for {what} is too short to tell anyone why.", what=what),
        hint=msg("Write at least {count} characters.", count=SHORTEST_REASON),
    )


def why_two(change: Change, lexicons: Mapping[str, Lexicon]) -> tuple[Message, ...]:
    """Why lowering this change needs two approvers: one sentence a kind of reason; none where one is enough."""
    found: dict[str, Message] = {}
    for language, comparison in change.comparisons.items():
        for finding in comparison.findings:
            if finding.level is Level.SIGNIFICANT:
                for kind in _grave(finding, lexicons[language]):
                    found.setdefault(kind, _because(kind, finding.clause_title))
    return tuple(found.values())


def _grave(finding: Finding, lexicon: Lexicon) -> list[str]:
    kinds = [finding.code] if finding.code in _GRAVE else []
    kinds += ["whole"] if finding.edit == NO_EDIT else []
    kinds += ["figures"] if figures_change(finding.before, finding.after) else []
    kinds += ["polarity"] if polarity_may_change(finding.before, finding.after, lexicon) else []
    return kinds


def _because(kind: str, clause: str) -> Message:
    match kind:
        case "R20":
            return msg(
                "Two must approve because the clause “{clause}” changes the rule of notice itself.", clause=clause
            )
        case "R27":
            return msg("Two must approve because a whole section goes: “{clause}”.", clause=clause)
        case "figures":
            return msg("Two must approve because figures change in the clause “{clause}”.", clause=clause)
        case "polarity":
            return msg(
                "Two must approve because the clause “{clause}” may now deny, allow or promise something else.",
                clause=clause,
            )
        case _:
            return msg("Two must approve because the text as a whole is touched.")


def figures_change(before: str, after: str) -> bool:
    """Whether any figure comes, goes, or stands in another place among the figures."""

    def read(text: str) -> tuple[object, ...]:
        counted = {f: n for f, n in facts(text).items() if f.kind in _FIGURES}
        words = [word.casefold() for word in _NUMBER_WORD.findall(text)]
        return NUMBER.findall(text), words, counted

    return read(before) != read(after)


def polarity_may_change(before: str, after: str, lexicon: Lexicon) -> bool:
    """Whether what is denied, allowed or owed may be another; a passage too long to read may say anything."""
    if max(len(before), len(after)) > LONGEST:
        return True
    had, has = constructs(before, lexicon), constructs(after, lexicon)
    return any(had[c] or has[c] for c in _DENIALS) or any(had[c] != has[c] for c in _MODALITY)


def early_problems(
    *, ground: str, citation: str, reason: Localized, dated: bool, change: Change, title: Localized, place: Place
) -> list[Problem]:
    """What does not allow an effect before the notice has ended (P133, P135), approvals aside.

    `dated`: change.toml gives the day; `ground`: "law" or "protection".
    """
    problems = [
        too_short(msg("the earlier effect ({language})", language=LANGUAGE_NAMES[language]), place)
        for language, words in reason.texts
        if not enough(words)
    ]

    def refuse(message: Message, hint: Message) -> None:
        problems.append(Problem(code="P135", message=message, hint=hint, place=place))

    if not dated:
        refuse(
            msg("{policy}: an earlier effect is asked for, but not for which day.", policy=title),
            msg('Write effective = "2026-12-01" into {path}, above the section [early].', path=place.path),
        )
    if ground == "law" and not citation.strip():
        refuse(
            msg("{policy}: the law is said to require an effect at once, but not which provision.", policy=title),
            msg('Write it into the section [early], for example citation = "PIPA Art. 30(2)".'),
        )
    worse = next(
        (f for c in change.comparisons.values() for f in c.findings if f.direction is Direction.WORSE),
        None,
    )
    if ground == "protection" and worse:
        refuse(
            msg(
                "{policy}: only a change that adds protection may take effect early on this ground, and in the clause "
                "“{clause}” the reader is worse off.",
                policy=title,
                clause=worse.clause_title,
            ),
            msg("Announce that part as a change of its own, with its full notice; or take the section [early] out."),
        )
    return problems


def in_words(override: Mapping[str, Any]) -> tuple[Message, ...]:
    """What readers are told of the exceptions of a version, from the form of version.json."""
    said: list[Message] = []
    level, early = override.get("level"), override.get("early")
    if level:
        lowered = Level(level["to"]).rank < Level(level["from"]).rank
        said.append(
            msg(
                "The publisher announces this change as minor although it reads as significant. Reason: {reason}",
                reason=level["reason"],
            )
            if lowered
            else msg(
                "The publisher announces this change as significant although it reads as minor. Reason: {reason}",
                reason=level["reason"],
            )
        )
        said += _approved_by(override, "level")
    if early:
        reason = Localized.of(early["reason"])
        said.append(
            msg(
                "It takes effect earlier than the notice period allows because the law requires it ({citation}). "
                "Reason: {reason}",
                citation=early["citation"],
                reason=reason,
            )
            if early["ground"] == "law"
            else msg(
                "It takes effect earlier than the notice period allows because it adds protection in an emergency. "
                "Reason: {reason}",
                reason=reason,
            )
        )
        said += _approved_by(override, "early")
    said += [
        msg(
            "The text in {language} did not have to change. Reason: {reason}",
            language=LANGUAGE_NAMES[language],
            reason=why,
        )
        for language, why in sorted(override.get("exempt", {}).items())
    ]
    return tuple(said)


def _approved_by(override: Mapping[str, Any], section: str) -> list[Message]:
    names = tuple(a["approver"] for a in override.get("approvals", ()) if a["for"] == section)
    if not names:
        return []
    return [
        msg_n(
            "{count} person who did not write the change approved it: {names}.",
            "{count} people who did not write the change approved it: {names}.",
            len(names),
            names=names,
        )
    ]
