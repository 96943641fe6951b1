"""One process that compares the pairs it is told on standard input, and says how long each took (JSON)."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from publisher.run.comparing import compare_texts, comparison_json, prepare_for_many
from publisher.texts.pieces import Shared
from publisher.workspace import NoticeDays


def answer(old: bytes, new: bytes, language: str, shared: Shared) -> None:
    """What `publisher compare --batch` does for a line: the comparison, in words of both languages."""
    shared.spare()
    found = comparison_json(compare_texts(old, new, language, {}, shared=shared), NoticeDays())
    json.dumps(found, ensure_ascii=False)


def compared(texts: list[tuple[str, str, bytes, bytes]]) -> dict[str, float]:
    """Seconds for each pair, by its id."""
    seconds = {}
    shared = Shared()
    for i, language, old, new in texts:
        start = time.perf_counter()
        answer(old, new, language, shared)
        seconds[i] = time.perf_counter() - start
    return seconds


def main() -> None:
    listed = json.load(sys.stdin)
    texts = [(i, language, Path(old).read_bytes(), Path(new).read_bytes()) for i, language, old, new in listed]
    # what every process needs once: patterns, the catalogues of both languages
    answer(b"We keep it for a year.\n", b"We keep it for a month.\n", "en", Shared())
    prepare_for_many()
    seconds = compared([text for text in texts if text[1] == "en"])
    before = "kiwipiepy" in sys.modules
    korean = [text for text in texts if text[1] == "ko"]
    start = time.perf_counter()
    if korean:
        answer("그것을 보관합니다.\n".encode(), "그것을 보관하지 않습니다.\n".encode(), "ko", Shared())
    loading = time.perf_counter() - start
    seconds |= compared(korean)
    found = {
        "total_s": sum(seconds.values()),
        "pairs_s": seconds,
        "korean_model_s": loading,
        "english_loads_korean_model": before,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
