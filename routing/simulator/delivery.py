"""One reply on its way to the client: paced, counted, and broken where a fault says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from routing.clock import Clock
from routing.simulator.connection import Connection
from routing.simulator.mind import Thought
from routing.simulator.models import Offer
from routing.simulator.served import Bill, Receipt
from routing.simulator.voice import Voice, split_tokens
from routing.simulator.wire.contract import Call, Counts, Finish, ToolCall, Writer

SLOW_FACTOR = 20
SLOW_LEAST_S = 20.0
_LATEST_BREAK = 20
_SLICE = 50
_GARBAGE = b'{"id": "\x00\xff\xfe\x1b[", "delta": {"content": \x80\n\n\xf8\x00'
_BREAKING = ("stall", "cut", "garbage", "error")


class BrokenOffError(Exception):
    """The fault has done its work: the connection is to be closed as it is."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of the clock for seconds of a model's time; speed 0 or infinity means no waiting."""

    clock: Clock
    speed: float

    def scaled(self, s: float) -> float:
        return s / self.speed if self.speed else 0.0

    async def until(self, due_s: float) -> None:
        left = due_s - self.clock.monotonic()
        if left > 0:
            await self.clock.sleep(left)
        else:
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Script:
    """What will be said, piece by piece, and why it ends."""

    thoughts: list[str]
    words: list[str]
    arguments: list[str]
    finish: Finish

    @property
    def spoken(self) -> int:
        return len(self.thoughts) + len(self.words) + len(self.arguments)


@dataclass(frozen=True, slots=True)
class Delivery:
    """`stream_type` is the content type of a stream.

    Raises BrokenOffError where a fault ends the connection, ConnectionError where the client has gone.
    """

    connection: Connection
    call: Call
    offer: Offer
    thought: Thought
    voice: Voice
    writer: Writer
    bill: Bill
    receipt: Receipt
    pace: Pace
    stream_type: str
    headers: dict[str, str]

    @property
    def fault(self) -> str | None:
        return self.receipt.fault

    async def run(self) -> None:
        self.bill.accept(self.offer, self.receipt)
        if self.call.stream:
            await self.connection.head(200, stream_headers(self.stream_type) | self.headers)
            await self._stream(self._script())
        else:
            await self._whole(self._script())
        self.bill.finish(self.offer, self.receipt)

    async def _stream(self, script: Script) -> None:
        due_s = self._first_due_s()
        await self.pace.until(due_s)
        await self.connection.data(self.writer.opening())
        step_s = self.pace.scaled(1 / self.offer.tokens_per_s)
        breaks_at = self._breaks_at(len(script.words) + len(script.arguments))
        for text in script.thoughts:
            await self._paced(self.writer.thought(text), due_s)
            due_s += step_s
        for place, chunk in enumerate(self._chunks(script)):
            if place == breaks_at:
                await self._break_stream(chunk)
            await self._paced(chunk, due_s)
            due_s += step_s
        await self.connection.data(self.writer.closing(script.finish, self._counts(script)))
        await self.connection.end()

    def _chunks(self, script: Script) -> Iterator[bytes]:
        """One for each token of the answer; a dialect may leave one empty and say more with the next."""
        for piece in script.words:
            yield self.writer.token(self.voice.say(piece))
        if self.thought.call is not None and script.arguments:
            yield from self.writer.tool_call(self._said(self.thought.call, script), script.arguments)

    async def _paced(self, chunk: bytes, due_s: float) -> None:
        await self.pace.until(due_s)
        await self.connection.data(chunk)
        self.bill.sent(self.offer, self.receipt, 1)

    async def _break_stream(self, chunk: bytes) -> None:
        """What the fault does in the middle of a stream; the chunk is the one that does not arrive."""
        half = chunk[: len(chunk) // 2]
        if self.fault == "stall":
            await self.connection.until_gone()
        elif self.fault == "cut":
            await self.connection.data(half)
        else:
            await self.connection.data(self.writer.failing() if self.fault == "error" else half + _GARBAGE)
            await self.connection.end()
        raise BrokenOffError

    async def _whole(self, script: Script) -> None:
        due_s = self._first_due_s()
        tokens = []
        for piece in script.words:
            tokens.append(self.voice.say(piece))
            if len(tokens) % _SLICE == 0:
                await asyncio.sleep(0)
        said = self._said(self.thought.call, script) if self.thought.call is not None else None
        body = self.writer.whole(tokens, "".join(script.thoughts), said, script.finish, self._counts(script))
        await self.pace.until(due_s + self.pace.scaled(script.spoken / self.offer.tokens_per_s))
        if self.fault == "garbage":
            await self.connection.reply(200, body[: len(body) // 2] + _GARBAGE, self.headers)
            raise BrokenOffError
        size = {"content-type": "application/json", "content-length": str(len(body))}
        await self.connection.head(200, size | self.headers)
        if self.fault in ("stall", "cut"):
            await self.connection.data(body[: len(body) // 2])
            if self.fault == "stall":
                await self.connection.until_gone()
            raise BrokenOffError
        await self.connection.data(body)
        self.bill.sent(self.offer, self.receipt, script.spoken)
        await self.connection.end()

    def _first_due_s(self) -> float:
        wait_s = self.offer.first_token_s
        if self.fault == "slow":
            wait_s = max(wait_s * SLOW_FACTOR, SLOW_LEAST_S)
        return self.pace.clock.monotonic() + self.pace.scaled(wait_s)

    def _breaks_at(self, count: int) -> int | None:
        """Half way through the answer, and soon in a long one."""
        return min(count // 2, _LATEST_BREAK) if self.fault in _BREAKING else None

    def _counts(self, script: Script) -> Counts:
        return Counts(self.receipt.input_tokens, script.spoken, len(script.thoughts))

    def _script(self) -> Script:
        """Reasoning, answer and why it ends, within the room that call and model leave."""
        room = min(
            self.call.max_tokens or self.offer.max_output,
            self.offer.max_output,
            self.offer.context_window - self.receipt.input_tokens,
        )
        thoughts = split_tokens(self.thought.reasoning)[:room]
        room -= len(thoughts)
        call = self.thought.call
        pieces = split_tokens(call.arguments) if call is not None else self.voice.pieces
        kept = pieces[:room]
        finish: Finish = "length" if len(kept) < len(pieces) else "stop" if call is None else "tool_calls"
        if self.fault == "filter":
            kept, finish = kept[: len(kept) // 2], "content_filter"
        return Script(thoughts, kept, [], finish) if call is None else Script(thoughts, [], kept, finish)

    def _said(self, call: ToolCall, script: Script) -> ToolCall:
        return replace(call, arguments="".join(script.arguments))


def stream_headers(stream_type: str) -> dict[str, str]:
    return {"content-type": stream_type, "cache-control": "no-cache"}
