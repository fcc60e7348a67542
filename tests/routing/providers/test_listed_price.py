"""Prices as lists of models state them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.providers.contract import ProviderConfig
from routing.providers.listed_price import listed_price
from routing.providers.listing import read_listing
from routing.registry.model import Model, Price, Step

REMOTE = ProviderConfig("far", "https://models.example.com/v1")


def test_openrouters_dollars_for_a_token() -> None:
    pricing = {
        "prompt": "0.00000125",
        "completion": "0.00001",
        "input_cache_read": "0.000000125",
        "input_cache_write": "0.0000015625",
        "web_search": "0.035",
        "overrides": [
            {"min_prompt_tokens": 200_000, "prompt": "0.0000025", "completion": "0.000015"},
            {"min_prompt_tokens": "many", "prompt": "1"},
        ],
    }
    assert listed_price(pricing, "server") == Price(
        1_250_000_000,
        10_000_000_000,
        125_000_000,
        "server",
        1_562_500_000,
        (Step(199_999, 2_500_000_000, 15_000_000_000, 125_000_000, 1_562_500_000),),
    )


def test_togethers_dollars_for_a_million() -> None:
    assert listed_price({"input": 0.88, "output": 0.9}, "server") == Price(880_000_000, 900_000_000, None, "server")


@pytest.mark.parametrize(
    "pricing",
    [
        None,
        "free",
        {},
        {"prompt": "-1", "completion": "-1"},
        {"prompt": "0.1"},
        {"prompt": "0.1", "completion": "a lot"},
        {"hourly": 4, "input": 0, "output": 0},
        {"input": -1, "output": 1},
        {"input": 1, "output": 1e300},
        {"prompt": "1", "completion": "9" * 5000},
        {"input": None, "output": 1},
    ],
)
def test_what_cannot_be_told_is_unknown_and_not_free(pricing: object) -> None:
    assert listed_price(pricing, "server") is None


def test_what_openrouter_gives_away_is_free() -> None:
    price = listed_price({"prompt": "0", "completion": "0"}, "server")
    assert price is not None
    assert price.free


KEYS = ["prompt", "completion", "input", "output", "input_cache_read", "overrides", "min_prompt_tokens"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)


@given(ANYTHING, st.integers(0, 10**6), st.integers(0, 10**6))
def test_whatever_is_written_no_call_costs_less_than_nothing(pricing: Any, given: int, taken: int) -> None:
    price = listed_price(pricing, "server")
    assert price is None or 0 <= price.of(given, taken) <= price.worst(given, taken)


def only(card: dict[str, Any], config: ProviderConfig = REMOTE) -> Model:
    (model,) = read_listing([card], config)
    return model


def test_the_sources_say_who_said_what() -> None:
    card = {"id": "gpt-4o", "context_length": 9_000, "pricing": {"prompt": "0.000001", "completion": "0.000002"}}
    model = only(card, ProviderConfig("openai", "https://api.openai.com/v1", region="eu"))
    assert dict(model.sources) == {
        "capabilities": "family",
        "context_window": "server",
        "determinism": "family",
        "first_token_s": "worked out",
        "local": "worked out",
        "max_output": "worked out",
        "price": "server",
        "quality": "worked out",
        "region": "config.yaml",
        "retention": "service",
        "tier": "family",
        "tokens_per_s": "worked out",
    }


def test_what_a_server_can_do_comes_from_all_who_know() -> None:
    assert only({"id": "gpt-4o", "supports_tools": True}).source_of("capabilities") == "server, family"
    assert only({"id": "gpt-4o", "supported_parameters": ["tools"]}).source_of("capabilities") == "server"
    assert only({"id": "gpt-4o", "supported_parameters": []}).capabilities == frozenset()


def test_openrouter_says_who_looks_through_answers() -> None:
    said = {True: "provider", False: "none", None: "unknown"}
    assert {flag: only({"id": "m", "top_provider": {"is_moderated": flag}}).moderation for flag in said} == said


def test_nothing_on_this_machine_was_shut_down_by_its_maker() -> None:
    here = only({"id": "gpt-3.5-turbo"}, ProviderConfig("here", "http://127.0.0.1:8080/v1"))
    assert (here.lifecycle, only({"id": "gpt-3.5-turbo"}).lifecycle) == ("managed", "deprecated")
