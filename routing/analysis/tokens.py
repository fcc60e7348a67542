"""How many tokens a text will be, without a tokeniser.

Characters per token by script, from the public figures of common BPE vocabularies: Latin text 4, digits and ASCII
signs 2.5, other alphabets 2.5, Indic and Thai 2, Chinese, Japanese and Korean 1.5, emoji .5. Right within about 20 %
for prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from routing.messages import FilePart, ImagePart, Message, Part, Request

MESSAGE_OVERHEAD = 4
IMAGE_TOKENS = 1_000

# Longer texts are weighed by three samples of this many characters.
_SAMPLE = 3_000
# Compiled when first met: the wide ranges are slow to compile, and most people never type them.
_TOKENS_PER_CHAR = (
    (r"[A-Za-z\s\u00c0-\u024f]", 1 / 4),
    (r"[!-@\[-`{-~]", 1 / 2.5),
    (r"[\u0370-\u08ff]", 1 / 2.5),
    (r"[\u0900-\u0fff]", 1 / 2),
    (r"[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]", 1 / 1.5),
)
_OTHER = 2.0


def estimate(text: str) -> int:
    """Tokens of a text, at least 1 when there is any."""
    if not text:
        return 0
    if len(text) <= 3 * _SAMPLE:
        return max(1, round(_weigh(text)))
    middle = len(text) // 2
    sample = text[:_SAMPLE] + text[middle : middle + _SAMPLE] + text[-_SAMPLE:]
    return round(_weigh(sample) / len(sample) * len(text))


def _weigh(text: str) -> float:
    tokens, counted = 0.0, 0
    for characters, weight in _TOKENS_PER_CHAR:
        found = len(re.findall(characters, text))
        tokens += found * weight
        counted += found
        if counted == len(text):
            break
    return tokens + (len(text) - counted) * _OTHER


# A chat grows by a message at a time: the old ones are weighed once.
_remembered = lru_cache(maxsize=8_192)(estimate)


def input_tokens(request: Request) -> int:
    """Tokens of all that a model would read: system, history, tools and content, images at a flat 1,000."""
    system = _remembered(request.system) + MESSAGE_OVERHEAD if request.system else 0
    tools = sum(_remembered(tool.description) + _remembered(tool.parameters) + 8 for tool in request.tools)
    content = sum(_fresh(part) for part in request.content) + MESSAGE_OVERHEAD
    return system + history_tokens(request.history) + tools + content + estimate(request.schema or "")


def history_tokens(history: Sequence[Message]) -> int:
    """Tokens of earlier messages."""
    return sum(_message(message) for message in history)


def _message(message: Message) -> int:
    return MESSAGE_OVERHEAD + sum(
        IMAGE_TOKENS if isinstance(part, ImagePart) else _remembered(part.text) for part in message.content
    )


def _fresh(part: Part) -> int:
    if isinstance(part, ImagePart):
        return IMAGE_TOKENS
    name = estimate(part.name) if isinstance(part, FilePart) else 0
    return name + estimate(part.text)
