"""What is looked at before anything is sent: risk, secrets, personal data, and what models are known to get wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from routing.registry.model import Registry

_TIGHT_TOKENS = 4_000
"""Of a chat, while a spike of spend is slowed and the profile has no budget of its own."""

Choice = Literal["send", "mask", "local"]
Kept = Literal["mask", "local"]
_STRICT: tuple[Personal | Choice, ...] = ("send", "mask", "local")
_DOES: dict[Personal | Choice, str] = {
    "show": "sent as it is",
    "send": "sent as it is, as you said",
    "mask": "replaced by placeholders wherever it leaves this machine",
    "local": "kept on this machine",
    "ask": "kept on this machine until you say what may be done",
}
_STAYS = "stays on this machine, as only its own models are asked"
_EARLIER = ", as earlier in this chat"
_KEPT_EARLIER = Signal("local_only", "true", 1.0, "an earlier prompt of this chat was kept here")
_WRONG = {
    "format": "did not give the format asked for",
    "language": "answered in another language than asked",
    "length": "gave an answer of a wrong length",
    "refusal": "declined",
}


@dataclass(frozen=True, slots=True)
class Handling:
    """The `kinds` of personal data in a request, what is done about it (`does`), and the same in words (`action`).
    `overruled`: the user said something less strict. `earlier`: it is so because it was so earlier in the chat."""

    kinds: tuple[str, ...]
    does: Personal | Choice
    action: str
    overruled: bool = False
    earlier: bool = False

    @property
    def asks(self) -> bool:
        """Whether the user has to say first what may be done."""
        return bool(self.kinds) and self.does == "ask"

    @property
    def stays(self) -> bool:
        """Whether nothing needs to be done, because nobody but this machine's models is asked."""
        return self.action == _STAYS

    @property
    def sentence(self) -> str:
        return f"Personal data ({', '.join(self.kinds)}): {self.action}."

    def findings(self) -> tuple[Finding, ...]:
        return tuple(Finding("personal", kind, kind, self.action) for kind in self.kinds)

    def where(self, decision: Decision, registry: Registry) -> Handling:
        """The same once it is decided who may be asked."""
        models = (registry.get(model) for rung in (*decision.ladder, *decision.below) for model in rung.models)
        leaves = any(model is None or not model.local for model in models)
        return self if leaves or self.does not in ("show", "send") else replace(self, action=_STAYS)


@dataclass(frozen=True, slots=True)
class Checked:
    """The request as it goes on, what it is, and what was found; of personal data what is done about it."""

    request: Request
    features: Features
    plan: Plan
    findings: tuple[Finding, ...]
    personal: Handling


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
    personal = handling(told, policy)
    kinds, does = personal.kinds, personal.does
    if request.kept == "local" and not (kinds or features.needs.local_only):
        features = _kept_local(features, (_KEPT_EARLIER,))
    findings = (*_risk(features), *_secrets(features))
    if kinds and does in ("local", "ask"):
        features = _kept_local(features, tuple(Signal("local_only", "true", 1.0, kind) for kind in kinds))
    return Checked(request, features, cut, findings, personal)


def handling(request: Request, policy: Policy) -> Handling:
    """What is done about the personal data in a request. What the user said of it can be no laxer than a policy that
    masks or keeps local, and neither counts where the chat is stricter."""
    wanted, said = _wanted(policy.personal, request.personal), request.personal
    does = _at_least(request.kept, wanted)
    earlier, overruled = does != wanted, said not in (None, does)
    action = _DOES[does] + (_EARLIER if earlier else "")
    if overruled:
        action += f" (“{said}” does not count: the {'chat' if earlier else 'profile'} is stricter)"
    return Handling(personal_kinds(request), does, action, overruled, earlier)


def _wanted(policy: Personal, choice: Choice | None) -> Personal | Choice:
    if choice is None:
        return policy
    return max(policy, choice, key=_STRICT.index) if policy in _STRICT else choice


def _at_least(kept: Kept | None, wanted: Personal | Choice) -> Personal | Choice:
    """As strict as the chat was before."""
    if kept is None or (wanted in _STRICT and _STRICT.index(wanted) >= _STRICT.index(kept)):
        return wanted
    return kept


def kept_after(findings: Iterable[Finding]) -> Kept | None:
    """The strictest that these findings of earlier turns say was done about what is private."""
    done = {_done(one.action) for one in findings if one.kind in ("personal", "secret")}
    return "local" if "local" in done else "mask" if "mask" in done else None


def _done(action: str) -> Personal | Choice | None:
    """What an action's words mean: those of `ask` begin as those of `local` do."""
    return next((does for does in ("ask", "local", "mask") if action.startswith(_DOES[does])), None)


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
            yield Finding("secret", signal.seen, f"private: {signal.seen}", _DOES["local"])


def _as_private(features: Features, like: Features) -> Features:
    """Kept on this machine for the reasons for which that other is."""
    known = set(features.signals)
    return _kept_local(features, tuple(one for one in like.signals if one.feature == "local_only" and one not in known))


def _kept_local(features: Features, signals: tuple[Signal, ...]) -> Features:
    if not signals:
        return features
    return replace(features, needs=replace(features.needs, local_only=True), signals=(*features.signals, *signals))
