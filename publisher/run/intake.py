"""A file from elsewhere taken into a workspace: as the text to work on, or as a version of history."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final

from publisher.errors import Blocked, Place, Problem, TextFindings, WrongUsage
from publisher.files import only_run, write_file
from publisher.messages import msg
from publisher.register.history import record_history
from publisher.register.sources import FOLDER, PolicySettings, check_policy_id
from publisher.register.store import VersionStore
from publisher.schema import read_toml
from publisher.texts.document import Document, parse
from publisher.texts.importing import Imported, import_text
from publisher.texts.source import DECEPTIVE, as_published, read_source
from publisher.website.pdf import make_pdfs
from publisher.workspace import Workspace

MARKDOWN: Final = (".md", ".markdown")
READABLE: Final = (".txt", *MARKDOWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """Where an imported file went, and what was read out of it."""

    imported: Imported
    #: relative to the workspace
    path: str
    #: id of the version, where it became one
    version: str
    headings: int


def take_in(
    workspace: Workspace,
    file: Path,
    *,
    policy: str,
    language: str,
    announced: date | None,
    effective: date | None,
    replace: bool,
    dry_run: bool,
    at: datetime,
    verbatim: bool = False,
) -> Intake:
    """Import `file`. With the day of its effect it becomes a version of history, else the text in `policy_docs`.

    The day of announcement may be unknown; it is never guessed. A version of history keeps what would not be
    published now because nobody sees it, or because it makes the text read otherwise (P120, P124, P125), with a
    remark. It gets ids for its headings, and headings where it has none; `verbatim` records Markdown byte for byte.

    Raises TextFindings where the file cannot be read, WrongUsage for another kind of file or impossible dates, Blocked
    where another text stands in the way;
    then nothing was written.
    """
    wrong = check_policy_id(policy, Place(path=policy))
    if wrong:
        raise TextFindings(wrong)
    if announced and effective is None:
        raise WrongUsage.of("C536", msg("--announced needs --effective: a version is named by the day of its effect."))
    if announced and effective and effective < announced:
        raise WrongUsage.of("C536", msg("A version cannot take effect before it was announced."))
    if verbatim and (effective is None or file.suffix.lower() not in MARKDOWN):
        raise WrongUsage.of(
            "C536",
            msg("--verbatim records a past version that is Markdown: it needs a file .md, and --effective."),
        )
    if file.suffix.lower() not in READABLE:
        raise WrongUsage.of(
            "C536",
            msg("{path} is neither plain text nor Markdown.", path=str(file)),
            msg("Save it as .txt or .md; pandoc -t gfm makes Markdown of .docx and .html."),
        )
    try:
        data = file.read_bytes()
    except OSError as error:
        raise WrongUsage.of(
            "C536",
            msg("{path} cannot be read: {reason}.", path=str(file), reason=error.strerror or str(error)),
        ) from error
    place = Place(path=str(file), policy=policy, language=language)
    source = read_source(data, place)
    if effective:
        source = as_published(source)
    if not source.readable:
        raise TextFindings([p for p in source.problems if p.severity == "error"])
    imported = import_text(source.text, language, place, _ids_of_other(workspace, policy, language))
    remarks = [*imported.remarks, *(p for p in source.problems if p.code in DECEPTIVE)]
    imported = dataclasses.replace(imported, remarks=tuple(sorted(remarks, key=lambda p: p.place.line)))
    if verbatim:
        imported = dataclasses.replace(imported, markdown=source.text)
    document = parse(imported.markdown)
    version = ""
    path = f"{FOLDER}/{policy}/{language}.md"
    if effective:
        path = f"versions/{policy}"
        if not dry_run:
            kind, title = _about(workspace, policy, language, document)
            with only_run(workspace.lock):
                version = record_history(
                    VersionStore(workspace.versions),
                    workspace.settings.notice,
                    policy=policy,
                    kind=kind,
                    title=title,
                    texts={language: _bytes(imported.markdown, source.text, data)},
                    announced=announced,
                    effective=effective,
                    at=at,
                    make_pdfs=partial(make_pdfs, workspace),
                )
            path = f"versions/{policy}/{version}/{language}.md"
    else:
        _write_text(
            workspace,
            policy,
            language,
            _bytes(imported.markdown, source.text, data),
            document,
            replace=replace,
            dry_run=dry_run,
        )
    return Intake(imported=imported, path=path, version=version, headings=sum(c.level > 0 for c in document.clauses))


def _bytes(markdown: str, read: str, original: bytes) -> bytes:
    """The original bytes where nothing had to be changed but empty lines at the ends."""
    return original if markdown.strip("\n") == read.strip("\n") else markdown.encode("utf-8")


def _ids_of_other(workspace: Workspace, policy: str, language: str) -> list[str]:
    """The clause ids of the same policy in another language, in order."""
    for other in workspace.settings.site.languages:
        file = workspace.root / FOLDER / policy / f"{other}.md"
        if other != language and file.is_file():
            document = parse(read_source(file.read_bytes(), Place()).text)
            return [c.id for c in document.clauses if c.level]
    return []


def _about(workspace: Workspace, policy: str, language: str, document: Document) -> tuple[str, dict[str, str]]:
    """Kind and title: from policy.toml where there is one, else from the text."""
    file = workspace.root / FOLDER / policy / "policy.toml"
    if file.is_file():
        about, problems = read_toml(file.read_bytes(), PolicySettings, Place(path=str(file)), code="P115")
        if about is None:
            raise TextFindings(problems)
        return about.kind, about.title.as_dict()
    return _kind(policy), {language: document.title or policy}


def _kind(policy: str) -> str:
    return "privacy" if "privacy" in policy else "terms"


def _write_text(
    workspace: Workspace,
    policy: str,
    language: str,
    data: bytes,
    document: Document,
    *,
    replace: bool,
    dry_run: bool,
) -> None:
    file = workspace.root / FOLDER / policy / f"{language}.md"
    if file.exists() and file.read_bytes() != data and not replace:
        raise Blocked(
            Problem(
                code="C537",
                message=msg("{path} holds another text, which would be lost.", path=str(file)),
                hint=msg("Commit it first and add --replace, or import into another policy."),
                place=Place(path=str(file)),
            )
        )
    if dry_run:
        return
    write_file(file, data)
    about = file.with_name("policy.toml")
    if not about.exists():
        title = (document.title or policy).replace("\\", "\\\\").replace('"', '\\"')
        write_file(about, f'kind = "{_kind(policy)}"\ntitle = {{ {language} = "{title}" }}\n'.encode())
