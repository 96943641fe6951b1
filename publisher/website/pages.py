"""Which pages the site has, and what is on each.

In: the content. Out: paths and bytes; the same content gives the same bytes. Every page stands in every
language of the workspace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment

from publisher.messages import Translator, translator
from publisher.register.versions import Version
from publisher.texts.parity import LANGUAGE_NAMES
from publisher.website.addresses import Addresses
from publisher.website.changed import by_clause, change_views, counts_in_words
from publisher.website.feeds import atom, calendar, json_feed
from publisher.website.lives import LifeView, called_off, coming, life_of
from publisher.website.templates import environment
from publisher.website.views import SiteContent, clause_views, findings_of, notice_of_version

#: How many notices the front page names.
LATEST = 5


def render_site(content: SiteContent, folders: Sequence[Path]) -> dict[str, bytes]:
    """Every file of the site, by its path below the root."""
    files = {f"static/{name}": data for name, data in static_files(folders).items()}
    pages = {
        language: _Page(content, environment(folders, language), translator(language), language)
        for language in content.settings.languages
    }
    for language, page in pages.items():
        for path, html in page.all():
            files[_file(path)] = html.encode("utf-8")
        files |= _pdfs(content, language)
        files[_file(Addresses.feed(language))] = atom(content, language)
        files[_file(Addresses.json_feed(language))] = json_feed(content, language)
        files[_file(Addresses.calendar(language))] = calendar(content, language)
    first = pages[content.settings.languages[0]]
    files["index.html"] = first.bilingual("languages.html.j2", "/").encode("utf-8")
    files["404.html"] = first.bilingual("404.html.j2", "/404.html").encode("utf-8")
    files["verify/index.html"] = first.bilingual("verify.html.j2", Addresses.verify()).encode("utf-8")
    files["robots.txt"] = b"User-agent: *\nDisallow:\n"
    return files


def _pdfs(content: SiteContent, language: str) -> dict[str, bytes]:
    """The PDFs of public versions as they were recorded, beside their pages."""
    return {
        _file(Addresses.pdf(language, policy, version.id)): version.pdfs[language].read()
        for policy in content.policies
        for version in content.public(policy)
        if language in version.pdfs
    }


def static_files(folders: Sequence[Path]) -> dict[str, bytes]:
    """Styles and other files beside the templates; a workspace's own come before the program's."""
    found: dict[str, bytes] = {}
    for folder in reversed(folders):
        static = folder / "static"
        for file in sorted(static.rglob("*")) if static.is_dir() else ():
            if file.is_file() and not file.name.startswith("."):
                found[file.relative_to(static).as_posix()] = file.read_bytes()
    return found


def _file(path: str) -> str:
    return path.lstrip("/") + ("index.html" if path.endswith("/") else "")


class _Page:
    """The pages of one language."""

    def __init__(self, content: SiteContent, templates: Environment, say: Translator, language: str) -> None:
        self._content = content
        self._templates = templates
        self._say = say
        self._language = language
        self._site = content.addresses

    def all(self) -> Iterator[tuple[str, str]]:
        yield self._home()
        yield self._notices()
        for version in self._content.notices():
            yield self._notice(version)
        for policy in self._content.policies:
            current = self._content.current(policy)
            if self._language in current.texts:
                yield self._text(current, Addresses.policy(self._language, policy), dated=False)
            yield self._history(policy)
            for version in self._content.public(policy):
                if self._language in version.texts:
                    path = Addresses.version(self._language, policy, version.id)
                    yield self._text(version, path, dated=True)
            for old, new in self._content.pairs(policy):
                if self._language in old.texts and self._language in new.texts:
                    yield self._comparison(old, new)

    def bilingual(self, template: str, path: str) -> str:
        """A page that speaks every language at once."""
        says = {language: translator(language) for language in self._content.settings.languages}
        return self._render(template, path, {}, (), says=says, languages=self._content.settings.languages)

    def _render(
        self, template: str, path: str, others: Mapping[str, str], about: Sequence[Version], **values: Any
    ) -> str:
        """`others`: the same page in other languages, path by language; `about`: the versions that it shows.

        The page names the journal's last line about them, so that whoever keeps a page can show later that the
        journal up to there was not changed. It names no more: what happens to other policies does not change it.
        """
        settings = self._content.settings
        return self._templates.get_template(template).render(
            path=path,
            others=others,
            link=self._site.link,
            full=self._site.full,
            to=Addresses,
            say=self._say.value,
            organisation=settings.organisation[self._language],
            contact=settings.contact,
            language=self._language,
            language_names=OWN_NAMES,
            governing=LANGUAGE_NAMES[settings.governing_language],
            zone=str(self._content.zone),
            head=self._content.head(*about),
            notice_of=notice_of_version,
            **values,
        )

    def _others(self, path_in: Mapping[str, str]) -> dict[str, str]:
        return {language: path for language, path in path_in.items() if language != self._language}

    def _languages(self, *versions: Version) -> list[str]:
        """The languages in which all of `versions` are published."""
        return [lang for lang in self._content.settings.languages if all(lang in v.texts for v in versions)]

    def _title(self, version: Version) -> str:
        return version.record.title.get(self._language) or version.policy

    def _summary_line(self, version: Version) -> str:
        lines = version.record.summary.get(self._language, ())
        return lines[0] if lines else ""

    def _everything(self) -> list[Version]:
        """All that the public may see."""
        return [version for policy in self._content.policies for version in self._content.public(policy)]

    def _home(self) -> tuple[str, str]:
        path = Addresses.home(self._language)
        policies = [
            {
                "policy": policy,
                "title": self._title(current),
                "life": life_of(self._content, current),
                "upcoming": sorted({v.effective for v in self._content.upcoming(policy)}),
            }
            for policy in self._content.policies
            if self._language in (current := self._content.current(policy)).texts
        ]
        waiting = [life for policy in self._content.policies for life in coming(self._content, policy, self._language)]
        return path, self._render(
            "home.html.j2",
            path,
            self._others({x: Addresses.home(x) for x in self._content.settings.languages}),
            self._everything(),
            policies=policies,
            coming=sorted(waiting, key=lambda life: life.notice.effective),
            notices=self._notice_rows()[:LATEST],
        )

    def _notice_rows(self) -> list[tuple[LifeView, str]]:
        """What happened to each notice, and the first line of its summary."""
        return [(life_of(self._content, version), self._summary_line(version)) for version in self._content.notices()]

    def _notices(self) -> tuple[str, str]:
        path = Addresses.notices(self._language)
        others = self._others({x: Addresses.notices(x) for x in self._content.settings.languages})
        return path, self._render("notices.html.j2", path, others, self._everything(), notices=self._notice_rows())

    def _notice(self, version: Version) -> tuple[str, str]:
        life = life_of(self._content, version)
        path = Addresses.notice(self._language, life.notice_id)
        others = self._others({x: Addresses.notice(x, life.notice_id) for x in self._languages(version)})
        # It speaks of the announcements before and after it, and of the text in force.
        beside = [v for v in (life.follows, life.at_once, life.in_force, *life.followed_by) if v]
        return path, self._render(
            "notice.html.j2",
            path,
            others,
            [version, *beside],
            life=life,
            notice=life.notice,
            version=version,
            findings=findings_of(version, self._language),
            mailed_on=self._day(version.notified_at),
            amendments_mailed_on=[self._day(amendment.notified_at) for amendment in version.amendments],
        )

    def _day(self, moment: datetime | None) -> date | None:
        return moment.astimezone(self._content.zone).date() if moment else None

    def _text(self, version: Version, path: str, *, dated: bool) -> tuple[str, str]:
        register, policy = self._content.register, version.policy
        life = life_of(self._content, version)
        others = self._others(
            {
                x: Addresses.version(x, policy, version.id) if dated else Addresses.policy(x, policy)
                for x in self._languages(version)
            }
        )
        previous = self._previous(version)
        waiting = coming(self._content, policy, self._language)
        document = self._content.document(version, self._language)
        clauses = clause_views(document, self._site.link(""), self._say)
        return path, self._render(
            "text.html.j2",
            path,
            others,
            self._content.public(policy),
            dated=dated,
            version=version,
            policy=policy,
            title=self._title(version),
            life=life,
            state=life.state,
            clauses=clauses,
            recorded_on=self._day(version.frozen_at),
            current=register.in_force(policy),
            previous=previous,
            compared=any((a, b) == (previous, version) for a, b in self._content.pairs(policy)),
            coming=[x for x in waiting if x.version.id != version.id or not dated],
            called_off=[] if dated else called_off(self._content, policy, self._language),
            fingerprint=version.record.texts[self._language],
        )

    def _previous(self, version: Version) -> Version | None:
        """The version before in order of effect that was not withdrawn."""
        public = self._content.public(version.policy)
        before = public[: public.index(version)]
        return next((v for v in reversed(before) if not v.withdrawn_at and self._language in v.texts), None)

    def _history(self, policy: str) -> tuple[str, str]:
        path = Addresses.history(self._language, policy)
        current = self._content.register.in_force(policy)
        compared = {(a.id, b.id) for a, b in self._content.pairs(policy)}
        rows = []
        earlier: Version | None = None
        for version in self._content.public(policy):
            rows.append(
                {
                    "version": version,
                    "life": life_of(self._content, version),
                    "level": version.record.level,
                    "days": version.record.days,
                    "line": self._summary_line(version),
                    "previous": earlier.id if earlier and (earlier.id, version.id) in compared else "",
                    "current": current.id if current and (version.id, current.id) in compared else "",
                    "languages": self._languages(version),
                }
            )
            earlier = version if not version.withdrawn_at else earlier
        others = self._others({x: Addresses.history(x, policy) for x in self._content.settings.languages})
        title = self._title(self._content.current(policy))
        return path, self._render(
            "history.html.j2",
            path,
            others,
            self._content.public(policy),
            policy=policy,
            title=title,
            rows=rows[::-1],
            coming=coming(self._content, policy, self._language),
        )

    def _comparison(self, old: Version, new: Version) -> tuple[str, str]:
        path = Addresses.comparison(self._language, new.policy, old.id, new.id)
        comparison = self._content.comparison(old, new, self._language)
        changes = change_views(comparison)
        others = self._others(
            {x: Addresses.comparison(x, new.policy, old.id, new.id) for x in self._languages(old, new)}
        )
        return path, self._render(
            "comparison.html.j2",
            path,
            others,
            [old, new],
            old=old,
            new=new,
            policy=new.policy,
            title=self._title(new),
            changes=changes,
            counts=counts_in_words(comparison),
            by_clause=by_clause(changes),
        )


#: The languages in their own words.
OWN_NAMES = {"ko": "한국어", "en": "English"}
