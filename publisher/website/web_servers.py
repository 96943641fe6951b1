"""Rules for nginx and Caddy, written from our one table of headers and types; they name no version.

Old links are told by patterns, and by whether the dated page stands in the folder.
"""

from __future__ import annotations

import re

from publisher.website.headers import HEADERS, HIDDEN, JSON_FEED, OTHER_TYPE, TEXT_FILES, TRANSPORT, TYPES, UNINDEXED
from publisher.website.hosting import Hosted, http_date
from publisher.website.old_links import POLICY, VERSION


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
            f'    "{prefix}{path}index.html" "{http_date(moment)}";\n' for path, moment in sorted(site.mementos.items())
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
map $uri $publisher_robots {{
    default "";
    "~^{dot}{TEXT_FILES}$" "{UNINDEXED[1]}";
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
    add_header {UNINDEXED[0]} $publisher_robots;
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
        rows = "".join(f'\t\t\t{prefix}{path} "{http_date(at)}"\n' for path, at in sorted(site.mementos.items()))
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
		@text_file path_regexp ^{dot}{TEXT_FILES}$
		header @text_file {UNINDEXED[0]} "{UNINDEXED[1]}"
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
			header -{UNINDEXED[0]}
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
