"""What a mail server's reply means: by command, code and enhanced code, row by row."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail.outcomes import Outcome, State
from publisher.mail.replies import KEPT, Lost, Phase, Reply, judge, lost, plain

TO = "hana@example.com"
BEFORE = (Phase.MAIL, Phase.RCPT, Phase.DATA)
EVERYWHERE = (*BEFORE, Phase.DOT)


def said(words: str, first: str = "") -> Reply:
    """A reply as a server writes it."""
    return Reply(int(words[:3]), words[4:].encode(), (first or words)[4:].encode())


def told(outcome: Outcome) -> str:
    """What became of it, in few words."""
    marks = {
        "": outcome.counted,
        "uncounted": not outcome.counted,
        "ours": outcome.refuses_us,
        "unusable": outcome.unusable,
    }
    return " ".join([outcome.state.value, *(mark for mark, on in marks.items() if on and mark)])


ROWS: list[tuple[tuple[Phase, ...], str, str]] = [
    # taken over
    ((Phase.DOT,), "250 2.0.0 queued as 4711", "handed_over"),
    ((Phase.DOT,), "250", "handed_over"),
    ((Phase.DOT,), "252 2.0.0 will try", "handed_over"),
    # the connection is no longer good
    ((Phase.CONNECT,), "421 4.3.2 shutting down", "deferred uncounted"),
    ((Phase.CONNECT,), "550 5.7.1 no", "deferred uncounted"),
    # the server closes: nobody's fault, unless it had the message
    (BEFORE, "421 4.3.2 too many messages on this connection", "deferred uncounted"),
    ((Phase.DOT,), "421 4.3.2 shutting down", "deferred"),
    # for now
    (EVERYWHERE, "450 4.2.0 greylisted", "deferred"),
    (EVERYWHERE, "451 4.7.1 greylisted", "deferred"),
    (EVERYWHERE, "452 4.2.2 mailbox full", "deferred"),
    (EVERYWHERE, "452", "deferred"),
    # the sender
    ((Phase.MAIL,), "550 sender rejected", "deferred ours"),
    ((Phase.MAIL,), "553 5.1.8 sender's domain not found", "deferred ours"),
    ((Phase.MAIL,), "552 5.3.4 message too big", "deferred ours"),
    ((Phase.MAIL,), "530 5.7.0 authentication required", "deferred ours"),
    ((Phase.RCPT,), "550 5.1.8 sender's domain not found", "deferred ours"),
    ((Phase.RCPT,), "550 5.1.7 sender's address", "deferred ours"),
    # policy, size, content, protocol
    ((Phase.RCPT, Phase.DATA, Phase.DOT), "550 5.7.1 relaying denied", "deferred ours"),
    ((Phase.RCPT, Phase.DATA, Phase.DOT), "550 5.7.26 unauthenticated", "deferred ours"),
    ((Phase.DOT,), "552 5.3.4 too big", "deferred ours"),
    ((Phase.DOT,), "552 too big", "deferred ours"),
    ((Phase.DOT,), "554 5.6.0 content refused", "deferred ours"),
    ((Phase.RCPT, Phase.DATA, Phase.DOT), "503 5.5.1 bad sequence", "deferred ours"),
    ((Phase.RCPT, Phase.DATA), "502 what?", "deferred ours"),
    ((Phase.RCPT,), "530 5.7.0 authentication required", "deferred ours"),
    # the recipient
    ((Phase.RCPT, Phase.DOT), "550 5.1.1 no such mailbox", "failed unusable"),
    ((Phase.RCPT,), "556 5.1.10 null MX", "failed unusable"),
    ((Phase.RCPT,), "501 5.1.3 bad address", "failed unusable"),
    ((Phase.RCPT,), "550 no such user", "failed"),
    ((Phase.RCPT,), "501 syntax", "failed"),
    ((Phase.RCPT,), "550 5.2.1 mailbox disabled", "failed"),
    ((Phase.RCPT, Phase.DOT), "552 5.2.2 mailbox full", "failed"),
    ((Phase.RCPT,), "552 storage exceeded", "failed"),
    ((Phase.DOT,), "552 5.2.3 too big for this mailbox", "failed"),
    ((Phase.RCPT,), "553 5.6.7 no internationalized address", "failed"),
    # this message
    ((Phase.DATA, Phase.DOT), "554 transaction failed", "failed"),
    ((Phase.DOT,), "550 5.0.0 no", "failed"),
    # an enhanced code that does not belong to the code is no code
    ((Phase.RCPT,), "550 4.7.1 contradictory", "failed"),
    ((Phase.RCPT,), "550 5.7.1234 no such code", "failed"),
    # replies that answer nothing
    (BEFORE, "199 what", "deferred uncounted"),
    ((Phase.DOT,), "354 what", "uncertain"),
]


@pytest.mark.parametrize(
    ("phase", "words", "expected"), [(phase, words, expected) for phases, words, expected in ROWS for phase in phases]
)
def test_a_reply_means(phase: Phase, words: str, expected: str) -> None:
    outcome = judge(phase, said(words), TO)
    assert told(outcome) == expected
    if outcome.code >= 200:
        assert (outcome.code, outcome.reply) == (int(words[:3]), words[4:])


@pytest.mark.parametrize("why", list(Lost))
@pytest.mark.parametrize("phase", list(Phase))
def test_no_reply_is_uncertain_from_the_body_on_and_only_then(phase: Phase, why: Lost) -> None:
    outcome = lost(phase, why)
    assert told(outcome) == ("uncertain" if phase is Phase.DOT else "deferred uncounted")
    assert (outcome.code, outcome.reply) == (0, why.value)


def test_the_enhanced_code_may_stand_in_the_first_line_alone() -> None:
    outcome = judge(Phase.RCPT, said("550 see https://mail.example.com/help", first="550-5.7.1 blocked"), TO)
    assert told(outcome) == "deferred ours"
    assert outcome.reply == "see https://mail.example.com/help", "the last line is kept"


@given(st.sampled_from(EVERYWHERE), st.integers(200, 599), st.binary(max_size=40), st.binary(max_size=40))
def test_every_reply_means_something_and_never_that_a_letter_is_lost(
    phase: Phase, code: int, text: bytes, first: bytes
) -> None:
    outcome = judge(phase, Reply(code, text, first), TO)
    taken = phase is Phase.DOT and code < 300
    assert (outcome.state is State.HANDED_OVER) == taken
    assert (outcome.state is State.UNCERTAIN) == (phase is Phase.DOT and 300 <= code < 400)
    assert (outcome.state is State.FAILED) <= (code >= 500)
    assert not (outcome.refuses_us and outcome.unusable)
    assert not {unicodedata.category(character) for character in outcome.reply} & {"Cc", "Cs", "Zl", "Zp"}


# -- what is kept of a reply --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "address", "kept"),
    [
        ("<canary@example.com>: CANARY unknown\x1b[31m", "canary@example.com", "<…>: … unknown [31m"),
        ("a@b.cd: a, ab, a.", "a@b.cd", "…: …, ab, …."),
        ("two   spaces\r", "", "two spaces"),
        ("bounce+token@mail.example.org", "a@b.cd", "…"),
        ("\u202egnirts", "", "gnirts"),
    ],
)
def test_no_address_and_no_control_is_kept(words: str, address: str, kept: str) -> None:
    assert plain(words.encode(), address) == kept


def test_a_reply_in_another_encoding_can_be_kept() -> None:
    korean = "없는 사용자\x00".encode("euc-kr")
    assert plain(korean, "a@b.cd").isprintable()
    assert plain(korean.decode("utf-8", "surrogateescape"), "a@b.cd").encode("utf-8").isascii()


def test_a_long_reply_is_cut_between_words_and_quickly() -> None:
    assert plain("word " * 1000) == " ".join(["word"] * (KEPT // 5))
    assert plain("x" * 60_000) == ""
    cut = "y" * (KEPT - 8) + " canary@example.com"
    assert plain(cut) == "y" * (KEPT - 8), "half an address is none that could be known"
