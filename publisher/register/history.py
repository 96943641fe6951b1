"""Versions that were published before this program was in use, put on record as they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from publisher.changes.model import RULES, Level
from publisher.errors import Blocked, Place, Problem
from publisher.messages import in_every_language, msg
from publisher.notice.calendar import Counting, count, explain
from publisher.notice.lifecycle import free_id
from publisher.records import fingerprint
from publisher.register.holidays import rules_of
from publisher.register.store import VersionStore
from publisher.register.versions import VersionRecord
from publisher.workspace import NoticeSettings

#: The PDFs by language of a version and texts by language, at the moment of its record; {} where none are wanted.
MakePdfs = Callable[[VersionRecord, Mapping[str, bytes], datetime], Mapping[str, bytes]]


def record_history(
    store: VersionStore,
    notice: NoticeSettings,
    *,
    policy: str,
    kind: str,
    title: Mapping[str, str],
    texts: Mapping[str, bytes],
    announced: date | None,
    effective: date,
    at: datetime,
    make_pdfs: MakePdfs = lambda _record, _texts, _at: {},
) -> str:
    """Put a past version on record, or a further language of one; returns its id.

    `make_pdfs` is asked for the PDFs of the languages that are new; where it fails nothing is written.

    Days are counted as they were then, as the difference of the two dates; `announced` is None where it is not
    known. Raises Blocked (P141) where the
    version is there already with another text, or is not history.
    """
    register = store.load()
    same_day = [v for v in register.of(policy) if v.record.effective == effective and v.record.announced == announced]
    existing = same_day[0] if same_day else None
    if existing:
        clash = [language for language, text in texts.items() if existing.texts.get(language, text) != text]
        if clash or not existing.record.history:
            raise Blocked(
                Problem(
                    code="P141",
                    message=msg(
                        "{policy}: the version of {effective} is on record with another text. What was published "
                        "never changes.",
                        policy=policy,
                        effective=effective,
                    ),
                    hint=msg("Check the dates; a corrected text is a new version with a date of its own."),
                    place=Place(policy=policy),
                )
            )
        if all(language in existing.texts for language in texts):
            return existing.id
        texts = {**existing.texts, **texts}
        title = {**existing.record.title, **title}
    days = (effective - announced).days if announced else 0
    rules = rules_of(notice.model_copy(update={"counting": Counting.CALENDAR_DAYS.value}))
    id_ = existing.id if existing else free_id(effective, {v.id for v in register.of(policy)})
    record = VersionRecord(
        policy=policy,
        id=id_,
        kind=kind,
        title=dict(title),
        effective=effective,
        announced=announced,
        history=True,
        previous="",
        level=Level.NONE.value,
        days=days,
        counting=Counting.CALENDAR_DAYS.value,
        counted=in_every_language(explain(count(announced, days, rules), rules)) if announced and days else {},
        reason={},
        summary={},
        findings={},
        consent="",
        includes=[],
        rules=RULES,
        source={},
        texts={language: fingerprint(text) for language, text in texts.items()},
    )
    kept = {language: pdf.read() for language, pdf in existing.pdfs.items()} if existing else {}
    new = {language: text for language, text in texts.items() if not existing or language not in existing.texts}
    store.put(record, texts, at=at, pdfs=kept | dict(make_pdfs(record, new, at)))
    return id_
