"""One plain sentence that tells how a turn went: the line under every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.budget.naming import cap_words, on_spend, raised_by
from routing.decision.model import Decision
from routing.messages import ImagePart, Request
from routing.money import format_usd
from routing.trace import AttemptView, Confidence, Trace

if TYPE_CHECKING:
    from routing.events import CapReached


def narrate(trace: Trace, replied: AttemptView | None, *, status: str, below_floor: bool) -> str:
    """What happened, in the order it happened, for a person who does not know the words of the trade. `replied` is the
    attempt whose answer is shown."""
    answers = [attempt for attempt in trace.attempts if attempt.purpose == "answer"]
    if status == "cancelled":
        return "Stopped by you; what came is kept."
    if status == "degraded" and not below_floor:
        return _degraded(trace, replied)
    if not answers:
        return "Nothing was asked."
    shown = replied or answers[-1]
    if status == "failed":
        return shown.failure.sentence if shown.failure else "No answer came."
    steps = [
        *_seen(trace),
        *_beginning(trace, answers[0]),
        *_turns(trace, answers, shown),
        *_capped(trace),
        *_stood_in(trace, shown),
    ]
    steps.append(_ending(answers, shown, below_floor))
    return _sentence("; ".join(steps) + _cost(answers, shown))


def _degraded(trace: Trace, replied: AttemptView | None) -> str:
    """A card says itself what to do; half an answer does not."""
    if trace.degraded is None:
        return "Nothing could answer."
    if trace.degraded.level == "reduced":
        return _sentence(f"{trace.degraded.cause}; sentences of the text were picked on this machine instead")
    if replied is not None:
        return _sentence(f"{trace.degraded.cause}: {trace.degraded.do}")
    held = _held(trace.cap) if trace.cap is not None and not trace.attempts else ""
    return _sentence(trace.degraded.cause + held)


def _seen(trace: Trace) -> list[str]:
    """What was done to the prompt before it was sent, and to the choice of models."""
    masked = [one.what for one in trace.findings if one.kind == "personal" and "placeholder" in one.action]
    shorter = [note.sentence for note in trace.notes if note.kind == "context"]
    slowed = trace.snapshot is not None and trace.snapshot.budget.throttle > 0
    return [
        *([f"{' and '.join(masked)} went out as placeholders"] if masked else []),
        *shorter,
        *(["spend is being slowed"] if slowed else []),
        *(["the large tier's share of today is reached"] if _no_premium(trace) else []),
    ]


def _no_premium(trace: Trace) -> bool:
    """Whether a model is out for nothing but the large tier's share."""
    excluded = trace.decision.excluded if trace.decision is not None else ()
    kinds = [{reason.kind for reason in one.reasons} - {"not_on_route"} for one in excluded]
    return {"premium_cap"} in kinds


def _beginning(trace: Trace, first: AttemptView) -> list[str]:
    decision = trace.decision
    if decision is None:
        return []
    if trace.snapshot is not None and trace.snapshot.pin is not None:
        return [f"asked {first.model}, as you pinned"]
    if trace.features is not None and trace.features.needs.local_only:
        return ["kept on this machine: the prompt is private"]
    if decision.stands_in:
        return [stand_in(decision)]
    if decision.mode == "premium_first":
        return [f"started with the best ({first.tier})"]
    sees = trace.request is not None and sees_earlier(decision, trace.request)
    return [f"started {first.tier}" + (", to see an earlier image" if sees else _advised(trace))]


_ADVISERS = {
    "rules": "it is like nothing before",
    "classifier": "a small model advised",
    "neighbours": "past prompts and the trained router advised",
    "learned": "the trained router advised",
}


def _advised(trace: Trace) -> str:
    """Why the climb begins further up than the route does."""
    up = next((one for one in trace.advice if one.first_rung > 0), None)
    return f", as {_ADVISERS[up.strategy]}" if up is not None else ""


def stand_in(decision: Decision) -> str:
    """That a model is asked first which the route does not name, and why."""
    why = {"absent": "is there", "barred": "may be asked"}.get(decision.stands_in)
    return f"nobody on the route {why}: {decision.chosen} stands in" if why else ""


def sees_earlier(decision: Decision, request: Request) -> bool:
    """Whether a model is out for nothing but an image that came with an earlier prompt."""
    if any(isinstance(part, ImagePart) for part in request.content):
        return False
    kinds = [[(reason.kind, reason.needed) for reason in one.reasons] for one in decision.excluded]
    return [("capability", "vision")] in kinds


def _turns(trace: Trace, answers: list[AttemptView], shown: AttemptView) -> list[str]:
    """What went wrong on the way; also of a later answer that was no better than the one that is shown."""
    steps: list[str] = []
    heard = {one.attempt: one for one in trace.opinions}
    pruned = trace.decision is not None and trace.decision.pruned
    for attempt in answers:
        steps += _hedged(
            attempt, next((one for one in answers if one.role == "hedge" and one.n == attempt.n + 1), None)
        )
        if attempt.left_out and pruned:
            gone = "message was" if attempt.left_out == 1 else f"{attempt.left_out} messages were"
            steps.append(f"{attempt.model} cannot hold the whole chat, so its first {gone} left out")
        if (opinion := heard.get(attempt.id)) is not None:
            steps.append(f"{opinion.model} was asked about {attempt.model}'s answer: {opinion.said}")
        if attempt.failure is not None and attempt.outcome == "failed":
            again = " and was asked again" if attempt.failure.next == "retry" else ""
            slow = "took too long" if attempt.failure.next == "step_down" else _failed(attempt.failure.kind)
            on = f", and {by.model} went on where it stopped" if (by := _gone_on(answers, attempt)) else ""
            steps.append(f"{attempt.model} {slow}{again}{on}")
        elif attempt.outcome == "superseded" and _gone_on(answers, attempt):
            steps.append(f"{attempt.model} reached its most tokens and went on")
        elif attempt.confidence is not None and (attempt.outcome == "superseded" or attempt.n > shown.n):
            steps.append(_left(attempt.model, attempt.confidence, attempt.finish))
    return steps


def _gone_on(answers: list[AttemptView], attempt: AttemptView) -> AttemptView | None:
    """The attempt that went on with this one's text."""
    return next((one for one in answers if one.continues == attempt.id), None)


def _hedged(late: AttemptView, other: AttemptView | None) -> list[str]:
    """Who of two that were asked at once was first; nothing where one of them failed, which is told by itself."""
    if other is None:
        return []
    if late.outcome == "cut":
        return [f"{late.model} was late, so {other.model} was asked as well and was first"]
    if other.outcome == "cut":
        return [f"{late.model} was late, so {other.model} was asked as well, but {late.model} was first after all"]
    return []


def _left(model: str, confidence: Confidence, finish: str | None) -> str:
    """Why an answer was not kept."""
    if finish == "aborted":
        return f"{model} was not heard out: {confidence.parts[-1].raw}"
    if confidence.valid is False:
        return f"{model}'s answer was not the JSON asked for"
    return f"{model} was not sure enough ({confidence.score:.2f})"


def _capped(trace: Trace) -> list[str]:
    """The call that a cap did not allow."""
    if trace.cap is None:
        return []
    return [f"{cap_words(trace.cap.cap, trace.cap.name)} did not allow {trace.cap.model}{_held(trace.cap)}"]


def _held(cap: CapReached) -> str:
    """What would have been held against a cap on spend, and how the cap is raised."""
    if not on_spend(cap.cap):
        return ""
    needed, left = format_usd(cap.needed_nusd), format_usd(cap.left_nusd)
    return f" (up to {needed} is held for a call, {left} is left; raise it: {raised_by(cap.cap)})"


def _stood_in(trace: Trace, shown: AttemptView) -> list[str]:
    """The shown answer is of a model from under the rung that was to be asked."""
    decision = trace.decision
    if decision is None or not any(shown.model in rung.models for rung in decision.below):
        return []
    first = decision.chosen
    smaller = first is not None and decision.candidate(shown.model).quality < decision.candidate(first).quality
    return [f"a {'smaller' if smaller else 'different'} model stood in, held to a short answer"]


def _failed(kind: str) -> str:
    return {
        "auth": "refused the key",
        "permission": "did not permit it",
        "not_found": "does not have the model",
        "rate_limit": "was rate limited",
        "quota": "is out of credit",
        "timeout": "did not answer in time",
        "connection": "could not be reached",
        "overloaded": "was overloaded",
        "server_error": "failed",
        "malformed_stream": "broke off",
        "context_length": "has too small a window",
    }.get(kind, "failed")


def _ending(answers: list[AttemptView], shown: AttemptView, below_floor: bool) -> str:
    """What is shown in the end, how sure it is, and what to do where that is not enough."""
    confidence = shown.confidence
    score = f" with confidence {confidence.score:.2f}" if confidence is not None else ""
    if below_floor and confidence is not None and confidence.valid is False:
        return f"{shown.model}'s answer is not the JSON asked for: check it"
    cut = f", cut off after {shown.usage.output_tokens} tokens" if shown.finish == "length" else ""
    if below_floor:
        return f"{shown.model} answered{score}{cut}, below the floor: check it"
    if cut:
        return f"{shown.model} answered{score}{cut}: ask it to go on"
    if confidence is not None and confidence.needed is not None and confidence.score < confidence.needed:
        return f"{shown.model}'s answer stays{score}: nothing better came"
    if len(answers) > 1:
        return f"{shown.model} answered{score}"
    return f"{shown.model.split('/')[-1]} was enough{score}"


def _cost(answers: list[AttemptView], shown: AttemptView) -> str:
    extra = sum(attempt.spend_nusd or 0 for attempt in answers) - (answers[0].spend_nusd or 0)
    if len(answers) < 2 or extra <= 0:
        return ""
    return f", +{format_usd(extra)}" + (" simulated" if shown.simulated else "")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!")) else ".")
