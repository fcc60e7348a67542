"""Whole turns over a mock of four services: chats that move from one to another lose nothing on the way."""

from __future__ import annotations

import base64
import random
import struct
import zlib
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from routing import events as ev
from routing.budget.caps import Caps
from routing.clock import SystemClock
from routing.ledger.journal import Journal
from routing.ledger.store import Store
from routing.messages import ImagePart, Message, Request, TextPart
from routing.providers.contract import ProviderConfig
from routing.providers.http import HttpProvider
from routing.router import Router
from routing.setup import Setup
from tests.fakes import a_model, a_policy, a_registry, a_route, a_rung, told
from tests.peers.asking import Desk
from tests.peers.serving import Aimock
from tests.peers.tapping import tapped

pytestmark = pytest.mark.peers

DIALECTS = Aimock.dialects()
PROMPTS = ("The yard has four tracks.", "Two of them were lifted.", "How many tracks are left?")
REPLIES = (
    "Four tracks, as you say.",
    "Then the yard has lost half of its tracks.",
    "Two tracks are left of the four that the yard had.",
)
CHAT = [
    {"role": "user", "content": PROMPTS[0]},
    {"role": "assistant", "content": REPLIES[0]},
    {"role": "user", "content": PROMPTS[1]},
    {"role": "assistant", "content": REPLIES[1]},
    {"role": "user", "content": PROMPTS[2]},
]


def here(mock: Aimock, dialect: str, client: str, **faults: int) -> dict[str, Any]:
    """A provider as config.yaml has it. The mock knows it as `client`; for Gemini's dialect it lists no models."""
    headers = {"x-test-id": client, **{f"x-aimock-chaos-{name}": rate for name, rate in faults.items()}}
    return {
        "dialect": dialect,
        "base_url": mock.base_url(dialect),
        "headers": headers,
        "models": {"gpt-4o": {"lifecycle": "managed"}},
    }


# ---------------------------------------------------------------- from the command line
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_chat_goes_on_in_another_dialect_when_a_service_breaks(mock: Aimock, desk: Desk, dialect: str) -> None:
    other = DIALECTS[DIALECTS.index(dialect) - 1]
    first, second = f"chat-{dialect}", f"chat-{dialect}-then-{other}"
    desk.configure(first=here(mock, dialect, first), second=here(mock, other, second))
    (desk.config.parent / "models.yaml").write_text("models: {first/*: {tier: small}, second/*: {tier: large}}\n")
    ends = []
    for turn, prompt in enumerate(PROMPTS):
        if turn == 2:
            mock.break_for(first, dropRate=1)
        *_, end = desk.run("ask", "--chat", "c1", "--model", "gpt-4o", "--json", prompt).events
        ends.append(end)
    assert [end["reply"] for end in ends] == list(REPLIES)
    assert [end["provider"] for end in ends] == ["first", "first", "second"]
    assert mock.journal(first)[1]["body"]["messages"] == CHAT[:3]
    assert mock.journal(second)[0]["body"]["messages"] == CHAT
    taken = [one for one in desk.attempts() if one[-1] == "finished"]
    for (_, read, written, _, _), entry in zip(taken, [*mock.journal(first)[:2], *mock.journal(second)], strict=True):
        sent = entry["response"]["fixture"]["response"]["usage"]
        if entry["path"] != "/api/chat":  # where this mock counts nothing
            assert (read, written) == (sent["prompt_tokens"], sent["completion_tokens"])


@pytest.mark.parametrize("dialect", [dialect for dialect in DIALECTS if dialect != "openai"])
def test_a_picture_of_an_earlier_turn_is_there_for_who_stands_in(mock: Aimock, desk: Desk, dialect: str) -> None:
    first, second = f"picture-{dialect}", f"picture-{dialect}-then-openai"
    desk.configure(first=here(mock, dialect, first), second=here(mock, "openai", second))
    (desk.config.parent / "models.yaml").write_text("models: {first/*: {tier: small}, second/*: {tier: large}}\n")
    picture = desk.home / "yard.png"
    picture.write_bytes(_png())
    ask = ("ask", "--chat", "c1", "--model", "gpt-4o", "--json")
    assert desk.run(*ask, "--attach", str(picture), PROMPTS[0]).events[-1]["provider"] == "first"
    mock.break_for(first, dropRate=1)
    assert desk.run(*ask, PROMPTS[1]).events[-1]["provider"] == "second"
    (entry,) = mock.journal(second)
    asked, *_ = entry["body"]["messages"]
    (image,) = [part["image_url"]["url"] for part in asked["content"] if part["type"] == "image_url"]
    assert image == f"data:image/png;base64,{base64.b64encode(_png()).decode()}"
    assert _text(asked["content"]) == PROMPTS[0]


def _png() -> bytes:
    """One grey dot."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0\x80")), (b"IEND", b""))
    body = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize(
    ("dialect", "fault", "kind"),
    [
        ("anthropic", "drop", "server_error"),
        ("ollama", "malformed", "malformed_stream"),
        ("openai", "disconnect", "connection"),
    ],
)
def test_another_answers_for_a_service_that_fails(
    mock: Aimock, desk: Desk, dialect: str, fault: str, kind: str
) -> None:
    other = DIALECTS[DIALECTS.index(dialect) - 1]
    desk.configure(
        first=here(mock, dialect, f"fails-{fault}", **{fault: 1}), second=here(mock, other, f"stands-in-{fault}")
    )
    (desk.config.parent / "models.yaml").write_text("models: {first/*: {tier: small}, second/*: {tier: large}}\n")
    events = desk.run("ask", "--model", "gpt-4o", "--json", PROMPTS[0]).events
    assert {event["kind"] for event in events if event["type"] == "AttemptFailed"} == {kind}
    assert [event["to_model"] for event in events if event["type"] == "FailedOver"] == ["second/gpt-4o"]
    assert (events[-1]["status"], events[-1]["provider"], events[-1]["reply"]) == ("answered", "second", REPLIES[0])


def test_a_limit_that_nobody_stands_in_for_is_said(mock: Aimock, desk: Desk) -> None:
    desk.configure(only=here(mock, "openai", "limited", ratelimit=1))
    done = desk.run("ask", "--model", "gpt-4o", PROMPTS[0], code=1)
    assert "only limits how often it is asked" in done.err + done.out


@pytest.mark.parametrize("dialect", DIALECTS)
def test_check_and_models_tell_what_is_there(mock: Aimock, desk: Desk, dialect: str) -> None:
    desk.configure(mock=here(mock, dialect, f"check-{dialect}"))
    assert "✓ mock" in desk.run("check").out
    assert "mock/gpt-4o" in desk.run("models").out


def test_a_service_without_a_list_of_models_is_said_to_have_none(mock: Aimock, desk: Desk) -> None:
    desk.configure(mock={"dialect": "gemini", "base_url": mock.base_url("gemini")})
    done = desk.run("check", code=1)
    assert "✗ mock" in done.out
    assert "no list of models" in done.out


# ---------------------------------------------------------------- in the library
PICTURE = ImagePart("image/png", base64.b64encode(b"\x89PNG the yard in 1904").decode())
DIAGRAM = ImagePart("image/jpeg", base64.b64encode(b"\xff\xd8\xff tracks, as drawn").decode())
SYSTEM = "You know every yard."
WITH_PICTURES = Request(
    content=(TextPart(PROMPTS[2]), DIAGRAM),
    chat_id="c1",
    system=SYSTEM,
    history=(
        Message("user", (TextPart(PROMPTS[0]), PICTURE)),
        Message("assistant", (TextPart(REPLIES[0]),)),
        Message("user", (TextPart(PROMPTS[1]),)),
        Message("assistant", (TextPart(REPLIES[1]),)),
    ),
)


@pytest.mark.parametrize(("dialect", "other"), permutations(DIALECTS, 2))
async def test_system_prompt_history_and_images_move_along(
    mock: Aimock, tmp_path: Path, dialect: str, other: str
) -> None:
    client = f"moves-{dialect}-{other}"
    models = (a_model("first/small"), a_model("second/large"))
    headers = {"first": (("x-aimock-chaos-drop", "1"),), "second": (("x-test-id", client),)}
    store = Store(tmp_path / "ledger.db")
    async with tapped(mock.url) as first, tapped(mock.url) as second:
        providers = {
            name: HttpProvider(ProviderConfig(name, tap.url + Aimock.folders[spoken], spoken, None, headers[name]))
            for name, spoken, tap in (("first", dialect, first), ("second", other, second))
        }
        policy = a_policy(a_route(a_rung("small"), a_rung("large")))
        setup = Setup({policy.id: policy}, a_registry(*models), providers, Caps(), lambda error, _: str(error))
        router = Router(Journal(store, "s1"), setup, SystemClock(), random.Random(7))
        events = [event async for event in router.send(WITH_PICTURES)]
        for provider in providers.values():
            await provider.aclose()
        await router.aclose()
    store.close()
    (moved,) = [event for event in events if isinstance(event, ev.FailedOver)]
    assert (moved.from_model, moved.to_model) == ("first/small", "second/large")
    assert (told(events).status, told(events).reply) == ("answered", REPLIES[2])
    (entry,) = mock.journal(client)
    messages = [(one["role"], _text(one["content"])) for one in entry["body"]["messages"]]
    assert messages == [("system", SYSTEM), *((one["role"], one["content"]) for one in CHAT)]
    for tap in (first, second):
        assert tap.sent.find(PICTURE.data.encode()) < tap.sent.find(DIAGRAM.data.encode())
        assert PICTURE.data.encode() in tap.sent


def _text(content: str | list[dict[str, Any]]) -> str:
    """What the mock keeps of a message: a text, or the parts as they came."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
