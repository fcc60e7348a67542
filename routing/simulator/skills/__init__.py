"""What simulated models can do: one table of real programs, each mastered from a tier upwards."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from routing.simulator.models import TIERS
from routing.simulator.skills.arithmetic import arithmetic
from routing.simulator.skills.coding import write_code
from routing.simulator.skills.comparing import compare
from routing.simulator.skills.data import reshape
from routing.simulator.skills.dates import reckon
from routing.simulator.skills.facts import extract
from routing.simulator.skills.lists import arrange
from routing.simulator.skills.manual import about_pointsman
from routing.simulator.skills.problems import word_problem
from routing.simulator.skills.reading import key_points, summarise
from routing.simulator.skills.talk import small_talk
from routing.simulator.skills.task import Task
from routing.simulator.skills.units import convert
from routing.simulator.skills.words import title, transform


@dataclass(frozen=True, slots=True)
class Skill:
    """`run` gives the answer, or None where the task is not its own; models below `tier` lack it."""

    name: str
    tier: str
    run: Callable[[Task], Awaitable[str | None]]
    example: str


_STEP = re.compile(r",?\s*(?:\band\s+)?\bthen\b\s*|;\s*", re.IGNORECASE)
_MOST_STEPS = 5


async def in_steps(task: Task) -> str | None:
    """`sort these, then make them upper case: b, a`: each step works on what the one before made."""
    steps = [step for step in _STEP.split(task.what) if step.strip()][:_MOST_STEPS]
    if not task.is_chain or len(steps) < 2:
        return None
    material = task.material
    for step in steps:
        made = await answer(replace(task, what=step, text=f"{step}: {material}", material=material))
        if made is None:
            return None
        material = made
    return material


# The order matters: the first skill that knows the task answers it.
SKILLS = (
    Skill("small talk", "small", small_talk, "hello"),
    Skill("arithmetic", "small", arithmetic, "what is 17% of 2,340?"),
    Skill("units", "small", convert, "12 miles in km"),
    Skill("dates", "small", reckon, "how many days are between 2026-01-01 and 2026-03-15?"),
    Skill("several steps", "large", in_steps, "sort these, then make them upper case: pear, fig, apple"),
    Skill("code", "large", write_code, "write a Python function for fizzbuzz"),
    Skill("questions about Pointsman", "mid", about_pointsman, "how do I add my key?"),
    Skill("summaries", "mid", summarise, "summarise in two sentences: …"),
    Skill("key points", "mid", key_points, "key points of: …"),
    Skill("comparisons", "large", compare, "compare:\nA: price 10, weight 3\nB: price 8, weight 4"),
    Skill("titles", "small", title, "a short title for: the night train to Lisbon is late again"),
    Skill("JSON and CSV", "small", reshape, 'convert to CSV: [{"stop": "Ulm", "km": 94}]'),
    Skill("text", "small", transform, "upper case: next stop"),
    Skill(
        "facts",
        "mid",
        extract,
        "extract name, email and date as JSON: Ada Lovelace, ada@example.org, 3 May 2026",
    ),
    Skill("lists", "small", arrange, "sort: pear, fig, apple"),
    Skill(
        "word problems",
        "large",
        word_problem,
        "I buy 3 tickets at $12 each with a 10% discount. What do I pay?",
    ),
)


async def answer(task: Task) -> str | None:
    """What the task's tier can say to it, or None where it lacks the skill."""
    for skill in SKILLS:
        if TIERS.index(skill.tier) <= task.rank and _open_to(skill, task):
            made = await skill.run(task)
            if made is not None:
                return made
            await asyncio.sleep(0)
    return None


def skill_table() -> str:
    """The skills as a Markdown table."""
    rows = ["| skill | from tier | for example |", "| --- | --- | --- |"]
    rows += [f"| {skill.name} | {skill.tier} | `{' ⏎ '.join(skill.example.splitlines())}` |" for skill in SKILLS]
    return "\n".join(rows)


def _open_to(skill: Skill, task: Task) -> bool:
    """A task in steps, or for code, belongs to the skill made for it and to no other."""
    if task.is_chain:
        return skill.run is in_steps
    return not task.is_code or skill.run in (write_code, about_pointsman)
