"""XML for programs, written by the standard library: it is loaded in a tenth of the time of lxml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: What XML 1.0 (2.2) cannot hold, not even escaped.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(parent: Element | None, name: str, text: str = "", /, **attributes: str) -> Element:
    """A new element, the last one in `parent`; a namespace is an attribute `xmlns` of the root like any other."""
    from xml.etree.ElementTree import Element, SubElement

    held = {key: _NOT_XML.sub("\ufffd", value) for key, value in attributes.items()}
    made = Element(name, held) if parent is None else SubElement(parent, name, held)
    made.text = _NOT_XML.sub("\ufffd", text) or None
    return made


def written(root: Element) -> bytes:
    """The whole document, in UTF-8, one element a line."""
    from xml.etree.ElementTree import indent, tostring

    indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode").encode("utf-8") + b"\n"
