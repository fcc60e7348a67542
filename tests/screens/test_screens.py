"""Pictures of the screens at the sizes that they are drawn for. A picture says "changed": beside each stand the facts
that must be on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.client import Client
from app.controls.base import Launch
from app.panels.spend import Spending
from app.settings import Settings
from routing.budget.standing import Standing
from routing.errors import ErrorKind
from routing.folding import Fold
from tests.app.driving import Driver, places
from tests.app.traces import LARGE, MID, OTHER, SMALL, Script, decision, rung
from tests.screens.conftest import NOW_S, keep, told

FULL, STRIP, TINY = (120, 40), (80, 24), (60, 18)
DRAFT = "Wrap the loop in try and finally. That should be enough, probably."
ANSWER = """\
The `200` arrives before the body, so you are **billed when the socket drops**:

1. send an `Idempotency-Key` with every attempt of one call;
2. replay connect errors only.

```python
def retry(call: Call, tries: int = 3) -> Reply:
    key = uuid4()  # one key for all attempts
    return attempt(call, key, tries)
```
"""
Snap = Callable[..., bool]


def escalated() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4, DRAFT).end(1.0).settle(1.0, 100_000).weigh(1.0, 0.41)
    script.escalate(1.0, SMALL, MID).start(MID, 1.0, on=1).token(1.8, ANSWER).end(3.9).settle(3.9, 700_000)
    script.weigh(3.9, 0.87)
    sentence = "Started small; boulder answered with confidence 0.87, +$0.0007 simulated."
    script.finish(3.9, reply=ANSWER, sentence=sentence, spend_nusd=800_000)
    return script


def live() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4, DRAFT).end(1.0).settle(1.0, 100_000).weigh(1.0, 0.41)
    script.escalate(1.0, SMALL, MID).start(MID, 1.0, on=1).token(1.8, ANSWER[:160])
    return script.weigh(3.4, 0.7, provisional=True)


def degraded() -> Script:
    script = Script().start(SMALL, 0.1).fail(0.2, ErrorKind.CONNECTION, "failover").settle(0.2, 0, "free")
    script.fail_over(0.2, SMALL, LARGE).start(LARGE, 0.2, on=1).fail(0.3, ErrorKind.CONNECTION, "degrade")
    card = "No provider could answer.\n\n- sim-north refused the connection.\n\nTry again in a minute."
    sentence = "No answer: every provider refused the connection."
    script.settle(0.3, 0, "free").degrade(0.3)
    script.finish(0.3, "degraded", attempt=None, model=None, provider=None, tier=None, reply=card, sentence=sentence)
    return script


def hedged() -> Script:
    script = Script(decision(rung(LARGE, OTHER, threshold=None))).precheck()
    script.start(LARGE, 0.1).hedge(OTHER, 1.9, 1.8).of(1).cut(2.6, 2)
    script.of(2).token(2.6, ANSWER).end(4.0).settle(4.0, 9_000_000).weigh(4.0, 0.9, needed=None)
    sentence = "Started large; sim-north/summit was late, so sim-south/summit was asked as well and was first."
    script.finish(4.0, reply=ANSWER, sentence=sentence, spend_nusd=9_050_000)
    return script


def nearly_full() -> Spending:
    caps = (
        Standing("provider", "sim-north", "day", 300_000_000, 0, 500_000_000, 0, 0.6, "free"),
        Standing("premium", "large", "day", 240_000_000, 20_000_000, 250_000_000, 0, 1.04, "reached"),
    )
    day = Spending(41_200_000, 850_000_000, 1_000_000_000, 21_000_000, simulated=True, next_nusd=42_000_000)
    return replace(day, caps=caps)


def client(home: Path, turns: list[list[Any]], **launch: Any) -> Client:
    if turns:
        keep(home, turns)
        launch.setdefault("resume", "last")
    app = Client(places(home), Settings(), Launch(speed=0, seed=7, **launch))
    app.animation_level = "none"
    return app


def scene(*steps: str, facts: tuple[str, ...] = (), turns: int = 0, before: Any = None) -> Callable[[Any], Any]:
    """What is done before the picture is taken, and what must be there."""

    async def run(pilot: Any) -> None:
        driver = Driver(pilot.app, pilot)
        driver.app.composer.cursor_blink = False
        await driver.ready()
        await driver.until(lambda: len(driver.app.conversation.turns) == turns)
        await driver.settle()
        if before is not None:
            before(driver)
            await driver.settle()
        for step in steps:
            await driver.press(step)
            await driver.pilot.pause()
        if steps:
            await driver.until(lambda: len(driver.app.screen_stack) == 2)
            await driver.pilot.pause()
        seen = picture(driver)
        assert [fact for fact in facts if fact not in seen] == [], seen

    return run


def picture(driver: Driver) -> str:
    """All cells of the screen as text."""
    lines = driver.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines)


@pytest.mark.parametrize("size", [FULL, STRIP, TINY], ids=["full", "strip", "tiny"])
def test_the_first_screen(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    facts = ("balanced", "simulated", "a cheap answer", "a cap", "ask")
    assert snap_compare(client(tmp_path, []), terminal_size=size, run_before=scene(facts=facts))


@pytest.mark.parametrize("size", [FULL, STRIP, TINY], ids=["full", "strip", "tiny"])
def test_an_escalated_answer(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    app = client(tmp_path, [told(escalated(), "t1", "Why does retry() charge twice?")])
    facts = ("boulder", ".87", "$", "ask")
    assert snap_compare(app, terminal_size=size, run_before=scene(facts=facts, turns=1))


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_what_goes_with_the_next_prompt(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    def attach(driver: Driver) -> None:
        from routing.messages import FilePart, ImagePart

        driver.app.attached = (ImagePart("image/png", "QUJD" * 40_000, name="[/points].png"), FilePart("n.txt", "one"))
        driver.app.attached_changed()

    app = client(tmp_path, [told(escalated(), "t1", "Why does retry() charge twice?")])
    facts = ("▣ [/points].png (image, 120 kB)", "▣ n.txt (text, 3 bytes)")
    assert snap_compare(app, terminal_size=size, run_before=scene(facts=facts, turns=1, before=attach))


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_an_answer_that_streams(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    def begin(driver: Driver) -> None:
        driver.app.conversation.begin("t9", Fold("t9"), "Why does retry() charge twice?", NOW_S)
        for event in told(live(), "t9", "Why does retry() charge twice?"):
            driver.app.conversation.apply(event)
        driver.app.show_state()

    facts = ("superseded", "▸ live", ".70?", "boulder")
    assert snap_compare(client(tmp_path, []), terminal_size=size, run_before=scene(facts=facts, before=begin))


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_a_degraded_card(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    app = client(tmp_path, [told(degraded(), "t1", "Why does retry() charge twice?")])
    facts = ("degraded", "Try again in a minute", "r retry now · s ask again in", "e edit")
    assert snap_compare(app, terminal_size=size, run_before=scene(facts=facts, turns=1))


@pytest.mark.parametrize(
    ("key", "size", "fact"),
    [
        ("f1", FULL, "Every key and command"),
        ("f2", STRIP, "in force"),
        ("f3", FULL, "sim-west/stone"),
        ("f3", STRIP, "May be asked: 4"),
        ("f4", FULL, "req-1"),
        ("f5", FULL, "boulder"),
        ("f6", STRIP, "sim-north:500"),
        ("ctrl+o", STRIP, "1 turn"),
    ],
    ids=["help", "profiles", "why-full", "why-strip", "inspect", "summary", "faults", "chats"],
)
def test_what_a_key_opens(snap_compare: Snap, tmp_path: Path, key: str, size: tuple[int, int], fact: str) -> None:
    app = client(tmp_path, [told(escalated(), "t1", "Why does retry() charge twice?")])
    assert snap_compare(app, terminal_size=size, run_before=scene(key, facts=(fact,), turns=1))


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_a_hedged_turn(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    app = client(tmp_path, [told(hedged(), "t1", "Why does retry() charge twice?")])
    facts = ("h ✓", "1 ✂", "was asked as", "≈ $0.")
    assert snap_compare(app, terminal_size=size, run_before=scene(facts=facts, turns=1))


@pytest.mark.parametrize("size", [FULL, STRIP], ids=["full", "strip"])
def test_a_cap_that_fills(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    def warn(driver: Driver) -> None:
        driver.app.conversation.begin("t9", Fold("t9"), "Why does retry() charge twice?", NOW_S)
        for event in told(Script().warn(), "t9", "Why does retry() charge twice?"):
            driver.app.conversation.apply(event)
        driver.app._track_timer.stop()  # it would take back what the next prompt could cost
        driver.app.spending = nearly_full()
        driver.app.show_state()

    facts = ("! $0.8500 of $1.00 sim",) if size == STRIP else ("80% of today's simulated cap", "large share")
    facts += ("today $0.8500 of $1.00 sim ! over 80%",)
    assert snap_compare(client(tmp_path, []), terminal_size=size, run_before=scene(facts=facts, before=warn))
