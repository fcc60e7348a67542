"""A price as a person writes it: dollars for a million tokens, dearer steps for long input, a share in a batch.

price:
  input_usd_per_mtok: 1.25
  output_usd_per_mtok: 10
  cached_usd_per_mtok: 0.125         # read from the provider's cache
  cache_write_usd_per_mtok: 1.5625   # written to it
  long: {above: 200000, input_usd_per_mtok: 2.50, output_usd_per_mtok: 15}
  batch_share: 0.5
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Any

from routing.money import parse_usd
from routing.policy.mistakes import nearest, quoted
from routing.registry.price import Price, Step
from routing.registry.readers import WrongValueError, between, whole

_RATES = {
    "input_usd_per_mtok": "input_nusd_per_mtok",
    "output_usd_per_mtok": "output_nusd_per_mtok",
    "cached_usd_per_mtok": "cached_nusd_per_mtok",
    "cache_write_usd_per_mtok": "cache_write_nusd_per_mtok",
}
_NEEDED = ("input_usd_per_mtok", "output_usd_per_mtok")
_LONG = ("long",)
_FIELDS = (*_RATES, "long", "batch_share")
_above = whole("tokens")
_share = between(0, 1)


def read_price(value: object, source: str) -> Price:
    """Raises WrongValueError."""
    if not isinstance(value, Mapping):
        raise WrongValueError(
            f"{quoted(value)} is not a price", "write {input_usd_per_mtok: 0.5, output_usd_per_mtok: 1.5}"
        )
    rates = _rates(value, _FIELDS)
    for name in _NEEDED:
        if _RATES[name] not in rates:
            raise WrongValueError(f"a price needs {name}", "write dollars for a million tokens")
    price = Price(**rates, source=source)
    if "long" in value:
        price = replace(price, steps=_steps(value["long"], price))
    return _batched(price, value["batch_share"]) if "batch_share" in value else price


def step(price: Price, above: int, **rates: int | None) -> Step:
    """A step of a price; a rate that is left out stays what it is for short input."""
    kept = {name: getattr(price, name) for name in _RATES.values()}
    return Step(above, **(kept | {name: rate for name, rate in rates.items() if rate is not None}))


def _steps(value: object, price: Price) -> tuple[Step, ...]:
    entries = value if isinstance(value, list) else [value]
    steps = []
    for entry in entries:
        if not isinstance(entry, Mapping) or "above" not in entry:
            raise WrongValueError(
                f"{quoted(entry)} is not a price for long input",
                "write {above: 200000, input_usd_per_mtok: 2.5}",
                _LONG,
            )
        try:
            steps.append(step(price, _above(entry["above"]), **_rates(entry, ("above", *_RATES))))
        except WrongValueError as wrong:
            at = wrong.at if wrong.at else ("above",)
            raise WrongValueError(wrong.what, wrong.instead, (*_LONG, *at)) from None
    return tuple(sorted(steps, key=lambda one: one.above))


def _batched(price: Price, value: object) -> Price:
    try:
        share = Fraction(str(_share(value)))
    except WrongValueError as wrong:
        raise WrongValueError(wrong.what, wrong.instead, ("batch_share",)) from None
    steps = tuple(replace(one, **_scaled(one, share)) for one in price.steps)
    return replace(price, batch=replace(price, steps=steps, **_scaled(price, share)))


def _scaled(rates: Price | Step, share: Fraction) -> dict[str, Any]:
    known = {name: getattr(rates, name) for name in _RATES.values()}
    return {name: ceil(rate * share) for name, rate in known.items() if rate is not None}


def _rates(value: Mapping[str, object], allowed: tuple[str, ...]) -> dict[str, Any]:
    """The rates of a mapping, in nano-dollars. Raises WrongValueError for any other key and any other amount."""
    rates = {}
    for name, amount in value.items():
        if name not in allowed:
            raise WrongValueError(f"the key {quoted(name)} is not known", nearest(str(name), allowed), (str(name),))
        if name in _RATES:
            rates[_RATES[name]] = _nusd(name, amount)
    return rates


def _nusd(name: str, amount: object) -> int:
    try:
        nusd = parse_usd(amount) if isinstance(amount, str | int | float) and not isinstance(amount, bool) else -1
    except ValueError:
        nusd = -1
    if nusd < 0:
        raise WrongValueError(f"{quoted(amount)} is not a price", "write dollars, 0 or more", (name,))
    return nusd
