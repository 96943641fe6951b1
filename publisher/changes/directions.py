"""Whether a change makes the reader's position better or worse.

A statement lets the company do something (collect, share, keep) or gives the reader something (a right, a safeguard,
notice). A change makes the statement stronger or weaker: a negation, "may", an exception, a longer period. Stronger
power is worse, stronger benefit better, and backwards. Some words are better or worse for the reader by themselves
(free of charge, irrevocable): the scales of the lexicon. Where nothing is plain the direction is unknown.
"""

from __future__ import annotations

import re
from typing import Final

from publisher.changes.constructs import Turn, denied, turns
from publisher.changes.lexicon import Lexicon
from publisher.changes.model import Direction
from publisher.changes.redline import redline
from publisher.texts.facts import facts, periods
from publisher.texts.tokens import sentences

#: Reasons whose statements let the company do something.
_POWER: Final = frozenset(
    ["R01", "R02", "R03", "R04", "R05", "R06", "R07", "R09", "R12", "R14", "R17", "R18", "R19", "R25"]
)
#: Reasons whose statements give the reader something.
_BENEFIT: Final = frozenset(["R08", "R10", "R11", "R13", "R15", "R16", "R20", "R22"])
#: Reasons in which a longer period, or a lower limit of it, serves the reader; and in which it serves the company.
_LONGER_IS_BETTER: Final = frozenset(["R17", "R20"])
_LONGER_IS_WORSE: Final = frozenset(["R07", "R08", "R10", "R15", "R22", "R25"])
#: Reasons in which "and" asks more of the reader.
_WAYS: Final = frozenset(["R11", "R16"])
#: Reasons in which a named company is more than a kind of company.
_NAMED: Final = frozenset(["R05", "R06", "R09", "R25"])
#: How a construct that comes changes the strength of its statement.
_STRENGTH: Final = {
    "negation": -1,
    "without": 1,
    "possibility": -1,
    "duty": 1,
    "effort": -1,
    "exception": -1,
    "only": -1,
    "all": 1,
    "open_list": 1,
    "condition": -1,
    "promptly": 1,
    "discretion": 1,
    "alternative": 1,
    "conjunction": 1,
}
_UNIT_DAYS: Final = {"H": 1 / 24, "D": 1, "W": 7, "M": 30.4, "Y": 365.2}
# English puts a condition before what it governs, Korean after.
_IF: Final = re.compile(r"\b(?:if|when|where|unless|provided)\b", re.IGNORECASE)
_WHEN: Final = re.compile(r"경우|때|면\b")
# Korean words for numbers, which only the full reading knows.
_IN_KOREAN_WORDS: Final = re.compile(r"[일이삼사오육칠팔구십한두세석네넉]\s?(?:년|개월|달|주일|시간|일간)")
_NUMBER: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
# So far a denial reaches.
_SEGMENT_END: Final = re.compile(
    r";\s|\b(?:but|whereas|so that|however)\b|,\s(?:and|or)\s(?:we|you|it|they)\b|(?<=[고며나만]),\s(?=[가-힣])"
)


def direction(code: str, before: str, after: str, lexicon: Lexicon) -> Direction:
    """What an edit of the passage `before` to `after`, which is about `code`, does to the reader."""
    return _of(_sign_of(code, before, after, lexicon), code)


def _sign_of(code: str, before: str, after: str, lexicon: Lexicon) -> int:
    valence = _valence(code, before, after, lexicon)
    if before and after:
        had, has = _periods(before), _periods(after)
        if len(had) == len(has):
            figures = _figures(had - has, has - had, before, after)
            if figures is not None:
                return _longer(code, valence) * figures
        elif code in _LONGER_IS_WORSE | _LONGER_IS_BETTER:
            return -1 if len(has) < len(had) else 1  # what was bounded is so no more, or is so now
        scaled = _scaled(code, before, after, lexicon)
        if scaled:
            return scaled
        if code in _NAMED and _names_went(before, after):
            return -1
    return valence * _strength(code, before, after, lexicon)


def _of(sign: int, code: str) -> Direction:
    if sign:
        return Direction.WORSE if sign < 0 else Direction.BETTER
    return Direction.NEUTRAL if code == "R22" else Direction.UNKNOWN


def _valence(code: str, before: str, after: str, lexicon: Lexicon) -> int:
    """-1 where the statement is the company's power, 1 where it is the reader's benefit, 0 where neither is plain."""
    text = f"{before}\n{after}".casefold()
    for valence in lexicon.valences:
        if valence.code == code and valence.pattern.search(text):
            return valence.weight
    return -1 if code in _POWER else 1 if code in _BENEFIT else 0


def _longer(code: str, valence: int) -> int:
    """1 where a larger figure serves the reader, -1 where it serves the company, 0 where that is not plain."""
    if code in _LONGER_IS_BETTER:
        return 1
    return -1 if code in _LONGER_IS_WORSE else valence


def _figures(gone: set[str], came: set[str], before: str, after: str) -> int | None:
    """1 if the one period or number that differs grew, -1 if it shrank, 0 if that is not plain; None if none differs.

    `gone` and `came`: the periods that one of the passages has alone, as many on each side.
    """
    if len(gone) == 1:
        (left,), (right,) = gone, came
        # 30 days and a month are neither longer nor shorter than each other
        return _compared(_days(left), _days(right), 0 if left[-1] == right[-1] else 3)
    if gone:
        return 0
    old, new = _NUMBER.findall(before), _NUMBER.findall(after)
    differing = [(a, b) for a, b in zip(old, new, strict=False) if a != b]
    if len(old) != len(new) or len(differing) != 1:
        return None
    one, other = (float(number.replace(",", "")) for number in differing[0])
    return _compared(one, other, 0)


def _periods(text: str) -> set[str]:
    found = facts(text) if _IN_KOREAN_WORDS.search(text) else periods(text)
    return {fact.value for fact in found if fact.kind == "period"}


def _compared(one: float, other: float, least: float) -> int:
    return 0 if abs(other - one) <= least else 1 if other > one else -1


def _days(period: str) -> float:
    figure = re.search(r"[\d.]+", period)
    return float(figure.group()) * _UNIT_DAYS[period[-1]] if figure else 0


def _scaled(code: str, before: str, after: str, lexicon: Lexicon) -> int:
    """The sign of what the words that changed weigh, each scale counted in its whole sentence."""
    before, after = before.casefold(), after.casefold()
    total = 0
    for scale in lexicon.scales:
        if not scale.codes or code in scale.codes:
            total += scale.weight * (len(scale.pattern.findall(after)) - len(scale.pattern.findall(before)))
    return (total > 0) - (total < 0)


def _names_went(before: str, after: str) -> bool:
    """Whether a company named before is only described now."""
    runs = redline(before, after)
    gone, came = ("".join(run.text for run in runs if run.op == op) for op in ("delete", "insert"))
    return bool(gone.strip() and came.strip()) and _names_company(gone) and not _names_company(came)


def _names_company(text: str) -> bool:
    return any(fact.kind == "party" for fact in facts(text))


def _strength(code: str, before: str, after: str, lexicon: Lexicon) -> int:
    """1 if the statement became stronger, -1 if weaker, 0 if that is not plain."""
    if not before or not after:
        said = [denied(_segment(part, 0), lexicon) for part in sentences(before or after)]
        return (1 if after else -1) * (-1 if 2 * sum(said) > len(said) else 1)
    found = turns(before, after, lexicon)
    came = {t.construct: t.more for t in found}
    if "negation" in came:
        return -1 if came["negation"] else 1
    limits = _limits(code, came)
    if limits:
        return limits
    here, there = _around_the_difference(before, after)
    under = -1 if denied(here, lexicon) and denied(there, lexicon) else 1
    if came.get("alternative") is not None and came.get("conjunction") == (not came["alternative"]):
        # "not A or B" denies both, "not A and B" only the two together
        sign = 1 if under < 0 else _and_for_or(before, after, code)
        return sign * (1 if came["conjunction"] else -1)
    telling = [t for t in found if t.construct in _STRENGTH and t.construct not in {"alternative", "conjunction"}]
    steps = {_step(t, code) for t in telling or [t for t in found if t.construct in _STRENGTH]}
    if len(steps) == 1:
        return under * steps.pop()
    return under * (_step(telling[0], code) if telling else _grown(before, after))


def _limits(code: str, came: dict[str, bool]) -> int:
    """Limits of a period or sum: at most is less than at least."""
    if "at_least" not in came and "at_most" not in came:
        return 0
    lower = (1 if came["at_least"] else -1) if "at_least" in came else (-1 if came["at_most"] else 1)
    if code in _LONGER_IS_BETTER or code in _POWER:
        return lower  # a longer notice is a stronger benefit, a longer retention or a higher fee a stronger power
    return -lower if code in _LONGER_IS_WORSE else 0


def _and_for_or(before: str, after: str, code: str) -> int:
    """Both of two items are more than one of them; both of two conditions, or of two ways, are harder to meet."""
    start = _first_difference(before, after)
    segment = _segment(before, start)
    at = start - before.find(segment)
    condition = _IF.search(segment[:at]) or _WHEN.search(segment[at:])
    return -1 if condition or code in _WAYS else 1


def _step(turn: Turn, code: str) -> int:
    strength = _STRENGTH[turn.construct]
    if code == "R07" and turn.construct == "exception":
        strength = 1  # what ends a retention is excepted from
    return strength * (1 if turn.more else -1)


def _around_the_difference(before: str, after: str) -> tuple[str, str]:
    """The parts of both passages, between commas, in which they begin to differ."""
    start = _first_difference(before, after)
    return _segment(before, start), _segment(after, start)


def _first_difference(before: str, after: str) -> int:
    shared = zip(before, after, strict=False)
    return next((i for i, (a, b) in enumerate(shared) if a != b), min(len(before), len(after)))


def _segment(text: str, at: int) -> str:
    ends = [m.end() for m in _SEGMENT_END.finditer(text)]
    begin = max((e for e in ends if e <= at), default=0)
    return text[begin : min((e for e in ends if e > at), default=len(text))]


def _grown(before: str, after: str) -> int:
    """1 if words only came, -1 if words only went."""
    ops = {run.op for run in redline(before, after)}
    return {frozenset(["equal", "insert"]): 1, frozenset(["equal", "delete"]): -1}.get(frozenset(ops), 0)
