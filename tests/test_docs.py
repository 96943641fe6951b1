"""The documentation names everything there is: commands, settings, statuses, codes, addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from publisher import errors
from publisher.changes.reasons import REASONS
from publisher.cli.commands import COMMANDS
from publisher.cli.commands import publisher as program
from publisher.register.sources import ChangeSettings, PolicySettings
from publisher.schema import Strict
from publisher.website.addresses import Addresses
from publisher.workspace import Settings, parse_settings
from tests.conftest import Ended

ROOT = Path(__file__).parent.parent
DOCS = {p.name: p.read_text("utf-8") for p in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}
CODE = re.compile(r'"((?:[PSVC]\d{3})|L-[A-Z]+(?:-[A-Z]+)*)"')


def test_every_code_is_explained_and_none_is_invented() -> None:
    used = {c for p in (ROOT / "publisher").rglob("*.py") for c in CODE.findall(p.read_text("utf-8"))}
    explained = set(re.findall(r"^\| ([PSVCL][\w-]+) \|", DOCS["messages.md"], re.MULTILINE))
    assert used == explained


def test_every_exit_status_is_explained() -> None:
    statuses = {c.exit_status for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)}
    documented = {int(s) for s in re.findall(r"^\| (\d+) \| [^|]+\| [^|]*\|$", DOCS["messages.md"], re.MULTILINE)}
    assert statuses <= documented
    assert documented - statuses == {0, 130}


def test_every_setting_is_explained() -> None:
    def keys(model: type[Strict], prefix: str = "") -> set[str]:
        found: set[str] = set()
        for name, field in model.model_fields.items():
            kind = field.annotation
            key = f"{prefix}{field.alias or name}"
            if isinstance(kind, type) and issubclass(kind, Strict) and prefix == "":
                found |= keys(kind, f"{key}.")
            else:
                found.add(key)
        return found

    explained = set(re.findall(r"^\| `([\w.]+)` \|", DOCS["settings.md"], re.MULTILINE))
    assert keys(Settings) <= explained
    assert set(PolicySettings.model_fields) <= explained
    assert explained <= keys(Settings) | set(PolicySettings.model_fields)
    assert all(
        f"`{name}`" in DOCS["settings.md"] or f"`[{name}]`" in DOCS["settings.md"]
        for name in ChangeSettings.model_fields
    )


def test_the_documented_defaults_are_the_real_ones() -> None:
    settings = parse_settings(
        b'[site]\nbase_url="https://a.example.com"\ncontact="a@example.com"\norganisation={ko="A",en="A"}\n'
        b'[mail]\nfrom="a@example.com"\n'
    ).model_dump(by_alias=True, mode="json")
    for key, default in re.findall(r"^\| `(\w+\.\w+)` \| `([^`]+)` \|", DOCS["settings.md"], re.MULTILINE):
        section, name = key.split(".")
        value = settings[section][name]
        if isinstance(value, dict):
            shown = "{ " + ", ".join(f"{k} = {v}" for k, v in value.items()) + " }"
        elif isinstance(value, bool):
            shown = str(value).lower()
        elif isinstance(value, (str, list)):
            shown = str(value).replace("'", '"') if isinstance(value, list) else f'"{value}"'
        else:
            shown = str(value)
        assert shown == default, key


def test_every_command_is_named() -> None:
    everything = "\n".join(DOCS.values())
    context = click.Context(program)
    for name in COMMANDS:
        command = program.get_command(context, name)
        subcommands = command.commands if isinstance(command, click.Group) else {}
        assert f"publisher {name}" in everything, name
        assert command is not None
        assert command.help
        assert all(c.help for c in subcommands.values())


def test_every_reason_and_proof_is_explained() -> None:
    for code in [*REASONS, *(f"M{i}" for i in range(1, 11))]:
        assert re.search(rf"^\| {code} \|", DOCS["changes.md"], re.MULTILINE), code
    for code, reason in REASONS.items():
        assert re.search(rf"^\| {code} \| {reason.topic.value} \|", DOCS["changes.md"], re.MULTILINE), code


def test_every_address_is_named() -> None:
    made = [
        Addresses.home("{lang}"), Addresses.policy("{lang}", "{policy}"),
        Addresses.version("{lang}", "{policy}", "{id}"),
        Addresses.history("{lang}", "{policy}"), Addresses.comparison("{lang}", "{policy}", "{a}", "{b}"),
        Addresses.notices("{lang}"), Addresses.notice("{lang}", "{id}"), Addresses.feed("{lang}"),
        Addresses.json_feed("{lang}"), Addresses.calendar("{lang}"), Addresses.verify(),
        Addresses.feed("{lang}", "{policy}"), Addresses.json_feed("{lang}", "{policy}"),
        Addresses.calendar("{lang}", "{policy}"), Addresses.notice_calendar("{lang}", "{id}"),
        Addresses.timemap("{lang}", "{policy}"), Addresses.markdown("{lang}", "{policy}", "{id}"),
        Addresses.plain("{lang}", "{policy}", "{id}"), Addresses.sitemap(), Addresses.sitemap("{year}"),
    ]  # fmt: skip
    assert all(f"`{address}`" in DOCS["architecture.md"] for address in made)


EXAMPLE = re.compile(r"```markdown\n(.*?)```\n\n```markdown\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
EXAMPLES = EXAMPLE.findall(DOCS["classifier.md"])


def test_there_are_examples_in_both_languages() -> None:
    assert Counter(bool(re.search("[가-힣]", old)) for old, _, _ in EXAMPLES) == {True: 3, False: 3}


@pytest.mark.parametrize(("old", "new", "printed"), EXAMPLES)
def test_the_examples_print_what_is_documented(
    old: str, new: str, printed: str, tmp_path: Path, publisher: Callable[..., Ended]
) -> None:
    for name, text in (("old.md", old), ("new.md", new)):
        (tmp_path / name).write_text(text, "utf-8")
    language = "ko" if re.search("[가-힣]", old) else "en"
    ended = publisher("compare", "old.md", "new.md", "--language", language, language=language, COLUMNS="80")
    assert (ended.status, ended.out) == (0, printed)


def test_links_between_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), (path.name, target)
