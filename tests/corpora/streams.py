"""Answers that are broken in every way that a server, a proxy or a network has: each ends in an answer or a sentence.

python -m tests.corpora.streams [--json]
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from app.runtime import Runtime
from app.settings import Paths, read_settings
from app.sources import Wanted
from routing.messages import Request, TextPart
from routing.providers.dialects import dialect_names, dialect_of
from tests.routing.providers.fuzz.streams import Recording, recordings
from tests.wire.server import Act, Seen, Step, refusal, wire_server

SEED = 5
COUNT = 500
AT_ONCE = 8
BATCH = 100
KINDS = {"sse": "text/event-stream", "ndjson": "application/x-ndjson"}
_TIMEOUTS = "{connect_s: 5, first_token_s: 1, idle_s: 0.5, total_s: 4}"
_DEEP = b'{"a":' * 100_000
_WRONG: tuple[object, ...] = (None, True, -1, 1e308, "", "\x1b[2J", [], {}, [[]], {"a": None}, 10**30, "\ud800")


@dataclass(frozen=True)
class Broken:
    """How a server answers one call. `steps` are what it sends."""

    number: int
    dialect: str
    how: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Outcome:
    """How the turn ended; `kinds` are what its calls failed of."""

    number: int
    dialect: str
    how: str
    status: str
    kinds: tuple[str, ...]
    sentence: str


# ---------------------------------------------------------------- breaking
Breaker = Callable[[bytes, random.Random], bytes]


def _at(body: bytes, rng: random.Random) -> int:
    return rng.randrange(len(body) or 1)


def _flipped(body: bytes, rng: random.Random) -> bytes:
    bytes_ = bytearray(body)
    for _ in range(rng.randrange(1, 20)):
        bytes_[_at(body, rng)] = rng.randrange(256)
    return bytes(bytes_)


def _shuffled(body: bytes, rng: random.Random) -> bytes:
    events = re.split(rb"(?<=\n\n)" if b"\n\n" in body else rb"(?<=\n)", body)
    rng.shuffle(events)
    return b"".join(events)


def _inserted(what: bytes) -> Breaker:
    def insert(body: bytes, rng: random.Random) -> bytes:
        at = _at(body, rng)
        return body[:at] + what + body[at:]

    return insert


def _retyped(body: bytes, rng: random.Random) -> bytes:
    """A value of one event becomes one that nobody expects there."""
    lines = body.split(b"\n")
    full = [n for n, line in enumerate(lines) if b"{" in line]
    n = rng.choice(full)
    head, _, text = lines[n].partition(b"{")
    try:
        event = json.loads(b"{" + text)
    except ValueError:
        return body[: len(body) // 2]
    _replace_one(event, rng)
    lines[n] = head + json.dumps(event).encode()
    return b"\n".join(lines)


def _replace_one(node: object, rng: random.Random) -> None:
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        if not keys:
            return
        key = rng.choice(keys)
        inner = node[key]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.7:
            node = inner
            continue
        if isinstance(node, dict) and rng.random() < 0.3:
            del node[key]
        else:
            node[key] = rng.choice(_WRONG)
        return


BODIES: dict[str, Breaker] = {
    "cut": lambda body, rng: body[: _at(body, rng)],
    "bytes changed": _flipped,
    "a piece left out": lambda body, rng: body[: (at := _at(body, rng))] + body[at + rng.randrange(1, 60) :],
    "a piece twice": lambda body, rng: body[: (at := _at(body, rng))] + body[max(0, at - 200) :],
    "events shuffled": _shuffled,
    "a value of another kind": _retyped,
    "NUL inside": _inserted(b"\0" * 8),
    "not UTF-8": _inserted(b"\xff\xfe\xc3"),
    "a web page inside": _inserted(b"\n\n<html><body>502 Bad Gateway</body></html>\n\n"),
    "nested deeply": _inserted(b"\n\ndata: " + _DEEP + b"\n\n"),
    "a number without end": _inserted(b'\n\ndata: {"usage":{"prompt_tokens":' + b"9" * 10_000 + b"}}\n\n"),
    "an error inside": _inserted(b'\n\ndata: {"error":{"message":"it fell over","code":503}}\n\n'),
    "nothing": lambda body, rng: b"",
    "only blank lines": lambda body, rng: b"\n" * rng.randrange(1, 500),
    "noise": lambda body, rng: rng.randbytes(rng.randrange(1, 5_000)),
    "a long line": lambda body, rng: b"data: " + b"x" * 1_000_000,
}


def _whole(kind: str, body: bytes, *more: bytes) -> bytes:
    head = [b"HTTP/1.1 200 OK", b"content-type: " + kind.encode(), b"connection: close", *more]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def _chunks(kind: str, body: bytes, rng: random.Random) -> bytes:
    size = rng.choice((b"zz", b"-5", b"ffffffffffffffff", b"%x" % (len(body) + 50), b""))
    return _whole(kind, size + b"\r\n" + body + b"\r\n0\r\n\r\n", b"transfer-encoding: chunked")


def _gzip(kind: str, body: bytes, rng: random.Random) -> bytes:
    return _whole(kind, gzip.compress(body, mtime=0)[: -rng.randrange(1, 30)], b"content-encoding: gzip")


def _refused(rng: random.Random) -> bytes:
    body = _retyped(b'{"error":{"message":"no","code":"x","details":[{"a":1}]}}', rng)
    wait = rng.choice(("-1", "nan", "1e99", "soon", "Mon"))
    return refusal(rng.choice((400, 404, 422, 500, 503)), body, "connection: close", f"retry-after: {wait}")


Answer = Callable[[str, bytes, random.Random], tuple[Step, ...]]
_TYPES = ("text/html", "application/json", "", "\x1b[2J")
_STATUSES = (199, 204, 206, 301, 418, 499, 599, 999)
ANSWERS: dict[str, Answer] = {
    "reset": lambda kind, body, rng: (_whole(kind, body[: _at(body, rng)]), Act.RESET),
    "silence": lambda kind, body, rng: (_whole(kind, body[: _at(body, rng)]), Act.STALL),
    "bad chunks": lambda kind, body, rng: (_chunks(kind, body, rng),),
    "a length that is wrong": lambda kind, body, rng: (_whole(kind, body, b"content-length: %d" % (len(body) * 2)),),
    "broken gzip": lambda kind, body, rng: (_gzip(kind, body, rng),),
    "another encoding": lambda kind, body, rng: (_whole(kind, body, b"content-encoding: br"),),
    "another type": lambda kind, body, rng: (_whole(rng.choice(_TYPES), body),),
    "no head": lambda kind, body, rng: (rng.randbytes(200) + b"\r\n\r\n",),
    "a status": lambda kind, body, rng: (refusal(rng.choice(_STATUSES), body[:500], "connection: close"),),
    "a refusal": lambda kind, body, rng: (_refused(rng),),
    "nothing at all": lambda kind, body, rng: (rng.choice((Act.RESET, b"")),),
}


def corpus(count: int = COUNT, seed: int = SEED) -> tuple[Broken, ...]:
    """So many, over all dialects and all ways, as the seed has it."""
    rng = random.Random(seed)
    ways = [*BODIES, *ANSWERS]
    made = []
    for n in range(count):
        dialect, how = dialect_names()[n % len(dialect_names())], ways[n // len(dialect_names()) % len(ways)]
        recording = rng.choice([one for one in recordings() if one.dialect == dialect])
        made.append(Broken(n, dialect, how, _steps(recording, how, rng)))
    return tuple(made)


def _steps(recording: Recording, how: str, rng: random.Random) -> tuple[Step, ...]:
    kind = KINDS[dialect_of(recording.dialect).framing]
    if how in ANSWERS:
        return ANSWERS[how](kind, recording.body, rng)
    return (_whole(kind, BODIES[how](recording.body, rng)),)


# ---------------------------------------------------------------- asking
def config(broken: tuple[Broken, ...], port: int) -> str:
    """A provider for each, so that no breaker of one keeps another from being asked."""
    fields = "models: {m: {tier: small, context_window: 100000}}, timeouts: " + _TIMEOUTS
    lines = [
        f"  s{one.number}: {{base_url: 'http://127.0.0.1:{port}/s{one.number}', dialect: {one.dialect}, {fields}}}"
        for one in broken
    ]
    return "caps: {day_usd: null}\nproviders:\n" + "\n".join(lines) + "\n"


def _listing(dialect: str) -> bytes:
    names = {"openai": {"object": "list", "data": [{"id": "m"}]}, "anthropic": {"data": [{"id": "m", "type": "model"}]}}
    names["gemini"] = {"models": [{"name": "models/m", "supportedGenerationMethods": ["generateContent"]}]}
    names["ollama"] = {"models": [{"name": "m", "model": "m"}]}
    return json.dumps(names[dialect]).encode()


def answering(broken: tuple[Broken, ...]) -> Callable[[Seen], tuple[Step, ...]]:
    known = {one.number: one for one in broken}

    def answer(seen: Seen) -> tuple[Step, ...]:
        found = re.search(r" (?:http://[^/]*)?/s(\d+)/", seen.head)
        assert found is not None, seen.head
        one = known[int(found[1])]
        path = seen.head.split(" ")[1]
        if seen.head.startswith("GET"):
            return (refusal(200, _listing(one.dialect), "connection: close"),)
        if path.endswith("/api/show"):
            return (refusal(200, b'{"capabilities": ["completion"]}', "connection: close"),)
        return one.steps

    return answer


async def outcomes(home: Path, broken: tuple[Broken, ...]) -> list[Outcome]:
    """How each ended; some are asked at a time."""
    found = []
    for at in range(0, len(broken), BATCH):
        found += await _batch(home, broken[at : at + BATCH])
    return found


async def _batch(home: Path, broken: tuple[Broken, ...]) -> list[Outcome]:
    gate = asyncio.Semaphore(AT_ONCE)
    async with wire_server(answer=answering(broken)) as server:
        paths = Paths(home / "data", home / "config.yaml")
        paths.config.write_text(config(broken, server.port))
        runtime = await Runtime.open(paths, read_settings(paths), program="ask", wanted=Wanted(seed=SEED))
        try:
            return list(await asyncio.gather(*(_asked(runtime, one, gate) for one in broken)))
        finally:
            await runtime.aclose()


async def _asked(runtime: Runtime, one: Broken, gate: asyncio.Semaphore) -> Outcome:
    async with gate:
        model = f"s{one.number}/m"
        request = Request(content=(TextPart("Say something."),), chat_id=runtime.new_id(), model=model)
        turn = runtime.router.start(request)
        await turn.wait()
    finished = turn.trace.finished
    assert finished is not None
    kinds = tuple(str(attempt.failure.kind) for attempt in turn.trace.attempts if attempt.failure is not None)
    return Outcome(one.number, one.dialect, one.how, finished.status, kinds, finished.sentence)


def held(home: Path) -> int:
    """What the ledger still holds after all: nano-dollars, and attempts that were never settled."""
    with closing(sqlite3.connect(home / "data" / "ledger.db")) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        money = "tally" if "tally" in tables else "day"
        (nusd,) = db.execute(f"SELECT COALESCE(SUM(held_nusd), 0) FROM {money}").fetchone()
        (open_,) = db.execute("SELECT COUNT(*) FROM attempt WHERE spend_nusd IS NULL").fetchone()
    return int(nusd) + int(open_)


def is_sentence(text: str) -> bool:
    """Whether a person can read it: one line, ended, without anything that a terminal obeys, no innards of ours."""
    return bool(text) and text.isprintable() and text.rstrip()[-1] in ".?!…" and "Traceback" not in text


def main() -> None:
    broken = corpus()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(outcomes(Path(folder), broken))
        left = held(Path(folder))
    if "--json" in sys.argv:
        print(json.dumps({"seed": SEED, "held": left, "outcomes": [asdict(one) for one in found]}, indent=2))
        return
    print(f"{len(found)} streams, seed {SEED}; held at the end: {left}")
    print(f"{sum(not is_sentence(one.sentence) for one in found)} are told in anything but a sentence")
    table = Counter((one.status, one.kinds[-1] if one.kinds else "") for one in found)
    for (status, kind), count in sorted(table.items()):
        print(f"  {status:10} {kind:18} {count:4}")
    for how in (*BODIES, *ANSWERS):
        ends = Counter(_end(one) for one in found if one.how == how)
        print(f"  {how:26} {', '.join(f'{end} {count}' for end, count in ends.most_common())}")


def _end(one: Outcome) -> str:
    return one.kinds[-1] if one.status != "answered" and one.kinds else one.status


if __name__ == "__main__":
    main()
