"""The typesetter in a process of its own: run as a script, it reads one JSON object and writes one.

Nothing of ours is imported here. A process of its own, because the typesetter takes hundreds of megabytes for a very
long text, and a fault in it must not end the engine.

In: `template` (its source), `families` (fonts wanted, best first; [] for all that are found), `korean` (of those, which
hold Hangul; [] where unknown), `folders` (of fonts; [] for the machine's), `at` (seconds since 1970), `copies` (JSON
text by name). Out: `pdfs` (base64 by name), or `error`: "library", "fonts", "glyphs" with `words`, or "failed" with
`words`.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from typing import Any

#: Archives of ISO 19005-2 and screen readers of ISO 14289-1: fonts embedded, every glyph with its character, tagged.
STANDARDS = ["a-2a", "ua-1"]
_NO_GLYPH = re.compile(r'the text `(".*?")` could not be displayed', re.DOTALL)


def typeset(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        import typst
    except ImportError as error:
        return {"error": "library", "words": str(error)}
    library: Any = typst
    own = asked["folders"]
    fonts = library.Fonts(include_system_fonts=not own, include_embedded_fonts=False, font_paths=own)
    there = fonts.families()
    families = [f for f in asked["families"] if f in there] if asked["families"] else []
    if own:
        families += [f for f in there if f not in families]
    if not families or (asked["korean"] and not own and not set(families) & set(asked["korean"])):
        return {"error": "fonts", "words": ""}
    pdfs = {}
    for name, copy in asked["copies"].items():
        try:
            pdf = library.compile(
                asked["template"].encode("utf-8"),
                font_paths=fonts,
                ignore_system_fonts=True,
                sys_inputs={"copy": copy, "fonts": json.dumps(families)},
                pdf_standards=STANDARDS,
                timestamp=asked["at"],
            )
        except library.TypstError as error:
            missing = _NO_GLYPH.findall(error.diagnostic)
            if missing:
                return {"error": "glyphs", "name": name, "words": "".join(dict.fromkeys("".join(map(_read, missing))))}
            return {"error": "failed", "name": name, "words": error.message}
        pdfs[name] = base64.b64encode(pdf).decode("ascii")
    return {"pdfs": pdfs, "families": families}


def _read(quoted: str) -> str:
    """The characters of a string as the typesetter quotes it."""
    words = re.sub(r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), quoted[1:-1])
    return re.sub(r"\\(.)", r"\1", words)


if __name__ == "__main__":
    json.dump(typeset(json.loads(sys.stdin.buffer.read())), sys.stdout)
