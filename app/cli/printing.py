"""What `ask` prints while a turn runs: text on stdout, talk on stderr, or every event as JSON."""

from __future__ import annotations

import sys
from typing import Protocol

import click

from app.cli.figures import trace_line
from app.cli.manners import say, shown
from app.visible import escaped, visible
from routing import events as ev
from routing.clock import lasting


class Printer(Protocol):
    def feed(self, event: ev.Event) -> None: ...

    def end(self) -> int:
        """Say how it went; returns the exit code."""
        ...


def printer(as_json: bool, *, bare_json: bool = False) -> Printer:
    """`bare_json`: the reply is JSON that a program reads, so that a pipe gets no fence around it."""
    if as_json:
        return JsonLines()
    return Live() if sys.stdout.isatty() else Final(bare_json=bare_json)


class JsonLines:
    """One line of JSON for each event."""

    def __init__(self) -> None:
        self._finished: ev.TurnFinished | None = None

    def feed(self, event: ev.Event) -> None:
        sys.stdout.write(escaped(ev.dump(event).decode()) + "\n")
        sys.stdout.flush()
        if isinstance(event, ev.TurnFinished):
            self._finished = event

    def end(self) -> int:
        end = self._finished
        if end is not None and end.status in ("degraded", "failed"):
            say(end.sentence)
        return _code(end)


class Final:
    """The reply alone, once it is known: a pipe must not hold a draft that was given up."""

    def __init__(self, *, bare_json: bool = False) -> None:
        self._finished: ev.TurnFinished | None = None
        self._degraded: ev.Degraded | None = None
        self._bare_json = bare_json

    def feed(self, event: ev.Event) -> None:
        if isinstance(event, ev.Degraded):
            self._degraded = event
        elif isinstance(event, ev.TurnFinished):
            self._finished = event
            _print(self._bare(event.reply) if self._bare_json else shown(event.reply))

    def _bare(self, reply: str) -> str:
        from routing.confidence.structured import read_structured

        found = read_structured(reply, None)
        if found.fenced:
            say("The model wrapped the JSON in a fence: it is printed without.")
        return escaped(found.text) if found.text else shown(reply)

    def end(self) -> int:
        _say_trace(self._finished, self._degraded)
        return _code(self._finished)


class Live:
    """The text as it comes, for a terminal. What follows a draft that is given up says so."""

    def __init__(self) -> None:
        self._finished: ev.TurnFinished | None = None
        self._degraded: ev.Degraded | None = None
        self._showing: str | None = None
        self._at_line_start = True
        self._dims = sys.stderr.isatty()

    def feed(self, event: ev.Event) -> None:
        match event:
            case ev.TextDelta():
                self._showing = event.attempt
                self._write(visible(event.text))
            case ev.ReasoningDelta() if self._dims:
                click.secho(visible(event.text), dim=True, nl=False, err=True)
                self._at_line_start = event.text.endswith("\n")
            case ev.FirstToken():
                self._break_line()
            case ev.Escalated() | ev.SteppedDown() | ev.FailedOver():
                self._give_up(event.from_model, event.to_model, event.why)
            case ev.RetryScheduled(attempt=str()):
                self._give_up(event.model, event.model, event.why)
            case ev.Degraded():
                self._degraded = event
            case ev.TurnFinished():
                self._finish(event)

    def end(self) -> int:
        _say_trace(self._finished, self._degraded)
        return _code(self._finished)

    def _give_up(self, model: str, following: str, why: str) -> None:
        self._break_line()
        if self._showing is not None:
            again = "it is asked once more" if following == model else f"{following} is asked"
            say(f"↑ Draft of {model} given up ({why}); {again}.")
            self._showing = None

    def _finish(self, event: ev.TurnFinished) -> None:
        self._finished = event
        self._break_line()
        if event.status == "cancelled":
            return  # what came stands already, or was given up
        if event.attempt is None or (event.attempt != self._showing and event.reply):
            _print(visible(event.reply))

    def _write(self, text: str) -> None:
        if text:
            click.echo(text, nl=False)
            self._at_line_start = text.endswith("\n")

    def _break_line(self) -> None:
        if not self._at_line_start:
            click.echo()
            self._at_line_start = True


def _print(reply: str) -> None:
    if reply:
        click.echo(reply.rstrip("\n"))


def _say_trace(end: ev.TurnFinished | None, degraded: ev.Degraded | None) -> None:
    if end is None:
        return
    if end.status != "cancelled":
        say(trace_line(end))
    say(end.sentence)
    if degraded is not None and degraded.again_in_s is not None:
        say(f"It can work again in {lasting(degraded.again_in_s)}.")


def _code(end: ev.TurnFinished | None) -> int:
    return 0 if end is not None and end.status == "answered" else 1
