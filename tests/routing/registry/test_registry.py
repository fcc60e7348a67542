"""The registry: the user's words over all others, and a hash that order cannot change."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ConfigurationError
from routing.registry.loading import build_registry, load_registry
from routing.registry.model import Model, Price, Step
from routing.registry.terms import FIELDS


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
        "price": Price(1, 2),
        "capabilities": frozenset({"tools"}),
        "local": True,
        "simulated": True,
        "context_window": 1,
        "max_output": 1,
        "quality": 0.1,
        "first_token_s": 9.0,
        "tokens_per_s": 9.0,
    }
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
    said = ("capabilities", "context_window", "price", "tier")
    assert m == a_model(
        tier="large",
        context_window=99,
        capabilities=frozenset({"tools"}),
        price=Price(500_000_000, 1_500_000_000, None, "models.yaml"),
        sources=tuple((field, "models.yaml") for field in said),
    )
    sources = (("context_window", "models.yaml"), ("tier", "models.yaml"))
    assert n == a_model("n", tier="mid", context_window=99, sources=sources)


def test_what_nobody_changes_keeps_its_source(tmp_path: Path) -> None:
    listed = a_model(sources=(("context_window", "server"), ("tier", "family")))
    registry = load_registry([listed], overrides(tmp_path, "models: {p/m: {tier: mid}}"))
    assert registry.models[0].sources == (("context_window", "server"), ("tier", "models.yaml"))


LISTED = [a_model("m"), a_model("n"), a_model("o", tier="large")]


def test_with_tiers_of_ones_own_all_others_stand_on_none() -> None:
    tiers = (("small", ("p/n*", "p/m")), ("large", ("n", "m")))
    registry = build_registry(LISTED, (), tiers)
    assert {model.name: model.tier for model in registry.models} == {"m": "small", "n": "small", "o": "unranked"}
    assert {model.source_of("tier") for model in registry.models} == {"config.yaml"}
    assert build_registry(LISTED, (), ()) == build_registry(LISTED)


def test_an_id_on_a_tier_names_no_other_providers_model_of_that_name() -> None:
    hub = Model("hub/p/m", "hub", "p/m", "mid")
    tiers = (("small", ("p/m",)),)
    both = build_registry([*LISTED, hub], (), tiers)
    assert [model.id for model in both.models if model.tier == "small"] == ["p/m"]
    assert build_registry([hub], (), tiers).models[0].tier == "small"


def test_what_is_said_of_one_model_counts_more_than_the_tiers(tmp_path: Path) -> None:
    path = overrides(tmp_path, "models: {p/o: {tier: mid}, p/n: {tier: unranked}}")
    registry = load_registry(LISTED, path, (("small", ("p/*",)),))
    assert {model.name: model.tier for model in registry.models} == {"m": "small", "n": "unranked", "o": "mid"}


@given(st.permutations(LISTED))
def test_every_model_is_found_by_its_id(models: list[Model]) -> None:
    registry = build_registry(models)
    assert all(registry.get(model.id) == model for model in models)
    assert registry.get("p/nobody") is None


def test_a_price_in_full(tmp_path: Path) -> None:
    text = (
        "models:\n  p/m:\n    moderation: provider\n    requests_per_minute: 60\n    tokens_per_minute: 90000\n"
        "    deployment_of: gpt-4o\n    weight: 2\n"
        "    price: {input_usd_per_mtok: 1.25, output_usd_per_mtok: 10, cached_usd_per_mtok: 0.125,\n"
        "      cache_write_usd_per_mtok: 1.5, batch_share: 0.5,\n"
        "      long: [{above: 200000, input_usd_per_mtok: 2.5, output_usd_per_mtok: 15}, {above: 1000}]}\n"
    )
    (model,) = load_registry([a_model()], overrides(tmp_path, text)).models
    assert (model.moderation, model.requests_per_minute, model.tokens_per_minute) == ("provider", 60, 90_000)
    assert (model.deployment_of, model.weight) == ("gpt-4o", 2.0)
    price = model.price
    assert price is not None
    assert price.of(1000, 1000, 500, 100) == 400 * 1250 + 500 * 125 + 100 * 1500 + 1000 * 10_000
    assert price.of(200_001, 10) == 200_001 * 2500 + 10 * 15_000
    assert price.of(200_001, 10, 1) == 200_000 * 2500 + 125 + 10 * 15_000
    assert price.of(200_001, 10, batch=True) * 2 == price.of(200_001, 10)
    assert [step.above for step in price.steps] == [1000, 200_000]
    assert price.steps[0] == Step(1000, 1_250_000_000, 10_000_000_000, 125_000_000, 1_500_000_000)


@pytest.mark.parametrize(
    ("price", "line", "part"),
    [
        ("{input_usd_per_mtok: 1}", 4, "a price needs output_usd_per_mtok"),
        ("7", 4, "is not a price"),
        ("\n      input_usd_per_mtok: 1\n      output_usd_per_mtok: 1\n      batch_shar: 1", 7, "write 'batch_share'"),
        ("\n      input_usd_per_mtok: 1\n      output_usd_per_mtok: 1\n      batch_share: 2", 7, "between 0 and 1"),
        ("\n      input_usd_per_mtok: 1\n      output_usd_per_mtok: 1\n      long: {}", 7, "write {above: 200000"),
        ("\n      input_usd_per_mtok: 1\n      output_usd_per_mtok: true", 6, "write dollars, 0 or more"),
        (
            "\n      input_usd_per_mtok: 1\n      output_usd_per_mtok: 1\n      long:\n        above: 1.5",
            8,
            "a whole number above 0",
        ),
        (
            "\n      output_usd_per_mtok: 1\n      input_usd_per_mtok: 1\n      long: {above: 5, input_usd_mtok: 2}",
            7,
            "write 'input_usd_per_mtok'",
        ),
    ],
)
def test_a_price_that_cannot_be_is_said_where_it_stands(tmp_path: Path, price: str, line: int, part: str) -> None:
    (said,) = problems(tmp_path, f"models:\n  p/m:\n    tier: mid\n    price: {price}\n")
    assert said.startswith(f"FILE:{line}: ")
    assert part in said


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("moderation: providr", "write 'provider'"),
        ("requests_per_minute: 0", "is not a number of requests"),
        ("tokens_per_minute: many", "is not a number of tokens"),
        ("weight: 0", "from 0.001 up"),
        ("deployment_of: 7", "write a word"),
        ("tier: unrankd", "write 'unranked'"),
        ("7: 8", "is not known"),
    ],
)
def test_every_field_is_checked(tmp_path: Path, field: str, part: str) -> None:
    (said,) = problems(tmp_path, f"models:\n  p/m:\n    {field}\n")
    assert said.startswith("FILE:3: ")
    assert part in said


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


def test_the_example_in_the_documents_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "registry.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(models:.*?)```", page, re.DOTALL)
    assert example is not None
    model = Model("azure/my-gpt-4o", "azure", "my-gpt-4o", "mid")
    (said,) = load_registry([model], overrides(tmp_path, example[1])).models
    assert {field for field, source in said.sources if source == "models.yaml"} == set(FIELDS) - {
        "tier",
        "capabilities",
        "context_window",
        "max_output",
        "local",
        "quality",
        "first_token_s",
        "tokens_per_s",
    }
    assert all(f"`{field}`" in page or f" {field}:" in page or f"{field}:" in page for field in FIELDS)
