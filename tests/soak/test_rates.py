"""How often each profile escalates on the simulated providers, over plain prompts, with and without logprobs.

Many of these prompts are beyond the simulated small models, which answer them badly: that is what logprobs tell.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from app.settings import Paths
from routing import events as ev
from routing.budget.caps import Caps
from routing.clock import SystemClock
from routing.ledger.journal import Journal
from routing.ledger.store import Store
from routing.messages import ask
from routing.policy.folders import profiles
from routing.policy.loading import load_policy
from routing.providers.contract import ProviderConfig
from routing.providers.http import HttpProvider
from routing.registry.loading import load_registry
from routing.router import Router
from routing.setup import Setup
from routing.simulator import Simulator, load_offers
from tests.soak.world import ROOT

PLAIN = yaml.safe_load((ROOT / "tests/routing/confidence/plain.yaml").read_text("utf-8"))[:100]


async def escalated(store: Store, profile: str, *, logprobs: bool) -> int:
    """How many of the plain prompts more than one rung was asked for."""
    offers = [
        offer if logprobs else replace(offer, capabilities=tuple(c for c in offer.capabilities if c != "logprobs"))
        for offer in load_offers()
    ]
    documents = Paths(Path(), Path()).documents
    async with Simulator(speed=0, documents=documents, offers=offers) as simulator:
        configs = [ProviderConfig(one["name"], one["base_url"], simulated=True) for one in simulator.providers()]
        providers = {config.name: HttpProvider(config, lambda: None) for config in configs}
        models = [model for provider in providers.values() for model in await provider.list_models()]
        policy = replace(load_policy(profiles()[profile]), day_cap_nusd=None)
        setup = Setup(
            {profile: policy},
            load_registry(models, None),
            providers,
            Caps(),
            lambda error, _: str(error),
            default_profile=profile,
        )
        router = Router(Journal(store, f"{profile}-{logprobs}"), setup, SystemClock(), random.Random(1))
        count = 0
        for pair in PLAIN:
            events = [event async for event in router.send(ask(pair["ask"], chat_id="c1"))]
            measured = [event for event in events if isinstance(event, ev.ConfidenceMeasured)]
            assert any("logprob" in part.name for event in measured for part in event.parts) == logprobs
            count += any(isinstance(event, ev.Escalated) for event in events)
        await router.aclose()
    return count


@pytest.mark.soak
@pytest.mark.parametrize("profile", profiles())
async def test_escalation_on_simulated_providers(
    tmp_path: Path, profile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "ledger.db")
    with_logprobs = await escalated(store, profile, logprobs=True)
    without = await escalated(store, profile, logprobs=False)
    store.close()
    with capsys.disabled():
        print(f"\n{profile}: of {len(PLAIN)} plain prompts {with_logprobs} escalated with logprobs, {without} without")
    assert without <= with_logprobs
