"""A workspace whose policies have many versions, of texts made by rule or by another generator's.

The texts: articles of paragraphs, numbered lists, tables and footnotes, some 15 kB each; from one version to the next
two to six sentences change, and now and then a clause comes, goes or moves. Same arguments, same bytes.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zlib import crc32

from publisher.records import fingerprint, readable_json
from publisher.register.journal import Event, next_entry, parse_journal
from publisher.register.versions import VersionRecord
from publisher.run.create import create_workspace

Texts = Mapping[tuple[str, str, int], str]
LANGUAGES = ("ko", "en")
TITLES = {
    "terms-of-service": "이용약관", "privacy-policy": "개인정보 처리방침", "cookie-policy": "쿠키 정책",
    "location-terms": "위치정보 이용약관", "paid-service-terms": "유료서비스 약관",
}  # fmt: skip
_HEADING = re.compile(r"^(## .*?)$", re.MULTILINE)
_SENTENCES = {
    "en": ("We keep {what} for {n} days after {when}.", "You may ask us to correct {what} within {n} days of {when}.",
           "Nobody outside the company sees {what} before {when}, unless article {n} says otherwise."),
    "ko": ("회사는 {when}부터 {n}일 동안 {what} 보관합니다.",
           "이용자는 {when}부터 {n}일 안에 {what} 고쳐 달라고 요구할 수 있습니다.",
           "제{n}조에 달리 정한 경우가 아니면 {when} 전에는 회사 밖의 누구도 {what} 볼 수 없습니다."),
}  # fmt: skip
_WORDS = {
    "en": {"what": ["the records of each order", "device identifiers", "the content that a member posted"],
           "when": ["the contract ends", "the day of the request", "the account was closed"]},
    "ko": {"what": ["주문 기록을", "기기 식별자를", "회원이 게시한 내용을"],
           "when": ["계약이 끝난 날", "요청한 날", "계정을 닫은 날"]},
}  # fmt: skip


def texts(folder: Path, versions: int, generator: Path) -> dict[tuple[str, str, int], str]:
    """By policy, language and number. `generator`: used where it is there (`gen.py OUT --versions N`)."""
    if not generator.is_file():
        return dict(_made(versions))
    command = [sys.executable, str(generator), str(folder), "--versions", str(versions)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    listed = json.loads((folder / "corpus" / "index.json").read_text("utf-8"))
    return {(e["policy"], e["lang"], e["version"]): with_ids((folder / e["path"]).read_text("utf-8")) for e in listed}


def with_ids(text: str) -> str:
    """The text with an id at each clause, by the words of its heading, as this program's users write them."""
    seen: dict[str, int] = {}

    def mark(match: re.Match[str]) -> str:
        words = re.sub(r"^## (?:Article \d+|제\d+조)", "", match[1])
        name = f"c{crc32(words.encode()):08x}"
        seen[name] = seen.get(name, 0) + 1
        return f"{match[1]} {{#{name}{'-' * (seen[name] > 1)}{seen[name] if seen[name] > 1 else ''}}}"

    return _HEADING.sub(mark, text)


def _made(versions: int) -> Iterator[tuple[tuple[str, str, int], str]]:
    for policy in TITLES:
        for language in LANGUAGES:
            rng = random.Random(f"{policy} {language}")  # noqa: S311 - the same texts each time
            clauses = [[_sentence(rng, language) for _ in range(12)] for _ in range(22)]
            order = list(range(len(clauses)))
            for version in range(1, versions + 1):
                yield (policy, language, version), _text(policy, language, clauses, order)
                for _ in range(rng.randint(2, 6)):
                    sentences = rng.choice(clauses)
                    sentences[rng.randrange(len(sentences))] = _sentence(rng, language)
                if rng.random() < 0.1:
                    order.append(order.pop(rng.randrange(len(order))))


def _sentence(rng: random.Random, language: str) -> str:
    words = {name: rng.choice(choices) for name, choices in _WORDS[language].items()}
    return rng.choice(_SENTENCES[language]).format(n=rng.randint(1, 90), **words)


def _text(policy: str, language: str, clauses: list[list[str]], order: list[int]) -> str:
    parts = [f"# {TITLES[policy] if language == 'ko' else policy.replace('-', ' ').title()} {{#top}}"]
    for number, at in enumerate(order, 1):
        heading = f"## Article {number} (Matter {at})" if language == "en" else f"## 제{number}조 (사항 {at})"
        s = clauses[at]
        parts += [
            f"{heading} {{#matter-{at}}}",
            " ".join(s[:4]),
            "\n".join(f"{i}. {x}" for i, x in enumerate(s[4:8], 1)),
        ]
        parts.append(" ".join(s[8:]) + ("[^1]" if at == 3 else ""))
        if at % 7 == 2:
            parts.append("\n".join(["| A | B |", "|---|---:|", *(f"| {x} | {i} |" for i, x in enumerate(s[:4]))]))
    return "\n\n".join([*parts, f"[^1]: {clauses[3][0]}"]) + "\n"


def make_workspace(root: Path, found: Texts, *, last: int) -> None:
    """A workspace with the versions up to number `last` on record as history, each in force until the next."""
    create_workspace(root)
    shutil.rmtree(root / "policy_docs")
    shutil.rmtree(root / "versions")
    (root / "policy_docs").mkdir()
    add_versions(root, found, range(1, last + 1), sorted({policy for policy, _, _ in found}))


def add_versions(root: Path, found: Texts, numbers: range, policies: list[str], *, announced: bool = False) -> None:
    """Put versions on record as the store does, without its flushing of every file to the disk.

    As history, or `announced`, so that each waits for its day.
    """
    journal = root / "versions" / "journal.jsonl"
    journal.parent.mkdir(exist_ok=True)
    entries = parse_journal(journal.read_bytes())[0] if journal.exists() else []
    written = len(entries)
    for policy in policies:
        for number in numbers:
            texts_of = {language: found[policy, language, number].encode("utf-8") for language in LANGUAGES}
            record = _record(policy, number, texts_of, history=not announced)
            folder = root / "versions" / policy / record.id
            folder.mkdir(parents=True)
            content = readable_json(record.as_json())
            (folder / "version.json").write_bytes(content)
            for language, data in texts_of.items():
                (folder / f"{language}.md").write_bytes(data)
            effective = record.effective.isoformat()
            frozen = {"digest": fingerprint(content), "effective": effective}
            for event, data in (
                ((Event.FROZEN, frozen), (Event.ANNOUNCED, {"effective": effective})) if announced
                else ((Event.RECORDED, frozen),)
            ):  # fmt: skip
                at = datetime(2026, 1, 1, tzinfo=UTC)
                entries.append(next_entry(entries, at=at, event=event, policy=policy, version=record.id, data=data))
    with journal.open("ab") as file:
        file.writelines(entry.line() for entry in entries[written:])


def history_id(number: int) -> str:
    return _day(number).strftime("%Y%m%d")


def _day(number: int) -> date:
    return date(1990, 1, 1) + timedelta(days=30 * number)


def _record(policy: str, number: int, texts_of: Mapping[str, bytes], *, history: bool) -> VersionRecord:
    effective = _day(number)
    reason = {} if history else {"ko": "문장을 더 분명하게 고칩니다.", "en": "Sentences are made clearer."}
    return VersionRecord(
        policy=policy, id=history_id(number), kind="terms", effective=effective,
        title={"ko": TITLES[policy], "en": policy.replace("-", " ").title()},
        announced=effective - timedelta(days=14) if history else None, history=history,
        previous=history_id(number - 1) if number > 1 else "", level="none" if history else "significant",
        days=0 if history else 14, counting="clear-days", counted=reason, reason=reason,
        summary={language: [words] for language, words in reason.items()}, findings={}, consent="",
        includes=[], rules="", source={}, texts={language: fingerprint(data) for language, data in texts_of.items()},
    )  # fmt: skip
