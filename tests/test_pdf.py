"""The PDF of a version: its words are those of the text, whatever stands in it, and it is on record like the text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import IntegrityBroken, Place
from publisher.messages import msg, translator
from publisher.records import fingerprint
from publisher.register.record_check import check_record
from publisher.register.restore import restore
from publisher.register.store import VersionStore
from publisher.register.versions import VersionRecord
from publisher.run.evidence import make_evidence
from publisher.run.intake import take_in
from publisher.texts.document import parse
from publisher.texts.source import read_source
from publisher.website.build import build_site
from publisher.website.pdf import NoPdf, make_pdfs
from publisher.workspace import Workspace, open_workspace, site_files
from tests.conftest import Desk, Ended
from tests.needs import needs

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
#: Ends the facts at the top of the copy; what follows is the text, and at last where its links lead.
FACTS = "Whether it was postponed, withdrawn or replaced later is said there."
LINKS = "Where the links lead"


def workspace_of(**site: Any) -> Workspace:
    """This repository as a workspace that makes PDFs."""
    found = open_workspace(ROOT)
    changed = found.settings.site.model_copy(update={"pdf": True, **site})
    return Workspace(found.root, found.settings.model_copy(update={"site": changed}))


def record_of(texts: dict[str, bytes], **values: Any) -> VersionRecord:
    about: dict[str, Any] = {
        "policy": "privacy",
        "id": "20261208",
        "kind": "privacy",
        "title": {"en": "Privacy Policy", "ko": "개인정보 처리방침"},
        "effective": date(2026, 12, 8),
        "announced": None,
        "history": False,
        "previous": "20200101",
        "level": "minor",
        "days": 7,
        "counting": "clear-days",
        "counted": {},
        "reason": {},
        "summary": {},
        "findings": {},
        "consent": "",
        "includes": [],
        "rules": "",
        "source": {},
        "texts": {language: fingerprint(text) for language, text in texts.items()},
    }
    return VersionRecord(**{**about, **values})


def made(text: str, language: str = "en", **site: Any) -> bytes:
    """The PDF of a text."""
    texts = {language: text.encode("utf-8")}
    return make_pdfs(workspace_of(**site), record_of(texts), texts, AT)[language]


def extracted(pdf: bytes, *, body: bool = True) -> str:
    """The words of a PDF in the order in which they stand in it, read by poppler; of `body`, without page margins."""
    needs(shutil.which("pdftotext") is not None, "poppler-utils")
    box = ["-x", "0", "-y", "62", "-W", "595", "-H", "715"] if body else []
    return subprocess.run(
        ["pdftotext", "-raw", "-enc", "UTF-8", *box, "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode("utf-8")


def tags(pdf: bytes, tmp_path: Path) -> str:
    """The structure that a screen reader walks, read by poppler."""
    file = tmp_path / "copy.pdf"
    file.write_bytes(pdf)
    return subprocess.run(
        ["pdfinfo", "-struct-text", str(file)],
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    ).stdout


def text_of(pdf: bytes, language: str = "en") -> str:
    """What the copy says of the text, without spaces and bullets."""
    say = translator(language)
    after = bare(extracted(pdf)).split(bare(say(msg(FACTS))), 1)[1]
    return after.split(bare(say(msg(LINKS))), 1)[0]


def bare(words: str) -> str:
    """Words without what depends on the width of a line or is drawn: spaces, bullets, bars between cells."""
    return re.sub(r"[\s•|]+", "", words)


def expected(text: str) -> str:
    document = parse(read_source(text.encode("utf-8"), Place()).text)
    titled = bool(document.clauses) and document.clauses[0].level == 1
    words = []
    for i, clause in enumerate(document.clauses):
        words.append(clause.name if clause.level and not (titled and i == 0) else "")
        words += [f"{block.number}{block.text}" for block in clause.blocks]
    return bare("".join(words))


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    try:
        import typst  # noqa: F401
    except ImportError:
        needs(False, "the extra pdf (typst)")
    found = subprocess.run(["fc-list"], capture_output=True, text=True).stdout if shutil.which("fc-list") else ""
    needs("Noto Sans CJK" in found or "Nanum" in found, "a Korean font (fonts-nanum or fonts-noto-cjk)")


@pytest.mark.parametrize("policy", ["privacy", "third-parties"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_words_of_the_copy_are_those_of_the_text(policy: str, language: str) -> None:
    text = (ROOT / "policy_docs" / policy / f"{language}.md").read_text("utf-8")
    assert text_of(made(text, language), language) == expected(text)


MIXED = """# Terms {#terms}

Words before, with `code`, **strong**, *soft* and [a **long** link of many words](https://example.com/a?b=c&d=e).

## 3. Lists {#lists}

3. three
4. four
   1. first

      > quoted [inside](#table)
   - bullet
     - deeper

       another paragraph
- 「개인정보 **보호**법」에 따른[^law] 사항

## 제4조 (표) {#table}

| 항목 | Kept | `x` \\| y |
|:--|--:|:-:|
| 이름, [연락처](/ko/privacy/) | 3 years | **yes** |
| | 30일 | no[^2] |

    preformatted   with  spaces
        and depth

[^law]: 법률 제1호를 말합니다.

    Its second paragraph.

[^2]: Another note.
"""


def test_every_kind_of_passage_comes_out_in_reading_order(tmp_path: Path) -> None:
    pdf = made(MIXED)
    notes = bare("[law]법률 제1호를 말합니다. Its second paragraph. [2]Another note.")
    words = text_of(pdf)
    assert words.endswith(notes)
    text = MIXED.split("[^law]:")[0]
    assert words.removesuffix(notes) == expected(text + "[^law]: \u2460\n\n[^2]: \u2461\n").removesuffix("①②")
    structure = tags(pdf, tmp_path)
    assert [len(re.findall(rf"\n +{tag}\b", structure)) for tag in ("Table", "TR", "TH", "TD")] == [1, 3, 3, 6]
    assert 'H1 "3. Lists"' in structure
    assert "Lbl (block)" in structure


def test_it_says_what_it_is_and_is_made_for_archives_and_screen_readers() -> None:
    from pypdf import PdfReader

    text = "# 이용약관 {#terms}\n\n## 제1조 {#one}\n\n[둘](#two)째 조는 [여기](https://example.com/x).\n\n## 제2조 {#two}\n\n끝.\n"
    pdf = made(text, "ko")
    reader = PdfReader(BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "ko"
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("이용약관", "클래스팅")
    assert reader.metadata.creation_date == AT
    about = reader.xmp_metadata
    assert about is not None
    assert b"pdfaid:part" in about.stream.get_data()
    assert b"pdfuaid:part" in about.stream.get_data()
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)] == ["제1조", "제2조"]
    notes: Any = reader.pages[0]["/Annots"]
    links = [a.get_object()["/A"].get("/URI") for a in notes if "/A" in a.get_object()]
    assert "https://example.com/x" in links
    words = extracted(pdf, body=False)
    shown = bare(words)
    for said in (
        "20261208",
        "2026년12월8일(화)",
        fingerprint(text.encode("utf-8")),
        "클래스팅",
        "/ko/privacy/v/20261208/",
    ):
        assert said in shown
    assert "여기 — https://example.com/x" in words


#: What a PDF could do by itself; archives may hold none of it (ISO 19005-2, 6.5.1).
ACTIONS = {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Rendition",
           "/Trans", "/GoTo3DView", "/SubmitForm"}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_the_standards_ask_for_that_can_be_seen_without_a_validator(language: str) -> None:
    """PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1), clause by clause, as far as a reader of objects sees it."""
    from pypdf import PdfReader
    from pypdf.generic import DictionaryObject, StreamObject

    pdf = made((ROOT / "policy_docs/privacy" / f"{language}.md").read_text("utf-8"), language)
    reader = PdfReader(BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    # file header with a comment of four bytes that are no ASCII, file identifier, not encrypted (6.1.2, 6.1.3)
    first, second = pdf.split(b"\n", 2)[:2]
    assert first.strip() == b"%PDF-1.7"
    assert second.startswith(b"%")
    assert all(byte > 127 for byte in second[1:5])
    assert len(reader.trailer["/ID"]) == 2  # type: ignore[arg-type]
    assert "/Encrypt" not in reader.trailer
    # which standards, and the same about the document in both places (6.6.2, 6.6.4; UA 5, 7.1)
    assert reader.xmp_metadata is not None
    about = reader.xmp_metadata.stream.get_data().decode("utf-8")
    named = dict(re.findall(r"<(pdf\w*id:\w+)>(\w+)</", about))
    assert named == {"pdfaid:part": "2", "pdfaid:conformance": "A", "pdfuaid:part": "1"}
    assert reader.metadata is not None
    assert f">{reader.metadata.title}</rdf:li></rdf:Alt></dc:title>" in about
    assert f"<dc:language><rdf:Bag><rdf:li>{language}</rdf:li>" in about
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    # colours mean the same on any machine (6.2.3)
    (intent,) = (each.get_object() for each in root["/OutputIntents"])
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"].get_object().get_data()[36:40] == b"acsp", "a colour profile"
    # a tree of tags, of types that the standard has (6.7; UA 7.1)
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/Type"] == "/StructTreeRoot"
    assert not {"/AA", "/OpenAction", "/AcroForm", "/OCProperties"} & set(root)
    names: Any = root.get("/Names", {})
    assert not {"/JavaScript", "/EmbeddedFiles", "/AlternatePresentations"} & set(names)
    objects: list[Any] = [reader.get_object(number) for number in reader.xref[0]]
    objects += [reader.get_object(number) for number in reader.xref_objStm]
    assert len(objects) > 50
    for each in objects:
        if not isinstance(each, DictionaryObject):
            continue
        assert each.get("/S") not in ACTIONS
        if isinstance(each, StreamObject):
            assert not {"/F", "/FFilter", "/FDecodeParms"} & set(each), "nothing lies elsewhere (6.1.7)"
            filters: Any = each.get("/Filter", [])
            assert not {"/LZWDecode", "/Crypt"} & set([filters] if isinstance(filters, str) else filters)
    linked: list[Any] = [page for page in reader.pages if page.get("/Annots")]
    assert linked
    for page in linked:
        notes: Any = page["/Annots"]
        assert page["/Tabs"] == "/S", "the tab key goes as one reads (UA 7.18.3)"
        for note in (x.get_object() for x in notes):
            assert note["/Subtype"] == "/Link"
            assert note["/F"] & 0b100111 == 0b100, "printed, and not hidden (6.3.2)"
            assert "/StructParent" in note, "a part of the tree (UA 7.18.5)"
            assert note["/Contents"], "says where it leads (UA 7.18.5)"


def glyphs(pdf: bytes) -> set[int]:
    """The numbers of the glyphs that are drawn; every font in ours has two bytes a glyph."""
    from pypdf import PdfReader
    from pypdf.generic import ContentStream

    reader = PdfReader(BytesIO(pdf))
    drawn: set[int] = set()
    for page in reader.pages:
        content = ContentStream(page["/Contents"].get_object(), reader)
        for operands, operator in content.operations:
            if operator not in {b"Tj", b"TJ"}:
                continue
            for shown in operands[0] if operator == b"TJ" else operands:
                raw = getattr(shown, "original_bytes", b"")
                drawn |= {int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)}
    return drawn


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_font_is_embedded_and_no_glyph_is_an_empty_box(language: str, tmp_path: Path) -> None:
    pdf = made((ROOT / "policy_docs/privacy" / f"{language}.md").read_text("utf-8"), language)
    file = tmp_path / "copy.pdf"
    file.write_bytes(pdf)
    rows = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert rows
    assert all(re.search(r" yes yes yes ", row) for row in rows)  # embedded, a subset, with characters of its glyphs
    drawn = glyphs(pdf)
    assert len(drawn) > 50
    assert 0 not in drawn


def test_another_extractor_reads_the_same_words() -> None:
    from pypdf import PdfReader

    text = (ROOT / "policy_docs/third-parties/ko.md").read_text("utf-8")
    reader = PdfReader(BytesIO(made(text, "ko")))
    words = "".join(bare(page.extract_text()) for page in reader.pages)
    for clause in parse(text).clauses:
        for block in clause.blocks:
            for cell in block.text.split(" | "):
                assert bare(cell) in words


def test_the_same_text_gives_the_same_bytes() -> None:
    assert made(MIXED) == made(MIXED)


COMMANDS = """# #panic("x") $x$ {#t}

#read("/etc/passwd") #import "@preview/x:1.0.0" @ref <lab> = head _ * ~ -- --- ... // c /* d */ 'q' "q" $ ]]] ))) }}}

{page} {pages} \\u{202e} \\u{41} `#sys.inputs` &lt;b&gt; <script>alert(1)</script> [x](javascript:alert(1)) [y](//evil.example)

## = #h(1) {#x}

- + / term: x
"""


@pytest.mark.parametrize(
    "text",
    [
        COMMANDS,
        "# T\n\n" + "a" * 5000 + " end\n\n| " + "b" * 300 + " | c |\n|--|--|\n| d | " + "가나다" * 100 + " |\n",
        "# T\n\n" + "".join("  " * i + f"- level {i}\n" for i in range(60)),
        "# T\n\n" + "\n\n".join(">" * i + f" level {i}" for i in range(1, 60)),
        "# T\n\n|" + "a|" * 60 + "\n|" + "-|" * 60 + "\n|" + "b|" * 60 + "\n",
        "# T\n\n|" + "개인정보처리방침|" * 10 + "\n|" + "-|" * 10 + "\n|" + "verylongwordindeed|" * 10 + "\n",
        "# T\n\n### three\n\n# one\n\n#### four\n\n##\n\nx\n\n###### six\n",
        "# T\n\n## " + "heading " * 1200 + "\n\nx\n",
        "no heading\n\n1. a\n2. b\n",
        "",
        "# T\n\na\u00a0b 3\u00a0년\n\nline  \nbreak\\\nbreak\ttab\n",
        "# T\n\n① ㎡ ㈜ ㄱ ½ … “ ” 『』 〔〕 ※ → ■ ○ ● ▶ 漢字 ｶﾅ é ñ ß α β Я ₩ € £ ™ ® © § ¶ — – × ÷ ° ² ³\n",
    ],
    ids=["commands", "long words", "deep list", "deep quotation", "60 columns", "10 columns", "levels", "long heading",
         "no heading", "empty", "spaces", "signs"],
)  # fmt: skip
def test_whatever_stands_in_a_text_comes_out_as_words(text: str) -> None:
    assert text_of(made(text)) == expected(text)


def test_nothing_active_is_in_it() -> None:
    pdf = made(COMMANDS)
    assert not re.search(rb"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|GoToR|SubmitForm)\b", pdf)
    assert b"javascript:" not in pdf
    assert b"evil.example" not in pdf


def test_a_text_as_large_as_may_be_is_set() -> None:
    text = "# T\n\n" + ("개인정보를 수집하여 words " * 300 + "\n") * 28
    assert text_of(made(text, "ko"), "ko") == expected(text)


def test_what_cannot_be_seen_is_written_as_its_number() -> None:
    assert text_of(made("# T\n\nabc\u202egnp.exe zero\u200bwidth\n")) == "abc[U+202E]gnp.exezero[U+200B]width"


def test_korean_words_are_not_broken() -> None:
    words = [f"개인정보처리방침을{i}" for i in range(120)]
    lines = extracted(made("# T\n\n" + " ".join(words) + "\n")).splitlines()
    assert [word for line in lines for word in line.split() if word.startswith("개인")] == words


@pytest.mark.parametrize("effective", ["history", "first", "notice"])
def test_the_day_is_the_one_that_was_recorded(effective: str) -> None:
    texts = {"en": b"# T\n\nx\n"}
    history = {"history": True, "announced": date(2020, 5, 4), "previous": "", "effective": date(2020, 6, 1)}
    values: dict[str, Any] = {"history": history, "first": {"previous": ""}, "notice": {}}[effective]  # type: ignore[assignment]
    words = extracted(make_pdfs(workspace_of(), record_of(texts, **values), texts, AT)["en"])
    assert ("Announced to take effect on Tue 8 Dec 2026" in words) == (effective == "notice")
    assert ("Announced on Mon 4 May 2020" in words) == (effective == "history")


class TestWhereItCannotBeMade:
    def code(self, text: str = "# T\n\nx\n", language: str = "ko", **site: Any) -> tuple[str, str]:
        with pytest.raises(NoPdf) as error:
            made(text, language, **site)
        problem = error.value.problems[0]
        return problem.code, translator("en")(problem.message)

    def test_a_character_that_no_font_has(self) -> None:
        code, words = self.code("# T\n\nA face 🫠 and \ue000.\n")
        assert code == "C582"
        assert "🫠 (U+1FAE0)" in words
        assert "(U+E000)" in words

    def test_no_font(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.code(pdf_fonts=str(tmp_path))[0] == "C581"
        assert self.code(pdf_fonts=str(tmp_path / "nowhere"))[0] == "C581"
        monkeypatch.setattr("publisher.website.pdf.KOREAN", ("No Such Font",))
        assert self.code()[0] == "C581"

    def test_no_library(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "typst.py").write_text("raise ImportError('not here')\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        assert self.code()[0] == "C580"

    def test_a_typesetter_that_ends_by_itself(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "typst.py").write_text("import os\nos.abort()\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        assert self.code()[0] == "C583"

    def test_a_typesetter_that_does_not_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "typst.py").write_text("import time\ntime.sleep(600)\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr("publisher.website.pdf.SECONDS", 0.5)
        assert self.code()[0] == "C584"


def test_fonts_of_the_workspace(tmp_path: Path) -> None:
    listed = subprocess.run(["fc-list", ":lang=ko", "file"], capture_output=True, text=True, check=True).stdout
    font = Path(min(line.split(":")[0] for line in listed.splitlines() if "Nanum" in line or "CJK" in line))
    shutil.copy(font, tmp_path / font.name)
    pdf = made("# 제목\n\n본문\n", "ko", pdf_fonts=str(tmp_path))
    assert text_of(pdf, "ko") == "본문"
    assert made("# 제목\n\n본문\n", "ko", pdf_fonts=str(tmp_path / font.name)) == pdf


def printing(desk: Desk) -> Desk:
    desk.set("contact = ", "pdf = true\ncontact = ")
    desk.commit()
    return desk


FILES = ("en.pdf", "ko.pdf")


class TestOnRecord:
    def announced(self, desk: Desk) -> Path:
        printing(desk).retention()
        report = desk.tick("2026-11-23T09:30")
        assert not report.errors
        return desk.root / "versions/privacy/20261210"

    def test_it_is_made_when_the_version_is_frozen_and_stays(self, desk: Desk) -> None:
        folder = self.announced(desk)
        version = desk.register().find("privacy", "20261210")
        assert version is not None
        frozen = next(e for e in desk.register().entries if "pdf" in e.data)
        before = {name: (folder / name).read_bytes() for name in FILES}
        assert frozen.data["pdf"] == {name[:2]: fingerprint(pdf) for name, pdf in before.items()}
        assert {f"{x}.pdf": pdf.read() for x, pdf in version.pdfs.items()} == before
        desk.tick("2026-12-10T00:01")
        assert {name: (folder / name).read_bytes() for name in FILES} == before
        old = desk.register().find("privacy", "20200101")
        assert old is not None
        assert not old.pdfs

    def test_the_site_shows_it_beside_the_page(self, desk: Desk) -> None:
        folder = self.announced(desk)
        for language in ("en", "ko"):
            beside = desk.site / language / "privacy/v/20261210"
            assert (beside / f"privacy-20261210-{language}.pdf").read_bytes() == (
                folder / f"{language}.pdf"
            ).read_bytes()
            assert f'/privacy-20261210-{language}.pdf"' in (beside / "index.html").read_text("utf-8")
        assert not list((desk.site / "en/privacy/v/20200101").glob("*.pdf"))

    def test_it_is_proved_like_the_texts(self, desk: Desk, publisher: Callable[..., Ended], tmp_path: Path) -> None:
        folder = self.announced(desk)
        shown = tmp_path / "shown"
        shutil.copytree(desk.site / "verify", shown)
        make_evidence(desk.workspace, "privacy-20261210", tmp_path / "pack.zip")
        for what in (shown, tmp_path / "pack.zip", desk.root):
            said = self.verifier(what)
            assert said.returncode == 0, said.stdout
            assert "2 PDFs: each as it was recorded." in said.stdout
        assert publisher("verify", cwd=desk.root).status == 0
        (shown / "versions/privacy/20261210/ko.pdf").write_bytes(b"%PDF-1.7 forged")
        assert self.verifier(shown).returncode == 1
        pdf = folder / "en.pdf"
        pdf.write_bytes(pdf.read_bytes() + b" ")
        found = VersionStore(desk.workspace.versions).verify()
        assert [(p.code, p.place.path) for p in found] == [("V405", "versions/privacy/20261210/en.pdf")]
        assert publisher("verify", cwd=desk.root).status == 8
        with pytest.raises(IntegrityBroken, match="V460"):
            build_site(desk.workspace, desk.register(), force=True)
        pdf.unlink()
        assert [p.code for p in VersionStore(desk.workspace.versions).verify()] == ["V403"]

    def verifier(self, what: Path) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-I", str(site_files() / "verify.py"), str(what)]
        return subprocess.run(program, capture_output=True, text=True, env={"LANG": "C.UTF-8"})

    def test_a_pdf_that_nobody_recorded_is_named(self, desk: Desk) -> None:
        (desk.root / "versions/privacy/20200101/en.pdf").write_bytes(b"%PDF-1.7")
        assert [p.code for p in VersionStore(desk.workspace.versions).verify()] == ["V404"]

    def test_the_record_in_git_brings_it_back(self, desk: Desk) -> None:
        folder = self.announced(desk)
        before = {name: (folder / name).read_bytes() for name in FILES}
        assert not check_record(desk.workspace, desk.register())
        shutil.rmtree(desk.root / "versions")
        restore(desk.workspace)
        assert {name: (folder / name).read_bytes() for name in FILES} == before
        assert not VersionStore(desk.workspace.versions).verify()

    def test_a_past_version_gets_one_too_and_a_second_language_changes_no_first(self, desk: Desk) -> None:
        printing(desk)
        file = desk.root.parent / "old.md"

        def bring(language: str) -> None:
            file.write_text(f"# Terms\n\nIn {language}.\n", "utf-8")
            take_in(desk.workspace, file, policy="terms", language=language, announced=None, effective=date(2019, 3, 1),
                    replace=False, dry_run=False, at=desk.now)  # fmt: skip

        bring("en")
        folder = desk.root / "versions/terms/20190301"
        first = (folder / "en.pdf").read_bytes()
        desk.now = desk.now.replace(year=2027)
        bring("ko")
        assert (folder / "en.pdf").read_bytes() == first
        assert text_of((folder / "ko.pdf").read_bytes(), "ko") == "Inko."
        assert not VersionStore(desk.workspace.versions).verify()

    def test_where_it_cannot_be_made_that_policy_waits_and_others_go_on(self, desk: Desk) -> None:
        printing(desk).retention()
        desk.edit("privacy/ko.md", "주문 기록: 7년", "주문 기록: 7년 \ue000")
        desk.write("policy_docs/terms/policy.toml", 'kind = "terms"\ntitle = { ko = "이용약관", en = "Terms" }\n')
        desk.write("policy_docs/terms/en.md", "# Terms {#terms}\n\nThese terms apply.\n")
        desk.write("policy_docs/terms/ko.md", "# 이용약관 {#terms}\n\n이 약관이 적용됩니다.\n")
        desk.commit()
        report = desk.tick("2026-11-23T09:30")
        assert "C582" in [p.code for e in report.errors for p in e.problems]
        assert "privacy" not in {step.policy for step in report.done}
        assert "terms" in {step.policy for step in report.done}, [str(e) for e in report.errors]
        assert (desk.site / "ko/terms/index.html").exists()
        assert not list((desk.root / "versions/privacy").glob("2026*"))
        assert not (desk.root / "versions/.staging").exists()

    def test_it_is_said_before_the_commit(self, desk: Desk, publisher: Callable[..., Ended]) -> None:
        printing(desk).retention()
        assert publisher("check", cwd=desk.root).status == 0
        desk.edit("privacy/ko.md", "주문 기록: 7년", "주문 기록: 7년 🫠")
        ended = publisher("check", "--json", cwd=desk.root)
        assert ended.status == 5
        assert "C582" in {finding["code"] for finding in json.loads(ended.out)["findings"]}

    def test_without_the_setting_nothing_is_made(self, desk: Desk) -> None:
        desk.retention()
        desk.tick("2026-11-23T09:30")
        assert not list(desk.root.rglob("*.pdf"))
