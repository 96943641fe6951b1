"""The life of a version as the legal team lives it: postponed, withdrawn, corrected, put back, overlapping, annexed."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from publisher.errors import IntegrityBroken
from publisher.mail.mailers import MemoryMailer
from publisher.mail.outcomes import Outcome, State
from publisher.messages import translator
from publisher.register.repository import commit_all
from publisher.register.versions import Version
from publisher.run.create import IDENTITY
from publisher.run.status import deliveries
from publisher.run.tick import Report
from publisher.run.verify import verify
from tests.conftest import REASON, Desk

WHY = 'reason = { ko = "서버 이전이 늦어졌습니다.", en = "Moving the servers takes longer." }\n'
BACK = 'reason = { ko = "잘못 공지했습니다.", en = "It was announced by mistake." }\n'


def done(report: Report) -> list[str]:
    return [f"{s.kind.value} {s.version}" for s in report.done]


def codes(report: Report) -> list[str]:
    return [p.code for p in report.observation.problems]


def version(desk: Desk, id_: str = "20261210", policy: str = "privacy") -> Version:
    found = desk.register().find(policy, id_)
    assert found is not None
    return found


def say(desk: Desk, change: str) -> None:
    desk.write("policy_docs/privacy/change.toml", change)
    desk.commit()


def years(desk: Desk, before: int, after: int) -> None:
    desk.edit("privacy/en.md", f"Order records: {before} years", f"Order records: {after} years")
    desk.edit("privacy/ko.md", f"주문 기록: {before}년", f"주문 기록: {after}년")


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """A significant change, announced and mailed on 23 November for 10 December 2026."""
    desk.recipients()
    desk.retention()
    assert done(desk.tick("2026-11-23T09:00")) == ["freeze 20261210", "announce 20261210", "notify 20261210"]
    desk.mailer.letters.clear()
    return desk


def test_postponed(waiting: Desk) -> None:
    say(waiting, WHY + 'postpone = { "20261210" = "2027-01-05" }\n')
    before = (waiting.root / "versions" / "privacy" / "20261210" / "version.json").read_bytes()
    assert done(waiting.tick("2026-12-09T22:00")) == ["postpone 20261210"], "at once, and mailed in office hours"
    assert done(waiting.tick("2026-12-10T00:00")) == []
    assert done(waiting.tick("2026-12-10T09:00")) == ["notify 20261210"]
    assert len(waiting.mailer.letters) == 2
    assert done(waiting.tick("2026-12-10T09:05")) == []
    assert waiting.register().state(version(waiting)) == "upcoming"
    assert str(version(waiting).effective) == "2027-01-05"
    assert done(waiting.tick("2027-01-04T23:59")) == []
    assert done(waiting.tick("2027-01-05T00:00")) == ["take_effect 20261210"]
    assert (waiting.root / "versions" / "privacy" / "20261210" / "version.json").read_bytes() == before
    assert done(waiting.tick("2027-01-06T09:00")) == []
    assert verify(waiting.workspace)[0] == []


def test_postponed_twice(waiting: Desk) -> None:
    say(waiting, WHY + 'postpone = { "20261210" = "2027-01-05" }\n')
    waiting.tick("2026-11-25T10:00")
    say(waiting, WHY + 'postpone = { "20261210" = "2027-02-01" }\n')
    assert done(waiting.tick("2026-11-26T10:00")) == ["postpone 20261210", "notify 20261210"]
    assert [str(a.effective) for a in version(waiting).amendments] == ["2027-01-05", "2027-02-01"]
    assert deliveries(waiting.workspace)["privacy-20261210-amendment-2"]["handed_over"] == 2
    assert done(waiting.tick("2027-01-05T00:00")) == []
    assert done(waiting.tick("2027-02-01T00:00")) == ["take_effect 20261210"]


def test_who_was_not_mailed_yet_gets_the_announcement_and_then_the_amendment(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    busy = MemoryMailer(lambda _: Outcome(state=State.DEFERRED, code=451, reply="later"))
    desk.tick("2026-11-23T09:00", mailers=lambda: busy)
    say(desk, WHY + 'postpone = { "20261210" = "2027-01-05" }\n')
    assert done(desk.tick("2026-11-23T11:00")) == ["postpone 20261210", "notify 20261210", "notify 20261210"]
    letters = [message_from_bytes(x.data, policy=policy.default) for x in desk.mailer.letters]
    mine = [m for m in letters if "ann@example.org" in str(m["To"])]
    assert "2026-12-10" in mine[0]["Subject"], "the announcement, as it was made"
    assert "2027-01-05" in mine[1]["Subject"]
    assert len({m["Message-ID"] for m in letters}) == len(letters) == 4


def test_withdrawn(waiting: Desk) -> None:
    say(waiting, BACK + 'withdraw = "20261210"\n')
    report = waiting.tick("2026-11-25T10:00")
    assert done(report) == ["withdraw 20261210", "notify 20261210"]
    assert codes(report) == ["P142"], "the text of the withdrawn version is still on the branch"
    years(waiting, 7, 5)
    waiting.commit()
    report = waiting.tick("2026-11-25T11:00")
    assert (done(report), codes(report)) == ([], [])
    assert done(waiting.tick("2026-12-10T00:00")) == []
    assert "Order records: 5 years" in (waiting.site / "en" / "privacy" / "index.html").read_text("utf-8")
    page = (waiting.site / "en" / "privacy" / "v" / "20261210" / "index.html").read_text("utf-8")
    assert "Order records: 7 years" in page, "the page stays at its address"
    assert len(waiting.mailer.letters) == 2
    assert verify(waiting.workspace)[0] == []


def test_announced_again_after_a_withdrawal_the_days_begin_anew(waiting: Desk) -> None:
    say(waiting, BACK + 'withdraw = "20261210"\n')
    waiting.tick("2026-11-25T10:00")
    say(waiting, REASON + "# once more\n")
    assert done(waiting.tick("2026-11-26T10:00")) == ["freeze 20261215", "announce 20261215", "notify 20261215"]


def test_nobody_is_told_any_more_of_what_was_withdrawn(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    busy = MemoryMailer(lambda _: Outcome(state=State.DEFERRED, code=451, reply="later"))
    desk.tick("2026-11-23T09:00", mailers=lambda: busy)
    years(desk, 7, 5)
    say(desk, BACK + 'withdraw = "20261210"\n')
    assert done(desk.tick("2026-11-23T11:00")) == ["withdraw 20261210", "notify 20261210"]
    letters = [message_from_bytes(x.data, policy=policy.default) for x in desk.mailer.letters]
    assert len(letters) == 2
    assert all("withdrawn" in m["Subject"] or "철회" in m["Subject"] for m in letters), "they tell of that only"
    outcomes = deliveries(desk.workspace)
    assert outcomes["privacy-20261210"] == {"failed": 2, "no_address": 1}, "each with the reason, none silent"
    assert outcomes["privacy-20261210-amendment-1"] == {"handed_over": 2, "no_address": 1}


def test_the_branch_put_back_does_not_withdraw(waiting: Desk) -> None:
    years(waiting, 7, 5)
    (waiting.root / "policy_docs" / "privacy" / "change.toml").unlink()
    waiting.commit()
    assert codes(waiting.tick("2026-11-25T10:00")) == ["P145"]
    assert done(waiting.tick("2026-12-10T00:00")) == ["take_effect 20261210"]


def test_a_change_back_with_a_reason_of_its_own_is_a_change(waiting: Desk) -> None:
    years(waiting, 7, 5)
    say(waiting, BACK)
    report = waiting.tick("2026-11-25T10:00")
    assert done(report) == ["freeze 20261212", "announce 20261212", "notify 20261212"]


def test_corrected_on_the_day_of_its_announcement(waiting: Desk) -> None:
    """A minor correction gets a notice of its own and takes effect with what it corrects."""
    for language in ("en", "ko"):
        waiting.edit(f"privacy/{language}.md", "+82-2-555-0100", "+82-2-555-0199")
    say(waiting, BACK)
    assert done(waiting.tick("2026-11-23T15:00")) == ["freeze 20261210-2", "announce 20261210-2", "notify 20261210-2"]
    assert version(waiting, "20261210-2").record.level == "minor"
    report = waiting.tick("2026-12-10T00:00")
    assert done(report) == ["take_effect 20261210", "take_effect 20261210-2"]
    register = waiting.register()
    assert register.state(version(waiting)) == "superseded"
    assert register.in_force("privacy") == version(waiting, "20261210-2")
    page = (waiting.site / "en" / "privacy" / "index.html").read_text("utf-8")
    assert "+82-2-555-0199" in page
    assert "Order records: 7 years" in page


def test_a_second_change_while_the_first_waits_is_compared_with_it(waiting: Desk) -> None:
    years(waiting, 7, 8)
    say(waiting, BACK)
    assert done(waiting.tick("2026-11-30T10:00")) == ["freeze 20261217", "announce 20261217", "notify 20261217"]
    assert version(waiting, "20261217").record.previous == "20261210"
    assert done(waiting.tick("2026-12-17T00:00")) == ["take_effect 20261210", "take_effect 20261217"], "in date order"


def test_where_the_first_is_held_the_second_waits_for_it(desk: Desk) -> None:
    """The mails of the first were late; the second would bring its text all the same."""
    desk.recipients()
    desk.retention()
    busy = MemoryMailer(lambda _: Outcome(state=State.DEFERRED, code=451, reply="later"))
    desk.tick("2026-11-23T09:00", mailers=lambda: busy)
    years(desk, 7, 8)
    say(desk, BACK + 'effective = "2027-03-02"\n')
    desk.tick("2026-11-24T10:00", mailers=lambda: busy)
    desk.tick("2026-11-30T10:00")
    report = desk.tick("2027-03-02T00:00")
    assert (done(report), codes(report)) == ([], ["S220"])
    say(desk, WHY + 'postpone = { "20261210" = "2027-03-02" }\n')
    report = desk.tick("2027-03-02T00:05")
    assert done(report) == ["postpone 20261210", "take_effect 20261210", "take_effect 20270302"]


def test_an_announced_date_is_not_moved_by_editing_the_wish(waiting: Desk) -> None:
    say(waiting, REASON + 'effective = "2027-01-05"\n')
    report = waiting.tick("2026-11-25T10:00")
    assert (done(report), codes(report)) == ([], ["P143"])
    assert "postpone" in translator("en")(report.observation.problems[0].hint)  # type: ignore[arg-type]
    assert done(waiting.tick("2026-12-10T00:00")) == ["take_effect 20261210"]


def test_a_rewritten_branch_stops_what_is_new_and_nothing_else(waiting: Desk) -> None:
    import subprocess

    def git(*arguments: str) -> str:
        ended = subprocess.run(["git", *arguments], cwd=waiting.root, capture_output=True, text=True, check=True)
        return ended.stdout.strip()

    parent = git("rev-parse", "main~1")
    git("update-ref", "refs/heads/main", parent)
    years(waiting, 7, 8)
    say(waiting, BACK)
    report = waiting.tick("2026-11-25T10:00")
    assert (done(report), set(codes(report))) == ([], {"V448"})
    assert [type(e) for e in report.errors] == [IntegrityBroken]
    assert done(waiting.tick("2026-12-10T00:00")) == ["take_effect 20261210"], "what was announced goes on"
    lost = version(waiting).record.source["commit"]
    git("reset", "-q", "--hard")
    git(
        "-c", "user.name=Example", "-c", "user.email=legal@example.com", "merge", "-q", "-s", "ours", "-m", "back", lost
    )
    assert codes(waiting.tick("2026-12-10T09:30")) == []


def test_an_annex_that_changes_alone_owes_the_days_of_what_includes_it(desk: Desk) -> None:
    about = desk.root / "policy_docs" / "privacy" / "policy.toml"
    about.write_text("notice_days = { significant = 30 }\n" + about.read_text("utf-8"), "utf-8")
    for language in ("en", "ko"):
        desk.edit(f"third-parties/{language}.md", "| Example Mail |", "| Example Post |")
    desk.write("policy_docs/third-parties/change.toml", REASON)
    desk.commit()
    report = desk.tick("2026-11-23T09:00")
    (frozen,) = [s for s in report.done if s.kind.value == "freeze"]
    assert frozen.policy == "third-parties"
    assert version(desk, frozen.version, "third-parties").record.days == 30
    assert report.observation.register.waiting("privacy") == (), "the text of the policy itself did not change"


def test_an_annex_that_becomes_part_of_a_policy_changes_the_policy(desk: Desk) -> None:
    desk.retention()
    desk.tick("2026-11-23T09:00")
    desk.tick("2026-12-10T00:00")
    about = desk.root / "policy_docs" / "privacy" / "policy.toml"
    text = about.read_text("utf-8")
    assert "includes" in text
    about.write_text("\n".join(x for x in text.split("\n") if not x.startswith("includes")), "utf-8")
    say(desk, BACK)
    report = desk.tick("2026-12-14T09:00")
    frozen = version(desk, report.done[0].version)
    assert [f["code"] for f in frozen.record.findings["en"]] == ["R26"]
    assert (frozen.record.level, frozen.record.includes) == ("significant", [])
    assert desk.tick("2026-12-14T09:05").done == []


def test_a_policy_whose_folder_is_gone_stays_in_force(desk: Desk) -> None:
    import shutil

    shutil.rmtree(desk.root / "policy_docs" / "third-parties")
    about = desk.root / "policy_docs" / "privacy" / "policy.toml"
    text = about.read_text("utf-8")
    about.write_text("\n".join(x for x in text.split("\n") if not x.startswith("includes")), "utf-8")
    commit_all(desk.root, "Gone", IDENTITY)
    assert "P146" in codes(desk.tick("2026-11-23T09:00"))
    assert desk.register().in_force("third-parties") is not None


def test_a_first_version_for_a_later_day_may_be_postponed_and_is_mailed_to_nobody(desk: Desk) -> None:
    desk.recipients()
    for language, title in (("en", "Terms of Use"), ("ko", "이용약관")):
        desk.write(f"policy_docs/terms/{language}.md", f"# {title} {{#terms}}\n\n## 1. X {{#x}}\n\n{title}.\n")
    desk.write("policy_docs/terms/policy.toml", 'kind = "terms"\ntitle = { ko = "이용약관", en = "Terms of Use" }\n')
    desk.write("policy_docs/terms/change.toml", REASON + 'effective = "2026-12-01"\n')
    desk.commit()
    assert done(desk.tick("2026-11-23T09:00")) == ["freeze 20261201", "announce 20261201"]
    desk.write("policy_docs/terms/change.toml", WHY + 'postpone = { "20261201" = "2026-12-15" }\n')
    desk.commit()
    assert done(desk.tick("2026-11-24T09:00")) == ["postpone 20261201"]
    assert done(desk.tick("2026-12-15T00:00")) == ["take_effect 20261201"]
    assert desk.mailer.letters == []
