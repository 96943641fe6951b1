"""What the legal team committed is read policy by policy, with every fault of file, metadata and parity."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from publisher.changes.model import Level
from publisher.errors import Place, Problem
from publisher.messages import translator
from publisher.register.repository import MemoryTexts
from publisher.register.sources import FOLDER, PolicySource, check_policy_id, read_sources

POLICY = 'kind = "privacy"\ntitle = { ko = "방침", en = "Policy" }\n'
CHANGE = 'reason = { ko = "법 개정", en = "The law changed." }\n'
EN = "# Policy {#policy}\n\n## Scope {#scope}\n\nAll.\n"
KO = "# 방침 {#policy}\n\n## 범위 {#scope}\n\n전부.\n"
GOOD: Mapping[str, str] = {"policy.toml": POLICY, "en.md": EN, "ko.md": KO}
say = translator("en")


def read(
    files: Mapping[str, str | bytes],
    modes: Mapping[str, str] | None = None,
    languages: tuple[str, ...] = ("ko", "en"),
) -> list[PolicySource]:
    contents = {f"{FOLDER}/{p}": d.encode() if isinstance(d, str) else d for p, d in files.items()}
    texts = MemoryTexts(contents, modes={f"{FOLDER}/{p}": m for p, m in (modes or {}).items()})
    return read_sources(texts.files(texts.tip("main"), FOLDER), languages)


def one(**files: str) -> PolicySource:
    """The policy `privacy` with its good files, but for those given (named with _ for the dot)."""
    given = {name.replace("_", "."): text for name, text in files.items()}
    (source,) = read({f"privacy/{name}": text for name, text in {**GOOD, **given}.items()})
    return source


def told(problems: tuple[Problem, ...]) -> list[tuple[str, int, str]]:
    for problem in problems:
        assert problem.hint is not None
        assert say(problem.hint)
        assert problem.place.path.startswith(FOLDER)
    return [(p.code, p.place.line, say(p.message)) for p in problems]


def test_a_good_policy_has_no_problems() -> None:
    source = one(change_toml=CHANGE + 'effective = "2026-12-10"\n[level]\nis = "significant"\nreason = "Rights."\n')
    assert (source.problems, source.one_sided, source.remarks) == ((), (), ())
    assert source.settings is not None
    assert source.change is not None
    assert (source.settings.kind, source.title["ko"]) == ("privacy", "방침")
    assert source.change.raised_to is Level.SIGNIFICANT
    assert source.change.effective is not None
    assert source.change.effective.isoformat() == "2026-12-10"
    assert set(source.texts) == set(source.documents) == {"en", "ko"}
    assert one(change_toml=CHANGE).change is not None


def test_a_change_without_a_level_raises_nothing() -> None:
    change = one(change_toml=CHANGE).change
    assert change is not None
    assert change.raised_to is None


def test_everything_that_a_version_is_made_of_changes_its_fingerprint() -> None:
    sources = [
        one(),
        one(en_md=EN + "\nMore.\n"),
        one(change_toml=CHANGE),
        one(change_toml=CHANGE + 'consent = "asked"\n'),
        one(policy_toml=POLICY + "[notice_days]\nminor = 9\n"),
        one(policy_toml=POLICY + '[basis]\nretention = "law"\n'),
    ]
    assert len({s.fingerprint for s in sources}) == len(sources)
    assert one().fingerprint == one().fingerprint
    assert one().change_fingerprint == ""


#: what policy.toml says beside kind and title, or a whole one; code, line and words of the problem
POLICY_FAULTS = {
    "unknown key": (POLICY + "notice_day = 3\n", "P115", 3, "The key notice_day is not known."),
    "unknown key in a table": (
        POLICY + "[notice_days]\nmajor = 3\n",
        "P115",
        4,
        "The key notice_days.major is not known.",
    ),
    "kind unknown": (
        POLICY.replace("privacy", "law"),
        "P115",
        1,
        "kind cannot be law: expected is 'privacy', 'terms' or 'annex'.",
    ),
    "no kind": ('title = { ko = "a", en = "b" }\n', "P115", 0, "The key kind is missing."),
    "title is no table": ('kind = "terms"\ntitle = "x"\n', "P115", 2, "title: The words are needed by language."),
    "title of an unknown language": (
        'kind = "terms"\ntitle = { jp = "x" }\n',
        "P115",
        2,
        "title: jp is not a language of this program.",
    ),
    "title in one language": ('kind = "terms"\ntitle = { ko = "x" }\n', "P116", 0, "title is not given in English."),
    "title empty": ('kind = "terms"\ntitle = { ko = " ", en = "x" }\n', "P116", 2, "title: The words in ko are empty."),
    "title with a line break": (
        'kind = "terms"\ntitle = { ko = "x", en = "a\\nb" }\n',
        "P126",
        2,
        "title: A title cannot contain a line break",
    ),
    "title that could be a header": (
        'kind = "terms"\ntitle = { ko = "x", en = "=?UTF-8?Q?=0A?=Bcc:" }\n',
        "P126",
        2,
        "“=?”",
    ),
    "title to the left": ('kind = "terms"\ntitle = { ko = "x", en = "a\\u202eb" }\n', "P126", 2, "control character"),
    "days as text": (
        POLICY + '[notice_days]\nminor = "7 days"\n',
        "P112",
        4,
        "notice_days.minor: 7 days is not a number of days.",
    ),
    "days with a zero before": (
        POLICY + "[notice_days]\nminor = 014\n",
        "P112",
        4,
        "A number must not begin with 0: minor = 014",
    ),
    "days in a row with a zero before": (
        POLICY + "notice_days = { minor = 014 }\n",
        "P112",
        3,
        "A number must not begin with 0",
    ),
    "no days": (POLICY + "notice_days = { minor = 0 }\n", "P112", 3, "notice_days.minor: 0 is not a number of days."),
    "days that are true": (POLICY + "notice_days = { minor = true }\n", "P112", 3, "True is not a number of days."),
    "days beyond measure": (
        POLICY + f"notice_days = {{ minor = 0x{'f' * 5000} }}\n",
        "P112",
        3,
        "… is not a number of days.",
    ),
    "an included policy that is none": (
        POLICY + 'includes = ["nowhere"]\n',
        "P118",
        0,
        "The included policy nowhere does not exist.",
    ),
    "itself included": (POLICY + 'includes = ["privacy"]\n', "P118", 0, "The included policy privacy does not exist."),
    "an impossible name included": (
        POLICY + 'includes = ["../x"]\n',
        "P114",
        3,
        "includes.0: '../x' cannot be the name of a policy.",
    ),
    "an unknown topic": (POLICY + '[basis]\nweather = "law"\n', "P115", 4, "basis.weather: weather is not a topic."),
    "an unknown basis": (POLICY + '[basis]\nretention = "custom"\n', "P115", 4, "basis.retention cannot be custom"),
    "a key twice": (
        POLICY + 'kind = "terms"\n',
        "P115",
        3,
        'This line cannot be read: kind = "terms" (Cannot overwrite a value',
    ),
    "no TOML": ("kind = privacy\n", "P115", 1, "This line cannot be read: kind = privacy"),
    "the end is missing": ('kind = "privacy"\ntitle = """\n', "P115", 2, "This line cannot be read: title ="),
}


@pytest.mark.parametrize(("text", "code", "line", "words"), POLICY_FAULTS.values(), ids=POLICY_FAULTS)
def test_faults_of_a_policy(text: str, code: str, line: int, words: str) -> None:
    source = one(policy_toml=text)
    ((found, at, message),) = told(source.problems)
    assert (found, at) == (code, line)
    assert words in message
    assert source.problems[0].place.path == "policy_docs/privacy/policy.toml"


def test_bytes_that_are_no_text() -> None:
    (source,) = read(
        {**{f"privacy/{n}": t for n, t in GOOD.items()}, "privacy/policy.toml": 'kind = "방"'.encode("cp949")}
    )
    assert told(source.problems) == [("P121", 0, "The file is not UTF-8 (byte 9).")]
    assert source.title["en"] == "privacy"


CHANGE_FAULTS = {
    "no such day": (
        'effective = "2026-11-31"\n',
        "P111",
        2,
        "effective: 2026-11-31 does not exist in the calendar.",
        "Month 11 has 30 days.",
    ),
    "no such day, unquoted": (
        "effective = 2026-11-31\n",
        "P111",
        2,
        "2026-11-31 does not exist in the calendar.",
        "Month 11 has 30 days.",
    ),
    "no leap year": ('effective = "2027-02-29"\n', "P111", 2, "does not exist", "Month 2 has 28 days."),
    "a leap year": ('effective = "2028-02-30"\n', "P111", 2, "does not exist", "Month 2 has 29 days."),
    "no such month": ('effective = "2026-13-01"\n', "P111", 2, "does not exist", "A year has 12 months."),
    "another spelling": (
        'effective = "10.12.2026"\n',
        "P111",
        2,
        "effective: 10.12.2026 is not a date.",
        'Write it as "2026-12-10".',
    ),
    "a moment": ("effective = 2026-12-10T00:00:00Z\n", "P111", 2, "is not a date.", 'Write it as "2026-12-10".'),
    "a number": (
        "effective = 20261210\n",
        "P111",
        2,
        "effective: 20261210 is not a date.",
        'Write it as "2026-12-10".',
    ),
    "a slip of the pen": (
        'efective = "2026-12-10"\n',
        "P115",
        2,
        "The key efective is not known.",
        "Did you mean effective?",
    ),
    "a slip in a table": (
        '[level]\nis = "minor"\nreason = "x"\naproved_by = "y"\n',
        "P115",
        5,
        "The key level.aproved_by is not known.",
        "Did you mean approved_by?",
    ),
    "nothing near": (
        "zzz = 1\n",
        "P115",
        2,
        "The key zzz is not known.",
        "Known here are: reason, summary, effective, consent, level, early, withdraw, postpone, exempt.",
    ),
    "an override without words": (
        '[level]\nis = "none"\nreason = "x"\n',
        "P115",
        3,
        "level.is cannot be none",
        "docs/settings.md",
    ),
    "an override without reason": (
        '[level]\nis = "minor"\n',
        "P115",
        2,
        "The key level.reason is missing.",
        "docs/settings.md",
    ),
    "a summary in one language": (
        'summary = { ko = "x" }\n',
        "P116",
        0,
        "summary is not given in English.",
        "every language",
    ),
    "an exemption for an unknown language": (
        '[exempt]\njp = "x"\n',
        "P115",
        3,
        "exempt.jp cannot be jp",
        "docs/settings.md",
    ),
    "level is no table": (
        'level = "minor"\n',
        "P115",
        2,
        "level cannot be minor: a table is expected.",
        "docs/settings.md",
    ),
    "consent is no text": (
        "consent = true\n",
        "P115",
        2,
        "consent cannot be True: a text in quotes is expected.",
        "docs/settings.md",
    ),
}


@pytest.mark.parametrize(("more", "code", "line", "words", "hint"), CHANGE_FAULTS.values(), ids=CHANGE_FAULTS)
def test_faults_of_a_change(more: str, code: str, line: int, words: str, hint: str) -> None:
    source = one(change_toml=CHANGE + more)
    ((found, at, message),) = told(source.problems)
    assert (found, at) == (code, line)
    assert words in message
    assert source.problems[0].hint is not None
    assert hint in say(source.problems[0].hint)
    assert source.problems[0].place.path == "policy_docs/privacy/change.toml"


@pytest.mark.parametrize("text", ["effective = 2026-12-10\n", 'effective = "2026-12-10"\n'])
def test_both_spellings_of_a_day(text: str) -> None:
    assert one(change_toml=CHANGE + text).problems == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["The key reason is missing."]),
        ('reason = { ko = "x" }\n', ["reason is not given in English."]),
        ('reason = { ko = "x", en = "" }\n', ["reason: The words in en are empty."]),
        ("reason = {}\n", ["reason: The words in ko, en are empty."]),
    ],
)
def test_a_change_without_a_reason(text: str, expected: list[str]) -> None:
    assert told(one(change_toml=text).problems) == [("P116", 1 if ":" in expected[0] else 0, m) for m in expected]


def test_every_fault_is_told_at_once() -> None:
    source = one(policy_toml='kind = "x"\ntitel = 1\n', change_toml='effective = "x"\n', en_md="# A\n\n<b>\n")
    assert sorted(p.code for p in source.problems) == ["P107", "P111", "P115", "P115", "P115", "P116", "P130"]


# ---- files


def test_a_policy_without_policy_toml() -> None:
    (source,) = read({"privacy/en.md": EN, "privacy/ko.md": KO})
    assert told(source.problems) == [
        ("P115", 0, "The policy has no policy.toml, so its kind and title are not known."),
    ]


@pytest.mark.parametrize(("absent", "language"), [("en.md", "English"), ("ko.md", "Korean")])
def test_a_language_is_missing(absent: str, language: str) -> None:
    (source,) = read({f"privacy/{name}": text for name, text in GOOD.items() if name != absent})
    assert source.problems == ()
    assert told(source.one_sided) == [("P101", 0, f"Policy: the text in {language} is missing.")]


def test_a_clause_is_missing() -> None:
    source = one(en_md="# Policy {#policy}\n")
    assert [(p.code, p.place.clause) for p in source.one_sided] == [("P101", "scope")]
    assert source.problems == ()


def test_a_text_that_cannot_be_read_is_not_compared_with_the_other_language() -> None:
    (source,) = read({**{f"privacy/{n}": t for n, t in GOOD.items()}, "privacy/en.md": "방침".encode("cp949")})
    assert [p.code for p in source.problems] == ["P121"]
    assert source.one_sided == ()
    assert set(source.documents) == {"ko"}


def test_words_that_the_parser_leaves_out_stop_a_publication() -> None:
    source = one(en_md=EN + "\n| a |\n| - |\n| b | beyond |\n")
    assert [(p.code, p.place.line) for p in source.problems] == [("P109", 9)]


def test_remarks_stop_nothing() -> None:
    source = one(en_md=("\ufeff" + EN.replace("\n", "\r\n") + "\r\n[x](http://e.com)\r\n"))
    assert source.problems == ()
    assert sorted(p.code for p in source.remarks) == ["L-LINK-HTTP", "P122"]


def test_one_language_needs_no_ids() -> None:
    (source,) = read(
        {"terms/policy.toml": 'kind = "terms"\ntitle = { ko = "약관" }\n', "terms/ko.md": "# 약관\n"}, languages=("ko",)
    )
    assert source.problems == ()
    assert [p.code for p in source.remarks] == ["P107"]


@pytest.mark.parametrize("name", ["EN.md", "en.txt", "jp.md", "policy.tml", "notes.docx"])
def test_unknown_files(name: str) -> None:
    (source,) = read({**{f"privacy/{n}": t for n, t in GOOD.items()}, f"privacy/{name}": "x"})
    assert told(source.problems) == [("P117", 0, f"The file {name} is not known here and would never be published.")]


def test_notes_for_people_are_no_fault() -> None:
    (source,) = read(
        {
            **{f"privacy/{n}": t for n, t in GOOD.items()},
            "privacy/README.md": "x",
            "privacy/.gitkeep": "",
            "README.md": "x",
        }
    )
    assert source.problems == ()


@pytest.mark.parametrize(
    ("path", "policies"),
    [("loose.md", ["privacy", ""]), ("privacy/images/x.png", ["privacy"]), ("other/deep/en.md", ["privacy", "other"])],
)
def test_files_where_nothing_is_looked_for(path: str, policies: list[str]) -> None:
    sources = read({**{f"privacy/{n}": t for n, t in GOOD.items()}, path: "x"})
    assert sorted(s.policy for s in sources) == sorted(policies)
    (problem,) = [p for s in sources for p in s.problems]
    assert (problem.code, problem.place.path) == ("P117", f"policy_docs/{path}")
    assert set(sources[0].texts) == {"en", "ko"}


@pytest.mark.parametrize(
    ("path", "mode", "words"),
    [
        ("privacy/en.md", "120000", "The file is only a link to another file."),
        ("privacy/en.md", "160000", "The folder is another repository (a submodule)."),
        ("privacy/en.md", "040000", "This is no ordinary file."),
        ("terms", "160000", "The folder is another repository (a submodule)."),
        ("terms", "120000", "The file is only a link to another file."),
    ],
)
def test_links_and_submodules(path: str, mode: str, words: str) -> None:
    sources = read({**{f"privacy/{n}": t for n, t in GOOD.items()}, path: ""}, {path: mode})
    assert told(tuple(p for s in sources for p in s.problems)) == [("P105", 0, words)]


def test_an_executable_text_is_a_text() -> None:
    (source,) = read({f"privacy/{n}": t for n, t in GOOD.items()}, {"privacy/en.md": "100755"})
    assert source.problems == ()


# ---- names


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../x",
            "..",
            "privacy\n",
            "con",
            "nul",
            "lpt1",
            "-rf",
            "개인정보",
            "Privacy",
            "a_b",
            "a b",
            "a/b",
            "1st",
            "",
        ),
        *("verify", "notices", "policies", "static", "a" * 65, "a.b", "ｐrivacy", "privacy\u200b"),
    ],
)
def test_names_that_no_policy_can_have(name: str) -> None:
    problem = check_policy_id(name, Place(path="x"))
    assert problem is not None
    assert problem.code == "P114"
    assert problem.hint is not None
    assert "small letters a-z, digits and hyphens" in say(problem.hint)
    assert "\n" not in say(problem.message)


@pytest.mark.parametrize("name", ["privacy", "third-parties", "terms2", "console", "a", "a" * 64])
def test_names_of_policies(name: str) -> None:
    assert check_policy_id(name, Place()) is None


@pytest.mark.parametrize("name", ["con", "-rf", "개인정보", "Privacy", "privacy\n"])
def test_a_folder_with_an_impossible_name_hinders_no_other(name: str) -> None:
    sources = read({f"{folder}/{n}": t for folder in (name, "privacy") for n, t in GOOD.items()})
    problems = {s.policy: [p.code for p in s.problems] for s in sources}
    assert problems == {name: ["P114"], "privacy": []}


def test_policies_in_order_of_their_names() -> None:
    sources = read({f"{folder}/{n}": t for folder in ("b", "a-z", "a") for n, t in GOOD.items()})
    assert [s.policy for s in sources] == ["a", "a-z", "b"]
