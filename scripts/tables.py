"""`python -m scripts.tables` writes the tables that the documents take from the code, each between its two marks.

A mark is `<!-- table: NAME -->`; `<!-- end -->` closes it. A test fails when a table is not as the code says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import get_args

from app.actions import ACTIONS, TRANSCRIPT_KEYS, Action, Where, key_name
from routing import events as ev
from routing.errors import HANDLING, BreakerEffect, ErrorKind, Handling, RetryWhen
from routing.providers.dialects import dialect_names
from routing.providers.known import LOCAL_SERVERS, SERVICES
from routing.simulator.faults import FAULTS
from routing.simulator.skills import skill_table
from tests.wire.rows import PEERS, Row
from tests.wire.taxonomy import ROWS

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_TABLE = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)

_EVENTS = {
    "TurnStarted": "A request came in.",
    "RequestAnalysed": "What it is: task, complexity, risk, needs, with the signals.",
    "Advised": "A strategy's word before the decision.",
    "RouteDecided": "The ladder, every candidate, every exclusion, and the snapshot it was made from.",
    "Reserved": "The attempt's worst case is held under the caps.",
    "AttemptStarted": "A model is called.",
    "FirstToken": "It begins to answer.",
    "TextDelta": "A piece of text.",
    "ReasoningDelta": "A piece of what the model thinks before it answers.",
    "ToolCallDelta": "A piece of a tool call.",
    "AttemptFinished": "The call came to its end.",
    "AttemptFailed": "The call failed: what kind, and what happens next.",
    "RetryScheduled": "The same model will be called once more.",
    "BreakerChanged": "A provider, or one model of it, is left alone, tried again, or trusted again.",
    "HedgeStarted": "One model is late, so another provider's is asked as well.",
    "HedgeCut": "Of two models asked at once, the other was first; this one is stopped.",
    "Prechecked": "What was seen before anything is sent, and what is done about it.",
    "ContextCut": "The oldest part of the chat is not sent: the policy keeps no place for it.",
    "Throttled": "Spend grows out of proportion: what is done to slow it.",
    "RouteFrozen": "Good answers of a route cost too much: it climbs no more.",
    "CapWarned": "A cap has been taken to a share that the user wants to be told of.",
    "ConfidenceMeasured": "The answer's score, its parts, and what it needed.",
    "Escalated": "The answer is superseded; a stronger model is asked.",
    "FailedOver": "Another model stands in for one that failed.",
    "SteppedDown": "Premium first: time ran out, a quicker model is asked.",
    "CapReached": "A call was not made: a cap forbids it.",
    "Degraded": "Nothing answered well enough: what failed and what to do.",
    "Settled": "What the attempt cost in the end. Once for every `Reserved`.",
    "DraftTaken": "You took what a degraded turn shows for its answer.",
    "RatingAsked": "By lot: you are asked whether the answer is good, or a draft that was left for it.",
    "Rated": "You find an answer good or bad; the last word counts.",
    "Compared": "You hold a superseded draft against the answer; the last word counts.",
    "Copied": "You copied what an attempt said.",
    "SecondOpinion": "Another model was asked about the answer, in a turn of its own.",
    "TurnFinished": "The last event: the reply and the sum of it all.",
}

_KINDS = {
    ErrorKind.AUTH: "no key, or one that is not accepted",
    ErrorKind.PERMISSION: "the key may not use this model",
    ErrorKind.NOT_FOUND: "the provider no longer has the model",
    ErrorKind.INVALID_REQUEST: "the request itself is wrong",
    ErrorKind.CONTEXT_LENGTH: "the prompt is too long for the model",
    ErrorKind.CONTENT_FILTER: "the provider withholds the answer",
    ErrorKind.RATE_LIMIT: "too many requests",
    ErrorKind.QUOTA: "the account has no credit left",
    ErrorKind.TIMEOUT: "too slow: to connect, to begin, to go on, or in all",
    ErrorKind.CONNECTION: "nobody answers at the address",
    ErrorKind.OVERLOADED: "the provider has no capacity now",
    ErrorKind.SERVER_ERROR: "an error of the provider's own",
    ErrorKind.MALFORMED_STREAM: "what came is not a whole answer",
    ErrorKind.LENGTH: "the answer reached its limit of tokens",
    ErrorKind.CANCELLED: "you stopped it",
    ErrorKind.INTERRUPTED: "the program ended in mid-answer",
}
_RETRIES = {
    RetryWhen.NEVER: "no",
    RetryWhen.IF_SHORT_WAIT: "if the wait is short",
    RetryWhen.BEFORE_FIRST_TOKEN: "before the first token",
    RetryWhen.ONCE: "yes",
}
_BREAKERS = {
    BreakerEffect.NONE: "–",
    BreakerEffect.FAILURE: "counts against the {}",
    BreakerEffect.COOL_DOWN: "the {} rests as long as it asks",
    BreakerEffect.OPEN: "the {} is closed off until the configuration changes",
}


def keys(where: Where) -> str:
    """Every action of a place that has a key; in the transcript also the keys that it answers itself."""
    rows = [
        (_keys(action), _command(action), action.about) for action in ACTIONS if action.keys and action.where == where
    ]
    if where == "transcript":
        rows += [(f"`{key}`", "", about) for key, about in TRANSCRIPT_KEYS]
    return _markdown(("key", "command", "what it does"), rows)


def commands() -> str:
    """The slash commands that have no key of their own."""
    rows = [(_command(action), action.about) for action in ACTIONS if action.command and not action.keys]
    return _markdown(("command", "what it does"), rows)


def faults() -> str:
    return _markdown(("fault", "what happens"), ((f"`{kind}`", about) for kind, about in FAULTS.items()))


def events() -> str:
    """Every event with its own fields, in the order of the union."""
    common = {field.name for field in fields(ev.Stamp)} | {"type"}
    rows = []
    for event in get_args(get_args(ev.Event)[0]):
        own = ", ".join(f"`{field.name}`" for field in fields(event) if field.name not in common)
        rows.append((f"`{event.__name__}`", _EVENTS[event.__name__], own))
    return _markdown(("event", "what it says", "fields"), rows)


def failures() -> str:
    rows = [
        (
            f"`{kind}`",
            _KINDS[kind],
            _RETRIES[handling.retry],
            "yes" if handling.failover else "no",
            _breaker(handling),
        )
        for kind, handling in HANDLING.items()
    ]
    return _markdown(("kind", "what it means", "asked again", "another model", "breaker"), rows)


def taxonomy() -> str:
    """Every error and ending: how each dialect's server is made to do it, and what comes of it."""
    rows = [(row.name, *_how(row), _outcome(row), _then(row), _says(row), _also(row)) for row in ROWS]
    return _markdown(("what happens", *dialect_names(), "outcome", "then", "you read", "also with"), rows)


def services() -> str:
    rows = [(one.name, one.dialect, f"`{one.base_url}`") for one in SERVICES]
    return _markdown(("service", "dialect", "base URL"), rows)


def servers() -> str:
    rows = [(one.title, str(one.port), one.dialect, f"`{one.base_url}`") for one in LOCAL_SERVERS]
    return _markdown(("server", "port", "dialect", "base URL"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "anywhere": partial(keys, "anywhere"),
    "composer": partial(keys, "composer"),
    "transcript": partial(keys, "transcript"),
    "commands": commands,
    "skills": skill_table,
    "faults": faults,
    "events": events,
    "failures": failures,
    "taxonomy": taxonomy,
    "services": services,
    "servers": servers,
}


def filled(text: str) -> str:
    """The document with its tables as the code says now. Raises KeyError for a mark that names no table."""
    return _TABLE.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Fill every document."""
    for path in DOCUMENTS:
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def _how(row: Row) -> list[str]:
    return [row.cells[dialect].how.strip() if dialect in row.cells else "–" for dialect in dialect_names()]


def _outcome(row: Row) -> str:
    said = [f"`{row.kind}`"] if row.kind else []
    if row.finish:
        said.append(f"finish `{row.finish}`")
    if not row.sent:
        said.append("never sent")
    if row.text:
        said.append("what came is kept")
    return ", ".join(said)


def _then(row: Row) -> str:
    if row.kind is None:
        return "the answer"
    handling = HANDLING[row.kind]
    again = "once without it" if row.refused else _RETRIES[handling.retry]
    elsewhere = "yes" if handling.failover or row.refused else "no"
    return f"again: {again}; another model: {elsewhere}; breaker: {_breaker(handling)}"


def _breaker(handling: Handling) -> str:
    return _BREAKERS[handling.breaker].format("provider" if handling.whole_provider else "model")


def _says(row: Row) -> str:
    return f"“… {row.says} …”".replace(". …”", ".”").replace("? …”", "?”") if row.says else ""


def _also(row: Row) -> str:
    real = {PEERS[file] for file, _ in row.peers}
    return ", ".join([*sorted(real), *([f"simulator (`{row.fault}`)"] if row.fault else [])])


def _keys(action: Action) -> str:
    return ", ".join(f"`{key_name(key)}`" for key in action.keys)


def _command(action: Action) -> str:
    return f"`/{action.command} {action.argument}`".replace(" `", "`") if action.command else ""


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
