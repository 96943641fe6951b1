"""Recipients made by rule: ids, names in Korean and English, addresses below example.com, .net and .org.

Same arguments, same bytes. A few domains have most of the addresses, as among real ones.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

DOMAINS = 1000
_FAMILY = "김이박최정강조윤장임한오서신권황안송류홍"
_GIVEN = "가나다라마바사아자차하민서지수현우진영은도준하윤재"
_ENGLISH = ("Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Rowan", "Willow")


def rows(number: int, seed: int = 1) -> Iterator[tuple[str, str, str, str, str]]:
    """id, email, name, language, guardian; two in three in Korean, one in fifty a guardian."""
    rng = random.Random(seed)  # noqa: S311 - the same people each time
    # Zipf's law: the second domain has half as many addresses as the first, the third a third.
    weights = [1 / rank for rank in range(1, DOMAINS + 1)]
    domains = [f"mail{rank}.example.{('com', 'net', 'org')[rank % 3]}" for rank in range(DOMAINS)]
    for start in range(0, number, 1000):
        drawn = rng.choices(domains, weights, k=min(1000, number - start))
        for n, domain in enumerate(drawn, start):
            korean = rng.random() < 2 / 3
            name = (
                rng.choice(_FAMILY) + rng.choice(_GIVEN) + rng.choice(_GIVEN)
                if korean
                else f"{rng.choice(_ENGLISH)} {rng.choice(_ENGLISH)}"
            )
            guardian = "true" if rng.random() < 0.02 else "false"
            yield f"member-{n:09d}", f"user{n}@{domain}", name, "ko" if korean else "en", guardian


def write_list(file: Path, number: int, seed: int = 1) -> None:
    """The recipients as CSV, for `publisher recipients import`."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("id", "email", "name", "language", "guardian"))
        writer.writerows(rows(number, seed))
