"""What the documents take from the code is as the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.settings import DEFAULT_CAP_NUSD, parse_settings
from app.themes import DEFAULT, SHIPPED, read_theme
from routing.money import parse_usd
from routing.policy import schema
from routing.policy.folders import profiles
from routing.policy.loading import load_policy
from routing.providers.known import LOCAL_SERVERS, SERVICES
from routing.registry.loading import read_overrides
from routing.simulator.models import load_offers, provider_names
from scripts.tables import DOCUMENTS, ROOT, TABLES, filled

README = (ROOT / "README.md").read_text(encoding="utf-8")
POLICY = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_tables_are_up_to_date(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == filled(text), "run: python -m scripts.tables"


def test_every_table_stands_somewhere() -> None:
    marked = {name for path in DOCUMENTS for name in re.findall(r"<!-- table: (\w+) -->", path.read_text("utf-8"))}
    assert marked == set(TABLES)


def test_the_keys_of_services_are_called_as_the_readme_says() -> None:
    section = _section(README, "Add your own key")
    for service in SERVICES:
        called = service.name.removesuffix("-cloud").upper()
        assert service.key == f"{called}_API_KEY"
        assert re.search(rf"\b{called}(?:_API_KEY)?\b", section), service.name


def test_every_local_server_is_named_with_its_port() -> None:
    section = _section(README, "Use Ollama or another local server")
    for server in LOCAL_SERVERS:
        assert server.title in section
        assert str(server.port) in section


def test_the_readme_names_the_simulated_providers_and_counts_their_models() -> None:
    section = _section(README, "What is simulated")
    assert all(f"`{name}`" in section for name in provider_names())
    assert len({offer.id for offer in load_offers()}) == 5
    assert "five models" in " ".join(section.split())


def test_every_shipped_profile_is_described() -> None:
    section = _section(README, "Switch the profile")
    assert all(f"| `{name}` |" in section for name in profiles())


@pytest.mark.parametrize(
    "part",
    [
        schema.PolicyDocument,
        schema.WhenDocument,
        schema.RuleDocument,
        schema.RouteDocument,
        schema.RungDocument,
        schema.RequireDocument,
        schema.TimeoutsDocument,
        schema.CapsDocument,
    ],
)
def test_every_field_of_a_profile_is_described(part: type[BaseModel]) -> None:
    missing = [name for name in part.model_fields if not re.search(rf"`{name}\b", POLICY)]
    assert missing == []


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(id: .*?)```", POLICY, re.DOTALL), ids=lambda text: text[4:20])
def test_the_example_policies_are_policies(text: str) -> None:
    assert load_policy(text).routes


def test_the_configuration_that_the_readme_shows_can_be_read(tmp_path: Path) -> None:
    shown = {text.partition(":")[0]: text for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)}
    models = tmp_path / "models.yaml"
    models.write_text(shown.pop("models"), encoding="utf-8")
    settings = parse_settings("\n".join(shown.values()), "config.yaml")
    shown_for = [(provider.name, provider.dialect) for provider in settings.providers]
    assert shown_for == [("attic", "openai"), ("claude", "anthropic"), ("gemini", "gemini"), ("shed", "ollama")]
    assert settings.day_nusd == settings.simulated_day_nusd == parse_usd("2.00") == DEFAULT_CAP_NUSD
    assert [pattern for pattern, _ in read_overrides(models)] == ["openai/gpt-4o-mini", "ollama/*"]


def test_the_themes_page_shows_a_whole_theme(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "themes.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "shown.yaml"
    file.write_text(shown, encoding="utf-8")
    shipped = SHIPPED / f"{DEFAULT}.yaml"
    assert read_theme(file).variables == read_theme(shipped).variables
    keys = [re.findall(r"^(\w+):", path.read_text(encoding="utf-8"), re.MULTILINE) for path in (file, shipped)]
    assert keys[0] == keys[1]


def _section(text: str, heading: str) -> str:
    return text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
