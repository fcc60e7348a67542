"""What is looked at before anything is sent: risk, secrets, personal data, and what models are known to get wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from routing.analysis.analyse import analyse
from routing.analysis.features import Features, Risk, Signal
from routing.analysis.personal import find_personal
from routing.analysis.tokens import history_tokens
from routing.decision.decide import shortens
from routing.decision.model import BudgetView, Decision
from routing.events import Finding
from routing.execution.economy import Plan, plan, with_summary
from routing.execution.masking import texts_of
from routing.messages import Request
from routing.policy.model import Context, Personal, Policy

_TIGHT_TOKENS = 4_000
"""Of a chat, while a spike of spend is slowed and the profile has no budget of its own."""

Choice = Literal["send", "mask", "local"]
_STRICT: tuple[Personal | Choice, ...] = ("send", "mask", "local")
_DOES: dict[Personal | Choice, str] = {
    "show": "sent as it is",
    "send": "sent as it is, as you said",
    "mask": "replaced by placeholders wherever it leaves this machine",
    "local": "kept on this machine",
    "ask": "kept on this machine until you say what may be done",
}
_WRONG = {
    "format": "did not give the format asked for",
    "language": "answered in another language than asked",
    "length": "gave an answer of a wrong length",
    "refusal": "declined",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The request as it goes on, what it is, and what was found: `kinds` of personal data, and what is done about it
    (`does`)."""

    request: Request
    features: Features
    plan: Plan
    findings: tuple[Finding, ...]
    kinds: tuple[str, ...]
    does: Personal | Choice

    @property
    def masked(self) -> bool:
        """Whether placeholders go out for personal data."""
        return self.does == "mask"


def check(request: Request, policy: Policy, budget: BudgetView) -> Checked:
    """Analyse the request, leave out what the policy keeps no place for, and look for what must not be sent. What is
    left out counts where a summary will tell of it."""
    features = whole = analyse(request)
    cut = plan(request.history, _context(policy, whole, budget))
    told = request
    if cut.left_out:
        request = replace(request, history=cut.kept)
        features = analyse(request)
        told = told if cut.summarise else request
    if cut.summarise:
        features = _as_private(features, whole)
    kinds, does = personal_kinds(told), what_is_done(policy.personal, request.personal)
    findings = (*_risk(features), *_secrets(features), *_personal(kinds, does))
    if kinds and does in ("local", "ask"):
        features = _kept_local(features, tuple(Signal("local_only", "true", 1.0, kind) for kind in kinds))
    return Checked(request, features, cut, findings, kinds, does)


def what_is_done(policy: Personal, choice: Choice | None) -> Personal | Choice:
    """About personal data. A choice can be no laxer than a policy that masks or keeps local."""
    if choice is None:
        return policy
    return max(policy, choice, key=_STRICT.index) if policy in _STRICT else choice


def resumed(checked: Checked, summary: str) -> Checked:
    """The same with a summary in the place of what was left out of the chat."""
    request = replace(checked.request, history=with_summary(checked.plan.kept, summary))
    longer = history_tokens(request.history) - history_tokens(checked.plan.kept)
    features = _as_private(analyse(request), checked.features)
    cut = replace(checked.plan, saved_tokens=max(0, checked.plan.saved_tokens - longer))
    return replace(checked, request=request, features=features, plan=cut)


def personal_kinds(request: Request) -> tuple[str, ...]:
    """The kinds of personal data in a prompt, in what goes with it and in the prompts before it, each once."""
    earlier = [part for message in request.history if message.role == "user" for part in message.content]
    texts = [request.system, *(text for part in (*earlier, *request.content) for text in texts_of(part))]
    return tuple(dict.fromkeys(found.kind for text in texts for found in find_personal(text)))


def patterns(decision: Decision) -> tuple[Finding, ...]:
    """Who is passed over for what it is known to get wrong."""
    found = []
    for one in decision.excluded:
        for reason in one.reasons:
            if reason.kind == "pattern":
                what = f"{one.model} {_WRONG[reason.needed]} in {reason.found}"
                found.append(Finding("pattern", one.model, what, "not asked while another can be"))
    return tuple(found)


def _context(policy: Policy, features: Features, budget: BudgetView) -> Context:
    """The policy's budget for the chat, or a tight one while a spike of spend is slowed."""
    context = policy.context
    if not shortens(features, budget):
        return context
    tight = _TIGHT_TOKENS if context.budget_tokens is None else context.budget_tokens // 2
    return replace(context, budget_tokens=tight, old="drop")


def _risk(features: Features) -> Iterator[Finding]:
    if features.risk is Risk.HIGH:
        seen = next((one.seen for one in features.signals if one.feature == "risk"), "")
        yield Finding("risk", "high", f"a wrong answer may do harm ({seen})", "the rules for high risk apply")


def _secrets(features: Features) -> Iterator[Finding]:
    for signal in features.signals:
        if signal.feature == "local_only":
            yield Finding("secret", signal.seen, f"private: {signal.seen}", "kept on this machine")


def _personal(found: tuple[str, ...], does: Personal | Choice) -> Iterator[Finding]:
    for kind in found:
        yield Finding("personal", kind, kind, _DOES[does])


def _as_private(features: Features, like: Features) -> Features:
    """Kept on this machine for the reasons for which that other is."""
    known = set(features.signals)
    return _kept_local(features, tuple(one for one in like.signals if one.feature == "local_only" and one not in known))


def _kept_local(features: Features, signals: tuple[Signal, ...]) -> Features:
    if not signals:
        return features
    return replace(features, needs=replace(features.needs, local_only=True), signals=(*features.signals, *signals))
