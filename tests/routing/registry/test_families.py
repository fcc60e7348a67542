"""What is known of a model by its name, and by the service that offers it."""

from __future__ import annotations

import re

import pytest

from routing.registry.families import complete, family_of, load_shipped, tier_of


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


def test_servers_count_more_than_price_lists_and_those_more_than_families() -> None:
    listed = {"context_window": 1, "region": "us"}
    terms = complete("gpt-4o", listed, {"tier": "small", "region": "eu"}, host="api.openai.com")
    assert terms["context_window"] == 1
    assert (terms["tier"], terms["region"]) == ("small", "eu")
    assert dict(terms["sources"]) == {
        "capabilities": "family",
        "context_window": "genai-prices",
        "determinism": "family",
        "first_token_s": "worked out",
        "max_output": "family",
        "quality": "worked out",
        "region": "server",
        "retention": "service",
        "tier": "server",
        "tokens_per_s": "worked out",
    }
    assert complete("unheard", {}, {})["sources"][-2:] == (("tier", "worked out"), ("tokens_per_s", "worked out"))


@pytest.mark.parametrize("name", ["text-embedding-3-large", "tts-1-hd", "dall-e-3", "gemini-embedding-001"])
def test_models_that_do_not_chat_are_known(name: str) -> None:
    family = family_of(name)
    assert family is not None
    assert not family.chat


def a_name(glob: str) -> str:
    """A name that a glob matches."""
    return re.sub(r"\[(.)[^]]*\]", r"\1", glob).replace("*", "")


def test_no_family_stands_behind_one_that_hides_it() -> None:
    families = load_shipped().families
    for at, family in enumerate(families):
        for glob in family.match:
            reached = family_of(a_name(glob))
            assert reached is not None, glob
            assert families.index(reached) <= at, glob
    assert all(any(family_of(a_name(glob)) is family for glob in family.match) for family in families)


def test_what_a_family_says_fits_together() -> None:
    for family in load_shipped().families:
        terms = family.terms
        assert terms.get("max_output", 1) < terms.get("context_window", 10**9), family.match
        assert family.chat or not terms
        assert "json_schema" not in terms.get("capabilities", ()) or "json" in terms["capabilities"], family.match


@pytest.mark.parametrize(
    ("name", "lifecycle"),
    [
        ("claude-3-5-sonnet-20241022", "deprecated"),
        ("claude-sonnet-4-20250514", "deprecated"),
        ("claude-opus-4-1", "deprecated"),
        ("claude-sonnet-4-5", "managed"),
        ("claude-opus-4.5", "managed"),
        ("claude-haiku-5-5", "managed"),
        ("gpt-4-turbo", "deprecated"),
        ("gpt-4o", "managed"),
        ("gpt-6.1-terra", "managed"),
        ("gemini-2.0-flash", "deprecated"),
        ("gemini-2.5-flash", "managed"),
    ],
)
def test_models_that_their_maker_shut_down_are_known(name: str, lifecycle: str) -> None:
    assert complete(name, {}, {}).get("lifecycle", "managed") == lifecycle


def test_a_service_speaks_for_all_its_models() -> None:
    here = complete("some-model", {}, {}, host="eastus.openai.azure.com")
    assert (here["retention"], here["moderation"]) == ("days", "provider")
    assert "retention" not in complete("some-model", {}, {}, host="models.example.com")
