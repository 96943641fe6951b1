"""What a notice says, once, for page, mail, feed and calendar alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from publisher.messages import Localized, Message, msg, msg_n
from publisher.notice.exceptions import in_words
from publisher.notice.plan import LEVEL_NAMES

#: Said where a finding calls for consent and nothing is known of the legal basis.
CONSENT_NEEDED: Final = msg(
    "Notice alone is not enough unless the law or a contract allows it: people may have to agree again."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AmendmentNotice:
    """What readers are told when an announced change is postponed, or withdrawn."""

    policy: str
    version: str
    #: 1 for the first amendment of the version, then 2, 3, …
    number: int
    title: Localized
    organisation: Localized
    #: it was withdrawn; else postponed
    withdrawn: bool
    #: the moment, and its day in the zone of the notice
    at: datetime
    day: date
    #: the day of effect until then, and from then on; the same where it was withdrawn
    before: date
    effective: date
    zone: str
    #: why, by language
    reason: Mapping[str, str]
    #: hash of the journal's line about it
    line: str

    @property
    def id(self) -> str:
        return amendment_id(self.policy, self.version, self.number)

    def subject(self) -> Message:
        """The subject of the mail; the date stands early enough to survive being cut off."""
        if self.withdrawn:
            return msg(
                "[{organisation}] {title}: the change announced for {day} is withdrawn",
                organisation=self.organisation,
                title=self.title,
                day=self.effective.isoformat(),
            )
        return msg(
            "[{organisation}] {title}: postponed to {day}",
            organisation=self.organisation,
            title=self.title,
            day=self.effective.isoformat(),
        )

    def heading(self) -> Message:
        if self.withdrawn:
            return withdrawn_heading(self.title, self.effective)
        return msg("{title}: postponed to {effective}", title=self.title, effective=self.effective)

    def sentence(self) -> Message:
        """What happened and when, in words that stay true."""
        if self.withdrawn:
            return msg("Withdrawn on {day}: it has never taken effect and will not.", day=self.day)
        return msg(
            "Postponed on {day}: takes effect on {effective} instead of {before}.",
            day=self.day,
            effective=self.effective,
            before=self.before,
        )

    def moment(self) -> Message:
        return moment(self.effective, self.zone)

    def consequence(self) -> Message:
        """What it means for the reader."""
        if self.withdrawn:
            return msg("The announced text does not come to apply to you. You do not have to do anything.")
        return msg(
            "The announced text itself stays as it is; only its day moves. It does not apply before {moment}; until "
            "then you can tell us that you do not agree, or close your account.",
            moment=self.moment(),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """The announcement of one version, and what became of it.

    Everything but its amendments was decided when the version was frozen.
    """

    policy: str
    version: str
    previous: str
    title: Localized
    organisation: Localized
    level: str
    days: int
    announced: date
    #: the day that was announced last
    effective: date
    zone: str
    #: how the date announced at first was counted, by language
    counted: Mapping[str, str]
    #: why, by language
    reason: Mapping[str, str]
    #: lines of the summary by language
    summary: Mapping[str, Sequence[str]]
    #: findings in the form of `publisher/compare/v1`, by language
    findings: Mapping[str, Sequence[Mapping[str, Any]]]
    consent: str
    #: postponements, and at last perhaps the withdrawal, in their order
    amendments: tuple[AmendmentNotice, ...] = ()
    #: the day on which it was withdrawn, also where nobody had been told of it yet
    withdrawn: date | None = None
    #: exceptions, in the form of version.json
    override: Mapping[str, Any] = field(default_factory=dict)
    #: of the policy: privacy, terms, …
    kind: str = ""

    @property
    def id(self) -> str:
        return notice_id(self.policy, self.version)

    @property
    def first_effective(self) -> date:
        """The day that was announced at first."""
        return self.amendments[0].before if self.amendments else self.effective

    @property
    def postponed(self) -> bool:
        return self.first_effective != self.effective

    def as_announced(self) -> Notice:
        """The notice as it was before any amendment."""
        return replace(self, effective=self.first_effective, amendments=(), withdrawn=None)

    def subject(self) -> Message:
        """The subject of the mail; the date stands early enough to survive being cut off."""
        return msg(
            "[{organisation}] {title} changes on {day}",
            organisation=self.organisation,
            title=self.title,
            day=self.effective.isoformat(),
        )

    def heading(self) -> Message:
        if self.withdrawn:
            return withdrawn_heading(self.title, self.effective)
        if self.postponed:
            return msg(
                "{title} changes on {effective}, not on {first}",
                title=self.title,
                effective=self.effective,
                first=self.first_effective,
            )
        return msg("{title} changes on {effective}", title=self.title, effective=self.effective)

    def moment(self) -> Message:
        return moment(self.effective, self.zone)

    def by_when(self) -> Message:
        """Until when a reader can act: the whole day before the day of effect."""
        return msg(
            "Until the end of {day} ({zone}).", day=self.effective - timedelta(days=1), zone=zone_name(self.zone)
        )

    def level_in_words(self) -> Message:
        return level_sentence(self.level, self.days)

    def exceptions(self) -> tuple[Message, ...]:
        """What was decided otherwise than the rules would have it, why, and who approved it."""
        return in_words(self.override)

    def consequence(self) -> Message:
        """What happens to those who do nothing."""
        if self.consent:
            return msg(
                "Where the new text needs your agreement, you will be asked for it separately; without it, the "
                "change does not apply to you."
            )
        return msg("If you do nothing, the new text applies to you from that moment.")

    def silence(self, kind: str) -> Message:
        """What saying nothing means for a policy of `kind`, spelled out (약관법 12(1); PIPA 22 for consent)."""
        if self.consent:
            return self.consequence()
        if kind == "terms":
            return msg(
                "If you have not told us by then that you do not agree, you are taken to have agreed: the new text "
                "applies to you from {moment}.",
                moment=self.moment(),
            )
        return msg(
            "If you do nothing, the new text applies to you from {moment}. Where the law asks for your consent, saying "
            "nothing does not count as consent.",
            moment=self.moment(),
        )


def notice_id(policy: str, version: str) -> str:
    """The id of the notice that announces a version."""
    return f"{policy}-{version}"


def amendment_id(policy: str, version: str, number: int) -> str:
    """The id of the mailing of an amendment; `number` is 1 for the first of the version.

    A bare number would be the id of another notice: that of the version `-2` with the same day of effect.
    """
    return f"{notice_id(policy, version)}-amendment-{number}"


def withdrawn_heading(title: Localized, effective: date) -> Message:
    return msg("{title}: the change announced for {effective} is withdrawn", title=title, effective=effective)


def moment(effective: date, zone: str) -> Message:
    """When something takes effect, so that nobody has to ask in which zone."""
    return msg("00:00 on {effective} ({zone})", effective=effective, zone=zone_name(zone))


def zone_name(zone: str) -> Message:
    """A zone as readers call it; one that has no name here stands as computers call it."""
    return msg("Korean time") if zone == "Asia/Seoul" else msg("{zone} time", zone=zone)


def level_name(level: str) -> Message:
    return LEVEL_NAMES[level]


def level_sentence(level: str, days: int) -> Message:
    """What the level is and how much notice it calls for."""
    if level == "none":
        return msg("A reader sees no difference between these texts.")
    notice = msg_n("{count} full day's notice", "{count} full days' notice", days)
    if level == "significant":
        return msg("This change touches users' rights: {days}.", days=notice)
    return msg("This is a minor change: {days}.", days=notice)
