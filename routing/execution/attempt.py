"""One call of one model: money held, text streamed, and the bill made out, however it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from routing import events as ev
from routing.confidence.provisional import Abort
from routing.decision.prediction import bill, price_of
from routing.errors import ErrorKind, ProviderError
from routing.execution.call import Unfinished
from routing.execution.masking import Mask, ValuesBack
from routing.execution.recorder import Recorder
from routing.execution.watching import Watching
from routing.messages import (
    FinishChunk,
    LimitsChunk,
    RateLimit,
    ReasoningChunk,
    Reply,
    TextChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
    Usage,
    UsageChunk,
    clean_text,
)
from routing.policy.model import Timeouts
from routing.providers.contract import Call, Provider
from routing.registry.model import Model

_CHARACTERS_PER_TOKEN = 4
_RUNAWAY_CHARACTERS_PER_TOKEN = 6
_UNBILLED = frozenset(
    {
        ErrorKind.AUTH,
        ErrorKind.PERMISSION,
        ErrorKind.NOT_FOUND,
        ErrorKind.INVALID_REQUEST,
        ErrorKind.CONTEXT_LENGTH,
        ErrorKind.RATE_LIMIT,
        ErrorKind.QUOTA,
        ErrorKind.OVERLOADED,
    }
)


@dataclass(slots=True)
class Attempt:
    """What one call has given so far. `input_tokens` is our estimate until the provider reports; `sent` says whether
    the provider was asked at all; `characters` counts all that is billed as output. `left_out` messages of the chat
    were not sent; `mask` puts personal data back into what comes; `speaks` is awaited before the first of it is told.
    `watch` may break it off, and `aborted` says why it did.
    """

    id: str
    model: Model
    reserved_nusd: int
    assumed_nusd_per_mtok: int
    input_tokens: int
    started_s: float
    unfinished: Unfinished | None = None
    left_out: int = 0
    saved_tokens: int = 0
    sent: bool = False
    mask: Mask | None = None
    speaks: Callable[[], Awaitable[None]] | None = None
    watch: Watching | None = None
    aborted: Abort | None = None
    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    tool_calls: dict[int, ToolCall] = field(default_factory=dict)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    characters: int = 0
    usage: Usage | None = None
    limits: tuple[RateLimit, ...] = ()
    finish: str | None = None
    request_id: str | None = None
    first_token_s: float | None = None

    @property
    def shown(self) -> bool:
        return self.characters > 0

    def reply(self) -> Reply:
        return Reply(
            text=(self.unfinished.text if self.unfinished is not None else "") + "".join(self.texts),
            reasoning="".join(self.reasoning),
            tool_calls=tuple(self.tool_calls.values()),
            logprobs=tuple(self.logprobs),
            finish=self.finish,
        )

    def billed(self, error: ProviderError | None = None) -> tuple[int, ev.Basis, Usage]:
        """Nano-dollars, how they are known, and the tokens. Without the provider's own count, what was sent is
        estimated: a call that was cut off is usually billed for it, one that was turned away is not."""
        usage = self._reported() or self._estimate(error)
        price = self.model.price
        if price is not None and price.free:
            return 0, "free", usage
        spend = bill(self.model, usage, self.assumed_nusd_per_mtok)
        if usage.reported and price is not None:
            return spend, "reported", usage
        return min(spend, self.reserved_nusd), "estimated", usage

    def _reported(self) -> Usage | None:
        """The provider's own count, unless it counts nothing where something came."""
        counts_nothing = self.shown and self.usage is not None and self.usage.output_tokens == 0
        return None if counts_nothing else self.usage

    def _estimate(self, error: ProviderError | None) -> Usage:
        if error is not None and not self.shown and (not error.sent or error.kind in _UNBILLED or _refused(error)):
            return Usage()
        written = len(self.logprobs) or -(-self.characters // _CHARACTERS_PER_TOKEN)
        return Usage(input_tokens=self.input_tokens, output_tokens=written)

    def runaway(self) -> bool:
        """Whether what has come must cost more than was held, even counted generously."""
        written = self.characters // _RUNAWAY_CHARACTERS_PER_TOKEN
        return price_of(self.model, 0, written, self.assumed_nusd_per_mtok) > self.reserved_nusd > 0


def _refused(error: ProviderError) -> bool:
    """An error status came in place of an answer."""
    return error.status is not None and error.status >= 400


async def stream(
    attempt: Attempt, provider: Provider, model: Model, call: Call, timeouts: Timeouts, recorder: Recorder
) -> None:
    """Run the call, publishing what comes. `model` is the attempt's, without what it turned out not to take. Raises
    ProviderError when it fails; `attempt` holds what came."""
    values = ValuesBack(attempt.mask, in_json=call.response_format != "text")
    async with aclosing(provider.stream(call, model, timeouts)) as chunks:
        async for chunk in chunks:
            match chunk:
                case TextChunk(text, logprobs):
                    await _first(attempt, recorder)
                    attempt.logprobs.extend(logprobs)
                    attempt.characters += len(text)
                    _tell(attempt, recorder, values.feed("text", text))
                    if attempt.watch is not None:
                        await _watched(attempt, attempt.watch, recorder, chunk)
                case ReasoningChunk(text):
                    await _first(attempt, recorder)
                    attempt.characters += len(text)
                    _think(attempt, recorder, values.feed("reasoning", text))
                case ToolCallChunk(piece):
                    await _first(attempt, recorder)
                    attempt.characters += len(piece.name) + len(piece.arguments)
                    arguments = values.feed(piece.index, piece.arguments)
                    _call_tool(attempt, recorder, replace(piece, arguments=arguments))
                case UsageChunk(usage):
                    attempt.usage = usage
                case LimitsChunk(limits):
                    attempt.limits = limits
                case FinishChunk(reason, request_id):
                    attempt.finish = clean_text(reason)
                    attempt.request_id = request_id and clean_text(request_id)
            if attempt.aborted is not None or attempt.runaway():
                attempt.finish = "length" if attempt.aborted is None else "aborted"
                break
    _tell_rest(attempt, recorder, values)
    if attempt.finish == "content_filter":
        raise ProviderError(ErrorKind.CONTENT_FILTER, "the answer was withheld", request_id=attempt.request_id)


async def _watched(attempt: Attempt, watch: Watching, recorder: Recorder, came: TextChunk) -> None:
    """Break off what is not worth waiting for, or else tell, rarely, how sure the answer is so far."""
    attempt.aborted = watch.read(came.text, came.logprobs)
    if attempt.aborted is not None or not watch.due:
        return
    if (measured := watch.news(attempt.texts, attempt.logprobs)) is not None:
        recorder.note(
            ev.ConfidenceMeasured,
            attempt=attempt.id,
            score=measured.score,
            low=measured.low,
            high=measured.high,
            parts=measured.parts,
            needed=watch.needed,
            provisional=True,
        )
        await recorder.commit()


def _tell(attempt: Attempt, recorder: Recorder, text: str) -> None:
    if text:
        text = clean_text(text)
        attempt.texts.append(text)
        recorder.delta(recorder.make(ev.TextDelta, attempt=attempt.id, text=text))


def _think(attempt: Attempt, recorder: Recorder, text: str) -> None:
    if text:
        text = clean_text(text)
        attempt.reasoning.append(text)
        recorder.delta(recorder.make(ev.ReasoningDelta, attempt=attempt.id, text=text))


def _call_tool(attempt: Attempt, recorder: Recorder, piece: ToolCall) -> None:
    piece = _clean_tool_call(piece)
    _add_tool_call(attempt, piece)
    recorder.delta(recorder.make(ev.ToolCallDelta, attempt=attempt.id, call=piece))


def _tell_rest(attempt: Attempt, recorder: Recorder, values: ValuesBack) -> None:
    """What looked like the beginning of a placeholder and was none."""
    for stream_of, text in values.flush():
        if stream_of == "text":
            _tell(attempt, recorder, text)
        elif stream_of == "reasoning":
            _think(attempt, recorder, text)
        else:
            _call_tool(attempt, recorder, ToolCall(stream_of, "", "", text))


async def _first(attempt: Attempt, recorder: Recorder) -> None:
    if attempt.first_token_s is None:
        if attempt.speaks is not None:
            await attempt.speaks()
        attempt.first_token_s = recorder.elapsed_s - attempt.started_s
        recorder.note(ev.FirstToken, attempt=attempt.id, first_token_s=attempt.first_token_s)
        await recorder.commit()


def _clean_tool_call(piece: ToolCall) -> ToolCall:
    return ToolCall(piece.index, clean_text(piece.id), clean_text(piece.name), clean_text(piece.arguments))


def _add_tool_call(attempt: Attempt, piece: ToolCall) -> None:
    known = attempt.tool_calls.get(piece.index)
    if known is not None:
        piece = ToolCall(piece.index, known.id or piece.id, known.name or piece.name, known.arguments + piece.arguments)
    attempt.tool_calls[piece.index] = piece
