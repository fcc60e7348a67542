"""What a prompt cache can hold: the next turn of a chat begins with all that the turn before it sent."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.ledger.journal import Journal
from routing.messages import FilePart, ImagePart, Message, Part, TextPart, Tool, ask
from routing.providers.contract import Call, ProviderConfig
from routing.providers.dialects import dialect_of
from routing.providers.dialects.anthropic import CACHED_FROM
from routing.registry.model import Model
from tests.fakes import SMALL, a_line, a_model, says, told

DIALECTS = ("openai", "anthropic", "gemini", "ollama")
KEPT = {"type": "ephemeral"}
CAPABILITIES = frozenset({"tools", "json", "json_schema", "vision"})
SCHEMA = '{"type": "object"}'


def message(role: Literal["system", "user", "assistant"], *parts: Part | str) -> Message:
    return Message(role, tuple(TextPart(part) if isinstance(part, str) else part for part in parts))


def body(name: str, call: Call, model: Model | None = None) -> dict[str, Any]:
    sent = dialect_of(name).encode(
        call, model or a_model(capabilities=CAPABILITIES), ProviderConfig("p", "http://p.invalid", name)
    )
    assert sent.body is not None
    return sent.body


def chat_of(sent: dict[str, Any]) -> list[Any]:
    """The messages of a body, without the marks that say what to keep: they are no part of what is read."""
    found = sent["messages"] if "messages" in sent else sent["contents"]
    return [_unmarked(one) for one in found]


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(inner) for key, inner in value.items() if key != "cache_control"}
    return [_unmarked(inner) for inner in value] if isinstance(value, list) else value


def around(sent: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in sent.items() if key not in ("messages", "contents")}


PARTS = st.lists(
    st.one_of(
        st.text("ab \n", max_size=12).map(lambda text: TextPart(f"{text}.")),
        st.just(FilePart("a.csv", "1,2")),
        st.just(ImagePart("image/png", "aGk=")),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
EXCHANGES = st.lists(st.tuples(PARTS, st.text("xyz", min_size=1, max_size=9)), min_size=2, max_size=5)
FIELDS = st.sampled_from(
    [
        {},
        {"response_format": "json"},
        {"response_format": "json_schema", "schema": SCHEMA},
        {"tools": (Tool("weather", "Tells it", SCHEMA),)},
    ]
)


@pytest.mark.parametrize("name", DIALECTS)
@given(exchanges=EXCHANGES, system=st.sampled_from(["", "Be brief."]), fields=FIELDS, able=st.booleans())
def test_the_next_turn_begins_with_what_the_turn_before_sent(
    name: str, exchanges: list[tuple[tuple[Part, ...], str]], system: str, fields: dict[str, Any], able: bool
) -> None:
    """System message and tools alike, then every message to the last prompt, byte for byte."""
    model = a_model(capabilities=CAPABILITIES if able else frozenset())
    first = (message("system", system),) if system else ()
    said = [one for prompt, answer in exchanges for one in (Message("user", prompt), message("assistant", answer))]
    bodies = [body(name, Call((*first, *said[:end]), 500, **fields), model) for end in range(1, len(said), 2)]
    for earlier, later in pairwise(bodies):
        assert around(earlier) == around(later)
        before, after = chat_of(earlier), chat_of(later)
        assert after[: len(before)] == before
        if name in ("openai", "ollama") and system and "schema" not in fields:
            assert after[0]["role"] == "system"


@pytest.mark.usefixtures("scripted_confidence")
@pytest.mark.parametrize("name", DIALECTS)
async def test_two_turns_of_one_chat_through_the_router(journal: Journal, name: str) -> None:
    """Nothing that the router adds changes from turn to turn: no date, no id, no count."""
    line = a_line(journal, {SMALL: [says("Platform nine."), says("At noon.")]})
    first = ask("Where does it stop?", chat_id="c1", system="You know all timetables.")
    answer = told(await line.ask(first)).reply
    history = (Message("user", first.content), message("assistant", answer))
    line.clock.pass_s(100_000.0)
    await line.ask(replace(first, content=(TextPart("And when does it leave?"),), history=history))
    earlier, later = (body(name, call) for _, call, _ in line.providers["north"].calls)
    assert chat_of(later)[: len(chat_of(earlier))] == chat_of(earlier)
    assert len(chat_of(later)) == len(chat_of(earlier)) + 2
    assert {key for key in around(earlier) if around(earlier)[key] != around(later).get(key)} <= {
        "max_tokens",
        "generationConfig",
        "options",
    }, "only how long the answer may be depends on the prompt"


# ---------------------------------------------------------------- what Anthropic is told to keep
def marks(*messages: Message) -> list[str]:
    """Where the marks stand: `system`, or the number of a message and of its block."""
    sent = body("anthropic", Call(messages, 500))
    found = ["system" for block in sent.get("system", []) if "cache_control" in block]
    for place, one in enumerate(sent["messages"]):
        found += [f"{place}.{n}" for n, block in enumerate(one["content"]) if block.get("cache_control") == KEPT]
    return found


LONG, HALF = "a" * CACHED_FROM, "a" * (CACHED_FROM // 2)


@pytest.mark.parametrize(
    ("messages", "marked"),
    [
        # A first prompt is not kept, however long: nobody knows that it goes on.
        ((message("user", LONG),), []),
        ((message("system", LONG), message("user", LONG)), ["system"]),
        # From the second turn all that came before the prompt is.
        ((message("user", LONG), message("assistant", "Yes."), message("user", "And?")), ["1.0"]),
        ((message("user", "Hm"), message("assistant", HALF, HALF), message("user", "And?")), ["1.1"]),
        # What stands before counts together.
        ((message("system", HALF), message("user", HALF), message("assistant", "Yes."), message("user", "?")), ["1.0"]),
        (
            (message("system", LONG), message("user", "?"), message("assistant", "."), message("user", "?")),
            ["system", "1.0"],
        ),
        # Too short for any cache.
        ((message("user", LONG[:-5]), message("assistant", "Yes."), message("user", LONG)), []),
        ((message("user", LONG[:-4]), message("assistant", "Yes."), message("user", "?")), ["1.0"]),
    ],
)
def test_what_is_long_and_will_come_again_is_kept(messages: tuple[Message, ...], marked: list[str]) -> None:
    assert marks(*messages) == marked


@given(EXCHANGES, st.sampled_from(["", "Be brief.", LONG]))
def test_at_most_two_marks_of_the_four_that_are_allowed_and_never_on_the_prompt(
    exchanges: list[tuple[tuple[Part, ...], str]], system: str
) -> None:
    said = [
        one for prompt, answer in exchanges for one in (Message("user", prompt), message("assistant", LONG + answer))
    ]
    first = (message("system", system),) if system else ()
    found = marks(*first, *said, message("user", "And now?"))
    last = len(body("anthropic", Call((*said, message("user", "And now?")), 500))["messages"]) - 1
    assert found == (["system"] if system == LONG else []) + [f"{last - 1}.0"]


def cents(fresh: int, written: int, read: int) -> float:
    """Input in units of one fresh token: 1.25 to write to the cache, a tenth to read from it."""
    return fresh + 1.25 * written + 0.1 * read


@pytest.mark.parametrize(("turns", "pays"), [(1, False), (2, False), (3, True), (10, True)])
def test_marks_pay_from_the_third_turn_and_cost_nothing_in_the_first(turns: int, pays: bool) -> None:
    """Turns of 1,000 tokens each way: what all of them cost with the marks that are made, and without."""
    plain = marked = 0.0
    kept = 0
    for turn in range(turns):
        history = 2_000 * turn
        plain += cents(history + 1_000, 0, 0)
        said = [one for _ in range(turn) for one in (message("user", "a" * 4_000), message("assistant", "b" * 4_000))]
        now_kept = history if marks(*said, message("user", "a" * 4_000)) else 0
        marked += cents(1_000 + history - now_kept, now_kept - kept, kept)
        kept = now_kept
    assert marked < plain if pays else marked <= plain * 1.2
    if turns == 1:
        assert marked == plain
    if turns == 10:
        assert marked < 0.4 * plain
