"""Whether spend is slowed and which routes are frozen, from looks at the ledger that no turn waits for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial

from routing.budget.caps import Caps, day_cap_nusd
from routing.budget.pace import PastDays
from routing.budget.success import Evidence, weighed
from routing.budget.throttle import LOOK_S, Throttle, faded, read, throttled
from routing.clock import Clock, local_day
from routing.errors import StorageError
from routing.ledger.journal import Journal
from routing.ledger.raising import read_raised
from routing.ledger.spending import OUTCOMES, read_pace, read_past_days, read_route_outcomes
from routing.policy.model import Policy

_Version = tuple[str, str]
"""A profile's hash and one of its routes."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A route that climbs no more, with what its successes cost, and over how many turns."""

    route: str
    success_nusd: int
    ceiling_nusd: int
    turns: int


@dataclass(frozen=True, slots=True)
class Paced:
    """What holds for a turn that begins now."""

    throttle: Throttle = field(default_factory=Throttle)
    frozen: tuple[Frozen, ...] = ()


@dataclass(slots=True)
class _Money:
    """What is known of one kind of money."""

    throttle: Throttle = field(default_factory=Throttle)
    evidence: dict[_Version, Evidence] = field(default_factory=dict)
    days: PastDays = ()
    days_of: str = ""
    looked_s: float | None = None
    told_step: int = 0
    told_frozen: set[_Version] = field(default_factory=set)


class Pacing:
    """The last look's result for each kind of money, and the next look. Steps belong to this run of the program;
    frozen routes follow from the ledger alone."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._monies = {False: _Money(), True: _Money()}
        self._looking: asyncio.Task[None] | None = None

    def now(self, policy: Policy, simulated: bool) -> Paced:
        """What the last look found, for this profile and kind of money."""
        money = self._monies[simulated]
        frozen = []
        for route in policy.routes:
            evidence = money.evidence.get((policy.hash, route.name))
            if evidence is not None and evidence.frozen and route.success_nusd is not None:
                frozen.append(Frozen(route.name, evidence.success_nusd, route.success_nusd, evidence.turns))
        throttle = faded(money.throttle, self._clock.monotonic()) if policy.throttle else Throttle()
        return Paced(throttle, tuple(frozen))

    def news(self, paced: Paced, policy: Policy, simulated: bool) -> tuple[Throttle | None, tuple[Frozen, ...]]:
        """What of it no turn was told yet: the throttle where its step has changed, and routes that are newly frozen.
        From now on they count as told."""
        money = self._monies[simulated]
        new = tuple(one for one in paced.frozen if (policy.hash, one.route) not in money.told_frozen)
        money.told_frozen.update((policy.hash, one.route) for one in new)
        changed = paced.throttle.step != money.told_step
        money.told_step = paced.throttle.step
        return (paced.throttle if changed else None), new

    def refresh_soon(self, policy: Policy, caps: Caps, simulated: bool) -> None:
        """Look again, in a task and off the event loop, unless the last look was less than a minute ago or there is
        nothing to look for."""
        money, now_s = self._monies[simulated], self._clock.monotonic()
        running = self._looking is not None and not self._looking.done()
        recent = money.looked_s is not None and 0 <= now_s - money.looked_s < LOOK_S
        wanted = policy.throttle or any(route.success_nusd for route in policy.routes)
        if wanted and not running and not recent:
            money.looked_s = now_s
            self._looking = asyncio.create_task(self._look(policy, caps, simulated), name="pacing")

    async def settled(self) -> None:
        """Until the look that is under way has ended."""
        if self._looking is not None:
            await asyncio.wait([self._looking])

    async def _look(self, policy: Policy, caps: Caps, simulated: bool) -> None:
        try:
            if policy.throttle:
                await self._look_at_pace(policy, caps, simulated)
            for route in policy.routes:
                if route.success_nusd:
                    await self._look_at_route(policy, route.name, route.success_nusd, simulated)
        except StorageError:
            pass  # a ledger that cannot be read stops the next turn, which says so; until then the last look counts

    async def _look_at_pace(self, policy: Policy, caps: Caps, simulated: bool) -> None:
        money, wall_s = self._monies[simulated], self._clock.wall()
        today, read_later = local_day(wall_s), self._journal.store.read_later
        if money.days_of != today:
            money.days = await read_later(lambda db: read_past_days(db, wall_s, simulated))
            money.days_of = today
        pace = await read_later(lambda db: read_pace(db, wall_s, simulated, money.days))
        raised = await read_later(lambda db: read_raised(db, today))
        reading = read(pace, day_cap_nusd(caps, policy, simulated, raised[simulated]))
        money.throttle = throttled(money.throttle, reading, self._clock.monotonic())

    async def _look_at_route(self, policy: Policy, route: str, ceiling_nusd: int, simulated: bool) -> None:
        """All turns since the profile is what it is, some at a time; those that were seen are not read again."""
        evidence, version = self._monies[simulated].evidence, (policy.hash, route)
        found = evidence.get(version, Evidence())
        while not found.frozen:
            reading = partial(
                read_route_outcomes, policy_hash=policy.hash, route=route, simulated=simulated, after=found.last
            )
            outcomes = await self._journal.store.read_later(reading)
            evidence[version] = found = weighed(found, outcomes, ceiling_nusd)
            if len(outcomes) < OUTCOMES:
                break
