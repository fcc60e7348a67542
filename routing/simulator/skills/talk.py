"""Small talk, and what a simulated model says when it is asked for more than it can do."""

from __future__ import annotations

import re

from routing.simulator.skills.task import Task

_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|hallo|good (?:morning|evening|afternoon)|greetings)(?: there| pointsman| all)?"
    r"|how are you(?: doing)?(?: today)?|nice to meet you)"
)
_THANKS = re.compile(r"(?:ok(?:ay)?|great|perfect|nice|cool|many thanks|thanks|thank you|cheers|ta)\b[\w\s,]{0,30}")
_FAREWELL = re.compile(r"(?:good ?bye|bye(?: bye)?|see you(?: later)?|good night)")
_SELF = re.compile(
    r"(?:who|what) are you|what(?: else)? can you do|what do you do|are you (?:a |an )?(?:real|human|ai)\b.*"
)


async def small_talk(task: Task) -> str | None:
    """`hello`, `thank you`, `who are you?`, `what can you do?`"""
    if len(task.text) > 80:
        return None
    said = re.sub(r"[^\w\s]+", "", task.text.lower()).strip()
    said = re.sub(r"^(?:hi|hello|hey) (?=who|what|how|are)", "", said)
    if _SELF.fullmatch(said):
        return introduce(task)
    if _GREETING.fullmatch(said):
        return f"Hello! I am {task.model}, a simulated model. What shall we set in motion?"
    if _THANKS.fullmatch(said):
        return "You are welcome."
    if _FAREWELL.fullmatch(said):
        return "Goodbye, and a safe journey."
    return None


def introduce(task: Task) -> str:
    can = "compute, convert units and dates, sort lists, change text and reshape JSON and CSV"
    more = "summarise, extract facts and answer questions about Pointsman"
    most = "solve word problems, compare things and write small Python functions"
    abilities = (can, f"{can}; I also {more}", f"{can}; I also {more}; and I {most}")
    return f"I am {task.model}, a simulated model that runs on this computer. I can {abilities[task.rank]}."


def beyond_skill() -> str:
    """Two sentences: what this model is and can do, and how to get a real one."""
    return (
        "I am a simulated model inside Pointsman, and this is beyond me: I can compute, convert, sort, "
        "reshape data, summarise, extract, compare, write small Python functions and answer questions about "
        "Pointsman. For a real model, press F8 in the client: it takes your key, such as that of OpenAI, and finds "
        "a local server, such as Ollama; both answer at once, without a restart."
    )
