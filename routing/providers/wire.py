"""What every dialect needs to read and write: JSON that others sent, and the text of a message's parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from routing.errors import ErrorKind, ProviderError
from routing.messages import FilePart, ImagePart, Message, TextPart, TokenLogprob, Tool
from routing.providers.contract import Call
from routing.providers.failures import clean, malformed
from routing.registry.model import Model

FIT = "Answer with JSON alone. It must be valid under this JSON schema:\n"
"""What is said to a model that takes no schema; the schema follows."""
JSON_ALONE = "Answer with JSON alone."
"""What is said where any JSON will do: OpenAI's refuse their JSON mode where nobody speaks of JSON."""


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


def formed(call: Call, model: Model) -> tuple[tuple[Message, ...], Any]:
    """The messages to send, and the format to ask for: a JSON schema, the word "json", or None. A schema is asked for
    where the model takes it, and said in words where it does not. Raises ProviderError as `schema_of`."""
    if call.response_format == "text":
        return call.messages, None
    mode = "json" if "json" in model.capabilities else None
    if call.response_format == "json" or call.schema is None:
        return instructed(call.messages, JSON_ALONE), mode
    if "json_schema" in model.capabilities:
        return call.messages, schema_of(call.schema)
    return instructed(call.messages, FIT + call.schema), mode


def sampling(call: Call, model: Model) -> dict[str, Any]:
    """The temperature and the seed, where the call has one and the model takes it."""
    chosen: dict[str, Any] = {}
    if call.temperature is not None and "fixed_temperature" not in model.capabilities:
        chosen["temperature"] = call.temperature
    if call.seed is not None and model.determinism != "none":
        chosen["seed"] = call.seed
    return chosen


def schema_of(text: str) -> Any:
    """The JSON schema that an answer must meet. Raises ProviderError (invalid_request, never sent)."""
    return _json(text, "the schema of the answer")


def parameters_of(tool: Tool) -> Any:
    """The JSON schema of a tool's arguments. Raises ProviderError (invalid_request, never sent)."""
    return _json(tool.parameters, f"the schema of the tool {tool.name}")


def function_of(tool: Tool) -> dict[str, Any]:
    """A tool as OpenAI describes it, and others after it. Raises ProviderError as `parameters_of`."""
    function = {"name": tool.name, "description": tool.description, "parameters": parameters_of(tool)}
    return {"type": "function", "function": function}


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ProviderError(ErrorKind.INVALID_REQUEST, f"{what} is not JSON", sent=False) from None


# ---------------------------------------------------------------- decoding
_MOST_MASKED = 10_000
"""Characters of an event in which the key is looked for: before the words are cut, or a part of it might be left."""
_BEYOND_SENSE = 10**12
"""Tokens that no call has: their price would not fit the ledger."""

WRONG = (AttributeError, TypeError, KeyError, ValueError, OverflowError, RecursionError)
"""What reading an event of other types than it should have raises."""


def read_event(data: str, secret: str = "") -> dict[str, Any]:
    """The object that an event's data holds. Raises ProviderError (malformed_stream)."""
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise malformed(f"an event is not JSON: {clean(data[:_MOST_MASKED], secret)[:80]}") from None
    if not isinstance(event, dict):
        raise malformed(f"an event is a {type(event).__name__}, not an object", secret)
    return event


def check_ended(events: int, finished: bool) -> None:
    """Raises ProviderError (malformed_stream) when so many events, or the last of them, are not a whole answer."""
    if not events:
        raise malformed("answered with an empty reply")
    if not finished:
        raise malformed("the stream ended before the answer did")


def listed(listing: object, field: str) -> list[dict[str, Any]]:
    """The objects that a list of models holds in this field. Raises ProviderError (malformed_stream)."""
    found = listing.get(field) if isinstance(listing, dict) else None
    if not isinstance(found, list):
        raise malformed("its list of models is not one")
    return [card for card in found if isinstance(card, dict)]


def string(value: object, what: str) -> str:
    """Raises TypeError where a server sent something else than text."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a {type(value).__name__}, not text")
    return value


def mapping(value: object, what: str) -> dict[str, Any]:
    """Raises TypeError where a server sent something else than an object."""
    if not isinstance(value, dict):
        raise TypeError(f"{what} is a {type(value).__name__}, not an object")
    return value


def count(values: object, name: str) -> int:
    """A count that a server sent; 0 where it is missing or makes no sense."""
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _BEYOND_SENSE else 0


def token_logprobs(entries: list[dict[str, Any]]) -> Iterator[TokenLogprob]:
    """Tokens as OpenAI lists them, and Ollama after it: each with the best of the others at its place. Raises one of
    `WRONG` where they are not."""
    for entry in entries:
        token, logprob = string(entry["token"], "a token"), entry["logprob"]
        if logprob is None:
            continue
        others = [
            float(other["logprob"])
            for other in entry.get("top_logprobs") or ()
            if other["token"] != token and other["logprob"] is not None
        ]
        yield TokenLogprob(token, float(logprob), max(others, default=None))
