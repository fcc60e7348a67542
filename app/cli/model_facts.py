"""What is known of a model, in words: its row of the table, and every field with its value and who said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.tables import Table
from app.prices import per_mtok, price

if TYPE_CHECKING:
    from routing.registry.model import Model, Price, Step

HEAD = ("model", "tier", "window", "per M in / out", "where", "health", "can do")
_NOBODY = "–"
_CONTROLS = {
    "none": "answers to one prompt may differ",
    "seed": "temperature 0 and a seed: mostly the same answer",
    "strong": "temperature 0 and a seed: the same answer",
}
_RETENTION = {
    "none": "prompts are not kept",
    "days": "prompts are kept for some days",
    "unknown": "not told",
}
_MODERATION = {
    "none": "nothing is withheld",
    "provider": "the provider may withhold an answer",
    "unknown": "not told",
}


def row(model: Model, health: str, assumed_nusd: int) -> tuple[str, ...]:
    """A row under `HEAD`; `assumed_nusd` is what a million tokens cost where nobody knows."""
    lifecycle = "" if model.lifecycle == "managed" else f", {model.lifecycle}"
    return (
        model.id,
        model.tier,
        f"{model.context_window:,}",
        price(model, assumed_nusd),
        _where(model),
        health + lifecycle,
        _able(model),
    )


def facts(model: Model, health: str, assumed_nusd: int) -> Table:
    """Every field under the name by which models.yaml sets it."""
    found = [
        ("health", health),
        ("tier", model.tier),
        ("capabilities", _able(model)),
        ("context_window", f"{model.context_window:,} tokens"),
        ("max_output", f"{model.max_output:,} tokens"),
        *(("price", line) for line in _in_full(model, assumed_nusd)),
        ("region", _where(model)),
        ("determinism", _CONTROLS[model.determinism]),
        ("retention", _RETENTION[model.retention]),
        ("moderation", _MODERATION[model.moderation]),
        ("requests_per_minute", _maybe(model.requests_per_minute)),
        ("tokens_per_minute", _maybe(model.tokens_per_minute)),
        ("lifecycle", model.lifecycle),
        ("local", "yes" if model.local else "no"),
        ("quality", f"right in {model.quality:.0%} of answers, until measured"),
        ("first_token_s", f"{model.first_token_s:g} s, until measured"),
        ("tokens_per_s", f"{model.tokens_per_s:g} a second"),
        ("deployment_of", model.deployment_of or "no other model"),
        ("weight", f"{model.weight:g}"),
    ]
    sources = {"health": "its calls" if health == "last call failed" else "asked just now"} | dict(model.sources)
    rows = tuple((field, value, sources.get(field, _NOBODY)) for field, value in found)
    return Table(("field", "value", "said by"), rows, title=model.id)


def _in_full(model: Model, assumed_nusd: int) -> list[str]:
    """A line for each list of prices."""
    told = model.price
    if told is None or told.free:
        return [price(model, assumed_nusd)]
    return [*_lists(told, ""), *(_lists(told.batch, "in a batch, ") if told.batch else ())]


def _lists(told: Price, when: str) -> list[str]:
    steps = [f"{when}{_rates(step)}, above {step.above:,} tokens in" for step in told.steps]
    return [f"{when}{_rates(told)}", *steps]


def _rates(told: Price | Step) -> str:
    """For a million tokens."""
    known = (
        ("in", told.input_nusd_per_mtok),
        ("out", told.output_nusd_per_mtok),
        ("cached", told.cached_nusd_per_mtok),
        ("written to the cache", told.cache_write_nusd_per_mtok),
    )
    return "per M: " + ", ".join(f"{per_mtok(nusd)} {name}" for name, nusd in known if nusd is not None)


def _where(model: Model) -> str:
    return "this machine" if model.local else model.region or "not told"


def _able(model: Model) -> str:
    return ", ".join(sorted(model.capabilities)) or "text only"


def _maybe(number: int | None) -> str:
    return "not told" if number is None else f"{number:,}"
