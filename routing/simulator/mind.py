"""From a call to a reply: what a simulated model of some tier makes of a prompt."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from routing.simulator.calling import tool_call
from routing.simulator.fumble import fumble
from routing.simulator.models import Offer
from routing.simulator.shaping import shaped
from routing.simulator.skills import answer
from routing.simulator.skills.classifying import classification
from routing.simulator.skills.library import Library
from routing.simulator.skills.talk import beyond_skill
from routing.simulator.skills.task import Task, load_json, split_prompt
from routing.simulator.wire.contract import Call, ToolCall


@dataclass(frozen=True, slots=True)
class Thought:
    """The text of a reply or its tool call, what was thought before it, and whether the model was at ease with it."""

    text: str
    reasoning: str
    sure: bool
    call: ToolCall | None = None


async def think(call: Call, offer: Offer, library: Library, today: date, rng: Random) -> Thought:
    """The large model always has an answer, if only that this is beyond it; the others try as they can."""
    task = _task(call, offer, library, today)
    role, last = call.messages[-1]
    if role == "tool":
        return Thought(_as_asked(f"The tool says: {last}", task, call), "", sure=True)
    if classified := classification(task.text):
        return Thought(classified, "", sure=True)
    wanted = tool_call(call.tools, task.text, call.must_call, rng) if call.tools else None
    if wanted is not None:
        return Thought("", _reasoning(task, True) if _reasons(call, offer) else "", sure=True, call=wanted)
    text = await answer(task)
    able = text is not None
    reasoning = _reasoning(task, able) if _reasons(call, offer) else ""
    if not able and not _can_fill(call, offer) and offer.tier != "large":
        return Thought(fumble(task, rng), reasoning, sure=False)
    if text is None:
        text = beyond_skill() if offer.tier == "large" else ""
    return Thought(_as_asked(text, task, call), reasoning, sure=True)


def _reasons(call: Call, offer: Offer) -> bool:
    return call.reasoning and "reasoning" in offer.capabilities


def _as_asked(text: str, task: Task, call: Call) -> str:
    return text if call.response_format == "text" else _as_json(text, task, call.schema)


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
        value = shaped(schema, task.material, value, text)
    elif not isinstance(value, dict):
        value = {"answer": value if isinstance(value, list) else text}
    return json.dumps(value, ensure_ascii=False)
