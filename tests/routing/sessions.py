"""Generated sessions: what providers do, what the policy allows and what money there is, all from one seed.

Caps are small multiples of what one call reserves, and most calls cost just that, so that exact fits are common.
"""

from __future__ import annotations

from random import Random
from typing import Any

from routing.budget.caps import Caps
from routing.messages import FinishChunk, Request, TextChunk, Usage, UsageChunk, ask
from routing.policy.model import ClassCap, Hedging, Policy, PremiumShare, ProfileCaps
from tests.fakes import DOLLAR, USAGE, Script, Wait, a_model, a_policy, a_route, a_rung, fails, says

MODELS = ("north/small", "south/small", "north/mid", "south/mid", "north/large", "south/large", "home/local")
TROUBLE = ("server_error", "overloaded", "timeout", "connection", "rate_limit", "auth", "quota", "context_length")
TIERS = ("small", "mid", "large", "local")
HELLO = "Hello there, how are you?"
SMALL_NUSD = 206_400
"""What a call of a small model reserves for `HELLO`; the next tier is ten times as dear, the last one fifty times."""
ALL_OF_IT = Usage(16, 512, reported=True)
"""It costs exactly what was reserved."""


class Drawn:
    """One session: its providers' scripts, its policy and its caps, all from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.pick = self._random.choice
        self.models = tuple(
            a_model(name, first_token_s=0.01, simulated=name in simulated)
            for simulated in [self.pick([(), (), ("south/small", "south/mid")])]
            for name in sorted(self._random.sample(MODELS, self.pick([2, 5, 7])))
        )
        self.scripts = {model.id: [self.script() for _ in range(self.pick([1, 2, 5]))] for model in self.models}
        self.policy = self.a_policy()
        self.caps = Caps(self.sometimes(self.money()), self.sometimes(self.money()))

    def sometimes(self, value: Any) -> Any:
        return value if self._random.random() < 0.15 else None

    def money(self) -> int:
        return max(0, SMALL_NUSD * self.pick([0, 1, 2, 3, 10, 12, 20, 50, 60, 150]) + self.pick([0, 0, 0, -1, 1]))

    def script(self) -> Script:
        score = self.pick([0.2, 0.5, 0.5, 0.75, 0.95])
        good = says("All ", "is ", "well.", score=score, usage=self.pick([ALL_OF_IT, ALL_OF_IT, USAGE, None]))
        half = (TextChunk("Half of "),)
        return self.pick(
            [
                *[good] * 6,
                *[(Wait(self.pick([0.3, 3.0, 30.0])), *good)] * 2,
                fails(self.pick(TROUBLE)),
                fails(self.pick(TROUBLE), *half),
                fails("rate_limit", retry_after_s=self.pick([0.5, 90.0])),
                fails("malformed_stream", *half, Wait(1.0)),
                fails("content_filter", *self.pick([(), half])),
                (*half, UsageChunk(USAGE), FinishChunk("length", None)),
            ]
        )

    def a_policy(self) -> Policy:
        tiers = self.pick(
            [("small",), ("small", "mid"), ("small", "mid", "large"), ("mid", "large"), ("large", "small")]
        )
        rungs = [a_rung(tier, self.pick([0.6, 0.8])) for tier in tiers[:-1]] + [a_rung(tiers[-1])]
        route = a_route(
            *rungs,
            mode=self.pick(["cascade", "cascade", "premium_first"]),
            floor=self.pick([0.3, 0.6]),
            retries=self.pick([0, 1, 2]),
            broken=self.pick(["restart", "continue"]),
            cut=self.pick(["keep", "continue"]),
            declined=self.pick(["stop", "failover"]),
            day_nusd=self.sometimes(self.money()),
            success_nusd=self.sometimes(1_000),
        )
        return a_policy(
            route,
            request_credit_nusd=self.pick([self.money(), *[DOLLAR] * 5]),
            day_cap_nusd=self.sometimes(self.money()),
            hedging=self.pick([Hedging(0.0), Hedging(1.0, 0.2), Hedging(1.0, 2.0)]),
            caps=ProfileCaps(
                attempts=self.pick([1, 2, 3, 6, 6]),
                session_nusd=self.sometimes(self.money()),
                premium=self.sometimes(PremiumShare(self.pick([0.25, 0.5]), 0.25)),
                providers=tuple((name, self.money()) for name in ("north", "south") if self.sometimes(True)),
                classes=tuple(
                    ClassCap(
                        self.pick(["conversation", "faq"]),
                        self.money(),
                        *self.pick([(None, None), ("small", None), (None, "*mid")]),
                    )
                    for _ in range(self.pick([0, 0, 1, 2]))
                ),
            ),
        )

    def request(self) -> Request:
        return ask(HELLO, chat_id=self.pick(["c1", "c2"]))
