"""Streaming into a long chat: how late a token and a key are on screen, what it costs, against bare Textual.

`python -m benchmarks.streaming [--quick] [--json]`. Each scenario runs in a process of its own. A frame counts when
it has been composed and turned into terminal codes; a headless app leaves that out, so it is done here. The floor is
a bare Textual app with one `Markdown` widget fed through `Markdown.get_stream`, without any history.
"""

# ruff: noqa: ASYNC110 - a clock that polls is what measures here

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown, TextArea

from app.chat.message import warm
from app.chat.transcript import Entry, MessageView, Transcript

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from textual.screen import Screen

HISTORY = 5000
RATE = 500
"""Tokens per second of a throttled stream."""
KEY_EVERY_S = 0.1
BURST = 200
KINDS = ("prose", "fence", "table", "list")
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x1b]*\x1b\\")
_TOKEN = re.compile(r"w(\d+)z")
PROSE = "The points are set before the train arrives, and **the signal** shows which way it will go. " * 6
CODE = "```python\ndef set_points(track: int) -> bool:\n    return track in (1, 2)\n```\n"

Result = dict[str, float]


def tokens(kind: str, count: int) -> Iterator[str]:
    """`count` numbered tokens of one kind of Markdown."""
    for number in range(count):
        word = f"w{number}z"
        match kind:
            case "prose":
                yield f"{word} " if number % 60 != 59 else f"{word}\n\n"
            case "fence":
                yield ("```python\n" if number == 0 else "") + (f"{word} + " if number % 8 != 7 else f"{word}\n")
            case "table":
                head = "| one | two | three | four |\n|---|---|---|---|\n" if number == 0 else ""
                yield f"{head}| {word} " if number % 4 != 3 else f"| {word} |\n"
            case _:
                item = f"{number // 12 + 1}. " if number % 12 == 0 else ""
                yield f"{item}{word} " if number % 12 != 11 else f"{word}\n"


class Measured(App[None]):
    """An app that knows when each token and each key was on screen."""

    CSS = "Transcript, VerticalScroll { height: 1fr; } TextArea { height: 4; }"

    def __init__(self) -> None:
        super().__init__()
        self.fed: list[float] = []
        self.token_s: list[float] = []
        self.echo_s: list[float] = []
        self.shown = 0
        self.frames = 0
        self.pressed: tuple[float, str] | None = None

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, renderable)
        if hasattr(renderable, "render_segments"):
            codes = renderable.render_segments(self.console)
            self.frames += 1
            self.note(_CODES.sub("", codes), perf_counter())

    def note(self, text: str, now: float) -> None:
        last = max((int(number) for number in _TOKEN.findall(text)), default=-1) + 1
        if last > self.shown:
            self.token_s += [now - fed for fed in self.fed[self.shown : last]]
            self.shown = last
        if self.pressed is not None and self.pressed[1] in text:
            self.echo_s.append(now - self.pressed[0])
            self.pressed = None

    async def feed(self, text: str) -> None:
        raise NotImplementedError

    async def stream(self, kind: str, count: int, rate: float | None) -> float:
        """Feed `count` tokens and wait until the last is shown; returns the seconds that took."""
        began = perf_counter()
        for number, token in enumerate(tokens(kind, count)):
            if rate is not None:
                ahead = began + number / rate - perf_counter()
                if ahead > 0:
                    await asyncio.sleep(ahead)
            elif number % BURST == 0:
                await asyncio.sleep(0)
            self.fed.append(perf_counter())
            await self.feed(token)
        deadline = perf_counter() + 60
        while self.shown < count and perf_counter() < deadline:
            await asyncio.sleep(0.002)
        return perf_counter() - began

    async def type(self) -> None:
        """Press keys into the composer, and expect each on screen."""
        composer = self.query_one(TextArea)
        number = 0
        while True:
            await asyncio.sleep(KEY_EVERY_S)
            if self.pressed is not None:
                continue
            if len(composer.text) > 30:
                composer.text = ""
            letter = "abcdefghij"[number % 10]
            number += 1
            self.pressed = (perf_counter(), (composer.text + letter)[-8:])
            self.post_message(events.Key(letter, letter))


class Ours(Measured):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.history = [
            (PROSE + "\n\n" + CODE if n % 4 == 3 else PROSE) if n % 2 else "a question" for n in range(HISTORY)
        ]

    def compose(self) -> ComposeResult:
        yield Transcript(self.load)
        yield TextArea()

    def load(self, identity: str) -> MessageView:
        number = int(identity)
        text = self.history[number] if number < HISTORY else self.text
        role = "answer" if number % 2 else "you"
        return MessageView(((role, "strong"),), text, plain=role == "you", streaming=number == HISTORY)

    def open(self) -> None:
        texts = enumerate([*self.history, ""])
        self.query_one(Transcript).set_entries(
            Entry(str(n), "answer" if n % 2 or n == HISTORY else "you", len(text), text.count("\n"))
            for n, text in texts
        )

    async def on_mount(self) -> None:
        self.open()
        self.query_one(TextArea).focus()

    async def feed(self, text: str) -> None:
        self.text += text
        self.query_one(Transcript).feed(str(HISTORY), text)


class Floor(Measured):
    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Markdown()
        yield TextArea()

    async def on_mount(self) -> None:
        self.query_one(VerticalScroll).anchor()
        self.markdown_stream = Markdown.get_stream(self.query_one(Markdown))
        self.query_one(TextArea).focus()

    async def feed(self, text: str) -> None:
        await self.markdown_stream.write(text)


async def streaming(app: Measured, kind: str, count: int, rate: float | None) -> Result:
    warm()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        cpu = process_time()
        typing = asyncio.create_task(app.type())
        took = await app.stream(kind, count, rate)
        typing.cancel()
        cpu = process_time() - cpu
        memory = resident_mib()
    return {
        "tokens": app.shown,
        "tokens_per_s": app.shown / took,
        "token_p50_ms": percentile(app.token_s, 50),
        "token_p95_ms": percentile(app.token_s, 95),
        "echo_p50_ms": percentile(app.echo_s, 50),
        "echo_p95_ms": percentile(app.echo_s, 95),
        "cpu_percent": 100 * cpu / took,
        "cpu_s": cpu,
        "memory_mib": memory,
    }


async def opening() -> Result:
    """From making the app to its first frame with the end of the chat, and frames of walks and jumps through it."""
    app = Ours()
    began = perf_counter()
    async with app.run_test(size=(120, 40)) as pilot:
        transcript = app.query_one(Transcript)
        while "points" not in transcript.visible_text():
            await asyncio.sleep(0)
        opened = perf_counter() - began
        memory = resident_mib()
        walks = [await frame(app, transcript.action_page_up) async for _ in times(60)]
        jumps = [
            await frame(app, lambda y=place: transcript.scroll_to(y=y * 997 % transcript.max_scroll_y, animate=False))
            async for place in times(60)
        ]
        await pilot.pause()
        later = resident_mib()
        switched = await frame(app, app.open)
    return {
        "open_ms": opened * 1000,
        "switch_ms": switched * 1000,
        "page_p95_ms": percentile(walks, 95),
        "jump_p95_ms": percentile(jumps, 95),
        "memory_mib": memory,
        "memory_after_scrolling_mib": later,
    }


async def times(count: int) -> AsyncIterator[int]:
    for number in range(1, count + 1):
        yield number
        await asyncio.sleep(0.02)


async def frame(app: Measured, move: Any) -> float:
    """Seconds from a move to the next frame."""
    frames = app.frames
    began = perf_counter()
    move()
    while app.frames == frames and perf_counter() - began < 1:
        await asyncio.sleep(0)
    return perf_counter() - began


async def bare() -> Result:
    app = Floor()
    began = perf_counter()
    async with app.run_test(size=(120, 40)):
        while not app.frames:
            await asyncio.sleep(0)
        return {"open_ms": (perf_counter() - began) * 1000, "memory_mib": resident_mib()}


def percentile(values: list[float], percent: int) -> float:
    """In milliseconds; not a number when nothing was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000 if ordered else float("nan")


def resident_mib() -> float:
    with open("/proc/self/statm", encoding="ascii") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def run_one(name: str, count: int) -> Result:
    """One scenario, in this process."""
    if name == "open":
        return asyncio.run(opening())
    if name == "open:floor":
        return asyncio.run(bare())
    side, kind, pace = name.split(":")
    app = Ours() if side == "ours" else Floor()
    return asyncio.run(streaming(app, kind, count, RATE if pace == "paced" else None))


def measure(name: str, count: int) -> Result:
    command = [sys.executable, "-m", "benchmarks.streaming", "--one", name, "--count", str(count)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    result: Result = json.loads(shown)
    return result


def measure_all(*, quick: bool) -> dict[str, Result]:
    paced, fast, floor_fast = (500, 5000, 300) if quick else (1500, 20000, 1000)
    found = {name: measure(name, 0) for name in ("open:floor", "open")}
    for kind in KINDS[:2] if quick else KINDS:
        for side in ("floor", "ours"):
            found[f"{side}:{kind}:paced"] = measure(f"{side}:{kind}:paced", paced)
            count = fast if side == "ours" else floor_fast
            found[f"{side}:{kind}:fast"] = measure(f"{side}:{kind}:fast", count)
    return found


def report(found: dict[str, Result]) -> str:
    lines = [
        f"{'':22}{'token p50/p95':>16}{'echo p50/p95':>16}{'cpu':>8}{'tok/s':>9}{'MiB':>6}",
    ]
    for name, one in found.items():
        if not name.startswith("open"):
            token = f"{one['token_p50_ms']:.0f} / {one['token_p95_ms']:.0f} ms"
            echo = f"{one['echo_p50_ms']:.0f} / {one['echo_p95_ms']:.0f} ms"
            lines.append(
                f"{name:22}{token:>16}{echo:>16}{one['cpu_percent']:7.0f}%"
                f"{one['tokens_per_s']:9.0f}{one['memory_mib']:6.0f}"
            )
    lines.append("")
    for kind in KINDS:
        ours, floor = found.get(f"ours:{kind}:paced"), found.get(f"floor:{kind}:paced")
        if ours and floor:
            fast = found[f"ours:{kind}:fast"]["tokens_per_s"] / found[f"floor:{kind}:fast"]["tokens_per_s"]
            lines.append(
                f"{kind:8} ours / floor: token p95 {ours['token_p95_ms'] / floor['token_p95_ms']:.2f}, "
                f"echo p95 {ours['echo_p95_ms'] / floor['echo_p95_ms']:.2f}, "
                f"CPU per token {ours['cpu_s'] / ours['tokens'] / (floor['cpu_s'] / floor['tokens']):.2f}, "
                f"tokens/s unthrottled {fast:.1f}"
            )
    opened, bare_app = found["open"], found["open:floor"]
    lines.append(
        f"open {HISTORY} messages {opened['open_ms']:.0f} ms (bare app {bare_app['open_ms']:.0f}, "
        f"ratio {opened['open_ms'] / bare_app['open_ms']:.2f}), again in a running app "
        f"{opened['switch_ms']:.0f} ms; page p95 {opened['page_p95_ms']:.0f} ms, "
        f"jump p95 {opened['jump_p95_ms']:.0f} ms; memory {opened['memory_mib']:.0f} MiB, after scrolling "
        f"{opened['memory_after_scrolling_mib']:.0f} (bare app {bare_app['memory_mib']:.0f})"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    parser.add_argument("--quick", action="store_true", help="fewer tokens, prose and fences only")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_one(options.one, options.count)))
        return
    found = measure_all(quick=options.quick)
    if options.json:
        found = json.loads(json.dumps(found), parse_constant=lambda _: None)  # NaN is no JSON
    print(json.dumps(found, indent=2) if options.json else report(found))


if __name__ == "__main__":
    main()
