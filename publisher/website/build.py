"""From the register to the published site, and only when something it is made of has changed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from publisher.records import canonical_json, fingerprint
from publisher.register.versions import Register
from publisher.website.pages import render_site, static_files
from publisher.website.proof import proof_files, proof_inputs
from publisher.website.publish import built_from, publish
from publisher.website.views import SiteContent
from publisher.workspace import Workspace


def build_site(workspace: Workspace, register: Register, *, output: Path | None = None, force: bool = False) -> bool:
    """Publish the site as `register` has it; True where it was built anew."""
    target = output or workspace.output
    inputs = site_inputs(workspace, register)
    if not force and built_from(target) == inputs:
        return False
    content = SiteContent(workspace.settings.site, register, workspace.settings.notice.timezone)
    pages = render_site(content, workspace.site_folders())
    publish(target, {**pages, **proof_files(workspace, register)}, inputs)
    return True


def site_inputs(workspace: Workspace, register: Register) -> str:
    """A fingerprint of everything that the site is made of."""
    content = SiteContent(workspace.settings.site, register, workspace.settings.notice.timezone)
    return fingerprint(
        canonical_json(
            {
                "program": version("policy-publisher"),
                "settings": workspace.settings.site.model_dump(mode="json"),
                "versions": _lives(content),
                "looks": _looks(workspace.site_folders()),
                "proof": proof_inputs(workspace, register),
            }
        )
    )


def _lives(content: SiteContent) -> list[list[str]]:
    """What the pages show of each version's life: its state, and the journal's last line, which stands for the rest."""
    register, zone = content.register, str(content.zone)
    return [[v.policy, v.id, v.digest, zone, register.state(v), content.head(v)] for v in register.versions]


def _looks(folders: Sequence[Path]) -> dict[str, str]:
    """Fingerprints of templates, styles and catalogues."""
    files = {f"static/{name}": fingerprint(data) for name, data in static_files(folders).items()}
    for i, folder in enumerate(folders):
        for file in sorted((folder / "templates").rglob("*.j2")):
            files[f"{i}/{file.relative_to(folder).as_posix()}"] = fingerprint(file.read_bytes())
    catalogue = Path(__file__).parent.parent / "locale"
    for file in sorted(catalogue.rglob("*.po")):
        files[f"locale/{file.relative_to(catalogue).as_posix()}"] = fingerprint(file.read_bytes())
    return files
