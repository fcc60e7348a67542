"""Each fault, met on the socket as a client would meet it."""

from __future__ import annotations

import asyncio
import math

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.simulator import FAULTS, Fault, Simulator, parse_fault
from tests.routing.simulator.conftest import Client, body

SUMMARY = "summarise in eight sentences: " + " ".join(
    f"The train number {n} leaves the old station late today." for n in range(9)
)


class StillClock:
    """Time that passes only in sleep, and at once."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1_800_000_000 + self.now

    async def sleep(self, s: float) -> None:
        self.now += s
        await asyncio.sleep(0)


async def test_refused_connections_come_back_on_the_same_port(client: Client) -> None:
    before = client.simulator.providers()
    assert (await client.post("sim-north", "shunter", "2+2")).status_code == 200
    await client.simulator.set_fault("sim-north", "refuse")
    with pytest.raises(httpx.ConnectError):
        await client.post("sim-north", "shunter", "2+2")
    assert (await client.post("sim-south", "handcar", "2+2")).status_code == 200
    await client.simulator.set_fault("sim-north", None)
    assert (await client.post("sim-north", "shunter", "2+2")).status_code == 200
    assert client.simulator.providers() == before


async def test_a_counted_refusal_resets_connections(client: Client) -> None:
    await client.simulator.set_fault("sim-north", "refuse", times=1)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await client.post("sim-north", "shunter", "2+2")
    assert (await client.post("sim-north", "shunter", "2+2")).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("401", 401, "invalid_api_key"), ("429", 429, "rate_limit_exceeded"), ("500", 500, "internal_error")],
)
async def test_statuses(client: Client, kind: str, status: int, code: str) -> None:
    await client.simulator.set_fault("sim-north", kind, times=1)
    response = await client.post("sim-north", "shunter", "2+2", stream=True)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert ("retry-after" in response.headers) == (kind == "429")
    assert (await client.post("sim-north", "shunter", "2+2")).status_code == 200
    assert client.simulator.served()["sim-north"]["calls"] == 1


async def test_the_time_to_wait_follows_the_speed() -> None:
    for speed, header, milliseconds in ((1, "2", "2000"), (50, "1", "40"), (math.inf, "0", "0")):
        async with Simulator(speed=speed) as simulator, httpx.AsyncClient() as http:
            await simulator.set_fault("sim-north", "429")
            response = await Client(simulator, http).post("sim-north", "shunter", "2+2")
            assert response.headers["retry-after"] == header
            assert response.headers["retry-after-ms"] == milliseconds


async def test_slow_delays_the_first_token_alone() -> None:
    waits = {}
    for kind in (None, "slow"):
        clock = StillClock()
        async with Simulator(clock=clock) as simulator, httpx.AsyncClient() as http:
            await simulator.set_fault("sim-south", kind)
            chunks = await Client(simulator, http).stream("sim-south", "handcar", "2+2")
            waits[kind] = clock.now
            assert chunks[-1]["usage"]["completion_tokens"] == len(chunks) - 3
    assert waits[None] == pytest.approx(0.10 + 6 / 60)
    assert waits["slow"] - waits[None] == pytest.approx(20.0 - 0.10)


async def test_a_stall_says_something_and_then_nothing_until_the_client_leaves(client: Client) -> None:
    await client.simulator.set_fault("sim-south", "stall")
    asked = body("tram", SUMMARY, stream=True)
    async with client.http.stream("POST", client.url("sim-south"), json=asked) as response:
        lines = response.aiter_lines()
        seen = [await anext(lines) for _ in range(42)]
        assert seen[-2].startswith("data: {")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(lines)
    served = client.simulator.served()["sim-south"]
    assert (served["calls"], served["finished"], served["output_tokens"]) == (1, 0, 20)


async def test_a_cut_comes_in_the_middle_of_a_token(client: Client) -> None:
    await client.simulator.set_fault("sim-south", "cut")
    got = b""

    async def read_all() -> None:
        nonlocal got
        asked = body("tram", SUMMARY, stream=True)
        async with client.http.stream("POST", client.url("sim-south"), json=asked) as response:
            async for data in response.aiter_bytes():
                got += data

    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        await read_all()
    events = got.split(b"\n\n")
    assert events[-1].startswith(b"data: {")
    assert not events[-1].endswith(b"}")
    served = client.simulator.served()["sim-south"]
    assert served["output_tokens"] == len(events) - 2
    assert served["input_tokens"] > 0


async def test_garbage_is_not_json_and_has_no_end_marker(client: Client) -> None:
    await client.simulator.set_fault("sim-south", "garbage")
    response = await client.post("sim-south", "tram", SUMMARY, stream=True)
    assert b"\xff\xfe" in response.content
    assert b"[DONE]" not in response.content
    response = await client.post("sim-south", "tram", SUMMARY)
    with pytest.raises(UnicodeDecodeError):
        response.json()


@pytest.mark.parametrize("stream", [True, False])
async def test_empty_is_a_success_without_an_answer(client: Client, stream: bool) -> None:
    await client.simulator.set_fault("sim-south", "empty")
    response = await client.post("sim-south", "tram", "hello", stream=stream)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("kind", ["stall", "cut"])
async def test_a_reply_that_is_not_streamed_breaks_too(client: Client, kind: str) -> None:
    await client.simulator.set_fault("sim-south", kind)
    with pytest.raises(httpx.RemoteProtocolError if kind == "cut" else httpx.ReadTimeout):
        await client.http.post(client.url("sim-south"), json=body("tram", SUMMARY), timeout=0.2)


async def test_faults_over_http(client: Client) -> None:
    url = client.url("sim-south", "faults")
    await client.http.post(client.url("sim-north", "faults"), json={"kind": "500", "times": 1})
    assert client.simulator.fault("sim-north") == Fault("500", 1)
    assert (await client.http.post(url, json={"kind": "flood"})).status_code == 400
    assert (await client.http.post(url, json={"kind": "500", "percent": 0})).status_code == 400
    assert (await client.http.post(url, json={"kind": "500", "times": "x"})).status_code == 400
    assert (await client.http.post(url, json=[])).status_code == 400
    assert (await client.http.post(url, json={"kind": "random", "percent": 3})).status_code == 200
    assert client.simulator.fault("sim-south") == Fault("random", percent=3)
    # A provider that refuses is mended through the door of another.
    await client.http.post(client.url("sim-north", "faults"), json={"kind": "refuse"})
    mend = client.url("sim-south", "faults").replace("/sim-south/", "/sim-north/")
    assert (await client.http.post(mend, json={"kind": None})).status_code == 200
    assert (await client.post("sim-north", "shunter", "2+2")).status_code == 200


async def test_only_a_refused_key_hides_the_models(client: Client) -> None:
    for kind in FAULTS:
        if kind != "refuse":
            await client.simulator.set_fault("sim-north", kind)
            status = (await client.http.get(client.url("sim-north", "models"))).status_code
            assert status == (401 if kind == "401" else 200)


async def test_all_and_unknown_names(client: Client) -> None:
    await client.simulator.set_fault("all", "500")
    assert {client.simulator.fault(name) for name in ("sim-north", "sim-south")} == {Fault("500")}
    await client.simulator.set_fault("all", None)
    assert client.simulator.fault("sim-north") is None
    with pytest.raises(ValueError, match="sim-north, sim-south and all"):
        await client.simulator.set_fault("sim-west", "500")
    with pytest.raises(ValueError, match="refuse, 401"):
        await client.simulator.set_fault("all", "flood")


@given(
    st.sampled_from(["sim-north", "sim-south", "all"]),
    st.sampled_from(sorted(FAULTS)),
    st.none() | st.integers(1, 99),
)
def test_faults_are_read_as_they_are_written(provider: str, kind: str, times: int | None) -> None:
    text = f"{provider}:{kind}" + (f":{times}" if times else "")
    assert parse_fault(text) == (provider, Fault(kind, times))


@given(st.sampled_from(["sim-north", "all"]), st.sampled_from([*FAULTS, "random"]), st.integers(1, 100))
def test_shares_of_the_calls_are_read_as_they_are_written(provider: str, kind: str, percent: int) -> None:
    assert parse_fault(f"{provider}:{kind}:{percent}%") == (provider, Fault(kind, percent=percent))


async def met(seed: int, calls: int, *, percent: int | None = None) -> dict[str, list[str]]:
    """What became of calls to two providers in turn, in words that tell the kinds of fault apart."""
    seen: dict[str, list[str]] = {"sim-north": [], "sim-south": []}
    async with Simulator(seed=seed, speed=0) as simulator, httpx.AsyncClient(timeout=0.5) as http:
        client = Client(simulator, http)
        await simulator.set_fault("all", "random", percent=percent)
        for n in range(calls):
            for provider, outcomes in seen.items():
                try:
                    response = await client.post(provider, "express", f"{n} + 2", stream=True)
                    outcomes.append(f"{response.status_code} {'[DONE]' in response.text}")
                except httpx.HTTPError as error:
                    outcomes.append(type(error).__name__)
    return seen


async def test_a_seed_fixes_which_call_meets_what() -> None:
    first, again, other = await met(3, 12), await met(3, 12), await met(4, 12)
    assert first == again != other
    assert first["sim-north"] != first["sim-south"]
    assert len(set(first["sim-north"])) > 4


async def test_a_share_of_the_calls_meets_the_fault(client: Client) -> None:
    await client.simulator.set_fault("sim-north", "500", percent=20)
    statuses = [(await client.post("sim-north", "shunter", f"{n} + 2")).status_code for n in range(200)]
    assert set(statuses) == {200, 500}
    assert 20 <= statuses.count(500) <= 60
    assert client.simulator.fault("sim-north") == Fault("500", percent=20)
    assert (await client.http.get(client.url("sim-north", "models"))).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "500",
        "sim-north",
        "sim-west:500",
        "all:flood",
        "all:500:0",
        "all:500:-1",
        "all:500:",
        "all:500:x",
        "all:500:0%",
        "all:500:101%",
        "all:500:%",
    ],
)
def test_what_is_not_a_fault_is_told_what_is(text: str) -> None:
    with pytest.raises(ValueError, match=r"sim-north, sim-south or all .* refuse, 401, 429") as caught:
        parse_fault(text)
    assert "\n" not in str(caught.value)


async def test_a_counted_fault_happens_that_often(client: Client) -> None:
    await client.simulator.set_fault("sim-north", "500", times=2)
    statuses = [(await client.post("sim-north", "shunter", "2+2")).status_code for _ in range(4)]
    assert statuses == [500, 500, 200, 200]
