"""What comes before the first call of a turn: analyse, check, read the accounts, advise and decide."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from routing import events as ev
from routing.budget.accounts import Accounts
from routing.budget.caps import limits_in_force
from routing.budget.scopes import taken
from routing.budget.warnings import Warned, crossed
from routing.clock import Clock, local_day
from routing.decision.model import BudgetView, Snapshot, World
from routing.decision.storage import dump_world
from routing.execution.advising import RULES, Advised, advise, ask_about, compared, paid, preview, settled, with_novelty
from routing.execution.asides import aside
from routing.execution.budgets import HedgeBudget, RetryBudget
from routing.execution.context import TurnContext
from routing.execution.economy import SUMMARY_TOKENS, length_wish, summary_request_text
from routing.execution.observed import Observed
from routing.execution.pacing import Paced, Pacing
from routing.execution.prechecks import Checked, check, patterns, personal_kinds, resumed
from routing.execution.recorder import Recorder
from routing.execution.turn import Turn
from routing.ledger.journal import Journal
from routing.messages import Limits, Request, ask_beside
from routing.policy.model import Policy
from routing.setup import Setup
from routing.strategies.contract import Question
from routing.trace import Trace

LONG_PROMPT = 20_000
"""Characters that are looked through in a thread."""
SUMMARY_S = 8.0
_SUMMARY_SHARE = 0.25
"""Of a message's money and time, what a summary may take of its own."""


class Preparing:
    """Makes the context of each turn. `start` begins a turn of its own, for the summary of an old part of a chat."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        rng: random.Random,
        observed: Observed,
        start: Callable[[Request, ev.Purpose], Turn],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._rng = rng
        self._observed = observed
        self._start = start
        self._retry_budget = RetryBudget(clock)
        self._hedge_budget = HedgeBudget()
        self._pacing = Pacing(journal, clock)
        self._warned = Warned()
        self._stored: set[str] = set()

    def preview(self, request: Request, world: World, setup: Setup, accounts: Accounts) -> tuple[Checked, Question]:
        """What a decision would be made from; nothing is told or stored."""
        budget = self._budget(request, world.policy, setup, accounts, self._paced(world.policy, setup))
        checked = check(request, world.policy, budget)
        found = None if setup.novelty is None else setup.novelty(checked.request.written)
        features = with_novelty(checked.features, found)
        return checked, ask_about(checked.request, features, world, self._snapshot(request, world, budget))

    def look_at_pace(self, policy: Policy, setup: Setup) -> None:
        self._pacing.refresh_soon(policy, setup.caps, setup.simulated)

    async def settled(self) -> None:
        """Nothing is read any more."""
        await self._pacing.settled()

    def begin(self, request: Request, world: World, recorder: Recorder, purpose: ev.Purpose) -> None:
        """Note the turn's first event."""
        recorder.note(
            ev.TurnStarted,
            chat=request.chat_id,
            session=self._journal.session,
            profile=world.policy.id,
            request=replace(request, history=()),
            purpose=purpose,
        )

    async def prepare(
        self, request: Request, world: World, setup: Setup, recorder: Recorder, purpose: ev.Purpose
    ) -> TurnContext:
        """Analyse, check, advise and decide; the events go out with the first reservation."""
        reading = self._journal.accounts(local_day(self._clock.wall()))
        accounts, _ = await asyncio.gather(reading, _looked_through(request))
        paced = self._paced(world.policy, setup)
        budget = self._budget(request, world.policy, setup, accounts, paced)
        self._note_money(recorder, world.policy, setup, accounts, paced)
        began = recorder.elapsed_s
        checked = check(request, world.policy, budget)
        took_s = recorder.elapsed_s - began
        if checked.plan.left_out:
            checked = await self._shortened(checked, world.policy, budget, recorder)
        features = await compared(checked.features, checked.request, setup)
        recorder.note(ev.RequestAnalysed, features=features, took_s=took_s)
        question = ask_about(checked.request, features, world, self._snapshot(request, world, budget))
        if purpose == "answer":
            advised = await self._advised(question, setup, recorder)
        else:
            advised = preview(question, {}, RULES)
        if advised.features != features:
            features = advised.features
            recorder.note(ev.RequestAnalysed, features=features, took_s=took_s)
        recorder.note(ev.Advised, advice=advised.advice)
        began = recorder.elapsed_s
        snapshot, decision = settled(advised, world, question.snapshot)
        recorder.note(ev.RouteDecided, decision=decision, snapshot=snapshot, took_s=recorder.elapsed_s - began)
        personal = checked.personal.where(decision, world.registry)
        findings = (*checked.findings, *personal.findings(), *patterns(decision))
        if findings:
            recorder.note(ev.Prechecked, findings=findings)
        self._store(world)
        return TurnContext(
            request=checked.request,
            features=features,
            world=world,
            decision=decision,
            budget=budget,
            providers=setup.providers,
            recorder=recorder,
            observed=self._observed,
            retry_budget=self._retry_budget,
            hedge_budget=self._hedge_budget,
            clock=self._clock,
            rng=self._rng,
            explain_error=setup.explain_error,
            problems=setup.problems,
            purpose=purpose,
            session=self._journal.session,
            left_out=len(checked.plan.left_out),
            saved_tokens=checked.plan.saved_tokens,
            masked=personal.does == "mask",
            aside=partial(self._aside, recorder),
            wish=length_wish(features.task, world.policy.answer_tokens) if features.response_format == "text" else "",
        )

    async def _advised(self, question: Question, setup: Setup, recorder: Recorder) -> Advised:
        """With what asking cost, whatever came of it."""
        heard: list[Trace] = []

        async def ask(request: Request, purpose: ev.Purpose) -> Trace:
            heard.append(await self._aside(recorder, request, purpose))
            return heard[-1]

        return paid(await advise(question, setup.strategies, ask), heard)

    async def _shortened(self, checked: Checked, policy: Policy, budget: BudgetView, recorder: Recorder) -> Checked:
        """Tell what is left out of the chat, and put a summary of it in its place where the policy wants one."""
        left_out, summary, by_turn = checked.plan.left_out, "", None
        if checked.plan.summarise:
            summary, by_turn = await self._summarised(checked, policy, budget, recorder)
        recorder.note(
            ev.ContextCut,
            left_out=len(left_out),
            saved_tokens=checked.plan.saved_tokens,
            summary=summary,
            by_turn=by_turn,
        )
        return resumed(checked, summary) if summary else checked

    async def _summarised(
        self, checked: Checked, policy: Policy, budget: BudgetView, recorder: Recorder
    ) -> tuple[str, str | None]:
        """A summary of what was left out, once made never asked for again; a turn of its own makes it, that is as
        private. Empty when none came in time."""
        request, text = checked.request, summary_request_text(checked.plan.summarise)
        key = hashlib.sha256(text.encode()).hexdigest()[:24]
        known = await self._journal.summary(key)
        if known is not None:
            return known, None
        asked = ask_beside(
            request,
            text,
            private=checked.features.needs.local_only,
            profile=policy.id,
            model=request.model,
            nudge=-9,
            limits=Limits(
                int(_SUMMARY_SHARE * budget.request_credit_nusd),
                min(SUMMARY_S, _SUMMARY_SHARE * budget.time_left_s),
                SUMMARY_TOKENS,
            ),
        )
        trace = await self._aside(recorder, asked, "summary")
        finished = trace.finished
        if finished is None or finished.status != "answered":
            return "", trace.turn
        self._journal.keep_summary(key, request.chat_id, trace.turn, finished.reply)
        return finished.reply, trace.turn

    async def _aside(self, recorder: Recorder, request: Request, purpose: ev.Purpose) -> Trace:
        """A turn of its own for this one, which tells what it has to tell first. It is in no chat, and goes when this
        one is erased."""
        await recorder.commit()
        return await aside(self._start, replace(request, chat_id="", parent_turn=recorder.turn), purpose)

    def _paced(self, policy: Policy, setup: Setup) -> Paced:
        return self._pacing.now(policy, setup.simulated)

    def _note_money(self, recorder: Recorder, policy: Policy, setup: Setup, accounts: Accounts, paced: Paced) -> None:
        """What is new of the pace of spend and of caps that were taken to a share."""
        simulated = setup.simulated
        throttle, frozen = self._pacing.news(paced, policy, simulated)
        if throttle is not None:
            recorder.note(ev.Throttled, step=throttle.step, does=throttle.does, why=throttle.why)
        for route in frozen:
            recorder.note(
                ev.RouteFrozen,
                route=route.route,
                success_nusd=route.success_nusd,
                ceiling_nusd=route.ceiling_nusd,
                turns=route.turns,
            )
        limits = limits_in_force(policy, accounts.day_cap_nusd(setup.caps, policy, simulated), simulated)
        found = crossed(limits, taken(accounts.sums, simulated), policy.caps.warn_at)
        for one in self._warned.new(found, local_day(self._clock.wall()), self._journal.session):
            recorder.note(
                ev.CapWarned,
                cap=one.cap,
                name=one.name,
                taken_nusd=one.taken_nusd,
                hard_nusd=one.hard_nusd,
                share=one.share,
            )

    def _budget(self, request: Request, policy: Policy, setup: Setup, accounts: Accounts, paced: Paced) -> BudgetView:
        credit, limits = policy.request_credit_nusd, request.limits
        if limits.credit_nusd is not None:
            credit = min(credit, limits.credit_nusd)
        time_s = policy.request_s if limits.total_s is None else limits.total_s
        return replace(
            accounts.view(setup.caps, policy, credit, time_s),
            throttle=paced.throttle.step,
            pressure=paced.throttle.pressure,
            frozen=tuple(one.route for one in paced.frozen),
        )

    def _snapshot(self, request: Request, world: World, budget: BudgetView) -> Snapshot:
        return Snapshot(
            policy_hash=world.policy.hash,
            registry_hash=world.registry.hash,
            acceptance_hash=world.acceptance.hash,
            health=self._observed.health(world.registry),
            budget=budget,
            pin=request.model,
            nudge=request.nudge,
            draw=self._rng.random() if any(model.deployment_of for model in world.registry.models) else 0.0,
        )

    def _store(self, world: World) -> None:
        """Keep what the decision's hashes name, when it is new."""
        for hash_, kind, body in dump_world(world):
            if hash_ not in self._stored:
                self._stored.add(hash_)
                self._journal.keep_blob(hash_, kind, body)


async def _looked_through(request: Request) -> None:
    """A long prompt is read in a thread; what is found is remembered, so that the check is quick then."""
    if request.latency == "interactive" and len(request.text) > LONG_PROMPT:
        await asyncio.to_thread(personal_kinds, request)
