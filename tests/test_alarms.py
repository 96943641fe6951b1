"""Alarms: told for a date, a mailing or a record at risk, once; silent for everything ordinary; never in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from publisher.errors import IntegrityBroken, Problem, PublisherError, ServiceAway
from publisher.mail.breaker import IN_A_ROW as BREAKER
from publisher.mail.compose import Letter
from publisher.mail.mailers import Mailer, MemoryMailer
from publisher.mail.outcomes import Outcome, State
from publisher.messages import msg
from publisher.run import tick as ticking
from publisher.run.alarms import FILE, Matter, Told, read_memory, remembered, sound, write_memory
from publisher.run.engine import Engine
from publisher.run.tick import tick
from tests.conftest import Desk, Ended, seoul

LEGAL = "legal@example.com"
CANARIES = ("hana@example.com", "ann@example.org", "하나", "hana", "Ann")
Answer = Callable[[Letter], Outcome]


def taken(_: Letter) -> Outcome:
    return Outcome(state=State.HANDED_OVER, code=250)


def later(_: Letter) -> Outcome:
    return Outcome(state=State.DEFERRED, code=451, reply="4.7.1 come back, hana")


def refused(_: Letter) -> Outcome:
    return Outcome(state=State.FAILED, code=550, reply="5.1.1 Hana Kim is not here")


def away(_: Letter) -> Outcome:
    raise ServiceAway.of("S210", msg("The mail server is away."))


@dataclass
class Watch:
    """A desk with a legal team to be called; letters to recipients are answered apart from alarms."""

    desk: Desk
    recipients: Answer = taken
    legal: Answer = taken
    alarms: list[EmailMessage] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)

    def _answer(self, letter: Letter) -> Outcome:
        if not letter.token.startswith("alarm-"):
            return self.recipients(letter)
        outcome = self.legal(letter)
        if outcome.state is State.HANDED_OVER:
            message = message_from_bytes(letter.data, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.alarms.append(message)
        return outcome

    def engine(self) -> Engine:
        mailer: Callable[[], Mailer] = lambda: MemoryMailer(self._answer)  # noqa: E731
        return replace(self.desk.engine(mailer), on_alarm=self._said)

    def _said(self, problem: Problem, error: PublisherError | None) -> None:
        self.said.append((problem.code, error.problems[0].code if error else ""))

    def tick(self, at: str) -> None:
        self.desk.now = seoul(at)
        tick(self.engine())

    @property
    def codes(self) -> list[str]:
        return [str(m["Subject"])[1:5] for m in self.alarms]


@pytest.fixture
def watch(desk: Desk) -> Watch:
    desk.write("publisher.toml", (desk.root / "publisher.toml").read_text("utf-8") + f'\n[alarms]\nto = ["{LEGAL}"]\n')
    desk.recipients()
    desk.retention()
    return Watch(desk)


def words(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())


def test_an_ordinary_life_is_silent(watch: Watch) -> None:
    for at in ("2026-11-23T09:00", "2026-11-23T09:05", "2026-12-01T09:00", "2026-12-10T00:00", "2026-12-11T09:00"):
        watch.tick(at)
    assert watch.alarms == []
    assert watch.said == []
    state = watch.desk.register().state
    assert {state(v) for v in watch.desk.register().of("privacy")} == {"in_force", "superseded"}


def test_blocked_texts_and_rewritten_history_are_no_alarm(watch: Watch) -> None:
    watch.tick("2026-11-23T09:00")
    watch.desk.edit("privacy/en.md", "Order records: 7 years", "Order records: 9 years")
    watch.desk.commit()
    watch.tick("2026-11-24T09:00")
    assert watch.alarms == []


def test_a_date_at_risk_is_told_at_four_fifths_and_when_it_is_lost_each_once(watch: Watch) -> None:
    watch.recipients = later
    watch.tick("2026-11-23T09:00")
    watch.tick("2026-11-24T14:00")  # half of the time: a warning, no alarm
    assert watch.codes == []
    for at in ("2026-11-25T09:00", "2026-11-25T09:05", "2026-11-25T17:00"):
        watch.tick(at)
    assert watch.codes == ["S222"]
    (alarm,) = watch.alarms
    said = words(alarm)
    assert "2 of 3 recipients have not been mailed yet" in said
    assert "Wed 25 Nov 2026" in said
    assert "2026년 11월 25일" in said
    assert alarm["To"] == LEGAL
    assert alarm["Auto-Submitted"] == "auto-generated"
    assert not any(c in alarm.as_string() + said for c in CANARIES)
    watch.tick("2026-11-26T09:00")
    watch.tick("2026-11-26T09:05")
    assert watch.codes[0] == "S222"
    assert sorted(watch.codes[1:]) == ["S220", "S226"], "the mailing was closed: too late, and two were not reached"


def test_when_the_mails_go_out_after_all_the_matter_is_over(watch: Watch) -> None:
    watch.recipients = later
    watch.tick("2026-11-23T09:00")
    watch.tick("2026-11-25T10:00")
    watch.recipients = taken
    watch.tick("2026-11-25T17:00")
    assert watch.codes == ["S222"]
    assert read_memory(watch.desk.workspace.state / FILE) == {}


def test_a_server_that_refuses_everything(watch: Watch) -> None:
    watch.desk.recipients("".join(f"p{i},p{i}@example.com,하나,ko\n" for i in range(BREAKER + 5)))
    watch.recipients = refused
    watch.tick("2026-11-23T09:00")
    assert watch.codes == ["S225"]
    said = words(watch.alarms[0])
    assert "5.1.1" in said
    assert "Kim" not in said


def test_recipients_that_could_not_be_mailed(watch: Watch) -> None:
    watch.recipients = lambda letter: refused(letter) if letter.recipient.startswith("hana") else taken(letter)
    watch.tick("2026-11-23T09:00")
    watch.tick("2026-11-23T09:05")
    assert watch.codes == ["S226"]
    assert "1 recipient could not be mailed" in words(watch.alarms[0])


def test_a_mail_server_that_is_away_is_told_after_half_of_the_time(watch: Watch) -> None:
    watch.recipients = away
    watch.tick("2026-11-23T09:00")
    watch.tick("2026-11-24T13:00")
    assert watch.codes == []
    watch.tick("2026-11-24T14:00")
    watch.tick("2026-11-24T14:05")
    assert watch.codes == ["S223"]
    watch.recipients = taken
    watch.tick("2026-11-24T15:00")
    assert read_memory(watch.desk.workspace.state / FILE) == {}


def test_a_record_that_does_not_hold(watch: Watch) -> None:
    watch.tick("2026-11-23T09:00")
    file = watch.desk.root / "versions" / "privacy" / "20200101" / "en.md"
    file.write_bytes(file.read_bytes() + b"x")
    for _ in range(2):
        with pytest.raises(IntegrityBroken):
            watch.tick("2026-11-24T09:00")
    assert watch.codes == ["V405"]
    assert "versions/privacy/20200101/en.md" in words(watch.alarms[0])


def test_a_day_that_came_while_nothing_ran(watch: Watch) -> None:
    watch.tick("2026-11-23T09:00")
    watch.tick("2026-12-13T09:02")
    watch.tick("2026-12-13T09:07")
    assert watch.codes == ["S224"]
    assert "Sun 13 Dec 2026 09:02" in words(watch.alarms[0])
    watch.tick("2026-12-30T09:00")
    assert read_memory(watch.desk.workspace.state / FILE) == {}


def test_a_clock_that_went_back_is_told_when_a_date_depends_on_it(watch: Watch) -> None:
    watch.recipients = later
    watch.tick("2026-11-24T10:00")
    with pytest.raises(ServiceAway):
        watch.tick("2026-11-23T10:00")
    assert watch.codes == ["C531"]


def test_a_clock_that_went_back_and_endangers_nothing(watch: Watch) -> None:
    watch.tick("2026-11-24T10:00")
    with pytest.raises(ServiceAway):
        watch.tick("2026-11-23T10:00")
    assert watch.codes == []


@pytest.mark.parametrize("legal", [later, refused, away])
def test_an_alarm_that_cannot_be_handed_over_is_tried_again(watch: Watch, legal: Answer) -> None:
    watch.recipients = lambda letter: refused(letter) if letter.recipient.startswith("hana") else taken(letter)
    watch.legal = legal
    watch.tick("2026-11-23T09:00")
    watch.tick("2026-11-23T09:05")
    assert watch.said == [("S226", "C557")] * 2
    watch.legal = taken
    watch.tick("2026-11-23T09:10")
    watch.tick("2026-11-23T09:15")
    assert watch.codes == ["S226"]


def test_everyone_is_told_once_also_where_one_of_them_cannot_be_reached(watch: Watch) -> None:
    watch.desk.set(f'["{LEGAL}"]', f'["{LEGAL}", "dpo@example.com"]')
    watch.recipients = lambda letter: refused(letter) if letter.recipient.startswith("hana") else taken(letter)
    watch.legal = lambda letter: later(letter) if letter.recipient.startswith("dpo") else taken(letter)
    watch.tick("2026-11-23T09:00")
    watch.legal = taken
    watch.tick("2026-11-23T09:05")
    watch.tick("2026-11-23T09:10")
    assert [str(m["To"]) for m in watch.alarms] == [LEGAL, "dpo@example.com"]
    assert len({str(m["Message-ID"]) for m in watch.alarms}) == 2


def test_a_lost_or_damaged_memory_repeats_the_same_mail(watch: Watch) -> None:
    watch.recipients = lambda letter: refused(letter) if letter.recipient.startswith("hana") else taken(letter)
    watch.tick("2026-11-23T09:00")
    file = watch.desk.workspace.state / FILE
    for damage in (b"{", b"[]", b'{"schema": "publisher/alarms/v1", "matters": {"a": 1}}'):
        file.write_bytes(damage)
        watch.tick("2026-11-23T09:05")
    file.unlink()
    watch.tick("2026-11-23T09:10")
    assert len(watch.alarms) == 5
    assert len({str(m["Message-ID"]) for m in watch.alarms}) == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert LEGAL not in file.read_text("utf-8")


def test_no_address_no_alarm(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    watch = Watch(desk, recipients=refused)
    watch.tick("2026-11-23T09:00")
    assert watch.alarms == []
    assert not (desk.root / "var" / FILE).exists()


def test_a_defect_in_the_tick_or_in_an_alarm_stops_neither(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.recipients = later
    watch.tick("2026-11-23T09:00")

    def broken(*_: object) -> bool:
        raise KeyError("hana@example.com")

    with monkeypatch.context() as patched:
        patched.setattr(ticking, "do", broken)
        with pytest.raises(KeyError):
            watch.tick("2026-11-25T10:00")
        assert watch.codes == ["S222"], "the date is watched also where the tick is broken"
    monkeypatch.setattr("publisher.run.alarms.matters", broken)
    watch.recipients = taken
    watch.tick("2026-11-25T11:00")
    assert watch.said[-1] == ("C557", "C557")
    assert watch.desk.register().of("privacy")[-1].notified_at


def test_the_tick_command_says_what_could_not_be_told(watch: Watch, publisher: Callable[..., Ended]) -> None:
    watch.desk.set('smtp_url = "maildir:var/mail"', 'smtp_url = "smtp://127.0.0.1:9"')
    watch.desk.now = seoul("2026-11-23T09:00")
    publisher("tick", "--now", "2026-11-23T09:00", cwd=watch.desk.root)
    ended = publisher("tick", "--now", "2026-11-25T10:00", cwd=watch.desk.root)
    assert ended.status == 6
    assert "[C557]" in ended.err


NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_the_memory_of_matters() -> None:
    one, two = (Matter(problem=Problem(code=c, message=msg("x")), policy="p") for c in ("S222", "S225"))
    before = {one.key: Told(since=NOW - timedelta(hours=1), to=frozenset({"a"})), "S226 q": Told(since=NOW)}
    after = remembered(before, [one, two], NOW, all_known=True)
    assert after == {one.key: before[one.key], two.key: Told(since=NOW)}
    assert "S226 q" in remembered(before, [one, two], NOW, all_known=False)


def test_the_memory_is_read_as_it_was_written(desk: Desk) -> None:
    memory = {"S222 p 20261210": Told(since=NOW, to=frozenset({"a", "b"}))}
    write_memory(desk.root / "var" / FILE, memory)
    assert read_memory(desk.root / "var" / FILE) == memory


def test_sound_is_silent_while_another_run_is_at_work(watch: Watch) -> None:
    from publisher.errors import Locked

    sound(watch.engine(), Locked.of("C530", msg("x")))
    assert watch.alarms == []
