"""Break a simulated provider, live: every fault happens on the socket, as it would for real."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.panels.draw import line
from app.screens.picker import Choice, Picker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MEANS = {
    "refuse": "the port is closed",
    "401": "the key is refused",
    "429": "too many requests, with a wait",
    "500": "an error of its own",
    "403": "the key may not use the model",
    "quota": "the account is out of credit",
    "overloaded": "no capacity just now",
    "slow": "the first token takes long",
    "stall": "goes silent in mid-stream",
    "cut": "the connection breaks in mid-stream",
    "garbage": "the stream is not what it should be",
    "error": "the stream tells of an error",
    "empty": "an answer without content",
    "filter": "the answer is withheld half way",
}


class FaultsScreen(Picker[str]):
    """Ends with `PROVIDER:KIND`, or `PROVIDER:` to mend it."""

    def __init__(self, providers: Sequence[str], kinds: Sequence[str], now: Mapping[str, str]) -> None:
        choices = [
            Choice(f"{provider}:", (line((f"{provider}: mend", "good"), f"  now {now[provider]}"),), f"{provider} mend")
            for provider in providers
            if now.get(provider)
        ]
        choices += [
            Choice(
                f"{provider}:{kind}",
                (line((f"{provider}:{kind}", "strong"), (f"  {_MEANS.get(kind, '')}", "muted")),),
                f"{provider}:{kind} {_MEANS.get(kind, '')}",
            )
            for provider in (*providers, "all")
            for kind in kinds
        ]
        super().__init__("Faults of the simulated providers", choices)
