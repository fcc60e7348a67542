"""Second opinions: somebody else is asked about an answer that could be kept or not, in a turn of its own.

Another cheap model is asked for its own answer, to see whether both agree; or a model of another family is asked
whether the answer is right. Nobody is asked whose word could not change what happens next, or is not worth its price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from routing import events as ev
from routing.analysis.tokens import estimate
from routing.budget.throttle import NO_EXTRAS
from routing.confidence.agreement import agreement, agreement_part, comparable
from routing.confidence.judge import judge_part, judge_prompt, verdict
from routing.confidence.measure import Measurement, sigmoid, with_part
from routing.decision.gains import call_of
from routing.decision.model import Candidate, PlannedRung
from routing.decision.prediction import price_of
from routing.decision.worth import after
from routing.events import ConfidencePart
from routing.execution.asking import Answer
from routing.execution.context import TurnContext
from routing.messages import Limits, Reply, Request, ask_beside
from routing.registry.families import line_of
from routing.registry.model import Model
from routing.trace import Trace

Kind = Literal["agreement", "judge"]

_SWAY = 1.0
"""What a word for or against an answer moves, in log-odds, when it is weighed whether to ask for it."""
_LIKE_SKILL, _WEAKER = 0.1, 0.5
"""Of a witness whose usual quality is further below than this, what its agreement counts."""
_JUDGE_TOKENS = 16
_MOST_S = 12.0
_SHARE = 0.25
"""Of the money and time that a message has left, what one opinion may take."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who is asked, for what, and at what price."""

    kind: Kind
    candidate: Candidate
    price_nusd: int


class Opinions:
    """Those of one turn whose policy wants any: one for each model's answer at most."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._heard: set[str] = set()

    async def hear(self, answer: Answer, rung: PlannedRung, measured: Measurement) -> Measurement:
        """The measurement, with the opinion in it where one was worth asking for and came."""
        witness = self._witness(answer.reply, answer.model, rung, measured)
        if witness is None or self._context.aside is None:
            return measured
        self._heard.add(answer.model.id)
        trace = await self._context.aside(self._request(witness, answer.reply), witness.kind)
        part, said = self._read(witness, trace, answer.reply, answer.model)
        self._context.recorder.note(
            ev.SecondOpinion,
            attempt=answer.attempt,
            kind=witness.kind,
            model=witness.candidate.model,
            by_turn=trace.turn,
            said=said,
            spend_nusd=trace.spend_nusd,
            simulated=trace.simulated,
        )
        return measured if part is None else with_part(measured, part)

    def _witness(self, reply: Reply, model: Model, rung: PlannedRung, measured: Measurement) -> Witness | None:
        """Whoever promises most beyond the price."""
        above = self._above(rung)
        if above is None or rung.threshold is None or measured.fault or reply.tool_calls or not reply.text.strip():
            return None
        if model.id in self._heard or not self._allowed():
            return None
        found = [
            (gain, witness)
            for witness in self._witnesses(reply, model, above)
            if (gain := self._gain(witness, measured.score, rung.threshold, model, above)) > 0
        ]
        return max(found, key=lambda one: (one[0], one[1].candidate.model))[1] if found else None

    def _allowed(self) -> bool:
        context = self._context
        return context.purpose == "answer" and context.budget.throttle < NO_EXTRAS

    def _above(self, rung: PlannedRung) -> Candidate | None:
        """Who would be asked next."""
        decision = self._context.decision
        at = decision.ladder.index(rung) + 1 if rung in decision.ladder else len(decision.ladder)
        return decision.candidate(decision.ladder[at].models[0]) if at < len(decision.ladder) else None

    def _witnesses(self, reply: Reply, model: Model, above: Candidate) -> list[Witness]:
        """Who may be asked: models of other lines that could have been asked for the answer itself. Whoever comes next
        on the ladder is not asked for its answer twice."""
        context, wanted = self._context, self._context.world.policy.second_opinion
        decision = context.decision
        ids = [one for rung in (*decision.ladder, *decision.below) for one in rung.models]
        others = [context.model(one) for one in ids if one != model.id]
        unlike = [one for one in others if line_of(one.name) != line_of(model.name)]
        found = []
        if wanted in ("agreement", "any") and comparable(reply.text, context.features):
            found += [
                Witness("agreement", candidate, candidate.cost_nusd)
                for candidate in (decision.candidate(one.id) for one in unlike)
                if candidate.rung < above.rung
            ]
        if wanted in ("judge", "any"):
            found += [Witness("judge", decision.candidate(one.id), self._judge_nusd(one, reply)) for one in unlike]
        return [one for one in found if self._fits(one)]

    def _judge_nusd(self, judge: Model, reply: Reply) -> int:
        context = self._context
        goes_in = context.features.input_tokens + estimate(reply.text)
        return price_of(judge, goes_in, _JUDGE_TOKENS, context.world.policy.assumed_nusd_per_mtok)

    def _fits(self, witness: Witness) -> bool:
        context = self._context
        money = witness.price_nusd <= _SHARE * self._credit_left()
        return money and witness.candidate.latency_s <= _SHARE * context.time_left_s

    def _gain(self, witness: Witness, score: float, threshold: float, model: Model, above: Candidate) -> float:
        """What hearing it is worth beyond its price, in nano-dollars, where it could go either way: the worth of what
        is done after each of both words, by how likely each is to come, less the worth of what is done without."""
        policy, pressure = self._context.world.policy, self._context.budget.pressure
        here = math.log(score / (1 - score)) if 0 < score < 1 else math.copysign(20, score - 0.5)
        less, more = sigmoid(here - _SWAY), sigmoid(here + _SWAY)
        if not less < threshold <= more:
            return 0.0
        usual = self._context.decision.candidate(model.id).quality
        going_on = call_of(above, policy, pressure)

        def worth(confidence: float) -> float:
            if confidence >= threshold:
                return policy.value_nusd * confidence
            return policy.value_nusd * after(confidence, usual, going_on) - going_on.price_nusd

        agrees = (score - less) / (more - less)
        seconds = witness.candidate.latency_s if witness.kind == "agreement" else witness.candidate.latency_s / 2
        price = witness.price_nusd * (1 + pressure) + policy.second_nusd * seconds
        return agrees * worth(more) + (1 - agrees) * worth(less) - worth(score) - price

    def _request(self, witness: Witness, reply: Reply) -> Request:
        """The same request for a model's own answer, or a question about the answer; no less private."""
        context = self._context
        asked, profile, model = context.request, context.world.policy.id, witness.candidate.model
        limits = Limits(
            int(_SHARE * self._credit_left()),
            min(_MOST_S, _SHARE * context.time_left_s),
            _JUDGE_TOKENS if witness.kind == "judge" else context.decision.max_output_tokens,
        )
        if witness.kind == "agreement":
            return replace(asked, profile=profile, model=model, nudge=0, limits=limits)
        return ask_beside(
            asked,
            judge_prompt(asked.text, reply.text),
            private=context.features.needs.local_only,
            profile=profile,
            model=model,
            limits=limits,
        )

    def _read(self, witness: Witness, trace: Trace, reply: Reply, model: Model) -> tuple[ConfidencePart | None, str]:
        """What was said, as a part of the confidence and in words."""
        finished = trace.finished
        if finished is None or finished.status != "answered":
            return None, "did not answer"
        if witness.kind == "judge":
            p = verdict(finished.reply, ())
            return (None, "said neither") if p is None else ((part := judge_part(p)), part.raw)
        found = agreement(reply.text, finished.reply, self._context.features)
        part = agreement_part(found)
        return replace(part, log_odds=part.log_odds * self._weight(witness, model)), found.why

    def _weight(self, witness: Witness, model: Model) -> float:
        """A witness of clearly less skill agrees and differs for other reasons, too."""
        usual = self._context.decision.candidate(model.id).quality
        return 1.0 if witness.candidate.quality >= usual - _LIKE_SKILL else _WEAKER

    def _credit_left(self) -> int:
        trace = self._context.recorder.trace
        return self._context.decision.credit_nusd - trace.spend_nusd - trace.asides_nusd
