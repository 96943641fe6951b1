"""Whether a policy says the same clauses in every language.

Clauses are held together by their ids, never by order of words or likeness. In: the parsed texts by
language. Out: problems P101, which block a publication: both languages, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, msg
from publisher.texts.document import Document

#: The names of the languages, in messages.
LANGUAGE_NAMES = {
    "en": Localized.of({"en": "English", "ko": "영어"}),
    "ko": Localized.of({"en": "Korean", "ko": "한국어"}),
}


def parity(documents: Mapping[str, Document], policy: str, title: Localized) -> list[Problem]:
    """Clauses that stand in one language only, or in another order or rank."""
    problems: list[Problem] = []
    for one, other in combinations(sorted(documents, reverse=True), 2):
        here, there = documents[one].by_id(), documents[other].by_id()
        missing = [(other, clause) for id_, clause in here.items() if id_ not in there]
        missing += [(one, clause) for id_, clause in there.items() if id_ not in here]
        for language, clause in missing:
            present = one if language == other else other
            problems.append(
                one_sided(
                    policy,
                    language,
                    clause.id,
                    msg(
                        "{policy}: the clause “{clause}” stands in {present} but not in {language}.",
                        policy=title,
                        clause=clause.name,
                        present=LANGUAGE_NAMES[present],
                        language=LANGUAGE_NAMES[language],
                    ),
                )
            )
        if not missing:
            problems += _order(documents, one, other, policy, title)
    return problems


def one_sided(policy: str, language: str, clause_id: str, message: Message) -> Problem:
    """The problem that readers of `language` would not be told what `message` says."""
    place = clause_place(policy, language, clause_id)
    return Problem(
        code="P101",
        message=message,
        hint=msg(
            "Those who read {language} would not be told. Make the same change at {clause} in {path}.",
            language=LANGUAGE_NAMES[language],
            clause="{#" + clause_id + "}",
            path=place.path,
        ),
        place=place,
    )


def clause_place(policy: str, language: str, clause_id: str) -> Place:
    """Where a clause of a policy stands in one language."""
    path = f"policy_docs/{policy}/{language}.md"
    return Place(path=path, policy=policy, language=language, clause=clause_id)


def _order(documents: Mapping[str, Document], one: str, other: str, policy: str, title: Localized) -> list[Problem]:
    here = [(c.id, c.level) for c in documents[one].clauses if c.id]
    there = [(c.id, c.level) for c in documents[other].clauses if c.id]
    for (id_, level), (other_id, other_level) in zip(here, there, strict=False):
        if id_ != other_id or level != other_level:
            return [
                one_sided(
                    policy,
                    other,
                    other_id,
                    msg(
                        "{policy}: from “{clause}” on, the clauses stand in another order or rank in {language} than "
                        "in {present}.",
                        policy=title,
                        clause=documents[one].by_id()[id_].name,
                        language=LANGUAGE_NAMES[other],
                        present=LANGUAGE_NAMES[one],
                    ),
                )
            ]
    return []
