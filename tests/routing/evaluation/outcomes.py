"""Data sets whose truth is known: which prompts gain from the strong model, and which answers are right."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

WEAK, STRONG, SECOND = "small", "large", "other"
_TOPICS = ("algebra", "poetry", "history", "cooking", "physics", "music", "law", "sport", "gardens", "chess")
_FILLER = ("please", "tell", "me", "about", "some", "thing", "new", "old", "short", "plain", "simple", "other")
_HARD = ("prove", "derive", "integral", "theorem", "rigorous")


def routing_rows(n: int = 400, seed: int = 1, skill: float = 1.0) -> list[dict[str, Any]]:
    """Schema a. Hard prompts say so in their words; the weak model fails on them, with `skill` 0 by chance alone."""
    draw = random.Random(seed)
    rows = []
    for number in range(n):
        hard, topic = draw.random() < 0.5, draw.choice(_TOPICS)
        words = [draw.choice(_FILLER) for _ in range(8)] + [topic, f"case{number}"]
        words += draw.sample(_HARD, 2) if hard else draw.sample(_FILLER, 2)
        seen = hard if draw.random() < skill else draw.random() < 0.5
        right = {WEAK: draw.random() < (0.15 if seen else 0.9), STRONG: draw.random() < 0.9}
        rows.append(
            {
                "id": f"p{number}",
                "prompt": " ".join(words),
                "task": topic,
                "score": {k: int(v) for k, v in right.items()},
            }
        )
    return rows


def answer_rows(n: int = 200, seed: int = 2) -> list[dict[str, Any]]:
    """Schema b. A wrong answer mostly hedges, a right one mostly does not, and right ones agree."""
    draw = random.Random(seed)
    rows = []
    for number in range(n):
        prompt = f"What is {number} and {draw.choice(_TOPICS)} {draw.choice(_FILLER)}?"
        for model, right_rate in ((WEAK, 0.5), (STRONG, 0.85), (SECOND, 0.55)):
            right = draw.random() < right_rate
            doubts = draw.random() < (0.2 if right else 0.8)
            said = f"value {number}" if right else f"value {draw.randrange(10_000)}"
            text = "Perhaps it might be so, I am not sure. Maybe. " if doubts else "It follows from the definition. "
            rows.append(
                {
                    "id": f"p{number}",
                    "prompt": prompt,
                    "model": model,
                    "correct": int(right),
                    "response": f"{text}The result of step {number} stands. Answer: {said}",
                    "pred": said,
                }
            )
    return rows


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(body) if path.name.endswith(".gz") else body)
    return path
