"""evidence: one zip about one notice, for whoever has to be shown that it was given."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.common import json_option, workspace_of
from publisher.cli.output import show, show_json
from publisher.messages import msg


@click.command("evidence")
@click.argument("notice")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to evidence-NOTICE.zip.")
@click.option(
    "--for", "address", metavar="ADDRESS", default="", help="Open the receipts of this person, nobody else's."
)
@json_option
@click.pass_context
def evidence_command(ctx: click.Context, notice: str, out: Path | None, address: str, as_json: bool) -> None:
    """Put everything about a notice into one zip that can be checked offline: texts, decision, journal, receipts.

    Nobody can be recognised in it. With --for it holds one person's address and receipts, and is for that person or
    whoever decides on their complaint.

    \b
    Examples:
      publisher evidence privacy-20261210
      publisher evidence privacy-20261210 --for hana@example.com --out hana.zip
    """
    from publisher.errors import WrongUsage
    from publisher.run.evidence import make_evidence

    target = out or Path(f"evidence-{notice}.zip")
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise WrongUsage.of(
            "C538",
            msg("{path} is no ordinary file; nothing was written.", path=str(target)),
            msg("Name another file with --out."),
        )
    pack = make_evidence(workspace_of(ctx), notice, target, address)
    if as_json:
        show_json(pack.as_json())
        return
    show(msg("The evidence is in {file}: {receipts} receipts.", file=str(pack.file), receipts=pack.receipts))
    show(msg("SHA-256 {sha256}", sha256=pack.sha256))
    if pack.person:
        show(msg("It holds one person's address. Give it to nobody else, and delete it when it is no longer needed."))
