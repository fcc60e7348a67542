"""Newest first, by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.registry.versions import version_of

NEWEST_FIRST = [
    ["claude-sonnet-5-5", "claude-sonnet-5", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "claude-sonnet-4"],
    ["claude-3-7-sonnet-latest", "claude-3-5-sonnet-20241022", "claude-3-5-sonnet-20240620"],
    ["anthropic/claude-opus-4.6", "anthropic/claude-opus-4.5", "anthropic/claude-opus-4"],
    ["claude-haiku-4-5", "claude-haiku-4-5@20251001"],
    ["gpt-6.1-sol", "gpt-6-sol", "gpt-5.6-sol"],
    ["gpt-4.1", "gpt-4o", "gpt-4o-2024-11-20", "gpt-4o-2024-08-06"],
    ["gpt-5.4-mini", "gpt-5.4-mini-2026-03-17", "gpt-5-mini", "gpt-4o-mini"],
    ["o4-mini", "o3-mini", "o1-mini"],
    ["gemini-pro-latest", "gemini-2.5-pro", "gemini-1.5-pro", "gemini-1.5-pro-002", "gemini-1.5-pro-001"],
    ["gemini-2.5-flash", "gemini-3-flash-preview", "gemini-2.5-flash-preview-09-2025"],
    ["mistral-large-latest", "mistral-large-4", "mistral-large-2512", "mistral-large-2411"],
    ["deepseek-v4-pro", "deepseek-v3.2", "deepseek-v3.2-exp"],
    ["grok-4.7", "grok-4.3", "grok-4", "grok-4-0709", "grok-3"],
    ["qwen3-32b", "qwen2.5-32b"],
    ["llama-4-scout-17b-16e-instruct", "llama-3.3-70b-versatile", "llama-3.1-70b-versatile"],
]


@pytest.mark.parametrize("names", NEWEST_FIRST, ids=lambda names: str(names[0]))
def test_newest_first_alias_before_snapshot_preview_last(names: list[str]) -> None:
    assert sorted(sorted(names), key=lambda name: version_of(name).newest_first) == names


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (("gpt-4o", "gpt-4o-2024-08-06"), True),
        (("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"), True),
        (("gpt-4o", "gpt-4o-mini"), False),
        (("claude-sonnet-4-5", "claude-sonnet-4"), False),
        (("llama-3.1-8b", "llama-3.1-70b"), False),
    ],
)
def test_an_alias_and_its_snapshots_are_one_model(names: tuple[str, str], same: bool) -> None:
    one, other = map(version_of, names)
    assert (one.stem == other.stem) is same


@given(st.text(max_size=30) | st.from_regex(r"[a-z0-9.@:_-]{0,30}", fullmatch=True))
def test_every_name_has_a_place(name: str) -> None:
    key = version_of(name).newest_first
    assert sorted([key, version_of("gpt-4o").newest_first, version_of("mistral-large-latest").newest_first])
