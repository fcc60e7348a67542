"""What texts mean, asked in each dialect that has the question, and answers that are none."""

from __future__ import annotations

from typing import Any

import pytest

from routing.errors import ErrorKind, ProviderError
from routing.messages import Usage
from routing.providers.contract import ProviderConfig
from routing.providers.dialects import dialect_of
from routing.providers.embeddings import GEMINI, OLLAMA, OPENAI, Embedding, embedded
from routing.providers.http import HttpProvider
from routing.simulator import Simulator
from routing.simulator.embedding import NUMBERS
from tests.fakes import a_model

CONFIG = ProviderConfig("north", "https://north.invalid/v1")
MODEL = a_model("north/embed")
OPENAI_SAYS = {"object": "list", "data": [{"index": 0, "embedding": [0.5, -0.25]}], "usage": {"prompt_tokens": 3}}
OLLAMA_SAYS = {"model": "embed", "embeddings": [[0.5, -0.25]], "total_duration": 14143917, "prompt_eval_count": 3}
GEMINI_SAYS = {"embedding": {"values": [0.5, -0.25]}, "usageMetadata": {"promptTokenCount": 3}}


@pytest.mark.parametrize(
    ("name", "path", "body", "says"),
    [
        ("openai", "/embeddings", {"model": "embed", "input": "hello"}, OPENAI_SAYS),
        ("ollama", "/api/embed", {"model": "embed", "input": "hello"}, OLLAMA_SAYS),
        ("gemini", "/models/embed:embedContent", {"content": {"parts": [{"text": "hello"}]}}, GEMINI_SAYS),
    ],
)
def test_is_asked_and_read_as_the_dialect_has_it(name: str, path: str, body: dict[str, Any], says: object) -> None:
    question = dialect_of(name).embedding
    assert question is not None
    asked = question.ask("hello", MODEL, CONFIG)
    assert (asked.path, asked.body) == (path, body)
    found = embedded(question, says)
    assert (found.vector, found.usage) == ((0.5, -0.25), Usage(input_tokens=3, reported=True))


def test_a_dialect_without_the_question_has_none() -> None:
    assert dialect_of("anthropic").embedding is None


@pytest.mark.parametrize("question", [OPENAI, OLLAMA, GEMINI])
@pytest.mark.parametrize(
    "answer", [None, [], {}, "yes", 7, {"data": []}, {"data": 3}, {"embeddings": {}}, {"embedding": []}]
)
def test_an_answer_of_another_shape_is_malformed(question: Embedding, answer: object) -> None:
    with pytest.raises(ProviderError) as raised:
        embedded(question, answer)
    assert raised.value.kind is ErrorKind.MALFORMED_STREAM


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        [1.0],
        [0.0, 0.0],
        [1.0, float("nan")],
        [1.0, float("inf")],
        ["a", "b"],
        [[1.0], [2.0]],
        "0.5",
        None,
        [1.0] * 20_000,
        [10**400, 1],
    ],
)
def test_what_is_no_direction_is_malformed(numbers: object) -> None:
    with pytest.raises(ProviderError) as raised:
        embedded(OLLAMA, {"embeddings": [numbers]})
    assert raised.value.kind is ErrorKind.MALFORMED_STREAM


@pytest.mark.parametrize("tokens", [None, -1, 0, True, "3", 10**12])
def test_a_count_that_cannot_be_is_not_believed(tokens: object) -> None:
    assert embedded(OLLAMA, OLLAMA_SAYS | {"prompt_eval_count": tokens}).usage is None


async def test_over_the_wire_and_what_goes_wrong_there() -> None:
    simulator = Simulator(speed=0)
    await simulator.start()
    fields = next(iter(simulator.providers("openai")))
    provider = HttpProvider(ProviderConfig(fields["name"], fields["base_url"], simulated=True))
    model = a_model(f"{fields['name']}/embed")
    try:
        first = await provider.embed("a poem about the sea", model, 5.0)
        assert len(first.vector) == NUMBERS
        assert first == await provider.embed("a poem about the sea", model, 5.0)
        await simulator.set_fault(fields["name"], "429")
        with pytest.raises(ProviderError) as raised:
            await provider.embed("a poem", model, 5.0)
        assert raised.value.kind is ErrorKind.RATE_LIMIT
        await simulator.aclose()
        with pytest.raises(ProviderError) as raised:
            await provider.embed("a poem", model, 5.0)
        assert raised.value.kind is ErrorKind.CONNECTION
    finally:
        await provider.aclose()
        await simulator.aclose()


async def test_a_provider_without_embeddings_says_so_without_being_asked() -> None:
    provider = HttpProvider(ProviderConfig("south", "https://south.invalid", "anthropic"))
    with pytest.raises(ProviderError) as raised:
        await provider.embed("a poem", a_model("south/embed"), 5.0)
    assert not raised.value.sent
