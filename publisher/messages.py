"""Sentences for people, kept apart from the language they are read in.

A rule says what it found as a `Message`: an English sentence with named gaps and the values for them. A
`Translator` makes words of it in one language, at the edge (terminal, page, mail, record). The pure packages
make messages and never translate them.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from babel.support import NullTranslations

#: The languages that the program itself speaks; a workspace publishes in one or both of them.
LANGUAGES: Final = ("ko", "en")

_DATES: Final = {"en": "EEE d MMM yyyy", "ko": "yyyy년 M월 d일 (E)"}
_MOMENTS: Final = {"en": "EEE d MMM yyyy HH:mm", "ko": "yyyy년 M월 d일 (E) HH:mm"}
_JOSA: Final = re.compile(r"[가-힣]+/[가-힣]+", re.ASCII)
_DIGITS_WITH_FINAL: Final = frozenset("013678")  # 영 일 삼 육 칠 팔 end in a consonant when read aloud
_LATIN_WITH_FINAL: Final = frozenset("lmnLMN")


@dataclass(frozen=True, slots=True)
class Localized:
    """The same words in several languages, as a lawyer wrote them."""

    texts: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Localized:
        return cls(tuple(sorted(texts.items())))

    def __getitem__(self, language: str) -> str:
        return dict(self.texts)[language]

    def as_dict(self) -> dict[str, str]:
        return dict(self.texts)


Value = Any  # str | int | date | datetime | Localized | Message | tuple of these


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with named gaps; its English form is also its key in the catalogue."""

    text: str
    values: tuple[tuple[str, Value], ...] = ()
    #: the English plural, where the sentence counts something
    plural: str = ""
    #: what is counted
    count: int = 0


def msg(text: str, **values: Value) -> Message:
    """A message; `text` must be a literal, for it is collected for translation."""
    return Message(text, tuple(values.items()))


def msg_n(text: str, plural: str, count: int, **values: Value) -> Message:
    """A message that counts `count` things; `{count}` stands for the number."""
    return Message(text, (("count", count), *values.items()), plural, count)


class Translator:
    """Makes words of messages, dates and lists in one language."""

    def __init__(self, language: str, catalogue: NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue
        self._formatter = _Formatter(self)

    def __call__(self, message: Message | str) -> str:
        if isinstance(message, str):
            return message
        if message.plural:
            pattern = self._catalogue.ngettext(message.text, message.plural, message.count)
        else:
            pattern = self._catalogue.gettext(message.text) if message.text else ""
        return self._formatter.vformat(pattern, (), dict(message.values))

    def gettext(self, text: str) -> str:
        return str(self._catalogue.gettext(text))

    def ngettext(self, text: str, plural: str, count: int) -> str:
        return str(self._catalogue.ngettext(text, plural, count))

    def date(self, day: date) -> str:
        return _day_in_words(day, self.language)

    def moment(self, moment: datetime) -> str:
        """An instant with its weekday and minute, in the zone that it carries."""
        from babel.dates import format_datetime

        return format_datetime(moment, _MOMENTS[self.language], tzinfo=moment.tzinfo, locale=self.language)

    def number(self, value: int) -> str:
        from babel.numbers import format_decimal

        return format_decimal(value, locale=self.language)

    def joined(self, values: Sequence[Value]) -> str:
        from babel.lists import format_list

        return format_list([self.value(v) for v in values], locale=self.language)

    def value(self, value: Value) -> str:
        """The words for any value that a message may carry."""
        if isinstance(value, Message):
            return self(value)
        if isinstance(value, Localized):
            # A workspace in one language has no words in the other, in which a message may be read all the same.
            return dict(value.texts).get(self.language) or next((words for _, words in value.texts), "")
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return self.date(value)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, (tuple, list)):
            return self.joined(value)
        return str(value)


@lru_cache(8192)
def _day_in_words(day: date, language: str) -> str:
    """Kept, for the same days are said again and again on the pages and in the feeds of a site."""
    from babel.dates import format_date

    return format_date(day, _DATES[language], locale=language)


class _Formatter(string.Formatter):
    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    def format_field(self, value: Value, format_spec: str) -> str:
        words = self._translator.value(value)
        if _JOSA.fullmatch(format_spec):
            return words + josa(words, format_spec)
        if format_spec == "id":  # a number that is a name: no thousands separator
            return str(value)
        return words


def josa(word: str, pair: str) -> str:
    """The particle of `pair` ("을/를", "은/는", "이/가", "으로/로") that follows `word`.

    The first form follows a final consonant, the second a vowel; after ㄹ, "로" is used and not "으로".
    """
    closed, open_ = pair.split("/")
    letters = re.findall(r"[가-힣A-Za-z0-9]", word)
    last = letters[-1] if letters else ""
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        has_final, is_rieul = final != 0, final == 8
    else:
        has_final = last in _DIGITS_WITH_FINAL or last in _LATIN_WITH_FINAL
        is_rieul = last in "178lL" and last != ""
    if open_ == "로" and is_rieul:
        return open_
    return closed if has_final else open_


@cache
def translator(language: str) -> Translator:
    """The translator for `language`, one of `LANGUAGES`; English is what the messages are written in."""
    from babel.support import NullTranslations, Translations

    if language == "en":
        return Translator(language, NullTranslations())
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = resources.files("publisher") / "locale" / language / "LC_MESSAGES" / "publisher.po"
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return Translator(language, Translations(compiled))


def in_every_language(message: Message, languages: Sequence[str] = LANGUAGES) -> dict[str, str]:
    """The words of `message` by language, for records that must read the same for ever."""
    return {language: translator(language)(message) for language in sorted(languages)}


#: What turns a message into words; passed to whoever prints.
Say = Callable[[Message], str]
