"""Prompts and answers of which it is known how a model does."""

from __future__ import annotations

import random

from routing.learned.answer_shape import Answered

EASY = ["colour", "animal", "river", "bread", "window", "garden", "morning", "letter"]
HARD = ["integral", "eigenvalue", "tensor", "manifold", "lemma", "residue", "kernel", "cohomology"]


def some_prompts(n: int, seed: int = 1) -> tuple[list[str], list[float]]:
    """Prompts, and how hard each is: 0 or 1."""
    dice = random.Random(seed)
    hard = [float(dice.random() < 0.5) for _ in range(n)]
    return [_prompt(dice, HARD if it else EASY) for it in hard], hard


def by_chance(chances: list[float], seed: int = 2) -> list[float]:
    """1 with each probability, else 0."""
    dice = random.Random(seed)
    return [float(dice.random() < chance) for chance in chances]


def some_answers(n: int, seed: int = 3) -> list[tuple[Answered, str, float]]:
    """Right answers are short and sure; wrong ones hedge and think twice: seven times in eight."""
    dice = random.Random(seed)
    rows = []
    for at in range(n):
        correct = dice.random() < 0.6
        sure = correct if dice.random() < 0.875 else not correct
        said = "It is simple." if sure else "It might be so. Wait, let me re-check: perhaps I made an error."
        text = f"{said} {_prompt(dice, EASY)} The answer is ({dice.choice('ABCD')})."
        rows.append((_answered(_prompt(dice, HARD), text), ("small", "large")[at % 2], float(correct)))
    return rows


def _answered(prompt: str, response: str) -> Answered:
    return Answered(prompt, response, len(response), False, None)


def _prompt(dice: random.Random, words: list[str]) -> str:
    options = "\n".join(f"{letter}. {dice.randint(2, 99)}" for letter in "ABCD")
    return f"Which {' '.join(dice.choices(words, k=dice.randint(3, 9)))} is it?\n{options}"
