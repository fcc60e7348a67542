"""`pointsman models`: a compact table, everything of one model with who said it, and all of it as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from app.cli.model_facts import HEAD, facts, row
from routing.registry.model import FREE, Model, Price, Step
from tests.app.cli.conftest import Shell

ASSUMED = 30_000_000_000
PRICE = Price(
    1_250_000_000,
    10_000_000_000,
    125_000_000,
    "genai-prices",
    steps=(Step(200_000, 2_500_000_000, 15_000_000_000, 250_000_000),),
    batch=Price(625_000_000, 5_000_000_000),
)


def a_model(**fields: Any) -> Model:
    return Model("p/m", "p", "m", "small", **fields)


def cell(name: str, model: Model) -> str:
    return dict(zip(HEAD, row(model, "answers", ASSUMED), strict=True))[name]


def fact(field: str, model: Model) -> list[tuple[str, ...]]:
    return [found[1:] for found in facts(model, "answers", ASSUMED).rows if found[0] == field]


def test_an_unknown_price_is_never_shown_as_free() -> None:
    assert cell("per M in / out", a_model()) == "≤ $30 price unknown"
    assert fact("price", a_model()) == [("≤ $30 price unknown", "–")]
    assert cell("per M in / out", a_model(price=FREE, local=True)) == "free (local)"
    assert cell("per M in / out", a_model(price=FREE)) == "free"
    assert cell("per M in / out", a_model(price=PRICE)) == "$1.25 / $10"
    assert cell("per M in / out", a_model(price=PRICE, simulated=True)) == "$1.25 / $10 sim"


def test_a_price_is_told_in_full_with_its_source() -> None:
    model = a_model(price=PRICE, sources=(("price", "genai-prices"),))
    assert fact("price", model) == [
        ("per M: $1.25 in, $10 out, $0.125 cached", "genai-prices"),
        ("per M: $2.5 in, $15 out, $0.25 cached, above 200,000 tokens in", "genai-prices"),
        ("in a batch, per M: $0.625 in, $5 out", "genai-prices"),
    ]


@pytest.mark.parametrize(
    ("fields", "field", "value"),
    [
        ({}, "moderation", "not told"),
        ({"moderation": "provider"}, "moderation", "the provider may withhold an answer"),
        ({"retention": "days"}, "retention", "prompts are kept for some days"),
        ({"determinism": "seed"}, "determinism", "temperature 0 and a seed: mostly the same answer"),
        ({"requests_per_minute": 5000}, "requests_per_minute", "5,000"),
        ({"deployment_of": "gpt-4o", "weight": 2.0}, "deployment_of", "gpt-4o"),
        ({"region": "eu"}, "region", "eu"),
        ({"lifecycle": "deprecated"}, "lifecycle", "deprecated"),
    ],
)
def test_every_field_is_told(fields: dict[str, Any], field: str, value: str) -> None:
    source = ((field, "models.yaml"),) if fields else ()
    assert fact(field, a_model(**fields, sources=source)) == [(value, "models.yaml" if fields else "–")]


def test_the_table_is_compact_and_says_health(shell: Shell) -> None:
    head, *rows = shell.run("models").out.splitlines()
    assert head.split("  ")[0].strip() == "model"
    assert all(" answers " in line for line in rows)
    assert any(line.startswith("sim-south/handcar ") and "free (local)" in line for line in rows)


@pytest.mark.parametrize("name", ["handcar", "sim-*/handcar"])
def test_a_name_shows_everything_of_those_models(shell: Shell, name: str) -> None:
    out = shell.run("models", name).out
    assert "sim-south/handcar" in out.splitlines()
    assert "sim-north/shunter" not in out
    assert "temperature 0 and a seed: the same answer" in out


def test_a_name_that_nobody_has_is_said_with_the_nearest(shell: Shell) -> None:
    assert "write 'handcar'" in shell.run("models", "handcr", code=2).err


def test_the_document_has_it_all(shell: Shell) -> None:
    shell.config.parent.mkdir(parents=True, exist_ok=True)
    (shell.config.parent / "models.yaml").write_text(
        "models: {sim-north/shunter: {weight: 2, price: {input_usd_per_mtok: 1, output_usd_per_mtok: 2,"
        " long: {above: 1000, input_usd_per_mtok: 2}}}, sim-south/tram: {tier: unranked}}"
    )
    document = shell.run("models", "--json").document
    models = {model["id"]: model for model in document["models"]}
    assert models["sim-north/shunter"]["price"]["steps"][0]["above"] == 1000
    assert models["sim-north/shunter"]["sources"]["weight"] == "models.yaml"
    assert models["sim-north/shunter"]["sources"]["tier"] == "server"
    assert models["sim-south/tram"]["tier"] == "unranked"
    assert document["assumed_nusd_per_mtok"] > 0
    out = shell.run("models").out
    assert "sim-south/tram" not in out
    assert "and 1 of sim-south on no tier: pointsman models 'sim-south/*'" in out
