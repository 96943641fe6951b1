"""What messages say that came back: a table of shapes, and whatever else may lie in such a mailbox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail.dsn import Returned, Verdict, read_returned
from publisher.mail.tokens import is_token, token_of, token_of_message_id

T = token_of(b"key", "u1")
OTHER = token_of(b"key", "u2")


def report(
    fields: str, *, to: str = f"bounces+{T}@example.com", returned: str = "", kind: str = "text/rfc822-headers"
) -> str:
    """A notification as RFC 3464 has it."""
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.net. Your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 23 Nov 2026 09:30:00 +0900

{fields}

--B
Content-Type: {kind}

{returned or "Subject: something"}

--B--
"""


def words(body: str, *, sender: str = "MAILER-DAEMON@mx.example.net", more: str = "") -> str:
    return f"Return-Path: <>\nFrom: {sender}\nTo: bounces+{T}@example.com\nSubject: failure notice\n{more}\n{body}"


UNKNOWN = "Final-Recipient: rfc822; hana@example.net\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <hana@example.net>: Recipient address rejected"
QMAIL = """\
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<hana@example.net>:
{said}

--- Below this line is a copy of the message.

Return-Path: <privacy@example.com>
Received: (qmail 1234 invoked from network); 23 Nov 2026 00:30:00 -0000
Message-ID: <""" + T + """@example.com>
Subject: 421 4.7.0 delivery delayed
"""  # fmt: skip

FAILED, DELAYED, DELIVERED = Verdict.FAILED, Verdict.DELAYED, Verdict.DELIVERED

CASES = [
    ("unknown user, Postfix", report(UNKNOWN), FAILED, "5.1.1", True),
    ("without an action", report("Final-Recipient: rfc822; h@example.net\nStatus: 5.1.1"), FAILED, "5.1.1", True),
    ("status with a comment", report("Action: failed (really)\nStatus: 5.1.1 (bad mailbox)"), FAILED, "5.1.1", True),
    ("small letters, Exchange", report("final-recipient: RFC822;h@example.net\naction: Failed\nstatus: 5.1.10\n"
        "diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found"), FAILED, "5.1.10", True),
    ("only the diagnosis says which", report("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 no such user"),
        FAILED, "5.1.1", True),
    ("folded diagnosis", report("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp;\n 550\n 5.1.1 no such user"),
        FAILED, "5.1.1", True),
    ("domain unknown", report("Action: failed\nStatus: 5.1.2"), FAILED, "5.1.2", True),
    ("moved", report("Action: failed\nStatus: 5.1.6"), FAILED, "5.1.6", True),
    ("our sender is refused", report("Action: failed\nStatus: 5.1.8"), FAILED, "5.1.8", False),
    ("mailbox full", report("Action: failed\nStatus: 5.2.2"), FAILED, "5.2.2", False),
    ("policy", report("Action: failed\nStatus: 5.7.1"), FAILED, "5.7.1", False),
    ("given up after days", report("Action: failed\nStatus: 4.4.1"), FAILED, "4.4.1", False),
    ("delayed", report("Action: delayed\nStatus: 4.4.1\nWill-Retry-Until: Fri, 27 Nov 2026 09:30:00 +0900"), DELAYED, "", False),
    ("delayed, without an action", report("Final-Recipient: rfc822; h@example.net\nStatus: 4.2.2"), DELAYED, "", False),
    ("relayed", report("Action: relayed\nStatus: 2.0.0"), DELIVERED, "", False),
    ("expanded", report("Action: expanded\nStatus: 2.1.5"), DELIVERED, "", False),
    ("delivered", report("Action: delivered\nStatus: 2.0.0"), DELIVERED, "", False),
    ("passed on: one got it, one did not", report("Action: delivered\nStatus: 2.0.0\n\nAction: failed\nStatus: 5.1.1"),
        DELIVERED, "", False),
    ("passed on: nobody got it", report(f"{UNKNOWN}\n\n{UNKNOWN}"), FAILED, "5.1.1", True),
    ("an action of no standard", report("Action: vanished\nFinal-Recipient: rfc822; h@example.net"), Verdict.UNCLEAR, "", False),
    ("qmail, with a status", words(QMAIL.format(said="198.51.100.7 does not like recipient.\n"
        "Remote host said: 550 5.1.1 unknown\nGiving up on 198.51.100.7.")), FAILED, "5.1.1", True),
    ("qmail, in words", words(QMAIL.format(said="Sorry, no mailbox here by that name. (#5.1.1)")), FAILED, "5.1.1", True),
    ("qmail, other failure", words(QMAIL.format(said="Mailbox quota exceeded (#5.2.2)")), FAILED, "5.2.2", False),
    ("Exchange, old", words("Your message did not reach some or all of the intended recipients.\n\n"
        "The following recipient(s) could not be reached:\n\n  h@example.net on 23.11.2026 09:30\n"
        "  The e-mail account does not exist at the organization this message was sent to.\n"
        "  <mx.example.net #5.1.1>\n", sender="System Administrator <postmaster@mx.example.net>"), FAILED, "5.1.1", True),
    ("only a code", words("<h@example.net>: 550 User unknown\n"), FAILED, "5.1.1", True),
    ("delay in words", words("Delivery to the following recipient has been delayed:\n\n h@example.net\n\n"
        "Message will be retried for 2 more day(s). 451 4.3.0 try again"), DELAYED, "", False),
    ("Korean, unknown", words("메일 전송에 실패하였습니다.\n존재하지 않는 사용자입니다."), FAILED, "5.1.1", True),
    ("Korean, full", words("수신자의 메일함 용량이 초과되어 메일이 반송되었습니다."), FAILED, "", False),
    ("Korean, dormant", words("휴면 계정이므로 배달하지 못했습니다."), FAILED, "", False),
    ("Korean, later", words("메일 발송이 지연되고 있습니다. 잠시 후 다시 시도합니다."), DELAYED, "", False),
    ("says nothing", words("Something happened to your message.\n"), Verdict.UNCLEAR, "", False),
    ("holiday", f"From: hana@example.net\nTo: bounces+{T}@example.com\nAuto-Submitted: auto-replied\n"
        "Subject: 부재중\n\n550 5.1.1 I am away.\n", Verdict.AUTO_REPLY, "", False),
    ("holiday, of old", f"From: hana@example.net\nTo: bounces+{T}@example.com\nX-Autoreply: yes\n\nAway.\n",
        Verdict.AUTO_REPLY, "", False),
    ("a person", f"From: hana@example.net\nTo: bounces+{T}@example.com\n\nUser unknown? 550 5.1.1\n", Verdict.OTHER, "", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "verdict", "status", "unusable"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_it_says(text: str, verdict: Verdict, status: str, unusable: bool, ends: str) -> None:
    found = read_returned(text.replace("\n", ends).encode("utf-8"))
    assert (found.verdict, found.status, found.unusable) == (verdict, status, unusable)
    assert found.tokens == (T,)


def test_the_code_of_the_reply() -> None:
    assert read_returned(report(UNKNOWN).encode()).code == 550


ELSEWHERE = {
    "returned headers": report(UNKNOWN, to="privacy@example.com", returned=f"Message-ID: <{T}@example.com>"),
    "returned message": report(
        UNKNOWN, to="privacy@example.com", kind="message/rfc822", returned=f"Message-Id: <{T}@example.com>\n\nHello"
    ),
    "folded": report(UNKNOWN, to="privacy@example.com", returned=f"Message-ID:\n <{T}@example.com>"),
    "return path": report(UNKNOWN, to="x@example.com", returned=f"Return-Path: <bounces+{T}@example.com>"),
    "original recipient": report(f"X-Original-Message-ID: <{T}@example.com>\n{UNKNOWN}", to="x@example.com"),
    "delivered to": f"Delivered-To: bounces+{T}@example.com\n" + report(UNKNOWN, to="undisclosed-recipients:;"),
    "x-original-to": f"X-Original-To: bounces+{T}@example.com\n" + report(UNKNOWN, to="x@example.com"),
    "in reply to": f"In-Reply-To: <{T}@example.com>\n" + report(UNKNOWN, to="x@example.com"),
    "copy": words(QMAIL.format(said="(#5.1.1)")).replace(f"bounces+{T}@", "privacy@"),
    # Some servers write addresses in small letters, which a token does not bear.
    "small letters": report(UNKNOWN, to=f"bounces+{T.lower()}@example.com", returned=f"Message-ID: <{T}@example.com>"),
}


@pytest.mark.parametrize("text", ELSEWHERE.values(), ids=ELSEWHERE)
def test_where_the_token_stands(text: str) -> None:
    assert T in read_returned(text.encode()).tokens


def test_a_letter_of_somebody_else_has_no_token_of_ours() -> None:
    found = read_returned(report(UNKNOWN, to="privacy@example.com", returned="Message-ID: <abc@example.net>").encode())
    assert found.tokens == ()


KOREAN = "메일 전송에 실패하였습니다. 존재하지 않는 사용자입니다."
PART = "Content-Type: text/plain; charset={}\nContent-Transfer-Encoding: 8bit\n"


@pytest.mark.parametrize("named", ["euc-kr", "ks_c_5601-1987", "utf-8", "us-ascii", "no-such-charset", "rot13", '"'])
@pytest.mark.parametrize("written", ["cp949", "utf-8"])
def test_korean_in_any_charset_and_wrongly_named(named: str, written: str) -> None:
    data = words("", more=PART.format(named)).encode() + KOREAN.encode(written)
    assert read_returned(data).verdict in ({FAILED} if named != "rot13" else {FAILED, Verdict.UNCLEAR})


def nested(depth: int) -> str:
    heads = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nTo: bounces+{T}@example.com\n{heads}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 5000,
        nested(60).encode(),
        nested(20_000).encode(),
        report(UNKNOWN).encode() + b"x" * (100 << 20),
        words("--- " * 200_000).encode(),
        words("5." * 300_000).encode(),
        words("(user unknown" * 50_000).encode(),
        (f"To: bounces+{T}@example.com\n" * 20_000).encode() + b"\nx",
        b"Content-Type: multipart/report; boundary=" + b'"' * 999 + b"\n\n--\n",
        report("Action: failed\n" * 20_000).encode(),
        report("Status: 5.1.1\n\n" * 20_000).encode(),
        ("Subject: " + "=?utf-8?b?w6k=?= " * 20_000 + "\n" + words("x")).encode(),
        words("x", more="Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=idna\n").encode(),
    ],
    ids=range(14),
)
def test_hostile_messages_have_an_answer(data: bytes) -> None:
    assert isinstance(read_returned(data), Returned)


def test_what_stands_after_a_megabyte_is_not_read() -> None:
    assert read_returned(report(UNKNOWN).encode() + b"x" * (100 << 20)).verdict is FAILED


@given(st.binary(max_size=400), st.integers(0, 900))
def test_any_bytes_anywhere_have_an_answer(noise: bytes, at: int) -> None:
    data = report(UNKNOWN, returned=f"Message-ID: <{T}@example.com>").encode()
    assert isinstance(read_returned(data[:at] + noise + data[at:]), Returned)


@given(st.text(min_size=1, max_size=20), st.binary(min_size=32, max_size=32))
def test_a_token_is_read_back(recipient: str, key: bytes) -> None:
    token = token_of(key, recipient)
    assert is_token(token)
    for form in ("<{}@example.com>", "{}@example.com", "{}", " <{}@x>\n"):
        assert token_of_message_id(form.format(token)) == token


@pytest.mark.parametrize("text", ["", "abc", "<>", "a" * 21, "!" * 20, "<" + "a" * 20 + "@>x", "ä" * 20])
def test_what_is_no_token(text: str) -> None:
    assert token_of_message_id(text) is None
