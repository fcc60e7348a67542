"""One chat completion on its way to the client: paced, counted, and broken where a fault says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from routing.clock import Clock
from routing.simulator.connection import Connection
from routing.simulator.mind import Thought
from routing.simulator.models import Offer
from routing.simulator.served import Bill
from routing.simulator.voice import Voice, split_tokens
from routing.simulator.wire import Call, Writer, usage

SLOW_FACTOR = 20
SLOW_LEAST_S = 20.0
_LATEST_BREAK = 20
_SLICE = 50
_GARBAGE = b'data: {"id": "chatcmpl-\x00\xff\xfe\x1b[", "choices": [{"delta": {"content": \x80\n\n\xf8\x00'
SSE = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


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
class Delivery:
    """Raises BrokenOffError where a fault ends the connection, ConnectionError where the client has gone."""

    connection: Connection
    call: Call
    offer: Offer
    thought: Thought
    voice: Voice
    input_tokens: int
    writer: Writer
    bill: Bill
    pace: Pace
    fault: str | None
    headers: dict[str, str]

    async def run(self) -> None:
        self.bill.accept(self.offer, self.input_tokens)
        if self.call.stream:
            await self.connection.head(200, SSE | self.headers)
            await self._stream()
        else:
            await self._whole()
        self.bill.finish(self.offer)

    async def _stream(self) -> None:
        due_s = self._first_due_s()
        await self.pace.until(due_s)
        await self.connection.data(self.writer.opening())
        step_s = self.pace.scaled(1 / self.offer.tokens_per_s)
        thoughts, kept, finish = self._cut_to_size()
        breaks_at = self._breaks_at(len(kept))
        for text in thoughts:
            await self._paced(self.writer.thought(text), due_s)
            due_s += step_s
        for place, piece in enumerate(kept):
            chunk = self.writer.token(self.voice.say(piece))
            if place == breaks_at:
                await self._break_stream(chunk)
            await self._paced(chunk, due_s)
            due_s += step_s
        counts = usage(self.input_tokens, len(thoughts) + len(kept), len(thoughts))
        await self.connection.data(self.writer.closing(finish, counts))
        await self.connection.end()

    async def _paced(self, chunk: bytes, due_s: float) -> None:
        await self.pace.until(due_s)
        await self.connection.data(chunk)
        self.bill.sent(self.offer, 1)

    async def _break_stream(self, chunk: bytes) -> None:
        """What the fault does in the middle of a stream; the chunk is the one that does not arrive."""
        if self.fault == "stall":
            await self.connection.until_gone()
        elif self.fault == "garbage":
            await self.connection.data(_GARBAGE)
            await self.connection.end()
        else:
            await self.connection.data(chunk[: len(chunk) // 2])
        raise BrokenOffError

    async def _whole(self) -> None:
        due_s = self._first_due_s()
        thoughts, kept, finish = self._cut_to_size()
        spoken = len(thoughts) + len(kept)
        counts = usage(self.input_tokens, spoken, len(thoughts))
        tokens = []
        for piece in kept:
            tokens.append(self.voice.say(piece))
            if len(tokens) % _SLICE == 0:
                await asyncio.sleep(0)
        body = self.writer.whole(tokens, "".join(thoughts), finish, counts)
        await self.pace.until(due_s + self.pace.scaled(spoken / self.offer.tokens_per_s))
        if self.fault == "garbage":
            await self.connection.reply(200, _GARBAGE, self.headers)
            raise BrokenOffError
        size = {"content-type": "application/json", "content-length": str(len(body))}
        await self.connection.head(200, size | self.headers)
        if self.fault in ("stall", "cut"):
            await self.connection.data(body[: len(body) // 2])
            if self.fault == "stall":
                await self.connection.until_gone()
            raise BrokenOffError
        await self.connection.data(body)
        self.bill.sent(self.offer, spoken)
        await self.connection.end()

    def _first_due_s(self) -> float:
        wait_s = self.offer.first_token_s
        if self.fault == "slow":
            wait_s = max(wait_s * SLOW_FACTOR, SLOW_LEAST_S)
        return self.pace.clock.monotonic() + self.pace.scaled(wait_s)

    def _breaks_at(self, count: int) -> int | None:
        """Half way through the answer, and soon in a long one."""
        return min(count // 2, _LATEST_BREAK) if self.fault in ("stall", "cut", "garbage") else None

    def _cut_to_size(self) -> tuple[list[str], list[str], str]:
        """Reasoning, answer and why it ends, within the room that call and model leave."""
        room = min(
            self.call.max_tokens or self.offer.max_output,
            self.offer.max_output,
            self.offer.context_window - self.input_tokens,
        )
        thoughts = split_tokens(self.thought.reasoning)[:room]
        kept = self.voice.pieces[: room - len(thoughts)]
        return thoughts, kept, "stop" if len(kept) == len(self.voice.pieces) else "length"
