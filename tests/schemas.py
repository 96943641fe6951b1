"""Grammars (RELAX NG) of what the site writes for programs, after RFC 4287 and the protocol of sitemaps.org.

Only what may stand in our files: stricter than the formats, so that anything unexpected is found.
"""

from __future__ import annotations

from typing import Any, Final

_HEAD: Final = (
    'xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes"'
)
_ID: Final = '<element name="id"><data type="anyURI"><param name="minLength">8</param></data></element>'
_LINK: Final = """<element name="link">
  <attribute name="rel"><choice><value>self</value><value>alternate</value></choice></attribute>
  <attribute name="href"><data type="anyURI"><param name="pattern">https://.+</param></data></attribute>
  <attribute name="type"><data type="string"><param name="pattern">[a-z]+/[a-z+-]+</param></data></attribute>
  <attribute name="hreflang"><data type="language"/></attribute>
</element>"""
_INSTANT: Final = '<data type="dateTime"><param name="pattern">.*Z</param></data>'
_WORDS: Final = '<data type="string"><param name="minLength">1</param></data>'

ATOM: Final = f"""<element name="feed" ns="http://www.w3.org/2005/Atom" {_HEAD}>
  <attribute name="xml:lang"><data type="language"/></attribute>
  <interleave>
    {_ID}
    <element name="title">{_WORDS}</element>
    <element name="updated">{_INSTANT}</element>
    <element name="author"><element name="name">{_WORDS}</element></element>
    <oneOrMore>{_LINK}</oneOrMore>
    <zeroOrMore><element name="entry"><interleave>
      {_ID}
      <element name="title">{_WORDS}</element>
      <element name="published">{_INSTANT}</element>
      <element name="updated">{_INSTANT}</element>
      <element name="category"><attribute name="term">{_WORDS}</attribute></element>
      {_LINK}
      <element name="content"><attribute name="type"><value>text</value></attribute>{_WORDS}</element>
    </interleave></element></zeroOrMore>
  </interleave>
</element>"""

_PLACE: Final = f"""<element name="loc"><data type="anyURI">
    <param name="minLength">12</param><param name="maxLength">2048</param><param name="pattern">https://.+</param>
  </data></element>
  <optional><element name="lastmod">{_INSTANT}</element></optional>"""

SITEMAP: Final = f"""<element name="urlset" ns="http://www.sitemaps.org/schemas/sitemap/0.9" {_HEAD}>
  <oneOrMore><element name="url">{_PLACE}
    <zeroOrMore><element name="link" ns="http://www.w3.org/1999/xhtml">
      <attribute name="rel"><value>alternate</value></attribute>
      <attribute name="hreflang"><data type="language"/></attribute>
      <attribute name="href"><data type="anyURI"><param name="pattern">https://.+</param></data></attribute>
    </element></zeroOrMore>
  </element></oneOrMore>
</element>"""

SITEMAP_INDEX: Final = f"""<element name="sitemapindex" ns="http://www.sitemaps.org/schemas/sitemap/0.9" {_HEAD}>
  <oneOrMore><element name="sitemap">{_PLACE}</element></oneOrMore>
</element>"""


def valid(grammar: str, data: bytes) -> Any:
    """The root of the document, parsed strictly; AssertionError where the grammar does not admit it."""
    from lxml import etree

    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, recover=False))
    schema = etree.RelaxNG(etree.fromstring(grammar))
    assert schema.validate(root), schema.error_log
    return root
