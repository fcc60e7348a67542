"""What a busy person does in the client: asks most of the time, and now and then everything else. A seed fixes it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import yaml

from tests.soak.meter import Meter
from tests.soak.typist import SIZE, EndedError, Window
from tests.soak.world import ROOT

KEYS_PER_MINUTE = 500
"""A hundred words."""
PATIENCE_S = 20.0
"""Then a person stops a turn, or has no hope left for a screen."""
ENTER, ESCAPE, UP, DOWN = "\r", "\x1b", "\x1b[A", "\x1b[B"
PAGE_UP, PAGE_DOWN, END, ALT_UP = "\x1b[5~", "\x1b[6~", "\x1b[F", "\x1b[1;3A"
F1, F3, F4, F5 = "\x1bOP", "\x1bOR", "\x1bOS", "\x1b[15~"
CTRL_F, CTRL_N, CTRL_O, CTRL_P, CTRL_Q, CTRL_U = "\x06", "\x0e", "\x0f", "\x10", "\x11", "\x15"

PLAIN = [
    one["ask"]
    for one in yaml.safe_load((ROOT / "tests/routing/confidence/plain.yaml").read_text("utf-8"))
    if one["ask"][0].isalpha() and "\n" not in one["ask"] and len(one["ask"]) < 120
]
LONG = (
    "Summarise: The railway came to the valley in 1871, after ten years of argument. When the mills closed, the line "
    "was given up, and today a path for walkers follows its bed."
)
DEMANDING = (
    "Write a saga about a lighthouse that walks to the sea.",
    "Write a Python function that merges two sorted lists, and explain why it is right.",
    "Prove that there are infinitely many primes, and then that no proof by listing them can be complete.",
    "Compare SQLite and PostgreSQL for a desktop program, as a table with five rows.",
    'Give me JSON with the keys "name", "born" and "works" for three composers.',
    "Plan a week in Lisbon with two children, day by day, and say what each day costs.",
    LONG,
    "Which keys are there, and how do I add my own?",
    "Refactor this: def f(x): return [y for y in [z*2 for z in x] if y > 3]",
    "Should I see a doctor about a pain in my chest after running?",
)
WORDS = ("lighthouse", "capital", "railway", "python", "walks to", "nothing like it")
FAULTS = ("429", "500", "overloaded", "cut", "garbage", "error", "empty", "filter", "slow", "stall")
PROVIDERS = ("sim-north", "sim-south")
PROFILES = ("balanced", "economy", "private", "quality")
SMALLER = ((100, 30), (80, 24), (60, 16))


class Person:
    """Sits before the window. `did` counts what was done."""

    def __init__(self, window: Window, meter: Meter, rng: random.Random) -> None:
        self.did: Counter[str] = Counter()
        self._window = window
        self._meter = meter
        self._rng = rng
        self._aside: dict[Callable[[], None], int] = {
            self.break_something: 8,
            self.read_a_page: 8,
            self.begin_a_chat: 6,
            self.open_a_chat: 5,
            self.search: 4,
            self.resize: 4,
            self.look_at_panels: 4,
            self.scroll: 4,
            self.switch_profile: 3,
            self.ask_again: 3,
            self.nudge: 3,
            self.use_the_palette: 2,
        }

    def arrive(self) -> None:
        """Wait until it can be written, and begin to measure."""
        self._window.until(lambda: self._window.composer is not None and self._meter.ready, PATIENCE_S)
        self._window.wait(2)
        self._meter.watch(self._window.process)

    def step(self) -> None:
        """Something else in every other step, and then a prompt."""
        if self._rng.random() < 0.5:
            (act,) = self._rng.choices(list(self._aside), list(self._aside.values()))
            self._do(act)
        asking = {self.ask: 14, self.ask_and_type_on: 4, self.ask_and_stop: 2}
        (ask,) = self._rng.choices(list(asking), list(asking.values()))
        self._do(ask)

    def leave(self) -> int | None:
        """The exit code; None when it does not end."""
        self._come_home()
        self._window.press(CTRL_Q)
        with suppress(EndedError):
            self._window.wait(PATIENCE_S)
        code: int | None = self._window.process.poll()
        return code

    def _do(self, act: Callable[[], None]) -> None:
        self._come_home()
        act()
        self.did[act.__name__] += 1

    # Asking

    def ask(self) -> None:
        begun = self._begun()
        self._send(self._prompt())
        self._watch_to_the_end(begun + 1)

    def ask_and_type_on(self) -> None:
        """The next prompt is written and sent while the answer comes."""
        begun = self._begun()
        self._send(self._prompt())
        self._send(self._prompt())
        self._watch_to_the_end(begun + 2)

    def ask_and_stop(self) -> None:
        begun = self._begun()
        self._send(self._rng.choice(DEMANDING))
        self._window.until(lambda: self._begun() > begun, PATIENCE_S)
        self._window.wait(self._rng.uniform(0.3, 3))
        self._window.press(ESCAPE)
        self._watch_to_the_end(begun + 1)

    def ask_again(self) -> None:
        begun = self._begun()
        if not begun:
            return
        self._go_to_transcript()
        self._window.press("r")
        self._watch_to_the_end(begun + 1)

    def nudge(self) -> None:
        self._window.press(ALT_UP)
        self.ask()

    def break_something(self) -> None:
        """The next one or two calls of a provider fail; the prompt after this meets it."""
        provider, kind = self._rng.choice(PROVIDERS), self._rng.choice(FAULTS)
        self._send(f"/fault {provider}:{kind}:{self._rng.randint(1, 2)}")

    # Looking around

    def begin_a_chat(self) -> None:
        self._window.press(CTRL_N)
        self._pause()

    def open_a_chat(self) -> None:
        self._window.press(CTRL_O)
        self._pause()
        for _ in range(self._rng.randint(1, 5)):
            self._window.press(DOWN)
            self._window.wait(0.2)
        self._window.press(ENTER)
        self._pause()

    def search(self) -> None:
        self._window.press(CTRL_F)
        self._pause()
        for key in self._rng.choice(WORDS):
            self._window.press(key)
            self._window.wait(self._rhythm())
        self._window.press(ENTER)
        self._pause()
        self._window.press(self._rng.choice((ENTER, ESCAPE)))
        self._pause()

    def read_a_page(self) -> None:
        self._window.press(self._rng.choice((F1, F3, F4, F5)))
        self._pause()
        for key in (PAGE_DOWN, DOWN, PAGE_UP):
            self._window.press(key)
            self._window.wait(0.4)
        self._window.press(ESCAPE)
        self._pause()

    def look_at_panels(self) -> None:
        """As drawers, in a window that has no room for the rail."""
        self._window.resize(80, 24)
        self._pause()
        self._go_to_transcript()
        for key in "1234":
            self._window.press(key)
            self._pause()
        self._window.press("4")
        self._window.resize(*SIZE)
        self._pause()

    def resize(self) -> None:
        self._window.resize(*self._rng.choice(SMALLER))
        self._pause()
        self.ask()
        self._window.resize(*SIZE)
        self._pause()

    def scroll(self) -> None:
        self._go_to_transcript()
        for key in (PAGE_UP, PAGE_UP, "k", "k", ENTER, "j", PAGE_DOWN, END):
            self._window.press(key)
            self._window.wait(0.3)

    def switch_profile(self) -> None:
        self._send(f"/profile {self._rng.choice(PROFILES)}")

    def use_the_palette(self) -> None:
        self._window.press(CTRL_P)
        self._pause()
        self._window.press(self._rng.choice(("mod", "summ", "insp")))
        self._pause()
        self._window.press(ESCAPE)
        self._pause()

    # Hands and eyes

    def _prompt(self) -> str:
        return self._rng.choice(DEMANDING) if self._rng.random() < 0.35 else self._rng.choice(PLAIN)

    def _send(self, text: str) -> None:
        self._window.type(text, self._rhythm)
        self._window.wait(0.3)
        self._window.echoes.settle()
        self._window.press(ENTER)
        self._window.wait(0.5)

    def _rhythm(self) -> float:
        """Seconds between two keys."""
        return 60 / KEYS_PER_MINUTE * self._rng.lognormvariate(-0.08, 0.4)

    def _pause(self) -> None:
        self._window.wait(self._rng.uniform(0.6, 1.6))

    def _watch_to_the_end(self, turns: int) -> None:
        """Of so many turns of the ledger, and read a little; what takes too long is stopped."""

        def over() -> bool:
            seen = self._meter.turns()
            return seen.begun == seen.ended >= turns

        if not self._window.until(over, PATIENCE_S):
            self._window.press(ESCAPE)
            self.did["lost_patience"] += 1
            self._window.until(over, PATIENCE_S / 4)
        self._window.wait(self._rng.uniform(0.8, 2.5))

    def _begun(self) -> int:
        return self._meter.turns().begun

    def _go_to_transcript(self) -> None:
        self._window.press(ESCAPE)
        self._pause()

    def _come_home(self) -> None:
        """Close what covers the composer, go back to it, and take away what stands there."""
        for _ in range(6):
            if self._window.composer is None:
                self._window.press(ESCAPE)
            elif "Letters are keys here" in self._window.text:
                self._window.press("i")
            elif self._window.composer:
                self._window.press(CTRL_U)
            else:
                return
            self._window.wait(0.6)
        self.did["lost_the_way"] += 1
