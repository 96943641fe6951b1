"""What the site consists of: groups of files that are made together, each with a fingerprint of what it is made of.

A unit whose fingerprint is that of the published site need not be made again. So a fingerprint names everything that
its files show: the versions they speak of (`SiteContent.stamp`), and what all pages share (`looks`). It may name more,
which costs time; never less. tests/test_site.py holds a build after every event against one made from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from publisher.records import canonical_json, fingerprint
from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.feeds import atom, calendar, json_feed
from publisher.website.lives import coming, life_of
from publisher.website.pages import Pages, static_files
from publisher.website.views import SiteContent

Files = Iterator[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Unit:
    """Files made together: paths below the root of the site, and bytes."""

    name: str
    #: SHA-256 of everything that the files are made of
    inputs: str
    make: Callable[[], Files]


@dataclass(frozen=True)
class Site:
    """The site as it should be: `units`, of `content` and the templates in `folders`."""

    content: SiteContent
    folders: Sequence[Path]
    #: what all pages share: program, settings, templates, catalogues; a fingerprint
    looks: str
    pages: Mapping[str, Pages]

    @classmethod
    def of(cls, content: SiteContent, folders: Sequence[Path], looks: str) -> Site:
        languages: Sequence[str] = content.settings.languages
        pages = {language: Pages(content, folders, language) for language in languages}
        return cls(content, folders, looks, pages)

    def units(self) -> Iterator[Unit]:
        """Every unit but those that prove the records (`proof.py`); what belongs to one policy stands together."""
        for policy in self.content.policies:
            yield from self._of_policy(policy)
        for version in self.content.notices():
            yield self._unit(f"notice/{version.policy}/{version.id}", self._beside(version), self._notice, version)
        for year, versions in self.content.notices_by_year.items():
            yield self._unit(f"notices/{year}", versions, self._year, year)
        everything = [v for policy in self.content.policies for v in self.content.public(policy)]
        yield self._unit("front", everything, self._front)
        about = fingerprint(self.content.rules.model_dump_json().encode("utf-8"))
        yield Unit("fixed", fingerprint(canonical_json([self.looks, about])), self._fixed)
        statics = static_files(self.folders)
        files = canonical_json({name: fingerprint(data) for name, data in statics.items()})
        yield Unit("static", fingerprint(files), partial(_below, "static/", statics))

    def _of_policy(self, policy: str) -> Iterator[Unit]:
        content = self.content
        public = content.public(policy)
        current = content.register.in_force(policy)
        pairs: dict[str, list[tuple[Version, Version]]] = {}
        for old, new in content.pairs(policy).values():
            pairs.setdefault(new.id, []).append((old, new))
        older = {v.id for v in content.before_current(policy)}
        for version in public:
            yield self._unit(f"version/{policy}/{version.id}", self._beside(version), self._version, version)
            for old, new in pairs.get(version.id, ()):
                yield self._unit(f"compare/{policy}/{old.id}..{new.id}", (old, new), self._comparison, old, new)
            if current and version.id in older:
                spoken = (version, current)
                yield self._unit(f"compare/{policy}/{version.id}..current", spoken, self._with_current, *spoken)
        yield self._unit(f"policy/{policy}", public, self._policy, policy)

    def _unit(self, name: str, spoken_of: Sequence[Version], make: Callable[..., Files], *values: object) -> Unit:
        stamps = [self.content.stamp(version) for version in spoken_of]
        return Unit(name, fingerprint(canonical_json([self.looks, name, stamps])), partial(make, *values))

    def _beside(self, version: Version) -> list[Version]:
        """The versions that the dated page and the notice of `version` speak of, itself first."""
        content = self.content
        place, life = content.place(version), life_of(content, version)
        spoken = [version, life.follows, life.at_once, life.in_force, life.replaced_by, *life.followed_by]
        # Where the version before was withdrawn, or is not in a language, the page names one before that.
        missing = set(self.pages)
        for before in reversed(content.public(version.policy)[:place]):
            spoken.append(before)
            missing -= set() if before.withdrawn_at else set(before.texts)
            if not missing:
                break
        if life.state in {"upcoming", "in_force"}:
            spoken += [x.version for language in self.pages for x in coming(content, version.policy, language)]
        return list({v.id: v for v in spoken if v}.values())

    def _version(self, version: Version) -> Files:
        for language in self._languages(version):
            yield _page(self.pages[language].version(version))

    def _comparison(self, old: Version, new: Version) -> Files:
        for language in self._languages(old, new):
            yield _page(self.pages[language].comparison(old, new))

    def _with_current(self, old: Version, current: Version) -> Files:
        for language in self._languages(old, current):
            yield _page(self.pages[language].with_current(old, current))

    def _policy(self, policy: str) -> Files:
        for language, pages in self.pages.items():
            if language in self.content.current(policy).texts:
                yield _page(pages.policy(policy))
            yield _page(pages.history(policy))

    def _notice(self, version: Version) -> Files:
        return map(_page, (pages.notice(version) for pages in self.pages.values()))

    def _year(self, year: int) -> Files:
        return map(_page, (pages.notices_of_year(year) for pages in self.pages.values()))

    def _front(self) -> Files:
        first = self.pages[self.content.settings.languages[0]]
        yield _page(first.languages())
        for language, pages in self.pages.items():
            yield _page(pages.home())
            yield _page(pages.notices())
            yield _file(Addresses.feed(language)), atom(self.content, language)
            yield _file(Addresses.json_feed(language)), json_feed(self.content, language)
            yield _file(Addresses.calendar(language)), calendar(self.content, language)

    def _fixed(self) -> Files:
        first = self.pages[self.content.settings.languages[0]]
        yield _page(first.bilingual("404.html.j2", "/404.html"))
        yield _page(first.bilingual("verify.html.j2", Addresses.verify()))
        for pages in self.pages.values():
            yield _page(pages.about_notices())
            yield _page(pages.accessibility())
        yield "robots.txt", b"User-agent: *\nDisallow:\n"

    def _languages(self, *versions: Version) -> list[str]:
        """The languages in which all of `versions` are published."""
        return [language for language in self.pages if all(language in v.texts for v in versions)]


def _page(page: tuple[str, str]) -> tuple[str, bytes]:
    path, html = page
    return _file(path), html.encode("utf-8")


def _file(path: str) -> str:
    return path.lstrip("/") + ("index.html" if path.endswith("/") else "")


def _below(folder: str, files: Mapping[str, bytes]) -> Files:
    return ((folder + name, data) for name, data in files.items())


def all_files(units: Sequence[Unit]) -> dict[str, bytes]:
    """Every file of `units`, by its path; for whoever wants to look at them all at once."""
    return dict(chain.from_iterable(unit.make() for unit in units))
