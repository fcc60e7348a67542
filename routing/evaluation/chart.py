"""The cost-quality curve of several systems, drawn as signs for a terminal and as SVG with bands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from routing.evaluation.metrics import Point

MARKS = "●▲■◆○△"
_COLOURS = ("#0b6e99", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#be123c")
_COLUMNS, _ROWS = 64, 16
_WIDTH, _HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 44, 52
_LEAST_RANGE = 1e-9


@dataclass(frozen=True)
class Chart:
    """`curves` by name, each cheapest setting first; `ends` are always-weak and always-strong as (cost, quality), and
    the line between them is random routing."""

    title: str
    curves: Mapping[str, Sequence[Point]]
    ends: tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class _Scale:
    """From cost and quality to places between 0 and 1."""

    cost: tuple[float, float]
    quality: tuple[float, float]

    @classmethod
    def of(cls, chart: Chart, bands: bool) -> _Scale:
        points = [point for curve in chart.curves.values() for point in curve]
        xs = [point.cost for point in points] + [end[0] for end in chart.ends]
        ys = [end[1] for end in chart.ends]
        for point in points:
            ys += [value for value in _heights(point, bands) if value is not None]
        return cls(_range(xs), _range(ys))

    def x(self, cost: float) -> float:
        low, high = self.cost
        return (cost - low) / (high - low)

    def y(self, quality: float) -> float:
        low, high = self.quality
        return (quality - low) / (high - low)


def drawn(chart: Chart) -> str:
    """Lines of signs: the curves, `·` for random routing, and which sign is whose."""
    scale = _Scale.of(chart, bands=False)
    signs = [[" "] * _COLUMNS for _ in range(_ROWS)]

    def put(cost: float, quality: float, sign: str) -> None:
        row = _ROWS - 1 - round(scale.y(quality) * (_ROWS - 1))
        signs[row][round(scale.x(cost) * (_COLUMNS - 1))] = sign

    (low_cost, low), (high_cost, high) = chart.ends
    for step in np.linspace(0, 1, _COLUMNS):
        put(low_cost + step * (high_cost - low_cost), low + step * (high - low), "·")
    # The first curve is drawn last: it is the one that is looked for.
    for mark, (_, curve) in reversed(list(zip(_repeated(MARKS), chart.curves.items(), strict=False))):
        for point in curve:
            if point.quality.value is not None:
                put(point.cost, point.quality.value, mark)
    edges = {0: f"{scale.quality[1]:.3f}", _ROWS - 1: f"{scale.quality[0]:.3f}"}
    lines = [f"{edges.get(n, ''):>6} │{''.join(row).rstrip()}" for n, row in enumerate(signs)]
    left, right = f"{scale.cost[0]:.2f}", f"{scale.cost[1]:.2f}"
    lines.append(f"{'':6} └{'─' * _COLUMNS}")
    lines.append(f"{'':8}{left}{'cost, strong calls':^{_COLUMNS - len(left) - len(right)}}{right}")
    legend = "  ".join(f"{mark} {name}" for mark, name in zip(_repeated(MARKS), chart.curves, strict=False))
    return "\n".join([chart.title, *lines, f"{'':8}{legend}  · random"])


def svg(chart: Chart) -> str:
    """A picture of its own: curves over their bands of 95 %, on white."""
    scale = _Scale.of(chart, bands=True)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"',
        f' font-family="sans-serif" font-size="12" aria-label="{_text(chart.title)}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="14" fill="#111111">{_text(chart.title)}</text>',
        *_axes(scale),
        _line(scale, chart.ends, "#6b7280", dashed=True),
    ]
    coloured = list(zip(_repeated(_COLOURS), chart.curves.items(), strict=False))
    parts += [_band(scale, curve, colour) for colour, (_, curve) in coloured]
    for colour, (_, curve) in coloured:
        known = [(point.cost, point.quality.value) for point in curve if point.quality.value is not None]
        parts.append(_line(scale, known, colour))
    parts += _legend([*((colour, name) for colour, (name, _) in coloured), ("#6b7280", "random")])
    return "\n".join([*parts, "</svg>", ""])


def _axes(scale: _Scale) -> Iterable[str]:
    for step in np.linspace(0, 1, 5):
        cost = scale.cost[0] + step * (scale.cost[1] - scale.cost[0])
        quality = scale.quality[0] + step * (scale.quality[1] - scale.quality[0])
        x, y = _place(scale, cost, quality)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#e5e7eb"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#374151">{quality:.3f}</text>'
        yield f'<text x="{x:.1f}" y="{_HEIGHT - 30}" text-anchor="middle" fill="#374151">{cost:.2f}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 10}" text-anchor="middle" fill="#374151">cost, strong calls</text>'


def _band(scale: _Scale, curve: Sequence[Point], colour: str) -> str:
    known = [(one.cost, one.quality.low, one.quality.high) for one in curve]
    there = [(cost, low, high) for cost, low, high in known if low is not None and high is not None]
    edge = [(cost, high) for cost, _, high in there] + [(cost, low) for cost, low, _ in reversed(there)]
    return f'<polygon points="{_points(scale, edge)}" fill="{colour}" fill-opacity="0.12"/>'


def _line(scale: _Scale, points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{_points(scale, points)}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _legend(entries: Sequence[tuple[str, str]]) -> Iterable[str]:
    for n, (colour, name) in enumerate(entries):
        y = _HEIGHT - _BOTTOM - 14 - 18 * (len(entries) - 1 - n)
        yield f'<rect x="{_WIDTH - _RIGHT - 130}" y="{y - 8}" width="14" height="4" fill="{colour}"/>'
        yield f'<text x="{_WIDTH - _RIGHT - 110}" y="{y}" fill="#111111">{_text(name)}</text>'


def _points(scale: _Scale, points: Sequence[tuple[float, float]]) -> str:
    return " ".join("{:.1f},{:.1f}".format(*_place(scale, *point)) for point in points)


def _place(scale: _Scale, cost: float, quality: float) -> tuple[float, float]:
    x = _LEFT + scale.x(cost) * (_WIDTH - _LEFT - _RIGHT)
    return x, _HEIGHT - _BOTTOM - scale.y(quality) * (_HEIGHT - _TOP - _BOTTOM)


def _heights(point: Point, bands: bool) -> tuple[float | None, ...]:
    quality = point.quality
    return (quality.value, quality.low, quality.high) if bands else (quality.value,)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high - low > _LEAST_RANGE else (low - 0.5, high + 0.5)


def _repeated(signs: Sequence[str]) -> Iterable[str]:
    while True:
        yield from signs


def _text(text: str) -> str:
    return escape("".join(sign if sign.isprintable() else "\ufffd" for sign in text), {'"': "&quot;"})
