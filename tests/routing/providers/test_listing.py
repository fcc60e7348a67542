"""From the answer to `GET /models` to models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ProviderError
from routing.providers.contract import ProviderConfig
from routing.providers.dialects.openai import cards
from routing.providers.http import HttpProvider
from routing.providers.known import only_model
from routing.providers.listing import read_listing
from routing.registry.model import FREE, Model, Price

WIRE = Path(__file__).parents[2] / "wire" / "openai"
LOCAL = ProviderConfig("here", "http://localhost:8080/v1")
REMOTE = ProviderConfig("there", "https://models.example.com/v1", region="eu")


def models(*listed: dict[str, Any], config: ProviderConfig = REMOTE) -> list[Model]:
    return list(read_listing(listed, config))


def test_llama_cpp_tells_its_window_and_its_size() -> None:
    (model,) = read_listing(cards(json.loads((WIRE / "llamacpp-models.json").read_bytes())), LOCAL)
    assert (model.id, model.tier, model.context_window, model.local) == ("here/tiny-sure", "small", 512, True)
    assert model.max_output == 128
    assert "logprobs" in model.capabilities
    assert model.price == FREE


def test_openrouter_tells_prices_windows_and_what_each_can_do() -> None:
    router = ProviderConfig("openrouter", "https://openrouter.ai/api/v1")
    mini, auto = read_listing(cards(json.loads((WIRE / "openrouter-models.json").read_bytes())), router)
    assert mini.name == "openai/gpt-4o-mini"
    assert mini.price == Price(150_000_000, 600_000_000, 75_000_000, "server")
    assert (mini.context_window, mini.max_output, mini.tier) == (128_000, 16_384, "small")
    assert mini.capabilities == {"tools", "json", "json_schema", "logprobs", "vision"}
    assert not mini.local
    assert auto.price is None


def test_lm_studio_tells_kinds_and_windows_at_its_own_address() -> None:
    sees, loaded = read_listing(cards(json.loads((WIRE / "lmstudio-models.json").read_bytes())), LOCAL)
    assert (sees.name, sees.context_window, "vision" in sees.capabilities) == ("qwen2-vl-7b-instruct", 32768, True)
    assert loaded.context_window == 4096
    (able,) = models({"id": "nobody-knows-it", "capabilities": ["tool_use"]})
    assert able.capabilities == {"tools"}


def test_azure_lists_all_that_it_has_and_only_what_chats_is_kept() -> None:
    azure = ProviderConfig("azure", "https://x.openai.azure.com/openai/v1")
    (model,) = read_listing(cards(json.loads((WIRE / "azure-models.json").read_bytes())), azure)
    assert model.name == "gpt-4o-mini-2024-07-18"


@pytest.mark.parametrize(
    ("base_url", "deployment"),
    [
        ("https://x.openai.azure.com/openai/deployments/my%20gpt?api-version=1", "my gpt"),
        ("https://x.openai.azure.com/openai/deployments/d/", "d"),
        ("https://x.openai.azure.com/openai/v1", None),
        ("https://gateway.example.com/openai/deployments/d", None),
        ("http://[x.openai.azure.com", None),
    ],
)
def test_an_azure_deployment_is_one_model(base_url: str, deployment: str | None) -> None:
    assert only_model(base_url) == deployment


async def test_an_azure_deployment_is_listed_without_a_question() -> None:
    url = "https://x.openai.azure.com/openai/deployments/gpt-4o-mini?api-version=2024-10-21"
    provider = HttpProvider(ProviderConfig("azure", url))
    (model,) = await provider.list_models()
    assert (model.id, model.tier) == ("azure/gpt-4o-mini", "small")


@pytest.mark.parametrize(
    ("card", "window"),
    [
        ({"max_model_len": 32768}, 32768),
        ({"context_window": 131072, "max_completion_tokens": 9}, 131072),
        ({"max_context_length": 65536, "loaded_context_length": 4096}, 4096),
        ({"max_model_len": "much"}, Model("a", "a", "a", "mid").context_window),
        ({"max_model_len": 10**400, "meta": {"n_params": 10**400}}, Model("a", "a", "a", "mid").context_window),
        ({"owned_by": "library"}, 4096),
    ],
)
def test_windows_as_each_server_names_them(card: dict[str, Any], window: int) -> None:
    (model,) = models({"id": "some-thing"} | card)
    assert model.context_window == window


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("models.localhost", True),
        ("127.8.9.1:80", True),
        ("[::1]:8080", True),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("192.168.1.20", False),
        ("0.0.0.0", False),
    ],
)
def test_only_what_never_leaves_this_machine_is_local_and_free(host: str, here: bool) -> None:
    (model,) = models({"id": "some-thing"}, config=ProviderConfig("p", f"http://{host}/v1"))
    assert (model.local, model.price) == (here, FREE if here else None)


def test_together_sends_a_bare_list_with_dollars_for_a_million() -> None:
    card = {"id": "org/Some-70B", "type": "chat", "pricing": {"input": 0.88, "output": 0.9}}
    (model,) = read_listing([card, {"id": "org/e", "type": "embedding"}], REMOTE)
    assert model.price == Price(880_000_000, 900_000_000, None, "server")
    assert (model.tier, model.region) == ("large", "eu")


def test_prices_of_known_services_come_from_the_price_list() -> None:
    (model,) = models({"id": "gpt-4o-mini"}, config=ProviderConfig("openai", "https://api.openai.com/v1"))
    assert model.price is not None
    assert model.price.source == "genai-prices"
    assert 0 < model.price.input_nusd_per_mtok < model.price.output_nusd_per_mtok
    assert (model.context_window, model.determinism) == (128_000, "seed")


def test_an_unknown_price_is_unknown() -> None:
    (model,) = models({"id": "never-heard-of"})
    assert model.price is None


def test_a_server_may_state_the_fields_of_the_registry() -> None:
    stated = {
        "tier": "large",
        "context_window": 1000,
        "max_output": 100,
        "capabilities": ["tools"],
        "local": False,
        "price": {"input_usd_per_mtok": 0.1, "output_usd_per_mtok": 0.4},
        "region": "us",
        "determinism": "strong",
        "retention": "none",
        "lifecycle": "experimental",
        "quality": 0.9,
        "first_token_s": 0.2,
        "tokens_per_s": 9,
        "simulated": True,
        "nonsense": 1,
    }
    (model,) = models({"id": "handcar-embed", "pointsman": stated}, config=LOCAL)
    assert replace(model, sources=()) == Model(
        "here/handcar-embed",
        "here",
        "handcar-embed",
        "large",
        frozenset({"tools"}),
        1000,
        100,
        Price(100_000_000, 400_000_000, None, "server"),
        "us",
        "strong",
        "none",
        lifecycle="experimental",
        local=False,
        simulated=True,
        quality=0.9,
        first_token_s=0.2,
        tokens_per_s=9.0,
    )


def test_a_distant_server_cannot_claim_to_be_local_or_simulated() -> None:
    (model,) = models({"id": "m", "pointsman": {"local": True, "simulated": True}})
    assert not model.local
    assert not model.simulated


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"])
def test_what_runs_here_is_local_and_free(host: str) -> None:
    (model,) = models({"id": "m"}, config=ProviderConfig("p", f"http://{host}:1/v1"))
    assert (model.local, model.price) == (True, FREE)


@pytest.mark.parametrize("host", ["localhost.example.com", "192.168.1.9", "10.0.0.1", "127.0.0.1.example.com"])
def test_what_runs_elsewhere_is_neither(host: str) -> None:
    (model,) = models({"id": "m"}, config=ProviderConfig("p", f"http://{host}:1/v1"))
    assert (model.local, model.price) == (False, None)


@pytest.mark.parametrize(
    "card",
    [
        {"id": "text-embedding-3-small"},
        {"id": "whisper-1"},
        {"id": "gpt-image-1"},
        {"id": "x", "type": "rerank"},
        {"id": "x", "supports_chat": False},
        {"id": "x", "capabilities": {"completion_chat": False}},
        {"id": "x", "architecture": {"output_modalities": ["image"]}},
        {"id": ""},
        {"name": "no id"},
    ],
)
def test_what_does_not_chat_is_not_listed(card: dict[str, Any]) -> None:
    assert models(card) == []


def test_gemini_names_lose_their_folder_and_twins_their_second() -> None:
    assert [model.name for model in models({"id": "models/gemini-2.5-flash"}, {"id": "gemini-2.5-flash"})] == [
        "gemini-2.5-flash"
    ]


@pytest.mark.parametrize("listing", [None, {}, {"data": {}}, "x", 7])
def test_what_is_no_list_is_said(listing: object) -> None:
    with pytest.raises(ProviderError, match="its list of models is not one"):
        cards(listing)


CARD_KEYS = [
    "meta",
    "pricing",
    "top_provider",
    "architecture",
    "capabilities",
    "supported_parameters",
    "pointsman",
    "type",
    "owned_by",
    "prompt",
    "completion",
    "n_ctx",
    "max_model_len",
    "input_modalities",
    "price",
    "output_modalities",
    "n_params",
    "local",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(CARD_KEYS), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(CARD_KEYS), ANYTHING), st.sampled_from([LOCAL, REMOTE]))
def test_no_card_breaks_the_list(card: dict[str, Any], config: ProviderConfig) -> None:
    for model in models(card | {"id": "m"}, config=config):
        assert model.id.endswith("/m")
        assert model.context_window > 0
        assert model.max_output > 0
