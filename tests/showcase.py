"""One workspace that has every kind of page and of change: for the browser, for the contract of redlines, for pictures.

Versions of the privacy policy: history of 2020; a minor change, replaced since; then a change with everything in it that
a comparison can show, announced and not yet in force. The other policy is as it was.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from publisher.mail.mailers import MemoryMailer
from tests.conftest import Desk, seoul

#: What was in force, is in force, and comes.
BEFORE, CURRENT, COMING = "20200101", "20261119", "20261210"
#: Pages of the policy and its notices, with `{l}` for the language; the first are those of which pictures are taken.
PAGES = {
    "text": "{l}/privacy/",
    "comparison": f"{{l}}/privacy/compare/{CURRENT}..{COMING}/",
    "notice": f"{{l}}/notices/privacy-{COMING}/",
    "history": "{l}/privacy/history/",
    "clause": "{l}/privacy/changes/retention/",
    "home": "{l}/",
    "languages": "",
    "replaced": f"{{l}}/privacy/v/{BEFORE}/",
    "coming": f"{{l}}/privacy/v/{COMING}/",
    "in-force": f"{{l}}/privacy/v/{CURRENT}/",
    "with-current": f"{{l}}/privacy/compare/{BEFORE}..current/",
    "annex": "{l}/third-parties/",
    "notices": "{l}/notices/",
    "year": "{l}/notices/2026/",
    "about-notices": "{l}/about-notices/",
    "accessibility": "{l}/accessibility/",
    "verify": "verify/",
    "old-link": "policies/privacy/",
    "missing": "404.html",
}
REASON = """\
[reason]
ko = "전자상거래 기록의 보존 기간에 관한 법령이 바뀌었고, 아동의 개인정보에 관한 조항을 따로 둡니다."
en = "The law on how long records of commerce are kept has changed, and children get a clause of their own."

[summary]
ko = '''
주문 기록의 보유 기간을 5년에서 7년으로 늘립니다.
이용자의 요청에 답변하는 기간을 10일에서 15일로 늘립니다.
만 14세 미만 아동에 관한 조항을 새로 둡니다.'''
en = '''
Order records are kept for 7 years instead of 5.
Requests are answered within 15 days instead of 10.
Children under 14 get a clause of their own.'''
"""
CHILDREN = {
    "en": "## 7. Children {#children}\n\nWe collect personal information of a child under 14 only with the consent of a "
    "legal guardian.\n\n- The guardian may withdraw the consent at any time.\n- We then delete the information.\n\n",
    "ko": "## 7. 아동의 개인정보 {#children}\n\n회사는 법정대리인의 동의를 받은 경우에만 만 14세 미만 아동의 개인정보를 "
    "수집합니다.\n\n- 법정대리인은 언제든지 동의를 철회할 수 있습니다.\n- 이 경우 회사는 그 정보를 삭제합니다.\n\n",
}
WORDS = {
    "en": [("Order records: 5 years", "Order records: 7 years"), ("within 10 days", "within 15 days"),
           ("- Visit records: 3 months\n", "")],
    "ko": [("주문 기록: 5년", "주문 기록: 7년"), ("10일 이내에", "15일 이내에"), ("- 방문 기록: 3개월\n", "")],
}  # fmt: skip


def changed(text: str, language: str) -> str:
    """The text with a change of every kind: words, a new clause, numbers, a clause and a passage elsewhere, layout."""
    for before, after in WORDS[language]:
        assert before in text, before
        text = text.replace(before, after)
    head, *clauses = text.split("\n## ")
    parts = [f"## {clause.strip()}\n\n" for clause in clauses]
    scope, collection, purposes, retention, provision, rights, security, officer, changes = parts
    kept, _, governing = changes.strip().rpartition("\n\n")
    numbered = [
        scope.strip() + f"\n\n{governing}\n\n", purposes.replace("3.", "2.", 1), collection.replace("2.", "3.", 1),
        retention, provision, rights, CHILDREN[language], security.replace("7.", "8.", 1).replace("\n\n", "\n\n- ", 1),
        officer.replace("8.", "9.", 1), kept.replace("9.", "10.", 1) + "\n",
    ]  # fmt: skip
    return head + "\n" + "".join(numbered)


def showcase(template: Path, root: Path) -> Desk:
    """The workspace in `root`, made like the one in `template`, its site built."""
    shutil.copytree(template, root)
    desk = Desk(root=root, now=seoul("2026-11-09T09:00"), mailer=MemoryMailer())
    desk.recipients()
    desk.telephone()
    desk.tick("2026-11-09T09:00")
    desk.tick("2026-11-19T00:00")
    for language in ("en", "ko"):
        file = root / "policy_docs" / "privacy" / f"{language}.md"
        file.write_text(changed(file.read_text("utf-8"), language), "utf-8")
    desk.write("policy_docs/privacy/change.toml", 'consent = "Asked in the app."\n' + REASON)
    desk.commit()
    report = desk.tick("2026-11-23T09:00")
    assert not report.observation.problems, report.observation.problems
    return desk
