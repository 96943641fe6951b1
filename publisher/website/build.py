"""From the register to the published site, and only what something that it is made of has changed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from publisher.records import canonical_json, fingerprint
from publisher.register.versions import Register
from publisher.website.harmless import harmless_register, harmless_settings
from publisher.website.pages import static_files
from publisher.website.proof import proof_group, proof_inputs
from publisher.website.publish import built_from, publish
from publisher.website.units import Site
from publisher.website.views import SiteContent
from publisher.workspace import Workspace


def build_site(
    workspace: Workspace,
    register: Register,
    *,
    output: Path | None = None,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """Publish the site as `register` has it; True where it was built anew.

    `force`: make every file again. `progress` is told how many units are done, and of how many.
    """
    target = output or workspace.output
    shared = _shared(workspace)
    inputs = _inputs(workspace, register, shared)
    if not force and built_from(target) == inputs:
        return False
    groups = [*_site(workspace, register, shared).groups(), proof_group(workspace, register)]
    publish(target, groups, inputs, force=force, progress=progress)
    return True


def site_of(workspace: Workspace, register: Register) -> Site:
    """The site as `register` has it, but for what proves the records."""
    return _site(workspace, register, _shared(workspace))


def site_inputs(workspace: Workspace, register: Register) -> str:
    """A fingerprint of everything that the site is made of."""
    return _inputs(workspace, register, _shared(workspace))


def _site(workspace: Workspace, register: Register, shared: str) -> Site:
    notice = workspace.settings.notice
    settings = harmless_settings(workspace.settings.site)
    content = SiteContent(settings, harmless_register(register), notice.timezone, notice)
    return Site.of(content, workspace.site_folders(), shared, workspace.state / "templates")


def _inputs(workspace: Workspace, register: Register, shared: str) -> str:
    return fingerprint(canonical_json([shared, proof_inputs(workspace, register)]))


def _shared(workspace: Workspace) -> str:
    """A fingerprint of what all pages share."""
    settings = workspace.settings
    return fingerprint(
        canonical_json(
            {
                "program": version("policy-publisher"),
                "settings": settings.site.model_dump(mode="json"),
                "rules": settings.notice.model_dump(mode="json"),
                "looks": _looks(workspace.site_folders()),
            }
        )
    )


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
