"""What every dialect needs to read and write: JSON that others sent, and the text of a message's parts."""

from __future__ import annotations

import json
from typing import Any

from routing.errors import ErrorKind, ProviderError
from routing.messages import FilePart, ImagePart, Message, TextPart, Tool
from routing.providers.failures import malformed

FIT = "Answer with JSON alone. It must be valid under this JSON schema:\n"
"""What is said to a model that takes no schema; the schema follows."""


# ---------------------------------------------------------------- encoding
def text_of(part: TextPart | FilePart | ImagePart) -> str:
    """A part as text: a file with its name before it, an image as nothing."""
    if isinstance(part, FilePart):
        return f"File {part.name}:\n\n{part.text}"
    return "" if isinstance(part, ImagePart) else part.text


def joined(message: Message) -> str:
    """All the text of a message."""
    return "\n\n".join(text_of(part) for part in message.content if not isinstance(part, ImagePart))


def has_image(message: Message) -> bool:
    return any(isinstance(part, ImagePart) for part in message.content)


def instructed(messages: tuple[Message, ...], words: str) -> tuple[Message, ...]:
    """The words in the system message, which stands first; many chat templates allow one only."""
    if messages and messages[0].role == "system":
        return (Message("system", (*messages[0].content, TextPart(words))), *messages[1:])
    return (Message("system", (TextPart(words),)), *messages)


def schema_of(text: str) -> Any:
    """The JSON schema that an answer must meet. Raises ProviderError (invalid_request, never sent)."""
    return _json(text, "the schema of the answer")


def parameters_of(tool: Tool) -> Any:
    """The JSON schema of a tool's arguments. Raises ProviderError (invalid_request, never sent)."""
    return _json(tool.parameters, f"the schema of the tool {tool.name}")


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ProviderError(ErrorKind.INVALID_REQUEST, f"{what} is not JSON", sent=False) from None


# ---------------------------------------------------------------- decoding
def read_event(data: str, secret: str = "") -> dict[str, Any]:
    """The object that an event's data holds. Raises ProviderError (malformed_stream)."""
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise malformed(f"an event is not JSON: {data[:80]}", secret) from None
    if not isinstance(event, dict):
        raise malformed(f"an event is a {type(event).__name__}, not an object", secret)
    return event


def string(value: object, what: str) -> str:
    """Raises TypeError where a server sent something else than text."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a {type(value).__name__}, not text")
    return value


def count(values: object, name: str) -> int:
    """A count that a server sent; 0 where it is missing or makes no sense."""
    value = values.get(name) if isinstance(values, dict) else None
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0
