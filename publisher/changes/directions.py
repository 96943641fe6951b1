"""Whether a change makes the reader's position better or worse.

A statement lets the company do something (collect, share, keep) or gives the reader something (a right, a safeguard,
notice). A change makes the statement stronger or weaker: a negation, "may", an exception, a longer period. Stronger
power is worse, stronger benefit better, and backwards. Where neither is plain the direction is unknown.
"""

from __future__ import annotations

import re
from typing import Final

from publisher.changes.constructs import Turn, constructs, turns
from publisher.changes.lexicon import Lexicon
from publisher.changes.model import Direction
from publisher.changes.redline import redline
from publisher.texts.facts import Fact, periods

#: Reasons whose statements let the company do something.
_POWER: Final = frozenset(
    ["R01", "R02", "R04", "R05", "R06", "R07", "R09", "R12", "R14", "R17", "R18", "R19", "R25", "R03"]
)
#: Reasons whose statements give the reader something.
_BENEFIT: Final = frozenset(["R08", "R10", "R11", "R13", "R15", "R16", "R20", "R22"])
#: Reasons in which a longer period serves the reader, and in which it serves the company.
_LONGER_IS_BETTER: Final = frozenset(["R17", "R20"])
_LONGER_IS_WORSE: Final = frozenset(["R07", "R08", "R10", "R15", "R25"])
#: How a construct that comes changes the strength of its statement.
_STRENGTH: Final = {
    "negation": -1,
    "possibility": -1,
    "duty": 1,
    "effort": -1,
    "exception": -1,
    "only": -1,
    "all": 1,
    "open_list": 1,
    "alternative": 1,
    "condition": -1,
    "promptly": 1,
    "discretion": 1,
}
_UNIT_DAYS: Final = {"H": 1 / 24, "D": 1, "W": 7, "M": 30.4, "Y": 365.2}
_NUMBER: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def direction(code: str, before: str, after: str, lexicon: Lexicon) -> Direction:
    """What an edit of the passage `before` to `after`, which is about `code`, does to the reader."""
    valence = _valence(code, before, after, lexicon)
    if valence == 0:
        return Direction.UNKNOWN
    figures = _figures(before, after)
    if figures and before and after:
        return _of(_longer(code, valence) * figures)
    return _of(valence * _strength(before, after, lexicon))


def _of(sign: int) -> Direction:
    return Direction.WORSE if sign < 0 else Direction.BETTER if sign > 0 else Direction.UNKNOWN


def _valence(code: str, before: str, after: str, lexicon: Lexicon) -> int:
    """-1 where the statement is the company's power, 1 where it is the reader's benefit, 0 where neither is plain."""
    text = before + "\n" + after
    for cue in lexicon.valences:
        if cue.code == code and cue.pattern.search(text):
            return cue.weight
    return -1 if code in _POWER else 1 if code in _BENEFIT else 0


def _longer(code: str, valence: int) -> int:
    """1 where a larger figure serves the reader, -1 where it serves the company."""
    if code in _LONGER_IS_BETTER:
        return 1
    return -1 if code in _LONGER_IS_WORSE else valence


def _figures(before: str, after: str) -> int:
    """1 if the one period or number that differs grew, -1 if it shrank, 0 if none or several differ."""
    gone, came = (
        sorted((periods(before) - periods(after)).elements()),
        sorted((periods(after) - periods(before)).elements()),
    )
    if len(gone) == len(came) == 1:
        return _sign(_days(came[0]) - _days(gone[0]), same_unit=gone[0].value[-1] == came[0].value[-1])
    if gone or came:
        return 0
    old, new = _NUMBER.findall(before), _NUMBER.findall(after)
    if len(old) != len(new):
        return 0
    differing = [
        (float(a.replace(",", "")), float(b.replace(",", ""))) for a, b in zip(old, new, strict=True) if a != b
    ]
    return _sign(differing[0][1] - differing[0][0], same_unit=True) if len(differing) == 1 else 0


def _sign(difference: float, *, same_unit: bool) -> int:
    # 30 days and a month are neither longer nor shorter than each other
    return 0 if abs(difference) < (0 if same_unit else 3) else (difference > 0) - (difference < 0)


def _days(fact: Fact) -> float:
    figure = re.search(r"[\d.]+", fact.value)
    return float(figure.group()) * _UNIT_DAYS[fact.value[-1]] if figure else 0


def _strength(before: str, after: str, lexicon: Lexicon) -> int:
    """1 if the statement became stronger, -1 if weaker, 0 if that is not plain."""
    if not before or not after:
        sign = 1 if after else -1
        return sign * (-1 if _negated(before or after, lexicon) else 1)
    found = [t for t in turns(before, after, lexicon) if t.construct in _STRENGTH]
    negation = [t for t in found if t.construct == "negation"]
    if negation:
        return _step(negation[0])
    under = -1 if _negated(before, lexicon) and _negated(after, lexicon) else 1
    if found:
        steps = {_step(t) for t in found}
        return under * steps.pop() if len(steps) == 1 else under * _step(found[0])
    return under * _grown(before, after)


def _step(turn: Turn) -> int:
    return _STRENGTH[turn.construct] * (1 if turn.more else -1)


def _negated(text: str, lexicon: Lexicon) -> bool:
    return constructs(text, lexicon)["negation"] % 2 == 1


def _grown(before: str, after: str) -> int:
    """1 if words only came, -1 if words only went."""
    ops = {run.op for run in redline(before, after)}
    return {frozenset(["equal", "insert"]): 1, frozenset(["equal", "delete"]): -1}.get(frozenset(ops), 0)
