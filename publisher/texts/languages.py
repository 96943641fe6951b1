"""The languages that texts are written in."""

from __future__ import annotations

from publisher.messages import Localized

#: The names of the languages, in messages.
LANGUAGE_NAMES = {
    "en": Localized.of({"en": "English", "ko": "영어"}),
    "ko": Localized.of({"en": "Korean", "ko": "한국어"}),
}
