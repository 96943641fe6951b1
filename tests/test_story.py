"""The main job from a commit to the day of effect, as a lawyer and an operator live it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from publisher.errors import IntegrityBroken, Locked, ServiceAway, WrongUsage
from publisher.files import only_run
from publisher.mail.database import deliveries, open_database
from publisher.mail.erasing import erase_old
from publisher.mail.mailers import MemoryMailer
from publisher.mail.outbox import Outbox
from publisher.mail.outcomes import Outcome, State
from publisher.mail.reports import held
from publisher.mail.vault import open_vault
from publisher.register.repository import commit_all
from publisher.run.create import IDENTITY
from publisher.run.mailing import retry_failed, work
from publisher.run.verify import verify
from tests.conftest import REASON, Desk, Ended

Command = Callable[..., Ended]


def page(desk: Desk, path: str) -> str:
    return (desk.site / path).read_text("utf-8")


def test_a_significant_change_gets_fourteen_clear_days(desk: Desk) -> None:
    desk.recipients()
    desk.tick("2026-11-20T10:00")
    desk.retention()
    report = desk.tick("2026-11-23T09:00")
    assert [s.kind.value for s in report.done] == ["freeze", "announce", "notify"]
    version = desk.register().find("privacy", "20261210")
    assert version is not None
    assert (version.record.level, version.record.days) == ("significant", 14)
    assert version.deliveries == {"handed_over": 2, "no_address": 1}

    for moment in ("2026-11-23T09:05", "2026-11-30T10:00", "2026-12-09T23:59:59"):
        assert desk.tick(moment).done == []
        assert "Order records: 5 years" in page(desk, "en/privacy/index.html")
    assert "Order records: 7 years" in page(desk, "en/privacy/v/20261210/index.html")
    assert "2026-12-10" in page(desk, "en/feed.json") or "10 Dec 2026" in page(desk, "en/feed.json")

    assert [s.kind.value for s in desk.tick("2026-12-10T00:00").done] == ["take_effect"]
    assert "Order records: 7 years" in page(desk, "en/privacy/index.html")
    assert "주문 기록: 7년" in page(desk, "ko/privacy/index.html")
    assert "Order records: 5 years" in page(desk, "en/privacy/v/20200101/index.html"), "the old text keeps its address"
    assert verify(desk.workspace)[0] == []
    assert desk.tick("2026-12-10T00:05").done == []


def test_a_change_proved_minor_gets_seven(desk: Desk) -> None:
    desk.recipients()
    desk.telephone()
    desk.tick("2026-11-23T09:00")
    version = desk.register().find("privacy", "20261203")
    assert version is not None
    assert (version.record.level, version.record.days) == ("minor", 7)
    assert [f["code"] for f in version.record.findings["en"]] == ["M7"]
    desk.tick("2026-12-03T00:00")
    assert desk.register().state(desk.register().versions[-1]) == "in_force"


def test_dates_level_and_links_are_the_same_everywhere(desk: Desk) -> None:
    """P8: mail, page, feed and calendar say the same."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    letters = {
        str(m["Content-Language"]): m
        for m in (message_from_bytes(x.data, policy=policy.default) for x in desk.mailer.letters)
    }
    notice = {lang: page(desk, f"{lang}/notices/privacy-20261210/index.html") for lang in ("en", "ko")}
    assert "Thu 10 Dec 2026" in notice["en"]
    assert "2026년 12월 10일 (목)" in notice["ko"]
    for language, day in (("en", "Thu 10 Dec 2026"), ("ko", "2026년 12월 10일 (목)")):
        body = letters[language].get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert day in text
        assert f"https://policies.example.com/{language}/notices/privacy-20261210/" in text
        assert day in page(desk, f"{language}/feed.atom")
        assert "2026-12-10" in letters[language]["Subject"]
        calendar = page(desk, f"{language}/calendar.ics")
        assert "DTSTART;VALUE=DATE:20261210" in calendar
        assert "14" in notice[language]
        assert "14" in text
    announced = next(e for e in desk.register().entries if e.event.value == "announced")
    assert all(announced.hash in m.get_body(("plain",)).get_content() for m in letters.values())  # type: ignore[union-attr]


def test_a_longer_promise_of_the_policy_is_kept(desk: Desk) -> None:
    file = desk.root / "policy_docs" / "privacy" / "policy.toml"
    desk.write("policy_docs/privacy/policy.toml", "notice_days = { significant = 30 }\n" + file.read_text("utf-8"))
    desk.retention()
    desk.tick("2026-11-23T09:00")
    version = desk.register().find("privacy", "20261229")  # the 30th day is Christmas, and then a weekend
    assert version is not None
    assert version.record.days == 30


def test_raising_a_level(desk: Desk) -> None:
    raised = REASON + '[level]\nis = "significant"\nreason = "Users rely on this number in emergencies."\n'
    desk.telephone()
    desk.write("policy_docs/privacy/change.toml", raised)
    desk.commit()
    desk.tick("2026-11-23T09:00")
    assert desk.register().find("privacy", "20261210") is not None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (REASON + '[level]\nis = "minor"\nreason = "We think that it is minor, all in all."\n', "P131"),
        (REASON + '[level]\nis = "significant"\nreason = "ok"\n', "P133"),
        (REASON + 'effective = "2026-12-01"\n', "P110"),
    ],
)
def test_rules_that_block(desk: Desk, change: str, code: str) -> None:
    desk.retention(reason=change)
    report = desk.tick("2026-11-23T09:00")
    assert report.done == []
    assert [p.code for p in report.observation.problems] == [code]
    assert len(desk.register().versions) == 2


def test_consent_is_asked_for_where_notice_is_not_enough(desk: Desk) -> None:
    for language, before, after in (
        ("en", "- order data", "- health data (required): your illnesses\n- order data"),
        ("ko", "- 주문 정보", "- 건강정보(필수): 병력\n- 주문 정보"),
    ):
        desk.edit(f"privacy/{language}.md", before, after)
    desk.write("policy_docs/privacy/change.toml", REASON)
    desk.commit()
    report = desk.tick("2026-11-23T09:00")
    assert [p.code for p in report.observation.problems] == ["P150"]
    desk.write("policy_docs/privacy/change.toml", REASON + 'consent = "Asked in the app before the first use."\n')
    desk.commit()
    assert [s.kind.value for s in desk.tick("2026-11-23T09:00").done] == ["freeze", "announce", "notify"]


def test_a_spelling_mistake_in_one_language_may_be_exempt_and_nothing_more(desk: Desk) -> None:
    desk.edit("privacy/ko.md", "+82-2-555-0100", "+82-2-555-0199")
    exempt = REASON + '[exempt]\nen = "Only the Korean number was misprinted."\n'
    desk.write("policy_docs/privacy/change.toml", exempt)
    desk.commit()
    assert [s.kind.value for s in desk.tick("2026-11-23T09:00").done] == ["freeze", "announce", "notify"]
    desk.edit("privacy/ko.md", "주문 기록: 5년", "주문 기록: 7년")
    desk.write("policy_docs/privacy/change.toml", exempt + "# again\n")
    desk.commit()
    report = desk.tick("2026-11-24T09:00")
    assert {p.code for p in report.observation.problems} == {"P101"}


def test_figures_that_contradict_between_the_languages_block(desk: Desk) -> None:
    desk.edit("privacy/en.md", "Order records: 5 years", "Order records: 7 years")
    desk.edit("privacy/ko.md", "주문 기록: 5년", "주문 기록: 6년")
    desk.write("policy_docs/privacy/change.toml", REASON)
    desk.commit()
    assert {p.code for p in desk.tick("2026-11-23T09:00").observation.problems} == {"P106"}


def test_what_no_reader_sees_makes_no_version(desk: Desk) -> None:
    file = desk.root / "policy_docs" / "privacy" / "en.md"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"- ", b"* ").replace(b"\n", b"\r\n"))
    desk.commit()
    report = desk.tick("2026-11-23T09:00")
    assert report.done == []
    assert report.observation.problems == []
    assert report.plan.policies[0].state == "in_force"


def test_the_reason_of_an_old_change_is_not_the_reason_of_a_new_one(desk: Desk) -> None:
    desk.retention(7)
    desk.tick("2026-11-23T09:00")
    desk.tick("2026-12-10T00:00")
    for language, before, after in (("en", "7 years", "8 years"), ("ko", "7년", "8년")):
        desk.edit(f"privacy/{language}.md", before, after)
    desk.commit()
    assert [p.code for p in desk.tick("2026-12-11T09:00").observation.problems] == ["P116"]


def test_an_announced_text_cannot_be_edited(desk: Desk) -> None:
    desk.retention(7)
    desk.tick("2026-11-23T09:00")
    frozen = (desk.root / "versions" / "privacy" / "20261210" / "en.md").read_bytes()
    for language, before, after in (("en", "7 years", "9 years"), ("ko", "7년", "9년")):
        desk.edit(f"privacy/{language}.md", before, after)
    desk.commit()
    report = desk.tick("2026-11-24T09:00")
    assert [p.code for p in report.observation.problems] == ["P140"]
    desk.tick("2026-12-10T00:00")
    assert (desk.root / "versions" / "privacy" / "20261210" / "en.md").read_bytes() == frozen
    assert "7 years" in page(desk, "en/privacy/index.html"), "what was announced takes effect, nothing else"


def test_a_first_version_is_published_without_notice(desk: Desk) -> None:
    desk.recipients()
    for language, title in (("en", "Terms of Use"), ("ko", "이용약관")):
        desk.write(f"policy_docs/terms/{language}.md", f"# {title} {{#terms}}\n\n## 1. X {{#x}}\n\n{title}.\n")
    desk.write("policy_docs/terms/policy.toml", 'kind = "terms"\ntitle = { ko = "이용약관", en = "Terms of Use" }\n')
    desk.commit()
    report = desk.tick("2026-11-28T22:00")
    assert [s.kind.value for s in report.done] == ["freeze", "announce", "take_effect"]
    assert desk.mailer.letters == []
    assert "Terms of Use" in page(desk, "en/terms/index.html")


def test_mail_that_cannot_be_sent_now_is_sent_later_and_the_announcement_stands(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    desk.set('smtp_url = "maildir:var/mail"', 'smtp_url = "smtp://127.0.0.1:9"')
    from publisher.mail.mailers import mailer_factory

    report = desk.tick("2026-11-23T09:00", mailers=mailer_factory(desk.workspace))
    assert [s.kind.value for s in report.done] == ["freeze", "announce"]
    assert [type(e) for e in report.errors] == [ServiceAway]
    assert "Order records: 7 years" in page(desk, "en/privacy/v/20261210/index.html")
    later = desk.tick("2026-11-24T09:00")
    assert [s.kind.value for s in later.done] == ["notify"]
    assert len(desk.mailer.letters) == 2
    assert desk.tick("2026-12-10T00:00").done != []


def test_mail_that_stays_away_never_shortens_the_notice(desk: Desk) -> None:
    """P1: the old text stays in force, and people are told why."""
    desk.recipients()
    desk.retention()
    desk.set('smtp_url = "maildir:var/mail"', 'smtp_url = "smtp://127.0.0.1:9"')
    from publisher.mail.mailers import mailer_factory

    away = mailer_factory(desk.workspace)
    for moment in ("2026-11-23T09:00", "2026-11-26T09:00", "2026-12-10T00:00", "2026-12-11T09:00"):
        report = desk.tick(moment, mailers=away)
        assert all(s.kind.value != "take_effect" for s in report.done)
    assert [p.code for p in report.observation.problems] == ["S220"]
    assert "Order records: 5 years" in page(desk, "en/privacy/index.html")
    desk.tick("2026-12-11T09:30")
    assert len(desk.mailer.letters) == 2, "they are told all the same"
    assert "Order records: 5 years" in page(desk, "en/privacy/index.html")


def test_recipients_who_fail_are_counted_and_hinder_nobody(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    desk.mailer = MemoryMailer(
        lambda letter: (
            Outcome(state=State.FAILED, code=550, reply="5.1.1 no such user")
            if letter.recipient.startswith("hana")
            else Outcome(state=State.HANDED_OVER, code=250, reply="ok")
        )
    )
    report = desk.tick("2026-11-23T09:00")
    assert [e.exit_status for e in report.errors] == [7]
    version = desk.register().find("privacy", "20261210")
    assert version is not None
    assert version.deliveries == {"failed": 1, "handed_over": 1, "no_address": 1}


def test_a_temporary_refusal_is_tried_again_until_the_window_closes(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    busy = MemoryMailer(lambda _: Outcome(state=State.DEFERRED, code=451, reply="later"))
    assert [s.kind.value for s in desk.tick("2026-11-23T09:00", mailers=lambda: busy).done] == ["freeze", "announce"]
    assert desk.tick("2026-11-23T09:00:30", mailers=lambda: busy).done == []
    assert [s.kind.value for s in desk.tick("2026-11-26T09:00", mailers=lambda: busy).done] == ["notify"]
    version = desk.register().find("privacy", "20261210")
    assert version is not None
    assert version.deliveries == {"failed": 2, "no_address": 1}


def test_a_clock_that_went_back_stops_everything(desk: Desk) -> None:
    desk.retention()
    desk.tick("2026-11-23T09:00")
    with pytest.raises(ServiceAway) as raised:
        desk.tick("2026-11-20T09:00")
    assert raised.value.problems[0].code == "C531"


def test_only_one_run_at_a_time(desk: Desk) -> None:
    with only_run(desk.root / "var" / "publisher.lock"), pytest.raises(Locked):
        desk.tick("2026-11-23T09:00")


def test_a_tampered_text_stops_everything(desk: Desk) -> None:
    desk.tick()
    file = desk.root / "versions" / "privacy" / "20200101" / "en.md"
    file.write_bytes(file.read_bytes().replace(b"5 years", b"1 years"))
    with pytest.raises(IntegrityBroken):
        desk.tick()
    assert verify(desk.workspace)[0] != []


def test_a_run_that_crossed_midnight_counts_anew(desk: Desk) -> None:
    """Announced in the last second of posting hours, the site is live on the next day."""
    from dataclasses import replace

    from publisher.run.tick import tick
    from tests.conftest import seoul

    desk.set('timezone = "Asia/Seoul"', 'timezone = "Asia/Seoul"\nposting_hours = "Mon-Fri 00:00-24:00"')
    desk.retention()
    moments = iter([seoul("2026-11-23T23:59:59")] * 4 + [seoul("2026-11-24T00:00:30")] * 100)
    report = tick(replace(desk.engine(), clock=lambda: next(moments)))
    assert [s.kind.value for s in report.done][-2:] == ["announce", "notify"]
    register = desk.register()
    announced = [v for v in register.of("privacy") if v.announced_at and not v.withdrawn_at]
    assert [v.id for v in announced] == ["20261211"], "one day later than the run had hoped"
    assert verify(desk.workspace)[0] == []


def test_seeds_can_be_taken_in_changed_and_published(publisher: Command, tmp_path: Path) -> None:
    """The two real policies that started it all, each in a workspace of its own language."""
    seeds = Path(__file__).parents[2] / "shared" / "seeds"
    if not seeds.is_dir():
        pytest.skip("the real policies are not on this machine; tests/test_importing.py has texts of its own")
    for language, file in (("en", "000_2e7ab1bbcd18a884.txt"), ("ko", "001_e14d4a3d3e9e1d51.txt")):
        root = tmp_path / language
        assert publisher("init", str(root), "--empty").status == 0
        settings = (root / "publisher.toml").read_text("utf-8")
        settings = settings.replace('["ko", "en"]', f'["{language}"]').replace('= "ko" ', f'= "{language}" ')
        settings = settings.replace('governing_language = "ko"', f'governing_language = "{language}"')
        (root / "publisher.toml").write_text(settings.replace("simulated = false", "simulated = true"), "utf-8")
        taken = publisher("import", str(seeds / file), "--policy", "privacy", "--language", language, cwd=root)
        assert taken.status == 0, taken.err
        text = root / "policy_docs" / "privacy" / f"{language}.md"
        lines = [x for x in text.read_text("utf-8").split("\n") if "0월 0일" not in x]
        text.write_text("\n".join(lines), "utf-8")
        commit_all(root, "Taken in", IDENTITY)
        first = publisher("tick", "--now", "2026-11-02T10:00", "--json", cwd=root)
        assert first.status == 0, first.err
        assert json.loads(first.out)["policies"][0]["state"] == "in_force"

        before, after = {"en": ("at least seven days", "at least five days"), "ko": ("1년간 보존", "3년간 보존")}[
            language
        ]
        changed = text.read_text("utf-8")
        assert before in changed
        text.write_text(changed.replace(before, after), "utf-8")
        basis = 'basis = { retention = "contract" }\n'
        about = root / "policy_docs" / "privacy" / "policy.toml"
        about.write_text(basis + about.read_text("utf-8"), "utf-8")
        (root / "policy_docs" / "privacy" / "change.toml").write_text(
            f'reason = {{ {language} = "A test." }}\n', "utf-8"
        )
        commit_all(root, "Changed", IDENTITY)
        second = publisher("tick", "--now", "2026-11-23T10:00", "--json", cwd=root)
        assert second.status == 0, second.err + second.out
        pending = json.loads(second.out)["policies"][0]
        assert (pending["level"], pending["effective_at"][:10]) == ("significant", "2026-12-10")
        third = publisher("tick", "--now", "2026-12-10T00:00", cwd=root)
        assert third.status == 0
        assert publisher("verify", cwd=root).status == 0


def test_looking_writes_nothing_even_when_a_run_was_killed_in_between(desk: Desk) -> None:
    """A version that is named in the journal and still lies aside is read from there; the next tick puts it in place."""
    from publisher.run.observe import observe

    desk.retention()
    desk.tick("2026-11-23T09:00")
    placed = desk.root / "versions" / "privacy" / "20261210"
    staged = desk.root / "versions" / ".staging" / "privacy" / "20261210"
    staged.parent.mkdir(parents=True)
    placed.rename(staged)
    engine = desk.engine()
    with engine.texts() as texts:
        assert observe(engine.workspace, texts, desk.now).plan.policies[0].state == "announced"
    assert staged.is_dir()
    assert verify(desk.workspace)[0] == []
    desk.tick("2026-11-24T09:00")
    assert placed.is_dir()
    assert not staged.exists()


def test_writing_commands_wait_for_each_other(publisher: Command, desk: Desk) -> None:
    (desk.root / "old.md").write_text("# Old {#old}\n\nText.\n", "utf-8")
    taking_in = ["import", "old.md", "--policy", "terms", "--language", "en", "--effective", "2019-01-01"]
    with only_run(desk.workspace.lock):
        for arguments in (["tick"], ["site", "build"], taking_in, ["mail", "retry", "privacy-20261210"]):
            assert publisher(*arguments, cwd=desk.root).status == 9, arguments
        for arguments in (["plan"], ["check"], ["status"], ["verify"]):
            assert publisher(*arguments, cwd=desk.root).status == 0, arguments


def test_nothing_is_sent_of_a_mailing_that_was_erased(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    desk.mailer = MemoryMailer(lambda _: Outcome(state=State.FAILED, code=550, reply="5.1.1 no such user"))
    desk.tick("2026-11-23T09:00")
    database = open_database(desk.workspace)
    try:
        assert erase_old(database, desk.now + timedelta(days=40), 30) == ["privacy-20261210"]
        vault = open_vault(desk.workspace)
        Outbox(database, vault, "privacy-20261210").reopen(desk.now)  # as an older release may have left it
        with pytest.raises(WrongUsage) as caught:
            list(held(database, "privacy-20261210", "example.com"))
        assert [p.code for p in caught.value.problems] == ["S286"]
    finally:
        database.dispose()
    work(desk.engine(), once=True)
    with pytest.raises(WrongUsage) as caught:
        retry_failed(desk.engine(), "privacy-20261210")
    assert [p.code for p in caught.value.problems] == ["S286"]


def test_what_ties_old_mailings_to_persons_is_erased_by_the_engine(desk: Desk) -> None:
    desk.recipients()
    with (desk.root / "publisher.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[recipients]\nkeep_days = 30\n")
    desk.retention()
    desk.tick("2026-11-23T09:00")
    for moment, names in (("2026-12-22T09:00", False), ("2026-12-24T09:00", True)):
        assert desk.tick(moment).errors == []
        database = open_database(desk.workspace)
        with database.connect() as connection:
            found = connection.scalars(select(deliveries.c.recipient)).all()
        database.dispose()
        assert [name.startswith("erased-") for name in found] == [names] * 3
    assert verify(desk.workspace)[0] == []


def test_a_mailing_that_stands_still_says_why(desk: Desk, publisher: Command) -> None:
    desk.recipients()
    desk.retention()
    desk.mailer = MemoryMailer(lambda _: Outcome(state=State.DEFERRED, code=550, reply="5.7.1 no", refuses_us=True))
    desk.tick("2026-11-23T09:00")
    assert "The mail server refuses all mail from us: 5.7.1" in publisher("mail", "status", cwd=desk.root).out
    publisher("mail", "pause", "privacy-20261210", cwd=desk.root)
    assert "privacy-20261210 is paused." in publisher("mail", "status", cwd=desk.root).out
    said = json.loads(publisher("mail", "status", "--json", cwd=desk.root).out)["stopped"]
    assert said.keys() == {"privacy-20261210"}
