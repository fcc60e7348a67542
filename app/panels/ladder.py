"""Which way did the prompt go? The rungs with their models, what became of each, what it took and what it cost.

Below 64 columns an attempt takes two lines, above it one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.panels import draw, words
from app.panels.draw import Row, line
from app.panels.panel import Panel

if TYPE_CHECKING:
    from textual.content import Content

    from app.panels.words import State
    from routing.analysis.features import Features
    from routing.trace import AttemptView, Trace

_WIDE = 64  # columns from which an attempt is one line
_TIERS = 36  # columns from which the tier has one of its own


_NO_LANGUAGE = "und"
"""What BCP 47 calls a language that nobody could tell: no word for a person."""
_BEFORE = ("precheck", "context", "throttle", "warning")


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the ladder as far as it was climbed: `model` is its best one, `attempts` are those made on it."""

    number: int
    model: str
    tier: str
    attempts: tuple[AttemptView, ...]


def steps(trace: Trace) -> tuple[Step, ...]:
    """The ladder, rung by rung; of the rungs below the first, those that were asked in the end.

    Attempts without a rung (no ladder was stored) stand on one of their own.
    """
    plan = trace.decision
    ladder = (*plan.ladder, *plan.below) if plan else ()
    made = words.answers(trace)
    known = [
        Step(
            number=at + 1,
            model=rung.models[0],
            tier=_tier(trace, rung.models[0]) or rung.name,
            attempts=tuple(attempt for attempt in made if _rung(trace, attempt) == at),
        )
        for at, rung in enumerate(ladder)
    ]
    planned = len(plan.ladder) if plan else 0
    others = [attempt for attempt in made if not 0 <= _rung(trace, attempt) < len(ladder)]
    return (
        *(step for step in known if step.attempts or step.number <= planned),
        *(Step(len(ladder) + n, other.model, other.tier, (other,)) for n, other in enumerate(others, start=1)),
    )


def _rung(trace: Trace, attempt: AttemptView) -> int:
    """An attempt that was made because another was late stands under that one."""
    late = words.hedged(trace, attempt)
    return attempt.rung if late is None else late.rung


def lines(trace: Trace | None, width: int, height: int = 40) -> list[Content]:
    """The path of a turn in at most `height` lines of `width` cells."""
    if trace is None:
        return draw.fit(_nothing(), width, height)
    rows = [*_banner(trace, width), *_request(trace, width), *_notes(trace, width)]
    for step in steps(trace):
        rows += _step(trace, step, width)
    if trace.live and trace.decision is not None:
        rows.append(Row(line(("  · card if nothing can answer", "muted")), 8))
    if not rows:
        rows.append(Row(line(("▸ reading the prompt", "info"))))
    return draw.fit([*rows, *_gauges(trace, width)], width, height)


def _nothing() -> list[Row]:
    return [
        Row(line(("No message yet.", "muted"))),
        Row(line(("Ask something: its path is drawn here,", "muted")), 1),
        Row(line(("rung by rung, as it happens.", "muted")), 1),
    ]


def _banner(trace: Trace, width: int) -> list[Row]:
    """What may never be missing: the turn is degraded, a cap was reached, the answer is below the floor."""
    rows = []
    if trace.degraded is not None:
        said = draw.wrap(line(("! degraded  ", "strong bad"), trace.degraded.cause), width, indent=2)
        rows += [Row(part, min(n, 1)) for n, part in enumerate(said)]
    if trace.cap is not None:
        head = line((f"■ {words.cap(trace.cap.cap, trace.cap.name)} reached", "strong warn"))
        rows.append(Row(draw.with_room(head, line((f"before {words.short(trace.cap.model)}", "muted")), width)))
    if words.below_floor(trace):
        head = line(("! below the floor", "strong warn"))
        rows.append(Row(draw.with_room(head, line(("the best there was", "muted")), width)))
    return rows


def _request(trace: Trace, width: int) -> list[Row]:
    rows = []
    if trace.features is not None:
        rows.append(Row(line((_analysed(trace.features, width), "muted")), 3))
    if trace.decision is not None:
        names = words.names([candidate.model for candidate in words.askable(trace.decision)])
        out = len(trace.decision.excluded)
        fit, left_out = f"{len(names)} fit  ", f"{out} out"
        some = _some(names, width - len(fit) - len(left_out) - 1)
        rows.append(Row(draw.between(line((fit + some, "muted")), line((left_out, "muted")), width), 5))
    return rows


def _notes(trace: Trace, width: int) -> list[Row]:
    """What was seen, and what holds, before anything is sent; a cap that was reached stands in the banner."""
    rows = []
    for note in trace.notes:
        if note.kind in _BEFORE:
            glyph, tone = words.note(note)
            told = draw.wrap(line((f"{glyph} ", tone), (note.sentence, "muted")), width, indent=2)
            rows += [Row(part, 4) for part in told]
    return rows


def _analysed(features: Features, width: int) -> str:
    """What was read out of the prompt; that somebody waits for the answer is said where there is room."""
    language = () if features.language == _NO_LANGUAGE else (features.language,)
    parts = (features.task, f"risk {features.risk}", features.latency, *language)
    whole = " · ".join(parts)
    return whole if len(whole) <= width else " · ".join(part for part in parts if part != "interactive")


def _some(names: list[str], room: int) -> str:
    """As many names as there is room for, each of them whole."""
    fewer = (" · ".join([*names[:count], "…"]) for count in range(len(names) - 1, 0, -1))
    return next((shown for shown in (" · ".join(names), *fewer) if len(shown) <= room), "")


def _step(trace: Trace, step: Step, width: int) -> list[Row]:
    if not step.attempts:
        return [Row(_unclimbed(trace, step, width), 4)]
    rows: list[Row] = []
    for n, attempt in enumerate(step.attempts):
        number = "h" if attempt.role == "hedge" else str(step.number) if n == 0 else " "
        rows += _wide(trace, attempt, number, width) if width >= _WIDE else _narrow(trace, attempt, number, width)
        rows += _sent(trace, attempt, width)
    return rows


def _sent(trace: Trace, attempt: AttemptView, width: int) -> list[Row]:
    """What was sent, where that is not the whole prompt with its chat."""
    indent = "    " if width >= _TIERS else "  "
    return [Row(line((indent + said, "muted")), 5) for said in words.sent(trace, attempt)]


def _unclimbed(trace: Trace, step: Step, width: int) -> Content:
    state = words.WAITING if trace.live else words.UNUSED
    room = _half(width) if width >= _WIDE else width
    return _head(line((str(step.number), "muted")), state, step.model, step.tier, state.word, room, lit=False)


def _narrow(trace: Trace, attempt: AttemptView, number: str, width: int) -> list[Row]:
    took = draw.seconds(words.taken_s(trace, attempt))
    head = _head(line(number), words.state(trace, attempt), attempt.model, attempt.tier, took, width)
    indent, cost = "    " if width >= _TIERS else "  ", _cost(trace, attempt)
    detail = line(indent) + _told(trace, attempt, width - len(indent) - len(cost) - 1)
    return [Row(head), Row(draw.between(detail, line((cost, "muted")), width), 2)]


def _head(number: Content, state: State, model: str, tier: str, right: str, width: int, *, lit: bool = True) -> Content:
    """Number, glyph, model, tier and, at the right edge, a word or a time: in columns that all rungs share."""
    tiers = 7 if width >= _TIERS else 0
    room = min(width - 4 - tiers - 8, 36)
    name = f"{words.fitted(model, room):<{room}}"
    left = (
        number
        + line(" ", (f"{state.glyph} ", f"strong {state.style}"))
        + draw.column(line((name, "strong" if lit else "muted")), room)
        + line((f"  {tier:<5}" if tiers else "", "muted"))
    )
    return draw.between(left, line((right, "muted")), width)


def _wide(trace: Trace, attempt: AttemptView, number: str, width: int) -> list[Row]:
    """All of an attempt on one line: its cost at the right edge, and what became of it before that."""
    took, cost = draw.seconds(words.taken_s(trace, attempt)), _cost(trace, attempt)
    head = _head(line(number), words.state(trace, attempt), attempt.model, attempt.tier, took, _half(width))
    fate = _told(trace, attempt, width - head.cell_length - len(cost) - 4)
    return [Row(draw.between(head + line("   ") + fate, line((cost, "muted")), width))]


def _half(width: int) -> int:
    """Columns of the head where it shares its line."""
    return min(max(width // 2, 40), 60)


def _told(trace: Trace, attempt: AttemptView, room: int) -> Content:
    """What became of the attempt, in as many words as there is room for."""
    asked, brief = _asked(trace, attempt), _fate(trace, attempt, brief=True)
    wordings = [(*asked, *_fate(trace, attempt)), (*asked, *brief), *([(*asked, brief[0])] if asked else []), brief]
    told = [line(*runs) for runs in wordings]
    return next((one for one in told if one.cell_length <= room), told[-1])


def _asked(trace: Trace, attempt: AttemptView) -> tuple[draw.Run, ...]:
    """When it was asked, of one that was asked because another was late."""
    late = words.hedged(trace, attempt)
    return () if late is None else ((f"after {draw.seconds(attempt.started_s - late.started_s)}, ", "muted"),)


def _fate(trace: Trace, attempt: AttemptView, *, brief: bool = False) -> tuple[draw.Run, ...]:
    """What became of the attempt, in words: the state, and the number or the failure that decided it."""
    state = words.state(trace, attempt)
    if attempt.failure is not None and attempt.outcome == "failed":
        after = words.follow_up(attempt.failure.next)
        what = "failed" if brief else words.kind(attempt.failure.kind)
        return (what, state.style), (f" {after.glyph} {after.word}", after.style)
    if attempt.confidence is None:
        return ((state.word, state.style),)
    said = f" {words.score(attempt.confidence)}" if brief else f"  {words.compared(attempt.confidence)}"
    return (state.word, state.style), (said, "muted")


def _cost(trace: Trace, attempt: AttemptView) -> str:
    """What was paid; what is held while nothing is settled; nothing where a failure cost nothing."""
    if attempt.spend_nusd is None:
        return f"held {draw.dollars(attempt.held_nusd, attempt.simulated)}" if attempt.held_nusd else ""
    if attempt.spend_nusd == 0 and attempt.outcome == "failed":
        return ""
    return words.spent(trace, attempt)


def _gauges(trace: Trace, width: int) -> list[Row]:
    """Credit and time used, of what the turn may take."""
    plan = trace.decision
    if plan is None:
        return []
    shares: list[tuple[str, float, str, int]] = []
    if plan.credit_nusd > 0:
        used = trace.spend_nusd + trace.held_nusd
        shares.append(("credit", used / plan.credit_nusd, f"of {draw.limit(plan.credit_nusd, trace.simulated)}", 7))
    if plan.time_s > 0:
        passed = trace.finished.latency_s if trace.finished else words.now_s(trace)
        shares.append(("time", passed / plan.time_s, f"of {draw.seconds(plan.time_s)}", 6))
    said_room = max((len(said) for _, _, said, _ in shares), default=0)
    return [Row(_gauge(name, share, f"{said:<{said_room}}", width), rank) for name, share, said, rank in shares]


def _gauge(name: str, share: float, said: str, width: int) -> Content:
    """`time   ███▊······  32% of 20 s`: the bar takes what the words leave, 24 cells at most."""
    room = min(width - 7 - 6 - len(said), 24)
    filled = draw.bar(share, room, "warn" if share >= 0.8 else "accent") if room >= 4 else line()
    return line((f"{name:<7}", "muted")) + filled + line(f" {draw.percent(share):>4} ", (said, "muted"))


def _tier(trace: Trace, model: str) -> str:
    candidates = trace.decision.candidates if trace.decision else ()
    return next((candidate.tier for candidate in candidates if candidate.model == model), "")


def part(trace: Trace | None) -> object:
    """All that `lines` reads of a trace."""
    if trace is None:
        return None
    settled = tuple(replace(attempt, characters=0, reasoning_characters=0) for attempt in trace.attempts)
    moving = words.now_s(trace) if trace.live else None
    known = (trace.features, trace.decision, trace.notes)
    return (moving, settled, *known, trace.degraded, trace.cap, trace.finished)


class LadderPanel(Panel):
    BORDER_TITLE = "ladder"

    def watch_trace(self) -> None:
        said = "▸ live" if self.trace is not None and self.trace.live else ""
        if self.border_subtitle != said:
            self.border_subtitle = said
        super().watch_trace()

    def lines(self, width: int, height: int) -> list[Content]:
        return lines(self.trace, width, height)

    def part(self) -> object:
        return part(self.trace)
