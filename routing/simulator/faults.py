"""Faults that a simulated provider can be given while it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from routing.simulator.models import provider_names

FAULTS = {
    "refuse": "nothing listens: connections are refused",
    "401": "the key is not accepted",
    "429": "too many requests, with a time to wait",
    "500": "an error of the server's own",
    "403": "the key may not use the model",
    "quota": "the account has no credit left",
    "overloaded": "the server has no capacity now",
    "slow": "the first token takes twenty seconds or more",
    "stall": "the answer stops half way and never ends",
    "cut": "the connection closes in the middle of a token",
    "garbage": "the stream turns into bytes that are not JSON",
    "error": "the stream tells of an error half way",
    "empty": "a success without an answer",
    "filter": "the answer is withheld half way",
}
ALL = "all"
RANDOM = "random"
"""In place of a kind: each call that is to meet a fault meets one of FAULTS, drawn for it."""
KINDS = (*FAULTS, RANDOM)
_COUNT = re.compile(r"[0-9]{1,9}%?")


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind out of FAULTS, or RANDOM. `times` calls meet it, or `percent` of all calls; every call when both are
    None."""

    kind: str
    times: int | None = None
    percent: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f'there is no fault "{self.kind}"; there are {_listed(KINDS, "and")}.')
        if self.times is not None and self.times < 1:
            raise ValueError(f"a fault happens at least once, not {self.times} times.")
        if self.percent is not None and not 1 <= self.percent <= 100:
            raise ValueError(f"a fault meets 1 to 100 percent of the calls, not {self.percent}.")

    @property
    def standing(self) -> bool:
        """Whether every call meets it."""
        return self.times is None and self.percent is None


def parse_fault(text: str, providers: Sequence[str] | None = None) -> tuple[str, Fault]:
    """Read `PROVIDER:KIND`, `PROVIDER:KIND:TIMES` or `PROVIDER:KIND:PERCENT%`; the provider may be `all`, the kind
    `random`.

    Raises ValueError with one sentence that lists what exists.
    """
    known = (*(providers or provider_names()), ALL)
    provider, _, rest = text.strip().partition(":")
    kind, colon, count = rest.partition(":")
    try:
        if provider not in known or (colon and not _COUNT.fullmatch(count)):
            raise ValueError
        number = int(count.removesuffix("%")) if count else None
        return provider, Fault(kind, percent=number) if count.endswith("%") else Fault(kind, number)
    except ValueError:
        raise ValueError(
            f'"{text}" is not a fault: write PROVIDER:KIND, PROVIDER:KIND:TIMES or PROVIDER:KIND:PERCENT%, '
            f"where PROVIDER is {_listed(known, 'or')} and KIND is {_listed(KINDS, 'or')}."
        ) from None


class FaultBoard:
    """Which fault each provider has now. What is left to chance is drawn for each provider apart, so the seed fixes
    what its first, second, third call meets."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._faults: dict[str, Fault] = {}
        self._draws: dict[str, Random] = {}

    def set(self, provider: str, fault: Fault | None) -> None:
        if fault is None:
            self._faults.pop(provider, None)
        else:
            self._faults[provider] = fault

    def current(self, provider: str) -> Fault | None:
        return self._faults.get(provider)

    def take(self, provider: str) -> str | None:
        """The kind that the call at hand meets; a counted fault has one less afterwards."""
        fault = self._faults.get(provider)
        if fault is None:
            return None
        if fault.times is not None:
            self.set(provider, replace(fault, times=fault.times - 1) if fault.times > 1 else None)
        draws = self._draws.setdefault(provider, Random(f"{self._seed}/{provider}"))
        met, kind = draws.randrange(100), draws.choice(tuple(FAULTS))
        if fault.percent is not None and met >= fault.percent:
            return None
        return kind if fault.kind == RANDOM else fault.kind


def _listed(names: Sequence[str], word: str) -> str:
    return f"{', '.join(names[:-1])} {word} {names[-1]}"
