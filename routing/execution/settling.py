"""The end of a call, as events: what became of it, and its bill."""

from __future__ import annotations

from routing import events as ev
from routing.errors import ProviderError
from routing.execution.attempt import Attempt
from routing.execution.recorder import Recorder
from routing.messages import Usage, clean_text


def note_finished(recorder: Recorder, attempt: Attempt) -> Usage:
    """It answered. Returns the tokens that it is billed for."""
    spend, basis, usage = attempt.billed()
    recorder.note(
        ev.AttemptFinished,
        attempt=attempt.id,
        usage=usage,
        finish=attempt.finish or "stop",
        request_id=attempt.request_id,
        latency_s=recorder.elapsed_s - attempt.started_s,
        limits=attempt.limits,
    )
    recorder.note(ev.Settled, attempt=attempt.id, spend_nusd=spend, basis=basis, usage=usage)
    return usage


def note_failed(recorder: Recorder, attempt: Attempt, error: ProviderError, sentence: str, then: ev.NextStep) -> None:
    """It failed, or was stopped."""
    spend, basis, usage = attempt.billed(error)
    recorder.note(
        ev.AttemptFailed,
        attempt=attempt.id,
        kind=error.kind,
        words=clean_text(error.words),
        sentence=sentence,
        status=error.status,
        request_id=error.request_id and clean_text(error.request_id),
        retry_after_s=error.retry_after_s,
        shown=attempt.shown,
        next=then,
        latency_s=recorder.elapsed_s - attempt.started_s,
    )
    recorder.note(ev.Settled, attempt=attempt.id, spend_nusd=spend, basis=basis, usage=usage)
