"""Small Python functions for well-known tasks."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable
from typing import Any

from routing.simulator.skills import listings
from routing.simulator.skills.task import Task

_KNOWN: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"fizz ?buzz", listings.fizzbuzz),
    (r"prime", listings.is_prime),
    (r"fibonacci", listings.fibonacci),
    (r"factorial", listings.factorial),
    (r"palindrome", listings.is_palindrome),
    (r"revers\w+ (?:a |the )?(?:\w+ )?(?:string|text|word)|string.{0,20}revers", listings.reverse),
    (r"count\w* (?:the |how often )?(?:\w+ )?words?|word ?count|word frequenc", listings.word_count),
    (r"\bgcd|greatest common", listings.gcd),
    (r"flatten", listings.flatten),
    (r"binary search", listings.binary_search),
)
_OTHER_LANGUAGE = r"\b(javascript|typescript|java|rust|golang|ruby|php|haskell|swift|kotlin|bash|sql|c\+\+|c#)(?!\w)"
_CALLED = re.compile(r"\b(?:called|named)\s+`?([A-Za-z_]\w*)")


async def write_code(task: Task) -> str | None:
    """`write a Python function for fizzbuzz`: ten tasks known by heart."""
    if not task.is_code or task.says(_OTHER_LANGUAGE):
        return None
    for pattern, function in _KNOWN:
        if task.says(pattern):
            source = (await asyncio.to_thread(inspect.getsource, function)).rstrip()
            if called := _CALLED.search(task.what):
                source = re.sub(rf"\b{function.__name__}\(", f"{called[1]}(", source)
            return f"```python\n{source}\n```"
    return None
