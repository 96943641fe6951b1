"""What the legal team wrote: `policy_docs/` as it stands on the publishing ref, read and checked.

In: files of a commit. Out: one `PolicySource` a policy, with its texts parsed and every problem found; a
policy with problems does not hinder another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from publisher.changes.model import Level, Topic
from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, msg
from publisher.records import canonical_json, fingerprint
from publisher.register.repository import ORDINARY, TreeFile
from publisher.schema import Days, IsoDay, Strict, read_toml, refuse
from publisher.texts.document import Document, parse
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.texts.lint import lint
from publisher.texts.parity import parity
from publisher.texts.source import read_source
from publisher.texts.unseen import unseen
from publisher.workspace import Language, NoticeDays, PersonName, Title, Words

FOLDER: Final = "policy_docs"
_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
#: Names that some file systems give a meaning of their own.
_RESERVED: Final = frozenset({"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))})
#: Addresses of the site, and a folder of the register, that are not policies.
_TAKEN: Final = frozenset({"notices", "policies", "verify", "static", "accessibility", "about-notices", "heads"})


def check_policy_id(policy: str, place: Place) -> Problem | None:
    """P114 where `policy` cannot be the name of a folder and of an address."""
    if _ID.fullmatch(policy) and policy not in _RESERVED | _TAKEN:
        return None
    return Problem(
        code="P114",
        message=msg("{policy} cannot be the name of a policy.", policy=repr(policy)),
        hint=msg("Use small letters a-z, digits and hyphens, beginning with a letter, for example third-parties."),
        place=place,
    )


def _known_id(value: str) -> str:
    problem = check_policy_id(value, Place())
    if problem:
        raise refuse("P114", problem.message, problem.hint)
    return value


PolicyId = Annotated[str, AfterValidator(_known_id)]


class RaisedDays(Strict):
    minor: Days = 1
    significant: Days = 1


def owed_days(level: Level, days: NoticeDays, own: RaisedDays | None) -> int:
    """The days that a level owes: the workspace's, or the policy's own where they are more."""
    if level is Level.MINOR:
        return max(days.minor, own.minor if own else 0)
    return max(days.significant, own.significant if own else 0)


#: Legal bases of processing (PIPA Art. 15(1)); where none is declared for a topic, consent is assumed.
Basis = Literal["consent", "contract", "law", "legitimate_interest", "public_task", "vital_interest"]


def _topic(value: object) -> Topic:
    try:
        return Topic(str(value))
    except ValueError:
        raise refuse(
            "P115",
            msg("{value} is not a topic.", value=str(value)),
            msg("Known here are: {keys}.", keys=", ".join(Topic)),
        ) from None


class PolicySettings(Strict):
    """`policy.toml`."""

    kind: Literal["privacy", "terms", "annex"]
    title: Title
    includes: list[PolicyId] = []
    notice_days: RaisedDays = RaisedDays()
    basis: dict[Annotated[Topic, BeforeValidator(_topic)], Basis] = {}


def _names(value: object) -> object:
    return [value] if isinstance(value, str) else value


#: One name, or a list of names.
Names = Annotated[list[PersonName], BeforeValidator(_names)]


class LevelOverride(Strict):
    level: Annotated[Literal["minor", "significant"], Field(alias="is")]
    reason: str
    approved_by: Names = []


class EarlyEffect(Strict):
    """An earlier day of effect than the notice allows; only on one of two grounds."""

    #: the law requires it at once; or an emergency in which the change adds protection
    ground: Literal["law", "protection"]
    #: the provision that requires it; needed where the ground is the law
    citation: str = ""
    #: printed publicly
    reason: Words
    approved_by: Names = []


class ChangeSettings(Strict):
    """`change.toml`: the pending change, in the words of the legal team."""

    reason: Words
    summary: Words | None = None
    effective: IsoDay | None = None
    consent: str = ""
    level: LevelOverride | None = None
    early: EarlyEffect | None = None
    #: id of the announced version that is taken back
    withdraw: str = ""
    #: the later day of effect of announced versions, by id
    postpone: dict[str, IsoDay] = {}
    exempt: dict[Language, str] = {}

    @property
    def amends(self) -> bool:
        """Whether it speaks of what was announced already, and not of a change of the text."""
        return bool(self.withdraw or self.postpone)

    @property
    def raised_to(self) -> Level | None:
        return Level(self.level.level) if self.level else None


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicySource:
    """One policy as it stands on the ref."""

    policy: str
    settings: PolicySettings | None
    change: ChangeSettings | None
    #: SHA-256 of change.toml; "" where there is none
    change_fingerprint: str
    texts: Mapping[str, bytes]
    documents: Mapping[str, Document]
    #: stop a publication: findings of text and metadata (exit 3)
    problems: tuple[Problem, ...]
    #: stop a publication: one language lacks something (exit 4)
    one_sided: tuple[Problem, ...]
    #: worth a look, stop nothing
    remarks: tuple[Problem, ...]

    @property
    def title(self) -> Localized:
        if self.settings:
            return self.settings.title
        return Localized.of(dict.fromkeys(("ko", "en"), self.policy))

    @property
    def fingerprint(self) -> str:
        """Stands for all that a version is made of."""
        parts = {language: fingerprint(text) for language, text in self.texts.items()}
        settings = self.settings.model_dump_json() if self.settings else ""
        return fingerprint(canonical_json({**parts, "change": self.change_fingerprint, "settings": settings}))


def read_sources(files: Sequence[TreeFile], languages: Sequence[str]) -> list[PolicySource]:
    """Every policy in `files`, which are those below `policy_docs/`, in order of name."""
    folders: dict[str, list[TreeFile]] = {}
    loose: dict[str, list[Problem]] = {}
    for file in files:
        parts = file.path.split("/")
        if len(parts) == 3:
            folders.setdefault(parts[1], []).append(file)
        elif file.path.rsplit("/", 1)[-1] not in {".gitkeep", "README.md"}:
            loose.setdefault(parts[1] if len(parts) > 3 else "", []).append(_misplaced(file))
    sources = []
    for policy, found in sorted(folders.items()):
        source = _read_policy(policy, found, languages, set(folders))
        sources.append(replace(source, problems=(*source.problems, *loose.pop(policy, []))))
    return sources + [_unreadable(policy, problems) for policy, problems in sorted(loose.items())]


def _misplaced(file: TreeFile) -> Problem:
    if file.mode not in ORDINARY:
        return _not_ordinary(file, Place(path=file.path))
    return Problem(
        code="P117",
        message=msg("{path} stands where no text is looked for.", path=file.path),
        hint=msg("A text is policy_docs/<policy>/<language>.md."),
        place=Place(path=file.path),
    )


def _unreadable(policy: str, problems: Iterable[Problem]) -> PolicySource:
    return PolicySource(
        policy=policy,
        settings=None,
        change=None,
        change_fingerprint="",
        texts={},
        documents={},
        problems=tuple(problems),
        one_sided=(),
        remarks=(),
    )


def _read_policy(policy: str, files: Sequence[TreeFile], languages: Sequence[str], policies: set[str]) -> PolicySource:
    wrong_id = check_policy_id(policy, Place(path=f"{FOLDER}/{policy}"))
    if wrong_id:
        return _unreadable(policy, [wrong_id])
    problems = [p for f in files if (p := _odd_file(f, policy, languages))]
    by_name = {f.path.rsplit("/", 1)[-1]: f.data for f in files if f.mode in ORDINARY}

    settings, found = _policy_settings(policy, by_name.get("policy.toml"), languages, policies)
    problems += found
    change, found = _change_settings(policy, by_name.get("change.toml"), languages)
    problems += found

    title = settings.title if settings else Localized.of(dict.fromkeys(("ko", "en"), policy))
    texts = {language: by_name[f"{language}.md"] for language in languages if f"{language}.md" in by_name}
    kind = settings.kind if settings else ""
    documents, found = read_texts(texts, policy, ids_required=len(languages) > 1, kind=kind)
    problems += found
    one_sided = [_absent(policy, language, title) for language in languages if language not in texts]
    if len(documents) == len(texts):
        one_sided += parity(documents, policy, title)
    return PolicySource(
        policy=policy,
        settings=settings,
        change=change,
        change_fingerprint=fingerprint(by_name["change.toml"]) if "change.toml" in by_name else "",
        texts=texts,
        documents=documents,
        problems=tuple(p for p in problems if p.severity == "error"),
        one_sided=tuple(one_sided),
        remarks=tuple(p for p in problems if p.severity != "error"),
    )


def read_texts(
    texts: Mapping[str, bytes], policy: str, *, ids_required: bool, kind: str = ""
) -> tuple[dict[str, Document], list[Problem]]:
    """Parse each text by language; one that cannot be read has problems and no document. `kind`: "" if not known."""
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for language, data in texts.items():
        document, found = _read_text(data, policy, language, ids_required, kind)
        problems += found
        if document:
            documents[language] = document
    return documents, problems


@lru_cache(maxsize=256)
def _read_text(
    data: bytes, policy: str, language: str, ids_required: bool, kind: str
) -> tuple[Document | None, tuple[Problem, ...]]:
    """A text and its problems. What was read is kept: a tick looks again after each step, mostly at the same bytes."""
    place = Place(path=f"{FOLDER}/{policy}/{language}.md", policy=policy, language=language)
    source = read_source(data, place)
    if not source.readable:
        return None, tuple(source.problems)
    document = parse(source.text)
    remarks = lint(document, place, ids_required=ids_required, language=language, kind=kind)
    return document, (*source.problems, *remarks, *unseen(source.text, document, place))


def read_published(texts: Mapping[str, bytes]) -> dict[str, Document]:
    """Parse texts that were published, without remarks, which were made then. One that cannot be read is left out.

    What hides in a text, so that it would not be published now, does not keep it from being what a change starts from.
    """
    sources = {language: read_source(data, Place()) for language, data in texts.items()}
    return {language: parse(source.text) for language, source in sources.items() if source.text}


def _not_ordinary(file: TreeFile, place: Place) -> Problem:
    kinds: Mapping[str, Message] = {
        "120000": msg("The file is only a link to another file."),
        "160000": msg("The folder is another repository (a submodule)."),
    }
    return Problem(
        code="P105",
        message=kinds.get(file.mode, msg("This is no ordinary file.")),
        place=place,
        hint=msg("Commit the text itself."),
    )


def _odd_file(file: TreeFile, policy: str, languages: Sequence[str]) -> Problem | None:
    name = file.path.rsplit("/", 1)[-1]
    place = Place(path=file.path, policy=policy)
    if file.mode not in ORDINARY:
        return _not_ordinary(file, place)
    expected = ["policy.toml", "change.toml", *(f"{language}.md" for language in languages)]
    if name in {*expected, "README.md", ".gitkeep"}:
        return None
    return Problem(
        code="P117",
        message=msg("The file {name} is not known here and would never be published.", name=name),
        hint=msg("Expected are: {keys}.", keys=", ".join(expected)),
        place=place,
    )


def _policy_settings(
    policy: str, data: bytes | None, languages: Sequence[str], policies: set[str]
) -> tuple[PolicySettings | None, list[Problem]]:
    place = Place(path=f"{FOLDER}/{policy}/policy.toml", policy=policy)
    if data is None:
        return None, [
            Problem(
                code="P115",
                message=msg("The policy has no policy.toml, so its kind and title are not known."),
                hint=msg('Write kind = "privacy" and title = {{ ko = "…", en = "…" }} into it.'),
                place=place,
            )
        ]
    settings, problems = read_toml(data, PolicySettings, place, code="P115")
    if settings:
        problems += _untold("title", settings.title, languages, place)
        problems += [
            Problem(
                code="P118",
                message=msg("The included policy {policy} does not exist.", policy=included),
                hint=msg("Known here are: {keys}.", keys=", ".join(sorted(policies))),
                place=place,
            )
            for included in settings.includes
            if included not in policies or included == policy
        ]
    return settings, problems


def _change_settings(
    policy: str, data: bytes | None, languages: Sequence[str]
) -> tuple[ChangeSettings | None, list[Problem]]:
    if data is None:
        return None, []
    place = Place(path=f"{FOLDER}/{policy}/change.toml", policy=policy)
    change, problems = read_toml(data, ChangeSettings, place, code="P115")
    if change:
        problems += _untold("reason", change.reason, languages, place)
        problems += _untold("summary", change.summary, languages, place) if change.summary else []
    return change, problems


def _untold(key: str, words: Localized, languages: Sequence[str], place: Place) -> list[Problem]:
    return [
        Problem(
            code="P116",
            message=msg("{key} is not given in {language}.", key=key, language=LANGUAGE_NAMES[language]),
            hint=msg("Write it in every language of the workspace."),
            place=place,
        )
        for language in languages
        if language not in words.as_dict()
    ]


def _absent(policy: str, language: str, title: Localized) -> Problem:
    path = f"{FOLDER}/{policy}/{language}.md"
    return Problem(
        code="P101",
        message=msg("{policy}: the text in {language} is missing.", policy=title, language=LANGUAGE_NAMES[language]),
        hint=msg("Commit {path}: both languages are published, or neither.", path=path),
        place=Place(path=path, policy=policy, language=language),
    )
