"""What a notice says, once, for page, mail, feed and calendar alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from publisher.messages import Localized, Message, msg, msg_n
from publisher.notice.exceptions import in_words
from publisher.notice.lifecycle import LEVEL_NAMES

#: Said where a finding calls for consent and nothing is known of the legal basis.
CONSENT_NEEDED: Final = msg(
    "Notice alone is not enough unless the law or a contract allows it: people may have to agree again."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """The announcement of one version. Everything in it was decided when the version was frozen."""

    policy: str
    version: str
    previous: str
    title: Localized
    organisation: Localized
    level: str
    days: int
    announced: date
    effective: date
    zone: str
    #: how the date was counted, by language
    counted: Mapping[str, str]
    #: why, by language
    reason: Mapping[str, str]
    #: lines of the summary by language
    summary: Mapping[str, Sequence[str]]
    #: findings in the form of `publisher/compare/v1`, by language
    findings: Mapping[str, Sequence[Mapping[str, Any]]]
    consent: str
    #: exceptions, in the form of version.json
    override: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return notice_id(self.policy, self.version)

    def subject(self) -> Message:
        """The subject of the mail; the date stands early enough to survive being cut off."""
        return msg(
            "[{organisation}] {title} changes on {day}",
            organisation=self.organisation,
            title=self.title,
            day=self.effective.isoformat(),
        )

    def heading(self) -> Message:
        return msg("{title} changes on {effective}", title=self.title, effective=self.effective)

    def moment(self) -> Message:
        """When it takes effect, so that nobody has to ask in which zone."""
        return msg("00:00 on {effective} ({zone})", effective=self.effective, zone=self.zone)

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


def notice_id(policy: str, version: str) -> str:
    """The id of the notice that announces a version."""
    return f"{policy}-{version}"


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
