"""Exceptions from the rules: what each needs, and that an approval is a commit of somebody else to the same plan.

Commits are made with real git, signatures with real keys; nothing of what counts is taken from the working folder.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.classify import read_change
from publisher.changes.lexicon import lexicon
from publisher.errors import Place
from publisher.mail.mailers import MemoryMailer
from publisher.messages import Localized, translator
from publisher.notice.approvals import Approver, Circle, PlanCommit, Wish, judge
from publisher.notice.exceptions import early_problems, enough, figures_change, in_words, why_two
from publisher.register.approvals import plan_of
from publisher.register.commits import Commit, parse_commit, signed_by
from publisher.register.repository import MemoryTexts, TreeFile
from publisher.run.observe import observe
from publisher.run.tick import Report
from publisher.texts.document import parse
from tests.conftest import REASON, Desk, Ended

say = translator("en")
TITLE = Localized.of({"en": "Policy", "ko": "방침"})

ANN, DPO, COUNSEL = "ann@example.com", "dpo@example.com", "counsel@example.com"
LOWER = '[level]\nis = "minor"\nreason = "The law office read it: only a name is put right."\n'


def git(root: Path, *arguments: str, **environment: str) -> str:
    """Git as a person would run it, in an environment of its own."""
    ended = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def commit(
    desk: Desk, author: str, key: Path | None = None, parents: tuple[str, ...] | None = None, advance: bool = True
) -> str:
    """Commit the folder as `author`, on main or on `parents`, signed where there is a key."""
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", author.split("@")[0]), ("EMAIL", author), ("DATE", "2026-11-20T10:00:00+09:00"))
    }
    git(desk.root, "add", "--all")
    tree = git(desk.root, "write-tree")
    onto = parents if parents is not None else (git(desk.root, "rev-parse", "main"),)
    sign = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit-tree", "-S"] if key else ["commit-tree"]
    made = git(desk.root, *sign, tree, *(f"-p{parent}" for parent in onto), "-m", "A change", **who)
    if advance:
        git(desk.root, "update-ref", "refs/heads/main", made)
    return made


def approvers(desk: Desk, **people: str) -> None:
    """Name approvers in publisher.toml (address, or address and public key); by somebody who writes no change."""
    lines = ["\n[approvers]"]
    for name, about in people.items():
        address, _, key = about.partition(" ")
        lines.append(f'{name} = {{ email = "{address}"' + (f', key = "{key}"' if key else "") + " }")
    file = desk.root / "publisher.toml"
    text = file.read_text("utf-8").split("\n[approvers]")[0].rstrip("\n")
    file.write_text(text + "\n" + "\n".join(lines) + "\n", "utf-8")


def change_toml(desk: Desk, *sections: str, top: str = "") -> None:
    desk.write("policy_docs/privacy/change.toml", REASON + top + "".join(sections))


def named(section: str, *names: str) -> str:
    return section + f"approved_by = [{', '.join(f'{chr(34)}{n}{chr(34)}' for n in names)}]\n"


def other_words(desk: Desk) -> None:
    """A change that reads as significant, for which one approver is enough; nobody is worse off by it."""
    desk.edit("privacy/en.md", "questions and complaints about", "questions and complaints in writing about")
    desk.edit("privacy/ko.md", "문의와 불만에 답변", "문의와 불만에 서면으로 답변")


def told(report: Report) -> list[tuple[str, str]]:
    return [(p.code, say(p.message)) for p in report.observation.problems]


def done(report: Report) -> list[str]:
    return [s.kind.value for s in report.done]


def due(desk: Desk) -> Report:
    return desk.tick("2026-11-23T09:00")


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A workspace with two approvers, and a change of Ann's that wants to be minor and that nobody has approved."""
    approvers(desk, dpo=DPO, counsel=COUNSEL)
    commit(desk, "admin@example.com")
    other_words(desk)
    change_toml(desk, LOWER)
    commit(desk, ANN)
    return desk


MISSING = (
    "P131",
    "Privacy Policy: announcing a significant change as minor needs the approval of somebody who did not write the "
    "change. There is none yet.",
)


def test_a_level_is_lowered_by_the_commit_of_somebody_else(office: Desk) -> None:
    assert told(due(office)) == [MISSING]
    hint = due(office).observation.problems[0].hint
    assert hint
    assert 'approved_by = ["dpo"]' in say(hint)
    assert "These may: dpo and counsel." in say(hint)
    change_toml(office, named(LOWER, "dpo"))
    approval = commit(office, "DPO@Example.com")
    assert done(due(office)) == ["freeze", "announce", "notify"]
    (version,) = [v for v in office.register().versions if v.announced_at]
    assert (version.record.level, version.record.days, version.id) == ("minor", 7, "20261203")
    assert version.record.override == {
        "level": {
            "from": "significant",
            "to": "minor",
            "reason": "The law office read it: only a name is put right.",
        },
        "approvals": [{"approver": "dpo", "for": "level", "commit": approval, "signed": False}],
    }
    assert all(f["level"] == "significant" for f in version.record.findings["en"])


def test_an_approval_is_told_publicly_with_names_and_without_addresses(office: Desk) -> None:
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    office.recipients()
    due(office)
    page = (office.site / "en/notices/privacy-20261203/index.html").read_text("utf-8")
    assert "announces this change as minor although it reads as significant" in page
    assert "The law office read it: only a name is put right." in page
    assert "1 person who did not write the change approved it: dpo." in page
    bodies = []
    for letter in office.mailer.letters:
        plain = message_from_bytes(letter.data, policy=policy.default).get_body(("plain",))
        assert plain is not None
        bodies.append(plain.get_content())
    assert any("approved it: dpo." in body for body in bodies)
    everything = "".join(f.read_text("utf-8", "ignore") for f in office.site.rglob("*") if f.is_file())
    recorded = "".join(f.read_text("utf-8") for f in office.workspace.versions.rglob("*") if f.is_file())
    for address in (DPO, COUNSEL, ANN):
        assert address not in everything + recorded + "".join(bodies)


def test_nobody_approves_their_own_change(office: Desk) -> None:
    office.edit("privacy/en.md", "+82-2-555-0100", "+82-2-555-0101")
    office.edit("privacy/ko.md", "+82-2-555-0100", "+82-2-555-0101")
    wrote = commit(office, DPO)
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    assert told(due(office))[1] == (
        "P131",
        f"dpo is an author of this change (commit {wrote[:10]} of Fri 20 Nov 2026), and nobody approves their own change.",
    )
    assert not office.register().find("privacy", "20261203")


def test_who_writes_the_words_of_change_toml_is_an_author_too(office: Desk) -> None:
    change_toml(office, named(LOWER.replace("put right", "corrected"), "dpo"))
    commit(office, DPO)
    assert "dpo is an author of this change" in told(due(office))[1][1]


def test_an_author_cannot_write_in_the_name_of_another(office: Desk) -> None:
    change_toml(office, named(LOWER, "dpo"))
    forged = commit(office, ANN)
    assert told(due(office))[1][1].startswith(f"dpo was written in by somebody else (commit {forged[:10]} of")
    # nor does a later commit of the approver that is about something else
    office.write("policy_docs/privacy/README.md", "Who reads this?\n")
    commit(office, DPO)
    assert len(told(due(office))) == 2
    change_toml(office, LOWER)
    commit(office, ANN)
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    assert done(due(office)) == ["freeze", "announce", "notify"]


def test_a_text_edited_after_approval_is_not_approved(office: Desk) -> None:
    change_toml(office, named(LOWER, "dpo"))
    approval = commit(office, DPO)
    office.edit("privacy/en.md", "in writing about", "in  writing about")
    commit(office, ANN)
    assert told(due(office))[1][1] == (
        f"dpo approved another text (commit {approval[:10]} of Fri 20 Nov 2026): texts, policy.toml or change.toml were "
        "edited since."
    )


@pytest.mark.parametrize("file", ["privacy/ko.md", "privacy/policy.toml", "privacy/change.toml"])
def test_one_byte_after_approval(office: Desk, file: str) -> None:
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    path = office.root / "policy_docs" / file
    edited = path.read_text("utf-8").replace("The law has changed.", "The law has changed!")
    path.write_text(edited if file.endswith("change.toml") else edited + "\n", "utf-8")
    commit(office, COUNSEL)
    assert "dpo approved another text" in told(due(office))[1][1]


def test_what_was_approved_and_edited_and_put_back_is_what_was_approved(office: Desk) -> None:
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    for before, after in (("in writing about", "by letter about"), ("by letter about", "in writing about")):
        office.edit("privacy/en.md", before, after)
        commit(office, ANN)
    assert done(due(office)) == ["freeze", "announce", "notify"]


def test_an_approval_is_not_carried_over_to_the_next_change(office: Desk) -> None:
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    due(office)
    office.edit("privacy/en.md", "in writing about", "in writing and without charge about")
    office.edit("privacy/ko.md", "서면으로 답변", "무료로 서면으로 답변")
    change_toml(office, named(LOWER.replace("name", "word"), "dpo"))
    commit(office, ANN)
    problems = told(office.tick("2026-11-24T09:00"))
    assert ("P131", "dpo stands there from before this change; no commit of theirs approves this one.") in problems
    assert len([v for v in office.register().versions if v.announced_at]) == 1


def test_an_approver_added_in_the_change_does_not_count(office: Desk) -> None:
    approvers(office, dpo=DPO, counsel=COUNSEL, friend="friend@example.com")
    change_toml(office, named(LOWER, "friend"))
    commit(office, "friend@example.com")
    assert told(due(office))[1][1] == (
        "friend became an approver with this change, and may approve only changes after it."
    )


def test_an_address_changed_in_the_change_does_not_count(office: Desk) -> None:
    approvers(office, dpo="friend@example.com", counsel=COUNSEL)
    change_toml(office, named(LOWER, "dpo"))
    commit(office, "friend@example.com")
    assert "dpo was written in by somebody else" in told(due(office))[1][1]


def test_a_merge_brings_its_own_approver_and_is_refused(desk: Desk) -> None:
    """Two commits on a branch, the first of which only makes its author's friend an approver."""
    main = git(desk.root, "rev-parse", "main")
    approvers(desk, friend="friend@example.com")
    one = commit(desk, ANN, parents=(main,), advance=False)
    other_words(desk)
    change_toml(desk, LOWER)
    two = commit(desk, ANN, parents=(one,), advance=False)
    change_toml(desk, named(LOWER, "friend"))
    three = commit(desk, "friend@example.com", parents=(two,), advance=False)
    commit(desk, "admin@example.com", parents=(main, three))
    assert "friend became an approver with this change" in told(due(desk))[1][1]


def test_a_name_that_nobody_has(office: Desk) -> None:
    change_toml(office, named(LOWER, "ceo"))
    commit(office, COUNSEL)
    assert told(due(office))[1] == ("P131", "Nobody of the name ceo was an approver before this change.")


def test_an_approval_on_a_branch_counts_once_it_is_merged(office: Desk) -> None:
    """The one who merges is no author: the plan is that of the branch."""
    main = git(office.root, "rev-parse", "main")
    change_toml(office, named(LOWER, "dpo"))
    approval = commit(office, DPO, advance=False)
    assert told(due(office)) == [MISSING]
    commit(office, COUNSEL, parents=(main, approval))
    assert done(due(office)) == ["freeze", "announce", "notify"]


def test_who_merges_to_another_text_is_an_author(office: Desk) -> None:
    main = git(office.root, "rev-parse", "main")
    office.edit("privacy/en.md", "in writing about", "in print about")
    branch = commit(office, ANN, advance=False)
    office.edit("privacy/en.md", "in print about", "in black and white about")
    merge = commit(office, DPO, parents=(main, branch))
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    assert f"dpo is an author of this change (commit {merge[:10]}" in told(due(office))[1][1]


def test_a_squash_loses_the_approval_and_says_so(office: Desk) -> None:
    before = git(office.root, "rev-parse", "main~1")
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    commit(office, ANN, parents=(before,))
    assert "a squash merge loses it" in told(due(office))[1][1]


def test_two_must_approve_where_figures_change(desk: Desk) -> None:
    approvers(desk, dpo=DPO, counsel=COUNSEL)
    commit(desk, "admin@example.com")
    desk.retention(reason=REASON + LOWER)
    change_toml(desk, named(LOWER, "dpo"))
    commit(desk, DPO)
    (problem,) = told(due(desk))
    assert problem[1] == (
        "Privacy Policy: announcing a significant change as minor needs the approval of 2 people who did not write the "
        "change; so far 1 did. Two must approve because figures change in the clause “4. Retention periods”."
    )
    change_toml(desk, named(LOWER, "dpo", "counsel"))
    commit(desk, COUNSEL)
    assert done(due(desk)) == ["freeze", "announce", "notify"]
    (version,) = [v for v in desk.register().versions if v.announced_at]
    assert [a["approver"] for a in version.record.override["approvals"]] == ["dpo", "counsel"]


def test_two_names_of_one_person_are_one(desk: Desk) -> None:
    approvers(desk, dpo=DPO, privacy="DPO@example.com")
    commit(desk, "admin@example.com")
    desk.retention(reason=REASON + LOWER)
    change_toml(desk, named(LOWER, "dpo", "privacy"))
    commit(desk, DPO)
    assert told(due(desk))[1][1] == "privacy and dpo have the same address or key and count as one."


def test_an_approver_too_many_is_a_remark(office: Desk) -> None:
    change_toml(office, named(LOWER, "ceo", "dpo"))
    commit(office, DPO)
    report = due(office)
    assert done(report) == ["freeze", "announce", "notify"]


# --- signatures


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Path, str]]:
    """Key files and public keys of two approvers."""
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for name in ("dpo", "friend"):
        file = folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)], check=True)
        made[name] = (file, Path(f"{file}.pub").read_text("utf-8").strip())
    return made


@pytest.fixture
def signing(desk: Desk, keys: Mapping[str, tuple[Path, str]]) -> Desk:
    """A workspace whose one approver has a key, and a change of Ann's that wants to be minor."""
    approvers(desk, dpo=f"{DPO} {keys['dpo'][1]}")
    commit(desk, "admin@example.com")
    other_words(desk)
    change_toml(desk, LOWER)
    commit(desk, ANN)
    change_toml(desk, named(LOWER, "dpo"))
    return desk


def test_a_signed_approval_counts(signing: Desk, keys: Mapping[str, tuple[Path, str]]) -> None:
    commit(signing, DPO, keys["dpo"][0])
    assert done(due(signing)) == ["freeze", "announce", "notify"]
    (version,) = [v for v in signing.register().versions if v.announced_at]
    assert [a["signed"] for a in version.record.override["approvals"]] == [True]


@pytest.mark.parametrize("with_key", [None, "friend"])
def test_a_forged_author_without_the_key(
    signing: Desk, keys: Mapping[str, tuple[Path, str]], with_key: str | None
) -> None:
    forged = commit(signing, DPO, keys[with_key][0] if with_key else None)
    assert told(due(signing))[1][1] == (
        f"The approval of dpo (commit {forged[:10]} of Fri 20 Nov 2026) is not signed with the key that publisher.toml "
        "has for dpo."
    )


def test_a_signature_of_something_else(signing: Desk, keys: Mapping[str, tuple[Path, str]]) -> None:
    """The signature of one commit, put into another one."""
    signed = commit(signing, DPO, keys["dpo"][0])
    raw = git(signing.root, "cat-file", "commit", signed)
    message = raw.partition("\n\n")[2]
    other = raw.replace(message, "Another change")
    forged = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=signing.root, input=other, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    git(signing.root, "update-ref", "refs/heads/main", forged)
    assert "is not signed with the key" in told(due(signing))[1][1]


def test_a_replaced_commit_is_read_as_it_was_committed(office: Desk) -> None:
    """`git replace` puts another commit in the place of one; whoever can push refs could forge an approver so."""
    change_toml(office, named(LOWER, "dpo"))
    forged = commit(office, ANN)
    genuine = commit(office, DPO, parents=(git(office.root, "rev-parse", "main~1"),), advance=False)
    git(office.root, "replace", forged, genuine)
    assert "dpo was written in by somebody else" in told(due(office))[1][1]


def test_the_signature_is_taken_out_of_the_commit(desk: Desk, keys: Mapping[str, tuple[Path, str]]) -> None:
    desk.write("note.txt", "one\n")
    made = commit(desk, DPO, keys["dpo"][0])
    raw = subprocess.run(["git", "cat-file", "commit", made], cwd=desk.root, capture_output=True, check=True).stdout
    parsed = parse_commit(made, raw)
    assert signed_by(parsed, keys["dpo"][1])
    assert not signed_by(parsed, keys["friend"][1])
    assert not signed_by(replace(parsed, payload=parsed.payload + b" "), keys["dpo"][1])
    assert not signed_by(replace(parsed, signature=b""), keys["dpo"][1])
    for key in ("", "ssh-ed25519", f"{keys['friend'][1]}\n* {keys['dpo'][1]}", f"cert-authority {keys['dpo'][1]}"):
        assert not signed_by(parsed, key), key


COMMIT = (
    b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent " + b"a" * 40 + b"\nparent " + b"b" * 40 + b"\n"
    b"author Ann Example <Ann@Example.com> 1763600400 +0900\ncommitter C <c@example.com> 1763600400 +0900\n"
    b"gpgsig -----BEGIN\n line\n \n -----END\ngpgsig-sha256 other\n more\nencoding UTF-8\n\nauthor X <x@example.com> 1 +0000\n"
)


def test_a_commit_is_taken_apart() -> None:
    commit = parse_commit("c" * 40, COMMIT)
    assert (commit.author, commit.address) == ("Ann Example", "ann@example.com")
    assert commit.parents == ("a" * 40, "b" * 40)
    assert commit.moment.isoformat() == "2025-11-20T10:00:00+09:00"
    assert commit.signature == b"-----BEGIN\nline\n\n-----END\n"
    assert b"gpgsig" not in commit.payload
    assert commit.payload.endswith(b"encoding UTF-8\n\nauthor X <x@example.com> 1 +0000\n")


@pytest.mark.parametrize(
    "author",
    [
        b"", b"author Ann\n", b"author A <a@example.com> 1 +0900\nauthor B <b@example.com> 1 +0900\n",
        b"author A <a@example.com> <b@example.com> x +0900\n", b"author A <a@example.com> 999999999999 +0000\n",
    ],
)  # fmt: skip
def test_a_commit_whose_author_cannot_be_told(author: bytes) -> None:
    with pytest.raises(ValueError, match="a commit has"):
        parse_commit("c" * 40, b"tree 0\n" + author + b"\nwords\n")


# --- before the change


def test_where_the_state_before_is_not_in_git(desk: Desk) -> None:
    """The history was made anew and begins with the changed text."""
    approvers(desk, dpo=DPO)
    other_words(desk)
    change_toml(desk, LOWER)
    commit(desk, ANN, parents=())
    change_toml(desk, named(LOWER, "dpo"))
    commit(desk, DPO)
    problems = told(due(desk))
    assert [code for code, _ in problems] == ["P134"]
    assert "has the very texts of version 20200101" in problems[0][1]


def test_where_the_settings_before_are_not_understood(desk: Desk) -> None:
    settings = (desk.root / "publisher.toml").read_text("utf-8")
    desk.write("publisher.toml", settings + '[approvers]\nDPO = "dpo@example.com"\n')
    commit(desk, "admin@example.com")
    approvers(desk, dpo=DPO)
    other_words(desk)
    change_toml(desk, named(LOWER, "dpo"))
    commit(desk, DPO)
    (problem,) = told(due(desk))
    assert problem[0] == "P134"
    assert "publisher.toml of commit" in problem[1]


def test_no_approvers_at_all(desk: Desk) -> None:
    other_words(desk)
    change_toml(desk, LOWER)
    commit(desk, ANN)
    report = due(desk)
    assert told(report) == [MISSING]
    hint = report.observation.problems[0].hint
    assert hint
    assert say(hint).startswith("Nobody is left who may approve it.")


def test_nothing_is_looked_up_where_nothing_needs_approval(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from publisher.register.repository import GitTexts

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(GitTexts, "history", never)
    desk.telephone()
    change_toml(desk, '[level]\nis = "significant"\nreason = "Users rely on this number in emergencies."\n')
    commit(desk, ANN)
    assert done(due(desk)) == ["freeze", "announce", "notify"]
    (version,) = [v for v in desk.register().versions if v.announced_at]
    assert version.record.override == {
        "level": {"from": "minor", "to": "significant", "reason": "Users rely on this number in emergencies."}
    }
    page = (desk.site / f"en/notices/privacy-{version.id}/index.html").read_text("utf-8")
    assert "announces this change as significant although it reads as minor" in page


def test_in_the_folder_it_is_said_what_is_to_be_committed(desk: Desk, publisher: Callable[..., Ended]) -> None:
    approvers(desk, dpo=DPO)
    commit(desk, "admin@example.com")
    other_words(desk)
    change_toml(desk, named(LOWER, "dpo"))
    ended = publisher("check", "--now", "2026-11-23T09:00", cwd=desk.root)
    assert ended.status == 0
    assert "minor, 7 days' notice" in ended.out
    assert "looked for once it is committed. [P151]" in ended.err
    commit(desk, ANN)
    ended = publisher("check", "--ref", "main", "--now", "2026-11-23T09:00", cwd=desk.root)
    assert ended.status == 4
    assert "[P131]" in ended.err


# --- lowering: what two must approve

TEXT = "# Policy {{#policy}}\n\n## 1. Clause {{#clause}}\n\n{}\n"
LOWERING = [
    ("en", "We answer questions.", "We answer questions in writing.", False),
    ("en", "We keep it for 5 years.", "We keep it for 6 years.", True),
    ("en", "We keep it for five years.", "We keep it for six years.", True),
    ("en", "We keep A for 5 years and B for 7 years.", "We keep A for 7 years and B for 5 years.", True),
    ("en", "You may install it on two devices.", "You may install it on three devices.", True),
    ("en", "We share it.", "We do not share it.", True),
    ("en", "We do not share names.", "We do not share addresses.", True),
    ("en", "We may share it.", "We share it.", True),
    ("en", "We must encrypt it.", "We try to encrypt it.", True),
    ("en", "We share it except where you object.", "We share it where you object.", True),
    ("en", "We announce changes on this page.", "We announce changes by e-mail.", True),
    ("ko", "문의에 답변합니다.", "문의에 서면으로 답변합니다.", False),
    ("ko", "5년 동안 보관합니다.", "6년 동안 보관합니다.", True),
    ("ko", "한 달 동안 보관합니다.", "두 달 동안 보관합니다.", True),
    ("ko", "제공합니다.", "제공하지 않습니다.", True),
    ("ko", "제공할 수 있습니다.", "제공합니다.", True),
    ("ko", "암호화하여야 합니다.", "암호화하도록 노력합니다.", True),
    ("ko", "이름을 제공하지 않습니다.", "주소를 제공하지 않습니다.", True),
]


@pytest.mark.parametrize(("language", "before", "after", "two"), LOWERING)
def test_what_two_must_approve(language: str, before: str, after: str, two: bool) -> None:
    old, new = ({language: parse(TEXT.format(words))} for words in (before, after))
    lexicons = {language: lexicon(language)}
    assert bool(why_two(read_change(old, new, lexicons, {}, TITLE), lexicons)) is two


def test_a_section_that_goes_needs_two() -> None:
    old = {"en": parse(TEXT.format("We answer.") + "\n## 2. More {#more}\n\nWe answer questions.\n")}
    new = {"en": parse(TEXT.format("We answer."))}
    lexicons = {"en": lexicon("en")}
    reasons = [say(m) for m in why_two(read_change(old, new, lexicons, {}, TITLE), lexicons)]
    assert "Two must approve because a whole section goes: “2. More”." in reasons


@given(st.lists(st.integers(0, 99), max_size=5), st.lists(st.integers(0, 99), max_size=5))
def test_figures_in_another_order_are_other_figures(before: list[int], after: list[int]) -> None:
    def words(figures: list[int]) -> str:
        return " and ".join(f"item {figure}" for figure in figures)

    assert figures_change(words(before), words(after)) is (before != after)


# --- the judgement by itself

DAY = datetime(2026, 11, 20, 10, tzinfo=UTC)
PEOPLE = (Approver(name="a", address="a@x.com"), Approver(name="b", address="b@x.com", key="ssh-ed25519 AAAA"))
NAMES = ("a", "b", "c")
ADDRESSES = ("a@x.com", "b@x.com", "w@x.com")


@st.composite
def plan_commits(draw: st.DrawFn) -> PlanCommit:
    return PlanCommit(
        id=draw(st.sampled_from(["1" * 40, "2" * 40])),
        moment=DAY,
        address=draw(st.sampled_from(ADDRESSES)),
        plan=draw(st.sampled_from(["now", "then"])),
        changed=draw(st.booleans()),
        written={"level": draw(st.frozensets(st.sampled_from(NAMES)))},
        signers=draw(st.frozensets(st.just("b"))),
    )


@given(st.lists(plan_commits(), max_size=5), st.lists(st.sampled_from(NAMES), max_size=4), st.integers(1, 2))
def test_what_every_approval_that_counts_has(commits: list[PlanCommit], names: list[str], needed: int) -> None:
    circle = Circle(approvers=PEOPLE, newcomers=frozenset(), commits=tuple(commits), plan="now")
    verdict = judge(Wish(section="level", names=tuple(names), needed=needed), circle)
    assert len(verdict.counting) + len(verdict.refused) == len(set(names))
    assert verdict.granted is (len({a.approver for a in verdict.counting}) >= needed)
    authors = {c.address for c in commits if c.changed}
    for approval in verdict.counting:
        approver = next(a for a in PEOPLE if a.name == approval.approver)
        assert approver.address not in authors
        assert any(
            c.id == approval.commit
            and c.address == approver.address
            and c.plan == "now"
            and approver.name in c.written["level"]
            and (not approver.key or approver.name in c.signers)
            for c in commits
        )


def test_one_who_approved_the_level_has_not_approved_the_day() -> None:
    commit = PlanCommit(
        id="1" * 40, moment=DAY, address="a@x.com", plan="now", changed=False, written={"level": frozenset({"a"})}
    )
    circle = Circle(approvers=PEOPLE, newcomers=frozenset(), commits=(commit,), plan="now")
    assert judge(Wish(section="level", names=("a",), needed=1), circle).granted
    assert not judge(Wish(section="early", names=("a",), needed=1), circle).granted


def plan(**files: bytes) -> str:
    given = {"en.md": b"One.", "policy.toml": b'kind = "terms"', "change.toml": b'a = "b"\n', **files}
    return plan_of([TreeFile(f"policy_docs/p/{n}", "100644", d) for n, d in given.items()])[0]


def test_what_a_plan_is_made_of() -> None:
    level = b'a = "b"\n[level]\nis = "minor"\n'
    same = [
        plan(**{"change.toml": level}),
        plan(**{"change.toml": level + b'approved_by = "x"\n'}),
        plan(**{"change.toml": level + b'approved_by = ["x", "y"] # both\n'}),
        plan(**{"change.toml": b"\xef\xbb\xbf" + level.replace(b"\n", b"\r\n")}),
        plan(**{"change.toml": level, "README.md": b"note"}),
    ]
    assert len(set(same)) == 1
    others = [
        plan(), plan(**{"en.md": b"Two."}), plan(**{"ko.md": b""}), plan(**{"policy.toml": b'kind = "annex"'}),
        plan(**{"change.toml": b'a = "c"\n'}), plan(**{"change.toml": b"= broken"}), plan(**{"change.toml": b"= "}),
        plan(**{"change.toml": b'approved_by = "x"'}), same[0],
    ]  # fmt: skip
    assert len(set(others)) == len(others)


# --- an earlier effect

EARLY = (
    '[early]\nground = "law"\ncitation = "PIPA Art. 30"\n'
    'reason = { ko = "법률이 즉시 시행할 것을 요구하고 있습니다.", en = "The law requires it from this very day." }\n'
)
SOON = 'effective = "2026-11-25"\n'


def early(desk: Desk, section: str, top: str, *, worse: bool = False) -> None:
    approvers(desk, dpo=DPO)
    commit(desk, "admin@example.com")
    if worse:
        desk.edit("privacy/en.md", "regular backups", "backups")
        desk.edit("privacy/ko.md", "정기적인 백업", "백업")
    else:
        other_words(desk)
    change_toml(desk, section, top=top)
    commit(desk, ANN)


def test_an_earlier_effect_required_by_law(desk: Desk) -> None:
    early(desk, EARLY, SOON)
    problems = told(due(desk))
    assert problems[0][1].startswith("Privacy Policy: an effect before the notice has ended needs the approval of")
    change_toml(desk, named(EARLY, "dpo"), top=SOON)
    commit(desk, DPO)
    desk.recipients()
    assert done(due(desk)) == ["freeze", "announce", "notify"]
    (version,) = [v for v in desk.register().versions if v.announced_at]
    assert (version.id, version.record.level, version.record.days) == ("20261125", "significant", 14)
    assert version.record.override["early"]["citation"] == "PIPA Art. 30"
    assert [a["for"] for a in version.record.override["approvals"]] == ["early"]
    page = (desk.site / "en/notices/privacy-20261125/index.html").read_text("utf-8")
    assert "because the law requires it (PIPA Art. 30)" in page
    assert "The law requires it from this very day." in page
    assert "법률이 즉시 시행할" in (desk.site / "ko/notices/privacy-20261125/index.html").read_text("utf-8")
    assert done(desk.tick("2026-11-24T23:59")) == []
    assert done(desk.tick("2026-11-25T00:00")) == ["take_effect"]


def test_an_earlier_effect_leaves_nobody_without_a_mail(desk: Desk) -> None:
    """The mail server is away until the text is in force; it is not held, and everyone is mailed all the same."""
    from publisher.errors import ServiceAway
    from publisher.messages import msg

    def away() -> MemoryMailer:
        raise ServiceAway.of("S210", msg("{reason}", reason="away"))

    early(desk, EARLY, SOON)
    change_toml(desk, named(EARLY, "dpo"), top=SOON)
    commit(desk, DPO)
    desk.recipients()
    desk.tick("2026-11-23T09:00", away)
    desk.tick("2026-11-25T00:00", away)
    current = desk.register().in_force("privacy")
    assert current
    assert (current.id, current.notified_at) == ("20261125", None)
    desk.tick("2026-11-25T10:00")
    current = desk.register().in_force("privacy")
    assert current
    assert current.notified_at
    assert len(desk.mailer.letters) == 2


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-20"])
def test_never_on_the_day_of_posting(desk: Desk, day: str) -> None:
    top = f'effective = "{day}"\n'
    early(desk, EARLY, top)
    change_toml(desk, named(EARLY, "dpo"), top=top)
    commit(desk, DPO)
    (problem,) = told(due(desk))
    assert problem[0] == "P110"
    assert "on the day after it is announced" in problem[1]


def test_an_earlier_effect_that_is_not_needed_is_not_recorded(desk: Desk) -> None:
    top = 'effective = "2026-12-20"\n'
    early(desk, EARLY, top)
    change_toml(desk, named(EARLY, "dpo"), top=top)
    commit(desk, DPO)
    due(desk)
    (version,) = [v for v in desk.register().versions if v.announced_at]
    assert (version.id, version.record.override) == ("20261220", {})


def test_protection_that_is_none(desk: Desk) -> None:
    early(desk, EARLY.replace('"law"', '"protection"'), SOON, worse=True)
    (problem,) = told(due(desk))
    assert problem[0] == "P135"
    assert "in the clause “7. Security measures” the reader is worse off" in problem[1]


def test_protection(desk: Desk) -> None:
    section = EARLY.replace('"law"', '"protection"').replace('citation = "PIPA Art. 30"\n', "")
    early(desk, section, SOON)
    change_toml(desk, named(section, "dpo"), top=SOON)
    commit(desk, DPO)
    assert done(due(desk)) == ["freeze", "announce", "notify"]
    page = (desk.site / "en/notices/privacy-20261125/index.html").read_text("utf-8")
    assert "because it adds protection in an emergency" in page


NO_CHANGE = read_change({}, {}, {}, {}, TITLE)
LONG = {"en": "The law requires it at once.", "ko": "법률에 따라 즉시 시행되어야 하는 사항입니다."}


@pytest.mark.parametrize(
    ("differing", "codes"),
    [
        ({}, []),
        ({"citation": " "}, ["P135"]),
        ({"ground": "protection", "citation": ""}, []),
        ({"dated": False}, ["P135"]),
        ({"reason": Localized.of({**LONG, "ko": "법률입니다."})}, ["P133"]),
        (
            {"reason": Localized.of({"en": "ok", "ko": "네"}), "dated": False, "citation": ""},
            ["P133"] * 2 + ["P135"] * 2,
        ),
    ],
)
def test_what_an_earlier_effect_needs(differing: dict[str, object], codes: list[str]) -> None:
    given = {"ground": "law", "citation": "Art. 1", "reason": Localized.of(LONG), "dated": True, **differing}
    problems = early_problems(change=NO_CHANGE, title=TITLE, place=Place(path="change.toml"), **given)  # type: ignore[arg-type]
    assert [p.code for p in problems] == codes


# --- exemptions and reasons


def test_a_reason_of_blanks_is_none() -> None:
    assert not enough("ok" + " " * 40)
    assert not enough("a" * 19)
    assert enough("a" * 20)


def test_an_exemption_is_recorded_with_its_reason(desk: Desk) -> None:
    desk.edit("privacy/ko.md", "+82-2-555-0100", "+82-2-555-0199")
    change_toml(desk, '[exempt]\nen = "no need"\n')
    commit(desk, ANN)
    problems = told(due(desk))
    assert ("P133", "The reason for exempting the text in English is too short to tell anyone why.") in problems
    reasons = (
        '[exempt]\nen = "Only the Korean number was misprinted."\nko = "This one did change, so it is no exemption."\n'
    )
    change_toml(desk, reasons)
    commit(desk, ANN)
    assert done(due(desk)) == ["freeze", "announce", "notify"]
    (version,) = [v for v in desk.register().versions if v.announced_at]
    assert version.record.override == {"exempt": {"en": "Only the Korean number was misprinted."}}


def test_lowering_takes_no_consent_away(desk: Desk) -> None:
    approvers(desk, dpo=DPO, counsel=COUNSEL)
    commit(desk, "admin@example.com")
    desk.edit("privacy/en.md", "- order data", "- health data (required): your illnesses\n- order data")
    desk.edit("privacy/ko.md", "- 주문 정보", "- 건강정보(필수): 병력\n- 주문 정보")
    change_toml(desk, LOWER)
    commit(desk, ANN)
    for names, who in ((("dpo",), DPO), (("dpo", "counsel"), COUNSEL)):
        change_toml(desk, named(LOWER, *names))
        commit(desk, who)
    assert [code for code, _ in told(due(desk))] == ["P150"]


def test_an_annex_that_is_significant_raises_what_was_lowered(office: Desk) -> None:
    """Then nothing was lowered, and readers are not told that it was."""
    change_toml(office, named(LOWER, "dpo"))
    commit(office, DPO)
    office.edit("third-parties/en.md", "sending e-mail", "sending e-mail and advertising")
    office.edit("third-parties/ko.md", "이메일 발송", "이메일과 광고 발송")
    office.write("policy_docs/third-parties/change.toml", REASON)
    commit(office, ANN)
    due(office)
    version = next(v for v in office.register().of("privacy") if v.announced_at)
    assert (version.record.level, version.record.override) == ("significant", {})


def test_what_readers_are_told() -> None:
    override = {
        "level": {"from": "significant", "to": "minor", "reason": "문구만 바로잡습니다."},
        "exempt": {"en": "국문에만 오기가 있었습니다."},
        "approvals": [
            {"approver": "dpo", "for": "level", "commit": "1", "signed": True},
            {"approver": "counsel", "for": "level", "commit": "2", "signed": True},
        ],
    }
    lines = [say(m) for m in in_words(override)]
    assert lines[1] == "2 people who did not write the change approved it: dpo and counsel."
    assert lines[2].startswith("The text in English did not have to change.")
    assert in_words({}) == ()


def test_the_same_from_texts_that_are_handed_in(desk: Desk) -> None:
    """Whoever embeds the program hands in the commits as well."""

    def files() -> dict[str, bytes]:
        found = [desk.root / "publisher.toml", *(desk.root / "policy_docs").rglob("*.*")]
        return {f.relative_to(desk.root).as_posix(): f.read_bytes() for f in found}

    approvers(desk, dpo=DPO)
    states = {"0": files()}
    other_words(desk)
    change_toml(desk, LOWER)
    states["1"] = files()
    change_toml(desk, named(LOWER, "dpo"))
    states["2"] = files()
    commits = [
        Commit(id=name, parents=parents, author="", address=address, moment=DAY)
        for name, parents, address in (("2", ("1",), DPO), ("1", ("0",), ANN), ("0", (), "admin@example.com"))
    ]
    for approved in (True, False):
        last = commits if approved else [replace(commits[0], address=ANN), *commits[1:]]
        texts = MemoryTexts(states["2"], "2", commits=tuple(last), states=states)
        pending = observe(desk.workspace, texts, desk.now).pending["privacy"]
        assert (pending.level.value, bool(pending.problems)) == (
            ("minor", False) if approved else ("significant", True)
        )
