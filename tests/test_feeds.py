"""Feeds and calendars: what they say of everything and of each policy, and that others read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from icalendar import Event as CalendarEvent
from icalendar.parser import Contentline

from publisher.register.journal import Event
from publisher.website.addresses import Addresses
from publisher.website.build import site_units
from publisher.website.calendars import MOST_EVENTS, folded
from publisher.website.happenings import MOST_ENTRIES
from publisher.website.units import all_files
from publisher.website.xml import element, written
from tests.conftest import Desk
from tests.eventful import everything_happened, first_version
from tests.lives import announced, found, frozen, happened, postponed, shown, withdrawn
from tests.schemas import ATOM, valid

BASE = "https://policies.example.com"
BOTH = pytest.mark.parametrize("language", ["ko", "en"])
POLICIES = ("", "privacy", "third-parties", "cookies")


@pytest.fixture
def site(desk: Desk) -> Desk:
    everything_happened(desk)
    return desk


def read(desk: Desk, address: str) -> bytes:
    return (desk.site / address.lstrip("/")).read_bytes()


def items(desk: Desk, language: str, policy: str = "") -> list[dict[str, str]]:
    return list(json.loads(read(desk, Addresses.json_feed(language, policy)))["items"])


def titles(desk: Desk, policy: str) -> dict[str, str]:
    """By the end of the id, in English."""
    return {i["id"].partition(":")[2].partition(":")[2]: i["title"] for i in items(desk, "en", policy)}


def events(desk: Desk, address: str) -> dict[str, CalendarEvent]:
    calendar = Calendar.from_ical(read(desk, address))
    assert not calendar.errors
    found = {str(e["uid"]): e for e in calendar.walk("VEVENT")}
    assert not any(e.errors for e in found.values())
    return found


# -- feeds --------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("policy", POLICIES)
def test_an_atom_feed_is_valid(site: Desk, language: str, policy: str) -> None:
    data = read(site, Addresses.feed(language, policy))
    root = valid(ATOM, data)
    feed = feedparser.parse(data)
    assert not feed.bozo
    own = BASE + Addresses.feed(language, policy)
    assert feed.feed.id == own
    assert root.xpath("./*[local-name()='link'][@rel='self']/@href") == [own]
    assert root.xpath("./*[local-name()='link'][@rel='alternate']/@hreflang") == [
        language,
        {"ko": "en", "en": "ko"}[language],
    ]
    page = Addresses.history(language, policy) if policy else Addresses.notices(language)
    assert feed.feed.link == BASE + page
    assert feed.entries
    # RFC 4287, 4.1.1 and 4.2.6: no id comes twice; of one relation, type and language there is one link
    assert len({e.id for e in feed.entries}) == len(feed.entries)
    for node in (root, *root.iter("{*}entry")):
        kinds = [(x.get("rel"), x.get("type"), x.get("hreflang")) for x in node.findall("{*}link")]
        assert len(set(kinds)) == len(kinds)
    assert feed.feed.updated == max(e.updated for e in feed.entries)
    assert all(e.published <= e.updated for e in feed.entries)
    assert [e.published for e in feed.entries] == sorted((e.published for e in feed.entries), reverse=True)


@BOTH
@pytest.mark.parametrize("policy", POLICIES)
def test_a_json_feed_is_one_and_says_the_same(site: Desk, language: str, policy: str) -> None:
    feed = json.loads(read(site, Addresses.json_feed(language, policy)))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == BASE + Addresses.json_feed(language, policy)
    assert feed.keys() == {"version", "title", "home_page_url", "feed_url", "language", "authors", "items"}
    assert feed["language"] == language
    assert all(a["name"] for a in feed["authors"])
    for item in feed["items"]:
        assert all(isinstance(item[key], str) and item[key] for key in ("id", "url", "title", "content_text"))
        assert all(
            re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item[f"date_{x}"]) for x in ("published", "modified")
        )
        assert item["tags"]
        assert item["language"] == language
    atom = feedparser.parse(read(site, Addresses.feed(language, policy)))
    assert feed["title"] == atom.feed.title
    assert [(i["id"], i["title"], i["content_text"], i["url"], i["date_published"], i["date_modified"], i["tags"])
            for i in feed["items"]] == [
        (e.id, e.title, e.content[0].value, e.link, e.published, e.updated, [t.term for t in e.tags])
        for e in atom.entries]  # fmt: skip


def test_every_event_has_its_entry_and_its_words(site: Desk) -> None:
    """One entry an event; what a title says of a version is what holds now."""
    assert titles(site, "privacy") == {
        "privacy/20270110/announced": "Privacy Policy changes on Sun 10 Jan 2027",
        "privacy/20261210/in-force": "Privacy Policy: in force since Sun 20 Dec 2026",
        "privacy/20261225/withdrawn": "Privacy Policy: the change announced for Fri 25 Dec 2026 is withdrawn",
        "privacy/20261225/announced": "Privacy Policy: the change announced for Fri 25 Dec 2026 is withdrawn",
        "privacy/20261210/postponed-1": "Privacy Policy: postponed to Sun 20 Dec 2026",
        "privacy/20261210/announced": "Privacy Policy changes on Sun 20 Dec 2026, not on Thu 10 Dec 2026",
        "privacy/20200101/in-force": "Privacy Policy: in force since Wed 1 Jan 2020",
    }
    of_all = titles(site, "")
    each = {k: v for policy in POLICIES[1:] for k, v in titles(site, policy).items()}
    assert of_all == each
    for item in items(site, "en", "privacy"):
        if "announced" in item["id"]:
            for line in found(site, item["id"].split("/")[1]).record.summary["en"]:
                assert line in item["content_text"]


def test_ids_never_change(site: Desk) -> None:
    """Whatever happens later; readers would get everything anew."""
    assert {i["id"] for i in items(site, "en", "cookies")} == {
        "tag:policies.example.com,2027:cookies/20270201/announced"
    }
    assert {i["id"] for i in items(site, "en")} == {i["id"] for i in items(site, "ko")}
    before = {i["id"] for i in items(site, "en")}
    postponed(site, "20270201", "2026-12-28T10:00", "2027-03-01", policy="cookies")
    happened(site, Event.IN_FORCE, "20270201", "2027-03-01T00:01", policy="cookies")
    shown(site)
    after = {i["id"] for i in items(site, "en")}
    assert after - before == {
        "tag:policies.example.com,2027:cookies/20270201/postponed-1",
        "tag:policies.example.com,2027:cookies/20270201/in-force",
    }
    assert before <= after


@BOTH
def test_a_first_version_is_announced_where_it_waits(site: Desk, language: str) -> None:
    title, words = {
        "ko": ("쿠키 방침", "2027년 2월 1일"),
        "en": ("Cookie Policy applies for the first time from ", "1 Feb 2027"),
    }[language]
    (entry,) = items(site, language, "cookies")
    assert entry["id"].endswith("cookies/20270201/announced")
    assert entry["title"].startswith(title)
    assert words in entry["title"]
    assert words in entry["content_text"]
    assert "Level:" not in entry["content_text"], "a first version changes nothing"
    assert entry["url"] == f"{BASE}/{language}/cookies/v/20270201/", "it has no notice"


def test_a_first_version_that_applies_at_once_has_one_entry(desk: Desk) -> None:
    first_version(desk, "cookies", "20261123", "2026-11-23T08:00")
    happened(desk, Event.IN_FORCE, "20261123", "2026-11-23T08:00", policy="cookies")
    shown(desk)
    assert titles(desk, "cookies") == {"cookies/20261123/in-force": "Cookie Policy: in force since Mon 23 Nov 2026"}


def test_a_withdrawn_first_version_says_so(site: Desk) -> None:
    withdrawn(site, "20270201", "2026-12-28T10:00", policy="cookies")
    shown(site)
    assert set(titles(site, "cookies").values()) == {
        "Cookie Policy: the change announced for Mon 1 Feb 2027 is withdrawn"
    }


def test_what_no_reader_would_notice_is_in_no_feed(site: Desk) -> None:
    announced(
        site,
        "20270110",
        "20270301",
        "2027-03-01",
        "2027-01-20T10:00",
        years=3,
        previous="20270110",
        level="none",
        days=0,
    )
    shown(site)
    for policy in ("", "privacy"):
        assert "20270301" not in read(site, Addresses.feed("en", policy)).decode()
        assert "20270301" not in read(site, Addresses.json_feed("en", policy)).decode()


@pytest.fixture
def many(desk: Desk) -> Desk:
    """More events, and more notices, than a feed or a calendar names; the newest notice was amended."""
    desk.retention()
    desk.tick("2026-11-23T09:00")
    happened(desk, Event.IN_FORCE, "20261210", "2026-12-10T00:01")
    previous, day = "20261210", date(2027, 1, 1)
    for number in range(MOST_EVENTS + 5):
        id_ = day.strftime("%Y%m%d")
        announced(desk, "20261210", id_, day.isoformat(), f"{day - timedelta(days=20)}T10:00", previous=previous)
        if number < MOST_EVENTS + 4:
            happened(desk, Event.IN_FORCE, id_, f"{day}T00:01")
        previous, day = id_, day + timedelta(days=30)
    return desk


def made(desk: Desk, *names: str) -> dict[str, bytes]:
    """The files of some units alone; all of that many versions would take long."""
    return all_files([u for u in site_units(desk.workspace, desk.register()) if u.name in names])


def test_feeds_and_calendars_name_the_newest_fifty(many: Desk) -> None:
    files = made(many, "front", "policy/privacy")
    for path in ("en/", "en/privacy/"):
        feed = json.loads(files[f"{path}feed.json"])["items"]
        atom = feedparser.parse(files[f"{path}feed.atom"])
        assert len(feed) == len(atom.entries) == MOST_ENTRIES
        assert valid(ATOM, files[f"{path}feed.atom"]) is not None
        published = [i["date_published"] for i in feed]
        assert published == sorted(published, reverse=True)
        last = many.register().of("privacy")[-1]
        assert f"{last.id}/announced" in feed[0]["id"] or f"{last.id}/announced" in feed[1]["id"]
        calendar = Calendar.from_ical(files[f"{path}calendar.ics"])
        days = [e["dtstart"].dt for e in calendar.walk("VEVENT")]
        assert len(days) == MOST_EVENTS
        assert days == sorted(days)
        newest = sorted((v.effective for v in many.register().of("privacy") if not v.first), reverse=True)[:MOST_EVENTS]
        assert set(days) == set(newest)


def test_only_what_xml_can_hold_is_written() -> None:
    """A character that XML forbids even escaped would make the whole feed unreadable."""
    root = element(None, "a", "x\x00\x0b\ud800\ufffey<&>\"'", b="\x1f]]>\n")
    data = written(root)
    from lxml import etree

    parsed = etree.fromstring(data)
    assert parsed.text == "x\ufffd\ufffd\ufffd\ufffdy<&>\"'"
    assert parsed.get("b").replace("\n", " ") == "\ufffd]]> "


# -- calendars ----------------------------------------------------------------------------------------------------


@BOTH
def test_one_event_is_the_same_in_all_three_calendars(site: Desk, language: str) -> None:
    everything = events(site, Addresses.calendar(language))
    assert everything == events(site, Addresses.calendar(language, "privacy"))
    assert set(everything) == {f"privacy-{v}@policies.example.com" for v in ("20261210", "20261225", "20270110")}
    for uid, event in everything.items():
        alone = events(site, Addresses.notice_calendar(language, uid.partition("@")[0]))
        assert alone == {uid: event}
        assert alone[uid].to_ical() == event.to_ical()
    assert events(site, Addresses.calendar(language, "cookies")) == {}, "a first version is no notice"


def test_sequence_and_status_follow_the_journal(site: Desk) -> None:
    found = events(site, Addresses.calendar("en", "privacy"))
    said = {
        uid.partition("@")[0]: (
            e["dtstart"].dt.isoformat(),
            e["sequence"],
            str(e["status"]),
            e["dtstamp"].dt.isoformat(),
        )
        for uid, e in found.items()
    }
    assert said == {
        "privacy-20261210": ("2026-12-20", 1, "CONFIRMED", "2026-11-30T01:00:00+00:00"),
        "privacy-20261225": ("2026-12-25", 1, "CANCELLED", "2026-12-05T01:00:00+00:00"),
        "privacy-20270110": ("2027-01-10", 0, "CONFIRMED", "2026-12-21T01:00:00+00:00"),
    }
    postponed(site, "20270110", "2026-12-28T10:00", "2027-01-20")
    postponed(site, "20270110", "2026-12-29T10:00", "2027-01-30")
    shown(site)
    after = events(site, Addresses.calendar("en", "privacy"))["privacy-20270110@policies.example.com"]
    assert (after["sequence"], after["dtstart"].dt, after["dtend"].dt) == (2, date(2027, 1, 30), date(2027, 1, 31))


def test_what_was_withdrawn_before_anyone_was_told_is_cancelled_in_its_own_file(site: Desk) -> None:
    """A run that was killed may have shown it; then its address answers for ever, and the calendars say nothing."""
    frozen(site, "20261210", "20270301", "2027-03-01", "2027-01-20T10:00", years=3, previous="20270110")
    line = withdrawn(site, "20270301", "2027-01-21T10:00")
    shown(site)
    uid = "privacy-20270301@policies.example.com"
    event = events(site, Addresses.notice_calendar("en", "privacy-20270301"))[uid]
    assert (str(event["status"]), event["sequence"]) == ("CANCELLED", 1)
    assert event["dtstamp"].dt.isoformat() == "2027-01-21T01:00:00+00:00"
    assert str(event["description"]).splitlines()[-1] == f"journal: {line}"
    assert uid not in events(site, Addresses.calendar("en", "privacy"))


@BOTH
@pytest.mark.parametrize("policy", ["", "privacy"])
def test_a_calendar_keeps_to_its_form(site: Desk, language: str, policy: str) -> None:
    """RFC 5545: lines, escapes, what has to be there once; RFC 7986 for a calendar that is asked for again."""
    data = read(site, Addresses.calendar(language, policy))
    lines = data.split(b"\r\n")
    assert lines.pop() == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode("utf-8")  # no character is cut in two
    calendar = Calendar.from_ical(data)
    assert "METHOD" not in calendar, "it invites nobody"
    assert calendar["version"] == "2.0"
    assert calendar["prodid"]
    assert calendar["refresh-interval"].dt == timedelta(days=1)
    assert str(calendar["source"]) == BASE + Addresses.calendar(language, policy)
    assert str(calendar["name"]) == str(calendar["x-wr-calname"])
    for event in calendar.walk("VEVENT"):
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "SUMMARY", "STATUS", "URL"} <= set(event)
        assert event["summary"].params["LANGUAGE"] == language
        assert event["url"] == f"{BASE}/{language}/notices/{str(event['uid']).partition('@')[0]}/"
        last = str(event["description"]).splitlines()[-1]
        assert re.fullmatch(r"journal: [0-9a-f]{64}", last)
    assert calendar.to_ical()


def test_the_words_come_back_as_they_were(site: Desk) -> None:
    """Commas, semicolons, backslashes and line breaks of a summary, through a reader that we did not write."""
    words = 'A\\b; c, d: "e" \\n 가나다 ' * 9
    announced(site, "20270110", "20270301", "2027-03-01", "2027-01-20T10:00", years=3, previous="20270110",
              summary={"en": [words.strip(), "Second"], "ko": ["하나"]})  # fmt: skip
    shown(site)
    for address in (Addresses.calendar("en"), Addresses.notice_calendar("en", "privacy-20270301")):
        event = events(site, address)["privacy-20270301@policies.example.com"]
        assert str(event["description"]).splitlines()[1:3] == [words.strip(), "Second"]


def unfolded(data: bytes) -> Iterator[bytes]:
    return iter(data.replace(b"\r\n ", b"").split(b"\r\n"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400))
def test_folding_cuts_no_character_and_loses_none(words: str) -> None:
    line = f"SUMMARY:{words}"
    data = folded(line)
    parts = data.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(part) <= 75 for part in parts)
    assert all(part.decode("utf-8") is not None for part in parts)
    assert next(unfolded(data)).decode("utf-8") == line
    assert str(Contentline.from_ical(data.decode("utf-8").removesuffix("\r\n"))) == line


def test_hosts_name_events_whatever_the_address(desk: Desk) -> None:
    """The UID holds the host alone: another folder on it, or another port, makes no second event."""
    desk.set('base_url = "https://policies.example.com"', 'base_url = "https://policies.example.com:8443/legal"')
    desk.retention()
    desk.tick("2026-11-23T09:00")
    found = events(desk, Addresses.calendar("en"))
    assert list(found) == ["privacy-20261210@policies.example.com"]
    assert urlsplit(str(found["privacy-20261210@policies.example.com"]["url"])).path.startswith("/legal/en/notices/")
