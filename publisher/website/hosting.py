"""The site served by others: rules for nginx, Caddy, Netlify and Cloudflare Pages, written from our one table.

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
from publisher.website.headers import HEADERS, HIDDEN, JSON_FEED, OTHER_TYPE, TRANSPORT, TYPES
from publisher.website.old_links import POLICY, VERSION
from publisher.workspace import SiteSettings

HOSTS: Final = ("nginx", "caddy", "netlify", "cloudflare")
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
                msg(
                    "Use letters, digits, hyphens and dots in the path of site.base_url, in site.output and in --listen."
                ),
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


def nginx(site: Hosted) -> str:
    """A file for nginx's `conf.d`: two maps and a server."""
    listen = [site.listen] if site.listen else ["80", "[::]:80"]
    prefix, dot = site.prefix, re.escape(site.prefix)
    tests = "".join(
        f'        if (-f "{site.folder}/{language}/$publisher_policy${{publisher_rest}}index.html") '
        f'{{ set $publisher_to "{prefix}/{language}/$publisher_policy$publisher_rest"; }}\n'
        # what is set last holds
        for language in reversed(site.languages)
    )
    types = "".join(f'        "{kind}" {ending};\n' for ending, kind in TYPES.items())
    headers = "".join(f'    add_header {name} "{value}" always;\n' for name, value in HEADERS.items())
    memento = ""
    memento_map = ""
    if site.mementos is not None:
        rows = "".join(
            f'    "{prefix}{path}index.html" "{_http_date(moment)}";\n'
            for path, moment in sorted(site.mementos.items())
        )
        memento_map = (
            # long addresses do not fit in the tables that nginx has by default; it wants this before the first map
            "map_hash_bucket_size 256;\nmap_hash_max_size 16384;\n"
            f'map $uri $publisher_memento {{\n    default "";\n{rows}}}\n'
        )
        memento = "    add_header Memento-Datetime $publisher_memento;\n"
    elsewhere = (
        f"    location / {{ return 404; }}\n    location = {prefix} {{ return 301 {prefix}/; }}\n" if prefix else ""
    )
    return f"""\
# Written by `publisher site rules nginx`; it names no version, so it is installed once. A file for /etc/nginx/conf.d/.
{memento_map}map $scheme $publisher_transport {{
    default "";
    https "{TRANSPORT[1]}";
}}
# What an old link asks for: a dated page, the text in force (no v at all), or nothing that there is.
map $args $publisher_rest {{
    default "/";
    "~(?:^|&)v=(?<publisher_version>{VERSION})(?:&|$)" "/v/$publisher_version/";
    "~(?:^|&)(?:v|%76)(?:=|&|$)" "/unknown/";
}}
server {{
{"".join(f"    listen {each};" + chr(10) for each in listen)}    server_name {site.host};
    root "{site.folder}";
    server_tokens off;
    absolute_redirect off;
    error_page 403 =404 {prefix}/404.html;
    error_page 404 {prefix}/404.html;
{headers}    add_header {TRANSPORT[0]} $publisher_transport always;
{memento}    default_type "{OTHER_TYPE}";
    types {{
{types}    }}
    if ($request_method !~ ^(?:GET|HEAD)$) {{ return 405; }}
{elsewhere}    location {prefix}/ {{ alias "{site.folder}/"; index index.html; }}
    location = {prefix}/404.html {{ internal; alias "{site.folder}/404.html"; }}
    location ~ "/\\." {{ return 404; }}
    location ~ "^{dot}/(?:{"|".join(map(re.escape, HIDDEN))})$" {{ return 404; }}
    location ~ "^{dot}(?<publisher_feed>/(?:.*/)?{re.escape(JSON_FEED[0])})$" {{
        alias "{site.folder}$publisher_feed";
        types {{ }}
        default_type "{JSON_FEED[1]}";
    }}
    location ~ "^{dot}/policies/(?<publisher_policy>{POLICY})/?$" {{
        set $publisher_to "";
{tests}        if ($publisher_to = "") {{ return 404; }}
        if ($publisher_rest = "/") {{ return 302 $publisher_to; }}
        return 301 $publisher_to;
    }}
}}
"""


def caddy(site: Hosted) -> str:
    """A Caddyfile with one site; it has certificates of its own accord."""
    prefix, dot = site.prefix, re.escape(site.prefix)
    headers = "".join(f'\t\t{name} "{value}"\n' for name, value in HEADERS.items())
    types = "".join(
        f'\t\t@type_{ending} path *.{ending}\n\t\theader @type_{ending} Content-Type "{kind}"\n'
        for ending, kind in TYPES.items()
    )

    def ways(rest: str, status: int) -> str:
        return "".join(
            f"\t\t\t\t@{language}_{status} file /{language}/{{re.old.1}}{rest}index.html\n"
            f"\t\t\t\tredir @{language}_{status} {prefix}/{language}/{{re.old.1}}{rest} {status}\n"
            for language in site.languages
        )

    memento = ""
    if site.mementos is not None:
        rows = "".join(f'\t\t\t{prefix}{path} "{_http_date(at)}"\n' for path, at in sorted(site.mementos.items()))
        memento = (
            f'\t\tmap {{path}} {{publisher_memento}} {{\n{rows}\t\t\tdefault ""\n\t\t}}\n'
            '\t\t@memento not vars {publisher_memento} ""\n'
            "\t\theader @memento Memento-Datetime {publisher_memento}\n"
        )
    bare = f"\t\tredir {prefix} {prefix}/ 301\n" if prefix else ""
    files = (
        f"\t\thandle_path {prefix}/* {{\n\t\t\tfile_server\n\t\t}}\n\t\terror 404\n" if prefix else "\t\tfile_server\n"
    )
    return f"""\
# Written by `publisher site rules caddy`; it names no version, so it is installed once.
(publisher_headers) {{
	header {{
{headers}		-Server
	}}
	@encrypted protocol https
	header @encrypted {TRANSPORT[0]} "{TRANSPORT[1]}"
}}
{site.listen or site.host} {{
	root * "{site.folder}"
	route {{
		import publisher_headers
		@other_method not method GET HEAD
		error @other_method 405
		@hidden path_regexp (?:/\\.|^{dot}/(?:{"|".join(map(re.escape, HIDDEN))})$)
		error @hidden 404
{types}		@json_feed path */{JSON_FEED[0]}
		header @json_feed Content-Type "{JSON_FEED[1]}"
{memento}{bare}		@old path_regexp old ^{dot}/policies/({POLICY})/?$
		route @old {{
			@version expression `{{query.v}}.matches("^{VERSION}$")`
			route @version {{
{ways("/v/{query.v}/", 301)}				error 404
			}}
			@asked query v=*
			error @asked 404
			route {{
{ways("/", 302)}				error 404
			}}
		}}
{files}	}}
	handle_errors {{
		route {{
			import publisher_headers
			header -Memento-Datetime
			header Content-Type "{TYPES["html"]}"
			@missing expression `{{err.status_code}} == 404`
			handle @missing {{
				rewrite * /404.html
				file_server
			}}
			respond "{{err.status_code}}" {{err.status_code}}
		}}
	}}
}}
"""


def cloudflare(site: Hosted) -> str:
    """A Pages Function for old links, for `functions/policies/[policy].js` beside the site's folder.

    It runs on the host's machines, never in a reader's browser.
    """
    return f"""\
// Written by `publisher site rules cloudflare`; it names no version. Goes to functions{site.prefix}/policies/[policy].js
// in the root of the Pages project, not into the site. It runs at Cloudflare, never in a browser.
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


def _http_date(moment: datetime) -> str:
    """RFC 9110, 5.6.7."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
