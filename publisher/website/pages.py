"""What is on each page, in one language.

In: the content. Out: a path and HTML; the same content gives the same words. Which pages there are, and of what each
is made, is said in `website/units.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from publisher.changes.model import Comparison
from publisher.messages import Message, translator
from publisher.notice.wording import zone_name
from publisher.register.versions import Version
from publisher.texts.document import Document
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.texts.visible import WRITTEN_OUT
from publisher.website.addresses import CURRENT, Addresses
from publisher.website.calendars import has_calendar
from publisher.website.changed import ChangeView, by_clause, counts_apart
from publisher.website.clauses import History, Note, first_notes, pair_notes
from publisher.website.heads import HeadLink, feed_links, front_links, own_links, text_links
from publisher.website.lives import LifeView, called_off, coming, life_of
from publisher.website.templates import environment, rendered
from publisher.website.views import SiteContent, anchors, findings_of, notice_of_version

#: How many notices the front page names.
LATEST = 5
#: How many notices the page of all notices shows; the pages of the years have the rest.
MOST_NOTICES = 20


def static_files(folders: Sequence[Path]) -> dict[str, bytes]:
    """Styles and other files beside the templates; a workspace's own come before the program's."""
    found: dict[str, bytes] = {}
    for folder in reversed(folders):
        static = folder / "static"
        for file in sorted(static.rglob("*")) if static.is_dir() else ():
            if file.is_file() and not file.name.startswith("."):
                found[file.relative_to(static).as_posix()] = file.read_bytes()
    return found


class Pages:
    """The pages of one language: each method gives the path of a page and what is on it."""

    def __init__(
        self, content: SiteContent, folders: Sequence[Path], language: str, compiled: Path | None = None
    ) -> None:
        self._content = content
        self._folders = folders
        self._templates = environment(folders, language, compiled=compiled)
        self._say = translator(language)
        self._language = language
        self._site = content.addresses

    def bilingual(
        self, template: str, path: str, *, found: bool = True, indexed: bool = True, **values: Any
    ) -> tuple[str, str]:
        """A page that speaks every language at once; what is not `found` stands at no address of its own."""
        languages = self._content.settings.languages
        says = {language: translator(language) for language in languages}
        links = front_links(self._content, path) if found else ()
        return path, self._render(
            template,
            path,
            {},
            (),
            indexed=found and indexed,
            head_links=links,
            says=says,
            languages=languages,
            **values,
        )

    def languages(self) -> tuple[str, str]:
        """The root of the site: which language, and what comes."""
        languages = self._content.settings.languages
        waiting = {x: [v for p in self._content.policies for v in coming(self._content, p, x)] for x in languages}
        return self.bilingual("languages.html.j2", "/", coming=waiting)

    def about_notices(self) -> tuple[str, str]:
        return self._about("about-notices.html.j2", Addresses.about_notices)

    def accessibility(self) -> tuple[str, str]:
        return self._about("accessibility.html.j2", Addresses.accessibility)

    def _about(self, template: str, address: Callable[[str], str]) -> tuple[str, str]:
        """A page about the site itself, which is of no version."""
        path, settings = address(self._language), self._content.settings
        others = self._others({x: address(x) for x in settings.languages})
        names = [LANGUAGE_NAMES[x] for x in settings.languages]
        return path, self._render(
            template,
            path,
            others,
            (),
            rules=self._content.rules,
            exact_zone=str(self._content.zone),
            tested=settings.accessibility_tested,
            languages=names,
        )

    def old_link(self, policy: str) -> tuple[str, str]:
        """What stands at the address of old links, where no server looks at which version is asked for."""
        current = self._content.current(policy)
        languages = self._content.settings.languages
        titles = {x: current.record.title.get(x) or policy for x in languages if x in current.texts}
        in_force = self._content.register.in_force(policy) is not None
        path = Addresses.old_link(policy)
        return self.bilingual("old-link.html.j2", path, indexed=False, policy=policy, titles=titles, in_force=in_force)

    def _render(
        self,
        template: str,
        path: str,
        others: Mapping[str, str],
        about: Sequence[Version],
        *,
        policy: str = "",
        default: str = "",
        indexed: bool = True,
        links: Iterable[HeadLink] = (),
        head_links: Iterable[HeadLink] | None = None,
        **values: Any,
    ) -> str:
        """`others`: the same page in other languages, path by language; `about`: the versions that it shows.

        The page names the journal's last line about them, so that whoever keeps a page can show later that the
        journal up to there was not changed. It names no more: what happens to other policies does not change it.
        `policy`: the one it is about; `default`, `links`, `head_links`: for its head (`heads.py`).
        """
        settings = self._content.settings
        if head_links is None:
            own = own_links(self._content, path, {self._language: path, **others}, default)
            head_links = (*own, *links, *feed_links(self._content, self._language, policy, self._say))
        return rendered(
            self._templates,
            self._folders,
            template,
            path=path,
            others=others,
            policy=policy,
            indexed=indexed,
            head_links=head_links,
            link=self._site.link,
            full=self._site.full,
            to=Addresses,
            say=self._say.value,
            organisation=settings.organisation[self._language],
            contact=settings.contact,
            language=self._language,
            language_names=OWN_NAMES,
            names_of_languages=LANGUAGE_NAMES,
            spoken_in=self._content.languages,
            governing=LANGUAGE_NAMES[settings.governing_language],
            governing_language=settings.governing_language,
            zone=zone_name(str(self._content.zone)),
            head=self._content.head(*about),
            notice_of=notice_of_version,
            **values,
        )

    def _others(self, path_in: Mapping[str, str]) -> dict[str, str]:
        return {language: path for language, path in path_in.items() if language != self._language}

    def _title(self, version: Version) -> str:
        return version.record.title.get(self._title_language(version)) or version.policy

    def _title_language(self, version: Version) -> str:
        """The language in which a policy is named here: the page's own, or where it has no name in that, another."""
        own = [x for x in (self._language, *self._content.settings.languages) if version.record.title.get(x)]
        return own[0] if own else self._language

    def _text_language(self, version: Version) -> str:
        """The language in which whoever reads this one is given the text; "" where the site has it in none."""
        spoken = self._content.languages(version)
        return self._language if self._language in spoken else next(iter(spoken), "")

    def _summary_line(self, version: Version) -> str:
        lines = version.record.summary.get(self._language, ())
        return lines[0] if lines else ""

    def _everything(self) -> list[Version]:
        """All that the public may see."""
        return [version for policy in self._content.policies for version in self._content.public(policy)]

    def home(self) -> tuple[str, str]:
        path = Addresses.home(self._language)
        policies = [
            {
                "policy": policy,
                "title": self._title(current),
                "named_in": self._title_language(current),
                "text_in": text_in,
                "life": life_of(self._content, current),
                "upcoming": sorted({v.effective for v in self._content.upcoming(policy)}),
            }
            for policy in self._content.policies
            if (text_in := self._text_language(current := self._content.current(policy)))
        ]
        waiting = [life for policy in self._content.policies for life in coming(self._content, policy, self._language)]
        return path, self._render(
            "home.html.j2",
            path,
            self._others({x: Addresses.home(x) for x in self._content.settings.languages}),
            self._everything(),
            default="/",
            policies=policies,
            coming=sorted(waiting, key=lambda life: life.notice.effective),
            notices=self._notice_rows(self._content.notices()[:LATEST]),
        )

    def _notice_rows(self, versions: Sequence[Version]) -> list[tuple[LifeView, str]]:
        """What happened to each notice, and the first line of its summary."""
        return [(life_of(self._content, version), self._summary_line(version)) for version in versions]

    def notices(self) -> tuple[str, str]:
        """The latest notices; each year has a page for the rest."""
        shown = self._content.notices()[:MOST_NOTICES]
        return self._notice_list(shown, Addresses.notices, year=None)

    def notices_of_year(self, year: int) -> tuple[str, str]:
        """The notices that were announced in a year."""
        return self._notice_list(
            self._content.notices_by_year[year], partial(Addresses.notices_of_year, year=year), year
        )

    def _notice_list(
        self, versions: Sequence[Version], address: Callable[[str], str], year: int | None
    ) -> tuple[str, str]:
        path = address(self._language)
        others = self._others({x: address(x) for x in self._content.settings.languages})
        rows = self._notice_rows(versions)
        years = list(self._content.notices_by_year)
        return path, self._render("notices.html.j2", path, others, versions, notices=rows, year=year, years=years)

    def notice(self, version: Version) -> tuple[str, str]:
        life = life_of(self._content, version)
        path = Addresses.notice(self._language, life.notice_id)
        others = self._others({x: Addresses.notice(x, life.notice_id) for x in self._content.settings.languages})
        # It speaks of the announcements before and after it, and of the text in force.
        beside = [v for v in (life.follows, life.at_once, life.in_force, *life.followed_by) if v]
        return path, self._render(
            "notice.html.j2",
            path,
            others,
            [version, *beside],
            policy=version.policy,
            in_calendar=has_calendar(version, self._language),
            life=life,
            notice=life.notice,
            version=version,
            findings=findings_of(version, self._language),
            mailed_on=self._day(version.notified_at),
            amendments_mailed_on=[self._day(amendment.notified_at) for amendment in version.amendments],
        )

    def _day(self, moment: datetime | None) -> date | None:
        return moment.astimezone(self._content.zone).date() if moment else None

    def policy(self, policy: str) -> tuple[str, str]:
        """The text in force; where it is not in this language, a page that says so."""
        current, path = self._content.current(policy), Addresses.policy(self._language, policy)
        return self._text(current, path, dated=False) if self._speaks(current) else self._untranslated(current, path)

    def _untranslated(self, current: Version, path: str) -> tuple[str, str]:
        """What stands in the place of a text that is in another language only, said in both."""
        policy, text_in = current.policy, self._text_language(current)
        return path, self._render(
            "untranslated.html.j2",
            path,
            {text_in: Addresses.policy(text_in, policy)},
            [current],
            policy=policy,
            # It has no text, and so no counterpart that it could name to search engines.
            indexed=False,
            head_links=own_links(self._content, path, {}),
            title=self._title(current),
            named_in=self._title_language(current),
            text_in=text_in,
            life=life_of(self._content, current),
            spoken=self._language in self._content.spoken(policy),
            says={x: translator(x) for x in (self._language, text_in)},
        )

    def version(self, version: Version) -> Iterator[tuple[str, str] | Note]:
        """The dated page of a version, which is its own for ever; the first also says which clauses there were."""
        path = Addresses.version(self._language, version.policy, version.id)
        yield self._text(version, path, dated=True)
        earlier = self._content.public(version.policy)[: self._content.place(version)]
        if not any(self._language in v.texts for v in reversed(earlier)):
            yield from first_notes(version, self._language, self._content.document(version, self._language))

    def _text(self, version: Version, path: str, *, dated: bool) -> tuple[str, str]:
        register, policy = self._content.register, version.policy
        life = life_of(self._content, version)
        others = self._others(
            {
                x: Addresses.version(x, policy, version.id) if dated else Addresses.policy(x, policy)
                for x in self._content.languages(version)
            }
        )
        previous = self._previous(version)
        clauses = self._content.clauses(version, self._language, self._say)
        waiting = []
        if life.state in {"upcoming", "in_force"} or not dated:
            # What has had its time is not touched by what comes: its page leads to the text in force, which is.
            waiting = [
                x for x in coming(self._content, policy, self._language) if x.version is not version or not dated
            ]
        return path, self._render(
            "text.html.j2",
            path,
            others,
            [version, *(x.version for x in waiting)],
            policy=policy,
            indexed=life.state == "in_force",
            links=text_links(self._content, version, self._language, dated=dated),
            dated=dated,
            version=version,
            title=self._title(version),
            life=life,
            state=life.state,
            clauses=clauses,
            hidden=any(WRITTEN_OUT in words for clause in clauses for words in (clause.name, clause.html)),
            elsewhere=[(x, self._site.link(there)) for x, there in others.items()],
            anchors={x: set(anchors(self._content.document(version, x))) for x in others},
            recorded_on=self._day(version.frozen_at),
            current=register.in_force(policy),
            previous=previous,
            compared=self._content.compared(previous, version),
            coming=waiting,
            called_off=[] if dated else called_off(self._content, policy, self._language),
            fingerprint=version.record.texts[self._language],
            lacking=[x for x in self._content.settings.languages if x not in version.texts],
        )

    def _previous(self, version: Version) -> Version | None:
        """The version before in order of effect that was not withdrawn."""
        public = self._content.public(version.policy)
        before = (public[at] for at in range(self._content.place(version) - 1, -1, -1))
        return next((v for v in before if not v.withdrawn_at and self._language in v.texts), None)

    def history(self, policy: str) -> tuple[str, str]:
        path = Addresses.history(self._language, policy)
        current = self._content.current(policy)
        older = self._content.before_current(policy)[1]
        before_current = {version.id for version in older if self._speaks(version, current)}
        rows = []
        earlier: Version | None = None
        for version in self._content.public(policy):
            compared = earlier and self._content.compared(earlier, version) and self._speaks(earlier, version)
            rows.append(
                {
                    "version": version,
                    "life": life_of(self._content, version),
                    "level": version.record.level,
                    "days": version.record.days,
                    "line": self._summary_line(version),
                    "previous": earlier.id if earlier and compared else "",
                    "before_current": version.id in before_current,
                    "languages": self._content.languages(version),
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
            feeds=self._language in self._content.spoken(policy),
            readable=self._content.languages(current),
            title=title,
            named_in=self._title_language(current),
            rows=rows[::-1],
            coming=coming(self._content, policy, self._language),
        )

    def _speaks(self, *versions: Version) -> bool:
        """Whether all of `versions` are published in this language, so that there is a page about them together."""
        return all(self._language in version.texts for version in versions)

    def comparison(self, old: Version, new: Version) -> Iterator[tuple[str, str] | Note]:
        """Two versions compared, the same for ever, and what that says about each clause."""
        documents, comparison, changes = self._compared(old, new)
        yield self._comparison(old, new, comparison, changes, new.id)
        yield from pair_notes(old, new, self._language, documents, changes)

    def with_current(self, old: Version, current: Version) -> tuple[str, str]:
        """An older version compared with the one in force."""
        _, comparison, changes = self._compared(old, current)
        return self._comparison(old, current, comparison, changes, CURRENT)

    def _compared(self, old: Version, new: Version) -> tuple[tuple[Document, Document], Comparison, list[ChangeView]]:
        """Both texts, and their changes numbered as they stand on the page: those of layout alone at the end."""
        before, after = (self._content.document(version, self._language) for version in (old, new))
        comparison, changes = self._content.comparison(old, new, self._language)
        return (before, after), comparison, changes

    def long_ago(self, old: Version) -> tuple[str, str]:
        """In the place of a comparison with the text in force: how to get from an old text to it."""
        path = Addresses.with_current(self._language, old.policy, old.id)
        others = self._others({x: Addresses.with_current(x, old.policy, old.id) for x in self._content.languages(old)})
        after = self._content.register.replaced_by(old)
        step = after if after and self._content.compared(old, after) else None
        title = self._title(old)
        return path, self._render(
            "long-ago.html.j2", path, others, [old], indexed=False, old=old, policy=old.policy, title=title, step=step
        )

    def clause(self, policy: str, clause: str, histories: Mapping[str, History]) -> tuple[str, str]:
        """The history of a clause; `histories`: in each language that has the clause."""
        chapters = histories[self._language].chapters
        versions = {v.id: v for v in self._content.public(policy)}
        path = Addresses.clause(self._language, policy, clause)
        others = self._others({x: Addresses.clause(x, policy, clause) for x in histories})
        return path, self._render(
            "clause.html.j2",
            path,
            others,
            [versions[c.new] for c in chapters],
            policy=policy,
            indexed=False,
            title=self._title(self._content.current(policy)),
            clause=clause,
            name=histories[self._language].name,
            chapters=[(c, life_of(self._content, versions[c.new])) for c in chapters],
            kinds={passage.kind: self._say(Message(passage.kind)) for c in chapters for passage in c.passages},
            coming=coming(self._content, policy, self._language),
        )

    def _comparison(
        self, old: Version, new: Version, comparison: Comparison, changes: Sequence[ChangeView], named: str
    ) -> tuple[str, str]:
        read = [change for change in changes if not change.layout]
        path = Addresses.comparison(self._language, new.policy, old.id, named)
        others = self._others(
            {x: Addresses.comparison(x, new.policy, old.id, named) for x in self._content.languages(old, new)}
        )
        return path, self._render(
            "comparison.html.j2",
            path,
            others,
            [old, new],
            policy=new.policy,
            # What it shows is wording that is not in force, out of its place.
            indexed=False,
            old=old,
            new=new,
            title=self._title(new),
            with_current=named == CURRENT,
            # by its record, which never changes: what was announced between the two may come and go
            permanent=new.record.previous == old.id,
            changes=read,
            layout=changes[len(read) :],
            last=len(changes),
            counts=counts_apart(comparison),
            by_clause=by_clause(read),
        )


#: The languages in their own words.
OWN_NAMES = {"ko": "한국어", "en": "English"}
