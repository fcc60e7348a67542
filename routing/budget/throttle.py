"""Spend that grows out of proportion is slowed in steps, and let go in steps. Pure.

Two readings, each 1 at its trigger: the *spike* is the rate of spend (EWMA of 15 minutes) over three times what this
hour of the day usually takes; the *course* is what the day will have taken at its end over its cap. Either leads to
the first three steps, which make answers cheaper. The last two take models away, so they need the course: a lively
hour under a cap that holds anyway must not cost an answer.

Nothing is slowed on too little evidence: where fewer than three past days took anything in this hour (spike) or at all
(course), or where the amount at hand is under a twentieth of the day's cap (without a cap: of a usual day).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from routing.budget.pace import Pace, projected_nusd, rate_nusd, usual_day_nusd, usual_nusd
from routing.money import format_usd

LOOK_S = 60.0
"""There is at most one look in this time, so at most one step up."""
CALM_S = 600.0
"""A reading under `_CALM` for so long is one step down."""
STEPS = 5
NO_EXTRAS = 2
"""From this step on nothing is asked twice, and nothing that need not be."""
DOES = (
    "Spend is no longer slowed",
    "Price counts for more in the choice of a model",
    "No second provider beside a slow one",
    "Shorter context and answers where little is at stake",
    "No large models",
    "Only models that cost nothing",
)
"""What each step does, from 0 on; each contains those before it."""

_CALM = 0.8
_SPIKE = 3.0
_LEAST_SHARE = 0.05
_LAST_CHEAPER = 3
_GAIN, _MOST_PRESSURE = 0.05, 5.0


@dataclass(frozen=True, slots=True)
class Reading:
    """The two readings, each over its trigger; 0 where too little is known. `why` says what was compared."""

    spike: float = 0.0
    course: float = 0.0
    why: str = ""

    def over(self, step: int) -> float:
        """How far the reading that leads to a step is above its trigger."""
        return max(self.spike, self.course) if step <= _LAST_CHEAPER else self.course


@dataclass(frozen=True, slots=True)
class Throttle:
    """Where the slowing stands: the step since `since_s`, and `why`. `pressure` is what a nano-dollar costs on top of
    itself. `looked_s` is the last look, `calm_s` since when the reading has been calm; seconds of a monotonic clock.
    """

    step: int = 0
    pressure: float = 0.0
    since_s: float = 0.0
    why: str = ""
    looked_s: float | None = None
    calm_s: float | None = None

    @property
    def does(self) -> str:
        return DOES[self.step]


def read(pace: Pace, cap_nusd: int | None) -> Reading:
    """Both readings of a pace under the day's cap."""
    least = _LEAST_SHARE * (usual_day_nusd(pace.days) if cap_nusd is None else cap_nusd)
    usual, rate = usual_nusd(pace), rate_nusd(pace)
    spike = rate / (_SPIKE * usual) if usual is not None and pace.recent_nusd >= least else 0.0
    projected = projected_nusd(pace)
    course = projected / cap_nusd if projected is not None and cap_nusd and pace.taken_nusd >= least else 0.0
    return Reading(spike, course, _why(spike, course, pace, cap_nusd))


def throttled(state: Throttle, reading: Reading, now_s: float) -> Throttle:
    """The state after a look at `now_s`: at most one step up, one down after ten calm minutes.

    Within a minute of the last look nothing changes. A clock that went backwards begins the times anew and changes no
    step. The pressure follows the pacer of ParetoBandit, λ ← clip(λ + η(reading − 1), 0, 5), while there is a step.
    """
    state = faded(state, now_s)
    if state.looked_s is not None and 0 <= now_s - state.looked_s < LOOK_S:
        return state
    if state.looked_s is not None and now_s < state.looked_s:
        state = replace(state, since_s=now_s, calm_s=None)
    if state.step < STEPS and reading.over(state.step + 1) > 1:
        state = replace(state, step=state.step + 1, since_s=now_s, why=reading.why, calm_s=None)
    else:
        state = _calmed(state, reading, now_s)
    pressure = state.pressure + _GAIN * (reading.over(1) - 1)
    return replace(state, pressure=min(max(pressure, 0.0), _MOST_PRESSURE) if state.step else 0.0, looked_s=now_s)


def faded(state: Throttle, now_s: float) -> Throttle:
    """The state where nobody looked for a while: nothing was asked, so every ten minutes of it are one step down."""
    silent_s = 0.0 if state.looked_s is None else now_s - state.looked_s
    down = min(state.step, int(silent_s // CALM_S)) if silent_s > 0 else 0
    if not down:
        return state
    step = state.step - down
    why = state.why if step else "nothing was spent for a while"
    pressure = state.pressure if step else 0.0
    return replace(state, step=step, since_s=now_s, why=why, pressure=pressure, calm_s=None)


def _calmed(state: Throttle, reading: Reading, now_s: float) -> Throttle:
    """One step down when the reading that led to this step was calm for long enough."""
    if not state.step or reading.over(state.step) >= _CALM:
        return replace(state, calm_s=None)
    since_s = now_s if state.calm_s is None else state.calm_s
    if now_s - since_s < CALM_S:
        return replace(state, calm_s=since_s)
    step = state.step - 1
    calm = step > 0 and reading.over(step) < _CALM
    why = state.why if step else "spend is back to its usual course"
    return replace(state, step=step, since_s=now_s, why=why, calm_s=now_s if calm else None)


def _why(spike: float, course: float, pace: Pace, cap_nusd: int | None) -> str:
    projected, usual = projected_nusd(pace), usual_nusd(pace)
    if course >= spike and projected is not None and cap_nusd is not None and course:
        return f"today would end at {format_usd(round(projected))}, and the cap is {format_usd(cap_nusd)}"
    if usual is None or not spike:
        return ""
    rate = format_usd(round(rate_nusd(pace)))
    return f"{rate} an hour are spent now, and usually {format_usd(round(usual))} at this time of the day"
