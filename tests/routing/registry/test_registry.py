"""The registry: families by name, the user's words over all others, and a hash that order cannot change."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ConfigurationError
from routing.registry.families import complete, family_of, load_families, tier_of
from routing.registry.loading import build_registry, load_registry
from routing.registry.model import Model, Price
from routing.registry.prices import list_terms


def a_model(name: str = "m", **fields: Any) -> Model:
    return Model(f"p/{name}", "p", name, **({"tier": "small"} | fields))


def overrides(folder: Path, text: str) -> Path:
    path = folder / "models.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    path = overrides(folder, text)
    with pytest.raises(ConfigurationError) as caught:
        load_registry([a_model()], path)
    return str(caught.value).replace(str(path), "FILE").splitlines()


# ---------------------------------------------------------------- families
@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("llama3.2:3b", "small"),
        ("qwen2.5-coder:7b-instruct-q4_K_M", "small"),
        ("gemma-2-9b-it", "small"),
        ("gemma-3n-e4b", "small"),
        ("smollm-135m", "small"),
        ("qwen3-30b-a3b", "mid"),
        ("mixtral-8x7b", "large"),
        ("llama-3.3-70b-versatile", "large"),
        ("gpt-4o-mini-2024-07-18", "small"),
        ("openai/gpt-4o", "mid"),
        ("gpt-5", "large"),
        ("gpt-5-nano", "small"),
        ("claude-3-5-haiku-latest", "small"),
        ("anthropic/claude-sonnet-4.5", "mid"),
        ("claude-opus-4-1", "large"),
        ("models/gemini-2.5-flash-lite", "small"),
        ("gemini-2.5-flash", "mid"),
        ("gemini-2.5-pro", "large"),
        ("some-mini", "small"),
        ("gemini-unheard-of", "mid"),
        ("some-ultra", "large"),
        ("nothing-known", "mid"),
    ],
)
def test_tiers_by_name(name: str, tier: str) -> None:
    assert complete(name, {}, {})["tier"] == tier


def test_the_number_of_parameters_counts_more_than_the_name() -> None:
    assert tier_of("some-mini", 70e9) == "large"
    assert tier_of("tiny-7b", 8e9) == "small"


def test_what_is_stated_counts_most_and_lists_least() -> None:
    assert complete("gpt-4o", {"context_window": 1, "region": "us"}, {"tier": "small"}) == {
        **complete("gpt-4o", {}, {"tier": "small"}),
        "region": "us",
    }
    assert complete("unheard", {"context_window": 1}, {})["context_window"] == 1


@pytest.mark.parametrize("name", ["text-embedding-3-large", "tts-1-hd", "dall-e-3", "gemini-embedding-001"])
def test_models_that_do_not_chat_are_known(name: str) -> None:
    family = family_of(name)
    assert family is not None
    assert not family.chat


def test_no_family_stands_behind_one_that_hides_it() -> None:
    families = load_families()
    for at, family in enumerate(families):
        for glob in family.match:
            name = glob.replace("*", "")
            reached = family_of(name)
            assert reached is not None
            assert families.index(reached) <= at, glob
    assert all(any(family_of(glob.replace("*", "")) is family for glob in family.match) for family in families)


# ---------------------------------------------------------------- prices
def test_list_prices_are_nano_dollars() -> None:
    terms = list_terms("gpt-4o-mini", "https://api.openai.com/v1")
    price = terms["price"]
    assert isinstance(price, Price)
    assert (price.input_nusd_per_mtok, price.output_nusd_per_mtok) == (150_000_000, 600_000_000)
    assert price.source == "genai-prices"
    assert list_terms("never-heard-of", "https://api.openai.com/v1") == {}
    assert list_terms("gpt-4o-mini", "https://models.example.com/v1") == {}


def test_of_prices_in_steps_or_by_the_hour_the_dearest_counts() -> None:
    from genai_prices.data_snapshot import get_snapshot

    snapshot, hourly = get_snapshot(), list_terms("deepseek-chat", "https://api.deepseek.com/v1")["price"]
    _, info = snapshot.find_provider_model("deepseek-chat", None, "deepseek", None)
    variants = info.prices if isinstance(info.prices, list) else []
    assert len(variants) > 1
    assert hourly.input_nusd_per_mtok == max(int(v.prices.input_mtok * 10**9) for v in variants)
    stepped = list_terms("gemini-2.5-pro", "https://generativelanguage.googleapis.com/v1beta/openai")["price"]
    _, info = snapshot.find_provider_model("gemini-2.5-pro", None, "google", None)
    assert stepped.input_nusd_per_mtok > int(info.prices.input_mtok.base * 10**9)


def test_the_registry_loads_neither_prices_nor_the_network() -> None:
    code = "import sys, routing.registry.loading, routing.providers.discovery; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"genai_prices", "httpx", "pydantic", "keyring"} & set(loaded)


# ---------------------------------------------------------------- loading
@given(st.permutations([a_model(name, context_window=size) for name, size in [("a", 1), ("b", 2), ("a", 3), ("c", 4)]]))
def test_order_changes_nothing(models: list[Model]) -> None:
    registry = build_registry(models)
    assert registry == build_registry(reversed(models))
    assert [model.id for model in registry.models] == ["p/a", "p/b", "p/c"]
    assert len(registry.hash) == 12


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Model)])
def test_the_hash_knows_every_field(field: str) -> None:
    other: dict[str, Any] = {
        "price": Price(1, 2), "capabilities": frozenset({"tools"}), "local": True, "simulated": True,
        "context_window": 1, "max_output": 1, "quality": 0.1, "first_token_s": 9.0, "tokens_per_s": 9.0,
    }  # fmt: skip
    changed = dataclasses.replace(a_model(), **{field: other.get(field, "other")})
    assert build_registry([changed]).hash != build_registry([a_model()]).hash


def test_the_hash_is_the_same_in_every_process() -> None:
    code = (
        "from routing.registry.loading import build_registry; from routing.registry.model import Model;"
        "print(build_registry([Model('p/m','p','m','small',frozenset({'tools','json','vision'}))]).hash)"
    )
    seeds = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3])},
        ).stdout
        for seed in ("1", "2")
    ]
    assert seeds[0] == seeds[1]


def test_the_users_words_win_and_later_ones_most(tmp_path: Path) -> None:
    path = overrides(
        tmp_path,
        'models:\n  "p/*": {tier: mid, context_window: 99}\n  p/m:\n    tier: large\n    capabilities: [tools]\n'
        "    price: {input_usd_per_mtok: 0.5, output_usd_per_mtok: 1.5}\n",
    )
    registry = load_registry([a_model(), a_model("n")], path)
    m, n = registry.get("p/m"), registry.get("p/n")
    assert m == a_model(
        tier="large",
        context_window=99,
        capabilities=frozenset({"tools"}),
        price=Price(500_000_000, 1_500_000_000, None, "your models.yaml"),
    )
    assert n == a_model("n", tier="mid", context_window=99)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "models:\n"])
def test_an_empty_file_changes_nothing(tmp_path: Path, text: str) -> None:
    assert load_registry([a_model()], overrides(tmp_path, text)) == build_registry([a_model()])
    assert load_registry([a_model()], tmp_path / "nowhere.yaml") == build_registry([a_model()])


def test_every_mistake_is_said_with_its_line_and_what_to_write(tmp_path: Path) -> None:
    text = (
        "model: {}\nmodels:\n  p/m:\n    tier: smal\n    capabilites: [json]\n    capabilities: [tool]\n"
        "    quality: 1.7\n    context_window: -1\n    local: perhaps\n"
        "    price:\n      input_usd_per_mtok: -1\n  p/n: 7\n"
    )
    said = problems(tmp_path, text)
    for line, part in [
        (1, "write 'models'"),
        (4, "write 'small'"),
        (5, "write 'capabilities'"),
        (6, "write 'tools'"),
        (7, "write a number between 0 and 1"),
        (8, "write a whole number above 0"),
        (9, "write true or false"),
        (11, "write dollars, 0 or more"),
        (12, "must hold fields"),
    ]:
        assert any(problem.startswith(f"FILE:{line}: ") and part in problem for problem in said), (line, said)
    assert len(said) == 9


@pytest.mark.parametrize(
    "text", ["models: [", "models: 7", "[]", "models: {p/m: {price: 3}}", "models: {a: {tier: 1}}"]
)
def test_a_file_that_cannot_be_used_is_said(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)[0].startswith("FILE:1: ")


def test_a_file_that_is_not_text_is_said(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_registry([], path)


def test_terms_are_plain_enough_to_be_stored() -> None:
    registry = build_registry([a_model(price=Price(1, 2))])
    assert json.dumps(dataclasses.asdict(registry.models[0]) | {"capabilities": []})
