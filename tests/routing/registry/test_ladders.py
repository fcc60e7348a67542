"""Ready ladders: filled from what is there, the newest of each family, and nothing twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.providers.contract import ProviderConfig
from routing.providers.listing import read_listing
from routing.registry.ladders import narrow, propose
from routing.registry.model import Model, Price
from routing.registry.terms import TIERS

CHEAP = {"prompt": "0.0000001", "completion": "0.0000004"}
USUAL = {"prompt": "0.000001", "completion": "0.000004"}
DEAR = {"prompt": "0.00002", "completion": "0.0001"}
ABLE = ["tools", "response_format", "structured_outputs"]


def listed(provider: str, base_url: str, *names: str, **card: Any) -> list[Model]:
    return list(read_listing([{"id": name, **card} for name in names], ProviderConfig(provider, base_url)))


def catalogue(*cards: dict[str, Any]) -> dict[str, str]:
    """Tier by name, of OpenRouter's list."""
    full = [{"pricing": USUAL, "supported_parameters": ABLE} | card for card in cards]
    models = read_listing(full, ProviderConfig("openrouter", "https://openrouter.ai/api/v1"))
    return {model.name: model.tier for model in models}


OPENAI = listed(
    "openai",
    "https://api.openai.com/v1",
    "gpt-4o",
    "gpt-4o-2024-08-06",
    "gpt-4o-mini",
    "gpt-4-turbo",
    "gpt-5.4-mini",
    "gpt-5.5",
    "gpt-5.5-pro",
    "gpt-5.1-codex",
    "gpt-6-luna",
    "gpt-6.1-terra",
    "gpt-6.1-sol",
    "gpt-6-sol",
    "gpt-6-astra",
    "text-embedding-3-large",
)
ANTHROPIC = listed(
    "anthropic",
    "https://api.anthropic.com",
    "claude-haiku-4-5-20251001",
    "claude-haiku-5-5",
    "claude-sonnet-5-5",
    "claude-sonnet-4-5",
    "claude-opus-5-5",
    "claude-3-opus-20240229",
    "claude-fable-5",
)
LOCAL = listed("ollama", "http://127.0.0.1:11434/v1", "qwen3:4b", "gpt-oss:20b", "qwen3:32b", "llama3.3:70b")
MANY = listed("shelf", "http://127.0.0.1:11434/v1", *(f"house-{size}b" for size in range(1, 10)))
PLAIN = listed("office", "https://models.example.com/v1", "house-7b", "house-70b")


def test_known_families_stand_newest_first() -> None:
    proposal = propose([*OPENAI, *ANTHROPIC])
    assert dict(proposal.tiers) == {
        "small": (
            "anthropic/claude-haiku-5-5",
            "openai/gpt-6-luna",
            "anthropic/claude-haiku-4-5-20251001",
            "openai/gpt-5.4-mini",
        ),
        "mid": (
            "anthropic/claude-sonnet-5-5",
            "openai/gpt-6.1-terra",
            "anthropic/claude-sonnet-4-5",
            "openai/gpt-4o",
        ),
        "large": ("anthropic/claude-opus-5-5", "openai/gpt-6.1-sol", "openai/gpt-6-sol"),
    }
    assert proposal.why == "Claude as Haiku, Sonnet and Opus; GPT as nano and mini, full, and reasoning."


def test_this_machines_models_stand_by_size() -> None:
    proposal = propose(LOCAL)
    assert dict(proposal.tiers) == {
        "small": ("ollama/gpt-oss:20b", "ollama/qwen3:4b"),
        "mid": ("ollama/qwen3:32b",),
        "large": ("ollama/llama3.3:70b",),
    }
    assert proposal.why == "This machine's models by size."


def test_a_server_without_known_families_stands_by_size_and_name() -> None:
    proposal = propose(PLAIN)
    assert dict(proposal.tiers) == {"small": ("office/house-7b",), "large": ("office/house-70b",)}


def test_nothing_there_is_said() -> None:
    assert propose([]) == propose(listed("p", "https://api.openai.com/v1", "gpt-4-turbo"))
    assert propose([]).tiers == ()
    assert propose([]).why.endswith(".")


def test_of_a_catalogue_few_models_stand_on_a_tier() -> None:
    tiers = catalogue(
        {"id": "anthropic/claude-sonnet-5.5"},
        {"id": "anthropic/claude-sonnet-4.5"},
        {"id": "anthropic/claude-opus-5.5", "pricing": DEAR},
        {"id": "openai/gpt-6-luna", "pricing": CHEAP},
        {"id": "openai/gpt-6-luna:free", "pricing": CHEAP},
        {"id": "~google/gemini-flash-latest"},
        {"id": "google/gemini-3.8-flash", "supported_parameters": ["tools"]},
        {"id": "google/gemini-3.7-flash"},
        {"id": "nobody/claude-haiku-77", "pricing": {"prompt": "-1", "completion": "-1"}},
        {"id": "obscure/thing-70b"},
    )
    assert {name: tier for name, tier in tiers.items() if tier != "unranked"} == {
        "anthropic/claude-sonnet-5.5": "mid",
        "openai/gpt-6-luna": "small",
        "google/gemini-3.7-flash": "mid",
    }
    assert len(tiers) == 10


def test_a_catalogue_fills_a_tier_with_four_at_most() -> None:
    names = (
        "anthropic/claude-sonnet-5.5",
        "openai/gpt-6.1-terra",
        "openai/gpt-oss-120b",
        "google/gemini-3.8-flash",
        "mistralai/mistral-medium-3",
        "deepseek/deepseek-v4-flash",
        "x-ai/grok-4-fast",
    )
    tiers = catalogue(*({"id": name} for name in names))
    assert sorted(tiers.values()).count("mid") == 4


def test_the_tier_says_that_a_ladder_chose_it() -> None:
    price = Price(1, 1)
    model = Model("p/claude-haiku-9", "p", "claude-haiku-9", "mid", frozenset({"tools", "json"}), price=price)
    (one,) = narrow([model.stated("server", context_window=9)])
    assert (one.tier, one.source_of("tier")) == ("small", "ladder")
    assert (one.context_window, one.source_of("context_window")) == (9, "server")


EVERY = [*OPENAI, *ANTHROPIC, *LOCAL, *MANY, *PLAIN]


@given(st.lists(st.sampled_from(EVERY)), st.randoms(use_true_random=False))
def test_order_changes_nothing_and_nothing_is_invented_or_said_twice(models: list[Model], random: Any) -> None:
    proposal = propose(models)
    shuffled = list(models)
    random.shuffle(shuffled)
    assert propose(shuffled) == proposal
    ids = [model_id for _, members in proposal.tiers for model_id in members]
    assert len(ids) == len(set(ids))
    assert set(ids) <= {model.id for model in models}
    assert [tier for tier, _ in proposal.tiers] == [tier for tier in TIERS if tier in dict(proposal.tiers)]
    assert all(members for _, members in proposal.tiers)
    of = Counter((tier, model_id.split("/")[0]) for tier, members in proposal.tiers for model_id in members)
    assert max(of.values(), default=0) <= 4


@given(
    st.lists(st.sampled_from(EVERY), unique=True).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some)))
)
def test_a_catalogue_is_narrowed_alike_in_any_order(lists: tuple[list[Model], list[Model]]) -> None:
    one, other = lists
    assert [model.id for model in narrow(one)] == [model.id for model in one]
    assert {model.id: model for model in narrow(one)} == {model.id: model for model in narrow(other)}


@pytest.mark.parametrize("model", EVERY, ids=lambda model: str(model.id))
def test_what_is_on_no_tier_or_shut_down_is_not_proposed(model: Model) -> None:
    assert propose([model.stated("test", lifecycle="deprecated")]).tiers == ()
    assert propose([model.stated("test", tier="unranked")]).tiers == ()
