"""For whom a letter is: the kinds of readers, and what only one of them is told."""

from __future__ import annotations

from enum import StrEnum

from publisher.messages import Message, msg
from publisher.notice.wording import AmendmentNotice, Notice


class Reader(StrEnum):
    """Why somebody gets a letter."""

    #: has an account; the notice is owed
    ACCOUNT = "account"
    #: answers for a child who has one; the notice is owed, in words for the child as well (PIPA 22-2(3))
    GUARDIAN = "guardian"
    #: asked to be told, and can ask for it to end
    WATCHER = "watcher"

    @classmethod
    def of(cls, *, guardian: bool, watcher: bool) -> Reader:
        """What is owed goes before what was asked for."""
        if guardian:
            return cls.GUARDIAN
        return cls.WATCHER if watcher else cls.ACCOUNT


def reason_for_mail(notice: Notice, reader: Reader) -> Message:
    """Why the reader gets the mail, and how that ends."""
    if reader is Reader.GUARDIAN:
        return msg(
            "You receive this because you are registered as the guardian of a user of {organisation}. "
            "It is a notice required by the policy itself, not advertising.",
            organisation=notice.organisation,
        )
    if reader is Reader.WATCHER:
        return msg(
            "You receive this because you asked {organisation} to be told of changes. To end it, unsubscribe in your "
            "mail program or write to the address above.",
            organisation=notice.organisation,
        )
    return msg(
        "You receive this because you have an account with {organisation}. It is a notice required "
        "by the policy itself, not advertising; it ends when the account is closed.",
        organisation=notice.organisation,
    )


def opening(about: Notice | AmendmentNotice, reader: Reader, *, test: bool) -> tuple[Message, ...]:
    """What is said before anything else."""
    found = []
    if test:
        found.append(
            msg(
                "This is a test, sent to this address alone. It is no notice: nothing is announced by it, and no "
                "period begins with it."
            )
        )
    if reader is Reader.GUARDIAN:
        found.append(
            msg(
                "You are told on behalf of the child whose account with {organisation} you answer for.",
                organisation=about.organisation,
            )
        )
    return tuple(found)
