"""What the site consists of: groups of files that are made together, each with a fingerprint of what it is made of.

A unit whose fingerprint is that of the published site need not be made again. So a fingerprint names everything that
its files show: the versions they speak of (`SiteContent.stamp`), and what all pages share (`looks`). It may name more,
which costs time; never less. tests/test_site.py holds a build after every event against one made from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from publisher.records import canonical_json, fingerprint
from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.calendars import calendar, has_calendar, notice_calendar
from publisher.website.clauses import History, Note, clause_history
from publisher.website.feeds import feed_files
from publisher.website.hosting import site_files
from publisher.website.lives import coming, life_of
from publisher.website.pages import Pages, static_files
from publisher.website.plain import plain_text
from publisher.website.sitemap import front_part, year_part
from publisher.website.timemap import mementos, timemap
from publisher.website.views import SiteContent, notice_of_version

#: The group of what speaks of all policies; no policy can have this name.
ALL: Final = "~"
_CLAUSE: Final = "clause"
Files = Iterator[tuple[str, bytes] | Note]


def is_noted(name: str) -> bool:
    """Whether the unit of this name is made of the notes of others."""
    return name.split("/")[1] == _CLAUSE


@dataclass(frozen=True, slots=True)
class Group:
    """Units that depend on nothing outside of what `inputs` stands for; where that is as it was, so are they.

    The names of its units begin with its own name and a slash.
    """

    name: str
    #: SHA-256
    inputs: str
    units: Callable[[], Iterable[Unit]]
    #: further units, made of the notes of the others; they are asked for when those are made
    of_notes: Callable[[Sequence[Note]], Iterable[Unit]] = lambda _: ()


@dataclass(frozen=True, slots=True)
class Unit:
    """Files made together: paths below the root of the site, and bytes; and notes for units that are made of them."""

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
    def of(cls, content: SiteContent, folders: Sequence[Path], looks: str, compiled: Path | None = None) -> Site:
        """`compiled`: a folder for compiled templates (`templates.environment`)."""
        languages: Sequence[str] = content.settings.languages
        pages = {language: Pages(content, folders, language, compiled) for language in languages}
        return cls(content, folders, looks, pages)

    def groups(self) -> Iterator[Group]:
        """Every group but that which proves the records (`proof.py`): one for each policy, and what speaks of all."""
        content = self.content
        for policy in content.policies:
            inputs = fingerprint(canonical_json([self.looks, content.lines(policy)]))
            yield Group(policy, inputs, partial(self._of_policy, policy), self._of_notes)
        lines = [content.lines(policy) for policy in content.policies]
        yield Group(ALL, fingerprint(canonical_json([self.looks, lines])), self._of_all)

    def _of_all(self) -> Iterator[Unit]:
        for year, versions in self.content.notices_by_year.items():
            yield self._unit(f"{ALL}/notices/{year}", versions, self._year, year)
        everything = [v for policy in self.content.policies for v in self.content.public(policy)]
        yield self._unit(f"{ALL}/front", everything, self._front)
        yield self._unit(f"{ALL}/fixed", (), self._fixed)
        statics = static_files(self.folders)
        about = canonical_json({name: fingerprint(data) for name, data in statics.items()})
        yield Unit(f"{ALL}/static", fingerprint(about), partial(_below, "static/", statics))

    def _of_policy(self, policy: str) -> Iterator[Unit]:
        content = self.content
        public = content.public(policy)
        current = content.register.in_force(policy)
        pairs: dict[str, list[tuple[Version, Version]]] = {}
        for old, new in content.pairs(policy).values():
            pairs.setdefault(new.id, []).append((old, new))
        long_ago, older = ({v.id for v in versions} for versions in content.before_current(policy))
        for version in public:
            yield self._unit(f"{policy}/version/{version.id}", self._beside(version), self._version, version)
            for old, new in pairs.get(version.id, ()):
                yield self._unit(f"{policy}/compare/{old.id}..{new.id}", (old, new), self._comparison, old, new)
            if current and version.id in older:
                spoken = (version, current)
                yield self._unit(f"{policy}/current/{version.id}", spoken, self._with_current, *spoken)
            elif version.id in long_ago:
                yield self._unit(f"{policy}/current/{version.id}", (version,), self._long_ago, version)
            if notice_of_version(version):
                yield self._unit(f"{policy}/notice/{version.id}", self._beside(version), self._notice, version)
        yield self._unit(f"{policy}/policy", public, self._policy, policy)

    def _of_notes(self, notes: Sequence[Note]) -> Iterator[Unit]:
        """The pages of the clauses that `notes` are about; all notes about a clause are needed for its page."""
        about: dict[tuple[str, str], dict[str, list[str]]] = {}
        for note in notes:
            about.setdefault((note.policy, note.clause), {}).setdefault(note.language, []).append(note.value)
        for (policy, clause), values in about.items():
            # Without their passages, for those of all clauses together are more than the memory should hold.
            ids = {chapter.new for history in self._histories(policy, values).values() for chapter in history.chapters}
            spoken = [v for v in self.content.public(policy) if v.id in ids]
            spoken += [*self.content.upcoming(policy), self.content.current(policy)]
            stamps = [self.content.stamp(version) for version in spoken]
            inputs = fingerprint(canonical_json([self.looks, stamps, sorted(ids), values]))
            yield Unit(f"{policy}/{_CLAUSE}/{clause}", inputs, partial(self._clause, policy, clause, values))

    def _histories(self, policy: str, values: Mapping[str, Sequence[str]]) -> dict[str, History]:
        return {
            language: clause_history(found, self.content.row(policy, language)) for language, found in values.items()
        }

    def _clause(self, policy: str, clause: str, values: Mapping[str, Sequence[str]]) -> Files:
        histories = self._histories(policy, values)
        for language in histories:
            yield _page(self.pages[language].clause(policy, clause, histories))

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
        for language in self.content.languages(version):
            yield from map(_page, self.pages[language].version(version))
            where = (language, version.policy, version.id)
            yield _file(Addresses.markdown(*where)), version.texts[language]
            document = self.content.document(version, language)
            yield _file(Addresses.plain(*where)), plain_text(document, self.content.settings.base_url)
            if language in version.pdfs:
                yield _file(Addresses.pdf(*where)), version.pdfs[language].read()

    def _comparison(self, old: Version, new: Version) -> Files:
        for language in self.content.languages(old, new):
            yield from map(_page, self.pages[language].comparison(old, new))

    def _with_current(self, old: Version, current: Version) -> Files:
        for language in self.content.languages(old, current):
            yield _page(self.pages[language].with_current(old, current))

    def _long_ago(self, version: Version) -> Files:
        for language in self.content.languages(version):
            yield _page(self.pages[language].long_ago(version))

    def _policy(self, policy: str) -> Files:
        for pages in self.pages.values():
            if self.content.languages(self.content.current(policy)):
                yield _page(pages.policy(policy))
            yield _page(pages.history(policy))
        yield _page(self._first.old_link(policy))
        for language in self.content.spoken(policy):
            yield from self._followed(language, policy)
            if mementos(self.content, policy, language):
                yield _file(Addresses.timemap(language, policy)), timemap(self.content, policy, language)

    def _followed(self, language: str, policy: str = "") -> Files:
        """What tells programs of changes: to a policy, or to any."""
        yield from _files(feed_files(self.content, language, policy))
        yield _file(Addresses.calendar(language, policy)), calendar(self.content, language, policy)

    def _notice(self, version: Version) -> Files:
        for language, pages in self.pages.items():
            yield _page(pages.notice(version))
            if has_calendar(version, language):
                address = Addresses.notice_calendar(language, notice_of_version(version))
                yield _file(address), notice_calendar(self.content, language, version)

    def _year(self, year: int) -> Files:
        yield from map(_page, (pages.notices_of_year(year) for pages in self.pages.values()))
        yield from _files(year_part(self.content, year))

    def _front(self) -> Files:
        yield _page(self._first.languages())
        for language, pages in self.pages.items():
            yield _page(pages.home())
            yield _page(pages.notices())
            yield from self._followed(language)
        yield from _files(front_part(self.content))
        public = [v for policy in self.content.policies for v in self.content.public(policy)]
        yield from site_files(self.content.settings, public).items()

    def _fixed(self) -> Files:
        yield _page(self._first.bilingual("404.html.j2", "/404.html", found=False))
        yield _page(self._first.bilingual("verify.html.j2", Addresses.verify()))
        for pages in self.pages.values():
            yield _page(pages.about_notices())
            yield _page(pages.accessibility())
        sitemap = self.content.addresses.full(Addresses.sitemap())
        # Nothing is kept from crawlers: what is not to be indexed says so itself, and they have to read it.
        yield "robots.txt", f"User-agent: *\nDisallow:\n\nSitemap: {sitemap}\n".encode("ascii")

    @property
    def _first(self) -> Pages:
        return self.pages[self.content.settings.languages[0]]


def _page(page: tuple[str, str] | Note) -> tuple[str, bytes] | Note:
    if isinstance(page, Note):
        return page
    path, html = page
    return _file(path), html.encode("utf-8")


def _file(path: str) -> str:
    return path.lstrip("/") + ("index.html" if path.endswith("/") else "")


def _files(found: Iterable[tuple[str, bytes]]) -> Files:
    """The same by paths instead of addresses."""
    return ((_file(address), data) for address, data in found)


def _below(folder: str, files: Mapping[str, bytes]) -> Files:
    return ((folder + name, data) for name, data in files.items())
