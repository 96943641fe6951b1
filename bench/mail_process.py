"""One measured process of bench/mail.py: `mail_process.py WHAT ARGUMENTS` (JSON); prints figures as JSON.

WHAT is one of

- `open` {root}: the database opened, as every command and tick does, which looks at every page of SQLite
- `import` {root, file}: the program's own import of a CSV file
- `fill` {root, notice}: the list of a notice frozen
- `send` {root, notice, connections, uvloop, per_domain, together}: what `publisher mail work` does with one notice:
  claim, build, intent, send, record. Where `together` is set, it says "ready" and waits for a line before it begins.
- `seal` {root, notice}: the receipts of a finished notice and their root
- `letter` {root, file}: a letter of the notice, as a file
- `loop` {port, connections, uvloop, messages, file}: aiosmtplib.sendmail over open connections, and nothing else
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from publisher.mail.compose import Composer, Letter
    from publisher.mail.vault import Vault
    from publisher.workspace import Workspace

#: When the notice was announced; all rows are due since then.
ANNOUNCED = datetime(2026, 11, 23, tzinfo=UTC)
HEAD = "sha256:" + "ab" * 32
Figures = dict[str, Any]


def main() -> None:
    what, arguments = sys.argv[1], json.loads(sys.argv[2])
    if not arguments.pop("uvloop", True):
        # The program does without where it is missing.
        sys.modules["uvloop"] = None  # type: ignore[assignment]
    works: dict[str, Callable[..., Figures]] = {
        "open": looked, "import": taken_in, "fill": filled, "send": sent, "seal": sealed, "letter": letter,
        "loop": looped,
    }  # fmt: skip
    found = works[what](**arguments)
    print(json.dumps({**found, "peak_mb": peak()}))


def peak() -> float:
    """Most memory of this process in MB. Not by getrusage: that counts whoever started it as well."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError("VmHWM")


def timed(work: Callable[[], object]) -> Figures:
    start, cpu = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - start, "cpu_s": time.process_time() - cpu}


def opened(root: str) -> tuple[Workspace, Engine, Vault]:
    from publisher.mail.database import open_database
    from publisher.mail.vault import open_vault
    from publisher.workspace import Workspace, parse_settings

    workspace = Workspace(root=Path(root), settings=parse_settings(Path(root, "publisher.toml").read_bytes()))
    return workspace, open_database(workspace), open_vault(workspace)


def composer_of(workspace: Workspace) -> Composer:
    """Of a notice with one finding."""
    from publisher.mail.compose import Composer
    from publisher.messages import Localized
    from publisher.notice.wording import Notice

    def finding(clause: str, before: str, after: str, explanation: str) -> dict[str, Any]:
        return {"code": "R05", "topic": "retention", "level": "significant", "direction": "worse", "before": before,
                "clause": {"id": "retention", "title": clause}, "after": after,
                "explanation": {"ko": explanation, "en": explanation}}  # fmt: skip

    notice = Notice(
        policy="privacy", version="20261208", previous="20200727", level="significant", days=14, zone="Asia/Seoul",
        title=Localized.of({"ko": "개인정보 처리방침", "en": "Privacy Policy"}),
        organisation=Localized.of({"ko": "예시", "en": "Example"}),
        announced=date(2026, 11, 23), effective=date(2026, 12, 8), counted={"ko": "", "en": ""},
        reason={"ko": "법이 바뀌었습니다.", "en": "The law has changed."},
        summary={"ko": ["주문 기록을 7년간 보관합니다."], "en": ["Order records are kept for 7 years."]},
        findings={"ko": [finding("보유 기간", "주문 기록을 5년간 보관", "주문 기록을 7년간 보관", "2년 더 둡니다.")],
                  "en": [finding("Retention", "kept for 5 years", "kept for 7 years", "Kept for 2 years more.")]},
        consent="",
    )  # fmt: skip
    return Composer.of(workspace, notice, ANNOUNCED, HEAD)


# ---- what is measured


def looked(root: str) -> Figures:
    return timed(lambda: opened(root))


def taken_in(root: str, file: str) -> Figures:
    from publisher.mail.importing import import_recipients

    _, engine, vault = opened(root)
    return timed(lambda: import_recipients(engine, vault, Path(file), ("ko", "en")))


def filled(root: str, notice: str) -> Figures:
    from publisher.mail.outbox import Outbox

    _, engine, vault = opened(root)
    return timed(lambda: Outbox(engine, vault, notice).fill(ANNOUNCED))


def sent(root: str, notice: str, connections: int, per_domain: int = 2, together: bool = False) -> Figures:
    from publisher.mail.mailers import mailer_factory
    from publisher.mail.outbox import Outbox
    from publisher.mail.send import Limits, send_notice
    from publisher.mail.workers import hold_worker

    workspace, engine, vault = opened(root)
    mailers = mailer_factory(workspace)
    composer = composer_of(workspace)
    limits = Limits(connections=connections, per_domain=per_domain)
    prepared = timed(lambda: letters_of(composer))["seconds"]
    with hold_worker(engine, workspace.state) as worker:
        outbox = Outbox(engine, vault, notice, worker)
        if together:
            print("ready", flush=True)
            sys.stdin.readline()
        began = time.time()
        found = timed(lambda: send_notice(outbox, composer, mailers, limits, lambda: datetime.now(UTC)))
    return {
        **found,
        "prepared_s": prepared,
        "began": began,
        "ended": began + found["seconds"],
        "outcomes": outbox.outcomes(),
    }


def sealed(root: str, notice: str) -> Figures:
    from publisher.mail.receipts import seal

    _, engine, vault = opened(root)
    return timed(lambda: seal(engine, vault, notice))


def letters_of(composer: Composer) -> list[Letter]:
    """One letter of each kind; what a kind has in common is made with its first, once in a process."""
    from publisher.mail.recipients import Recipient

    return [
        composer.letter(
            Recipient(id="member-1", address="user1@example.net", name=name, language=language, guardian=guardian),
            "QUJDREVGR0hJSktMTU5P",
        )
        for guardian in (False, True)
        for language, name in (("ko", "김하나"), ("en", "Alder Birch"))
    ]


def letter(root: str, file: str) -> Figures:
    workspace, _, _ = opened(root)
    found = letters_of(composer_of(workspace))
    Path(file).write_bytes(found[0].data)
    return {"bytes": {"ko": len(found[0].data), "en": len(found[1].data)}}


def looped(port: int, connections: int, messages: int, file: str) -> Figures:
    import aiosmtplib

    data = Path(file).read_bytes()

    async def run() -> float:
        left = iter(range(messages))
        clients = [aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) for _ in range(connections)]
        await asyncio.gather(*(client.connect() for client in clients))

        async def work(client: aiosmtplib.SMTP) -> None:
            for _ in left:
                await client.sendmail("privacy@example.com", ["user1@example.net"], data)

        start = time.perf_counter()
        await asyncio.gather(*map(work, clients))
        seconds = time.perf_counter() - start
        await asyncio.gather(*(client.quit() for client in clients))
        return seconds

    cpu = time.process_time()
    try:
        from uvloop import Loop
    except ImportError:
        seconds = asyncio.run(run())
    else:
        with asyncio.Runner(loop_factory=Loop) as runner:
            seconds = runner.run(run())
    return {"seconds": seconds, "cpu_s": time.process_time() - cpu}


if __name__ == "__main__":
    main()
