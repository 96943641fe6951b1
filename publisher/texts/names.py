"""Companies, countries and statutes that a text names, in one spelling for both languages.

Companies are known by their legal form ("Example Inc.", "(주)보기") or from a short list of services; a name that is
not in the list keeps its own spelling, without the legal form. Countries are ISO 3166 codes. Statutes are ids of the
list ("kr-pipa"), or their own names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from publisher.texts.contacts import GAP, taken, without
from publisher.texts.figures import Found
from publisher.texts.lexicon import table
from publisher.texts.tokens import folded

_PARTICLE: Final = (
    r"(?:(?:에서|에게|으?로서?|으?로부터|께|에)(?:는|도|만|의)?|은|는|이|가|을|를|와|과|의|도|만|이나|나|및|등|까지|부터"
    r"|이며|이고|이라|라|입니다|인)"
)
#: A Korean name stands between these, so that 한국 is not found in 한국어 nor 메타 in 메타데이터.
_KOREAN_START: Final = r"(?<![가-힣A-Za-z0-9])"
_KOREAN_END: Final = rf"(?={_PARTICLE}?(?![가-힣]))"
_LATIN_START: Final = r"(?<![A-Za-z0-9.&])"
_LATIN_END: Final = r"(?![A-Za-z0-9])"

_KOREAN_FORM: Final = re.compile(r"㈜|\((?:주|유)\)|주식회사|유한(?:책임)?회사")
_LATIN_FORM: Final = re.compile(
    r",?\s(?:Co\.?,?\s?Ltd\b\.?|Company\sLimited\b|Inc\b\.?|Incorporated\b|Corp\b\.?|Corporation\b|(?:LLC|LLP)\b|L\.L\.[CP]\."
    r"|P(?:te|ty|vt)\.?,?\s?Ltd\b\.?|Ltd\b\.?|Limited\b|GmbH\b|AG\b|AB\b|SAS\b|S\.A\.(?:S\.)?|S\.r\.l\.|B\.?V\b\.?|N\.V\."
    r"|K\.K\.|PLC\b|plc\b|A/S\b)"
)
# A legal form is a word of its own, and words before a name that begin a sentence are none of it.
_NOT_OF_A_NAME: Final = frozenset(
    [
        *("The", "A", "An", "And", "Or", "Of", "By", "To", "From", "For", "With", "In", "On", "At", "Our", "We", "As"),
        *("Company", "Companies", "Processor", "Processors", "Provider", "Vendor", "Partner", "Operator", "Name"),
        *("Such", "Including", "Use", "Uses", "Where", "When", "If"),
    ]
)
#: How much is read before or after a legal form, in characters.
_NEAR: Final = 80
_NAME_AFTER: Final = re.compile(r"(?:\s(?![a-z]))?([가-힣A-Za-z0-9&·.\-]*[가-힣A-Za-z0-9])")
_NAME_BEFORE: Final = re.compile(r"(?<![가-힣A-Za-z0-9&·.\-])([가-힣A-Za-z0-9][가-힣A-Za-z0-9&·.\-]*)(\s?)$")
_HANGUL: Final = re.compile("[가-힣]")
_TRAILING: Final = re.compile(r"(?:에서|에게|으로|에|의|등|입니다|이며|이고)$")

_STATUTE: Final = re.compile(r"「([^「」]{2,80})」(\s?시행령|\s?시행규칙)?")
_KOREAN_LAW: Final = re.compile(rf"{_KOREAN_START}[가-힣]{{2,20}}법(?:\s?시행령|\s?시행규칙)?{_KOREAN_END}")
# Words that end in 법 and are no statutes: methods, and laws spoken of in general.
_NO_LAW: Final = re.compile(
    r"(?:방|기|수|용|해|불|위|적|합|편|비|화|준|입|사|탈|요|어|문|관련|현행|관계|국내|각종|해당|준거)법$"
)
_ACT: Final = re.compile(r"(?<![A-Za-z])Act\b(?: (?:on|of|for) (?=(?:the )?[A-Z])|)")
_ACT_WORDS: Final = re.compile(r"(?:(?:[A-Z][\w'-]*|on|of|and|in|the|for|to|against)(?:,? |$|(?=[^\w'-])))*")
_SMALL_WORDS: Final = frozenset(["of", "and", "for", "on", "the", "to", "in", "against"])
_NOT_OF_AN_ACT: Final = frozenset(
    (
        "The",
        "This",
        "That",
        "An",
        "A",
        "Under",
        "Such",
        "Said",
        "Any",
        "By",
        "In",
        "See",
        "And",
        "Or",
        "Of",
        "Our",
        "US",
    )
)
_KOREAN: Final = frozenset(["Korean", "Korea's", "South", "Korea"])
_DECREE: Final = re.compile(r"Enforcement Decree of(?: the)?\s?$")
_STAND_ALONE: Final = r"(?:^|(?<=[|,(:;/·]))\s?({})(?=\s?(?:[|,):;/·]|$))"


def take_names(text: str) -> tuple[Found, str]:
    """Kind ("law", "party", "country") and value of each name, and the text without them.

    `text` has single spaces only.
    """
    laws, text = _take_laws(text)
    parties, text = _take_parties(text)
    countries, text = _take_countries(text)
    return [*laws, *parties, *countries], text


def country_name(code: str, language: str) -> str:
    """The name of a country in a language; the code itself for what has none ("EEA")."""
    from babel import Locale

    return str(Locale(language).territories.get(code, code))


@cache
def _known(kind: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds the names of the list, longest first, and the value of each without its spaces."""
    names = _countries() if kind == "countries" else table("names")[kind]
    values = {_closed(name): value for value, spellings in names.items() for name in spellings}
    everyday = set(table("names")["everyday"]["korean"]) if kind == "countries" else set()
    spellings = sorted({name for found in names.values() for name in found} - everyday, key=len, reverse=True)
    return re.compile("|".join(_alternatives(spellings))), values


def _alternatives(spellings: Iterable[str]) -> Iterator[str]:
    latin = [name for name in spellings if not _HANGUL.search(name)]
    korean = [name for name in spellings if _HANGUL.search(name)]
    yield f"{_LATIN_START}(?:{'|'.join(re.escape(name) for name in latin)}){_LATIN_END}"
    names = "|".join(re.escape(name).replace(r"\ ", r"\s?") for name in korean)
    yield f"{_KOREAN_START}(?:{names})(?:\\s?시행령|\\s?시행규칙)?{_KOREAN_END}"


@cache
def _countries() -> Mapping[str, list[str]]:
    from babel import Locale

    names: dict[str, list[str]] = {code: list(found) for code, found in table("names")["countries"].items()}
    for language in ("en", "ko"):
        for code, name in Locale(language).territories.items():
            # the codes that ISO leaves to their users are no countries
            if re.fullmatch("[A-Z]{2}", code) and code not in {"ZZ", "XA", "XB", "QO", "EZ", "UN"}:
                names.setdefault(code, []).append(folded(str(name)))
    return names


def _closed(name: str) -> str:
    return re.sub(r"\s", "", name)


def _take_laws(text: str) -> tuple[Found, str]:
    found: list[str] = []
    pattern, values = _known("laws")
    statutes, text = taken(_STATUTE, text) if "「" in text else ([], text)
    for match in statutes:
        found.append(_law(match[1] + (match[2] or ""), values))
    matches = [m for m in pattern.finditer(text) if not _ends_another_act(text, m)]
    for match in matches:
        decree = "-decree" if _DECREE.search(text, max(0, match.start() - 30), match.start()) else ""
        found.append(_law(match.group(), values) + decree)
    text = without(text, matches)
    if "법" in text:
        matches = [m for m in _KOREAN_LAW.finditer(text) if not _NO_LAW.search(m.group())]
        found += [match.group() for match in matches]
        text = without(text, matches)
    if "Act" in text:
        acts, text = _acts(text)
        found += acts
    return [("law", value) for value in found], text


def _ends_another_act(text: str, match: re.Match[str]) -> bool:
    """Whether it is the end of a longer name: the Copyright Act of Korea is not the Sample Copyright Act."""
    if not match.group().endswith("Act"):
        return False
    return any(word not in _KOREAN for word in _words_before(text, match.start(), frozenset(), _NOT_OF_AN_ACT))


def _law(written: str, values: Mapping[str, str]) -> str:
    """The id of a statute of the list, of its decree or rules; else its name as written."""
    name = re.sub(r"\s?(시행령|시행규칙)$", "", written)
    value = values.get(_closed(name), "")
    if not value:
        return written
    return value + {"시행령": "-decree", "시행규칙": "-rules"}.get(written[len(name) :].strip(), "")


def _acts(text: str) -> tuple[list[str], str]:
    """Names of statutes of the shape "Sample Trade Act" and "Act on Sample Trade"."""
    names, parts, end = [], [], 0
    for match in _ACT.finditer(text):
        if match.start() < end:
            continue
        words = _words_before(text, match.start(), frozenset(["of", "and"]), _NOT_OF_AN_ACT)
        tail = _ACT_WORDS.match(text, match.end(), match.end() + _NEAR) if match.group() != "Act" else None
        name = " ".join([*words, match.group().strip(), *_without_small_end(tail.group() if tail else "")])
        if name == "Act":
            continue
        names.append(name)
        stop = match.end() + (len(tail.group()) if tail else 0)
        start = max(end, match.start() - len(" ".join(words)) - 1)
        parts += [text[end:start], GAP * (stop - start)]
        end = stop
    return names, "".join([*parts, text[end:]])


def _without_small_end(tail: str) -> list[str]:
    words = tail.replace(",", "").split()
    while words and words[-1] in _SMALL_WORDS:
        words.pop()
    return words


def _words_before(text: str, end: int, small: frozenset[str], never: frozenset[str]) -> list[str]:
    """The capitalised words right before `end`, with small words between them."""
    words: list[str] = []
    for word in reversed(text[max(0, end - _NEAR) : end].split()):
        if word[-1] in ".,;:|)\"'" or _HANGUL.search(word):
            break
        plain = word.lstrip("(\"'")
        if not plain or GAP in plain or not (plain[0].isupper() or plain[0].isdigit() or plain in small | {"&"}):
            break
        words.insert(0, plain)
        if plain != word:
            break
    while words and (words[0] in small or words[0] in never or not re.search(r"[^\W\d]", words[0])):
        words.pop(0)
    return words


def _take_parties(text: str) -> tuple[Found, str]:
    pattern, values = _known("parties")
    found: list[str] = []
    spans: list[tuple[int, int]] = []
    for match in _KOREAN_FORM.finditer(text):
        named = _korean_company(text, match)
        if named:
            found.append(values.get(_closed(named[0]), named[0]))
            spans.append(named[1])
    for match in _LATIN_FORM.finditer(text):
        words = _words_before(text, match.start(), frozenset(), _NOT_OF_A_NAME)
        if words:
            name = " ".join(words)
            found.append(values.get(_closed(name), name))
            spans.append((match.start() - len(name), match.end()))
    text = _gapped(text, spans)
    matches, text = taken(pattern, text)
    found += [values[_closed(match.group())] for match in matches]
    return [("party", value) for value in found], text


def _gapped(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts, end = [], 0
    for start, stop in sorted(spans):
        if stop > end:
            parts += [text[end : max(start, end)], GAP * (stop - max(start, end))]
            end = stop
    return "".join([*parts, text[end:]])


def _korean_company(text: str, form: re.Match[str]) -> tuple[str, tuple[int, int]] | None:
    """The company to which a Korean legal form belongs, without its particle, and where the whole stands."""
    after = _NAME_AFTER.match(text, form.end(), form.end() + _NEAR)
    before = _NAME_BEFORE.search(text, max(0, form.start() - _NEAR), form.start())
    glued = before is not None and not before[2]
    word = form.group()[-2:] == "회사"
    # "보기(주)는" and "보기 주식회사는": what is written onto the form is a particle.
    if before and (glued or (word and not text[form.end() : form.end() + 1].isspace())):
        return before[1], (before.start(1), form.end())
    if after and not (word and before and re.fullmatch(r"및|또는|등|그리고", after[1])):
        name = _without_particle(after[1])
        return name, (form.start(), after.start(1) + len(name))
    return (before[1], (before.start(1), form.end())) if before else None


def _without_particle(word: str) -> str:
    """`word` without the Korean particle at its end, where its last syllable calls for that form of it."""
    stem = _TRAILING.sub("", word)
    if len(stem) >= 2 and stem != word:
        return stem
    last, particle = word[-2:-1], word[-1:]
    if len(word) < 3 or not "가" <= last <= "힣":
        return word
    closed = (ord(last) - ord("가")) % 28 != 0
    return word[:-1] if particle in ("은이을과" if closed else "는가를와로") else word


def _take_countries(text: str) -> tuple[Found, str]:
    pattern, values = _known("countries")
    everyday = re.compile(_STAND_ALONE.format("|".join(table("names")["everyday"]["korean"])))
    matches = [m for m in pattern.finditer(text) if not _is_other_word(text, m)]
    found = [values[_closed(match.group())] for match in matches]
    text = without(text, matches)
    alone, text = taken(everyday, text)
    found += [values[match[1]] for match in alone]
    return [("country", value) for value in found], text


def _is_other_word(text: str, match: re.Match[str]) -> bool:
    """Whether it is "CONTACT US" in capitals, or New Jersey."""
    before = text[max(0, match.start() - 20) : match.start()].split()
    if not before or not text[match.start() - 1].isspace():
        return False
    word = before[-1]
    return (match.group() == "US" and len(word) > 1 and word.isalpha() and word.isupper()) or word == "New"
