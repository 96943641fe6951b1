"""Pictures of the main pages and the mails, made as `python -m tests.screenshots docs/images`; look at them after every change of looks.

They show the workspace of `tests/showcase.py` in Debian's Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from publisher.register.repository import commit_all
from publisher.run.create import IDENTITY, create_workspace
from publisher.run.previewing import preview
from publisher.workspace import SETTINGS_FILE
from tests.browsing import chromium, serving
from tests.showcase import COMING, PAGES, showcase

#: The mailing whose letters are shown.
NOTICE = f"privacy-{COMING}"
#: Larger pictures do not belong into a repository.
MOST_BYTES = 150_000


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, the page and its language, and how it is looked at."""

    name: str
    page: str
    language: str
    width: int = 1000
    height: int = 900
    scheme: str = "light"
    print_: bool = False
    #: scrolled to this place
    at: str = ""


PICTURES = (
    Picture("site", "text", "en", width=1180),
    Picture("redline", "comparison", "ko", height=1500),
    Picture("text-ko", "text", "ko", width=1280),
    Picture("text-dark", "text", "ko", width=1280, scheme="dark"),
    Picture("comparison-en", "comparison", "en", at="running"),
    Picture("comparison-dark", "comparison", "en", scheme="dark"),
    Picture("comparison-print", "comparison", "en", width=794, height=1123, print_=True, at="running"),
    Picture("notice-ko", "notice", "ko"),
    Picture("notice-en", "notice", "en"),
    Picture("history-en", "history", "en"),
    Picture("history-ko", "history", "ko"),
    Picture("home-en", "home", "en"),
    Picture("clause-en", "clause", "en"),
    Picture("accessibility-en", "accessibility", "en"),
    Picture("phone-ko", "text", "ko", width=360, height=740),
    Picture("phone-history-en", "history", "en", width=360, height=740),
    Picture("mail-ko", "mail/account", "ko", width=760),
    Picture("mail-en", "mail/guardian", "en", width=760),
    Picture("mail-dark", "mail/watcher", "en", width=760, scheme="dark"),
    Picture("phone-mail-ko", "mail/account", "ko", width=360, height=740),
)


def _place(picture: Picture, site: str, letters: Path) -> str:
    """Where the page is: on the site, or for mail/… the letter to that kind of reader."""
    if picture.page.startswith("mail/"):
        reader = picture.page.removeprefix("mail/")
        return (letters / f"{NOTICE}-{picture.language}-{reader}.html").as_uri()
    return f"{site}/{PAGES[picture.page].format(l=picture.language)}"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        template = Path(temporary) / "template"
        create_workspace(template)
        settings = template / SETTINGS_FILE
        settings.write_text(settings.read_text("utf-8").replace("simulated = false", "simulated = true"), "utf-8")
        commit_all(template, "On a simulated clock", IDENTITY)
        desk = showcase(template, Path(temporary) / "w")
        letters = Path(temporary) / "letters"
        preview(desk.engine(), NOTICE, ["ko", "en"], letters)
        with serving(desk.workspace) as address, chromium() as browser:
            for picture in PICTURES:
                context = browser.new_context(
                    viewport={"width": picture.width, "height": picture.height},
                    color_scheme=picture.scheme,  # type: ignore[arg-type]
                )
                page = context.new_page()
                page.goto(_place(picture, address, letters))
                page.emulate_media(media="print" if picture.print_ else "screen")
                if picture.at:
                    page.evaluate("id => document.getElementById(id).scrollIntoView()", picture.at)
                data = page.screenshot()
                assert len(data) <= MOST_BYTES, f"{picture.name}: {len(data)} bytes"
                (folder / f"{picture.name}.png").write_bytes(data)
                context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
