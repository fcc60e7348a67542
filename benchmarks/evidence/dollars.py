"""RouterArena's score, which needs costs in dollars: estimated from listed prices and the lengths of texts."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.evidence.cells import measure
from benchmarks.evidence.sets import Pair, Source
from benchmarks.evidence.writing import figure, number, percent, table
from routing.evaluation.metrics import routerarena

Prices = Mapping[str, tuple[float, float]]
"""Dollars per million tokens, in and out, by model."""
ABOUT = """\
RouterArena's score, where both models have a listed price: 4 characters count as a token, and an answer whose length
the data does not tell costs nothing. Here a long prompt costs more than a short one, so a router that sends the long
ones to the dear model saves less than by calls.
"""
_CHARACTERS_PER_TOKEN = 4


def in_dollars(sources: Sequence[Source], prices: Prices) -> str:
    """RouterArena's score where both models have a listed price; "" where no pair has."""
    rows: list[tuple[str, ...]] = []
    for source in sources:
        for pair in source.pairs:
            if {pair.weak, pair.strong} <= set(prices):
                rows += _dollar_rows(source, pair, prices)
    head = ("set, pair", "router", "RouterArena", "saved, no loss", "saved at 95 %")
    return table(head, rows) if rows else ""


def read_prices(folder: Path) -> Prices:
    found = {}
    for path in sorted(folder.glob("model_prices.jsonl*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for row in map(json.loads, file):
                found[row["model"]] = row["usd_per_mtok_in"], row["usd_per_mtok_out"]
    return found


def _dollar_rows(source: Source, pair: Pair, prices: Prices) -> Iterator[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{source.name}.jsonl"
        path.write_text("".join(_priced(source, pair, prices)), encoding="utf-8")
        cell = measure(replace(source, path=path), replace(pair, second=None), strategy="all")
    if cell.found is None:
        return
    for name in ("learned", "neighbours", "length", "tfidf"):
        own = cell.of(name)
        yield cell.name, name, figure(own["routerarena"]), percent(own["saving_no_loss"]), percent(own["saving_95"])
    usd = cell.found.usd or 0.0
    for name, bound in cell.found.bounds.items():
        score = routerarena(bound["quality"].value or 0.0, (bound["cost"].value or 0.0) * usd * 1_000)
        yield cell.name, name.replace("_", " "), number(score), "", ""


def _priced(source: Source, pair: Pair, prices: Prices) -> Iterator[str]:
    """Rows with what each call would have cost; an answer whose length is unknown costs nothing."""
    for at, prompt in enumerate(source.data.prompts):
        outcomes = {model: source.data.outcomes[model][at] for model in (pair.weak, pair.strong)}
        cost = {
            model: (len(prompt.text) * prices[model][0] + (one.characters or 0) * prices[model][1])
            / _CHARACTERS_PER_TOKEN
            / 1e6
            for model, one in outcomes.items()
            if one is not None
        }
        score = {model: one.score for model, one in outcomes.items() if one is not None}
        row = {"id": prompt.id, "prompt": prompt.text, "fold": prompt.fold, "score": score, "cost_usd": cost}
        yield json.dumps(row) + "\n"
