"""Questions about Pointsman, answered out of its own documents."""

from __future__ import annotations

import re

from routing.simulator.skills.task import Task

_QUESTION = re.compile(
    r"^(?:please |hi,? |hello,? )?(?:how|what|where|which|can|could|why|does|do|is|are|when|tell|explain|show|help"
    r"|add|set|i want|i need)\b",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"\b(?:api[- ]?keys?|(?:my|a) (?:own )?keys?|profiles?|ladders?|escalat\w+|failover|fail over|faults?|caps?"
    r"|panels?|route[drs]?|routing|confidence|ledger|simulat\w+|providers?|ollama|llama\.cpp|themes?"
    r"|shortcuts?|key bindings?|(?:which|what) keys?|(?:my )?chats?|(?:does it|it) costs?|models? (?:chosen|choose)"
    r"|degraded|local (?:server|model)s?|spend|traces?"
    r"|route strip|pointsman|this (?:app|program|client))\b",
    re.IGNORECASE,
)
_LONGEST_PASSAGE = 900


async def about_pointsman(task: Task) -> str | None:
    """`how do I add my key?`, `what is a profile?`: the passage that speaks of it."""
    if len(task.text) > 300 or "\n" in task.text:
        return None
    if not _QUESTION.search(task.text) or not _OURS.search(task.text):
        return None
    passages = await task.library.search(task.text, 2 if task.tier == "large" else 1)
    if not passages:
        return None
    return "\n\n".join(f"{_clipped(p.text)}\n\n({p.source}, “{p.heading}”)" for p in passages)


def _clipped(text: str) -> str:
    """Whole paragraphs, as many as fit; a single long one ends with a sentence."""
    kept = ""
    for paragraph in text.split("\n\n"):
        if kept and len(kept) + len(paragraph) > _LONGEST_PASSAGE:
            break
        kept += ("\n\n" if kept else "") + paragraph
    if len(kept) <= _LONGEST_PASSAGE or "```" in kept or "|" in kept:
        return kept
    return kept[: kept.rfind(". ", 0, _LONGEST_PASSAGE) + 1] or kept
