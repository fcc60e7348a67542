"""Finding the past requests most like a new one, among 100,000.

`python -m benchmarks.neighbours [--quick] [--json]`. The floor is what would be there without an index of our own: the
full-text search of SQLite (FTS5, the best 100 of any word by bm25) over the same texts, in memory. Both are asked the
same by turns; half of what is asked for are past requests that lack some words. Counted is the time of the processor:
what one core needs that does nothing else.
"""

from __future__ import annotations

import gc
import random
import sqlite3
from collections.abc import Callable, Iterator
from itertools import accumulate
from statistics import median
from time import thread_time

import psutil

from benchmarks import command
from routing.strategies.neighbours.index import Index

TURNS, QUICK_TURNS = 100_000, 2_000
QUERIES, QUICK_QUERIES = 400, 40
NEAREST = 100
_WORDS, _OF_A_TOPIC, _TOPICS = 20_000, 150, 400
_SYLLABLES = [first + second for first in "bdfgklmnprstv" for second in ("a", "e", "i", "o", "u", "er", "on")]

Result = dict[str, dict[str, float]]
Side = dict[str, float]
MIB = 2**20


def requests(rng: random.Random) -> Iterator[str]:
    """Made-up requests: a third of the words belong to a topic, the others fall off as Zipf says; 25 words at the
    median, some hundreds at most."""
    words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 3))) for _ in range(_WORDS)]
    shares = list(accumulate(1 / rank for rank in range(1, _WORDS + 1)))
    topics = [rng.sample(words, _OF_A_TOPIC) for _ in range(_TOPICS)]
    while True:
        length = min(400, max(2, int(rng.lognormvariate(3.2, 0.8))))
        ordinary = rng.choices(words, cum_weights=shares, k=length - length // 3)
        request = ordinary + rng.choices(rng.choice(topics), k=length // 3)
        rng.shuffle(request)
        yield " ".join(request)


def queries(past: list[str], fresh: Iterator[str], count: int, rng: random.Random) -> list[str]:
    """Half of them new, half past ones without a fifth of their words."""
    again = [" ".join(word for word in rng.choice(past).split() if rng.random() < 0.8) for _ in range(count // 2)]
    return [query for pair in zip(again, fresh, strict=False) for query in pair]


def our_index(past: list[str]) -> Callable[[str], object]:
    index = Index()
    for number, text in enumerate(past):
        index.add(f"turn-{number:021d}", text, {"bench/model": float(number % 3 > 0)})
    return lambda query: index.near(query, NEAREST)


def full_text_search(past: list[str]) -> Callable[[str], object]:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE past USING fts5 (text, content = '')")
    db.executemany("INSERT INTO past (rowid, text) VALUES (?, ?)", enumerate(past))
    find = f"SELECT rowid FROM past WHERE past MATCH ? ORDER BY bm25(past) LIMIT {NEAREST}"
    return lambda query: db.execute(find, (" OR ".join(dict.fromkeys(query.split())),)).fetchall()


def built(
    build: Callable[[list[str]], Callable[[str], object]], past: list[str]
) -> tuple[Callable[[str], object], Side]:
    """What finds requests, what it took to build and what it keeps in memory."""
    gc.collect()
    process = psutil.Process()
    before, began = process.memory_info().rss, thread_time()
    find = build(past)
    took = thread_time() - began
    gc.collect()
    memory = (process.memory_info().rss - before) / MIB
    return find, {"built_s": round(took, 2), "memory_mib": round(memory, 1)}


def timed(find: Callable[[str], object], query: str) -> float:
    began = thread_time()
    find(query)
    return thread_time() - began


def measure_all(quick: bool) -> Result:
    rng = random.Random(1)
    fresh = requests(rng)
    past = [next(fresh) for _ in range(QUICK_TURNS if quick else TURNS)]
    asked = queries(past, fresh, QUICK_QUERIES if quick else QUERIES, rng)
    ours, our_side = built(our_index, past)
    floor, floor_side = built(full_text_search, past)
    took = [(timed(floor, query), timed(ours, query)) for query in asked]
    floor_side |= spread([one for one, _ in took])
    our_side |= spread([other for _, other in took])
    ratio = {name: round(our_side[f"{name}_ms"] / floor_side[f"{name}_ms"], 3) for name in ("p50", "p95")}
    return {"floor": floor_side, "ours": our_side, "ratio": ratio}


def spread(values_s: list[float]) -> Side:
    return {
        "p50_ms": round(1000 * median(values_s), 3),
        "p95_ms": round(1000 * command.percentile(values_s, 95), 3),
    }


def report(found: Result) -> str:
    rows = [
        f"{name:22}p50 {side['p50_ms']:8.2f} ms   p95 {side['p95_ms']:8.2f} ms   "
        f"built in {side['built_s']:6.2f} s   {side['memory_mib']:7.1f} MiB"
        for name, side in (("full-text search", found["floor"]), ("neighbours", found["ours"]))
    ]
    return "\n".join([*rows, f"{'ratio':22}p50 {found['ratio']['p50']:8.2f}      p95 {found['ratio']['p95']:8.2f}"])


if __name__ == "__main__":
    command.run(__doc__, measure_all, report)
