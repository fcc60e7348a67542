"""The one door: a request in, what the router knows of it out. Pure; a long paste is read at its two ends."""

from __future__ import annotations

from collections.abc import Iterator

from routing.analysis import asked
from routing.analysis.certainty import UNSURE, plausible, safe_complexity, safe_language
from routing.analysis.complexity import complexity, steps
from routing.analysis.features import Features, Needs, Risk, Signal, TaskClass
from routing.analysis.language import UNKNOWN, identify
from routing.analysis.novelty import novelty
from routing.analysis.privacy import NO, private
from routing.analysis.reading import Reading, read
from routing.analysis.risk import Stakes, assess, stakes
from routing.analysis.tasks import Judged, classify
from routing.analysis.tokens import estimate, history_tokens, input_tokens
from routing.messages import ImagePart, Part, Request, ResponseFormat

# Room for the answer when the request sets no limit: a context must hold at least this many tokens more.
ANSWER_ROOM = 1_024
# The input is an estimate; this share of it must fit.
CONTEXT_MARGIN = 1.5

# What an answer of the class usually takes, in tokens, and what share of the material comes on top.
_USUAL_TOKENS = {
    TaskClass.TRANSFORM: (30, 0.9),
    TaskClass.EXTRACTION: (60, 0.3),
    TaskClass.CLASSIFICATION: (20, 0.05),
    TaskClass.SUMMARY: (110, 0.05),
    TaskClass.TRANSLATION: (20, 1.1),
    TaskClass.FAQ: (130, 0.0),
    TaskClass.CONVERSATION: (50, 0.0),
    TaskClass.DRAFTING: (300, 0.3),
    TaskClass.CREATIVE: (280, 0.0),
    TaskClass.CODE: (350, 0.3),
    TaskClass.REASONING: (400, 0.0),
}
# Where the intent says more than the class.
_USUAL_BY_INTENT = {
    (TaskClass.DRAFTING, "edit"): (20, 1.1),
    (TaskClass.DRAFTING, "email"): (150, 0.3),
    (TaskClass.CREATIVE, "ideas"): (70, 0.0),
    (TaskClass.CREATIVE, "poem"): (90, 0.0),
    (TaskClass.REASONING, "maths"): (130, 0.0),
    (TaskClass.REASONING, "logic"): (130, 0.0),
}
_MOST_USUAL = 4_000
_RISKS = tuple(Risk)


def analyse(request: Request) -> Features:
    """What is asked, how hard, how risky, in which shape, and what a model must be able to do for it.

    Takes about a millisecond, and stays bounded for any length of text.
    """
    reading = read(request)
    danger = stakes(reading)
    judged = classify(reading, danger)
    task = judged.task
    risk, risk_p, risk_signals = _risk(danger, judged)
    multi_step, step_signals = steps(reading, task)
    by_task, hard_signals = complexity(reading, multi_step)
    hardness, hardness_p, because = safe_complexity(task, judged.shares, by_task, reading.length)
    hard_signals = (*hard_signals, *because, *step_signals)
    shape, shape_p, shape_signals = asked.response_format(request, reading.ask, judged)
    latency_p, latency_signals = asked.latency(request, reading.ask)
    language, language_p, language_signals = _language(reading)
    told = (*latency_signals, *language_signals)
    tokens_in, tokens_out = (
        input_tokens(request),
        _output_tokens(request, reading, (task, judged.intent), by_task[task]),
    )
    privacy = private(request)
    return Features(
        task=task,
        task_p=round(judged.p, 4),
        intent=judged.intent,
        complexity=hardness,
        multi_step=multi_step,
        risk=risk,
        risk_p=round(risk_p, 4),
        response_format=shape,
        latency=request.latency,
        language=language,
        novelty=novelty(request),
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        needs=_needs(request, shape, tokens_in, tokens_out, bool(privacy)),
        tags=request.tags,
        user_tier=request.user_tier,
        signals=(*judged.signals, *danger.signals, *risk_signals, *hard_signals, *shape_signals, *told, *privacy),
        complexity_p=round(hardness_p, 4),
        format_p=round(shape_p, 4),
        latency_p=latency_p,
        language_p=round(language_p, 4),
    )


def _risk(danger: Stakes, judged: Judged) -> tuple[Risk, float, tuple[Signal, ...]]:
    """What is most at stake in any class that the request may plausibly be of, and on the safe side of a border."""
    first = assess(danger, judged.task)
    assessed = [first, *(assess(danger, task) for task in plausible(judged.task, judged.shares)[1:])]
    gravest = max(assessed, key=lambda one: _RISKS.index(one.safe))
    if gravest.safe is first.risk:
        return first.risk, first.p, ()
    doubt = f"unsure ({first.p:.0%})" if gravest is first else f"unsure whether this is {judged.task}"
    told = Signal("risk", "unsure", round(1 - gravest.p, 2), f"{doubt}: taken as {gravest.safe}")
    return gravest.safe, gravest.p, (told,)


def _language(reading: Reading) -> tuple[str, float, tuple[Signal, ...]]:
    """The ask's, or else the whole text's: a German may ask about an English text."""
    guessed, p = identify(reading.ask)
    if guessed == UNKNOWN or p < UNSURE:
        whole, whole_p = identify(reading.text)
        if guessed == UNKNOWN or whole_p > p:
            guessed, p = whole, whole_p
    language, doubt = safe_language(guessed, p, UNKNOWN)
    return language, p, (Signal("language", language, round(p, 2), "its script and small words"), *doubt)


def _output_tokens(request: Request, reading: Reading, kind: tuple[TaskClass, str], hardness: float) -> int:
    """What the prompt itself says ("in two sentences"), or else what the class usually takes."""
    usual, share = _USUAL_BY_INTENT.get(kind, _USUAL_TOKENS[kind[0]])
    material = estimate(reading.material) + estimate(reading.fenced) if share else 0
    expected = asked.tokens_asked(reading.ask) or min(_MOST_USUAL, usual * (0.7 + hardness) + share * material)
    most = request.limits.max_output_tokens
    return max(1, round(expected if most is None else min(expected, most)))


def _is_set(tag: str | None) -> bool:
    return tag is not None and tag.lower() not in NO


def _all_parts(request: Request) -> Iterator[Part]:
    """What is sent: an image of an earlier prompt goes along with every later one."""
    for message in request.history:
        yield from message.content
    yield from request.content


def _needs(request: Request, shape: ResponseFormat, tokens_in: int, tokens_out: int, local_only: bool) -> Needs:
    tags = dict(request.tags)
    room = request.limits.max_output_tokens or max(ANSWER_ROOM, 2 * tokens_out)
    return Needs(
        tools=len(request.tools),
        json=shape != "text",
        vision=any(isinstance(part, ImagePart) for part in _all_parts(request)),
        context_tokens=round(CONTEXT_MARGIN * tokens_in) + room,
        answer_tokens=room,
        history_tokens=round(CONTEXT_MARGIN * history_tokens(request.history)),
        region=tags.get("region"),
        determinism=tags.get("determinism") == "strong",
        seed=tags.get("determinism") == "seed" or _is_set(tags.get("regulated")),
        local_only=local_only,
    )
