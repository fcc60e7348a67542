"""The last discovery, kept on disk: as it was, or as far as an older version wrote it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.saved import load_saved_registry, offered_registry, save_registry
from routing.registry.loading import build_registry
from routing.registry.model import Model, Price, Step

PRICE = Price(1, 2, 3, "server", 4, (Step(5, 6, 7, 8, 9),), Price(1, 1))
OLD = {
    "id": "p/m",
    "provider": "p",
    "name": "m",
    "tier": "small",
    "capabilities": ["json"],
    "price": {"input_nusd_per_mtok": 1, "output_nusd_per_mtok": 2, "cached_nusd_per_mtok": None, "source": "server"},
}


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    model = Model("p/m", "p", "m", "mid", frozenset({"tools"}), price=PRICE, sources=(("tier", "server"),))
    registry = build_registry([model, *offered_registry().models])
    save_registry(tmp_path / "discovery.json", registry, 12.5)
    saved = load_saved_registry(tmp_path / "discovery.json")
    assert saved is not None
    assert (saved.registry, saved.saved_s) == (registry, 12.5)
    assert saved.registry.get("p/m") == model


def test_what_an_older_version_saved_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "discovery.json"
    path.write_text(json.dumps({"saved_s": 1.0, "registry": {"models": [OLD], "hash": "x"}}))
    saved = load_saved_registry(path)
    assert saved is not None
    assert saved.registry.models == (
        Model("p/m", "p", "m", "small", frozenset({"json"}), price=Price(1, 2, None, "server")),
    )


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"saved_s": 1, "registry": {"models": [7], "hash": ""}}'])
def test_what_cannot_be_read_is_as_if_it_were_not_there(tmp_path: Path, text: str) -> None:
    path = tmp_path / "discovery.json"
    path.write_text(text)
    assert load_saved_registry(path) is None
    assert load_saved_registry(tmp_path / "nowhere.json") is None
