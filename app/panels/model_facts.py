"""One model in words: a row of the list, and every field with who said it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.panels import draw
from app.panels.draw import line
from app.prices import per_mtok, price, rates

if TYPE_CHECKING:
    from collections.abc import Collection

    from textual.content import Content

    from routing.decision.model import Closed, Health
    from routing.registry.model import Model

_ROOMY = 100  # columns from which a row has room for what the model can do
_PAIRS = 68  # columns from which two fields stand beside each other
_NAME = 11
ASSUMED = "assumed"
READY = "ready"
_RETENTION = {"none": "no prompts", "days": "some days", "unknown": "not told"}
_MODERATION = {"none": "none", "provider": "by provider", "unknown": "not told"}
_REPEATABLE = {"none": "no", "seed": "mostly", "strong": "yes"}


def row(model: Model, health: Health, assumed_nusd_per_mtok: int, width: int, failed: Collection[str] = ()) -> Content:
    """Name, tier and window; then the price, or why it cannot be asked now."""
    glyph, style, word = state(model, health, failed)
    name = max(20, width - (68 if width >= _ROOMY else 41))
    last = (price(model, assumed_nusd_per_mtok), "") if word == READY else (word, style)
    figures = line(f" {model.tier:<8} {window(model.context_window):>5}  ", (f"{last[0]:<20} ", last[1]))
    able = line((" ".join(sorted(model.capabilities)), "muted")) if width >= _ROOMY else line()
    return draw.crop(line((f"{glyph} ", style)) + draw.column(line(model.id), name) + figures + able, width)


def state(model: Model, health: Health, failed: Collection[str] = ()) -> tuple[str, str, str]:
    """Glyph, style and word of whether it can be asked now; `failed` are ids of models whose latest call failed."""
    if model.id in health.gone:
        return "✗", "bad", "gone"
    resting = [one for one in health.closed if one.provider == model.provider and one.model in (None, model.id)]
    closed = next((one for one in resting if one.again_in_s is None), None) or _longest(resting)
    if closed is None and (spent := [one for one in health.limits if one.model == model.id and not one.remaining]):
        return "■", "warn", f"rests {draw.seconds(max(one.again_in_s for one in spent))}"
    if closed is None:
        return ("✗", "bad", "last call failed") if model.id in failed else ("✓", "good", READY)
    if closed.again_in_s is None:
        return "✗", "bad", "shut"
    return "■", "warn", f"rests {draw.seconds(closed.again_in_s)}"


def _longest(resting: list[Closed]) -> Closed | None:
    return max(resting, key=lambda one: one.again_in_s or 0.0, default=None)


def window(tokens: int) -> str:
    """`128k`, `1M`: counted in thousands of 1000 or of 1024, whichever it was meant in."""
    step = 1024 if tokens % 1000 else 1000
    if tokens >= step**2:
        return f"{tokens / step**2:.3g}M"
    return f"{tokens / step:.0f}k" if tokens >= step else str(tokens)


def fields(model: Model, health: Health, assumed_nusd_per_mtok: int) -> list[tuple[str, str, str]]:
    """Every field but what it can do: its name, its value, and who stated it."""
    said = dict(model.sources)
    found = [
        ("tier", model.tier, said.get("tier")),
        ("window", draw.count(model.context_window), said.get("context_window")),
        ("max output", draw.count(model.max_output), said.get("max_output")),
        *_prices(model, assumed_nusd_per_mtok),
        ("region", model.region or ("this machine" if model.local else "not told"), said.get("region")),
        ("retention", _RETENTION[model.retention], said.get("retention")),
        ("moderation", _MODERATION[model.moderation], said.get("moderation")),
        ("repeatable", _REPEATABLE[model.determinism], said.get("determinism")),
        ("lifecycle", model.lifecycle, said.get("lifecycle")),
        ("calls/min", _maybe(model.requests_per_minute), said.get("requests_per_minute")),
        ("tokens/min", _maybe(model.tokens_per_minute), said.get("tokens_per_minute")),
        *_left(model, health),
        ("quality", f"{model.quality:.0%} right", said.get("quality")),
        ("1st token", _first(model, health), _first_from(model, health) or said.get("first_token_s")),
        ("speed", f"{model.tokens_per_s:.0f} tokens/s", said.get("tokens_per_s")),
    ]
    if model.deployment_of:
        found.append(("one of", f"{model.deployment_of}, weight {model.weight:g}", said.get("deployment_of")))
    return [(name, value, source or ASSUMED) for name, value, source in found]


def details(
    model: Model, health: Health, assumed_nusd_per_mtok: int, width: int, failed: Collection[str] = ()
) -> list[Content]:
    """The fields, in two columns where there is room."""
    glyph, style, word = state(model, health, failed)
    rows = [draw.crop(line((model.id, "strong"), (f"  {glyph} {word}", style)), width)]
    found = fields(model, health, assumed_nusd_per_mtok)
    able, source = ", ".join(sorted(model.capabilities)) or "text only", model.source_of("capabilities") or ASSUMED
    head = line((f"{'can do':<{_NAME}}", "muted"), able)
    if head.cell_length + len(source) + 2 <= width:
        rows.append(draw.between(head, line((source, "muted")), width))
    else:
        rows += draw.wrap(head + line((f", {source}", "muted")), width, _NAME)
    columns = 2 if width >= _PAIRS else 1
    cell = (width - 2 * (columns - 1)) // columns
    height = -(-len(found) // columns)
    for at in range(height):
        rows.append(line("  ").join(draw.column(_field(*one, cell), cell) for one in found[at::height]))
    return rows


def _field(name: str, value: str, source: str, width: int) -> Content:
    return draw.between(line((f"{name:<{_NAME}}", "muted"), value), line((source, "muted")), width)


def _prices(model: Model, assumed_nusd_per_mtok: int) -> list[tuple[str, str, str | None]]:
    """Dollars for a million tokens: in and out, read from the cache, and of longer input."""
    told = model.price
    if told is None:
        return [("$ per M", f"≤ {per_mtok(assumed_nusd_per_mtok)}, not known", "the policy")]
    source = model.source_of("price") or told.source
    found: list[tuple[str, str, str | None]] = [("$ per M", price(model, assumed_nusd_per_mtok), source)]
    if told.cached_nusd_per_mtok is not None and not told.free:
        found.append(("cached", per_mtok(told.cached_nusd_per_mtok), source))
    return [*found, *((f"over {window(step.above)}", rates(step), source) for step in told.steps)]


def _left(model: Model, health: Health) -> list[tuple[str, str, str | None]]:
    """What its provider, or our own count, leaves of its rate limits."""
    return [
        ("left", f"{draw.count(left.remaining)} {left.kind}, full in {draw.seconds(left.again_in_s)}", "lately")
        for left in health.limits
        if left.model == model.id
    ]


def _first(model: Model, health: Health) -> str:
    return draw.seconds(dict(health.first_token_s).get(model.id, model.first_token_s))


def _first_from(model: Model, health: Health) -> str | None:
    return "measured here" if model.id in dict(health.first_token_s) else None


def _maybe(number: int | None) -> str:
    return "not told" if number is None else draw.count(number)
