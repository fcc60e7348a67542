"""Small exports in the forms of other programs."""

from __future__ import annotations

from typing import Any

from routing.evaluation.traffic.asked import Asked
from routing.registry.loading import build_registry
from routing.registry.model import Model, Price, Registry

START_S = 1_700_000_000


def node(message: Any, parent: str | None = None) -> dict[str, Any]:
    return {"message": message, "parent": parent, "children": []}


def openai_node(
    speaker: str, part: Any, parent: str | None = None, kind: str = "text", model: str | None = None
) -> dict[str, Any]:
    return node(
        {
            "author": {"role": speaker},
            "create_time": START_S,
            "content": {"content_type": kind, "parts": [part]},
            "metadata": {"model_slug": model} if model else {},
        },
        parent,
    )


def openai_chat(prompts: list[str], model: str | None = None) -> dict[str, Any]:
    """A chat of a `conversations.json` with a mapping."""
    mapping = {"root": node(None)}
    last = "root"
    for n, prompt in enumerate(prompts):
        mapping[f"u{n}"] = openai_node("user", prompt, last)
        mapping[f"a{n}"] = openai_node("assistant", "An answer of some words.", f"u{n}", model=model)
        last = f"a{n}"
    return {"title": "A chat", "create_time": START_S, "mapping": mapping, "current_node": last}


def claude_chat(prompts: list[str]) -> dict[str, Any]:
    """A chat of a `conversations.json` with chat_messages."""
    messages = []
    for prompt in prompts:
        for sender, text in (("human", prompt), ("assistant", "An answer of some words.")):
            content = [{"type": "text", "text": text}]
            messages.append({"sender": sender, "text": text, "content": content, "created_at": "2023-11-14T22:13:20Z"})
    return {"uuid": "1", "name": "A chat", "chat_messages": messages}


SIMPLE = "What is the capital of France?"
CODE = "Write a Python function that merges two sorted lists, with tests."
HARD = "Prove step by step that the square root of 2 is irrational, then explain each step and compare two proofs."


def some_prompts(simple: int = 6, code: int = 3, hard: int = 1, **fields: Any) -> list[Asked]:
    return [Asked(text, **fields) for text, n in ((SIMPLE, simple), (CODE, code), (HARD, hard)) for _ in range(n)]


def a_model(id_: str, tier: str, usd: float, **fields: Any) -> Model:
    """With one price for a million tokens in and out."""
    provider, _, name = id_.partition("/")
    price = Price(round(usd * 1e9), round(usd * 1e9))
    room = {"context_window": 200_000, "max_output": 8_192, "quality": {"small": 0.6, "mid": 0.75, "large": 0.9}[tier]}
    return Model(id=id_, provider=provider, name=name, tier=tier, price=price, **room, **fields)


def three_models(**fields: Any) -> Registry:
    """A small, a middle and a large model at $0.25, $3 and $15."""
    prices = (("small", 0.25), ("mid", 3.0), ("large", 15.0))
    return build_registry(a_model(f"home/{tier}", tier, usd, **fields) for tier, usd in prices)
