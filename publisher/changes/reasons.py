"""Why an edit touches a reader's rights (R01-R28), in which direction, and whether notice is enough.

A reason never lowers a level: what has no recognised reason is unsure (U), and unsure is significant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from publisher.changes.lexicon import Lexicon
from publisher.changes.model import Direction, Edit, Finding, Kind, Level, Topic
from publisher.changes.redline import difference, redline
from publisher.messages import Message, msg
from publisher.texts.facts import Fact, periods


@dataclass(frozen=True, slots=True)
class Reason:
    """What one reason code means: its topic, its sentence, and whether it can call for consent."""

    topic: Topic
    sentence: Message
    consent: bool = False


#: Consent: PIPA (Korea) Arts 15(2), 17(2), 18(3), 22-2, 28-8(3), where the basis of processing is consent.
REASONS: Final[Mapping[str, Reason]] = {
    "R01": Reason(Topic.COLLECTION, msg("What information is collected changes."), consent=True),
    "R02": Reason(Topic.COLLECTION, msg("Sensitive information is concerned."), consent=True),
    "R03": Reason(Topic.COLLECTION, msg("What must be given and what may be given changes."), consent=True),
    "R04": Reason(Topic.USE_PURPOSE, msg("What the information is used for changes."), consent=True),
    "R05": Reason(Topic.THIRD_PARTY, msg("Who else receives the information changes."), consent=True),
    "R06": Reason(Topic.THIRD_PARTY, msg("Which companies handle the information for us changes.")),
    "R07": Reason(Topic.RETENTION, msg("How long the information is kept changes."), consent=True),
    "R08": Reason(Topic.RETENTION, msg("How the information is destroyed changes.")),
    "R09": Reason(Topic.TRANSFER, msg("In which country the information is handled changes."), consent=True),
    "R10": Reason(Topic.USER_RIGHTS, msg("A right of the reader changes.")),
    "R11": Reason(Topic.CHOICE_CONSENT, msg("How to refuse or withdraw changes.")),
    "R12": Reason(Topic.CHOICE_CONSENT, msg("What counts as agreement changes."), consent=True),
    "R13": Reason(Topic.CHILDREN, msg("The rules for children and their guardians change."), consent=True),
    "R14": Reason(Topic.USE_PURPOSE, msg("Automated decisions, profiling or training of models change.")),
    "R15": Reason(Topic.SECURITY, msg("How the information is protected changes.")),
    "R16": Reason(Topic.LIABILITY, msg("Who is liable for what changes.")),
    "R17": Reason(Topic.DISPUTE, msg("How and where disputes are settled changes.")),
    "R18": Reason(Topic.CONDUCT_TERMINATION, msg("Fees, duties, suspension or termination change.")),
    "R19": Reason(Topic.CONTENT_LICENCE, msg("What may be done with the reader's content changes.")),
    "R20": Reason(Topic.NOTICE_TERMS, msg("How changes are announced changes.")),
    "R21": Reason(Topic.SCOPE_DEFINITION, msg("Who is responsible for the information changes.")),
    "R22": Reason(Topic.CONTACT, msg("Whom to turn to changes.")),
    "R23": Reason(Topic.SCOPE_DEFINITION, msg("What the text applies to changes.")),
    "R24": Reason(Topic.SCOPE_DEFINITION, msg("The meaning of a term changes.")),
    "R25": Reason(Topic.COLLECTION, msg("Cookies, analysis or tracking change.")),
    "R26": Reason(Topic.SCOPE_DEFINITION, msg("A link to a document that is part of the text changes.")),
    "R27": Reason(Topic.OTHER, msg("A whole clause is removed.")),
    "R28": Reason(Topic.OTHER, msg("A language is removed or differs.")),
    "U": Reason(Topic.OTHER, msg("The words change, and nothing proves that the meaning stays the same.")),
}

#: More words than these are not quoted in a sentence; they stand in the comparison.
LONGEST_QUOTE: Final = 120

# A period means what its surroundings speak of, in this order.
_PERIOD_CODES: Final = ("R20", "R07", "R08", "R11", "R10", "R22", "R18")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")
_UNIT_DAYS: Final = {"H": 1 / 24, "D": 1, "W": 7, "M": 30.4, "Y": 365.2}


def findings_for(edit: Edit, lexicon: Lexicon, bases: Mapping[Topic, str]) -> list[Finding]:
    """The significant findings of an edit that was not proved minor; at least one.

    `bases`: the legal basis that the policy declares for a topic; consent is assumed where none is declared.
    """
    codes = _codes(edit, lexicon)
    return [_finding(edit, code, bases) for code in codes]


def _codes(edit: Edit, lexicon: Lexicon) -> list[str]:
    if edit.kind is Kind.DELETED and edit.new_clause is None and edit.old is None:
        return ["R27", *_by_cues(edit.before, lexicon)[:3]]
    if edit.before == edit.after:
        return ["R26"]
    changed = _changed_words(edit)
    around = f"{edit.clause.title}\n{edit.before}\n{edit.after}"
    if _period_change(edit):
        for place in (edit.clause.title, _sentences(edit), around):
            near = [code for code in _by_cues(place, lexicon) if code in _PERIOD_CODES]
            if near:
                return [min(near, key=_PERIOD_CODES.index)]
    if edit.kind in {Kind.INSERTED, Kind.DELETED}:
        return _by_cues(changed, lexicon)[:3] or _by_cues(edit.clause.title, lexicon)[:1] or ["U"]
    return _by_cues(changed, lexicon)[:2] or _by_cues(around, lexicon)[:1] or ["U"]


def _by_cues(text: str, lexicon: Lexicon) -> list[str]:
    found = [cue.code for cue in lexicon.cues if cue.pattern.search(text)]
    return list(dict.fromkeys(found))


def _changed_words(edit: Edit) -> str:
    return "\n".join(run.text for run in redline(edit.before, edit.after) if run.op != "equal")


def _sentences(edit: Edit) -> str:
    """The sentences, old and new, in which periods differ."""
    cut = [_SENTENCE_END.split(side) for side in (edit.before, edit.after)]
    return "\n".join(s for side in (0, 1) for s in cut[side] if s not in cut[1 - side] and periods(s))


def _period_change(edit: Edit) -> tuple[list[Fact], list[Fact]] | None:
    gone = periods(edit.before) - periods(edit.after)
    came = periods(edit.after) - periods(edit.before)
    return (sorted(gone), sorted(came)) if gone or came else None


def _finding(edit: Edit, code: str, bases: Mapping[Topic, str]) -> Finding:
    reason = REASONS[code]
    direction = _direction(edit, code)
    consent = (
        reason.consent
        and direction in {Direction.WORSE, Direction.UNKNOWN}
        and bases.get(reason.topic, "consent") == "consent"
    )
    return Finding(
        code=code,
        topic=reason.topic,
        level=Level.SIGNIFICANT,
        direction=direction,
        clause_id=edit.clause.id,
        clause_title=edit.clause.name,
        before=edit.before,
        after=edit.after,
        explanation=_explanation(edit, code),
        consent=consent,
    )


def _direction(edit: Edit, code: str) -> Direction:
    """Only what follows from figures or from a list growing is said; all else is unknown."""
    change = _period_change(edit)
    if code == "R07" and change and len(change[0]) == len(change[1]) == 1:
        longer = _days(change[1][0]) > _days(change[0][0])
        return Direction.WORSE if longer else Direction.UNKNOWN
    if code == "R20" and change and len(change[0]) == len(change[1]) == 1:
        return Direction.WORSE if _days(change[1][0]) < _days(change[0][0]) else Direction.BETTER
    added, removed = edit.kind is Kind.INSERTED, edit.kind is Kind.DELETED
    if code in {"R01", "R02", "R04", "R05", "R06", "R09", "R14", "R25"}:
        return Direction.WORSE if added else Direction.BETTER if removed else Direction.UNKNOWN
    if code in {"R10", "R11", "R15"}:
        return Direction.BETTER if added else Direction.WORSE if removed else Direction.UNKNOWN
    return Direction.UNKNOWN


def _days(fact: Fact) -> float:
    figure = re.search(r"[\d.]+", fact.value)
    return float(figure.group()) * _UNIT_DAYS[fact.value[-1]] if figure else 0


def _explanation(edit: Edit, code: str) -> Message:
    sentence = REASONS[code].sentence
    return with_words(sentence, edit) if edit.kind is Kind.REPLACED else sentence


def with_words(sentence: Message, edit: Edit) -> Message:
    """`sentence` with the words that went and came, where they are few enough to be read in passing."""
    gone, came = difference(edit.before, edit.after)
    if gone and came and len(gone) + len(came) <= LONGEST_QUOTE:
        return msg("{sentence} “{before}” becomes “{after}”.", sentence=sentence, before=gone, after=came)
    return sentence
