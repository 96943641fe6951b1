"""A new workspace: settings, two example policies with their first version on record, a git repository."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from publisher.errors import Blocked, Place, TextFindings
from publisher.files import write_file
from publisher.messages import msg
from publisher.register.history import record_history
from publisher.register.repository import create
from publisher.register.sources import FOLDER, PolicySettings
from publisher.register.store import VersionStore
from publisher.schema import read_toml
from publisher.workspace import SETTINGS_FILE, parse_settings

#: The example policies are on record as in force since this day, so that a change to them is a change.
EXAMPLES_SINCE: Final = date(2020, 1, 1)
IDENTITY: Final = ("Publisher", "publisher@example.com")


def create_workspace(root: Path, *, examples: bool = True) -> bool:
    """Make a workspace in `root`; True where a git repository was made too.

    Raises Blocked (C535) where there is a workspace already, or files that would be overwritten.
    """
    template = resources.files("publisher") / "examples"
    files = {
        SETTINGS_FILE: (template / SETTINGS_FILE).read_bytes(),
        ".gitignore": (template / "gitignore").read_bytes(),
    }
    if examples:
        files |= {f"{FOLDER}/{name}": data for name, data in example_policies().items()}
    else:
        files[f"{FOLDER}/.gitkeep"] = b""
    in_the_way = [name for name in files if (root / name).exists() and name != ".gitignore"]
    if in_the_way:
        raise Blocked.of(
            "C535",
            msg("{path} exists already; nothing was changed.", path=str(root / in_the_way[0])),
            msg("Choose a new folder."),
        )
    if (root / ".gitignore").exists():
        del files[".gitignore"]
    for name, data in files.items():
        write_file(root / name, data)
    if examples:
        _record_examples(root)
    return create(root, "A new workspace", IDENTITY)


def example_policies() -> dict[str, bytes]:
    """The example policies, by path below `policy_docs/`."""
    return _tree(resources.files("publisher") / "examples" / FOLDER)


def _record_examples(root: Path) -> None:
    store = VersionStore(root / "versions")
    settings = parse_settings((root / SETTINGS_FILE).read_bytes())
    for folder in sorted((root / FOLDER).iterdir()):
        about, problems = read_toml((folder / "policy.toml").read_bytes(), PolicySettings, Place(), code="P115")
        if about is None:
            raise TextFindings(problems)
        record_history(
            store,
            settings.notice,
            policy=folder.name,
            kind=about.kind,
            title=about.title.as_dict(),
            texts={file.stem: file.read_bytes() for file in sorted(folder.glob("*.md"))},
            announced=EXAMPLES_SINCE,
            effective=EXAMPLES_SINCE,
            at=datetime.now(UTC),
        )


def _tree(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for item in sorted(folder.iterdir(), key=lambda i: i.name):
        if item.is_dir():
            found |= _tree(item, f"{prefix}{item.name}/")
        elif not item.name.startswith((".", "__")):
            found[f"{prefix}{item.name}"] = item.read_bytes()
    return found
