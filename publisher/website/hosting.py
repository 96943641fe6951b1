"""The site served by others: what their rules are made of, and those of Netlify and Cloudflare Pages.

In: values of the settings, and of the register where a host has no patterns. Out: text. The rules of a server with
patterns name no version, so that they are installed once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from publisher.errors import Misconfigured
from publisher.messages import msg
from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.headers import HEADERS, JSON_FEED, TEXT_PATTERNS, TRANSPORT, TYPES, UNINDEXED
from publisher.website.old_links import POLICY, VERSION
from publisher.workspace import SiteSettings

#: What may stand in a rule without being taken for a part of its language.
_PLAIN_PATH: Final = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._~-]*)*")
_PLAIN_FOLDER: Final = re.compile(r"/[^\x00-\x1f\x7f\"'\\$`{};*?\[\]]*")
_PLAIN_LISTEN: Final = re.compile(r"[A-Za-z0-9.:/\[\]*-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hosted:
    """What rules are made of; every part is plain enough to stand in them."""

    host: str
    #: the path of `site.base_url`: "" or like "/policies", without a slash at the end
    prefix: str
    languages: tuple[str, ...]
    #: folder of the built site, absolute
    folder: str
    #: what the server listens on; "" for the host's default
    listen: str = ""
    #: when the text of a dated page became the one in force, by the page's path (RFC 7089); "" for no such headers
    mementos: Mapping[str, datetime] | None = None


def hosted(
    settings: SiteSettings, folder: str, *, listen: str = "", mementos: Mapping[str, datetime] | None = None
) -> Hosted:
    """The parts of rules; Misconfigured (C585) for a value that a server would take for a part of its rules."""
    parts = urlsplit(settings.base_url)
    prefix = parts.path.rstrip("/")
    for value, plain in ((prefix, _PLAIN_PATH), (folder, _PLAIN_FOLDER), (listen or "80", _PLAIN_LISTEN)):
        if not plain.fullmatch(value):
            raise Misconfigured.of(
                "C585",
                msg(
                    "No rules can be written with {value} in them: a server could read it as something else.",
                    value=value,
                ),
                msg("Use letters, digits, hyphens and dots in site.base_url, in site.output and in --listen."),
            )
    return Hosted(
        host=parts.hostname or "",
        prefix=prefix,
        languages=tuple(settings.languages),
        folder=folder.rstrip("/"),
        listen=listen,
        mementos=mementos,
    )


def mementos(versions: Iterable[Version], languages: Sequence[str], zone: ZoneInfo) -> dict[str, datetime]:
    """Since when the text of each dated page was the one in force, for those that came into force."""
    return {
        Addresses.version(language, version.policy, version.id): datetime.combine(version.effective, time(), zone)
        for version in versions
        if version.public and version.in_force_at
        for language in languages
        if language in version.texts
    }


def site_files(settings: SiteSettings, versions: Iterable[Version]) -> dict[str, bytes]:
    """Files in the root of the site that Netlify and Cloudflare Pages read their rules from."""
    prefix = urlsplit(settings.base_url).path
    return {
        "_headers": _headers(prefix).encode("ascii"),
        "_redirects": redirects(prefix, settings.languages, versions).encode("ascii"),
    }


def _headers(prefix: str) -> str:
    """For both hosts. A header that two rules give is joined from both, so each stands in one rule only."""
    name, kind = JSON_FEED
    typed = [(f"*.{ending}", TYPES[ending]) for ending in ("atom", "ics", "link", "md", "jsonl", "sig", "py")]
    lines = [f"{prefix}/*"]
    lines += [f"  {key}: {value}" for key, value in (*HEADERS.items(), TRANSPORT)]
    for pattern, value in (*typed, (f"*/{name}", kind)):
        lines += [f"{prefix}/{pattern}", f"  Content-Type: {value}"]
    for pattern in TEXT_PATTERNS:
        lines += [f"{prefix}{pattern}", f"  {UNINDEXED[0]}: {UNINDEXED[1]}"]
    return "\n".join(lines) + "\n"


def redirects(prefix: str, languages: Sequence[str], versions: Iterable[Version]) -> str:
    """Old links for Netlify; versions that are not in the first language stand before the pattern.

    There is no rule for links without a version: a host that does not look at the query would take an old link to a
    version for one, and answer with the text in force. The page at that address names both ways.
    """
    first = languages[0]
    lines = [
        "# Old links, for Netlify; `!` because there is a page at the address itself. Cloudflare Pages cannot match a",
        "# query, ignores these lines and shows that page; `publisher site rules cloudflare` writes a function for it.",
    ]
    for version in versions:
        others = [language for language in languages if language in version.texts]
        if version.public and others and first not in others:
            to = Addresses.version(others[0], version.policy, version.id)
            lines.append(f"{prefix}/policies/{version.policy} v={version.id} {prefix}{to} 301!")
    lines.append(f"{prefix}/policies/:policy v=:version {prefix}/{first}/:policy/v/:version/ 301!")
    return "\n".join(lines) + "\n"


def cloudflare(site: Hosted) -> str:
    """A Pages Function for old links, for `functions/policies/[policy].js` beside the site's folder.

    It runs on the host's machines, never in a reader's browser.
    """
    return f"""\
// Written by `publisher site rules cloudflare`; it names no version.
// Goes to functions{site.prefix}/policies/[policy].js in the root of the Pages project, not into the site.
// It runs at Cloudflare, never in a browser.
const LANGUAGES = {json.dumps(list(site.languages))};
const PREFIX = {json.dumps(site.prefix)};
const HEADERS = {json.dumps({**HEADERS, TRANSPORT[0]: TRANSPORT[1]}, indent=2)};

export async function onRequest({{ request, env, params }}) {{
  const asked = new URL(request.url).searchParams.getAll("v");
  const dated = asked.length > 0;
  let found = null;
  if (/^{POLICY}$/.test(params.policy) && (!dated || (new Set(asked).size === 1 && /^{VERSION}$/.test(asked[0])))) {{
    for (const language of LANGUAGES) {{
      const path = `${{PREFIX}}/${{language}}/${{params.policy}}/` + (dated ? `v/${{asked[0]}}/` : "");
      const answer = await env.ASSETS.fetch(new Request(new URL(path, request.url)));
      if (answer.status === 200) {{
        found = path;
        break;
      }}
    }}
  }}
  if (found) {{
    return new Response(null, {{ status: dated ? 301 : 302, headers: {{ ...HEADERS, Location: found }} }});
  }}
  // No page has this name, so this is the page for what is missing.
  const missing = await env.ASSETS.fetch(new Request(new URL(`${{PREFIX}}/policies/-/missing/`, request.url)));
  return new Response(missing.body, {{ status: 404, headers: {{ ...HEADERS, "Content-Type": "{TYPES["html"]}" }} }});
}}
"""


def http_date(moment: datetime) -> str:
    """RFC 9110, 5.6.7."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
