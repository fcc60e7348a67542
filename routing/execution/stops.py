"""The models of a turn's ladder in the order in which they are asked, and which of them is next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from routing import events as ev
from routing.analysis.features import Risk
from routing.decision.model import PlannedRung
from routing.errors import HANDLING, ErrorKind, ProviderError
from routing.execution.attempts import Step
from routing.execution.call import within
from routing.execution.context import TurnContext
from routing.policy.model import Timeouts
from routing.registry.model import Model

_LEAST_SHARE = 0.2
_SLACK = 1.2
_KEPT_BACK = 0.25
"""Of the time that is left, for whoever stands in when the model that is asked does not answer."""

_OTHER_FIRST = frozenset(
    {
        ErrorKind.SERVER_ERROR,
        ErrorKind.MALFORMED_STREAM,
        ErrorKind.TIMEOUT,
        ErrorKind.PERMISSION,
        ErrorKind.CONTENT_FILTER,
    }
)
"""What may be wrong with the whole provider: its other models are asked last."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One model of the ladder: `rung` counts from the first; rungs from `Stops.above` on lie below the first."""

    rung: int
    model: str


class Stops:
    """Who was asked, what was learned of providers on the way, and who is worth asking."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self.rungs: tuple[PlannedRung, ...] = (*context.decision.ladder, *context.decision.below)
        self.above = len(context.decision.ladder)
        self._stops = [Stop(n, model) for n, rung in enumerate(self.rungs) for model in rung.models]
        self._asked: set[str] = set()
        self._failed: set[str] = set()
        self._unfit: set[str] = set()
        self._too_small = 0
        self.drafted = False

    def __len__(self) -> int:
        return len(self._stops)

    def __getitem__(self, at: int) -> Stop:
        return self._stops[at]

    def model(self, at: int) -> Model:
        return self._context.model(self._stops[at].model)

    def rung(self, at: int) -> PlannedRung:
        return self.rungs[self._stops[at].rung]

    def step(self, at: int) -> Step:
        """What would be asked there now."""
        return Step(at, self.model(at), self._stops[at].rung, self._timeouts(at))

    def asked(self, step: Step) -> None:
        """Nobody moves on to it any more."""
        self._asked.add(step.model.id)

    def learn(self, model: Model, error: ProviderError) -> None:
        """What an error says of the models that were not asked yet."""
        if HANDLING[error.kind].whole_provider:
            self._unfit.add(model.provider)
        elif error.kind in _OTHER_FIRST:
            self._failed.add(model.provider)
        if error.kind is ErrorKind.CONTEXT_LENGTH:
            self._too_small = max(self._too_small, model.context_window)

    def after(self, at: int, error: ProviderError) -> int | None:
        """Who is asked after this error."""
        if not (error.failover or self._may_be_asked_elsewhere(error)):
            return None
        self.learn(self.model(at), error)
        return self.next(at)

    def next(self, at: int) -> int | None:
        """The next model in order that is worth asking, while there is time. Another provider comes first; one that
        failed is asked for another model only when nobody else is left."""
        if self._context.time_left_s <= 0:
            return None
        left = [following for following in range(len(self)) if self._worth_asking(following, at)]
        others = [one for one in left if self.model(one).provider not in self._failed]
        return next(iter(others or left), None)

    def above_rung(self, rung: int) -> Iterator[int]:
        """Who may be asked on a cascade's next rungs, the nearest first."""
        if self._context.decision.mode == "cascade":
            for at, stop in enumerate(self._stops):
                if rung < stop.rung < self.above and self.askable(at):
                    yield at

    def partner(self, at: int) -> int | None:
        """Who may be asked beside this one: of another provider, on its rung or the next, and not asked yet."""
        here, provider = self._stops[at].rung, self.model(at).provider
        for other in range(len(self)):
            stop, model = self._stops[other], self.model(other)
            if (
                model.provider not in {provider, *self._failed, *self._unfit}
                and here <= stop.rung <= here + 1
                and stop.model not in self._asked
                and (stop.rung < self.above) == (here < self.above)
                and self.askable(other)
            ):
                return other
        return None

    def askable(self, at: int) -> bool:
        """Whether a model that was fit to ask when the turn began still is."""
        model = self.model(at)
        return model.context_window > self._too_small and not self._rests(model)

    def steps_down(self, at: int, error: ProviderError) -> bool:
        """Whether what follows the error is a quicker model, as premium first has it of time that ran out."""
        following = self.after(at, error)
        return (
            self._context.decision.mode == "premium_first"
            and error.kind is ErrorKind.TIMEOUT
            and following is not None
            and self._stops[following].rung > self._stops[at].rung
        )

    def resting(self) -> list[str]:
        """The models that were passed over because they, or their provider, rest."""
        unasked = [self._context.model(stop.model) for stop in self._stops if stop.model not in self._asked]
        return [f"{model.id}: {model.provider} is resting" for model in unasked if self._rests(model)]

    def _rests(self, model: Model) -> bool:
        """A breaker that was open when the turn began was overlooked for want of anybody else."""
        context = self._context
        return not context.decision.forgiven and context.breakers.open(model.provider, model.id)

    def _worth_asking(self, following: int, at: int) -> bool:
        stop = self._stops[following]
        if following == at or stop.model in self._asked or self.model(following).provider in self._unfit:
            return False
        if self.drafted and not self._stops[at].rung <= stop.rung < self.above:
            return False
        return self.askable(following) and self._in_time(following)

    def _in_time(self, at: int) -> bool:
        """Premium first asks a model only when its answer is expected in time; the last one is asked anyway."""
        context = self._context
        if context.decision.mode != "premium_first" or at == len(self) - 1:
            return True
        return context.decision.candidate(self._stops[at].model).latency_s <= context.time_left_s

    def _may_be_asked_elsewhere(self, error: ProviderError) -> bool:
        """Whether the route lets another provider see what a content filter declined; never where much is at stake."""
        context = self._context
        declined = error.kind is ErrorKind.CONTENT_FILTER and context.route.declined == "failover"
        return declined and context.features.risk is Risk.LOW

    def _timeouts(self, at: int) -> Timeouts:
        """Time is kept back for whoever stands in: a part of what is left, until the first token comes, or, under a
        time budget, what the next rung is expected to need."""
        context, timeouts = self._context, self.rung(at).timeouts
        following = self.next(at)
        if following is None:
            return timeouts
        left = context.time_left_s
        if context.decision.mode != "premium_first":
            return replace(timeouts, first_token_s=min(timeouts.first_token_s, (1 - _KEPT_BACK) * left))
        reserve = _SLACK * context.decision.candidate(self._stops[following].model).latency_s
        return within(timeouts, max(_LEAST_SHARE * left, left - reserve))


def cap_reached(context: TurnContext, cap: str, model: str, needed: int, left: int) -> None:
    """Tell of a call that a cap of the message did not allow."""
    context.recorder.note(ev.CapReached, cap=cap, model=model, needed_nusd=needed, left_nusd=max(0, left))
