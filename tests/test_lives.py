"""What readers see of a version's life: postponed, withdrawn, corrected, two on one day; the same everywhere."""

from __future__ import annotations

import json
import re
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import feedparser
import pytest
from icalendar import Calendar
from icalendar import Event as CalendarEvent
from lxml import html

from publisher.mail.compose import Composer
from publisher.messages import translator
from publisher.notice.wording import amendment_id, notice_id
from publisher.register.journal import Event
from publisher.register.versions import Version
from publisher.website.build import site_inputs
from publisher.website.views import notice_of
from tests.conftest import SEOUL, Desk, seoul
from tests.lives import OFF, WHY, announced, found, frozen, happened, postponed, shown, withdrawn
from tests.mailing import ANN, HANA

PEOPLE = {"ko": HANA, "en": ANN}
BOTH = pytest.mark.parametrize("language", ["ko", "en"])
NOTICE = "{l}/notices/privacy-20261210"
DATED = "{l}/privacy/v/20261210"


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """A change announced on 23 November for 10 December 2026."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    return desk


def tree(desk: Desk, path: str) -> html.HtmlElement:
    return html.fromstring((desk.site / path / "index.html").read_text("utf-8"))


def words(desk: Desk, path: str) -> str:
    """What the main part of a page says."""
    return " ".join(tree(desk, path).xpath("//main")[0].text_content().split())


def feeds(desk: Desk, language: str) -> dict[str, tuple[str, str, str, str]]:
    """Title, content, address and last change of each entry by id; both feeds must say the same."""
    atom = feedparser.parse((desk.site / language / "feed.atom").read_bytes())
    assert atom.bozo == 0
    items = json.loads((desk.site / language / "feed.json").read_bytes())["items"]
    from_atom = {e.id: (e.title, e.content[0].value, e.link, e.updated) for e in atom.entries}
    assert from_atom == {i["id"]: (i["title"], i["content_text"], i["url"], i["date_modified"]) for i in items}
    assert [e.published for e in atom.entries] == [i["date_published"] for i in items]
    assert atom.feed.updated == max(e.updated for e in atom.entries)
    return from_atom


def event_of(desk: Desk, language: str, version: str = "20261210") -> CalendarEvent:
    events = Calendar.from_ical((desk.site / language / "calendar.ics").read_bytes()).walk("VEVENT")
    return next(e for e in events if str(e["uid"]).startswith(f"privacy-{version}@"))


def letter(desk: Desk, version: Version, language: str, number: int = 0) -> tuple[str, str, str, str]:
    """Subject, Date, plain text and words of the HTML of a letter: the announcement, or amendment `number`."""
    workspace = desk.workspace
    assert version.announced_at is not None
    day = version.announced_at.astimezone(SEOUL).date()
    notice = notice_of(version, workspace.settings.site, SEOUL, announced=day)
    if number:
        composer = Composer.of_amendment(workspace, notice, version.amendments[number - 1])
    else:
        composer = Composer.of(workspace, notice, version.announced_at, "0" * 64)
    made = message_from_bytes(composer.letter(PEOPLE[language], "AbC").data, policy=policy.default)
    text, page = (part.get_content() for part in made.iter_parts())  # type: ignore[attr-defined]
    return str(made["Subject"]), str(made["Date"]), text, " ".join(html.fromstring(page).text_content().split())


# -- postponed ----------------------------------------------------------------------------------------------------


@BOTH
def test_a_postponement_is_the_same_everywhere(waiting: Desk, language: str) -> None:
    """P8, after a postponement into the next year."""
    line = postponed(waiting, "20261210", "2026-11-30T10:00", "2027-01-05")
    shown(waiting)
    say = translator(language)
    new, first, said = (say.date(d) for d in (date(2027, 1, 5), date(2026, 12, 10), date(2026, 11, 30)))
    for path in (NOTICE, DATED, "{l}/privacy", "{l}/privacy/history", "{l}"):
        page = words(waiting, path.format(l=language))
        for expected in (new, first, said, WHY[language]):
            assert expected in page, (path, expected)
    assert new in words(waiting, f"{language}/notices")
    assert not re.search(r"\d+ days left|D-\d", words(waiting, f"{language}/privacy")), "absolute dates only"

    entries = feeds(waiting, language)
    announced_id = "tag:policies.example.com,2026:privacy/20261210/announced"
    postponed_id = "tag:policies.example.com,2026:privacy/20261210/postponed-1"
    assert {announced_id, postponed_id} <= entries.keys()
    at_notice = f"https://policies.example.com/{language}/notices/privacy-20261210/"
    for id_ in (announced_id, postponed_id):
        title, content, link, updated = entries[id_]
        assert new in title
        assert all(expected in content for expected in (new, first, said, say.date(date(2026, 11, 23))))
        assert (link, updated) == (at_notice, "2026-11-30T01:00:00Z")
    assert entries[postponed_id][1].endswith(f"journal: {line}")
    announcement = next(e for e in waiting.register().entries if e.event is Event.ANNOUNCED and e.version == "20261210")
    assert entries[announced_id][1].endswith(f"journal: {announcement.hash}")

    event = event_of(waiting, language)
    assert event["dtstart"].dt == date(2027, 1, 5)
    assert event["dtend"].dt == date(2027, 1, 6)
    assert (event["sequence"], str(event["status"])) == (1, "CONFIRMED")
    assert event["dtstamp"].dt == event["last-modified"].dt == seoul("2026-11-30T10:00")
    assert new in str(event["summary"])
    assert first in str(event["description"])
    assert str(event["url"]) == at_notice

    version = found(waiting, "20261210")
    subject, sent, text, page = letter(waiting, version, language, 1)
    assert "2027-01-05" in subject
    assert sent == "Mon, 30 Nov 2026 10:00:00 +0900"
    for body in (" ".join(text.split()), page):
        for expected in (new, first, said, WHY[language], line, *version.record.summary[language]):
            assert expected in body
    assert at_notice in text


def test_a_postponed_version_keeps_its_address_and_takes_effect_on_the_new_day(waiting: Desk) -> None:
    postponed(waiting, "20261210", "2026-11-30T10:00", "2026-12-20")
    postponed(waiting, "20261210", "2026-12-02T10:00", "2027-01-05")
    happened(waiting, Event.IN_FORCE, "20261210", "2027-01-05T00:00")
    shown(waiting)
    page = words(waiting, "en/privacy/v/20261210")
    assert "since Tue 5 Jan 2027" in page
    for said in ("Sun 20 Dec 2026 instead of Thu 10 Dec 2026", "Tue 5 Jan 2027 instead of Sun 20 Dec 2026"):
        assert said in page
        assert said in words(waiting, "en/notices/privacy-20261210")
    assert not (waiting.site / "en/privacy/v/20270105").exists()
    entries = feeds(waiting, "en")
    tags = {f"tag:policies.example.com,2026:privacy/20261210/{x}" for x in ("postponed-1", "postponed-2", "in-force")}
    assert tags <= entries.keys()
    assert entries["tag:policies.example.com,2026:privacy/20261210/in-force"][3] == "2027-01-04T15:00:00Z"
    assert event_of(waiting, "en")["sequence"] == 2


def test_the_announcement_s_letter_says_what_it_said(waiting: Desk) -> None:
    """A delivery that is tried again after the postponement is the same letter; the next one tells of the new day."""
    before = letter(waiting, found(waiting, "20261210"), "en")
    postponed(waiting, "20261210", "2026-11-30T10:00", "2027-01-05")
    first = letter(waiting, found(waiting, "20261210"), "en", 1)
    withdrawn(waiting, "20261210", "2026-12-01T10:00")
    assert letter(waiting, found(waiting, "20261210"), "en") == before
    assert letter(waiting, found(waiting, "20261210"), "en", 1) == first


# -- withdrawn ----------------------------------------------------------------------------------------------------


@BOTH
def test_a_withdrawal_is_the_same_everywhere(waiting: Desk, language: str) -> None:
    """P8, after a postponement and a withdrawal."""
    postponed(waiting, "20261210", "2026-11-30T10:00", "2027-01-05")
    shown(waiting)
    line = withdrawn(waiting, "20261210", "2026-12-01T10:00")
    shown(waiting)
    say = translator(language)
    last, first, said = (say.date(d) for d in (date(2027, 1, 5), date(2026, 12, 10), date(2026, 12, 1)))
    for path in (NOTICE, DATED, "{l}/privacy", "{l}/privacy/history"):
        page = words(waiting, path.format(l=language))
        for expected in (last, first, said, OFF[language]):
            assert expected in page, (path, expected)
    assert tree(waiting, DATED.format(l=language)).xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert tree(waiting, f"{language}/privacy").xpath("//meta[@name='robots']") == []
    assert not tree(waiting, language).xpath("//aside"), "nothing is coming"
    assert last in words(waiting, f"{language}/notices")

    entries = feeds(waiting, language)
    for name in ("announced", "withdrawn"):
        title, content, link, updated = entries[f"tag:policies.example.com,2026:privacy/20261210/{name}"]
        assert last in title
        assert all(expected in content for expected in (last, first, said))
        assert link == f"https://policies.example.com/{language}/notices/privacy-20261210/"
        assert updated == "2026-12-01T01:00:00Z"
    assert content.endswith(f"journal: {line}")
    assert "tag:policies.example.com,2026:privacy/20261210/in-force" not in entries

    event = event_of(waiting, language)
    assert (event["sequence"], str(event["status"]), event["dtstart"].dt) == (2, "CANCELLED", date(2027, 1, 5))
    assert event["dtstamp"].dt == seoul("2026-12-01T10:00")
    assert last in str(event["summary"])

    subject, sent, text, page = letter(waiting, found(waiting, "20261210"), language, 2)
    assert "2027-01-05" in subject
    assert sent == "Tue, 01 Dec 2026 10:00:00 +0900"
    for body in (" ".join(text.split()), page):
        for expected in (last, first, said, OFF[language], line):
            assert expected in body


def test_the_text_in_force_forgets_a_withdrawal_once_another_text_is_in_force(waiting: Desk) -> None:
    withdrawn(waiting, "20261210", "2026-12-01T10:00")
    shown(waiting)
    assert OFF["en"] in words(waiting, "en/privacy")
    announced(waiting, "20261210", "20270110", "2027-01-10", "2026-12-02T10:00", years=6, previous="20200101")
    shown(waiting)
    assert OFF["en"] in words(waiting, "en/privacy")
    happened(waiting, Event.IN_FORCE, "20270110", "2027-01-10T00:00")
    shown(waiting)
    assert OFF["en"] not in words(waiting, "en/privacy")
    assert OFF["en"] in words(waiting, "en/privacy/history")
    previous = tree(waiting, "en/privacy").xpath("//dt[.='Previous']/following-sibling::dd/a/text()")
    assert previous == ["20200101", "compare"], "not the one that never was in force"


def test_what_nobody_had_seen_is_withdrawn_in_a_word(waiting: Desk) -> None:
    frozen(waiting, "20261210", "20270110", "2027-01-10", "2026-11-24T10:00", previous="20261210", years=9)
    withdrawn(waiting, "20270110", "2026-11-25T10:00", "its date was no longer lawful")
    shown(waiting)
    for path in ("en/notices/privacy-20270110", "en/privacy/v/20270110"):
        assert "withdrawn" in words(waiting, path)
        assert "no longer lawful" not in words(waiting, path)
    assert "Wed 25 Nov 2026, before it was announced" in words(waiting, "en/notices/privacy-20270110")
    assert "20270110" not in (waiting.site / "en/calendar.ics").read_text("utf-8")
    assert "20270110" not in (waiting.site / "en/feed.json").read_text("utf-8")
    assert "20270110" not in words(waiting, "en/privacy")


# -- more than one -------------------------------------------------------------------------------------------------


@pytest.fixture
def corrected(waiting: Desk) -> Desk:
    """A second change announced while the first waits, for the same day."""
    announced(waiting, "20261210", "20261210-2", "2026-12-10", "2026-11-24T10:00", years=6, previous="20261210")
    shown(waiting)
    return waiting


@BOTH
def test_a_correction_is_linked_both_ways(corrected: Desk, language: str) -> None:
    first, second = (f"/{language}/notices/privacy-20261210{x}/" for x in ("", "-2"))
    assert second in tree(corrected, first.strip("/")).xpath("//main//a/@href")
    assert first in tree(corrected, second.strip("/")).xpath("//main//a/@href")
    banners = tree(corrected, f"{language}/privacy").xpath("//aside[@class='banner']")
    assert [b.xpath(".//p[@class='links']/a/@href")[0] for b in banners] == [first, second]
    assert second in banners[0].xpath(".//a/@href")
    assert first in banners[1].xpath(".//a/@href")


def test_of_two_on_one_day_the_first_is_replaced_at_once(corrected: Desk) -> None:
    assert "On the same day version 20261210-2 replaces it at once." in words(corrected, "en/notices/privacy-20261210")
    assert "On the same day version 20261210-2 replaces it at once." in words(corrected, "en/privacy")
    happened(corrected, Event.IN_FORCE, "20261210", "2026-12-10T00:00")
    happened(corrected, Event.IN_FORCE, "20261210-2", "2026-12-10T00:00")
    shown(corrected)
    assert "on Thu 10 Dec 2026, replaced at once by version 20261210-2" in words(corrected, "en/privacy/v/20261210")
    assert "Order records: 6 years" in words(corrected, "en/privacy")
    assert "Order records: 7 years" in words(corrected, "en/privacy/v/20261210")
    ids = feeds(corrected, "en").keys()
    assert {f"tag:policies.example.com,2026:privacy/20261210{x}/in-force" for x in ("", "-2")} <= ids


def test_what_was_followed_may_be_withdrawn(corrected: Desk) -> None:
    """The second change then is compared with the text in force as well, and no page that was published vanishes."""
    withdrawn(corrected, "20261210", "2026-11-25T10:00")
    shown(corrected)
    page = tree(corrected, "en/notices/privacy-20261210-2")
    assert "which was withdrawn later" in words(corrected, "en/notices/privacy-20261210-2")
    links = page.xpath("//main//a/@href")
    assert "/en/privacy/compare/20261210..20261210-2/" in links
    assert "/en/privacy/compare/20200101..20261210-2/" in links
    assert (corrected.site / "en/privacy/compare/20200101..20261210-2/index.html").is_file()


def coming_days(desk: Desk, path: str) -> list[str]:
    """The days that the banners of a page name first."""
    banners = [" ".join(b.text_content().split()) for b in tree(desk, path).xpath("//aside")]
    return [b.partition("00:00 on ")[2].partition(" (")[0] for b in banners]


def test_overlapping_notices_stand_in_order_of_effect_and_keep_their_comparisons(waiting: Desk) -> None:
    """A minor change overtakes; then one is postponed past the other, and the other withdrawn: who follows whom changes
    each time, and every comparison that was published still answers."""
    announced(waiting, "20261210", "20261203", "2026-12-03", "2026-11-24T10:00", years=6, previous="20261210", days=7)
    shown(waiting)
    for path in ("en/privacy", "en"):
        assert coming_days(waiting, path) == ["Thu 3 Dec 2026", "Thu 10 Dec 2026"]
    before = {f.relative_to(waiting.site) for f in waiting.site.rglob("*.html")}
    assert Path("en/privacy/compare/20261203..20261210/index.html") in before
    postponed(waiting, "20261203", "2026-11-25T10:00", "2026-12-24")
    shown(waiting)
    assert coming_days(waiting, "en/privacy") == ["Thu 10 Dec 2026", "Thu 24 Dec 2026"]
    withdrawn(waiting, "20261210", "2026-11-26T10:00")
    shown(waiting)
    assert before <= {f.relative_to(waiting.site) for f in waiting.site.rglob("*.html")}


def test_a_first_version_an_annex_and_history_say_what_they_are(desk: Desk) -> None:
    desk.tick("2026-11-23T09:00")
    assert "part of each policy that names it" in words(desk, "en/third-parties")
    assert "recorded as history on" in words(desk, "en/privacy")
    announced(desk, "20200101", "20270110", "2027-01-10", "2026-11-24T10:00", policy="third-parties", previous="")
    shown(desk)
    assert "the first text." in words(desk, "en/third-parties")
    assert "changes." not in tree(desk, "en/third-parties").xpath("//aside")[0].text_content()


# -- heads ---------------------------------------------------------------------------------------------------------


def heads(desk: Desk) -> dict[str, str]:
    """The record that each page names in its footer, by path."""
    named = {}
    for file in sorted(desk.site.rglob("*.html")):
        head = html.fromstring(file.read_text("utf-8")).xpath("//footer//p[@class='head']/a")
        if head:
            assert head[0].get("href") == "/verify/"
            named[file.relative_to(desk.site).parent.as_posix()] = head[0].text_content()
    return named


def test_each_page_names_the_last_record_about_what_it_shows(corrected: Desk) -> None:
    entries = corrected.register().entries
    last = {
        version: next(e.hash for e in reversed(entries) if (e.policy, e.version) == ("privacy", version))
        for version in ("20200101", "20261210", "20261210-2")
    }
    named = heads(corrected)
    for language in ("ko", "en"):
        for path in ("privacy", "privacy/v/20200101", "privacy/v/20261210", "privacy/history", "notices"):
            assert named[f"{language}/{path}"] == last["20261210-2"], path
        assert named[language] == last["20261210-2"]
        assert named[f"{language}/privacy/compare/20200101..20261210"] == last["20261210"]
        annex = next(e.hash for e in reversed(entries) if e.policy == "third-parties")
        assert named[f"{language}/third-parties"] == annex
    pages = {f.relative_to(corrected.site).parent.as_posix() for f in corrected.site.rglob("index.html")}
    assert pages - named.keys() == {".", "verify", "policies/privacy", "policies/third-parties"}


def test_an_entry_about_one_policy_changes_no_page_of_another(waiting: Desk) -> None:
    def other() -> dict[str, bytes]:
        return {
            f.relative_to(waiting.site).as_posix(): f.read_bytes()
            for f in waiting.site.glob("*/third-parties/**/*.html")
        }

    before, home = other(), (waiting.site / "en/index.html").read_bytes()
    assert len(before) >= 6
    postponed(waiting, "20261210", "2026-11-30T10:00", "2027-01-05")
    shown(waiting)
    assert other() == before
    assert (waiting.site / "en/index.html").read_bytes() != home


@pytest.mark.parametrize("event", [Event.POSTPONED, Event.WITHDRAWN, Event.IN_FORCE, Event.AMENDMENT_NOTIFIED])
def test_what_pages_show_is_what_they_are_built_from(waiting: Desk, event: Event) -> None:
    before = site_inputs(waiting.workspace, waiting.register())
    data = {"reason": WHY, "effective": "2027-01-05", "amendment": 1, "outcomes": {}}
    happened(waiting, event, "20261210", "2026-11-30T10:00", **data)
    assert site_inputs(waiting.workspace, waiting.register()) != before


def test_a_page_that_was_looked_at_does_not_change(waiting: Desk) -> None:
    """Only the copy of the journal below /verify/ does."""

    def pages() -> dict[str, bytes]:
        shown(waiting)
        return {
            file.relative_to(waiting.site).as_posix(): file.read_bytes()
            for file in waiting.site.rglob("*.*")
            if file.is_file() and file.name != "journal.jsonl"
        }

    before = pages()
    happened(waiting, Event.LIVE_CHECKED, "20261210", "2026-11-23T09:05", ok=True)
    assert pages() == before


def test_the_end_of_an_amendment_s_mailing_stands_on_the_notice(waiting: Desk) -> None:
    postponed(waiting, "20261210", "2026-11-30T10:00", "2027-01-05")
    seq = found(waiting, "20261210").amendments[0].seq
    happened(waiting, Event.AMENDMENT_NOTIFIED, "20261210", "2026-12-01T11:00", amendment=seq, outcomes={})
    shown(waiting)
    assert "The mailing ended on Tue 1 Dec 2026." in words(waiting, "en/notices/privacy-20261210")


# -- ids and letters -------------------------------------------------------------------------------------------------


def test_no_amendment_has_the_id_of_another_notice() -> None:
    ids = [notice_id("privacy", v) for v in ("20261210", "20261210-2", "20261210-3")]
    ids += [amendment_id("privacy", v, n) for v in ("20261210", "20261210-2") for n in (1, 2, 3)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("number", [1, 2])
def test_an_amendment_s_letter_holds_hostile_words_as_words(waiting: Desk, number: int) -> None:
    evil = {"ko": "<b>가</b>\nBcc: x@example.com", "en": '"><script>alert(1)</script>\r\nBcc: x@example.com'}
    postponed(waiting, "20261210", "2026-11-30T10:00", "2027-01-05", evil)
    withdrawn(waiting, "20261210", "2026-12-01T10:00", evil)
    shown(waiting)
    version = found(waiting, "20261210")
    workspace = waiting.workspace
    notice = notice_of(version, workspace.settings.site, SEOUL, announced=date(2026, 11, 23))
    composer = Composer.of_amendment(workspace, notice, version.amendments[number - 1])
    made = message_from_bytes(composer.letter(ANN, "AbC").data, policy=policy.default)
    assert made["Bcc"] is None
    assert [a.addr_spec for a in made["To"].addresses] == [ANN.address]
    text, page = (part.get_content() for part in made.iter_parts())  # type: ignore[attr-defined]
    assert "<script>alert(1)</script>" in text
    assert html.fromstring(page).xpath("//script") == []
    for file in waiting.site.rglob("*.html"):
        assert html.fromstring(file.read_text("utf-8")).xpath("//script | //main//b") == []


@BOTH
@pytest.mark.parametrize("number", [1, 2])
def test_a_guardian_is_told_why_the_letter_comes(waiting: Desk, language: str, number: int) -> None:
    from dataclasses import replace

    postponed(waiting, "20261210", "2026-11-30T10:00", "2027-01-05")
    withdrawn(waiting, "20261210", "2026-12-01T10:00")
    version = found(waiting, "20261210")
    notice = notice_of(version, waiting.workspace.settings.site, SEOUL, announced=date(2026, 11, 23))
    composer = Composer.of_amendment(waiting.workspace, notice, version.amendments[number - 1])
    plain, guarded = (
        message_from_bytes(composer.letter(person, "AbC").data, policy=policy.default).get_body(("plain",))  # type: ignore[attr-defined]
        for person in (PEOPLE[language], replace(PEOPLE[language], guardian=True))
    )
    assert plain.get_content() != guarded.get_content()
    assert {"ko": "법정대리인", "en": "guardian"}[language] in guarded.get_content()


@BOTH
def test_two_notices_for_one_day_can_be_told_apart_in_the_list(corrected: Desk, language: str) -> None:
    rows = [" ".join(row.text_content().split()) for row in tree(corrected, f"{language}/notices").xpath("//li")]
    assert any("20261210-2" in row for row in rows)
    assert len(set(rows)) == len(rows)


def test_a_feed_s_entry_is_newer_when_it_says_more(waiting: Desk) -> None:
    postponed(waiting, "20261210", "2026-11-30T10:00", "2026-12-20")
    shown(waiting)
    before = feeds(waiting, "en")
    postponed(waiting, "20261210", "2026-12-01T10:00", "2027-01-05")
    shown(waiting)
    after = feeds(waiting, "en")
    changed = [id_ for id_ in before if after[id_][:3] != before[id_][:3]]
    assert len(changed) == 2
    assert all(after[id_][3] > before[id_][3] for id_ in changed)


def test_the_calendar_knows_no_clock(waiting: Desk) -> None:
    """The same register gives the same bytes, whenever it is asked."""
    postponed(waiting, "20261210", "2026-11-30T10:00", "2027-01-05")
    shown(waiting)
    before = (waiting.site / "ko/calendar.ics").read_bytes()
    waiting.now = seoul("2031-01-01T00:00")
    waiting.write("site/templates/notice-list.html.j2", "<p>other</p>\n")
    shown(waiting)
    assert (waiting.site / "ko/calendar.ics").read_bytes() == before
    assert max(len(line) for line in before.split(b"\r\n")) <= 75
