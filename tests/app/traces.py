"""Turns told by real events, for whatever draws a trace. Seconds and amounts are round so that tests can name them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from routing import events as ev
from routing.analysis.features import Features, Needs, Risk, Signal, TaskClass
from routing.decision.model import (
    Advice,
    BudgetView,
    Candidate,
    Closed,
    Decision,
    Exclusion,
    Health,
    PlannedRung,
    Reason,
    Snapshot,
)
from routing.errors import ErrorKind
from routing.folding import fold
from routing.messages import Usage, ask
from routing.policy.model import Timeouts
from routing.trace import Trace

DOLLAR = 1_000_000_000
SMALL, MID, LARGE, OTHER = "sim-north/pebble", "sim-north/boulder", "sim-north/summit", "sim-south/summit"
TIERS = {SMALL: "small", MID: "mid", LARGE: "large", OTHER: "large"}

FEATURES = Features(
    task=TaskClass.CODE,
    task_p=0.88,
    intent="fix",
    complexity=0.4,
    multi_step=False,
    risk=Risk.LOW,
    risk_p=0.9,
    response_format="text",
    latency="interactive",
    language="en",
    novelty=0.2,
    input_tokens=412,
    output_tokens=220,
    needs=Needs(tools=0, context_tokens=632),
    signals=(
        Signal("task", "code", 1.4, "a fenced block"),
        Signal("task", "code", 0.8, "Traceback"),
        Signal("risk", "low", 0.3, "no word of risk"),
    ),
)
SNAPSHOT = Snapshot(
    policy_hash="7f3a",
    registry_hash="2c91",
    acceptance_hash="0000",
    health=Health(closed=(Closed("sim-west", "6 of 10 calls failed", 41.0),)),
    budget=BudgetView(
        day_left_nusd=2 * DOLLAR, simulated_day_left_nusd=DOLLAR, request_credit_nusd=DOLLAR // 20, time_left_s=20
    ),
)
EXCLUDED = (
    Exclusion("sim-west/stone", (Reason("breaker", "closed", "open: 6 of 10 calls failed"),)),
    Exclusion(
        "sim-south/local-pebble",
        (Reason("context", "9412", "8192"), Reason("capability", "tools", "json, logprobs")),
    ),
)


def candidate(model: str, *, quality: float = 0.8, cost_nusd: int = 700_000, **changes: Any) -> Candidate:
    rung = {"small": 0, "mid": 1, "large": 2}[TIERS.get(model, "small")]
    made = Candidate(
        model=model,
        provider=model.partition("/")[0],
        tier=TIERS.get(model, "small"),
        rung=rung,
        quality=quality,
        cost_nusd=cost_nusd,
        worst_nusd=cost_nusd * 3,
        latency_s=2.9,
        utility_nusd=int(quality * DOLLAR / 20) - cost_nusd,
        price_known=True,
        simulated=True,
    )
    return replace(made, **changes)


def rung(*models: str, threshold: float | None = 0.66) -> PlannedRung:
    tier = TIERS.get(models[0], "small")
    return PlannedRung(tier, models, threshold, f"the {tier} rung", 2_100_000, Timeouts())


def decision(*ladder: PlannedRung, **changes: Any) -> Decision:
    models = [model for step in ladder for model in step.models]
    made = Decision(
        engine="1",
        policy_hash="7f3a",
        registry_hash="2c91",
        route="standard",
        rule="code goes to the small one first",
        mode="cascade",
        ladder=ladder,
        below=(),
        candidates=tuple(
            candidate(model, quality=0.5 + 0.1 * n, cost_nusd=200_000 * 3**n) for n, model in enumerate(models)
        ),
        excluded=EXCLUDED,
        runner_up=models[1] if len(models) > 1 else None,
        floor=0.3,
        retries=1,
        credit_nusd=DOLLAR // 20,
        time_s=20.0,
        temperature=None,
        max_output_tokens=800,
        degraded_text="",
    )
    return replace(made, **changes)


CASCADE = decision(rung(SMALL), rung(MID), rung(LARGE, OTHER, threshold=None))


class Script:
    """Writes one turn's events. Every step takes the second at which it happens."""

    def __init__(self, plan: Decision = CASCADE, profile: str = "balanced") -> None:
        self.events: list[ev.Event] = []
        self.plan = plan
        self._made = 0
        self._focus = ""
        self._spent = 0
        self._add(ev.TurnStarted, 0.0, chat="c1", session="s1", profile=profile, request=ask("Why does it fail?"))
        self._add(ev.RequestAnalysed, 0.0, features=FEATURES, took_s=0.001)
        self._add(ev.Advised, 0.0, advice=Advice("rules", 0, "code asked for", 0))
        self._add(ev.RouteDecided, 0.01, decision=plan, snapshot=SNAPSHOT, took_s=0.0002)

    @property
    def trace(self) -> Trace:
        return fold(self.events)

    def _add(self, event_type: Any, at_s: float, /, **fields: Any) -> Script:
        event = event_type(turn="t1", seq=len(self.events) + 1, at_s=at_s, wall_s=1_700_000_000 + at_s, **fields)
        self.events.append(event)
        return self

    @property
    def attempt(self) -> str:
        return self._focus or f"a{self._made}"

    def of(self, n: int) -> Script:
        """What follows is of the attempt of this number, until another one starts."""
        self._focus = f"a{n}"
        return self

    def start(
        self,
        model: str,
        at_s: float,
        on: int = 0,
        held_nusd: int = 2_100_000,
        purpose: ev.Purpose = "answer",
        **more: Any,
    ) -> Script:
        self._made += 1
        self._focus = ""
        simulated = model.startswith("sim-")
        self._add(ev.Reserved, at_s, attempt=self.attempt, amount_nusd=held_nusd, day="2023-11-14", simulated=simulated)
        return self._add(
            ev.AttemptStarted,
            at_s,
            attempt=self.attempt,
            n=self._made,
            rung=on,
            try_=1,
            purpose=purpose,
            provider=model.partition("/")[0],
            model=model,
            tier=TIERS.get(model, "small"),
            simulated=simulated,
            **more,
        )

    def hedge(self, model: str, at_s: float, after_s: float, on: int = 0) -> Script:
        """The last attempt is late, so this model is asked as well."""
        self._add(ev.HedgeStarted, at_s, attempt=self.attempt, to_model=model, after_s=after_s)
        return self.start(model, at_s, on=on, role="hedge")

    def cut(self, at_s: float, winner: int) -> Script:
        """The attempt in focus was not first; what it may have cost is estimated."""
        self._add(ev.HedgeCut, at_s, attempt=self.attempt, winner=f"a{winner}")
        return self.fail(at_s, ErrorKind.CANCELLED, "stop").settle(at_s, 50_000, "estimated")

    def warn(self, at_s: float = 0.02) -> Script:
        """Eighty cents of the day's dollar are taken."""
        taken = {"taken_nusd": DOLLAR * 4 // 5, "hard_nusd": DOLLAR, "share": 0.8}
        return self._add(ev.CapWarned, at_s, cap="simulated_day", name="", **taken)

    def precheck(self, at_s: float = 0.02) -> Script:
        found = ev.Finding("personal", "e-mail address", "e-mail address", "replaced by placeholders")
        return self._add(ev.Prechecked, at_s, findings=(found,))

    def throttle(self, at_s: float = 0.02) -> Script:
        return self._add(ev.Throttled, at_s, step=4, does="No large models", why="4 times the usual hour")

    def token(self, at_s: float, text: str = "Because ") -> Script:
        self._add(ev.FirstToken, at_s, attempt=self.attempt, first_token_s=at_s)
        return self.say(text, at_s)

    def say(self, text: str, at_s: float) -> Script:
        return self._add(ev.TextDelta, at_s, attempt=self.attempt, text=text)

    def end(self, at_s: float, finish: str = "stop") -> Script:
        return self._add(
            ev.AttemptFinished,
            at_s,
            attempt=self.attempt,
            usage=Usage(412, 220, reported=True),
            finish=finish,
            request_id=f"req-{self._made}",
            latency_s=at_s,
        )

    def fail(self, at_s: float, kind: ErrorKind, then: ev.NextStep, shown: bool = False) -> Script:
        return self._add(
            ev.AttemptFailed,
            at_s,
            attempt=self.attempt,
            kind=kind,
            words="upstream said [/no",
            sentence=f"{kind} at the provider.",
            status=503,
            request_id=f"req-{self._made}",
            retry_after_s=None,
            shown=shown,
            next=then,
            latency_s=0.2,
        )

    def weigh(self, at_s: float, score: float, needed: float | None = 0.66, provisional: bool = False) -> Script:
        return self._add(
            ev.ConfidenceMeasured,
            at_s,
            attempt=self.attempt,
            score=score,
            low=max(score - 0.09, 0.0),
            high=min(score + 0.07, 1.0),
            parts=(
                ev.ConfidencePart("mean logprob", "-0.38", 0.92),
                ev.ConfidencePart("format kept", "yes", 0.31),
                ev.ConfidencePart("hedging words", "2 of 312", -0.15),
                ev.ConfidencePart("answer covers the question", "0.71", -0.05),
            ),
            needed=needed,
            provisional=provisional,
        )

    def settle(self, at_s: float, spend_nusd: int, basis: ev.Basis = "reported") -> Script:
        self._spent += spend_nusd
        return self._add(
            ev.Settled,
            at_s,
            attempt=self.attempt,
            spend_nusd=spend_nusd,
            basis=basis,
            usage=Usage(412, 220, reported=True),
        )

    def escalate(self, at_s: float, source: str, goal: str) -> Script:
        why = "confidence .41 is below .66"
        return self._add(ev.Escalated, at_s, attempt=self.attempt, from_model=source, to_model=goal, why=why)

    def fail_over(self, at_s: float, source: str, goal: str) -> Script:
        return self._add(
            ev.FailedOver, at_s, attempt=self.attempt, from_model=source, to_model=goal, why="server error"
        )

    def retry(self, at_s: float, model: str) -> Script:
        return self._add(ev.RetryScheduled, at_s, model=model, wait_s=0.5, why="overloaded")

    def ask_again(self, at_s: float, model: str, why: str) -> Script:
        """The last answer was not in the form that was asked for."""
        return self._add(ev.RetryScheduled, at_s, model=model, wait_s=0.0, why=why, attempt=self.attempt)

    def step_down(self, at_s: float, source: str, goal: str) -> Script:
        return self._add(
            ev.SteppedDown, at_s, attempt=self.attempt, from_model=source, to_model=goal, why="2.0 s are up"
        )

    def cap(self, at_s: float, model: str) -> Script:
        return self._add(
            ev.CapReached, at_s, cap="simulated_day", model=model, needed_nusd=2_100_000, left_nusd=100_000
        )

    def degrade(self, at_s: float, level: str = "static") -> Script:
        return self._add(
            ev.Degraded,
            at_s,
            level=level,
            cause="No provider could answer.",
            tried=("sim-north refused the connection.",),
            do="Try again in a minute.",
            again_in_s=41.0,
        )

    def finish(self, at_s: float, status: ev.Status = "answered", *, below_floor: bool = False, **fields: Any) -> Trace:
        trace = self.trace
        last = trace.current
        self._add(
            ev.TurnFinished,
            at_s,
            **{
                "status": status,
                "attempt": last.id if last and status == "answered" else None,
                "provider": last.provider if last else None,
                "model": last.model if last else None,
                "tier": last.tier if last else None,
                "confidence": last.confidence.score if last and last.confidence else None,
                "below_floor": below_floor,
                "path": tuple(f"{a.model} {a.outcome}" for a in trace.attempts),
                "latency_s": at_s,
                "first_token_s": min((a.first_token_s for a in trace.attempts if a.first_token_s), default=None),
                "spend_nusd": 0,
                "simulated_spend_nusd": self._spent,
                "baseline_nusd": 9_000_000,
                "simulated": True,
                "sentence": "A plain sentence.",
                "reply": "Because …",
                **fields,
            },
        )
        return self.trace


def accepted_script() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4).end(1.2).settle(1.2, 400_000).weigh(1.2, 0.87)
    script.finish(1.2)
    return script


def escalated_script() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4).end(1.0).settle(1.0, 100_000).weigh(1.0, 0.41)
    script.escalate(1.0, SMALL, MID).start(MID, 1.0, on=1).token(1.8).end(3.9).settle(3.9, 700_000).weigh(3.9, 0.87)
    script.finish(3.9)
    return script


def live_script() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4).end(1.0).settle(1.0, 100_000).weigh(1.0, 0.41)
    script.escalate(1.0, SMALL, MID).start(MID, 1.0, on=1).token(1.8)
    return script.weigh(3.4, 0.7, provisional=True)


def retried_script() -> Script:
    script = Script().start(SMALL, 0.1).fail(0.3, ErrorKind.OVERLOADED, "retry").settle(0.3, 0, "free")
    script.retry(0.3, SMALL).start(SMALL, 0.8).token(1.1).end(1.9).settle(1.9, 400_000).weigh(1.9, 0.87)
    script.finish(1.9)
    return script


def failed_over_script() -> Script:
    plan = decision(rung(LARGE, OTHER, threshold=None))
    script = Script(plan).start(LARGE, 0.1).fail(0.4, ErrorKind.SERVER_ERROR, "failover").settle(0.4, 0, "free")
    script.fail_over(0.4, LARGE, OTHER).start(OTHER, 0.4).token(1.3).end(4.0).settle(4.0, 9_000_000)
    script.weigh(4.0, 0.9, needed=None).finish(4.0)
    return script


def hedged_script() -> Script:
    """The first model's silence was too long; another provider's was first."""
    script = Script(decision(rung(LARGE, OTHER, threshold=None))).warn().precheck().throttle()
    script.start(LARGE, 0.1).hedge(OTHER, 1.9, 1.8).of(1).cut(2.6, 2)
    script.of(2).token(2.6).end(4.0).settle(4.0, 9_000_000).weigh(4.0, 0.9, needed=None)
    script.finish(4.0)
    return script


def hedge_lost_script() -> Script:
    """The first model was first after all, and its answer was left."""
    script = Script().start(SMALL, 0.1).hedge(OTHER, 1.9, 1.8, on=2).of(2).cut(2.0, 1).of(1).token(2.0).end(3.0)
    script.settle(3.0, 400_000).weigh(3.0, 0.41).escalate(3.0, SMALL, MID).start(MID, 3.0, on=1).token(3.4).end(4.0)
    script.settle(4.0, 700_000).weigh(4.0, 0.87).finish(4.0)
    return script


def gone_on_script() -> Script:
    """The connection was lost in mid-answer; another provider's model went on with it."""
    script = Script(decision(rung(LARGE, OTHER, threshold=None))).start(LARGE, 0.1).token(0.4)
    script.fail(0.9, ErrorKind.CONNECTION, "failover", shown=True).settle(0.9, 50_000, "estimated")
    script.fail_over(0.9, LARGE, OTHER).start(
        OTHER, 0.9, role="failover", continues="a1", left_out=3, saved_nusd=200_000
    )
    script.token(1.3, "the rest").end(2.0).settle(2.0, 9_000_000).weigh(2.0, 0.9, needed=None).finish(2.0)
    return script


def lengthened_script() -> Script:
    """An answer reached its most tokens, and its model went on with it."""
    script = Script().start(SMALL, 0.1).token(0.4).end(1.2, "length").settle(1.2, 400_000).weigh(1.2, 0.8)
    script.ask_again(1.2, SMALL, "it reached its most tokens")
    script.start(SMALL, 1.2, role="continuation", continues="a1").token(1.5, "the rest").end(2.0)
    script.settle(2.0, 400_000).weigh(2.0, 0.87).finish(2.0)
    return script


def stepped_down_script() -> Script:
    plan = decision(rung(LARGE, threshold=None), rung(SMALL, threshold=None), mode="premium_first", time_s=2.0)
    script = Script(plan, "quality").start(LARGE, 0.1).token(1.0).settle(2.0, 2_000_000, "estimated")
    script.step_down(2.0, LARGE, SMALL).start(SMALL, 2.0, on=1).token(2.3).end(2.8).settle(2.8, 100_000)
    script.weigh(2.8, 0.8, needed=None).finish(2.8)
    return script


def degraded_script() -> Script:
    script = Script().start(SMALL, 0.1).fail(0.2, ErrorKind.CONNECTION, "failover").settle(0.2, 0, "free")
    script.fail_over(0.2, SMALL, MID).start(MID, 0.2, on=1).fail(0.3, ErrorKind.CONNECTION, "degrade")
    script.settle(0.3, 0, "free").degrade(0.3).finish(0.3, "degraded", model=None, provider=None, tier=None)
    return script


def below_floor_script() -> Script:
    plan = decision(rung(SMALL))
    script = Script(plan).start(SMALL, 0.1).token(0.4).end(1.2).settle(1.2, 400_000).weigh(1.2, 0.22)
    script.finish(1.2, below_floor=True)
    return script


def broken_off_script() -> Script:
    script = Script(decision(rung(SMALL))).start(SMALL, 0.1).token(0.4)
    script.fail(0.9, ErrorKind.MALFORMED_STREAM, "degrade", shown=True).settle(0.9, 50_000, "estimated")
    script.degrade(0.9, "kept_draft").finish(0.9, "degraded", attempt=script.attempt)
    return script


def cut_off_script() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4).end(1.2, "length").settle(1.2, 400_000).weigh(1.2, 0.87)
    script.finish(1.2)
    return script


def capped_script() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4).end(1.0).settle(1.0, 100_000).weigh(1.0, 0.41)
    script.cap(1.0, MID)
    script.finish(1.0)
    return script


def cancelled_script() -> Script:
    script = Script().start(SMALL, 0.1).token(0.4).fail(0.9, ErrorKind.CANCELLED, "stop", shown=True)
    script.settle(0.9, 50_000, "estimated").finish(0.9, "cancelled")
    return script


def unknown_price_script() -> Script:
    model = "elsewhere/claude-of-a-very-long-name-20260901-preview"
    plan = replace(decision(rung(model)), candidates=(candidate(model, price_known=False, simulated=False),))
    script = Script(plan).start(model, 0.1).token(0.4).end(1.2).settle(1.2, 31_000_000, "estimated").weigh(1.2, 0.87)
    script.finish(1.2, simulated=False)
    return script


def nothing_fits_script() -> Script:
    script = Script(decision()).degrade(0.0)
    script.finish(0.0, "degraded")
    return script


SCRIPTS = {
    "accepted": accepted_script,
    "escalated": escalated_script,
    "live": live_script,
    "retried": retried_script,
    "failed_over": failed_over_script,
    "hedged": hedged_script,
    "hedge_lost": hedge_lost_script,
    "gone_on": gone_on_script,
    "lengthened": lengthened_script,
    "stepped_down": stepped_down_script,
    "degraded": degraded_script,
    "below_floor": below_floor_script,
    "broken_off": broken_off_script,
    "cut_off": cut_off_script,
    "capped": capped_script,
    "cancelled": cancelled_script,
    "unknown_price": unknown_price_script,
    "nothing_fits": nothing_fits_script,
}


def a_trace(name: str) -> Trace:
    """The trace of one of `SCRIPTS`."""
    return SCRIPTS[name]().trace
