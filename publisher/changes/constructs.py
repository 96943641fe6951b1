"""The small words that turn a sentence: negations, may and must, exceptions, only and all, and and or.

What a sentence says of each is counted, and the counts before and after are compared: a lawyer reads a change by them.
Idioms that only look like a negation ("without delay", 지체 없이) are taken out first. English is read by patterns,
Korean by patterns over its morphemes; both stand in the lexicon.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from publisher.changes.lexicon import Lexicon
from publisher.messages import Message, msg
from publisher.texts.korean import tagged

#: What is said when a construct comes, and when it goes.
SENTENCES: Final[dict[str, tuple[Message, Message]]] = {
    "negation": (msg("A negation is added."), msg("A negation is taken away.")),
    "without": (msg("“Without” is added."), msg("“Without” is taken away.")),
    "possibility": (msg("What was certain becomes possible."), msg("What was possible becomes certain.")),
    "duty": (msg("Something becomes a duty."), msg("Something is no longer a duty.")),
    "effort": (msg("A promise becomes an endeavour."), msg("An endeavour becomes a promise.")),
    "exception": (msg("An exception is added."), msg("An exception is taken away.")),
    "only": (msg("Something is restricted (“only”)."), msg("A restriction (“only”) is taken away.")),
    "all": (msg("Something now holds for all."), msg("Something no longer holds for all.")),
    "open_list": (msg("A closed list becomes open."), msg("An open list becomes closed.")),
    "alternative": (msg("An alternative (“or”) is added."), msg("An alternative (“or”) is taken away.")),
    "conjunction": (
        msg("A further condition or item (“and”) is added."),
        msg("A condition or item (“and”) is taken away."),
    ),
    "condition": (msg("A condition is added."), msg("A condition is taken away.")),
    "at_least": (msg("A lower limit is set."), msg("A lower limit is taken away.")),
    "at_most": (msg("An upper limit is set."), msg("An upper limit is taken away.")),
    "promptly": (msg("It is to be done at once."), msg("It need no longer be done at once.")),
    "discretion": (msg("It is left to discretion."), msg("It is no longer left to discretion.")),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """A construct that came (`more`) or went, and the sentence for the reader."""

    construct: str
    more: bool

    @property
    def sentence(self) -> Message:
        return SENTENCES[self.construct][0 if self.more else 1]


def turns(before: str, after: str, lexicon: Lexicon) -> tuple[Turn, ...]:
    """The constructs of which `after` has more or fewer than `before`, most telling first (see `SENTENCES`)."""
    had, has = constructs(before, lexicon), constructs(after, lexicon)
    return tuple(Turn(name, has[name] > had[name]) for name in SENTENCES if had[name] != has[name])


def denied(text: str, lexicon: Lexicon) -> bool:
    """Whether what a part of a sentence says is that something is not so."""
    return constructs(text.strip(" ,;"), lexicon)["denial"] % 2 == 1


#: A passage of more letters is no sentence that a small word could turn; Korean of that length takes seconds to read.
LONGEST: Final = 5_000


@lru_cache(maxsize=2048)
def constructs(text: str, lexicon: Lexicon) -> Counter[str]:
    """How often each construct stands in a passage; none in one of more than `LONGEST` letters. Not to be changed."""
    if not text.strip() or len(text) > LONGEST:
        return Counter()
    line = tagged(text) if lexicon.language == "ko" else text.casefold()
    for idiom in lexicon.idioms:
        line = idiom.sub(" ", line)
    return Counter({c.name: len(c.pattern.findall(line)) for c in lexicon.constructs})
