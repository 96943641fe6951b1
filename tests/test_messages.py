"""Sentences become words in either language: particles, plurals, dates, lists and sentences in sentences."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import NullTranslations, Translations

from publisher.messages import LANGUAGES, Localized, Translator, in_every_language, josa, msg, msg_n, translator

ENGLISH, KOREAN = translator("en"), translator("ko")


def with_catalogue(**sentences: str) -> Translator:
    """A Korean translator that knows exactly these sentences."""
    from io import BytesIO

    catalogue = Catalog(locale="ko")
    for text, words in sentences.items():
        catalogue.add(text.replace("_", " "), words)
    catalogue.add(("{count} day", "{count} days"), ("{count}일",))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translator("ko", Translations(compiled))


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("방침", "을/를", "을"),
        ("약관", "이/가", "이"),
        ("회사", "은/는", "는"),
        ("회사", "과/와", "와"),
        ("서울", "으로/로", "로"),
        ("부산", "으로/로", "으로"),
        ("제주", "으로/로", "로"),
        ("서울", "을/를", "을"),
        ("2020", "을/를", "을"),
        ("2", "을/를", "를"),
        ("4", "은/는", "는"),
        ("7", "으로/로", "로"),
        ("6", "으로/로", "으로"),
        ("email", "을/를", "을"),
        ("email", "으로/로", "로"),
        ("privacy", "은/는", "는"),
        ("PLAN", "이/가", "이"),
        ("“방침”", "을/를", "을"),
        ("회사(주)", "은/는", "는"),
        ("…", "을/를", "를"),
        ("", "은/는", "는"),
    ],
)
def test_particles(word: str, pair: str, expected: str) -> None:
    assert josa(word, pair) == expected


def test_particles_in_sentences() -> None:
    say = with_catalogue(**{"{a} sees {b}.": "{a:이/가} {b:을/를} 봅니다."})
    assert say(msg("{a} sees {b}.", a="회사", b="방침")) == "회사가 방침을 봅니다."
    assert say(msg("{a} sees {b}.", a="법", b=3)) == "법이 3을 봅니다."


@pytest.mark.parametrize(("count", "expected"), [(1, "1 day"), (0, "0 days"), (2, "2 days"), (1200, "1,200 days")])
def test_plurals(count: int, expected: str) -> None:
    message = msg_n("{count} day", "{count} days", count)
    assert ENGLISH(message) == expected
    assert with_catalogue()(message) == expected.split(" ")[0] + "일"


def test_a_message_with_a_count_and_other_values() -> None:
    assert ENGLISH(msg_n("{count} day for {who}", "{count} days for {who}", 3, who="all")) == "3 days for all"


def test_days_and_moments() -> None:
    assert ENGLISH.date(date(2026, 12, 1)) == "Tue 1 Dec 2026"
    assert KOREAN.date(date(2026, 12, 1)) == "2026년 12월 1일 (화)"
    moment = datetime(2026, 11, 30, 15, 30, tzinfo=UTC).astimezone(ZoneInfo("Asia/Seoul"))
    assert ENGLISH.moment(moment) == "Tue 1 Dec 2026 00:30"
    assert KOREAN.moment(moment) == "2026년 12월 1일 (화) 00:30"


TITLE = Localized.of({"ko": "약관", "en": "Terms"})


@pytest.mark.parametrize(
    ("value", "english", "korean"),
    [
        ("as is {x}", "as is {x}", "as is {x}"),
        (1234567, "1,234,567", "1,234,567"),
        (True, "true", "true"),
        (date(2026, 2, 9), "Mon 9 Feb 2026", "2026년 2월 9일 (월)"),
        (datetime(2026, 2, 9, 18, 0, tzinfo=UTC), "Mon 9 Feb 2026 18:00", "2026년 2월 9일 (월) 18:00"),
        (TITLE, "Terms", "약관"),
        (("a", "b"), "a and b", "a 및 b"),
        (["a", "b", 3], "a, b, and 3", "a, b 및 3"),
        ((), "", ""),
        ((TITLE,), "Terms", "약관"),
        (None, "None", "None"),
    ],
)
def test_values(value: object, english: str, korean: str) -> None:
    assert (ENGLISH.value(value), KOREAN.value(value)) == (english, korean)
    assert ENGLISH(msg("{value}", value=value)) == english


def test_sentences_in_sentences_are_translated_too() -> None:
    say = with_catalogue(inner="안쪽", outer_of="")
    message = msg("[{message}]", message=msg("inner"), unused=1)
    assert say(message) == "[안쪽]"
    assert ENGLISH(message) == "[inner]"
    assert ENGLISH(msg("{a}", a=(msg("x {b}", b=1), msg("y")))) == "x 1 and y"


def test_numbers_that_are_names_have_no_separators() -> None:
    assert ENGLISH(msg("line {line:id}, {count}", line=1202, count=1202)) == "line 1202, 1,202"


def test_braces_in_values_are_no_gaps() -> None:
    assert ENGLISH(msg("Write {heading} {{#id}}", heading="{0} {x!r}")) == "Write {0} {x!r} {#id}"


def test_what_is_no_message_is_said_as_it_is() -> None:
    assert ENGLISH("{plain}") == "{plain}"
    assert ENGLISH(msg("")) == ""
    assert with_catalogue()(msg("")) == ""  # not the catalogue's header


def test_words_of_one_language_serve_where_the_other_is_not_published() -> None:
    only = Localized.of({"ko": "약관"})
    assert ENGLISH(msg("{policy} is blocked", policy=only)) == "약관 is blocked"
    assert ENGLISH(msg("{policy}", policy=Localized.of({}))) == ""
    with pytest.raises(KeyError):
        only["en"]


def test_localized_words_do_not_depend_on_their_order() -> None:
    assert Localized.of({"ko": "약관", "en": "Terms"}) == Localized.of({"en": "Terms", "ko": "약관"})
    assert TITLE.as_dict() == {"en": "Terms", "ko": "약관"}
    assert TITLE["ko"] == "약관"


def test_every_language_for_records() -> None:
    message = msg("{policy} {day}", policy=TITLE, day=date(2026, 12, 1))
    assert in_every_language(message) == {"en": "Terms Tue 1 Dec 2026", "ko": "약관 2026년 12월 1일 (화)"}
    assert list(in_every_language(message)) == sorted(LANGUAGES)
    assert in_every_language(message, ["ko"]) == {"ko": "약관 2026년 12월 1일 (화)"}


def test_templates_are_translated_by_the_same_catalogue() -> None:
    say = with_catalogue(inner="안쪽")
    assert say.gettext("inner") == "안쪽"
    assert say.gettext("unknown") == "unknown"
    assert say.ngettext("{count} day", "{count} days", 2) == "{count}일"
    assert Translator("en", NullTranslations()).ngettext("a", "b", 1) == "a"


def test_the_translator_of_a_language_is_made_once() -> None:
    assert translator("ko") is KOREAN
    assert KOREAN.language == "ko"
