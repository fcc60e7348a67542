"""What a model without the skill says: it tries, and its words and its format give it away."""

from __future__ import annotations

import re
from random import Random

from routing.simulator.skills.library import stems
from routing.simulator.skills.task import Task

_HEDGES = (
    "I think {a} might be {b}, but I'm not sure.",
    "Perhaps {a} is possibly about {b}, maybe.",
    "It seems {a} could be {b}, or perhaps not.",
    "I am not certain, but {a} probably has {b}.",
)
_MOST_WORDS = 12


def fumble(task: Task, rng: Random) -> str:
    """Broken JSON, code that does not compile, or hedged and looping prose made of the prompt's own words."""
    words = _words(task.text)
    if task.wants_json:
        return _broken_json(words, rng)
    if task.is_code:
        return _broken_code(words, rng)
    return _rambling(words, rng)


def _words(text: str) -> list[str]:
    found = [word for word in re.findall(r"[^\W\d_]{3,20}", text[:2_000]) if stems(word)]
    words = list(dict.fromkeys(found))[:_MOST_WORDS]
    return words if len(words) > 1 else [*words, "matter", "thing"]


def _broken_json(words: list[str], rng: Random) -> str:
    first, second = rng.sample(words, 2)
    return f'{{"{first.lower()}": "{second}", "{second.lower()}": ["{first}", "{rng.choice(words)}'


def _broken_code(words: list[str], rng: Random) -> str:
    name, argument = rng.sample(words, 2)
    return (
        f"I'm not sure, but maybe something like this:\n\n```python\ndef {name.lower()}({argument}:\n"
        f"    # perhaps {rng.choice(words).lower()}?\n    return {name.lower()}[\n"
    )


def _rambling(words: list[str], rng: Random) -> str:
    hedges = []
    for template in rng.sample(_HEDGES, 2):
        first, second = rng.sample(words, 2)
        hedges.append(template.format(a=f"the {first}", b=f"the {second}"))
    first, second = rng.sample(words, 2)
    loop = f"the {first} and the {second} of "
    return f"{' '.join(hedges)} Maybe {loop * 4}the"
