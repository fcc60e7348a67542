"""The unified schema: what is asked (`Request`), what comes back (`Chunk`, `Reply`, `Usage`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]
ResponseFormat = Literal["text", "json", "json_schema"]


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str
    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image, base64; `name` is the file's, for the person who attached it."""

    media_type: str
    data: str
    type: Literal["image"] = "image"
    name: str = ""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A text file, sent to models as its name and its text."""

    name: str
    text: str
    type: Literal["file"] = "file"


Part = TextPart | ImagePart | FilePart


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may ask to be called; `parameters` is its JSON schema as text."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take; None leaves it to the policy."""

    credit_nusd: int | None = None
    total_s: float | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to answer. `history` is the path of the chat that leads here, oldest first.

    `model` pins one model (an id, an alias or a glob); `nudge` starts the ladder that many rungs higher (or lower);
    `schema` is a JSON schema as text; `personal` is what the user said to do about personal data, None: as the policy
    has it; `kept` is the strictest that was done about what is private on the path of the chat, and stays so.
    """

    content: tuple[Part, ...]
    chat_id: str = ""
    parent_turn: str | None = None
    profile: str | None = None
    history: tuple[Message, ...] = ()
    system: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    response_format: ResponseFormat = "text"
    schema: str | None = None
    tools: tuple[Tool, ...] = ()
    limits: Limits = Limits()
    latency: Literal["interactive", "batch"] = "interactive"
    user_tier: str = "standard"
    model: str | None = None
    nudge: int = 0
    personal: Literal["send", "mask", "local"] | None = None
    kept: Literal["mask", "local"] | None = None

    @property
    def text(self) -> str:
        """What the user wrote, and the text of attached files."""
        return "\n\n".join(part.text for part in self.content if not isinstance(part, ImagePart))

    @property
    def written(self) -> str:
        """What the user wrote."""
        return "\n\n".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def attached(self) -> tuple[FilePart | ImagePart, ...]:
        """Files and images that go with what the user wrote."""
        return tuple(part for part in self.content if not isinstance(part, TextPart))


def described(part: FilePart | ImagePart) -> str:
    """``photo.png (image, 120 kB)``, on one line."""
    if isinstance(part, ImagePart):
        name, kind, size = part.name or part.media_type, "image", len(part.data) * 3 // 4 - part.data[-2:].count("=")
    else:
        name, kind, size = part.name, "text", len(part.text.encode("utf-8", "replace"))
    return f"{' '.join(name.split())} ({kind}, {_bytes(size)})"


def _bytes(size: int) -> str:
    for unit, scale in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}" if size < 10 * scale else f"{size / scale:.0f} {unit}"
    return f"{size} bytes"


def ask(text: str, **fields: Any) -> Request:
    """A request of one text part."""
    return Request(content=(TextPart(text),), **fields)


def ask_beside(request: Request, text: str, *, private: bool, **fields: Any) -> Request:
    """A request about another one, and no less private: what makes that one so may stand in a part that is left out, or
    in the chat before it."""
    tags = (*request.tags, ("private", "yes")) if private else request.tags
    return ask(text, tags=tags, personal=request.personal, kept=request.kept, **fields)


def clean_text(text: str) -> str:
    """Text that every encoding can carry: a lone surrogate becomes U+FFFD, a pair the character that it means."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _clean_part(part: Part) -> Part:
    match part:
        case TextPart(text):
            return TextPart(clean_text(text))
        case FilePart(name, text):
            return FilePart(clean_text(name), clean_text(text))
        case ImagePart():
            return replace(part, name=clean_text(part.name))


def clean(request: Request) -> Request:
    """The request with text that can be stored and sent."""
    tags = tuple((clean_text(key), clean_text(value)) for key, value in request.tags)
    model = None if request.model is None else clean_text(request.model)
    parts = tuple(map(_clean_part, request.content))
    return replace(request, content=parts, system=clean_text(request.system), tags=tags, model=model)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. Cached tokens (read from and written to the provider's cache) are inside input, reasoning
    tokens inside output; `reported` by the provider, or else estimated by us."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    reported: bool = False
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token, its natural log probability, and the runner-up's where the provider sends it."""

    token: str
    logprob: float
    second: float | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for; `arguments` is JSON text as far as it came."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class TextChunk:
    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ReasoningChunk:
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallChunk:
    """A piece of a tool call: the same `index` goes on with the same call."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class UsageChunk:
    usage: Usage


@dataclass(frozen=True, slots=True)
class FinishChunk:
    """The terminal marker. `reason` as the field names it: stop, length, tool_calls, content_filter."""

    reason: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a provider leaves of a limit on `kind` (requests, tokens, input-tokens, output-tokens): `remaining` of
    `limit`, until it is full again in `resets_in_s`. None: not told."""

    kind: str
    limit: int | None
    remaining: int
    resets_in_s: float | None


@dataclass(frozen=True, slots=True)
class LimitsChunk:
    """What the provider announced with its answer, before the answer."""

    limits: tuple[RateLimit, ...]


Chunk = TextChunk | ReasoningChunk | ToolCallChunk | UsageChunk | FinishChunk | LimitsChunk


@dataclass(frozen=True, slots=True)
class Reply:
    """All that one attempt gave. `finish` is None when no terminal marker came."""

    text: str
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = field(default=(), repr=False)
    finish: str | None = None
