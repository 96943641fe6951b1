"""What the site is made of, with everything that cannot be seen, or that turns or covers other words, written out.

A text that waits for publication is refused where it holds such characters (P120, P124, P125). What was published
before the records began is shown all the same, and in it they stand as `[U+202E]`: nothing is left out, and nothing
reads otherwise than it stands there. The files of the texts stay as they are, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from publisher.messages import Localized
from publisher.register.versions import Register, Version
from publisher.texts.visible import harmless, harmless_source
from publisher.workspace import SiteSettings


def harmless_register(register: Register) -> Register:
    """The register as readers may see it; only what is said in words is touched."""
    versions = tuple(map(_version, register.versions))
    if all(new is old for new, old in zip(versions, register.versions, strict=True)):
        return register
    return replace(register, versions=versions)


def harmless_settings(settings: SiteSettings) -> SiteSettings:
    """The settings with a name of the organisation that may be shown."""
    words = settings.organisation.as_dict()
    shown = _words(words)
    return settings if shown == words else settings.model_copy(update={"organisation": Localized.of(shown)})


def harmless_text(text: str, data: bytes) -> str:
    """The text of a version as it may be parsed for the site.

    `text` is what `read_source` made of `data`: nothing, where it is not fit to be read as Markdown (too long a line,
    other bytes than UTF-8). Such a text stands there as it is.
    """
    return harmless_source(text) if text else letter_by_letter(data)


def letter_by_letter(data: bytes) -> str:
    """A text that is not read as Markdown, as Markdown: one block in which nothing means anything."""
    words = harmless(data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    fence = "~~~"
    while fence in words:
        fence += "~"
    return f"{fence}\n{words}\n{fence}\n"


def _version(version: Version) -> Version:
    record = version.record
    said = {name: getattr(record, name) for name in ("title", "counted", "reason", "summary", "findings", "override")}
    shown = _words(said)
    amendments = tuple(
        a if (reason := _words(a.reason)) == a.reason else replace(a, reason=reason) for a in version.amendments
    )
    if shown == said and amendments == version.amendments:
        return version
    return replace(version, record=replace(record, **shown), amendments=amendments)


def _words(value: Any) -> Any:
    """The same value with every word in it harmless."""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, Mapping):
        return {key: _words(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_words(each) for each in value]
    return value
