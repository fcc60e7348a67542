"""Pictures of setting up: what is found, a key that is entered, calls that were made, and every model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from app.screens.key import Entered, KeyScreen
from app.screens.models import ModelsScreen
from app.screens.setup import SetupScreen, SetupView
from app.setup.calling import Called
from app.setup.entries import Entry
from app.sources import Checked
from routing.decision.model import Closed, Health
from routing.providers.contract import ProviderConfig
from routing.providers.known import SERVICES
from routing.registry.ladders import Proposal
from routing.registry.model import FREE, Model, Price
from tests.app.driving import Driver
from tests.app.test_setup import seen
from tests.screens.test_screens import FULL, STRIP, Snap, client, picture

SIZES = pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
FILE = Path("/home/ada/.config/pointsman/keys.env")
OPENAI = ProviderConfig("openai", "https://api.openai.com/v1", key="OPENAI_API_KEY")
CLAUDE = ProviderConfig("anthropic", "https://api.anthropic.com", "anthropic", "ANTHROPIC_API_KEY")
OLLAMA = ProviderConfig("ollama", "http://127.0.0.1:11434", "ollama")
SLOW = ProviderConfig("vllm", "http://127.0.0.1:8000/v1")
REFUSED = (
    f"anthropic does not accept the key read from ANTHROPIC_API_KEY in {FILE}: get another at "
    "https://console.anthropic.com/settings/keys."
)
MODELS = (
    Model(
        "ollama/qwen3:8b", "ollama", "qwen3:8b", "small", frozenset(["json", "tools"]), 32_768, price=FREE, local=True
    ),
    Model(
        *("openai/gpt-5", "openai", "gpt-5", "large"),
        frozenset(["json", "json_schema", "reasoning", "tools", "vision"]),
        400_000,
        128_000,
        Price(1_250_000_000, 10_000_000_000, 125_000_000, source="genai-prices"),
        sources=(("context_window", "genai-prices"), ("price", "genai-prices"), ("tier", "family")),
    ),
    Model(
        "openai/gpt-5-mini",
        "openai",
        "gpt-5-mini",
        "mid",
        frozenset(["json", "tools"]),
        400_000,
        lifecycle="deprecated",
    ),
    Model("vllm/[/b] odd", "vllm", "[/b] odd", "unranked", context_window=8_192),
)
PROPOSAL = Proposal(
    (("small", ("ollama/qwen3:8b",)), ("mid", ("openai/gpt-5-mini",)), ("large", ("openai/gpt-5",))),
    "The mini and the full model of OpenAI, with the local one below them.",
)


def missing(*found: str) -> list[Entry]:
    return [
        Entry(ProviderConfig(service.name, service.base_url, service.dialect, service.key))
        for service in SERVICES
        if service.name not in found
    ]


def simulated_only() -> SetupView:
    configs = [
        ProviderConfig(name, f"http://127.0.0.1:1/{name}/v1", simulated=True) for name in ("sim-north", "sim-south")
    ]
    entries = [Entry(config, Checked(config, "simulated", MODELS[:3])) for config in configs]
    return SetupView((*entries, *missing()), simulated=True)


def mixture(*, called: bool = False) -> SetupView:
    where = "OPENAI_API_KEY in the environment"
    mini = Called("openai/gpt-5-mini", None, 0.84, 21_000, simulated=False, price_known=False)
    limited = "ollama failed with an error 500 of its own: [/b] out of memory."
    local = Called("ollama/qwen3:8b", limited, 3.1, 0, simulated=False, price_known=True)
    entries = [
        Entry(OPENAI, Checked(OPENAI, where, MODELS[1:3], key_where=where), mini if called else None),
        Entry(CLAUDE, Checked(CLAUDE, "the file", problem=REFUSED, key_where="the file", wants_key=True)),
        Entry(
            OLLAMA, Checked(OLLAMA, "Ollama on port 11434", MODELS[:1]), local if called else None, calling=not called
        ),
        Entry(SLOW, Checked(SLOW, "vLLM on port 8000", waiting=True)),
    ]
    return SetupView((*entries, *missing("openai", "anthropic")), PROPOSAL, accepted=called, tiered=called)


def scene(screen: Any, *steps: str, facts: tuple[str, ...]) -> Callable[[Any], Any]:
    async def run(pilot: Any) -> None:
        driver = Driver(pilot.app, pilot)
        driver.app.composer.cursor_blink = False
        await driver.ready()
        await driver.app.push_screen(screen)
        await pilot.pause()
        for step in steps:
            await driver.press(step)
        await seen(driver, *facts)

    return run


@SIZES
def test_setup_with_simulated_models_only(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    facts = ("Nothing was found", "○ sim-north", "+ openai", "OPENAI_API_KEY", "once a model of yours", "Esc back")
    assert snap_compare(
        client(tmp_path, []), terminal_size=size, run_before=scene(SetupScreen(simulated_only()), facts=facts)
    )


@SIZES
def test_setup_with_a_mixture(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    facts = (
        *("○ openai", "✗ anthropic", "cannot be used", "▸ ollama", "is being called", "… vllm"),
        *("ANTHROPIC_API_KEY in", "settings/keys", "w writes them", "large   openai/gpt-5"),
    )
    assert snap_compare(
        client(tmp_path, []), terminal_size=size, run_before=scene(SetupScreen(mixture()), "down", facts=facts)
    )


@SIZES
def test_setup_after_the_calls(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    facts = ("✓ openai", "gpt-5-mini answered in 0.8 s for <$0.0001, price unknown", "✗ ollama", "[/b]", "✓ in force")
    assert snap_compare(
        client(tmp_path, []), terminal_size=size, run_before=scene(SetupScreen(mixture(called=True)), facts=facts)
    )


async def refuse(entered: Entered) -> str | None:
    del entered
    return "groq does not accept the key."


@SIZES
@pytest.mark.parametrize("keyring", [True, False], ids=["keyring", "file"])
def test_a_key_is_entered(snap_compare: Snap, tmp_path: Path, size: tuple[int, int], keyring: bool) -> None:
    facts = ("The key of groq", "GROQ_API_KEY", "https://console.groq.com/keys", "••••••", str(FILE))
    entry = next(entry for entry in missing() if entry.name == "groq")
    steps = ("s", "e", "c", "r", "e", "t", *(["down"] if keyring else []))
    screen = KeyScreen(entry, FILE, refuse, keyring=keyring)
    assert snap_compare(client(tmp_path, []), terminal_size=size, run_before=scene(screen, *steps, facts=facts))


@SIZES
def test_every_model(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    health = Health((Closed("vllm", "3 failures in a row", 12.0),), ("openai/gpt-5-mini",))
    facts = (
        *("Models: 4", "free (local)", "$1.25 / $10", "gone", "rests 12 s", "[/b] odd"),
        *("400 000", "32k", "genai-prices", "assumed", "json_schema"),
    )
    screen = ModelsScreen(MODELS, health, 60_000_000_000, None)
    run = scene(screen, "down", facts=facts)
    assert snap_compare(client(tmp_path, []), terminal_size=size, run_before=run)


async def test_little_room_is_enough(tmp_path: Path) -> None:
    app = client(tmp_path, [])
    async with app.run_test(size=(60, 18)) as pilot:
        driver = Driver(app, pilot)
        await driver.ready()
        await app.push_screen(SetupScreen(mixture()))
        await seen(driver, "✗ anthropic", "Esc back")
        app.pop_screen()
        screen = ModelsScreen(MODELS, Health(), 60_000_000_000, None)
        await app.push_screen(screen)
        await seen(driver, *(model.id[:15] for model in MODELS), "Esc leaves")


async def test_rows_keep_their_place_when_their_state_changes(tmp_path: Path) -> None:
    app = client(tmp_path, [])
    async with app.run_test(size=STRIP) as pilot:
        driver = Driver(app, pilot)
        await driver.ready()
        screen = SetupScreen(mixture())
        await app.push_screen(screen)
        await pilot.pause()
        await driver.press("down", "down")
        rows = screen.query_one(OptionList)
        before = places_of(picture(driver))
        assert len(before) == 5
        view = mixture(called=True)
        screen.show(replace(view, accepted=False, tiered=False))
        await pilot.pause()
        assert screen.lit is not None
        assert screen.lit.name == "ollama"
        assert rows.scroll_y == 0
        assert places_of(picture(driver)) == before


def places_of(shown: str) -> list[tuple[int, str]]:
    """The rows on which an entry begins, and its name."""
    names = ("openai", "anthropic", "ollama", "vllm", "gemini")
    return [(y, name) for y, row in enumerate(shown.splitlines()) for name in names if row[3:].startswith(f"{name}  ")]
