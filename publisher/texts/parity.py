"""Whether a policy says the same in every language.

Clauses are held together by their ids, never by order of words or likeness. In: the parsed texts by language. Out:

- `parity`: problems P101, which block a publication: a clause stands in every language, or not at all;
- `compare_languages`: remarks on what clauses of the same id state (L-XLANG-NUM, L-XLANG-ENTITY, L-XLANG-PROMISE), on
  topics of texts without ids (L-XLANG-SECTION) and on the governing language (L-CONTROL). All are warnings, for none
  is certain: facts are read by pattern, and what looks different may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, Value, msg
from publisher.texts.contacts import host
from publisher.texts.denials import sentences, unlike
from publisher.texts.document import Clause, Document
from publisher.texts.fact_words import KIND_NAMES, in_words
from publisher.texts.facts import Fact, block_facts, facts_of_clause
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.texts.lexicon import table
from publisher.texts.topics import one_sided_topics, says_which_governs

_FIGURES: Final = ("period", "threshold", "age", "date", "amount", "percent")
_ENTITIES: Final = ("party", "country", "email", "phone", "url")
#: Longer sentences are cut in a message.
_LONGEST_QUOTE: Final = 160


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    """What is held against each other: a clause of the same id in two languages, or two texts as a whole."""

    policy: str
    title: Localized
    languages: tuple[str, str]
    #: the id of the clause, "" for a text as a whole, and how a message names it
    id: str
    name: Value
    here: tuple[Clause, ...]
    there: tuple[Clause, ...]


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


def compare_languages(documents: Mapping[str, Document], policy: str, title: Localized) -> list[Problem]:
    """Remarks on what the languages of a policy state differently; every one a warning.

    Languages that the program has no words for are not compared.
    """
    known = {language: documents[language] for language in LANGUAGE_NAMES if language in documents}
    problems: list[Problem] = []
    for one, other in combinations(known, 2):
        if not known[one].by_id().keys() & known[other].by_id().keys():
            problems += _topics(known, (one, other), policy, title)
        for pair in _pairs(known, (one, other), policy, title):
            problems += [*_facts_apart(pair), *_promises_apart(pair)]
    return problems + _governing(known, policy, title)


def _pairs(
    documents: Mapping[str, Document], languages: tuple[str, str], policy: str, title: Localized
) -> Iterator[_Pair]:
    """Clauses of the same id, then what has no id; or both texts as a whole where no id is in both."""
    one, other = (documents[language] for language in languages)
    here, there = one.by_id(), other.by_id()
    shared = [id_ for id_ in here if id_ in there]
    rest: Message = msg("what stands under no clause id") if shared else msg("the text as a whole")
    sides = [tuple(clause for clause in text.clauses if not (shared and clause.id)) for text in (one, other)]
    units = [(id_, f"“{here[id_].name}”", (here[id_],), (there[id_],)) for id_ in shared]
    for id_, name, mine, theirs in units:
        yield _Pair(policy=policy, title=title, languages=languages, id=id_, name=name, here=mine, there=theirs)
    yield _Pair(policy=policy, title=title, languages=languages, id="", name=rest, here=sides[0], there=sides[1])


def _facts_apart(pair: _Pair) -> Iterator[Problem]:
    """L-XLANG-NUM and L-XLANG-ENTITY: facts that stand on one side only, each kind for itself."""
    here, there = _facts(pair.here), _facts(pair.there)
    for kind in (*_FIGURES, *_ENTITIES):
        gone = frozenset(fact for fact in here - there if fact.kind == kind)
        came = frozenset(fact for fact in there - here if fact.kind == kind)
        if kind == "age" and not (gone & _unexplained(pair.here) or came & _unexplained(pair.there)):
            continue
        if kind == "threshold":
            gone, came = gone - _limits_of(here - there), came - _limits_of(there - here)
        if kind == "party":
            gone, came = _not_transliterated(gone, came)
        if gone or came:
            yield _difference(pair, kind, gone, came)


def _facts(clauses: Iterable[Clause]) -> frozenset[Fact]:
    """Each fact once; of web addresses only the host, for pages differ between languages."""
    found = {fact for clause in clauses for fact in facts_of_clause(clause)}
    return frozenset(Fact("url", host(fact.value)) if fact.kind == "url" else fact for fact in found)


def _limits_of(figures: frozenset[Fact]) -> frozenset[Fact]:
    """The limits whose bare figure differs already, and is reported as such."""
    values = {fact.value + ("%" if fact.kind == "percent" else "") for fact in figures if fact.kind != "threshold"}
    return frozenset(f for f in figures if f.kind == "threshold" and f.value.lstrip("<>=") in values)


def _unexplained(clauses: Iterable[Clause]) -> frozenset[Fact]:
    """Ages in clauses, or in passages under no heading, that name neither a law nor a country.

    13 under an American statute and 14 in Korea are no contradiction.
    """
    passages = []
    for clause in clauses:
        passages += [facts_of_clause(clause)] if clause.level else [block_facts(block) for block in clause.blocks]
    plain = [found for found in passages if not any(fact.kind in {"law", "country"} for fact in found)]
    return frozenset(fact for found in plain for fact in found if fact.kind == "age")


def _not_transliterated(gone: frozenset[Fact], came: frozenset[Fact]) -> tuple[frozenset[Fact], frozenset[Fact]]:
    """Names without those that may be the same in the other script: as many in Hangul as in Latin letters.

    A name of the list is never taken for another's transliteration.
    """
    known = table("names")["parties"]
    foreign = frozenset(fact for fact in gone | came if fact.value not in known)
    hangul = frozenset(fact for fact in foreign if re.search("[가-힣]", fact.value))
    for one, other in ((gone, came), (came, gone)):
        same = one & hangul, (other & foreign) - hangul
        if len(same[0]) == len(same[1]):
            gone, came = gone - same[0] - same[1], came - same[0] - same[1]
    return gone, came


def _difference(pair: _Pair, kind: str, gone: frozenset[Fact], came: frozenset[Fact]) -> Problem:
    one, other = pair.languages
    here, there = (tuple(in_words(fact) for fact in sorted(only)) or msg("nothing") for only in (gone, came))
    return Problem(
        code="L-XLANG-NUM" if kind in _FIGURES else "L-XLANG-ENTITY",
        severity="warning",
        message=msg(
            "{policy}, {clause}: {what} differ. Only in {one}: {here}. Only in {other}: {there}.",
            policy=pair.title,
            clause=pair.name,
            what=KIND_NAMES[kind],
            one=LANGUAGE_NAMES[one],
            other=LANGUAGE_NAMES[other],
            here=here,
            there=there,
        ),
        hint=msg("Say the same in both languages, or make sure that the difference is meant."),
        place=clause_place(pair.policy, other if gone else one, pair.id),
    )


def _topics(
    documents: Mapping[str, Document], languages: tuple[str, str], policy: str, title: Localized
) -> Iterator[Problem]:
    """L-XLANG-SECTION: topics of which one text speaks and the other does not."""
    for topic, present in one_sided_topics({language: documents[language] for language in languages}):
        absent = next(language for language in languages if language != present)
        yield Problem(
            code="L-XLANG-SECTION",
            severity="warning",
            message=msg(
                "{policy}: the topic “{topic}” is found in {present} but not in {language}.",
                policy=title,
                topic=topic,
                present=LANGUAGE_NAMES[present],
                language=LANGUAGE_NAMES[absent],
            ),
            hint=msg(
                "Say it in both languages. With the same {ids} at the same headings, clauses are compared one by one.",
                ids="{#…}",
            ),
            place=clause_place(policy, absent, ""),
        )


def _promises_apart(pair: _Pair) -> Iterator[Problem]:
    """L-XLANG-PROMISE: sentences that deny or narrow in one language only, or deny different acts."""
    here, there = ([s for clause in side for s in sentences(clause.blocks)] for side in (pair.here, pair.there))
    periods = [{fact for fact in _facts(side) if fact.kind == "period"} for side in (pair.here, pair.there)]
    aligned = bool(pair.id) and len(here) == len(there) and periods[0] == periods[1]
    for one, other in unlike(here, there, pair.languages, aligned=aligned):
        yield Problem(
            code="L-XLANG-PROMISE",
            severity="warning",
            message=msg(
                "{policy}, {clause}: these sentences may not promise the same. {one}: “{here}” {other}: “{there}”",
                policy=pair.title,
                clause=pair.name,
                one=LANGUAGE_NAMES[pair.languages[0]],
                other=LANGUAGE_NAMES[pair.languages[1]],
                here=_quoted(one),
                there=_quoted(other),
            ),
            hint=msg("Compare what each of them denies, and to what it is limited."),
            place=clause_place(pair.policy, pair.languages[1], pair.id),
        )


def _quoted(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST_QUOTE else f"{sentence[:_LONGEST_QUOTE]}…"


def _governing(documents: Mapping[str, Document], policy: str, title: Localized) -> list[Problem]:
    """L-CONTROL, where there are several languages and none of them says which one governs."""
    if len(documents) < 2 or any(says_which_governs(text, language) for language, text in documents.items()):
        return []
    return [
        Problem(
            code="L-CONTROL",
            severity="warning",
            message=msg("{policy} does not say which language governs where its texts differ.", policy=title),
            hint=msg("Add a clause that says so, in every language."),
            place=Place(policy=policy),
        )
    ]
