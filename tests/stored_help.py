"""Stores the help of `publisher` as the commands give it, so that it can be shown without loading them.

Run as `python -m tests.stored_help`; a test holds it true.
"""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.commands import publisher

FILE = Path(__file__).resolve().parent.parent / "publisher" / "cli" / "help_text.py"
WIDTHS = (80, 100)


def told(width: int) -> str:
    """The help in a terminal of so many columns."""
    context = click.Context(publisher, info_name="publisher", terminal_width=width - 2, **publisher.context_settings)
    return publisher.get_help(context) + "\n"


def source() -> str:
    texts = "".join(f'    {width}: """\\\n{told(width)}""",\n' for width in WIDTHS)
    return (
        '"""The help of `publisher` by the width of the terminal; made of the commands by `make messages`."""\n\n'
        "from typing import Final\n\n# fmt: off\nHELP: Final = {\n" + texts + "}\n"
    )


if __name__ == "__main__":
    FILE.write_text(source(), "utf-8")
