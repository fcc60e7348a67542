"""What the simulated providers answer to each path."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from random import Random

from routing.simulator import delivery, wire
from routing.simulator.connection import Connection, Request
from routing.simulator.delivery import BrokenOffError, Delivery, Pace
from routing.simulator.faults import Fault, FaultBoard, parse_fault
from routing.simulator.mind import think
from routing.simulator.models import Offer
from routing.simulator.served import Bill
from routing.simulator.skills.library import Library
from routing.simulator.voice import Voice
from routing.simulator.wire import WireError

RETRY_AFTER_S = 2.0
_MODELS_SINCE_S = 1_767_225_600
_MOST_REMEMBERED = 10_000
SetFault = Callable[[str, Fault | None], Awaitable[None]]


class Service:
    """Every provider's answers. `set_fault` is asked when a client sets one over HTTP."""

    def __init__(self, offers: Sequence[Offer], seed: int, pace: Pace, library: Library, set_fault: SetFault) -> None:
        self.bill = Bill(offers)
        self.faults = FaultBoard()
        self._offers = {(offer.provider, offer.id): offer for offer in offers}
        self._providers = {offer.provider for offer in offers}
        self._seed, self._pace, self._library, self._set_fault = seed, pace, library, set_fault
        self._asked: Counter[str] = Counter()

    async def serve(self, connection: Connection) -> None:
        """Answer request after request until the client closes, or a fault does."""
        while (request := await connection.next_request()) is not None:
            try:
                await self._answer(connection, request)
            except WireError as error:
                await connection.reply(error.status, error.body, error.headers)
            except BrokenOffError:
                return

    async def _answer(self, connection: Connection, request: Request) -> None:
        provider, _, path = request.path.strip("/").partition("/v1/")
        if provider not in self._providers:
            raise _not_found(f"There is no provider at {request.path}.")
        match request.method, path:
            case "GET", "models":
                await self._models(connection, provider)
            case "POST", "chat/completions":
                await self._complete(connection, provider, request.body)
            case "GET", "served":
                await connection.reply(200, wire.encode(self.bill.of(provider)))
            case "POST", "faults":
                await self._change_fault(connection, provider, request.body)
            case _:
                raise _not_found(f"Unknown request: {request.method} {request.path}.")

    async def _models(self, connection: Connection, provider: str) -> None:
        """Only a refused key or connection keeps a provider from saying what it has."""
        fault = self.faults.current(provider)
        if fault is not None and fault.times is None and fault.kind in ("401", "refuse"):
            await self._refuse(connection, fault.kind)
        data = [
            {"id": offer.id, "object": "model", "created": _MODELS_SINCE_S, "owned_by": provider}
            | {"pointsman": offer.card()}
            for offer in self._offers.values()
            if offer.provider == provider
        ]
        await connection.reply(200, wire.encode({"object": "list", "data": data}))

    async def _change_fault(self, connection: Connection, provider: str, body: bytes) -> None:
        """`{"kind": "429", "times": 1}` sets a fault, `{"kind": null}` clears it."""
        try:
            asked = json.loads(body)
            kind, times = asked.get("kind"), asked.get("times")
            fault = None
            if kind is not None:
                text = f"{provider}:{kind}" if times is None else f"{provider}:{kind}:{times}"
                fault = parse_fault(text, sorted(self._providers))[1]
        except (ValueError, AttributeError) as error:
            raise WireError(400, "invalid_request_error", str(error)) from None
        await connection.reply(200, wire.encode({"provider": provider, "kind": kind, "times": times}))
        await self._set_fault(provider, fault)

    async def _complete(self, connection: Connection, provider: str, body: bytes) -> None:
        fault = self.faults.take(provider)
        if fault in ("refuse", "401", "429", "500"):
            await self._refuse(connection, fault)
        call = wire.parse_call(body)
        offer = self._offers.get((provider, call.model))
        if offer is None:
            names = ", ".join(model for name, model in self._offers if name == provider)
            raise _not_found(f"The model {call.model} does not exist; there are {names}.", "model_not_found")
        input_tokens = await call.input_tokens()
        wire.check_fits(call, offer, input_tokens)
        rng = self._generator(call, provider)
        reply_id = f"{rng.getrandbits(96):024x}"
        if rng.random() < offer.failure_rate:
            raise WireError(503, "server_error", "The simulated server is overloaded.", "overloaded")
        headers = {"x-request-id": f"req_{reply_id}"}
        if fault == "empty":
            await connection.reply(200, b"", headers | delivery.SSE if call.stream else headers)
            return
        wall_s = self._pace.clock.wall()
        today = datetime.fromtimestamp(wall_s, UTC).date()
        thought = await think(call, offer, self._library, today, rng)
        await Delivery(
            connection=connection,
            call=call,
            offer=offer,
            thought=thought,
            voice=Voice(thought.text, thought.sure, rng),
            input_tokens=input_tokens,
            writer=wire.Writer(offer, call, reply_id, int(wall_s)),
            bill=self.bill,
            pace=self._pace,
            fault=fault,
            headers=headers,
        ).run()

    async def _refuse(self, connection: Connection, fault: str) -> None:
        """Answer with the fault's status and raise BrokenOffError where the connection goes with it."""
        if fault == "refuse":
            connection.reset()
            raise BrokenOffError
        if fault == "401":
            message = "Incorrect API key provided. The simulated provider was told to refuse it."
            raise WireError(401, "invalid_request_error", message, "invalid_api_key")
        if fault == "500":
            raise WireError(500, "server_error", "The simulated server had an error.", "internal_error")
        wait_s = self._pace.scaled(RETRY_AFTER_S)
        message = f"Rate limit reached. Please try again in {wait_s:.3g}s."
        headers = {"retry-after": str(math.ceil(wait_s)), "retry-after-ms": str(round(wait_s * 1000))}
        raise WireError(429, "rate_limit_error", message, "rate_limit_exceeded", headers=headers)

    def _generator(self, call: wire.Call, provider: str) -> Random:
        """One for each call, from the seed, what was asked of whom, and how often it was asked before.

        So neither other calls nor their order change an answer, nor whether it is streamed. With a seed of
        its own, or at temperature zero, a call repeats exactly.
        """
        digest = hashlib.blake2b(f"{provider}/{call.model}/{call.seed}".encode(), digest_size=16)
        for role, text in call.messages:
            digest.update(f"\0{role}\0{text}".encode("utf-8", "replace"))
        key = digest.hexdigest()
        if len(self._asked) > _MOST_REMEMBERED:
            self._asked.clear()
        self._asked[key] += 1
        repeat = 0 if call.seed is not None or call.temperature == 0 else self._asked[key]
        return Random(f"{self._seed}/{key}/{repeat}")


def _not_found(message: str, code: str | None = None) -> WireError:
    return WireError(404, "invalid_request_error", message, code)
