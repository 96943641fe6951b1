"""Whether two passages say the same in other words or signs: the proofs M2 to M9 that need only the passage.

Both passages are cut into words; what may be exchanged without a reader being told anything else (a telephone number, a
reference to a clause that was renumbered, a company under its new name) counts as one word of its kind. What then still
differs must be proved difference by difference, or nothing is proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from publisher.changes.instances import instances
from publisher.changes.lexicon import Lexicon
from publisher.changes.model import Proof
from publisher.changes.references import Numbering
from publisher.changes.sequences import stretches
from publisher.changes.spelling import same_word
from publisher.messages import Message, msg
from publisher.texts.korean import either_form
from publisher.texts.tokens import folded, words

SAYS: Final[dict[str, Message]] = {
    "M2": msg("Only punctuation, quotation marks or capital letters change; the words are the same."),
    "M3": msg("A reference follows the clause that it leads to, which has another number now."),
    "M4": msg("A spelling mistake is put right."),
    "M6": msg("Only the spacing between words changes."),
    "M7": msg("Only how to reach the same office, or where a page stands, changes."),
    "M8": msg("Only the date that the text bears changes."),
    "M9": msg("A body or statute is called by its new official name."),
}

# Words whose repetition, joining or cutting can turn a sentence round, or which stand twice with good reason.
_NEVER_DOUBLED: Final = frozenset(["not", "no", "never", "without", "nor", "non", "un", "that", "had"])
# Syllables at which a space makes another word: 못 하다/못하다, 안 되다/안되다, 한 번/한번, 지 않/지않, 만, 들, 등, 수.
_SPACING_GUARD: Final = frozenset("못안만들등수지않한번되하없뿐대로같데전")
_FIXED_SPACING: Final = re.compile(r"(지체|국번|빠짐)\s?(없이)")
# Words that capitals make into others, all of them or the first.
_CAPITALS_TELL: Final = frozenset(["us", "it", "who", "act", "aids", "ms", "in"])
_CAPITAL_TELLS: Final = frozenset(["may", "march", "august", "polish", "turkey", "china", "job"])
#: Where more of the words have a capital, it is a heading and tells nothing.
_MANY_CAPITALS: Final = 0.6
_PARTICLE_END: Final = re.compile(r"[은는을를도만]$")
_SIGNS: Final = frozenset([".", ";", ","])

_DATE: Final = (
    r"(?:\d{4}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}\s?[일.]?|\d{1,2}(?:st|nd|rd|th)?\s(?:of\s)?[A-Z][a-z]{2,8}\.?,?\s\d{4}"
    r"|[A-Z][a-z]{2,8}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}|[A-Z][a-z]{2,8},?\s\d{4}|\d{1,2}/\d{1,2}/\d{2,4})"
)
_DATE_LINE: Final = re.compile(
    r"\W*(?:version\s[\d.]+,?\s)?(?:"
    r"(?:(?:date\s(?:of\s)?|this\s\w+\swas\s)?(?:last|latest)?\s?(?:updated?|revis(?:ed|ion)|modified|changed|effective|announced|posted|published|version)"
    r"(?:\s(?:date|on|as\sof|from|since|starting))*\s?:?\s?)"
    r"|(?:(?:this|these|the|our)\s[\w\s]{1,40}?\s(?:is|are|was|were|became|becomes?)\s(?:last\s)?(?:effective|updated|revised)(?:\s(?:on|as\sof|from|since))?\s)"
    r"|(?:(?:최종|최근|마지막)?\s?(?:수정|변경|개정|시행|공고|공지|게시|작성|제정)\s?(?:일자|일시|날짜|일)?\s?[:：]?\s?)"
    r"|(?:(?:본|이)\s(?:[\w·]+\s){0,3}?(?:방침|약관|정책)[은는]\s?)"
    r")" + _DATE + r"\s?(?:부터\s?)?(?:\s?(?:시행|적용)(?:합니다|됩니다|한다|된다)?)?[\s.)\]*]*",
    re.IGNORECASE,
)


#: A longer line says more than a date; all the ways to read one take long to try.
_LONGEST_DATE_LINE: Final = 200


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as written, and what it counts as."""

    raw: str
    key: str
    #: "" or what it is an instance of: the code of the proof when only the instance changes
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Difference:
    """Words that differ between two equal stretches, with the words beside them."""

    gone: tuple[_Word, ...]
    came: tuple[_Word, ...]
    left: str
    right: str


def prove_date(before: str, after: str) -> tuple[Proof, ...] | None:
    """M8 for a date alone, which is the text's own where it stands before the first clause."""
    dates = [re.fullmatch(_DATE, folded(side).strip("*_() ")) for side in (before, after)]
    return (Proof("M8", SAYS["M8"]),) if all(dates) else None


def prove_words(
    before: str, after: str, lexicon: Lexicon, numbering: Numbering, *, ends_block: bool
) -> tuple[Proof, ...] | None:
    """Proofs for every difference between two passages, or None where one is not proved.

    `ends_block`: the passage is the last of its block, where the sign at its end joins nothing.
    """
    if not before.strip() or not after.strip():
        return None
    one, other = folded(before), folded(after)
    if _date_line(one, other):
        return (Proof("M8", SAYS["M8"]),)
    old, new = _cut(one, lexicon, numbering, new=False), _cut(other, lexicon, numbering, new=True)
    proofs: dict[str, Proof] = {}
    for proof in _proofs(old, new, lexicon, ends_block=ends_block):
        if proof is None:
            return None
        proofs.setdefault(proof.code, proof)
    return tuple(proofs.values()) or (Proof("M2", SAYS["M2"]),)


def _proofs(
    old: Sequence[_Word], new: Sequence[_Word], lexicon: Lexicon, *, ends_block: bool
) -> Iterator[Proof | None]:
    gone: list[_Word] = []
    came: list[_Word] = []
    left = ""
    for part in stretches([w.key for w in old], [w.key for w in new]):
        ours, theirs = old[part.old_start : part.old_end], new[part.new_start : part.new_end]
        if not part.equal:
            gone += ours
            came += theirs
            continue
        if gone or came:
            right = "".join(w.raw for w in theirs)
            yield _prove(_Difference(tuple(gone), tuple(came), left, right), lexicon, last=False)
            gone, came = [], []
        for one, other in zip(ours, theirs, strict=True):
            if one.raw.strip() != other.raw.strip():
                code = one.code or "M2"
                yield Proof(code, SAYS[code])
        left = "".join(w.raw for w in theirs)
    if gone or came:
        yield _prove(_Difference(tuple(gone), tuple(came), left, ""), lexicon, last=ends_block)


def _prove(difference: _Difference, lexicon: Lexicon, *, last: bool) -> Proof | None:
    if any(w.code for w in (*difference.gone, *difference.came)):
        return None
    return (
        _sign(difference, last=last) or _doubled(difference) or _spacing(difference) or _spelling(difference, lexicon)
    )


def _sign(difference: _Difference, *, last: bool) -> Proof | None:
    """M2: the sign that ends a block, or a full stop that stands where no sentence can end."""
    signs = [w.key for w in (*difference.gone, *difference.came)]
    if not all(sign in _SIGNS for sign in signs):
        return None
    stray = set(signs) == {"."} and len(signs) == 1 and bool(re.match(r"\s?(?:\(|[a-z])", difference.right))
    return Proof("M2", SAYS["M2"]) if last or stray else None


def _doubled(difference: _Difference) -> Proof | None:
    """M5: a word that stood twice stands once, or the other way round."""
    if bool(difference.gone) == bool(difference.came):
        return None
    extra = difference.gone or difference.came
    word = extra[0].key
    if len(extra) != 1 or word in _NEVER_DOUBLED or re.search(r"\d", word) or not word[0].isalnum():
        return None
    beside = [
        *(w.strip().casefold() for w in words(difference.left)[-1:]),
        *(w.strip().casefold() for w in words(difference.right)[:1]),
    ]
    korean = "가" <= word[0] <= "힣"
    exact = word in beside and (not korean or len(word) > 1 or word in "및")
    prefix = (
        korean and len(word) > 1 and not _PARTICLE_END.search(word) and any(w.startswith(word) for w in beside[-1:])
    )
    if exact or (prefix and difference.right.strip()):
        shown = extra[0].raw.strip()
        return Proof("M5", msg("A word that stood there twice by mistake (“{word}”) now stands once.", word=shown))
    return None


def _spacing(difference: _Difference) -> Proof | None:
    """M6: Korean spacing alone, away from syllables where a space makes another word."""
    before, after = ("".join(w.raw for w in side) for side in (difference.gone, difference.came))
    before, after = (_FIXED_SPACING.sub(r"\1\2", side) for side in (before, after))
    if not before or before.replace(" ", "") != after.replace(" ", ""):
        return None
    for left, right in _moved_spaces(before.strip(), after.strip()):
        joins_letters = "가" <= left <= "힣" and "가" <= right <= "힣"
        joins_unit = left.isdigit() and right in "년월일개시주"
        if not (joins_letters or joins_unit) or left in _SPACING_GUARD or right in _SPACING_GUARD:
            return None
    return Proof("M6", SAYS["M6"])


def _moved_spaces(before: str, after: str) -> list[tuple[str, str]]:
    """The letters on both sides of each space that stands in one of the passages only."""
    return [
        (letters[position - 1], letters[position])
        for letters in [before.replace(" ", "")]
        for position in _space_positions(before) ^ _space_positions(after)
        if 0 < position < len(letters)
    ]


def _space_positions(text: str) -> set[int]:
    positions, count = set(), 0
    for character in text:
        if character == " ":
            positions.add(count)
        else:
            count += 1
    return positions


def _spelling(difference: _Difference, lexicon: Lexicon) -> Proof | None:
    """M4: each word is the same word spelt otherwise, and none of them is one that can turn a sentence."""
    gone, came = difference.gone, difference.came
    pairs = [(a.raw.strip(), b.raw.strip()) for a, b in zip(gone, came, strict=False)]
    if len(gone) != len(came):
        pairs = [("".join(w.raw for w in gone).strip(), "".join(w.raw for w in came).strip())]
    left, right = difference.left, difference.right
    for i, (before, after) in enumerate(pairs):
        following = pairs[i + 1][1] if i + 1 < len(pairs) else right
        if not same_word(before, after, left, following) or _turns_a_sentence(before, after, lexicon):
            return None
    before, after = ("".join(w.raw for w in side).strip() for side in (gone, came))
    return Proof(
        "M4", msg("A spelling mistake is put right: “{before}” becomes “{after}”.", before=before, after=after)
    )


def _turns_a_sentence(before: str, after: str, lexicon: Lexicon) -> bool:
    if lexicon.language == "ko":
        return bool(re.search(r"[않없못안만등]|제외|금지|이상|이하|미만|초과", before + after))
    small = (before.casefold(), after.casefold())
    return any(c.pattern.fullmatch(side) for c in lexicon.constructs for side in small)


def _date_line(before: str, after: str) -> bool:
    """M8: a line that says when the text was changed or takes effect, and nothing but the date differs."""
    return (
        max(len(before), len(after)) <= _LONGEST_DATE_LINE
        and bool(_DATE_LINE.fullmatch(before) and _DATE_LINE.fullmatch(after))
        and _undated(before) == _undated(after)
        and before != after
    )


def _undated(line: str) -> str:
    """A line without its date and the number of its version."""
    return re.sub(r"version\s[\d.]+", "version", re.sub(_DATE, "", line), flags=re.IGNORECASE)


def _cut(text: str, lexicon: Lexicon, numbering: Numbering, *, new: bool) -> list[_Word]:
    """The words of a folded passage; what may be exchanged counts as one word of its kind."""
    capitals = _in_capitals(text)
    cut: list[_Word] = []
    start = 0
    for begin, end, key, code in instances(text, lexicon, numbering, new=new):
        if begin < start:
            continue
        cut += _plain(text[start:begin], capitals=capitals, follows=bool(cut))
        cut.append(_Word(text[begin:end], key, code))
        start = end
    return cut + _plain(text[start:], capitals=capitals, follows=bool(cut))


def _plain(text: str, *, capitals: bool, follows: bool) -> list[_Word]:
    """Words as they stand; a Korean particle that follows an instance counts as the same in either form."""
    plain = [_Word(raw, _key(raw.strip(), capitals=capitals)) for raw in words(text) if raw.strip()]
    if follows and plain and not plain[0].raw[0].isspace():
        plain[0] = replace(plain[0], key=either_form(plain[0].key))
    return plain


def _key(word: str, *, capitals: bool) -> str:
    small = word.casefold()
    if len(word) > 1 and word[-1] == "." and " " in word:
        small = small[:-1]  # the full stop of a company's legal form
    tells = (small in _CAPITALS_TELL and word.isupper()) or (small in _CAPITAL_TELLS and word.istitle())
    return word if tells and not capitals else small


def _in_capitals(text: str) -> bool:
    """Whether a passage is a heading in capitals, or with a capital to most of its words."""
    said = [w for w in text.split() if w[:1].isalpha() and w.isascii()]
    return text.isupper() or sum(w[0].isupper() for w in said) > _MANY_CAPITALS * len(said) > 0
