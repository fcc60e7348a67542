"""What the simulated providers answer to each path, in the dialect that it belongs to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from random import Random

from routing.simulator import embedding
from routing.simulator.connection import Connection, Request
from routing.simulator.delivery import BrokenOffError, Delivery, Pace, stream_headers
from routing.simulator.faults import Fault, FaultBoard
from routing.simulator.limits import Limits, Meter
from routing.simulator.mind import think
from routing.simulator.models import Offer
from routing.simulator.routes import Route, route
from routing.simulator.served import Bill, Receipt
from routing.simulator.skills.library import Library
from routing.simulator.voice import Voice
from routing.simulator.wire.contract import Call, Head, RefusalKind, RefusedError, Standing, Wire, check_fits, encode
from routing.simulator.wire.ollama import VERSION
from routing.simulator.wire.reading import body_of, invalid, text

RETRY_AFTER_S = 2.0
_USUAL_LIMIT = 60
_MOST_REMEMBERED = 10_000
_ASKED = 200
"""Characters of a prompt that a receipt keeps."""
_REFUSED: dict[str, RefusalKind] = {
    "401": "auth",
    "403": "permission",
    "429": "rate_limit",
    "quota": "quota",
    "500": "server",
    "overloaded": "overloaded",
}
SetFault = Callable[[str, Fault | None], Awaitable[None]]


class Service:
    """Every provider's answers. `set_fault` is asked when a client sets one over HTTP."""

    def __init__(
        self,
        offers: Sequence[Offer],
        seed: int,
        pace: Pace,
        library: Library,
        set_fault: SetFault,
        limits: Limits | None = None,
    ) -> None:
        self.bill = Bill(offers)
        self.faults = FaultBoard(seed)
        self._offers = {(offer.provider, offer.id): offer for offer in offers}
        self._providers = {offer.provider for offer in offers}
        self._seed, self._pace, self._library, self._set_fault = seed, pace, library, set_fault
        self._meter = Meter(limits, pace.clock)
        self._asked: Counter[str] = Counter()

    async def serve(self, connection: Connection) -> None:
        """Answer request after request until the client closes, or a fault does."""
        while (request := await connection.next_request()) is not None:
            wire, found = route(request)
            try:
                if found is None or found.provider not in self._providers:
                    raise RefusedError("unknown_path", path=f"{request.method} {request.path}")
                await self._answer(connection, found, request)
            except RefusedError as refusal:
                await self._refuse(connection, wire, refusal, found.provider if found else "")
            except BrokenOffError:
                return

    async def _answer(self, connection: Connection, found: Route, request: Request) -> None:
        provider, wire = found.provider, found.wire
        offers = [offer for offer in self._offers.values() if offer.provider == provider]
        match found.door:
            case "reply":
                await self._reply(connection, found, request)
            case "count":
                call = _parsed(found, request.body)
                self._offer(provider, call.model)
                await connection.reply(200, encode({"input_tokens": await call.input_tokens()}))
            case "models":
                self._meet_standing_fault(connection, provider)
                await connection.reply(200, encode(wire.models(offers)))
            case "model":
                await connection.reply(200, encode(wire.model(self._offer(provider, found.target))))
            case "show":
                name = text(body_of(request.body), "model").removesuffix(":latest")
                await connection.reply(200, encode(wire.model(self._offer(provider, name))))
            case "version":
                await connection.reply(200, encode({"version": VERSION}))
            case "served":
                await connection.reply(200, encode(self.bill.of(provider)))
            case "calls":
                await connection.reply(200, encode(self.bill.calls_of(provider)))
            case "embed":
                self._meet(connection, self.faults.take(provider))
                body = body_of(request.body)
                await connection.reply(200, encode(embedding.answer(text(body, "model"), text(body, "input"))))
            case "faults":
                await self._change_fault(connection, provider, request.body)

    async def _change_fault(self, connection: Connection, provider: str, body: bytes) -> None:
        """`{"kind": "429", "times": 1}` or `{"kind": "random", "percent": 20}` sets a fault, `{"kind": null}` clears
        it."""
        try:
            asked = json.loads(body)
            kind, times, percent = asked.get("kind"), asked.get("times"), asked.get("percent")
            fault = None if kind is None else Fault(kind, times, percent)
        except (ValueError, TypeError, AttributeError) as error:
            raise invalid(str(error)) from None
        told = {"provider": provider, "kind": kind, "times": times, "percent": percent}
        await connection.reply(200, encode(told))
        await self._set_fault(provider, fault)

    async def _reply(self, connection: Connection, found: Route, request: Request) -> None:
        provider, wire = found.provider, found.wire
        fault = self.faults.take(provider)
        self._meet(connection, fault)
        if wait_s := self._meter.wait_s(provider):
            raise RefusedError("rate_limit", wait_s=wait_s)
        call = _parsed(found, request.body)
        offer = self._offer(provider, call.model)
        input_tokens = await call.input_tokens()
        check_fits(call, offer, input_tokens)
        rng = self._generator(call, provider)
        reply_id = f"{rng.getrandbits(96):024x}"
        if rng.random() < offer.failure_rate:
            raise RefusedError("overloaded")
        if fault == "error" and not call.stream:
            raise RefusedError("server")
        self._meter.count(provider, input_tokens)
        wall_s = self._pace.clock.wall()
        headers = {wire.id_header: f"req_{reply_id}"} | wire.announce(self._meter.standings(provider), wall_s)
        if fault == "empty":
            await connection.reply(200, b"", headers | (stream_headers(wire.stream_type) if call.stream else {}))
            return
        thought = await think(call, offer, self._library, datetime.fromtimestamp(wall_s, UTC).date(), rng)
        await Delivery(
            connection=connection,
            call=call,
            offer=offer,
            thought=thought,
            voice=Voice(thought.text, thought.sure, rng),
            writer=wire.writer(Head(call, offer, reply_id, wall_s, input_tokens)),
            bill=self.bill,
            receipt=Receipt(f"req_{reply_id}", offer.id, call.messages[-1][1][:_ASKED], fault, input_tokens),
            pace=self._pace,
            stream_type=wire.stream_type,
            headers=headers,
        ).run()

    def _offer(self, provider: str, model: str) -> Offer:
        """Raises RefusedError where the provider does not have the model."""
        offer = self._offers.get((provider, model))
        if offer is None:
            names = ", ".join(one for name, one in self._offers if name == provider)
            raise RefusedError("unknown_model", model=model, names=names)
        return offer

    def _meet_standing_fault(self, connection: Connection, provider: str) -> None:
        """Only a refused key or connection keeps a provider from saying what it has."""
        fault = self.faults.current(provider)
        if fault is not None and fault.standing and fault.kind in ("401", "refuse"):
            self._meet(connection, fault.kind)

    def _meet(self, connection: Connection, fault: str | None) -> None:
        """Raises RefusedError with the fault's status, BrokenOffError where the connection goes with it."""
        if fault == "refuse":
            connection.reset()
            raise BrokenOffError
        if fault in _REFUSED:
            raise RefusedError(_REFUSED[fault], wait_s=self._pace.scaled(RETRY_AFTER_S))

    async def _refuse(self, connection: Connection, wire: Wire, refusal: RefusedError, provider: str) -> None:
        answer = wire.refuse(refusal)
        headers = dict(answer.headers)
        if refusal.kind == "rate_limit":
            used_up = (Standing("requests", _USUAL_LIMIT, 0, refusal.wait_s),)
            headers |= wire.announce(self._meter.standings(provider) or used_up, self._pace.clock.wall())
        await connection.reply(answer.status, answer.body, headers)

    def _generator(self, call: Call, provider: str) -> Random:
        """One for each call, from the seed, what was asked of whom, and how often it was asked before.

        So neither other calls nor their order change an answer, nor whether it is streamed or in which dialect. With
        a seed of its own, or at temperature zero, a call repeats exactly.
        """
        digest = hashlib.blake2b(f"{provider}/{call.model}/{call.seed}".encode(), digest_size=16)
        for role, words in call.messages:
            digest.update(f"\0{role}\0{words}".encode("utf-8", "replace"))
        key = digest.hexdigest()
        if len(self._asked) > _MOST_REMEMBERED:
            self._asked.clear()
        self._asked[key] += 1
        repeat = 0 if call.seed is not None or call.temperature == 0 else self._asked[key]
        return Random(f"{self._seed}/{key}/{repeat}")


def _parsed(found: Route, body: bytes) -> Call:
    """Raises RefusedError."""
    try:
        return found.wire.parse(body, found.target)
    except RecursionError:
        raise invalid("The body of the request is nested too deeply.") from None
