"""Faults that a simulated provider can be given while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind out of FAULTS; `times` calls meet it, or every call when it is None."""

    kind: str
    times: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f'there is no fault "{self.kind}"; there are {_listed(tuple(FAULTS), "and")}.')
        if self.times is not None and self.times < 1:
            raise ValueError(f"a fault happens at least once, not {self.times} times.")


def parse_fault(text: str, providers: Sequence[str] | None = None) -> tuple[str, Fault]:
    """Read `PROVIDER:KIND` or `PROVIDER:KIND:TIMES`; the provider may be `all`.

    Raises ValueError with one sentence that lists what exists.
    """
    known = (*(providers or provider_names()), ALL)
    provider, _, rest = text.strip().partition(":")
    kind, _, times = rest.partition(":")
    counted = not times or (times.isascii() and times.isdigit() and int(times) > 0)
    if provider not in known or kind not in FAULTS or not counted or rest.endswith(":"):
        raise ValueError(
            f'"{text}" is not a fault: write PROVIDER:KIND or PROVIDER:KIND:TIMES, '
            f"where PROVIDER is {_listed(known, 'or')} and KIND is {_listed(tuple(FAULTS), 'or')}."
        )
    return provider, Fault(kind, int(times) if times else None)


class FaultBoard:
    """Which fault each provider has now."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

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
            self.set(provider, Fault(fault.kind, fault.times - 1) if fault.times > 1 else None)
        return fault.kind


def _listed(names: Sequence[str], word: str) -> str:
    return f"{', '.join(names[:-1])} {word} {names[-1]}"
