"""Why an edit touches a reader's rights (R01-R28), in which direction, and whether notice is enough.

A reason never lowers a level: what has no recognised reason is unsure (U), and unsure is significant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from publisher.changes.constructs import turns
from publisher.changes.directions import direction
from publisher.changes.lexicon import Cue, Lexicon
from publisher.changes.model import Direction, Finding, Level, Topic
from publisher.changes.redline import difference, redline
from publisher.messages import Message, msg
from publisher.texts.document import Clause
from publisher.texts.tokens import folded, sentences


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

# How much a cue tells by where it stands: in the words that changed, in their sentence, in the heading, over the list.
_IN_CHANGED: Final = 2.0
_IN_SENTENCE: Final = 2.0
_IN_HEADING: Final = 2.25
_IN_LEAD_IN: Final = 2.0
#: A second reason is given where it tells nearly as much as the first, and the words that changed speak of it.
_SECOND: Final = 0.75
#: In a whole clause further subjects are named that make up such a share of the first.
_FURTHER: Final = 0.5
_MOST_OF_A_CLAUSE: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """What is judged at once: a sentence before and after (one of them may be empty), and what stands around it."""

    before: str
    after: str
    clause: Clause
    #: the words under which it stands in a list or table
    lead_in: str = ""
    #: a whole clause, heading and all, came or went
    whole: bool = False


def findings_for(unit: Unit, lexicon: Lexicon, bases: Mapping[Topic, str]) -> list[Finding]:
    """The significant findings of a unit that was not proved minor; at least one.

    `bases`: the legal basis that the policy declares for a topic; consent is assumed where none is declared.
    """
    return [_finding(unit, code, topic, lexicon, bases) for code, topic in _subjects(unit, lexicon)]


def unsure(unit: Unit) -> Finding:
    """The finding that nothing proves the meaning of a unit to stay the same."""
    return Finding(
        code="U",
        topic=Topic.OTHER,
        level=Level.SIGNIFICANT,
        direction=Direction.UNKNOWN,
        clause_id=unit.clause.id,
        clause_title=unit.clause.name,
        before=unit.before,
        after=unit.after,
        explanation=with_words(REASONS["U"].sentence, unit.before, unit.after),
    )


def _subjects(unit: Unit, lexicon: Lexicon) -> list[tuple[str, Topic]]:
    """What the unit is about, most telling first: codes with their topics."""
    if unit.whole:
        found = _of_a_clause(unit, lexicon)
        gone = [("R27", found[0][1] if found else Topic.OTHER)] if unit.before else []
        return gone + found or [("U", Topic.OTHER)]
    before, after = folded(unit.before), folded(unit.after)
    changed = "\n".join(run.text for run in redline(before, after) if run.op != "equal")
    listed = bool(unit.lead_in) and not (before and after)
    places = (
        (changed, _IN_CHANGED),
        # an item of a list is what its lead-in says, whatever it names
        ("" if listed else f"{before}\n{after}".strip(), _IN_SENTENCE),
        (unit.clause.title, _IN_HEADING),
        (unit.lead_in, _IN_LEAD_IN),
    )
    scores: dict[tuple[str, Topic], float] = {}
    for text, place in places:
        for subject, weight in _cued(text, lexicon):
            scores[subject] = scores.get(subject, 0) + place * weight
    if not scores:
        return [("U", Topic.OTHER)]
    spoken = {subject for subject, _ in _cued(changed, lexicon)}
    ranked = sorted(scores, key=lambda subject: (-scores[subject], _place(subject, lexicon)))
    best = scores[ranked[0]]
    return ranked[:1] + [s for s in ranked[1:2] if scores[s] >= _SECOND * best and s in spoken]


@lru_cache(maxsize=4096)
def _cued(text: str, lexicon: Lexicon) -> tuple[tuple[tuple[str, Topic], int], ...]:
    """The subjects whose cues stand in a passage, each with the weight of its cue; in the order of the lexicon."""
    if not text:
        return ()
    small = text.casefold()
    return tuple((_subject(cue), cue.weight) for cue in lexicon.cues if cue.pattern.search(small))


def _subject(cue: Cue) -> tuple[str, Topic]:
    return cue.code, Topic(cue.topic) if cue.topic else REASONS[cue.code].topic


@lru_cache(maxsize=256)
def _place(subject: tuple[str, Topic], lexicon: Lexicon) -> int:
    """Where a subject stands in the lexicon, the most telling first."""
    return next(i for i, cue in enumerate(lexicon.cues) if _subject(cue) == subject)


def _of_a_clause(unit: Unit, lexicon: Lexicon) -> list[tuple[str, Topic]]:
    """The subjects of a clause: of its heading, and of as many of its sentences as count."""
    scores: dict[tuple[str, Topic], float] = {}
    cut = sentences(unit.before or unit.after)
    for sentence in cut:
        for subject, weight in _cued(sentence, lexicon):
            scores[subject] = scores.get(subject, 0) + weight
    for subject, weight in _cued(unit.clause.title, lexicon):
        if subject in scores:
            scores[subject] += weight * _IN_HEADING * max(1, len(cut) // 4)
    ranked = sorted(scores, key=lambda subject: (-scores[subject], _place(subject, lexicon)))
    return [s for s in ranked if scores[s] >= _FURTHER * scores[ranked[0]]][:_MOST_OF_A_CLAUSE]


def _finding(unit: Unit, code: str, topic: Topic, lexicon: Lexicon, bases: Mapping[Topic, str]) -> Finding:
    reason = REASONS[code]
    toward = direction_of(unit, code, lexicon)
    consent = (
        reason.consent
        and toward in {Direction.WORSE, Direction.UNKNOWN}
        and bases.get(reason.topic, "consent") == "consent"
    )
    return Finding(
        code=code,
        topic=topic,
        level=Level.SIGNIFICANT,
        direction=toward,
        clause_id=unit.clause.id,
        clause_title=unit.clause.name,
        before=unit.before,
        after=unit.after,
        explanation=_explanation(unit, code, lexicon),
        consent=consent,
    )


def direction_of(unit: Unit, code: str, lexicon: Lexicon) -> Direction:
    """The direction of a unit; a clause that goes takes away what it said."""
    if code == "R27":
        subjects = [c for c, _ in _of_a_clause(unit, lexicon)]
        code = subjects[0] if subjects else "U"
        toward = direction(code, unit.before, "", lexicon)
        return Direction.WORSE if toward is Direction.UNKNOWN else toward
    return direction(code, unit.before, unit.after, lexicon)


def _explanation(unit: Unit, code: str, lexicon: Lexicon) -> Message:
    sentence = REASONS[code].sentence
    if unit.before and unit.after and not _figures_alone(unit):
        for turn in turns(unit.before, unit.after, lexicon)[:1]:
            sentence = msg("{sentence} {turn}", sentence=sentence, turn=turn.sentence)
    return with_words(sentence, unit.before, unit.after)


def _figures_alone(unit: Unit) -> bool:
    """Whether only figures differ, so that no small word can have turned the sentence."""
    return re.sub(r"\d+", "", unit.before) == re.sub(r"\d+", "", unit.after)


def with_words(sentence: Message, before: str, after: str) -> Message:
    """`sentence` with the words that went and came, where they are few enough to be read in passing."""
    gone, came = difference(before, after)
    if gone and came and len(gone) + len(came) <= LONGEST_QUOTE:
        return msg("{sentence} “{before}” becomes “{after}”.", sentence=sentence, before=gone, after=came)
    if came and not gone:
        return msg("{sentence} Added: “{after}”.", sentence=sentence, after=_shortened(came))
    if gone and not came:
        return msg("{sentence} Removed: “{before}”.", sentence=sentence, before=_shortened(gone))
    return sentence


def _shortened(words: str) -> str:
    """The beginning of a passage, as much as is read in passing."""
    line = " ".join(words.split()).strip(" ,;")
    if len(line) <= LONGEST_QUOTE:
        return line.rstrip(".")
    return line[:LONGEST_QUOTE].rsplit(" ", 1)[0].rstrip(",.;:") + "…"
