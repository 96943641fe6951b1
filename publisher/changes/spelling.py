"""Whether two words are one word, spelt in two ways (M4): a slip put right, or a form that grammar demands.

English by the word list of pyspellchecker, Korean by Kiwi's dictionary; both are read when the first word needs them.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

from rapidfuzz.distance import OSA

from publisher.texts.korean import letters, morphemes, same_particle
from publisher.texts.tokens import words

#: So many letters may a slip of the pen change (insert, drop, replace, or swap with the next).
MOST_LETTERS: Final = 2
#: In a shorter word one letter makes another word.
_SHORTEST: Final = 4
#: No word is longer; what is written so is not looked up.
_LONGEST: Final = 40
_WORD: Final = re.compile(r"[a-z]+(?:['’][a-z]+)?", re.IGNORECASE)
_VOWEL: Final = re.compile(r"[\"“‘'(]*(?:[aeio]|u(?!ni|se|sa|ti|r[aeiou]|b)|h(?:our|onest|eir))", re.IGNORECASE)
# British and American spelling of one word; licence and license both occur as noun and verb.
_VARIANTS: Final = (
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing|able|ation|ations)$)"), "iz"),
    (re.compile(r"(?<=[a-z]{3})ys(?=(?:e|ed|es|ing)$)"), "yz"),
    (re.compile(r"(?<=[a-z]{2})our(?=(?:s|ed|ing|able|ite|ites|al|ful)?$)"), "or"),
    (re.compile(r"(?<=[a-z]{3})tre(?=s?$)"), "ter"),
    (re.compile(r"cence(?=[sd]?$)"), "cense"),
    (re.compile(r"(?<=[a-z]{2}[ae])ll(?=(?:ed|ing|er|ers|ation)$)"), "l"),
    (re.compile(r"(?<=dg)e(?=ment)"), ""),
    (re.compile(r"fulfil(?!l)"), "fulfill"),
    (re.compile(r"enrol(?!l)"), "enroll"),
)
# Endings as they were written before 1988, and as they are often misheard.
_KOREAN_SLIPS: Final = (
    ("읍니다", "습니다"),
    ("임니다", "입니다"),
    ("됬", "됐"),
    ("할께", "할게"),
    ("되요", "돼요"),
    ("몇일", "며칠"),
)
_PLURAL_SUBJECT: Final = frozenset({"we", "you", "they", "i"})
_SINGULAR_SUBJECT: Final = frozenset({"it", "he", "she"})
_BETWEEN: Final = frozenset({"also", "only", "always", "then", "therefore", "either", "generally", "sometimes"})
# What stands before a word and makes another of it.
_TURNING: Final = ("un", "in", "im", "ir", "il", "non", "re", "a", "de")
_AGREEING: Final = {("is", "are"), ("has", "have"), ("was", "were"), ("does", "do")}


@cache
def _english() -> frozenset[str]:
    """The words of pyspellchecker's list; read as data, for its index of letters is not needed here."""
    import gzip
    import json

    packed = (resources.files("spellchecker") / "resources" / "en.json.gz").read_bytes()
    return frozenset(json.loads(gzip.decompress(packed)))


def is_word(word: str) -> bool:
    """Whether an English word is in the dictionary, in any spelling of its ending."""
    plain = word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    listed = _english()
    return plain in listed or _one_spelling(plain) in listed


def same_word(before: str, after: str, left: str, right: str) -> bool:
    """Whether `before` and `after` are one word in two spellings; `left` and `right` are the words beside them."""
    if re.search(r"\d", before + after) or not before or not after or before.casefold() == after.casefold():
        return False
    if _is_hangul(before) and _is_hangul(after):
        return same_particle(before, after) or _korean_slip(before, after)
    return (
        _article(before, after, right)
        or _agreement(before, after, left)
        or _hyphenation(before, after)
        or _one_spelling(before.casefold()) == _one_spelling(after.casefold())
        or _english_slip(before, after)
        or _words_run_together(before, after)
    )


def _one_spelling(word: str) -> str:
    for pattern, american in _VARIANTS:
        word = pattern.sub(american, word)
    return word


def _english_slip(before: str, after: str) -> bool:
    """A word that is none becomes one; not one none, or "from" could become "form" by way of "fomr"."""
    one, other = before.casefold(), after.casefold()
    if not _WORD.fullmatch(one) or not _WORD.fullmatch(other):
        return False
    if not _SHORTEST <= max(len(one), len(other)) <= _LONGEST:
        return False
    if not 0 < OSA.distance(one, other) <= min(MOST_LETTERS, len(one) // 3 + 1) or _inflected(one, other):
        return False
    return not is_word(one) and is_word(other) and not _between_opposites(one, other)


def _inflected(one: str, other: str) -> bool:
    """A negation, or a plural that the word list does not have ("datas"), is another word for our purpose."""
    shorter, longer = sorted((one, other), key=len)
    return longer in {shorter + "s", shorter + "es"} or longer in {p + shorter for p in _TURNING}


def _between_opposites(slip: str, right: str) -> bool:
    """Whether a slip may as well stand for the opposite: "irevocable" for "irrevocable" and for "revocable"."""
    opposites = [p + right for p in _TURNING] + [right.removeprefix(p) for p in _TURNING if right.startswith(p)]
    far = OSA.distance(slip, right)
    return any(OSA.distance(slip, opposite) <= far and is_word(opposite) for opposite in opposites)


def _words_run_together(before: str, after: str) -> bool:
    """`tothe` becomes `to the`: what is written as one is no word, and both of the two are."""
    one, other = sorted((before.split(), after.split()), key=len)
    return (
        len(one) == 1
        and len(other) == 2
        and "".join(other).casefold() == one[0].casefold()
        and one[0].isalpha()
        and not is_word(one[0])
        and all(is_word(part) for part in other)
        and "not" not in map(str.casefold, other)
    )


def _hyphenation(before: str, after: str) -> bool:
    """Wi-Fi and WiFi, third party and third-party; not re-sign and resign."""
    if "-" not in before + after:
        return False
    one, other = (re.sub(r"[-\s]", "", side).casefold() for side in (before, after))
    prefixed = any(re.match(r"(?:re|un|in|co|de|ex|dis)-", side, re.IGNORECASE) for side in (before, after))
    return one == other and one.isalpha() and not prefixed


def _article(before: str, after: str, right: str) -> bool:
    """a and an, of which the next word allows only one."""
    pair = {before.casefold(), after.casefold()}
    return pair == {"a", "an"} and bool(right.strip()) and _fits(after, right) != _fits(before, right)


def _fits(article: str, word: str) -> bool:
    return (article.casefold() == "an") == bool(_VOWEL.match(word.strip()))


def _agreement(before: str, after: str, left: str) -> bool:
    """ "we retains" becomes "we retain": the verb takes the form that its subject demands."""
    one, other = before.casefold(), after.casefold()
    singular, plural = sorted((one, other), key=lambda w: (w.endswith("s"), len(w)), reverse=True)
    if (singular, plural) not in _AGREEING and singular not in {plural + "s", plural + "es"}:
        return False
    subjects = [w for w in (word.strip().casefold() for word in words(left)[-2:]) if w not in _BETWEEN]
    if not subjects:
        return False
    subject = subjects[-1]
    return subject in _PLURAL_SUBJECT or subject in _SINGULAR_SUBJECT


def _is_hangul(text: str) -> bool:
    return bool(text) and all("가" <= c <= "힣" for c in text)


def _korean_slip(before: str, after: str) -> bool:
    """One letter of a word that no dictionary has, and then it is one; or a slip that Kiwi reads as if right."""
    if _put_right(before) == _put_right(after):
        return True
    if (
        abs(len(before) - len(after)) > 1
        or len(before) > _LONGEST
        or OSA.distance(letters(before), letters(after)) > MOST_LETTERS
    ):
        return False
    was, became = _all_known(before), _all_known(after)
    return became and not was


def _put_right(word: str) -> str:
    for wrong, right in _KOREAN_SLIPS:
        word = word.replace(wrong, right)
    return word


def _all_known(word: str) -> bool:
    return all(m.known for m in morphemes(word))
