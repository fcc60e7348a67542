"""From a call to a reply: what a simulated model of some tier makes of a prompt."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from routing.simulator.fumble import fumble
from routing.simulator.models import Offer
from routing.simulator.skills import answer
from routing.simulator.skills.facts import field
from routing.simulator.skills.library import Library
from routing.simulator.skills.talk import beyond_skill
from routing.simulator.skills.task import Task, load_json, split_prompt
from routing.simulator.wire import Call


@dataclass(frozen=True, slots=True)
class Thought:
    """The text of a reply, what was thought before it, and whether the model was at ease with it."""

    text: str
    reasoning: str
    sure: bool


async def think(call: Call, offer: Offer, library: Library, today: date, rng: Random) -> Thought:
    """The large model always has an answer, if only that this is beyond it; the others try as they can."""
    task = _task(call, offer, library, today)
    text = await answer(task)
    able = text is not None
    reasoning = _reasoning(task, able) if call.reasoning and "reasoning" in offer.capabilities else ""
    if not able and not _can_fill(call, offer) and offer.tier != "large":
        return Thought(fumble(task, rng), reasoning, sure=False)
    if text is None:
        text = beyond_skill() if offer.tier == "large" else ""
    if call.response_format != "text":
        text = _as_json(text, task, call.schema)
    return Thought(text, reasoning, sure=True)


def _can_fill(call: Call, offer: Offer) -> bool:
    """A schema says what to look for; the small models do not understand one."""
    return call.schema is not None and offer.tier != "small"


def _task(call: Call, offer: Offer, library: Library, today: date) -> Task:
    users = [text for role, text in call.messages if role == "user"]
    replies = [text for role, text in call.messages if role == "assistant"]
    text = users[-1] if users else call.messages[-1][1]
    what, material = split_prompt(text, replies[-1] if replies else "")
    wants_json = call.response_format != "text" or bool(re.search(r"\bjson\b", what, re.IGNORECASE))
    return Task(text.strip(), what, material, wants_json, offer.id, offer.tier, today, library)


def _reasoning(task: Task, able: bool) -> str:
    verdict = "One of my skills fits, so I work it out." if able else "None of my skills fits, so I say so."
    return f"The task reads: {task.what[:120]}. {verdict}"


def _as_json(text: str, task: Task, schema: dict[str, Any] | None) -> str:
    """The answer itself where it is JSON; else in the shape of the schema, or under the key `answer`."""
    bare = text.removeprefix("```json\n").removesuffix("\n```")
    value = load_json(bare)
    if schema is not None:
        value = _shaped(schema, task.material, value, text)
    elif not isinstance(value, dict):
        value = {"answer": value if isinstance(value, list) else text}
    return json.dumps(value, ensure_ascii=False)


def _shaped(schema: dict[str, Any], material: str, known: Any, text: str, name: str = "answer") -> Any:
    """A value that the schema allows, out of what is known, what the material says, or the answer's text."""
    if options := schema.get("enum"):
        return next((option for option in options if str(option).lower() in material.lower()), options[0])
    kind = schema.get("type", "string")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        have = known if isinstance(known, dict) else {}
        properties = schema.get("properties", {})
        return {key: _shaped(inner, material, have.get(key), text, key) for key, inner in properties.items()}
    if kind == "array":
        items = known if isinstance(known, list) else [known]
        return [_shaped(schema.get("items", {}), material, item, text, name) for item in items]
    return _plain(kind, known if known is not None else field(name, material), text)


def _plain(kind: str, value: Any, text: str) -> Any:
    if kind in ("integer", "number"):
        figure = load_json(str(value).replace(",", "").lstrip("$€£")) if value is not None else 0
        figure = figure if isinstance(figure, int | float) else 0
        return int(figure) if kind == "integer" else figure
    if kind == "boolean":
        return str(value).lower() in ("true", "yes", "1")
    if kind == "null":
        return None
    return str(value) if value is not None else text
