"""Whether the records hold: the journal, the versions, the site made of them, the mailings, and what stands elsewhere.

Each check takes the workspace and the register and gives back what does not hold: what, where, and since when.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from publisher.errors import Place, Problem, WrongUsage
from publisher.messages import Message, msg
from publisher.register.journal import FILE, Entry, parse_journal
from publisher.register.merkle import Tree
from publisher.register.record_check import check_record
from publisher.register.signing import check_heads
from publisher.register.store import VersionStore
from publisher.register.versions import Register
from publisher.website.build import site_inputs
from publisher.website.publish import built_from, changed_files
from publisher.workspace import Workspace

if TYPE_CHECKING:
    from publisher.mail.receipts import Receipt, Sealed

Check = Callable[[Workspace, Register], list[Problem]]
#: Told how many receipts have been looked at.
Progress = Callable[[int], None]
_HASH: Final = re.compile(r"(?:sha256:)?([0-9a-f]{16,64})", re.ASCII)


def verify(
    workspace: Workspace,
    *,
    head: str = "",
    remark: Callable[[Problem], None] = lambda _: None,
    progress: Progress = lambda _: None,
) -> tuple[list[Problem], int, int]:
    """Everything that does not hold, and how many entries and versions were looked at.

    `head`: a hash of the journal that somebody was given (64 hexadecimal digits, or 16 or more of their beginning);
    it has to be in the journal. `remark` is told what could not be checked, or is not up to date.
    Raises WrongUsage (V456) where `head` is no hash.
    """
    wanted = _hash(head)
    store = VersionStore(workspace.versions)
    problems = store.verify()
    entries, _ = parse_journal(store.journal.bytes())
    problems += check_head(entries, wanted)
    if [p for p in problems if p.code != "V455"]:
        return problems, 0, 0
    register = store.load()
    for check in CHECKS:
        problems += check(workspace, register)
    problems += check_mailings(workspace, register, progress)
    for problem in problems:
        if problem.severity != "error":
            remark(problem)
    return [p for p in problems if p.severity == "error"], len(register.entries), len(register.versions)


def _hash(head: str) -> str:
    if not head:
        return ""
    found = _HASH.fullmatch(head.strip().lower())
    if not found:
        raise WrongUsage.of(
            "V456",
            msg("{head} is no hash of the journal.", head=head[:80]),
            msg("Copy it from the mail or the page: 64 digits and letters from a to f, or at least the first 16."),
        )
    return found[1]


def check_head(entries: Sequence[Entry], head: str) -> list[Problem]:
    """Whether the line that somebody keeps the hash of is still there; nothing where `head` is ""."""
    if not head or any(entry.hash.startswith(head) for entry in entries):
        return []
    ends = (
        msg("It now ends with record {seq:id} of {day}.", seq=entries[-1].seq, day=entries[-1].at.date())
        if entries
        else msg("It is empty now.")
    )
    return [
        Problem(
            code="V455",
            message=msg(
                "No record of the journal has the hash {head}: the journal was cut or rewritten after that hash was "
                "given out. {ends}",
                head=head,
                ends=ends,
            ),
            place=Place(path=f"versions/{FILE}"),
            hint=msg(
                "Check that the hash was copied whole. If it was, restore the folder versions from git or a backup of "
                "that time, and find out who changed it."
            ),
        )
    ]


def check_site(workspace: Workspace, register: Register) -> list[Problem]:
    """The published site, file by file, against what was built; a remark where it does not show the present state."""
    if not built_from(workspace.output):
        return []
    problems = [
        Problem(
            code="V420",
            message=msg("The published site does not show {path} as it was built.", path=path),
            hint=msg(
                "Run `publisher site build`, then find out who changed {output}.",
                output=workspace.settings.site.output,
            ),
        )
        for path in changed_files(workspace.output)
    ]
    if not problems and built_from(workspace.output) != site_inputs(workspace, register):
        problems.append(
            Problem(
                code="V422",
                severity="warning",
                message=msg("The site does not show the present state of the register."),
                hint=msg("Run `publisher tick`; it builds the site anew."),
            )
        )
    return problems


#: What is checked besides the journal, the folders and the mailings. Each names what, where and since when.
CHECKS: Final[tuple[Check, ...]] = (check_heads, check_record, check_site)


def finished_mailings(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that end a mailing with counts and a root; `data["notice"]` is the id of the mailing."""
    return [e for e in entries if "root" in e.data and "notice" in e.data]


def has_database(workspace: Workspace) -> bool:
    """Whether there is a database to be asked: a SQLite file is not made just for looking."""
    url = workspace.settings.database.url
    return not url.startswith("sqlite:///") or (workspace.root / url.removeprefix("sqlite:///")).exists()


def check_mailings(workspace: Workspace, register: Register, progress: Progress = lambda _: None) -> list[Problem]:
    """The receipts of every mailing that the journal calls finished, against the counts and the root it names."""
    finished = finished_mailings(register.entries)
    if not finished:
        return []
    if not has_database(workspace):
        return [_no_database(finished, workspace.settings.database.url)]
    from publisher.mail.database import open_database
    from publisher.mail.receipts import read_receipts, sealed_mailing

    engine = open_database(workspace)
    problems: list[Problem] = []
    looked_at = 0
    try:
        for entry in finished:
            sealed = sealed_mailing(engine, entry.data["notice"])
            if sealed is None:
                problems.append(no_receipts(entry))
                continue
            found = Found()
            for receipt in read_receipts(engine, entry.data["notice"]):
                found.add(receipt)
                looked_at += 1
                if looked_at % 1000 == 0:
                    progress(looked_at)
            problems += compare_with_journal(entry, found, sealed)
    finally:
        engine.dispose()
    return problems


@dataclass
class Found:
    """What the database has of a mailing."""

    tree: Tree = field(default_factory=Tree)
    outcomes: Counter[str] = field(default_factory=Counter)
    erased: int = 0
    #: leaves that are not those of their content
    changed: list[str] = field(default_factory=list)

    def add(self, receipt: Receipt) -> None:
        self.tree.add(receipt.leaf)
        if receipt.content is None:
            self.erased += 1
        elif receipt.fits:
            self.outcomes[receipt.outcome] += 1
        else:
            self.changed.append(receipt.leaf.hex())


def compare_with_journal(entry: Entry, found: Found, sealed: Sealed) -> list[Problem]:
    """What of a mailing's receipts is not as the journal entry that ended it says."""
    said = entry.data
    notice, seq, day = said["notice"], entry.seq, entry.at.date()
    problems = []
    if found.changed:
        problems.append(
            _broken(
                "V453",
                msg(
                    "{notice}: {count} receipts do not match their leaf, the first {leaf}; they were changed after "
                    "record {seq:id} of the journal was written on {day}.",
                    notice=notice,
                    count=len(found.changed),
                    leaf=found.changed[0],
                    seq=seq,
                    day=day,
                ),
            )
        )
    if (found.tree.size, found.tree.root.hex()) != (said["leaves"], said["root"]):
        problems.append(
            _broken(
                "V452",
                msg(
                    "{notice}: the receipts in the database have another root than record {seq:id} of the journal "
                    "names since {day}: there are {found}, and there were {leaves}.",
                    notice=notice,
                    seq=seq,
                    day=day,
                    found=found.tree.size,
                    leaves=said["leaves"],
                ),
            )
        )
    elif not found.changed and not (
        _counts_fit(found, said["outcomes"])
        and sealed.as_json() == {name: said[name] for name in ("outcomes", "leaves", "root")}
    ):
        problems.append(
            _broken(
                "V451",
                msg(
                    "{notice}: the outcomes in the database are not those of record {seq:id} of the journal of {day}.",
                    notice=notice,
                    seq=seq,
                    day=day,
                ),
            )
        )
    return problems


def _counts_fit(found: Found, said: Mapping[str, int]) -> bool:
    """Whether the outcomes are those of the journal; of the erased ones it is not known any more which they were."""
    missing = {outcome: number - found.outcomes[outcome] for outcome, number in said.items()}
    return (
        set(found.outcomes) <= set(said)
        and all(number >= 0 for number in missing.values())
        and sum(missing.values()) == found.erased
    )


def _broken(code: str, message: Message) -> Problem:
    return Problem(
        code=code,
        message=message,
        place=Place(path=f"versions/{FILE}"),
        hint=msg(
            "Keep the database as it is, restore a backup of that day beside it, compare the two, and do not send "
            "anything before that."
        ),
    )


def no_receipts(entry: Entry) -> Problem:
    return Problem(
        code="V450",
        message=msg(
            "{notice}: record {seq:id} of the journal says since {day} that everyone was told, but the database has no "
            "receipts of it. It is older than the journal, or another one.",
            notice=entry.data["notice"],
            seq=entry.seq,
            day=entry.at.date(),
        ),
        place=Place(path=f"versions/{FILE}", line=entry.seq),
        hint=msg("Restore the latest backup of the database, and do not send anything before that."),
    )


def _no_database(finished: Sequence[Entry], url: str) -> Problem:
    return Problem(
        code="V454",
        severity="warning",
        message=msg(
            "The mailings were not checked: the database {url} is not here, and the journal knows finished mailings "
            "since {day}.",
            url=url,
            day=finished[0].at.date(),
        ),
        hint=msg("Where only the records are kept this is in order; where mails are sent, restore the database."),
    )
